import Configurations
import Foundation
import Parallelism
import Sampling
import Testing
import WaveFunctions

/// Samples as values, on the stand-in.
@Suite struct StratifiedTests {
  private func table(spread: Float = 0.6) -> TableWaveFunction<UInt64> {
    var random = RandomSource(seed: 5)
    return TableWaveFunction(
      space: ConfigurationSpace(upCount: 5, order: Array(0..<10)), spread: spread, random: &random)
  }

  /// Means over a head taken exactly and draws from the rest: right on average, with errors that say
  /// how far off.
  @Test func meansAreUnbiasedAndErrorsHold() {
    let table = table()
    let all = table.configurations
    let logModulus = table.logAmplitudes(of: all).logModulus
    func value(_ x: Configuration<UInt64>) -> Double { Double(x.alpha % 17) - 3 }
    let exact = all.indices.reduce(0.0) { $0 + exp(2 * logModulus[$1]) * value(all[$1]) }
    let sampler = StratifiedSampler(
      of: table, headCount: 30, restDraws: 40, execution: Execution(threads: 2))
    var deviations: [Double] = []
    for seed in 0..<400 {
      let sample = sampler.sample(random: RandomSource(seed: UInt64(seed)))
      #expect(sample.exactCount == 30 && sample.droppedWeight == 0)
      #expect(abs(sample.weights.reduce(0, +) - 1) < 1e-9)
      #expect(Set(sample.configurations).count == sample.count)
      let values = sample.configurations.map(value)
      let mean = zip(sample.weights, values).reduce(0) { $0 + $1.0 * $1.1 }
      deviations.append((mean - exact) / sample.standardError(of: values))
    }
    let count = Double(deviations.count)
    let mean = deviations.reduce(0, +) / count
    let spread = (deviations.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    #expect(abs(mean) < 4 / count.squareRoot())
    #expect(spread > 0.9 && spread < 1.1)
  }

  @Test func headsThatHoldEverythingAreExact() {
    let table = table()
    let sample = StratifiedSampler(
      of: table, headCount: 1000, restDraws: 10, execution: .serial
    ).sample(random: RandomSource(seed: 1))
    #expect(sample.count == 252 && sample.exactCount == 252 && sample.effectiveDraws == 0)
    #expect(sample.standardError(of: sample.weights) == 0)
  }

  /// What draws say of a table is χ² with its squares; the whole sector has no error.
  @Test func drawsFollowTheTable() {
    let table = table()
    let whole = WholeSectorSampler(of: table).sample(random: RandomSource(seed: 1))
    #expect(whole.isWholeSector && whole.configurations == table.configurations)
    var values: [Double] = []
    for seed in 0..<10 {
      let sample = DrawSampler(
        of: table, draws: 20_000, maximumDistinct: 1000, execution: .serial
      ).sample(random: RandomSource(seed: UInt64(seed)))
      var observed: [Configuration<UInt64>: Double] = [:]
      for (index, x) in sample.configurations.enumerated() {
        observed[x] = sample.weights[index] * 20_000
      }
      values.append(
        chiSquaredTest(
          observed: whole.configurations.map { observed[$0] ?? 0 },
          expected: whole.weights.map { 20_000 * $0 }))
    }
    #expect(combined(values) > 0.01)
  }

  @Test func systematicSamplingHitsInProportion() {
    let weights = (0..<50).map { Double($0 * $0 % 13) }
    let total = weights.reduce(0, +)
    var sums = [Int](repeating: 0, count: 50)
    for seed in 0..<500 {
      var random = RandomSource(seed: UInt64(seed))
      var sampling = SystematicSampling(spacing: total / 20, using: &random)
      let hits = weights.map { sampling.hits(weight: $0) }
      #expect(abs(hits.reduce(0, +) - 20) <= 1)
      for index in hits.indices {
        #expect(abs(Double(hits[index]) - 20 * weights[index] / total) < 1)
        sums[index] += hits[index]
      }
    }
    for index in sums.indices {
      #expect(abs(Double(sums[index]) / 500 - 20 * weights[index] / total) < 0.1)
    }
  }
}
