internal import Configurations
public import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Parallelism

/// Some configurations of the evaluation.
struct EvaluationPart: Sendable {
  let logProbabilities: [Double]
  let energies: [Double]
  let magnetizations: [Double]
  /// The first configurations, each `[L²]`.
  let configurations: [[Int8]]

  init(_ draws: SpinDraws, kept: Int) {
    logProbabilities = draws.logProbabilities
    energies = draws.energies
    magnetizations = draws.magnetizations
    let count = draws.energies.count
    configurations = (0..<kept).map { column in
      stride(from: column, to: draws.spins.count, by: count).map { Int8(draws.spins[$0]) }
    }
  }
}

/// The answers of a run.
///
/// Free energies are in units of the temperature unless said.
public struct FreeEnergyResult: Sendable {
  /// A number with its standard error.
  public typealias Estimate = ImportanceEstimates.Estimate

  /// The number of draws.
  public var draws: Int
  /// F_q = E_q[ln q + β H], an upper bound of −ln Z up to its error.
  public var freeEnergy: Estimate
  /// The variance of `ln q + β H`.
  public var variance: Double
  /// E_q[H]/N, without weights.
  public var modelEnergy: Estimate
  /// −E_q[ln q]/N.
  public var modelEntropy: Estimate
  /// Estimates with weights.
  public var importance: ImportanceEstimates
  /// The chain's.
  public var chain: IndependenceChain
  /// Exact values; nil where they are not known.
  public var exact: IsingThermodynamics?
  /// The Kullback–Leibler divergence of q from Boltzmann's distribution in nats: F_q + ln Z, with the exact
  /// ln Z where it is known, else with the weighted estimate.
  public var divergence: Estimate
  /// Energies and how many draws had them.
  public var histogram: [(energy: Double, count: Int)]
  /// Some configurations, each `[L²]`.
  public var configurations: [[Int8]]
  /// What a reader of the numbers has to know.
  public var warnings: [String]

  /// N.
  public let siteCount: Int
  /// β.
  public let beta: Double

  /// The share of effective draws below which weighted estimates are not to be trusted.
  public static let leastEffectiveShare = 0.1
  /// Their number.
  public static let leastEffectiveCount = 100.0

  /// Whether the weighted ln Z agrees with the exact one where that is known.
  public private(set) var isExactReproduced = true

  /// Whether weighted estimates can be trusted, as far as the draws and the exact ln Z show.
  public var isReliable: Bool {
    isExactReproduced && importance.effectiveShare >= Self.leastEffectiveShare
      && importance.effectiveShare * Double(draws) >= Self.leastEffectiveCount
  }

  init(
    _ parts: [EvaluationPart], model: ClassicalIsing, beta: Double, isAnnealed: Bool, isGrown: Bool,
    threads: Int, random: inout RandomSource
  ) {
    let logs = parts.flatMap(\.logProbabilities)
    let energies = parts.flatMap(\.energies)
    let magnetizations = parts.flatMap(\.magnetizations)
    let sites = model.siteCount
    let n = Double(sites)
    func mean(_ values: [Double]) -> Estimate {
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let variance = squares / Double(max(1, values.count - 1))
      return Estimate(value: mean, error: (variance / Double(values.count)).squareRoot())
    }
    let rewards = zip(logs, energies).map { $0 + beta * $1 }
    self.beta = beta
    siteCount = sites
    draws = logs.count
    let free = mean(rewards)
    freeEnergy = free
    variance = free.error * free.error * Double(rewards.count)
    let energy = mean(energies)
    modelEnergy = Estimate(value: energy.value / n, error: energy.error / n)
    let entropy = mean(logs)
    modelEntropy = Estimate(value: -entropy.value / n, error: entropy.error / n)
    let weights = rewards.map { -$0 }
    let importance = ImportanceEstimates(
      logWeights: weights, energies: energies, magnetizations: magnetizations, beta: beta,
      sites: sites)
    self.importance = importance
    chain = IndependenceChain(
      logWeights: weights, energies: energies, magnetizations: magnetizations, beta: beta,
      sites: sites, random: &random)
    let exact = Self.exact(model, beta: beta, threads: threads)
    self.exact = exact
    divergence =
      if let exact {
        Estimate(value: free.value + exact.logPartitionFunction, error: free.error)
      } else {
        importance.divergence
      }
    histogram = Self.histogram(energies, isDiscrete: model.uniformCoupling != nil)
    configurations = parts.flatMap(\.configurations)
    warnings = []
    addWarnings(isAnnealed: isAnnealed, isGrown: isGrown)
  }

  private mutating func addWarnings(isAnnealed: Bool, isGrown: Bool) {
    if !isAnnealed {
      warnings.append(
        "the last step was at a smaller β than that of the evaluation: the distribution is not trained for it; "
          + "take more `steps`")
    }
    if !isGrown {
      warnings.append(
        "training ended on a shorter lattice: what the lattice asked for has beyond it is not trained"
      )
    }
    if !isReliable {
      warnings.append(
        String(
          format:
            "the effective sample size is %.2g of %d draws: weighted estimates and those of the chain, "
            + "and their errors, are not to be trusted; train longer or draw more",
          importance.effectiveShare,
          draws))
    }
    if chain.autocorrelationTime > Double(chain.length) / 50 {
      warnings.append(
        "the chain is shorter than 50 autocorrelation times: its estimates are not to be trusted")
    }
    if exact == nil {
      warnings.append(
        "no exact free energy is known here: configurations that are never drawn are missed unseen, and the "
          + "divergence is a lower estimate; compare seeds, and a slower `beta-steps`")
    }
    if let exact {
      let deviation = importance.logPartition.value - exact.logPartitionFunction
      // Rounding of Float32 sums over all spins comes on top of the statistical error.
      let allowed = 4 * importance.logPartition.error + 1e-6 * Double(siteCount).squareRoot() + 1e-5
      if !(abs(deviation) <= allowed) {
        isExactReproduced = false
        warnings.append(
          String(
            format:
              "the weighted ln Z is %+.3g off the exact one, %.1f of its errors: configurations that matter "
              + "are hardly ever drawn, and its error does not show it", deviation,
            abs(deviation) / max(importance.logPartition.error, 1e-300)))
      }
    }
  }

  /// The levels of one coupling, or 200 bins by their middles.
  private static func histogram(
    _ energies: [Double], isDiscrete: Bool
  ) -> [(energy: Double, count: Int)] {
    var counts: [Double: Int] = [:]
    let low = energies.reduce(.infinity, min)
    let width = (energies.reduce(-.infinity, max) - low) / 200
    for value in energies {
      if isDiscrete || width == 0 {
        counts[value, default: 0] += 1
      } else {
        let bin = min(199, ((value - low) / width).rounded(.down))
        counts[low + (bin + 0.5) * width, default: 0] += 1
      }
    }
    return counts.sorted { $0.key < $1.key }.map { (energy: $0.key, count: $0.value) }
  }

  /// Kaufman's solution, or the transfer matrix of small lattices.
  private static func exact(
    _ model: ClassicalIsing, beta: Double, threads: Int
  ) -> IsingThermodynamics? {
    if let solver = try? KaufmanIsing(model), model.uniformCoupling != nil {
      return try? solver.thermodynamics(inverseTemperature: beta)
    }
    guard model.length <= 8 || model.uniformCoupling != nil && model.length <= 12 else {
      return nil
    }
    return try? IsingTransferMatrix(model, execution: Execution(threads: threads))
      .thermodynamics(inverseTemperature: beta)
  }
}

extension FreeEnergyResult {
  /// All numbers by the names that they have in files and in JSON, in the order in which they are shown.
  ///
  /// Free energies per site are in the unit of the couplings, `F/(β N)`; they are left out at β = 0.
  public var numbers: [(name: String, value: Double)] {
    let n = Double(siteCount)
    var list: [(name: String, value: Double)] = []
    func add(_ name: String, _ estimate: Estimate, _ scale: Double = 1) {
      list.append((name, estimate.value * scale))
      list.append((name + "_error", estimate.error * abs(scale)))
    }
    if beta > 0 {
      list.append(("free_energy_per_site", freeEnergy.value / (beta * n)))
      list.append(("free_energy_error", freeEnergy.error / (beta * n)))
      if let exact { list.append(("exact_free_energy_per_site", exact.freeEnergy)) }
    }
    add("variational_free_energy", freeEnergy)
    list.append(("variance", variance))
    if let exact, exact.logPartitionFunction != 0 {
      add("relative_error", divergence, 1 / abs(exact.logPartitionFunction))
    }
    // Without the exact ln Z it does not know of what is never drawn.
    add(exact == nil ? "kl_divergence_lower_estimate" : "kl_divergence", divergence)
    list.append(("ess", importance.effectiveShare))
    add("model_energy_per_site", modelEnergy)
    add("model_entropy_per_site", modelEntropy)
    add("nis_log_partition_function", importance.logPartition)
    if beta > 0 { add("nis_free_energy_per_site", importance.logPartition, -1 / (beta * n)) }
    add("nis_energy_per_site", importance.energy)
    add("nis_specific_heat_per_site", importance.specificHeat)
    add("nis_magnetization_per_site", importance.magnetization)
    add("nis_entropy_per_site", importance.entropy)
    list.append(("chain_acceptance", chain.acceptance))
    list.append(("chain_autocorrelation_time", chain.autocorrelationTime))
    add("chain_energy_per_site", chain.energy)
    add("chain_specific_heat_per_site", chain.specificHeat)
    add("chain_magnetization_per_site", chain.magnetization)
    if let exact {
      list.append(("exact_log_partition_function", exact.logPartitionFunction))
      list.append(("exact_energy_per_site", exact.energy))
      list.append(("exact_specific_heat_per_site", exact.specificHeat))
      list.append(("exact_entropy_per_site", exact.entropy))
    }
    return list
  }
}
