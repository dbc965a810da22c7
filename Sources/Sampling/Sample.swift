public import Configurations
internal import Foundation

/// Distinct configurations with the weights by which averages over |ψ|² are taken.
///
/// A value: it stays what it is when the wave function changes.
public struct Sample<Word: ConfigurationWord>: Sendable {
  /// Distinct representatives, `[M]`.
  public var configurations: [Configuration<Word>]
  /// Their weights in averages, `[M]`, with sum 1.
  public var weights: [Double]
  /// log|ψ| of each, `[M]`, at the parameters of the draw.
  public var logModulus: [Double]
  /// The number of configurations at the head whose weights are exact; the others were drawn.
  public var exactCount: Int
  /// The number of independent draws that the weights of the others are worth; 0 where there are
  /// none.
  public var effectiveDraws: Double
  /// The part of |ψ|² that is known to be missing.
  public var droppedWeight: Double
  /// Whether the sample is the whole sector.
  public var isWholeSector: Bool

  /// Creates a sample.
  public init(
    configurations: [Configuration<Word>], weights: [Double], logModulus: [Double],
    exactCount: Int = 0, effectiveDraws: Double = 0, droppedWeight: Double = 0,
    isWholeSector: Bool = false
  ) {
    precondition(weights.count == configurations.count, "one weight for each configuration")
    precondition(logModulus.count == configurations.count, "one modulus for each configuration")
    self.configurations = configurations
    self.weights = weights
    self.logModulus = logModulus
    self.exactCount = exactCount
    self.effectiveDraws = effectiveDraws
    self.droppedWeight = droppedWeight
    self.isWholeSector = isWholeSector
  }

  /// The number of draws that a unit of weight outside the exact head stands for; 0 where there are
  /// none.
  public var drawsPerWeight: Double {
    let drawn = weights[exactCount...].reduce(0, +)
    return drawn > 0 ? effectiveDraws / drawn : 0
  }

  /// `d/(1 − d)` of the missing weight `d`: times the variance, the bound of Cauchy and Schwarz on the
  /// square of what is missing from a mean.
  private var missingRatio: Double {
    droppedWeight < 1 ? droppedWeight / (1 - droppedWeight) : .infinity
  }

  /// The number of configurations, M.
  public var count: Int { configurations.count }

  /// The error of a mean over the sample from the variance alone: of its draws, and of the weight
  /// that it is known to miss.
  ///
  /// For the missing weight `d` the bound of Cauchy and Schwarz on the mean over the rest against the
  /// mean over all, `√(d/(1−d) Var)`, with the variance of the whole state.
  public func meanError(variance: Double) -> Double {
    let drawn = effectiveDraws > 0 ? variance / effectiveDraws : 0
    return (drawn + (missingRatio > 0 ? variance * missingRatio : 0)).squareRoot()
  }

  /// The standard error of `Σ w v`, of which the exact head has none.
  ///
  /// ```
  /// σ = W √(Var_c/(n − 1)),  Var_c = Σ_c w |v − v̄_c|²/W
  /// ```
  ///
  /// over the drawn configurations `c` of weight `W` and the mean `v̄_c` among them, from `n` draws.
  /// Draws do not see what they missed: where the second moment of the rest is known better, it is
  /// taken instead.
  ///
  /// - Parameters:
  ///   - values: `v`, `[M]`.
  ///   - moment: `Σ p |v − v̄|²` over all that is outside the exact head, about the mean of all, or nil
  ///     to estimate it from the draws.
  /// - Returns: σ, with the bound for dropped weight.
  public func standardError(of values: [Double], moment: Double? = nil) -> Double {
    precondition(values.count == count, "one value for each configuration")
    var (weight, first, total) = (0.0, 0.0, 0.0)
    for index in 0..<count {
      let part = weights[index] * values[index]
      total += part
      if index < exactCount { continue }
      weight += weights[index]
      first += part
    }
    if weight > 0 { first /= weight }
    var second = 0.0
    if let moment { second = max(0, moment - weight * (first - total) * (first - total)) }
    if second == 0 {
      for index in exactCount..<count {
        second += weights[index] * (values[index] - first) * (values[index] - first)
      }
    }
    var squared = 0.0
    if effectiveDraws > 0 { squared = weight * second / max(1, effectiveDraws - 1) }
    if missingRatio > 0 { squared += missingRatio * second }
    return squared.squareRoot()
  }
}

extension Sample {
  /// Weighs the draws of a tree sample by their counts.
  ///
  /// - Parameters:
  ///   - drawn: Draws from |ψ|² itself.
  ///   - space: The sector.
  public init(_ drawn: TreeSample<Word>, space: ConfigurationSpace<Word>) {
    let kept = drawn.weights.reduce(0, +)
    self.init(
      configurations: drawn.configurations, weights: drawn.weights.map { $0 / kept },
      logModulus: drawn.logModuli(in: space), effectiveDraws: kept,
      droppedWeight: drawn.droppedWeight / drawn.totalWeight)
  }
}

extension TreeSample {
  /// Returns log|ψ| of each configuration.
  public func logModuli(in space: ConfigurationSpace<Word>) -> [Double] {
    configurations.indices.map {
      0.5 * (logProbabilities[$0] - log(Double(space.multiplicity(configurations[$0]))))
    }
  }
}

extension ConfigurationSpace {
  /// Returns `log(m |ψ|²)`, the log-probability of each representative with all that share it.
  public func logWeights(
    of configurations: [Configuration<Word>], logModulus: [Double]
  ) -> [Double] {
    configurations.indices.map {
      2 * logModulus[$0] + log(Double(multiplicity(configurations[$0])))
    }
  }

  /// Returns weights `∝ (m |ψ|²)^α` with sum 1.
  public func weights(
    of configurations: [Configuration<Word>], logModulus: [Double], exponent: Double = 1
  ) -> [Double] {
    normalizedWeights(logWeights(of: configurations, logModulus: logModulus), exponent: exponent)
  }
}

/// Returns weights `∝ exp(α · logWeight)` with sum 1.
public func normalizedWeights(_ logWeights: [Double], exponent: Double = 1) -> [Double] {
  let largest = logWeights.max() ?? 0
  var weights = logWeights.map { exp(exponent * ($0 - largest)) }
  let total = weights.reduce(0, +)
  for index in weights.indices { weights[index] /= total }
  return weights
}
