internal import Configurations
internal import Hamiltonians
internal import Sampling
internal import WaveFunctions

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A training sample: weights of the energy's average and of the step's metric.
struct TrainingSample<Word: ConfigurationWord> {
  /// The configurations with weights ∝ |ψ|².
  var weighted: WeightedSample<Word>
  /// The weights of the metric, ∝ |ψ|^(2α), with sum 1.
  var metric: [Double]
}

extension VariationalMonteCarlo {
  /// Draws the sample of one step.
  ///
  /// - A sector that fits is taken whole: no sampling error, and nothing can drop out of sight.
  /// - `draws` given: multinomial draws from |ψ|^(2α), reweighted to |ψ|².
  /// - Otherwise the strings of largest |ψ|^(2α), without noise, weighted by |ψ|².
  func drawTrainingSample(exponent: Double, stream: RandomSource) -> TrainingSample<Word> {
    let sampler = TreeSampler(of: waveFunction, threads: resolved.threads)
    if let wholeSector {
      var logModulus: [Double] = []
      var phase: [Double] = []
      waveFunction.logAmplitudes(of: wholeSector, logModulus: &logModulus, phase: &phase)
      let logWeights = wholeSector.indices.map {
        2 * logModulus[$0] + log(Double(waveFunction.space.multiplicity(wholeSector[$0])))
      }
      return TrainingSample(
        weighted: WeightedSample(
          configurations: wholeSector, weights: normalized(logWeights, exponent: 1), draws: 0,
          droppedWeight: 0, isWholeSector: true),
        metric: normalized(logWeights, exponent: exponent))
    }
    if let draws = resolved.draws {
      let sample = sampler.sample(
        .draws(Double(draws)), maximumDistinct: resolved.maximumSamples, exponent: exponent,
        random: stream)
      let logImportance = sample.weights.indices.map {
        log(sample.weights[$0]) + sample.logProbabilities[$0] - sample.logProposals[$0]
      }
      let total = sample.weights.reduce(0, +)
      return TrainingSample(
        weighted: WeightedSample(
          configurations: sample.configurations, weights: normalized(logImportance, exponent: 1),
          draws: Double(draws), droppedWeight: sample.droppedWeight / sample.totalWeight,
          isWholeSector: false),
        metric: sample.weights.map { $0 / total })
    }
    let sample = sampler.sample(
      .probability, maximumDistinct: resolved.maximumSamples, exponent: exponent, random: stream)
    let kept = sample.logProbabilities.reduce(0) { $0 + exp($1) }
    return TrainingSample(
      weighted: WeightedSample(
        configurations: sample.configurations,
        weights: normalized(sample.logProbabilities, exponent: 1), draws: 0,
        droppedWeight: max(0, 1 - kept), isWholeSector: false),
      metric: normalized(sample.logProbabilities, exponent: exponent))
  }

  /// Returns weights ∝ `exp(α · logWeight)` with sum 1.
  func normalized(_ logWeights: [Double], exponent: Double) -> [Double] {
    let largest = logWeights.max() ?? 0
    var weights = logWeights.map { exp(exponent * ($0 - largest)) }
    let total = weights.reduce(0, +)
    for index in weights.indices { weights[index] /= total }
    return weights
  }
}
