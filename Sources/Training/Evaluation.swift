internal import Configurations
internal import Estimators
internal import Foundation
internal import Hamiltonians
internal import LinearAlgebra
internal import Parallelism
internal import Sampling
internal import WaveFunctions

extension VariationalMonteCarlo {
  /// Evaluates the present parameters with fresh samples and full local energies.
  ///
  /// Where the sector is small enough the energy is its expectation value over the whole sector.
  /// Otherwise the heaviest configurations count exactly and the others by draws, whose standard error
  /// is that of the energy.
  func evaluate() throws(TrainingError) -> FinalResult {
    let stream = random.split(0x4556_414C).split(UInt64(trace.count))
    finalEstimator.trim()
    let isExact = waveFunction.space.dimension <= Double(resolved.exactLimit)
    if finalEstimator !== estimator { estimator.makeRoom() }
    let sample = isExact ? wholeSector() : drawnSample(stream.split(1))
    let energies = finalEstimator.compute(sample, mode: .full, random: stream.split(2))
    guard energies.energy.isFinite, energies.variance.isFinite else {
      throw TrainingError(
        .notFinite,
        "the final energy is not finite: training has diverged; a smaller "
          + "`learning-rate` or a larger `shift` keeps the parameters in range")
    }
    let floor = resolved.denominatorFloor
    let leak = finalEstimator.leak(
      of: sample, energies: energies, floor: floor, random: stream.split(3))
    let moments = moments(sample, energies, leak)
    let variance = isExact ? energies.variance : max(energies.variance, moments.whole)
    let subspace = isExact ? nil : subspaceEnergy(of: sample, energies, stream)
    let relaxation = try relaxation(sample, energies, isWhole: isExact)
    let spin = spinOperator.map { expectation(of: $0, in: sample, stream.split(4)) }
    let gap = energies.energy - context.infiniteTemperatureEnergy
    let scaledVariance = Double(context.degreesOfFreedom) * variance
    var result = FinalResult(
      energy: energies.energy,
      error: isExact
        ? 0 : sample.standardError(of: energies.real, moment: moments.drawn),
      variance: variance, isExactSum: isExact, distinctSamples: sample.count,
      draws: Int(min(1e15, sample.effectiveDraws)), droppedWeight: sample.droppedWeight,
      // A single configuration has neither variance nor gap.
      vScore: scaledVariance == 0 ? 0 : scaledVariance / (gap * gap),
      leakEnergy: leak.energy, leakWeight: leak.weight,
      isCollapsed: !(-leak.energy <= resolved.leakLimit),
      spinSquared: spin?.value, spinSquaredError: spin?.error, subspaceEnergy: subspace,
      leading: leading(sample, energies))
    result.residual = energies.residual(weights: sample.weights, floor: floor) - leak.energy
    // Over the whole sector relaxation finds all that is missing. Of a sample it sees a part: the lowest
    // energy there bounds the exact one from above, and the residual estimates the rest.
    result.remainingError =
      isExact ? relaxation.gain : max(result.residual ?? 0, energies.energy - relaxation.energy)
    result.isRemainingErrorBound = isExact && !relaxation.isConverged
    judge(&result)
    if isExact { result.observables = try observables(sample, energies) }
    selectionSeeds = SelectionSeeds(
      configurations: sample.configurations,
      probabilities: waveFunction.space.weights(
        of: sample.configurations, logModulus: energies.logModulus),
      logModulus: energies.logModulus, phase: energies.phase)
    return result
  }

  private func wholeSector() -> Sample<Word> {
    (sampler.wholeSector ?? WholeSectorSampler(of: waveFunction))
      .sample(amplitudes: finalEstimator.logAmplitudes(of:))
  }

  /// Draws the sample of the final energy: half of the room for the heaviest, half for draws from the
  /// others; plain draws from |ψ|² where their number was asked for.
  private func drawnSample(_ stream: RandomSource) -> Sample<Word> {
    let room = resolved.evaluationMaximumSamples
    if let draws = resolved.evaluationDraws {
      return DrawSampler(
        of: waveFunction, draws: Double(draws), maximumDistinct: room, execution: execution
      ).sample(random: stream)
    }
    return StratifiedSampler(
      of: waveFunction, headCount: max(1, room / 2), restDraws: max(1, room / 2),
      execution: execution
    ).sample(random: stream)
  }

  /// The second moments of local energies about their mean without the noise of draws, which do not see
  /// the configurations that they missed: `Σ p |E_loc − E|²` over the sample with its exact `p`, and the
  /// residuals `p_y |E_loc(y) − E|² = |((H − E) ψ)_y|²` outside.
  ///
  /// - Returns: The moment of the whole state, and that of all outside the exact head.
  private func moments(
    _ sample: Sample<Word>, _ energies: LocalEnergies, _ leak: Leak
  ) -> (whole: Double, drawn: Double) {
    var moments = (whole: leak.variance, drawn: leak.variance)
    for (index, x) in sample.configurations.enumerated() {
      let probability =
        Double(waveFunction.space.multiplicity(x)) * exp(2 * energies.logModulus[index])
      let real = energies.real[index] - energies.energy
      let imaginary = energies.imaginary[index]
      moments.whole += probability * (real * real + imaginary * imaginary)
      if index >= sample.exactCount { moments.drawn += probability * real * real }
    }
    return moments
  }

  /// Finds the lowest energy on the sample.
  private func relaxation(
    _ sample: Sample<Word>, _ energies: LocalEnergies, isWhole: Bool
  ) throws(TrainingError) -> Relaxation {
    do throws(LinearAlgebraError) {
      return try finalEstimator.relaxation(
        of: sample, energies: energies,
        limit: isWhole ? sample.count : Self.relaxedConfigurations, scale: resolved.energyScale)
    } catch {
      throw TrainingError(.notFinite, "the remaining error cannot be estimated: \(error)")
    }
  }

  /// The most configurations of a sample on which amplitudes are relaxed.
  static var relaxedConfigurations: Int { 10_000 }

  private func leading(
    _ sample: Sample<Word>, _ energies: LocalEnergies
  ) -> [LeadingConfiguration] {
    let order = sample.weights.indices.sorted {
      sample.weights[$0] == sample.weights[$1]
        ? $0 < $1 : sample.weights[$0] > sample.weights[$1]
    }
    return order.prefix(settings.evaluation.leading).map { index in
      let x = sample.configurations[index]
      let drawn = index >= sample.exactCount ? sample.weights[index] * sample.drawsPerWeight : 0
      return LeadingConfiguration(
        alpha: words(x.alpha), beta: words(x.beta), logModulus: energies.logModulus[index],
        phase: energies.phase[index], count: Int(drawn.rounded()))
    }
  }

  private func words(_ word: Word) -> [UInt64] {
    [
      UInt64(truncatingIfNeeded: word),
      Word.bitWidth > 64 ? UInt64(truncatingIfNeeded: word >> 64) : 0,
    ]
  }

  /// The Rayleigh quotient of ψ restricted to the sample: a bound, whatever was left out.
  private func subspaceEnergy(
    of sample: Sample<Word>, _ energies: LocalEnergies, _ stream: RandomSource
  ) -> Double {
    var restricted = sample
    restricted.weights = waveFunction.space.weights(
      of: sample.configurations, logModulus: energies.logModulus)
    return finalEstimator.compute(restricted, mode: .subspace, random: stream).energy
  }

  private func expectation<O: Hamiltonian<Word>>(
    of observable: O, in sample: Sample<Word>, _ stream: RandomSource
  ) -> (value: Double, error: Double) {
    // Beside a large table there would be no room for another.
    finalEstimator.makeRoom()
    var options = settings.localEnergy.options
    // An observable has a unit of its own.
    options.cutoff = 0
    let local = LocalEnergyEstimator(
      observable, waveFunction: waveFunction, options: options, execution: execution
    ).compute(sample, mode: .full, random: stream)
    return (local.energy, sample.isWholeSector ? 0 : sample.standardError(of: local.real))
  }
}
