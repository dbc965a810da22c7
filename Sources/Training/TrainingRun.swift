public import Problems

/// A training run that its owner drives step by step.
///
/// ```swift
/// let run = try makeTrainingRun(problem, settings: Settings())
/// try run.prepare { print($0) }
/// while !run.isFinished { print(try run.step().energy) }
/// run.settle()
/// let result = try run.evaluate()
/// ```
///
/// Between any two calls the owner may take a ``Snapshot``, store it, and later go on from it with
/// the same numbers as an uninterrupted run.
public protocol TrainingRun: AnyObject {
  /// The problem as it is solved, in the orbitals that were chosen: what a result has to store. Nil for runs of any
  /// Hamiltonian.
  var problem: Problem? { get }
  /// The settings in force, with every default filled in.
  var settings: Settings { get }
  /// The number of network parameters.
  var parameterCount: Int { get }
  /// The number of configurations in the sector that is sampled, symmetries counted.
  var sectorDimension: Double { get }
  /// The energy of the reference configuration, in the problem's unit.
  var referenceEnergy: Double { get }
  /// How the symmetry sector was found; nil where nothing had to be compared, as in a resumed run.
  var sectors: SectorComparison.Result? { get }
  /// The rows so far.
  var trace: [TraceRow] { get }
  /// Whether the convergence criterion is met.
  var isConverged: Bool { get }
  /// Whether there is no step left to do: converged, or all steps done.
  var isFinished: Bool { get }

  /// Fits the start; does nothing in a resumed run.
  ///
  /// - Parameter log: Receives lines that say what was chosen.
  /// - Throws: ``TrainingError`` where the start cannot be made.
  func prepare(log: (String) -> Void) throws(TrainingError)

  /// Does one step.
  ///
  /// - Returns: What the step found.
  /// - Throws: ``TrainingError`` where the numbers stop being finite.
  func step() throws(TrainingError) -> TraceRow

  /// Judges the last step as another one would, and takes it back if it raised the energy.
  ///
  /// To be called once, when no step is left to do. A run that goes on nevertheless does so from the
  /// parameters that it left.
  func settle()

  /// Evaluates the present parameters with fresh samples and full local energies.
  ///
  /// - Returns: The final energy and what belongs to it.
  /// - Throws: ``TrainingError`` where the numbers are not finite.
  func evaluate() throws(TrainingError) -> FinalResult

  /// Adds the energies of a selected CI that begins with the evaluated state.
  ///
  /// Does nothing where there is none: of lattices, where a total spin is held, where it was not asked for and the
  /// energy is summed over all of a small sector. A result that turns out to lie above these energies says so, and is
  /// judged again.
  ///
  /// - Parameters:
  ///   - result: What ``evaluate()`` has just returned.
  ///   - log: Receives lines that say what is done.
  func addSelectedInteraction(to result: inout FinalResult, log: (String) -> Void)

  /// What a checkpoint needs.
  func snapshot() -> Snapshot
}
