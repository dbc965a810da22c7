internal import Configurations
internal import Estimators
internal import Foundation
internal import Hamiltonians
internal import Sampling
internal import WaveFunctions

extension VariationalMonteCarlo {
  /// Evaluates the present parameters with fresh samples and full local energies.
  ///
  /// Where the sector is small enough the energy is its expectation value over the whole sector.
  /// Otherwise it is the mean over fresh draws from |ψ|² with its standard error, to which the weight
  /// that the cap dropped adds its bound.
  func evaluate() throws(TrainingError) -> FinalResult {
    let stream = random.split(0x4556_414C).split(UInt64(trace.count))
    finalEstimator.trim()
    let isExact = waveFunction.space.dimension <= Double(resolved.exactLimit)
    let drawn =
      isExact
      ? (sampler.wholeSector ?? WholeSectorSampler(of: waveFunction))
        .sample(amplitudes: finalEstimator.logAmplitudes(of:))
      : drawnSample(stream.split(1))
    let energies = finalEstimator.compute(drawn, mode: .full, random: stream.split(2))
    guard energies.energy.isFinite, energies.variance.isFinite else {
      throw TrainingError(
        .notFinite,
        "the final energy is not finite: training has diverged; a smaller "
          + "--learning-rate or a larger --shift keeps the parameters in range")
    }
    let logModulus = energies.logModulus
    let leak = finalEstimator.leak(
      of: drawn, energies: energies, floor: resolved.denominatorFloor, random: stream.split(3))
    // The draws' own variance does not see the configurations that they missed, which may have the
    // largest local energies. The normalised |ψ|² of the sampled ones and the residuals of the others,
    // p_y |E_loc(y) − E|² = |((H − E) ψ)_y|², give the variance without draws.
    var summed = leak.variance
    for index in drawn.configurations.indices {
      let probability =
        Double(waveFunction.space.multiplicity(drawn.configurations[index]))
        * exp(2 * logModulus[index])
      let deviation = energies.real[index] - energies.energy
      summed +=
        probability
        * (deviation * deviation + energies.imaginary[index] * energies.imaginary[index])
    }
    let variance = isExact ? energies.variance : max(energies.variance, summed)
    let subspace = isExact ? nil : subspaceEnergy(of: drawn, logModulus: logModulus, stream)

    var spin: (value: Double, error: Double)?
    if let spinOperator {
      spin = expectation(of: spinOperator, in: drawn, stream.split(4))
    }
    let gap = energies.energy - context.infiniteTemperatureEnergy
    let scaledVariance = Double(context.degreesOfFreedom) * variance
    let order = drawn.weights.indices.sorted {
      drawn.weights[$0] == drawn.weights[$1] ? $0 < $1 : drawn.weights[$0] > drawn.weights[$1]
    }
    return FinalResult(
      energy: energies.energy, error: drawn.meanError(variance: variance),
      variance: variance, isExactSum: isExact,
      distinctSamples: drawn.configurations.count, draws: Int(drawn.effectiveDraws),
      droppedWeight: drawn.droppedWeight,
      // A single configuration has neither variance nor gap.
      vScore: scaledVariance == 0 ? 0 : scaledVariance / (gap * gap),
      leakEnergy: leak.energy, leakWeight: leak.weight,
      isCollapsed: !(-leak.energy <= resolved.leakLimit),
      spinSquared: spin?.value, spinSquaredError: spin?.error, subspaceEnergy: subspace,
      leading: order.prefix(settings.evaluation.leading).map { index in
        LeadingConfiguration(
          alpha: words(drawn.configurations[index].alpha),
          beta: words(drawn.configurations[index].beta), logModulus: logModulus[index],
          phase: energies.phase[index],
          count: Int((drawn.weights[index] * drawn.effectiveDraws).rounded()))
      })
  }

  private func words(_ word: Word) -> [UInt64] {
    [
      UInt64(truncatingIfNeeded: word),
      Word.bitWidth > 64 ? UInt64(truncatingIfNeeded: word >> 64) : 0,
    ]
  }

  /// Draws the sample of the final energy.
  ///
  /// Where the number of draws is left open, it is raised from 10⁶ by factors of ten, with a
  /// stream of its own each time, until the distinct strings fill a quarter of the room for them.
  private func drawnSample(_ stream: RandomSource) -> Sample<Word> {
    let sampler = TreeSampler(of: waveFunction, execution: execution)
    let room = resolved.evaluationMaximumSamples
    var draws = Double(resolved.evaluationDraws ?? 1_000_000)
    var sample = sampler.sample(
      .draws(draws), maximumDistinct: room, random: stream.split(UInt64(draws)))
    while resolved.evaluationDraws == nil, sample.configurations.count < room / 4, draws < 1e12 {
      draws *= 10
      let larger = sampler.sample(
        .draws(draws), maximumDistinct: room, random: stream.split(UInt64(draws)))
      // A sample that the cap has cut is worse than a smaller whole one.
      if larger.droppedWeight > 0 { break }
      sample = larger
    }
    return Sample(sample, space: waveFunction.space)
  }

  /// The Rayleigh quotient of ψ restricted to the sample: a bound, whatever was left out.
  private func subspaceEnergy(
    of sample: Sample<Word>, logModulus: [Double], _ stream: RandomSource
  ) -> Double {
    var restricted = sample
    restricted.weights = waveFunction.space.weights(
      of: sample.configurations, logModulus: logModulus)
    return finalEstimator.compute(restricted, mode: .subspace, random: stream).energy
  }

  private func expectation<O: Hamiltonian<Word>>(
    of observable: O, in sample: Sample<Word>, _ stream: RandomSource
  ) -> (value: Double, error: Double) {
    let local = LocalEnergyEstimator(
      observable, waveFunction: waveFunction, options: settings.localEnergy.options,
      execution: execution
    ).compute(sample, mode: .full, random: stream)
    return (local.energy, sample.meanError(variance: local.variance))
  }
}
