internal import Configurations
internal import Estimators
internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import NeuralNetworks
public import Parallelism
internal import WaveFunctions

/// Makes the training run of a problem.
///
/// - Parameters:
///   - problem: What to solve.
///   - settings: The settings; nils are filled in by the problem's size.
///   - snapshot: Where to go on from, or nil for a new run.
///   - communicator: The processes that share the work; all make the same run and call it in the same way.
/// - Returns: A run at its beginning, or at the snapshot's step.
/// - Throws: ``TrainingError`` where settings are out of range, the sector is empty, or the snapshot
///   is of another problem.
public func makeTrainingRun(
  _ problem: Problem, settings: Settings, snapshot: Snapshot? = nil,
  communicator: any Communicator = SerialCommunicator()
) throws(TrainingError) -> any TrainingRun {
  try settings.check()
  let settings = settings.withSymmetriesOfPreset().shared(by: communicator)
  // Before the start's eigenvectors: sums of several BLAS threads depend on how many there are.
  BLAS.setThreadCount(1)
  try checkAddressSpace(threads: settings.execution.threads)
  switch problem {
  case .molecule(let integrals, let irrep):
    let possible = 0...integrals.orbitalCount
    guard possible.contains(integrals.alphaCount), possible.contains(integrals.betaCount) else {
      throw TrainingError(
        .invalidSector,
        "\(integrals.alphaCount) α and \(integrals.betaCount) β electrons do not fit "
          + "\(integrals.orbitalCount) orbitals; at most one of each can be in an orbital")
    }
    let irrep = irrep == .automatic && settings.basis == .paper ? .any : irrep
    let orbitals = try molecularOrbitals(integrals, irrep, settings, snapshot)
    return integrals.orbitalCount <= 64
      ? try makeMolecularRun(UInt64.self, orbitals, irrep, settings, snapshot, communicator)
      : try makeMolecularRun(UInt128.self, orbitals, irrep, settings, snapshot, communicator)
  case .lattice(let model):
    let sites = model.geometry.siteCount
    guard sites <= UInt128.bitWidth else {
      throw TrainingError(
        .invalidSettings,
        "autoregressive networks take lattices of at most \(UInt128.bitWidth) sites, and this one has "
          + "\(sites); choose a smaller size, or `ansatz` vit")
    }
    return sites <= 64
      ? try makeLatticeRun(UInt64.self, model, settings, snapshot, communicator)
      : try makeLatticeRun(UInt128.self, model, settings, snapshot, communicator)
  }
}

// MARK: - Both

/// Returns the parity of a snapshot's state where the problem has such states.
func spinFlipParity(
  of snapshot: Snapshot, _ isFlippable: Bool
) throws(TrainingError) -> Int {
  let parity = snapshot.spinFlipParity
  guard parity == 0 || (abs(parity) == 1 && isFlippable) else {
    throw TrainingError(
      .snapshotMismatch,
      "the checkpoint's state has spin-flip parity \(parity), which this problem's cannot have: it "
        + "belongs to another problem")
  }
  return parity
}

func makeRun<H: Hamiltonian>(
  _ hamiltonian: H, evaluated: H? = nil, _ space: ConfigurationSpace<H.Word>,
  spinOperator: (any Hamiltonian<H.Word>)?, molecule: MolecularHamiltonian<H.Word>? = nil,
  context: RunContext,
  start: StartVector<H.Word>?, messages: [String], settings: Settings,
  resolved: ResolvedSettings, snapshot: Snapshot?, communicator: any Communicator
) throws(TrainingError) -> any TrainingRun {
  guard space.dimension > 0 else {
    throw TrainingError(.invalidSector, "the sector has no configuration")
  }
  let networks = Networks(settings.ansatz, space: space, startKind: resolved.startKind)
  let memory = MemoryEstimate(
    resolved, hamiltonian: hamiltonian, space: space, options: settings.localEnergy.options,
    amplitudeParameters: networks.modulus.layout.count,
    phaseParameters: networks.phase.layout.count,
    // The sampler has trees of half the size for a while.
    workspaces: 1.5
      * Double(
        NetworkWaveFunction<H.Word>.workspaceBytes(
          of: networks.modulus, threads: resolved.threads)))
  try memory.check(threads: resolved.threads, processes: communicator.localSize)
  let execution = Execution(threads: resolved.threads, communicator: communicator)
  let waveFunction = networks.makeWaveFunction(
    space: space, seed: settings.seed, execution: execution)
  let run = VariationalMonteCarlo(
    hamiltonian: hamiltonian, evaluated: evaluated, waveFunction: waveFunction,
    spinOperator: spinOperator, molecule: molecule,
    context: context, start: start, messages: messages + memory.messages, settings: settings,
    resolved: resolved, execution: execution)
  if let snapshot { try run.restore(snapshot) }
  return run
}
