public import Configurations
internal import Foundation
public import Parallelism
public import WaveFunctions

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

/// Takes the configurations of largest weight exactly, and draws from all others.
///
/// ```
/// Σ_x p(x) v(x) = Σ_{x in head} p(x) v(x) + (1 − P_head) ⟨v⟩_rest
/// ```
///
/// The head has no noise; the rest is estimated by the draws from |ψ|² that miss the head, which are
/// draws from the rest. Nothing is cut, so means are unbiased however broad the state is.
public struct StratifiedSampler<Word: ConfigurationWord>: Sampler {
  /// The largest size of the head.
  public var headCount: Int
  /// The expected number of draws from the rest.
  public var restDraws: Int
  private let waveFunction: any AutoregressiveWaveFunction<Word>
  private let execution: Execution

  /// Creates a sampler.
  ///
  /// - Parameters:
  ///   - waveFunction: The wave function.
  ///   - headCount: The largest number of configurations taken exactly.
  ///   - restDraws: The expected number of draws from the others.
  ///   - execution: The threads to use.
  public init(
    of waveFunction: any AutoregressiveWaveFunction<Word>, headCount: Int, restDraws: Int,
    execution: Execution
  ) {
    precondition(headCount > 0 && restDraws > 0, "no room for a sample")
    self.waveFunction = waveFunction
    self.headCount = headCount
    self.restDraws = restDraws
    self.execution = execution
  }

  /// Takes the head and draws the rest.
  public func sample(random: RandomSource) -> Sample<Word> {
    let space = waveFunction.space
    let sampler = TreeSampler(of: waveFunction, execution: execution)
    let head = sampler.sample(.probability, maximumDistinct: headCount, random: random)
    var sample = Sample(
      configurations: head.configurations, weights: head.logProbabilities.map { exp($0) },
      logModulus: head.logModuli(in: space), exactCount: head.configurations.count)
    let missing = 1 - sample.weights.reduce(0, +)
    // Conditionals are normalised in Float64: what is left below this is rounding.
    if missing < 1e-12 { return sample }
    let draws = min(1e13, (Double(restDraws) / missing).rounded(.up))
    // No cap that could cut: the draws that miss the head are about `restDraws`.
    let drawn = sampler.sample(
      .draws(draws), maximumDistinct: 2 * (headCount + 2 * restDraws) + 1000,
      random: random.split(1))
    let taken = Set(head.configurations)
    let moduli = drawn.logModuli(in: space)
    let kept = drawn.configurations.indices.filter { !taken.contains(drawn.configurations[$0]) }
    let hits = kept.reduce(0) { $0 + drawn.weights[$1] }
    sample.droppedWeight = drawn.droppedWeight / draws
    if hits == 0 {
      // The draws say nothing of the rest but that it is small.
      sample.droppedWeight += missing
      let total = sample.weights.reduce(0, +)
      for index in sample.weights.indices { sample.weights[index] /= total }
      return sample
    }
    for index in kept {
      sample.configurations.append(drawn.configurations[index])
      sample.weights.append(missing * drawn.weights[index] / hits)
      sample.logModulus.append(moduli[index])
    }
    sample.effectiveDraws = hits
    return sample
  }
}
