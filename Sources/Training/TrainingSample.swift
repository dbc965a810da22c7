internal import Configurations
internal import Foundation
internal import Hamiltonians
internal import Sampling
internal import WaveFunctions

/// A training sample: weights of the energy's average and of the step's metric.
struct TrainingSample<Word: ConfigurationWord> {
  /// The configurations with weights ∝ |ψ|².
  var weighted: WeightedSample<Word>
  /// The weights of the metric, ∝ |ψ|^(2α).
  var metric: [Double]
  /// How many configurations at the end were drawn by the weight that they should have; their
  /// metric says so already.
  var pulledCount = 0
}

extension VariationalMonteCarlo {
  /// Draws the sample of one step.
  ///
  /// - A sector that fits is taken whole: no sampling error, and nothing can drop out of sight.
  /// - `draws` given: multinomial draws from |ψ|^(2α), reweighted to |ψ|².
  /// - Otherwise in layers, see ``layeredSample(_:exponent:stream:)``.
  func drawTrainingSample(exponent: Double, stream: RandomSource) -> TrainingSample<Word> {
    let sampler = TreeSampler(of: waveFunction, threads: resolved.threads)
    if let wholeSector {
      var logModulus: [Double] = []
      var phase: [Double] = []
      waveFunction.logAmplitudes(of: wholeSector, logModulus: &logModulus, phase: &phase)
      let logWeights = logWeights(of: wholeSector, logModulus: logModulus)
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
      let weights = normalized(logImportance, exponent: 1)
      // Weighted draws are worth fewer plain ones: Kish's effective number, 1/Σ n (w/n)².
      let squares = weights.indices.reduce(0) {
        $0 + weights[$1] * weights[$1] / sample.weights[$1]
      }
      return TrainingSample(
        weighted: WeightedSample(
          configurations: sample.configurations, weights: weights,
          draws: 1 / squares, droppedWeight: sample.droppedWeight / sample.totalWeight,
          isWholeSector: false),
        metric: sample.weights.map { $0 / total })
    }
    return layeredSample(sampler, exponent: exponent, stream: stream)
  }

  /// Draws a sample in three layers.
  ///
  /// 1. The strings of largest weight, each with its exact weight: half of the sample. "Weight" is
  ///    the larger of |ψ|² and what first-order perturbation theory gives, `|(H ψ)_y/(H_yy − E)|²`
  ///    from the pull of the heaviest strings, so that a configuration whose weight went to
  ///    zero while its sign was wrong comes back into sight.
  /// 2. Draws from the rest of |ψ|², a third: without them the many small amplitudes would drift.
  /// 3. Draws from the rest of the perturbative weight, a sixth. They count in the metric only.
  private func layeredSample(
    _ sampler: TreeSampler<Word>, exponent: Double, stream: RandomSource
  ) -> TrainingSample<Word> {
    let space = waveFunction.space
    let limit = resolved.maximumSamples
    let topLimit = limit - limit / 3 - limit / 6
    let heaviest = sampler.sample(.probability, maximumDistinct: topLimit, random: stream)
    let energy = trace.last?.energy ?? context.referenceEnergy
    let pulls = estimator.pulls(on: heaviest.configurations)
    let table = estimator.table

    var scored: [(configuration: Configuration<Word>, weight: Double, isPulled: Bool)] = []
    for index in heaviest.configurations.indices {
      scored.append((heaviest.configurations[index], exp(heaviest.logProbabilities[index]), false))
    }
    for (number, squared) in pulls {
      let gap = max(table.diagonal[Int(number)] - energy, resolved.denominatorFloor)
      scored.append((table.configurations[Int(number)], squared / (gap * gap), true))
    }
    // Ties go by digest: the order in which configurations were met differs in a resumed run.
    let order = scored.indices.sorted {
      if scored[$0].weight != scored[$1].weight { return scored[$0].weight > scored[$1].weight }
      let (first, second) = (scored[$0].configuration, scored[$1].configuration)
      return (first.digest, first.alpha, first.beta) < (second.digest, second.alpha, second.beta)
    }
    var configurations = order.prefix(topLimit).map { scored[$0].configuration }
    let topCount = configurations.count
    var isTop = Set(configurations)
    var logModulus: [Double] = []
    var phase: [Double] = []
    waveFunction.logAmplitudes(of: configurations, logModulus: &logModulus, phase: &phase)
    var weights = configurations.indices.map {
      exp(2 * logModulus[$0]) * Double(space.multiplicity(configurations[$0]))
    }
    let topWeight = weights.reduce(0, +)
    let missing = max(0, 1 - topWeight)
    var metric = weights.map { pow($0 / topWeight, exponent) * topWeight }

    // The second layer: as many draws as leave about that many distinct strings in the rest. A
    // flat state leaves it the room that the first has not filled.
    let room = limit - limit / 6 - configurations.count
    let draws = min(1e12, (Double(room) / max(missing, 1e-9)).rounded())
    let rest = sampler.sample(.draws(draws), maximumDistinct: limit, random: stream.split(2))
    var restCount = 0
    for index in rest.configurations.indices where !isTop.contains(rest.configurations[index]) {
      if restCount == room { break }
      restCount += 1
      configurations.append(rest.configurations[index])
      isTop.insert(rest.configurations[index])
      weights.append(rest.weights[index] / rest.totalWeight)
      metric.append(rest.weights[index] / rest.totalWeight)
    }

    // Rescaled to the weight that they stand for.
    let drawn = weights.dropFirst(topCount).reduce(0, +)
    if drawn > 0 {
      for index in topCount..<weights.count {
        weights[index] *= missing / drawn
        metric[index] *= missing / drawn
      }
    }

    // The third layer, by systematic sampling.
    let pulled = order.dropFirst(topLimit).filter {
      scored[$0].isPulled && !isTop.contains(scored[$0].configuration)
    }
    let total = pulled.reduce(0) { $0 + scored[$1].weight }
    let spacing = total / Double(max(1, limit / 6))
    var pulledCount = 0
    if spacing > 0 {
      var source = stream.split(3)
      var next = source.uniform() * spacing
      var passed = 0.0
      for index in pulled {
        passed += scored[index].weight
        if next >= passed { continue }
        var hits = 0.0
        while next < passed {
          hits += 1
          next += spacing
        }
        configurations.append(scored[index].configuration)
        weights.append(0)
        metric.append(hits * spacing)
        pulledCount += 1
      }
    }
    let sum = weights.reduce(0, +)
    return TrainingSample(
      weighted: WeightedSample(
        configurations: configurations, weights: weights.map { $0 / sum }, draws: draws,
        droppedWeight: 0, isWholeSector: false),
      metric: metric, pulledCount: pulledCount)
  }

  /// Returns `log(m |ψ|²)`, the log-probability of each representative with all that share it.
  func logWeights(of configurations: [Configuration<Word>], logModulus: [Double]) -> [Double] {
    configurations.indices.map {
      2 * logModulus[$0] + log(Double(waveFunction.space.multiplicity(configurations[$0])))
    }
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
