import Configurations
import Foundation
import Sampling
import Testing

@Suite struct BinomialTests {
  @Test func tailOfChiSquaredIsThatOfTables() {
    #expect(abs(chiSquaredTail(3.841_459, degrees: 1) - 0.05) < 1e-6)
    #expect(abs(chiSquaredTail(18.307_038, degrees: 10) - 0.05) < 1e-6)
    #expect(abs(chiSquaredTail(2.558_212, degrees: 10) - 0.99) < 1e-6)
  }

  /// Means below 10 are drawn by inversion, others by rejection, p > ½ by reflection.
  @Test(
    arguments: [
      (1, 0.3), (5, 0.5), (20, 0.1), (1000, 0.009), (40, 0.9), (25, 0.4), (20, 0.5), (200, 0.1),
      (1000, 0.5), (300, 0.97), (5000, 0.02), (100, 0.101),
    ])
  func countsFollowTheExactDistribution(_ trials: Int, _ probability: Double) {
    let n = Double(trials)
    let expected = (0...trials).map { k in
      exp(
        lgamma(n + 1) - lgamma(Double(k) + 1) - lgamma(n - Double(k) + 1)
          + Double(k) * log(probability) + (n - Double(k)) * log1p(-probability))
    }
    var values: [Double] = []
    for seed in 0..<4 {
      var random = RandomSource(seed: UInt64(100 * trials + seed))
      let draws = 20_000
      var isPossible = true
      var observed = [Double](repeating: 0, count: trials + 1)
      for _ in 0..<draws {
        let value = drawBinomial(trials: n, probability: probability, using: &random)
        isPossible = isPossible && value >= 0 && value <= n && value == value.rounded()
        observed[Int(max(0, min(n, value)))] += 1
      }
      #expect(isPossible)
      values.append(
        chiSquaredTest(observed: observed, expected: expected.map { $0 * Double(draws) }))
    }
    #expect(combined(values) > 0.002)
  }

  @Test(arguments: [
    (1e6, 0.25), (1e9, 1e-3), (1e12, 0.5), (1e12, 0.999), (1e12, 3e-12), (9e15, 0.3),
  ])
  func hugeTrialCountsHaveTheRightMoments(_ trials: Double, _ probability: Double) {
    var random = RandomSource(seed: 77)
    let draws = 20_000
    let mean = trials * probability
    let variance = mean * (1 - probability)
    var isPossible = true
    var first = 0.0
    var second = 0.0
    for _ in 0..<draws {
      let value = drawBinomial(trials: trials, probability: probability, using: &random)
      isPossible = isPossible && value >= 0 && value <= trials && value == value.rounded()
      let deviation = value - mean
      first += deviation / Double(draws)
      second += deviation * deviation / Double(draws)
    }
    #expect(isPossible)
    #expect(abs(first) < 4 * (variance / Double(draws)).squareRoot())
    // ⟨(x − m)⁴⟩ = σ⁴ (3 + (1 − 6 p (1 − p))/σ²).
    let kurtosis = 2 + (1 - 6 * probability * (1 - probability)) / variance
    #expect(abs(second / variance - 1) < 4 * (kurtosis / Double(draws)).squareRoot())
  }

  @Test func certaintyNeedsNoChance() {
    var random = RandomSource(seed: 1)
    #expect(drawBinomial(trials: 50, probability: 0, using: &random) == 0)
    #expect(drawBinomial(trials: 50, probability: 1, using: &random) == 50)
    #expect(drawBinomial(trials: 0, probability: 0.5, using: &random) == 0)
    #expect(drawBinomial(trials: 50, probability: -1e-17, using: &random) == 0)
    #expect(drawBinomial(trials: 50, probability: 1 + 1e-15, using: &random) == 50)
  }
}
