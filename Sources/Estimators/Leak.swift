public import Configurations
internal import Foundation
internal import Hamiltonians
public import Sampling

/// What a state is missing outside its support.
public struct Leak: Sendable, Hashable {
  /// The energy that the first-order correction would gain, at most 0.
  public var energy = 0.0
  /// The weight of the correction.
  public var weight = 0.0
  /// The part of the energy's variance that lies outside the sample, `Σ |((H − E) ψ)_y|²` over what
  /// was not sampled at all.
  public var variance = 0.0
}

extension LocalEnergyEstimator {
  /// Computes `|((H − E) ψ)_x|²` for each configuration of a sample.
  ///
  /// - Parameters:
  ///   - sample: The configurations.
  ///   - energy: E.
  ///   - logScale: The amplitudes are multiplied by `exp(−logScale)`.
  /// - Returns: The squared moduli, one for each configuration.
  func residuals(
    of sample: Sample<Word>, energy: Double, logScale: Double
  ) -> [Double] {
    let local = compute(sample, mode: .full, random: RandomSource(seed: 0))
    return local.real.indices.map { index in
      // In products with ψ(x), so that a vanishing ψ(x) does no harm.
      let modulus = exp(local.logModulus[index] - logScale)
      let real = (local.real[index] - energy) * modulus
      let imaginary = local.imaginary[index] * modulus
      return real * real + imaginary * imaginary
    }
  }

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
  ///   - energies: Its local energies.
  ///   - floor: The smallest denominator: a nearly degenerate `y` is no perturbation.
  ///   - limit: The most `y` whose residual is computed.
  ///   - random: The stream of draws.
  /// - Returns: Energy and weight of what is missing.
  public func leak(
    of sample: Sample<Word>, energies: LocalEnergies, floor: Double, limit: Int = leakSample,
    random: RandomSource
  ) -> Leak {
    assert(energies.real.count == sample.count, "the energies are of another sample")
    let smallestWeight = 1.0 / Self.leakDraws
    let logScale = energies.logScale.isFinite ? energies.logScale : 0
    var inside: [Configuration<Word>] = []
    var norm = 0.0
    for (index, x) in sample.configurations.enumerated()
    where sample.weights[index] >= smallestWeight {
      inside.append(x)
      let modulus = exp(energies.logModulus[index] - logScale)
      let real = modulus * cos(energies.phase[index])
      let imaginary = modulus * sin(energies.phase[index])
      norm += Double(space.multiplicity(x)) * (real * real + imaginary * imaginary)
    }

    // Configurations outside, by the energy that the sample's pull on them would gain.
    func gap(_ diagonal: Double) -> Double { max(diagonal - energies.energy, floor) }
    let pulls = pulls(on: inside, random: random.split(1))
    var candidates: [(configuration: Configuration<Word>, importance: Double, factor: Double)] = []
    var total = 0.0
    for pull in pulls {
      let importance = pull.factor * pull.weight / gap(pull.diagonal)
      candidates.append((pull.configuration, importance, pull.factor))
      total += importance
    }
    if candidates.isEmpty || total == 0 { return Leak() }
    // Their order depends on what the run has met before; the draw must not.
    candidates.sort { $0.configuration.digest < $1.configuration.digest }

    // All of them, or a systematic draw in proportion to their importance.
    var chosen: [(configuration: Configuration<Word>, factor: Double)] = []
    if candidates.count <= limit {
      chosen = candidates.map { ($0.configuration, $0.factor) }
    } else {
      var stream = random
      var sampling = SystematicSampling(
        spacing: total / Double(limit), using: &stream)
      for candidate in candidates {
        let hits = sampling.hits(weight: candidate.importance)
        if hits > 0 {
          let factor = Double(hits) * sampling.spacing / candidate.importance
          chosen.append((candidate.configuration, factor * candidate.factor))
        }
      }
    }

    // The whole residual at the chosen y, from their own rows.
    let outside = Sample(
      configurations: chosen.map(\.configuration),
      weights: Array(repeating: 1 / Double(chosen.count), count: chosen.count),
      logModulus: Array(repeating: 0, count: chosen.count))
    let residuals = residuals(
      of: outside, energy: energies.energy, logScale: logScale)
    let sampled = Set(sample.configurations)
    var leak = Leak()
    for (index, choice) in chosen.enumerated() {
      let gap = gap(hamiltonian.diagonalElement(choice.configuration))
      let multiplicity = Double(space.multiplicity(choice.configuration))
      let squared = choice.factor * multiplicity * residuals[index] / norm
      if !sampled.contains(choice.configuration) { leak.variance += squared }
      leak.energy -= squared / gap
      leak.weight += squared / (gap * gap)
    }
    return leak
  }

  /// The number of draws that a plain |ψ|² sample is taken to have.
  public static var leakDraws: Double { 1e6 }
  /// The largest number of configurations whose residual is computed.
  public static var leakSample: Int { 4000 }
}
