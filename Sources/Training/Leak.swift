internal import Configurations
internal import Hamiltonians
internal import WaveFunctions

extension VariationalMonteCarlo {
  /// Measures what the state is missing outside its support.
  ///
  /// For each configuration `y` that |ψ|² sampling does not reach but `H` connects to the sample,
  /// first-order perturbation theory from ψ asks for the change
  ///
  /// ```
  /// δ_y = −((H − E) ψ)_y / (H_yy − E)
  /// ```
  ///
  /// which for `ψ_y = 0` is Epstein and Nesbet's amplitude. Their weight is `Σ |δ_y|²` and the
  /// energy they would gain `−Σ |((H − E) ψ)_y|²/(H_yy − E)`, both over `⟨ψ|ψ⟩`. A state that lost
  /// part of its support has small variance on what is left, but not a small leak: nothing at `y`
  /// cancels the pull of the sample. In a converged state `ψ_y` does.
  ///
  /// "Not reached" is an expected number of draws below one in ``leakDraws``. Where there are many
  /// such `y`, they are drawn with probability proportional to the pull of the sample on them and
  /// weighted by its inverse.
  ///
  /// - Parameters:
  ///   - sample: The sample of the evaluation.
  ///   - energies: Its local energies, the last that the estimator computed.
  ///   - random: The stream of draws.
  /// - Returns: The energy (at most 0), the weight, and the part of the energy's variance that lies
  ///   outside the sample, `Σ |((H − E) ψ)_y|²` over what was not sampled at all.
  func leak(
    of sample: WeightedSample<Word>, energies: LocalEnergies, random: RandomSource
  ) -> (energy: Double, weight: Double, variance: Double) {
    let table = finalEstimator.table
    let amplitudes = finalEstimator.amplitudes
    let limit = 1.0 / Self.leakDraws
    var isInside = [Bool](repeating: false, count: table.count)
    var norm = 0.0
    for (index, number) in energies.numbers.enumerated() where sample.weights[index] >= limit {
      let n = Int(number)
      isInside[n] = true
      let multiplicity = table.multiplicities[n]
      norm +=
        multiplicity
        * (amplitudes.real[n] * amplitudes.real[n]
          + amplitudes.imaginary[n] * amplitudes.imaginary[n])
    }

    // Configurations outside, by the energy that the sample's pull on them would gain.
    let pulls = finalEstimator.pulls(
      on: energies.numbers.filter { isInside[Int($0)] }.map { table.configurations[Int($0)] })
    var candidates: [(number: Int32, importance: Double)] = []
    var total = 0.0
    for (number, weight) in pulls {
      let importance = weight / denominator(Int(number), energies.energy)
      candidates.append((number, importance))
      total += importance
    }
    if candidates.isEmpty || total == 0 { return (0, 0, 0) }
    // Numbers depend on what the run has met before; the draw must not.
    candidates.sort {
      table.configurations[Int($0.number)].digest < table.configurations[Int($1.number)].digest
    }

    // All of them, or a systematic draw in proportion to their importance.
    var chosen: [(number: Int32, factor: Double)] = []
    if candidates.count <= Self.leakSample {
      chosen = candidates.map { ($0.number, 1) }
    } else {
      var stream = random
      let spacing = total / Double(Self.leakSample)
      var next = stream.uniform() * spacing
      var passed = 0.0
      for candidate in candidates {
        passed += candidate.importance
        var hits = 0.0
        while next < passed {
          hits += 1
          next += spacing
        }
        if hits > 0 {
          chosen.append((candidate.number, hits * spacing / candidate.importance))
        }
      }
    }

    // The whole residual at the chosen y, from their own rows.
    let outside = WeightedSample(
      configurations: chosen.map { table.configurations[Int($0.number)] },
      weights: Array(repeating: 1 / Double(chosen.count), count: chosen.count), draws: 0,
      droppedWeight: 0, isWholeSector: false)
    let residuals = finalEstimator.residuals(
      of: outside, energy: energies.energy, logScale: amplitudes.logScale)
    var isSampled = [Bool](repeating: false, count: table.count)
    for number in energies.numbers { isSampled[Int(number)] = true }
    var energy = 0.0
    var weight = 0.0
    var variance = 0.0
    for (index, choice) in chosen.enumerated() {
      let y = Int(choice.number)
      let multiplicity = table.multiplicities[y]
      let gap = denominator(y, energies.energy)
      let squared = choice.factor * multiplicity * residuals[index] / norm
      if !isSampled[y] { variance += squared }
      energy -= squared / gap
      weight += squared / (gap * gap)
    }
    return (energy, weight, variance)
  }

  /// `H_yy − E`, kept away from zero: a nearly degenerate `y` is no perturbation.
  private func denominator(_ number: Int, _ energy: Double) -> Double {
    max(finalEstimator.table.diagonal[number] - energy, resolved.denominatorFloor)
  }

  /// The number of draws that a plain |ψ|² sample is taken to have.
  static var leakDraws: Double { 1e6 }
  /// The largest number of configurations whose residual is computed.
  static var leakSample: Int { 4000 }
}
