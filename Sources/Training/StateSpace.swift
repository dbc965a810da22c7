internal import Configurations
internal import Hamiltonians
internal import Integrals
internal import Parallelism
internal import WaveFunctions

/// The sector of a stored state, for words of any width.
struct StateSpace: Sendable {
  /// The number of orbitals or sites.
  let positions: Int
  /// The irrep that is imposed, nil for none.
  let irrep: UInt8?
  let spinFlipParity: Int
  let symmetries: [SpinSymmetry]
  private let problem: Problem
  private let order: [Int]

  /// Reads the sector off a snapshot, and checks that the problem has it.
  init(_ problem: Problem, _ settings: Settings, _ snapshot: Snapshot) throws(TrainingError) {
    func mismatch(_ reason: String) -> TrainingError {
      TrainingError(.snapshotMismatch, "the state does not belong to its problem: \(reason)")
    }
    self.problem = problem
    let isFlippable: Bool
    var irrep: UInt8?
    switch problem {
    case .molecule(let integrals, let choice):
      try checkOrbitals(integrals, settings)
      positions = integrals.orbitalCount
      isFlippable = integrals.alphaCount == integrals.betaCount && !integrals.isUnrestricted
      irrep = try Self.irrep(of: integrals, choice, snapshot)
    case .lattice(let model):
      positions = model.geometry.siteCount
      isFlippable = model.upCount.map { 2 * $0 == model.geometry.siteCount } ?? true
    }
    self.irrep = irrep
    guard let order = settings.ansatz.order, order.sorted() == Array(0..<positions) else {
      throw mismatch("the settings have no order of its \(positions) orbitals or sites")
    }
    self.order = order
    spinFlipParity = try Training.spinFlipParity(of: snapshot, isFlippable)
    symmetries = snapshot.symmetries
    let positions = positions
    guard
      symmetries.isEmpty
        || (SpinSymmetry.isGroup(symmetries)
          && symmetries.allSatisfy {
            $0.permutation.count == positions && (isFlippable || !$0.flipsSpins)
          })
    else { throw mismatch("its symmetries are no group of \(positions) sites") }
  }

  /// The irrep of a molecule's state.
  private static func irrep(
    of integrals: MolecularIntegrals, _ choice: IrrepChoice, _ snapshot: Snapshot
  ) throws(TrainingError) -> UInt8? {
    guard integrals.orbitalIrreps != nil else { return nil }
    if let stored = snapshot.scalars["irrep"] {
      guard stored >= 0 else { return nil }
      guard let label = UInt8(exactly: stored), label < 8 else {
        throw TrainingError(.snapshotMismatch, "the state's irrep \(stored) is no label below 8")
      }
      return label
    }
    switch choice {
    case .any: return nil
    case .label(let label): return label
    case .automatic:
      if let target = integrals.targetIrrep { return target }
      throw TrainingError(
        .snapshotMismatch,
        "the irrep of the state is not known: an earlier version of the program chose it and did not "
          + "store it; go on with the run by --resume and use its new result")
    }
  }

  /// Returns the wave function that settings describe.
  ///
  /// - Parameters:
  ///   - settings: The settings, none left open.
  ///   - threads: The number of threads.
  ///   - parameters: Gives its parameters; what it has before is random.
  /// - Returns: The wave function.
  /// - Throws: What `parameters` throws.
  func makeWaveFunction<Word: ConfigurationWord, Failure: Error>(
    _ settings: Settings, threads: Int,
    parameters: (NetworkWaveFunction<Word>) throws(Failure) -> [Float]
  ) throws(Failure) -> NetworkWaveFunction<Word> {
    let space = makeSpace(Word.self)
    let waveFunction = Networks(settings.ansatz, space: space, startKind: .random)
      .makeWaveFunction(
        space: space, seed: settings.seed, execution: Execution(threads: threads))
    waveFunction.parameters = try parameters(waveFunction)
    return waveFunction
  }

  private func makeSpace<Word: ConfigurationWord>(_: Word.Type) -> ConfigurationSpace<Word> {
    switch problem {
    case .molecule(let integrals, _):
      ConfigurationSpace(
        alphaCount: integrals.alphaCount, betaCount: integrals.betaCount,
        orbitalIrreps: integrals.orbitalIrreps, irrep: irrep, order: order,
        spinFlipParity: spinFlipParity)
    case .lattice(let model):
      symmetries.isEmpty
        ? ConfigurationSpace(upCount: model.upCount, order: order, spinFlipParity: spinFlipParity)
        : ConfigurationSpace(upCount: model.upCount, order: order, symmetries: symmetries)
    }
  }
}
