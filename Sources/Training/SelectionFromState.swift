internal import Configurations
internal import Estimators
internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import WaveFunctions

/// The sampled configurations of an evaluated state, from which a selected CI begins.
struct SelectionSeeds<Word: ConfigurationWord> {
  /// Representatives of the sector, `[M]`.
  var configurations: [Configuration<Word>]
  /// `|ψ|²` of each with its partner under spin flip, `[M]`.
  var probabilities: [Double]
  /// log|ψ|, `[M]`.
  var logModulus: [Double]
  /// arg ψ, `[M]`.
  var phase: [Double]

  /// The amplitudes of the heaviest, after the rotation that makes the heaviest one positive.
  ///
  /// - Parameter count: How many, at most.
  /// - Returns: Places in falling order of probability, and `Re ψ` of each.
  func heaviest(_ count: Int) -> (places: [Int], amplitudes: [Double]) {
    let places = probabilities.indices.sorted {
      probabilities[$0] == probabilities[$1]
        ? $0 < $1 : probabilities[$0] > probabilities[$1]
    }.prefix(count)
    guard let first = places.first else { return ([], []) }
    return (
      Array(places), places.map { exp(logModulus[$0]) * cos(phase[$0] - phase[first]) }
    )
  }
}

extension VariationalMonteCarlo {
  /// The share of the last space that the state gives.
  ///
  /// What is left makes the sizes that the extrapolation needs, and is chosen by its coupling, which at equal size
  /// finds lower energies than the rank in the state.
  private static var seedShare: Int { 32 }
  /// The largest sector that needs no selected CI where the energy is summed over all of it.
  private static var smallSector: Double { 50_000 }
  /// The second-order energy, in hartree, below which a space of the default size grows no more.
  private static var sufficientSecondOrder: Double { 1e-5 }

  func addSelectedInteraction(to result: inout FinalResult, log: (String) -> Void) {
    guard let molecule, let seeds = selectionSeeds, !seeds.configurations.isEmpty else { return }
    let wanted = settings.evaluation.selectedDeterminants
    if wanted == 0 || settings.ansatz.twiceSpin != nil { return }
    if wanted == nil, result.isExactSum, sectorDimension <= Self.smallSector { return }
    finalEstimator.makeRoom()
    let size = min(
      wanted ?? defaultSelectionSize(molecule, seeds),
      wholeDimension < 0x1p53 ? Int(wholeDimension) : .max)
    log("selected CI of up to \(size) determinants")
    let (places, amplitudes) = seeds.heaviest(max(1, size / Self.seedShare))
    var calculation = HeatBathCI(
      size: size, memoryLimit: selectionMemory, seed: settings.seed, execution: execution)
    if wanted == nil { calculation.sufficientSecondOrder = Self.sufficientSecondOrder }
    let found: HeatBathCI.Result<Word>
    do {
      found = try calculation.solve(
        molecule, from: places.map { seeds.configurations[$0] },
        weights: places.map { seeds.probabilities[$0] }, amplitudes: amplitudes,
        firstSize: max(1, size / Self.seedShare),
        spinFlipParity: waveFunction.space.spinFlipParity)
    } catch {
      result.warnings.append("there is no selected CI beside the network: \(error)")
      return
    }
    var selected = SelectedInteraction(
      stages: found.stages.map {
        .init(
          dimension: $0.dimension, energy: $0.energy, secondOrderEnergy: $0.secondOrderEnergy,
          secondOrderError: $0.secondOrderError)
      },
      seedCount: found.stages[0].dimension, extrapolatedEnergy: found.extrapolation?.energy,
      extrapolatedError: found.extrapolation?.error, spinSquared: found.spinSquared)
    do {
      let vector = found.expanded()
      selected.observables = try observables(
        vector.configurations, real: vector.coefficients, imaginary: nil)
    } catch {
      result.warnings.append("there are no density matrices of the selected CI: \(error)")
    }
    // The network's energy is an upper bound: the limit does not lie above it.
    if let limit = selected.extrapolatedEnergy, limit > result.energy {
      selected.extrapolatedError = max(selected.extrapolatedError ?? 0, limit - result.energy)
    }
    let missing = result.energy - min(selected.energy, selected.extrapolatedEnergy ?? .infinity)
    if let remaining = result.remainingError, remaining < missing {
      result.remainingError = missing
      // Without a limit only a bound is known.
      result.isRemainingErrorBound = selected.extrapolatedEnergy == nil
    }
    result.selected = selected
    judge(&result)
  }

  /// The number of determinants of the sector, partners under spin flip counted both.
  private var wholeDimension: Double {
    (waveFunction.space.spinFlipParity == 0 ? 1 : 2) * sectorDimension
  }

  /// The memory of a selected CI, in bytes.
  private var selectionMemory: UInt64 { selectionMemoryLimit(settings) }

  /// A size whose calculation costs a small part of the training's time, by numbers that a repeated run shares.
  private func defaultSelectionSize(
    _ molecule: MolecularHamiltonian<Word>, _ seeds: SelectionSeeds<Word>
  ) -> Int {
    var row = ConnectionList<Word>()
    let counted = seeds.configurations.prefix(8)
    for x in counted { molecule.appendConnections(of: x, above: 0, to: &row) }
    let affordable = HeatBathCI.defaultSize(
      connections: Double(row.count) / Double(counted.count), orbitals: molecule.orbitalCount,
      memoryLimit: selectionMemory)
    let trained = trace.count * min(resolved.maximumSamples, Int(min(1e9, sectorDimension)))
    return max(100, min(affordable, trained))
  }
}

/// Throws where a selected CI that is asked for does not fit into memory.
func checkSelection(_ settings: Settings, orbitals: Int) throws(TrainingError) {
  guard let size = settings.evaluation.selectedDeterminants, size > 0 else { return }
  let needed = HeatBathCI.memoryEstimate(size: size, orbitals: orbitals) / 0.9
  let limit = selectionMemoryLimit(settings)
  guard needed <= Double(limit), size < Int(Int32.max) / 2 else {
    throw TrainingError(
      .invalidSettings,
      "`selected-ci`: \(size) determinants need about \(String(format: "%.0f", needed * 0x1p-20)) MiB, more than "
        + "the \(limit >> 20) MiB of `memory-budget`; choose fewer, or raise `memory-budget` where the machine has more"
    )
  }
}

/// The memory of a selected CI, in bytes: that of connected configurations, which are done with by then.
private func selectionMemoryLimit(_ settings: Settings) -> UInt64 {
  UInt64(settings.localEnergy.options.memoryBudget ?? EstimatorOptions.defaultMemoryBudget())
}
