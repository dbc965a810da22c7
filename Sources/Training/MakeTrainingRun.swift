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
  // Before the start's eigenvectors: sums of several BLAS threads depend on how many there are.
  BLAS.setThreadCount(1)
  let threads = settings.threads.flatMap { $0 > 0 ? $0 : nil } ?? ProcessorCount.current.count
  setParallelThreadCount(threads)
  try checkAddressSpace(threads: threads)
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

// MARK: - Molecules

private func makeMolecularRun<Word: ConfigurationWord>(
  _: Word.Type, _ integrals: MolecularIntegrals, _ choice: IrrepChoice, _ settings: Settings,
  _ snapshot: Snapshot?
) throws(TrainingError) -> any TrainingRun {
  if settings.ansatz.latticeSymmetry == true {
    throw TrainingError(
      .invalidSettings, "--lattice-symmetry is for lattices, not molecules; leave the option out")
  }
  // The small interaction is made before the other settings are known to be in range.
  let determinants = settings.start.determinants ?? 200
  guard (1...ResolvedSettings.mostDeterminants).contains(determinants) else {
    throw TrainingError(
      .invalidSettings,
      "--start-determinants must be from 1 to \(ResolvedSettings.mostDeterminants), not "
        + "\(determinants)")
  }
  let hamiltonian = MolecularHamiltonian<Word>(integrals)
  var messages: [String] = []
  let isFlippable =
    integrals.alphaCount == integrals.betaCount && !integrals.isUnrestricted
    && integrals.electronCount > 0
  let selection = SelectedCI<Word>(
    maximumConfigurations: determinants, keepsSpinFlips: isFlippable,
    cutoff: 1e-9)
  let (irrep, result) = try selectIrrep(
    choice, integrals, hamiltonian, selection, &messages)

  var parity = 0
  if isFlippable && settings.ansatz.spinFlipSymmetry != false {
    if let found = result.spinFlipParity, abs(abs(found) - 1) < 1e-6 { parity = found > 0 ? 1 : -1 }
    if parity != 0 {
      messages.append("symmetry: \(parity > 0 ? "even" : "odd") under spin flip")
    } else if settings.ansatz.spinFlipSymmetry == true {
      throw TrainingError(
        .invalidSettings,
        "--spin-flip: the lowest state is neither even nor odd under spin flip; leave the option out"
      )
    }
  } else if settings.ansatz.spinFlipSymmetry == true {
    throw TrainingError(
      .invalidSettings, "--spin-flip needs as many α as β electrons and restricted integrals")
  }
  if let snapshot { parity = try spinFlipParity(of: snapshot, isFlippable) }

  func space(_ order: [Int]) -> ConfigurationSpace<Word> {
    ConfigurationSpace(
      alphaCount: integrals.alphaCount, betaCount: integrals.betaCount,
      orbitalIrreps: integrals.orbitalIrreps, irrep: irrep, order: order, spinFlipParity: parity)
  }
  let orbitals = integrals.orbitalCount
  let dimension = space(Array((0..<orbitals).reversed())).dimension
  let size = ProblemSize(
    positions: orbitals, dimension: dimension, isLattice: false, energyScale: 1,
    referenceEnergy: hamiltonian.diagonalElement(reference(of: result)), hasPeakedStart: true)
  let filled = settings.filled(for: size)
  let resolved = try ResolvedSettings(filled, for: size)
  let ordered = space(filled.ansatz.order ?? [])
  return try makeRun(
    hamiltonian, ordered, spinOperator: hamiltonian.spinSquared,
    context: .init(
      referenceEnergy: hamiltonian.diagonalElement(reference(of: result)),
      degreesOfFreedom: max(1, integrals.electronCount),
      infiniteTemperatureEnergy: hamiltonian.sectorMean),
    start: resolved.startKind == .perturbative && snapshot == nil
      ? StartVector(result, space: ordered, limit: resolved.maximumSamples) : nil,
    messages: messages, settings: filled, resolved: resolved, snapshot: snapshot)
}

/// The configuration that the selection grew from.
private func reference<Word>(of result: SelectedCI<Word>.Result) -> Configuration<Word> {
  result.configurations[0]
}

/// Chooses the irrep and makes the small configuration interaction in it.
private func selectIrrep<Word: ConfigurationWord>(
  _ choice: IrrepChoice, _ integrals: MolecularIntegrals, _ hamiltonian: MolecularHamiltonian<Word>,
  _ selection: SelectedCI<Word>, _ messages: inout [String]
) throws(TrainingError) -> (irrep: UInt8?, result: SelectedCI<Word>.Result) {
  func run(_ irrep: UInt8?) throws(TrainingError) -> SelectedCI<Word>.Result? {
    guard let start = hamiltonian.referenceDeterminant(irrep: irrep) else { return nil }
    do throws(LinearAlgebraError) {
      return try selection.run(from: [start], hamiltonian)
    } catch {
      throw TrainingError(.notFinite, "the start's configuration interaction failed: \(error)")
    }
  }
  func needed(_ irrep: UInt8?) throws(TrainingError) -> SelectedCI<Word>.Result {
    if let result = try run(irrep) { return result }
    let name = irrep.map { "irrep \($0 + 1)" } ?? "the sector"
    throw TrainingError(
      .invalidSector,
      "\(name) has no determinant with \(integrals.alphaCount) α and \(integrals.betaCount) β "
        + "electrons in \(integrals.orbitalCount) orbitals; choose another --irrep, or `any`")
  }

  guard integrals.orbitalIrreps != nil else {
    if case .label(let label) = choice, label != 0 {
      throw TrainingError(
        .invalidSettings,
        "--irrep \(label + 1): the integrals carry no orbital symmetry; leave the option out")
    }
    return (nil, try needed(nil))
  }
  switch choice {
  case .any:
    return (nil, try needed(nil))
  case .label(let label):
    return (label, try needed(label))
  case .automatic:
    let candidates = UInt8(0)..<UInt8(hamiltonian.irrepCount)
    var best: (irrep: UInt8, result: SelectedCI<Word>.Result)?
    var asked: SelectedCI<Word>.Result?
    for irrep in candidates {
      guard let result = try run(irrep) else { continue }
      if irrep == integrals.targetIrrep { asked = result }
      if best.map({ estimate(result) < estimate($0.result) - 1e-9 }) ?? true {
        best = (irrep, result)
      }
    }
    guard let best else { return (nil, try needed(nil)) }
    guard let target = integrals.targetIrrep else {
      messages.append("symmetry: irrep \(best.irrep + 1), the lowest in a small CI")
      return (best.irrep, best.result)
    }
    guard let result = asked else { return (target, try needed(target)) }
    if target != best.irrep && estimate(best.result) < estimate(result) - 1e-6 {
      messages.append(
        "warning: the file asks for irrep \(target + 1) (ISYM), but a small CI is lower in irrep "
          + "\(best.irrep + 1) by \(estimate(result) - estimate(best.result)) Eh; "
          + "--irrep \(best.irrep + 1) solves for that")
    } else {
      messages.append("symmetry: irrep \(target + 1), as the file asks")
    }
    return (target, result)
  }
}

/// The energy by which irreps are compared.
private func estimate<Word>(_ result: SelectedCI<Word>.Result) -> Double {
  result.energy + result.secondOrderEnergy
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
  _ hamiltonian: H, _ space: ConfigurationSpace<H.Word>,
  spinOperator: (any Hamiltonian<H.Word>)?, context: VariationalMonteCarlo<H>.Context,
  start: StartVector<H.Word>?, messages: [String], settings: Settings,
  resolved: ResolvedSettings, snapshot: Snapshot?
) throws(TrainingError) -> any TrainingRun {
  guard space.dimension > 0 else {
    throw TrainingError(.invalidSector, "the sector has no configuration")
  }
  var random = RandomSource(seed: settings.seed).split(0x494E_4954)
  let network = makeNetwork(
    settings.ansatz, positions: space.positions, vocabulary: space.vocabulary)
  let phaseNetwork = MultilayerPerceptron(
    configuration: PerceptronConfiguration(
      hiddenWidths: settings.ansatz.phaseHidden ?? [],
      // A random start needs different signs to choose from; a fitted one needs none.
      outputScale: resolved.startKind == .random ? 2 : 0.1),
    inputs: NetworkWaveFunction<H.Word>.phaseInputCount(of: space))
  try MemoryEstimate(
    resolved, hamiltonian: hamiltonian, space: space, cutoff: settings.localEnergy.cutoff,
    amplitudeParameters: network.layout.count, phaseParameters: phaseNetwork.layout.count
  ).check(threads: resolved.threads)
  let waveFunction = NetworkWaveFunction(
    space: space, network: network, phaseNetwork: phaseNetwork,
    execution: Execution(threads: resolved.threads), random: &random)
  let run = VariationalMonteCarlo(
    hamiltonian: hamiltonian, waveFunction: waveFunction, spinOperator: spinOperator,
    context: context, start: start, messages: messages, settings: settings, resolved: resolved)
  if let snapshot { try run.restore(snapshot) }
  return run
}

/// Returns the network of the modulus that the settings describe.
private func makeNetwork(
  _ ansatz: AnsatzSettings, positions: Int, vocabulary: Int
) -> any AutoregressiveNetwork {
  let width = ansatz.width ?? 32
  let heads = ansatz.heads ?? 4
  let layers = ansatz.layers ?? 2
  switch ansatz.kind {
  case .transformer:
    return TransformerNetwork(
      configuration: TransformerConfiguration(
        width: width, heads: heads, layers: layers, feedForward: ansatz.feedForward),
      positions: positions, vocabulary: vocabulary)
  case .retnet:
    return RetNetNetwork(
      configuration: RetNetConfiguration(
        width: width, heads: heads, layers: layers, feedForward: ansatz.feedForward,
        positionBias: true, finalNorm: true),
      positions: positions, vocabulary: vocabulary)
  }
}
