internal import Configurations
public import Hamiltonians
internal import Parallelism
public import Problems
public import WaveFunctions

/// What the training loop needs to know about a problem beside its Hamiltonian.
public struct RunContext: Sendable {
  /// The energy of the reference configuration.
  public var referenceEnergy: Double
  /// N of the V-score: electrons or sites.
  public var degreesOfFreedom: Int
  /// E∞ of the V-score.
  public var infiniteTemperatureEnergy: Double
  /// The energy's unit, for messages.
  public var unit: String
  /// Whether eigenstates have a total spin, so that ⟨S²⟩ of none is worth a warning.
  public var conservesSpin: Bool
  /// The label of the irrep that is imposed, −1 for none; nil where there are no irreps.
  public var irrep: Int?
  /// How the symmetry sector was found; nil where nothing had to be compared, and in resumed runs.
  public var sectors: SectorComparison.Result?
  /// The problem in the orbitals of the run; nil for runs of any Hamiltonian.
  public var problem: Problem?

  /// Creates a context.
  public init(
    referenceEnergy: Double, degreesOfFreedom: Int, infiniteTemperatureEnergy: Double = 0,
    unit: String, conservesSpin: Bool = true, irrep: Int? = nil,
    sectors: SectorComparison.Result? = nil, problem: Problem? = nil
  ) {
    self.referenceEnergy = referenceEnergy
    self.degreesOfFreedom = degreesOfFreedom
    self.infiniteTemperatureEnergy = infiniteTemperatureEnergy
    self.unit = unit
    self.conservesSpin = conservesSpin
    self.irrep = irrep
    self.sectors = sectors
    self.problem = problem
  }
}

/// Makes a training run of any Hamiltonian with any wave function.
///
/// The way in for problems and ansätze of one's own. The wave function's present parameters are the
/// start; its sector is what is sampled.
///
/// - Parameters:
///   - hamiltonian: The operator; it must not lead out of the sector.
///   - waveFunction: The state, trained in place.
///   - context: What the loop must know about the problem.
///   - energyScale: What thresholds are measured by, in the energy's unit: a typical coupling.
///   - settings: The settings; those of the ansatz have no effect, the start is the state's own.
/// - Returns: A run at its beginning.
/// - Throws: ``TrainingError`` where settings are out of range.
public func makeTrainingRun<H: Hamiltonian>(
  of hamiltonian: H, waveFunction: any AutoregressiveWaveFunction<H.Word>, context: RunContext,
  energyScale: Double = 1, settings: Settings = Settings()
) throws(TrainingError) -> any TrainingRun {
  let space = waveFunction.space
  let size = ProblemSize(
    positions: space.positions, dimension: space.dimension, isLattice: space.kind == .spins,
    energyScale: energyScale, referenceEnergy: context.referenceEnergy, hasPeakedStart: false)
  var filled = settings.filled(for: size)
  filled.start.kind = .random
  let resolved = try ResolvedSettings(filled, for: size)
  return VariationalMonteCarlo(
    hamiltonian: hamiltonian, waveFunction: waveFunction, spinOperator: nil, context: context,
    start: nil, messages: [], settings: filled, resolved: resolved,
    execution: Execution(threads: resolved.threads))
}
