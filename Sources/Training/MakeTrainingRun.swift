internal import Configurations
internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import NeuralNetworks
internal import Parallelism
internal import WaveFunctions

/// Makes the training run of a problem.
///
/// - Parameters:
///   - problem: What to solve.
///   - settings: The settings; nils are filled in by the problem's size.
///   - snapshot: Where to go on from, or nil for a new run.
/// - Returns: A run at its beginning, or at the snapshot's step.
/// - Throws: ``TrainingError`` where settings are out of range, the sector is empty, or the snapshot
///   is of another problem.
public func makeTrainingRun(
  _ problem: Problem, settings: Settings, snapshot: Snapshot? = nil
) throws(TrainingError) -> any TrainingRun {
  try settings.check()
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
    return integrals.orbitalCount <= 64
      ? try makeMolecularRun(UInt64.self, integrals, irrep, settings, snapshot)
      : try makeMolecularRun(UInt128.self, integrals, irrep, settings, snapshot)
  case .lattice(let model):
    return model.geometry.siteCount <= 64
      ? try makeLatticeRun(UInt64.self, model, settings, snapshot)
      : try makeLatticeRun(UInt128.self, model, settings, snapshot)
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
  spinOperator: (any Hamiltonian<H.Word>)?, context: RunContext,
  start: StartVector<H.Word>?, messages: [String], settings: Settings,
  resolved: ResolvedSettings, snapshot: Snapshot?
) throws(TrainingError) -> any TrainingRun {
  guard space.dimension > 0 else {
    throw TrainingError(.invalidSector, "the sector has no configuration")
  }
  let networks = Networks(settings.ansatz, space: space, startKind: resolved.startKind)
  try checkMemory(
    settings, resolved, sector: space.dimension, columns: Double(networks.modulus.layout.count),
    phaseColumns: Double(networks.phase.layout.count))
  let waveFunction = networks.makeWaveFunction(
    space: space, seed: settings.seed, execution: Execution(threads: resolved.threads))
  let run = VariationalMonteCarlo(
    hamiltonian: hamiltonian, evaluated: evaluated, waveFunction: waveFunction,
    spinOperator: spinOperator,
    context: context, start: start, messages: messages, settings: settings, resolved: resolved)
  if let snapshot { try run.restore(snapshot) }
  return run
}

/// Refuses settings whose steps need more memory than the machine has.
private func checkMemory(
  _ settings: Settings, _ resolved: ResolvedSettings, sector: Double, columns: Double,
  phaseColumns: Double
) throws(TrainingError) {
  let rows = min(Double(resolved.maximumSamples), sector)
  let evaluated =
    sector <= Double(resolved.exactLimit)
    ? sector : min(sector, Double(resolved.evaluationMaximumSamples))
  // Lists of configurations, with the connections of each.
  var bytes = 32 * (columns + phaseColumns) + 256 * max(rows, evaluated)
  if settings.optimizer.kind == .sr {
    // The derivatives, and the kernel in single and double precision with its factor.
    let side = min(rows, columns)
    bytes += 4 * rows * columns + 20 * side * side + 4 * rows * rows
  }
  let available = AvailableMemory.current()
  guard bytes < Double(available.bytes) else {
    throw TrainingError(
      .invalidSettings,
      "steps on \(Int(rows)) and an evaluation on \(Int(evaluated)) configurations with \(Int(columns + phaseColumns)) parameters need "
        + "about \(gigabytes(bytes)) of memory, and this process may use "
        + "\(gigabytes(Double(available.bytes))), because of \(available.reason); choose "
        + "fewer `samples` or `final-samples`, a lower `exact-limit` or a smaller network")
  }
  try checkAddressSpace(threads: resolved.threads, data: bytes)
}

/// Refuses to start where a limit of the address space leaves too little, in which OpenBLAS would look
/// for memory for ever.
private func checkAddressSpace(threads: Int, data: Double = 0) throws(TrainingError) {
  // What the threads have mapped since the beginning is in their workspace.
  guard let left = AvailableMemory.initial.addressSpace else { return }
  let needed = Double(AvailableMemory.threadWorkspace(threads: threads)) + data
  guard needed <= Double(left) else {
    throw TrainingError(
      .invalidSettings,
      "the run needs about \(gigabytes(needed)) of address space on \(threads) threads, and its limit "
        + "(ulimit -v) leaves \(gigabytes(Double(left))); raise the limit or choose fewer `threads`"
    )
  }
}

private func gigabytes(_ bytes: Double) -> String { String(format: "%.1f GB", bytes * 1e-9) }
