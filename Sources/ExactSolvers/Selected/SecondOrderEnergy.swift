package import Configurations
internal import Hamiltonians

/// The second-order energy of a variational vector, within a budget of bytes.
///
/// Where all perturbers fit, the sum is complete. Else its units are visited group by group: all of them,
/// or so many in random order that the standard error is within a target. The sample corrects a sum over
/// all units with a threshold ε_d so large that it fits (deterministic and stochastic part as in S. Sharma et
/// al., J. Chem. Theory Comput. 13, 1595 (2017); unlike there what is drawn are units of perturbers, each
/// with its complete coupling, and not determinants of the space):
///
/// ```
/// E2 = Σ_u e_u(ε_d) + U/n Σ_{u drawn} [e_u(ε) − e_u(ε_d)]
/// ```
///
/// of `n` of `U` units, drawn without replacement, so without bias; the error is that of the second sum.
package struct SecondOrderEnergy<Word: ConfigurationWord> {
  /// The energy, in hartree.
  package private(set) var energy: Double
  /// The standard error; 0 where all units were visited.
  package private(set) var error: Double
  /// The number of perturbers, estimated where not all were visited.
  package private(set) var perturberCount: Double
  /// The share of the perturbers that were visited.
  package private(set) var share: Double
  /// The best perturbers; of all where all were visited, else of those above the larger threshold.
  package private(set) var best: [(gain: Double, configuration: Configuration<Word>)]

  /// The least number of units that an error is computed from.
  private static var leastUnits: Int { 64 }

  /// Sums up.
  ///
  /// - Parameters:
  ///   - pass: The vector and the threshold ε.
  ///   - expected: The number of perturbers to expect.
  ///   - wanted: The number of perturbers to name.
  ///   - smallestGain: The gain at or below which none is named.
  ///   - budget: The bytes that may be used.
  ///   - targetError: The standard error that is enough; 0 asks for a complete sum.
  ///   - random: The generator.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package init(
    _ pass: PerturbationPass<Word>, expected: Double, wanted: Int, smallestGain: Double,
    budget: Double, targetError: Double, random: RandomSource
  ) {
    let units = PerturbationPass<Word>.unitCount
    let bytes = PerturberTable<Word>.bytes(of: expected)
    if bytes <= budget {
      let all = pass.run(
        units: Array(0..<units), wanted: wanted, smallestGain: smallestGain)
      energy = all.unitEnergies.reduce(0, +)
      error = 0
      perturberCount = Double(all.perturberCount)
      share = 1
      best = all.best
      return
    }
    let size = max(Self.leastUnits, min(units, Int(Double(units) * budget / bytes)))
    if targetError <= 0 {
      var sum = 0.0
      var count = 0
      var found: [(gain: Double, configuration: Configuration<Word>)] = []
      for start in stride(from: 0, to: units, by: size) {
        let part = pass.run(
          units: Array(start..<min(start + size, units)), wanted: wanted,
          smallestGain: smallestGain)
        sum += part.unitEnergies.reduce(0, +)
        count += part.perturberCount
        found += part.best
        sortByGain(&found)
        found = Array(found.prefix(wanted))
      }
      (energy, error, perturberCount, share, best) = (sum, 0, Double(count), 1, found)
      return
    }
    let coarse = Self.coarse(pass, budget: budget, wanted: wanted, smallestGain: smallestGain)
    var order = Array(0..<units)
    var random = random
    order.shuffle(using: &random)
    var differences: [Double] = []
    var count = 0
    var needed = size
    while differences.count < min(needed, units) {
      let drawn = order[differences.count..<min(differences.count + size, units)].sorted()
      let part = pass.run(units: drawn, wanted: 0, smallestGain: smallestGain)
      count += part.perturberCount
      differences += drawn.map { part.unitEnergies[$0] - coarse.unitEnergies[$0] }
      if differences.count == drawn.count {
        // U s √((1/n − 1/U)) ≤ target, from the first group's s.
        let deviation = Self.deviation(differences) * Double(units)
        let ratio = targetError / max(deviation, .leastNormalMagnitude)
        needed = max(size, Int((1 / (ratio * ratio + 1 / Double(units))).rounded(.up)))
      }
    }
    let drawn = Double(differences.count)
    let mean = differences.reduce(0, +) / drawn
    energy = coarse.unitEnergies.reduce(0, +) + Double(units) * mean
    error =
      Double(units) * Self.deviation(differences)
      * max(0, 1 / drawn - 1 / Double(units)).squareRoot()
    share = drawn / Double(units)
    perturberCount = Double(count) / share
    best = coarse.best
  }

  /// The sum with the smallest threshold for which everything fits.
  @inline(__always)
  private static func coarse(
    _ pass: PerturbationPass<Word>, budget: Double, wanted: Int, smallestGain: Double
  ) -> PerturbationPass<Word>.Outcome {
    var threshold = 1e-4 * pass.hamiltonian.energyScale
    while threshold > pass.threshold {
      let next = threshold / 4
      if PerturberTable<Word>.bytes(of: pass.with(threshold: next).contributionCount()) > budget {
        break
      }
      threshold = next
    }
    return pass.with(threshold: max(threshold, pass.threshold)).run(
      units: Array(0..<PerturbationPass<Word>.unitCount), wanted: wanted,
      smallestGain: smallestGain)
  }

  private static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(max(1, values.count - 1))).squareRoot()
  }
}

extension PerturbationPass {
  /// Returns the same pass with another threshold.
  func with(threshold: Double) -> PerturbationPass {
    PerturbationPass(
      hamiltonian, representatives, coefficients: coefficients, energy: energy,
      spinFlipParity: orbits.parity, threshold: threshold, roundBytes: roundBytes,
      execution: execution)
  }
}
