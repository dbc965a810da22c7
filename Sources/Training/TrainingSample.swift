internal import Configurations
internal import Estimators
internal import Foundation
internal import Hamiltonians
internal import Parallelism
internal import Sampling
internal import WaveFunctions

/// A training sample: weights of the energy's average and of the step's metric.
struct TrainingSample<Word: ConfigurationWord> {
  /// The configurations with weights ∝ |ψ|².
  var sample: Sample<Word>
  /// The weights of the metric, ∝ |ψ|^(2α).
  var metric: [Double]
  /// Whether a configuration was drawn by the weight that it should have; its metric says so then.
  var isPulled: [Bool]

  init(_ sample: Sample<Word>, metric: [Double], isPulled: [Bool]? = nil) {
    self.sample = sample
    self.metric = metric
    self.isPulled = isPulled ?? Array(repeating: false, count: metric.count)
  }
}

/// Draws the samples of training steps.
///
/// - A sector that fits is taken whole: no sampling error, and nothing can drop out of sight.
/// - `draws` given: multinomial draws from |ψ|^(2α), reweighted to |ψ|².
/// - Otherwise in layers.
struct TrainingSampler<H: Hamiltonian> {
  typealias Word = H.Word

  let waveFunction: any AutoregressiveWaveFunction<Word>
  let estimator: LocalEnergyEstimator<H>
  let execution: Execution
  /// The largest number of distinct configurations.
  let limit: Int
  /// The smallest denominator of perturbation theory.
  let floor: Double
  /// The whole sector, where it fits.
  let wholeSector: WholeSectorSampler<Word>?

  init(
    _ waveFunction: any AutoregressiveWaveFunction<Word>, estimator: LocalEnergyEstimator<H>,
    limit: Int, takesWholeSector: Bool = true, floor: Double, execution: Execution
  ) {
    self.waveFunction = waveFunction
    self.estimator = estimator
    self.execution = execution
    self.limit = limit
    self.floor = floor
    wholeSector =
      takesWholeSector && waveFunction.space.dimension <= Double(limit)
      ? WholeSectorSampler(of: waveFunction) : nil
  }

  /// Draws the sample of one step.
  ///
  /// - Parameters:
  ///   - draws: The number of draws, or nil for layers.
  ///   - exponent: α of the metric's distribution |ψ|^(2α).
  ///   - energy: What gaps are measured from.
  ///   - random: The stream of the draws.
  /// - Returns: The sample and its metric.
  func draw(
    draws: Int? = nil, exponent: Double, energy: Double, random: RandomSource
  ) -> TrainingSample<Word> {
    let space = waveFunction.space
    if let wholeSector {
      let sample = wholeSector.sample(amplitudes: estimator.logAmplitudes(of:))
      return TrainingSample(
        sample,
        metric: space.weights(
          of: sample.configurations, logModulus: sample.logModulus, exponent: exponent))
    }
    let sampler = TreeSampler(of: waveFunction, execution: execution)
    if let draws { return tempered(sampler, draws: draws, exponent: exponent, random: random) }
    return layered(sampler, exponent: exponent, energy: energy, random: random)
  }

  /// Draws from the tempered distribution and weighs them by importance.
  private func tempered(
    _ sampler: TreeSampler<Word>, draws: Int, exponent: Double, random: RandomSource
  ) -> TrainingSample<Word> {
    let drawn = sampler.sample(
      .draws(Double(draws)), maximumDistinct: limit, exponent: exponent, random: random)
    let total = drawn.weights.reduce(0, +)
    let weights = normalizedWeights(
      drawn.weights.indices.map {
        log(drawn.weights[$0]) + drawn.logProbabilities[$0] - drawn.logProposals[$0]
      })
    // Weighted draws are worth fewer plain ones: Kish's effective number, 1/Σ n (w/n)².
    let squares = weights.indices.reduce(0) {
      $0 + weights[$1] * weights[$1] / drawn.weights[$1]
    }
    return TrainingSample(
      Sample(
        configurations: drawn.configurations, weights: weights,
        logModulus: drawn.logModuli(in: waveFunction.space), effectiveDraws: 1 / squares,
        droppedWeight: drawn.droppedWeight / drawn.totalWeight),
      metric: drawn.weights.map { $0 / total })
  }

  // MARK: - Layers

  /// One configuration of a layered sample.
  private struct Entry {
    var configuration: Configuration<Word>
    var logModulus: Double
    /// Its part of |ψ|².
    var weight: Double
    var metric: Double
    var isPulled = false
  }

  /// A configuration that may join the first layer.
  private struct Candidate {
    var configuration: Configuration<Word>
    /// |ψ|², or what perturbation theory gives.
    var weight: Double
    var isPulled: Bool
    /// How many such configurations it stands for.
    var factor = 1.0

    /// By weight; ties go by digest: the order in which configurations were met differs in a resumed
    /// run.
    func precedes(_ other: Candidate) -> Bool {
      if weight != other.weight { return weight > other.weight }
      let (first, second) = (configuration, other.configuration)
      return (first.digest, first.alpha, first.beta) < (second.digest, second.alpha, second.beta)
    }
  }

  /// Draws a sample in three layers.
  ///
  /// 1. The strings of largest weight, each with its exact weight: half of the sample. "Weight" is
  ///    the larger of |ψ|² and what first-order perturbation theory gives, `|(H ψ)_y/(H_yy − E)|²`
  ///    from the pull of the heaviest strings, so that a configuration whose weight went to
  ///    zero while its sign was wrong comes back into sight.
  /// 2. Draws from the rest of |ψ|², a third: without them the many small amplitudes would drift.
  /// 3. Draws from the rest of the perturbative weight, a sixth. They count in the metric only.
  private func layered(
    _ sampler: TreeSampler<Word>, exponent: Double, energy: Double, random: RandomSource
  ) -> TrainingSample<Word> {
    let topLimit = limit - limit / 3 - limit / 6
    let candidates = candidates(sampler, count: topLimit, energy: energy, random: random)
    // One that stands for others cannot be there for itself only.
    let first = candidates.lazy.filter { $0.factor == 1 }.prefix(topLimit).map(\.configuration)
    var entries = top(Array(first), exponent: exponent)
    let missing = max(0, 1 - entries.reduce(0) { $0 + $1.weight })
    var chosen = Set(entries.map(\.configuration))

    // The second layer: as many draws as leave about that many distinct strings in the rest. A
    // flat state leaves it the room that the first has not filled.
    let room = limit - limit / 6 - entries.count
    let draws = min(1e12, (Double(room) / max(missing, 1e-9)).rounded())
    let drawn = sampler.sample(.draws(draws), maximumDistinct: limit, random: random.split(2))
    let moduli = drawn.logModuli(in: waveFunction.space)
    var rest: [Entry] = []
    for (index, x) in drawn.configurations.enumerated() where rest.count < room {
      if !chosen.insert(x).inserted { continue }
      let weight = drawn.weights[index] / drawn.totalWeight
      rest.append(
        Entry(configuration: x, logModulus: moduli[index], weight: weight, metric: weight))
    }
    // Rescaled to the weight that they stand for.
    let found = rest.reduce(0) { $0 + $1.weight }
    for index in rest.indices {
      rest[index].weight *= missing / found
      rest[index].metric *= missing / found
    }
    entries += rest
    entries += pulled(
      candidates.filter { $0.isPulled && !chosen.contains($0.configuration) },
      count: limit / 6, random: random.split(3))

    let sum = entries.reduce(0) { $0 + $1.weight }
    return TrainingSample(
      Sample(
        configurations: entries.map(\.configuration), weights: entries.map { $0.weight / sum },
        logModulus: entries.map(\.logModulus), effectiveDraws: draws),
      metric: entries.map(\.metric), isPulled: entries.map(\.isPulled))
  }

  /// Returns the heaviest strings and all that they pull on, by decreasing weight.
  private func candidates(
    _ sampler: TreeSampler<Word>, count: Int, energy: Double, random: RandomSource
  ) -> [Candidate] {
    let heaviest = sampler.sample(.probability, maximumDistinct: count, random: random)
    var candidates = heaviest.configurations.indices.map {
      Candidate(
        configuration: heaviest.configurations[$0], weight: exp(heaviest.logProbabilities[$0]),
        isPulled: false)
    }
    for pull in estimator.pulls(on: heaviest.configurations, random: random.split(4)) {
      let gap = max(pull.diagonal - energy, floor)
      candidates.append(
        Candidate(
          configuration: pull.configuration, weight: pull.weight / (gap * gap), isPulled: true,
          factor: pull.factor))
    }
    candidates.sort { $0.precedes($1) }
    return candidates
  }

  /// The first layer, with exact weights.
  private func top(_ configurations: [Configuration<Word>], exponent: Double) -> [Entry] {
    let space = waveFunction.space
    let logModulus = estimator.logAmplitudes(of: configurations).logModulus
    let weights = configurations.indices.map {
      exp(2 * logModulus[$0]) * Double(space.multiplicity(configurations[$0]))
    }
    let total = weights.reduce(0, +)
    return configurations.indices.map {
      Entry(
        configuration: configurations[$0], logModulus: logModulus[$0], weight: weights[$0],
        metric: pow(weights[$0] / total, exponent) * total)
    }
  }

  /// The third layer, by systematic sampling.
  private func pulled(_ candidates: [Candidate], count: Int, random: RandomSource) -> [Entry] {
    let total = candidates.reduce(0) { $0 + $1.factor * $1.weight }
    let spacing = total / Double(max(1, count))
    if !(spacing > 0) { return [] }
    var random = random
    var sampling = SystematicSampling(spacing: spacing, using: &random)
    return candidates.compactMap { candidate in
      let hits = sampling.hits(weight: candidate.factor * candidate.weight)
      return hits == 0
        ? nil
        : Entry(
          configuration: candidate.configuration, logModulus: -.infinity, weight: 0,
          metric: Double(hits) * spacing, isPulled: true)
    }
  }
}
