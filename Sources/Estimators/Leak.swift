public import Configurations
internal import Foundation
internal import Hamiltonians
public import Sampling

/// How strongly a state pulls on a configuration outside some set.
public struct Pull<Word: ConfigurationWord>: Sendable {
  /// The representative `y`.
  public var configuration: Configuration<Word>
  /// `H_yy`.
  public var diagonal: Double
  /// `m_y |Σ_x H_yx ψ_x|²`.
  public var weight: Double
}

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
  /// Computes the pull of some configurations on those outside.
  ///
  /// - Parameter configurations: Distinct representatives, `S`.
  /// - Returns: For every representative `y` outside that `H` connects to one of them,
  ///   `m_y |Σ_{x ∈ S} H_yx ψ_x|²`, the weight of `H ψ_S` on `y` and those that share it.
  public func pulls(on configurations: [Configuration<Word>]) -> [Pull<Word>] {
    let numbers = configurations.map { table.number(of: $0) }
    table.enumerateRows(of: numbers)
    assignAmplitudes(sampled: numbers, mode: .subspace)
    var isInside = [Bool](repeating: false, count: table.count)
    for number in numbers { isInside[Int(number)] = true }
    var real = [Double](repeating: 0, count: table.count)
    var imaginary = real
    for number in numbers {
      let x = Int(number)
      let multiplicity = table.multiplicities[x]
      let psiReal = multiplicity * amplitudes.real[x]
      let psiImaginary = multiplicity * amplitudes.imaginary[x]
      table.withRow(number) { columns, elements in
        for index in 0..<columns.count {
          real[Int(columns[index])] += elements[index] * psiReal
          imaginary[Int(columns[index])] += elements[index] * psiImaginary
        }
      }
    }
    let scale = exp(2 * amplitudes.logScale)
    var result: [Pull<Word>] = []
    for y in 0..<table.count where !isInside[y] {
      let squared = real[y] * real[y] + imaginary[y] * imaginary[y]
      if squared == 0 { continue }
      result.append(
        Pull(
          configuration: table.configurations[y], diagonal: table.diagonal[y],
          weight: scale * squared / table.multiplicities[y]))
    }
    return result
  }

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
  ///   - energies: Its local energies, the last that this estimator computed.
  ///   - floor: The smallest denominator: a nearly degenerate `y` is no perturbation.
  ///   - random: The stream of draws.
  /// - Returns: Energy and weight of what is missing.
  public func leak(
    of sample: Sample<Word>, energies: LocalEnergies, floor: Double, random: RandomSource
  ) -> Leak {
    assert(energies.real.count == sample.count, "the energies are of another sample")
    let numbers = sample.configurations.map { table.number(of: $0) }
    let limit = 1.0 / Self.leakDraws
    var isInside = [Bool](repeating: false, count: table.count)
    var norm = 0.0
    for (index, number) in numbers.enumerated() where sample.weights[index] >= limit {
      let n = Int(number)
      isInside[n] = true
      let multiplicity = table.multiplicities[n]
      norm +=
        multiplicity
        * (amplitudes.real[n] * amplitudes.real[n]
          + amplitudes.imaginary[n] * amplitudes.imaginary[n])
    }

    // The scale of the norm: the next amplitudes may have another.
    let logScale = amplitudes.logScale

    // Configurations outside, by the energy that the sample's pull on them would gain.
    func gap(_ diagonal: Double) -> Double { max(diagonal - energies.energy, floor) }
    let pulls = pulls(
      on: numbers.filter { isInside[Int($0)] }.map { table.configurations[Int($0)] })
    var candidates: [(configuration: Configuration<Word>, importance: Double)] = []
    var total = 0.0
    for pull in pulls {
      let importance = pull.weight / gap(pull.diagonal)
      candidates.append((pull.configuration, importance))
      total += importance
    }
    if candidates.isEmpty || total == 0 { return Leak() }
    // Their order depends on what the run has met before; the draw must not.
    candidates.sort { $0.configuration.digest < $1.configuration.digest }

    // All of them, or a systematic draw in proportion to their importance.
    var chosen: [(configuration: Configuration<Word>, factor: Double)] = []
    if candidates.count <= Self.leakSample {
      chosen = candidates.map { ($0.configuration, 1) }
    } else {
      var stream = random
      var sampling = SystematicSampling(
        spacing: total / Double(Self.leakSample), using: &stream)
      for candidate in candidates {
        let hits = sampling.hits(weight: candidate.importance)
        if hits > 0 {
          chosen.append(
            (candidate.configuration, Double(hits) * sampling.spacing / candidate.importance))
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
      let y = Int(table.number(of: choice.configuration))
      let gap = gap(table.diagonal[y])
      let squared = choice.factor * table.multiplicities[y] * residuals[index] / norm
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
