public import Configurations
internal import Foundation
public import Parallelism
public import WaveFunctions

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
  /// The number of independent draws that the weights are worth; 0 where they are exact.
  public var effectiveDraws: Double
  /// The part of |ψ|² that is known to be missing.
  public var droppedWeight: Double
  /// Whether the sample is the whole sector.
  public var isWholeSector: Bool

  /// Creates a sample.
  public init(
    configurations: [Configuration<Word>], weights: [Double], logModulus: [Double],
    effectiveDraws: Double = 0, droppedWeight: Double = 0, isWholeSector: Bool = false
  ) {
    precondition(weights.count == configurations.count, "one weight for each configuration")
    precondition(logModulus.count == configurations.count, "one modulus for each configuration")
    self.configurations = configurations
    self.weights = weights
    self.logModulus = logModulus
    self.effectiveDraws = effectiveDraws
    self.droppedWeight = droppedWeight
    self.isWholeSector = isWholeSector
  }

  /// The number of configurations, M.
  public var count: Int { configurations.count }

  /// The error of a mean over the sample: of its draws, and of the weight that it is known to miss.
  ///
  /// For the missing weight `d` the estimate of Cauchy and Schwarz, `√(d Var)`, a bound where the
  /// variance is that of the whole state.
  public func meanError(variance: Double) -> Double {
    let drawn = effectiveDraws > 0 ? variance / effectiveDraws : 0
    return (drawn + variance * droppedWeight).squareRoot()
  }
}

/// A way to choose the configurations that averages over |ψ|² are taken over.
///
/// A sampler is made for a wave function and sees its present parameters at each call.
public protocol Sampler<Word> {
  associatedtype Word: ConfigurationWord

  /// Draws a sample.
  ///
  /// - Parameter random: The stream of the draws; the same stream and the same parameters give the
  ///   same sample.
  /// - Returns: The sample.
  func sample(random: RandomSource) -> Sample<Word>
}

/// Takes every representative of a small sector, each with its exact weight.
public struct WholeSectorSampler<Word: ConfigurationWord>: Sampler {
  /// The representatives.
  public let configurations: [Configuration<Word>]
  private let waveFunction: any WaveFunction<Word>

  /// Lists the sector of a wave function.
  public init(of waveFunction: any WaveFunction<Word>) {
    self.waveFunction = waveFunction
    configurations = waveFunction.space.allRepresentatives()
  }

  /// Takes them all; nothing is drawn.
  public func sample(random: RandomSource) -> Sample<Word> {
    sample { waveFunction.logAmplitudes(of: $0) }
  }

  /// Takes them all, with amplitudes from somebody who keeps them.
  ///
  /// - Parameter amplitudes: Returns log|ψ| and arg ψ of configurations.
  /// - Returns: The sample.
  public func sample(
    amplitudes: ([Configuration<Word>]) -> (logModulus: [Double], phase: [Double])
  ) -> Sample<Word> {
    let logModulus = amplitudes(configurations).logModulus
    return Sample(
      configurations: configurations,
      weights: waveFunction.space.weights(of: configurations, logModulus: logModulus),
      logModulus: logModulus, isWholeSector: true)
  }
}

/// Draws from |ψ|², distinct configurations with their counts.
public struct DrawSampler<Word: ConfigurationWord>: Sampler {
  /// The number of draws.
  public var draws: Double
  /// The largest number of distinct configurations to keep; what is cut is counted.
  public var maximumDistinct: Int
  private let waveFunction: any AutoregressiveWaveFunction<Word>
  private let execution: Execution

  /// Creates a sampler.
  ///
  /// - Parameters:
  ///   - waveFunction: The wave function.
  ///   - draws: The number of draws.
  ///   - maximumDistinct: The largest number of distinct configurations to keep.
  ///   - execution: The threads to use.
  public init(
    of waveFunction: any AutoregressiveWaveFunction<Word>, draws: Double, maximumDistinct: Int,
    execution: Execution
  ) {
    self.waveFunction = waveFunction
    self.draws = draws
    self.maximumDistinct = maximumDistinct
    self.execution = execution
  }

  /// Draws.
  public func sample(random: RandomSource) -> Sample<Word> {
    let drawn = TreeSampler(of: waveFunction, execution: execution)
      .sample(.draws(draws), maximumDistinct: maximumDistinct, random: random)
    return Sample(drawn, space: waveFunction.space)
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
