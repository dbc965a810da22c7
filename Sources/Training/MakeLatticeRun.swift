package import Configurations
package import Hamiltonians
internal import LinearAlgebra
internal import Parallelism
internal import Problems

/// Makes the training run of a spin lattice.
func makeLatticeRun<Word: ConfigurationWord>(
  _: Word.Type, _ model: LatticeModel, _ settings: Settings, _ snapshot: Snapshot?,
  _ communicator: any Communicator
) throws(TrainingError) -> any TrainingRun {
  if settings.ansatz.twiceSpin != nil {
    throw TrainingError(
      .invalidSettings, "--spin is for molecules; lattices take --magnetization")
  }
  let sites = model.geometry.siteCount
  let order = settings.ansatz.order ?? Array(0..<sites)
  try ResolvedSettings.checkOrder(order, positions: sites)
  let hamiltonian: SpinHamiltonian<Word>
  do throws(LatticeError) {
    hamiltonian = try model.makeHamiltonian(Word.self)
    try model.checkMagnetization()
  } catch {
    throw TrainingError(.invalidSettings, error.description)
  }
  let upCount = model.upCount
  let spinOperator: SpinHamiltonian<Word>? =
    upCount == nil ? nil : try? .totalSpinSquared(siteCount: sites)
  let lowest = lowestConfigurations(
    of: hamiltonian, sites: sites, upCount: upCount, energyScale: model.energyScale)
  let symmetry = try latticeSymmetry(
    of: model, hamiltonian, upCount: upCount, lowest: lowest, settings, snapshot)
  if !symmetry.operations.isEmpty {
    let strings = ConfigurationSpace<Word>(upCount: upCount, order: order).dimension
    try checkLists(
      representatives: strings / Double(symmetry.operations.count), positions: sites)
  }
  let space =
    symmetry.operations.isEmpty
    ? ConfigurationSpace<Word>(
      upCount: upCount, order: order, spinFlipParity: symmetry.spinFlipParity)
    : ConfigurationSpace(upCount: upCount, order: order, symmetries: symmetry.operations)
  let referenceEnergy = hamiltonian.diagonalElement(lowest[0])
  let size = ProblemSize(
    positions: sites, dimension: space.dimension, isLattice: true,
    energyScale: model.energyScale, referenceEnergy: referenceEnergy,
    hasPeakedStart: upCount != nil)
  let filled = settings.filled(for: size)
  let resolved = try ResolvedSettings(filled, for: size)
  var start: StartVector<Word>?
  if resolved.startKind == .perturbative && snapshot == nil {
    start = try startVector(
      hamiltonian, space, lowest, limit: resolved.startDeterminants,
      amplitudes: resolved.maximumSamples, energyScale: model.energyScale,
      execution: settings.execution)
  }
  return try makeRun(
    hamiltonian, space, spinOperator: spinOperator,
    context: .init(
      referenceEnergy: referenceEnergy, degreesOfFreedom: sites, infiniteTemperatureEnergy: 0,
      unit: "J", conservesSpin: model.conservesSpin, sectors: symmetry.comparison),
    start: start,
    messages: symmetry.messages,
    settings: filled, resolved: resolved, snapshot: snapshot, communicator: communicator)
}

/// Returns a small configuration interaction's vector and first-order correction, in the basis of
/// representatives where there are lattice symmetries.
private func startVector<Word: ConfigurationWord>(
  _ hamiltonian: SpinHamiltonian<Word>, _ space: ConfigurationSpace<Word>,
  _ lowest: [Configuration<Word>], limit: Int, amplitudes: Int, energyScale: Double,
  execution: Execution
) throws(TrainingError) -> StartVector<Word> {
  do throws(LinearAlgebraError) {
    if space.symmetries.isEmpty {
      let result = try SelectedCI<Word>(
        maximumConfigurations: limit, energyScale: energyScale, execution: execution
      ).run(from: lowest, hamiltonian)
      return StartVector(result, space: space, limit: amplitudes)
    }
    // The symmetry may forbid the lowest strings of all.
    let all = space.allRepresentatives()
    let energies = all.map { hamiltonian.diagonalElement($0) }
    let least = energies.min() ?? 0
    let tolerance = 1e-10 * max(energyScale, abs(least))
    let starts = all.indices.filter { energies[$0] <= least + tolerance }.prefix(64).map { all[$0] }
    // As many representatives as `limit` strings have, and not too few; but no more than a tenth of
    // the sector, whose solution is the training's task.
    let room = max(1, min(max(limit / space.symmetries.count, 100), all.count / 10))
    let result = try SelectedCI<Word>(
      maximumConfigurations: room, energyScale: energyScale, execution: execution
    ).run(
      from: starts, SymmetrizedHamiltonian(base: hamiltonian, space: space)
    ).overConfigurations(of: space)
    return StartVector(result, space: space, limit: amplitudes)
  } catch {
    throw TrainingError(.notFinite, "the start's configuration interaction failed: \(error)")
  }
}

/// Returns the configurations of lowest diagonal energy that descents from random starts find.
///
/// Each descent moves to the connected configuration of lowest diagonal element until none is lower.
/// Nothing about the lattice's order is put in: a Néel pattern comes out where it is lowest, and
/// several patterns where they tie.
package func lowestConfigurations<Word: ConfigurationWord>(
  of hamiltonian: SpinHamiltonian<Word>, sites: Int, upCount: Int?, energyScale: Double
) -> [Configuration<Word>] {
  var random = RandomSource(seed: 0x4E45_454C)
  var lowest: [Configuration<Word>] = []
  var energy = Double.infinity
  // Energies are equal up to the rounding of the sum over all bonds; the state with all spins down has
  // the full energy of every one.
  let tolerance =
    1e-10 * max(energyScale, abs(hamiltonian.diagonalElement(Configuration(alpha: 0))))
  var connections = ConnectionList<Word>()
  for _ in 0..<256 {
    let order = Array(0..<sites).shuffled(using: &random)
    var configuration = Configuration<Word>(alpha: 0)
    for site in order.prefix(upCount ?? Int.random(in: 0...sites, using: &random)) {
      configuration.alpha |= 1 << Word(site)
    }
    var value = hamiltonian.diagonalElement(configuration)
    while true {
      connections.removeAll()
      hamiltonian.appendConnections(of: configuration, above: 0, to: &connections)
      var next = configuration
      var nextValue = value
      for candidate in connections.configurations {
        let candidateValue = hamiltonian.diagonalElement(candidate)
        if candidateValue < nextValue - tolerance {
          (next, nextValue) = (candidate, candidateValue)
        }
      }
      if nextValue >= value { break }
      (configuration, value) = (next, nextValue)
    }
    if value < energy - tolerance {
      energy = value
      lowest = []
    }
    if value <= energy + tolerance && !lowest.contains(configuration) {
      lowest.append(configuration)
    }
  }
  return lowest
}
