import Configurations
import Foundation
import Results
import Testing
import Training

@Suite struct StateDrawsTests {
  /// Pearson's χ² of counts against |ψ|² over every configuration of the sector, partners counted both.
  @Test func countsFollowTheState() throws {
    let stored = try StoredRun.water()
    let state = try TrainedState(readingFrom: stored.path, threads: 2)
    let draws = 20_000
    let drawn = try state.draw(draws, seed: 3)
    #expect(drawn.counts.reduce(0, +) == draws && drawn.draws == draws)
    #expect(Set(drawn.configurations).count == drawn.configurations.count)
    let amplitudes = state.logAmplitudes(of: drawn.configurations)
    #expect(amplitudes.logModulus == drawn.logModulus && amplitudes.phase == drawn.phase)
    #expect(drawn.logModulus == drawn.logModulus.sorted(by: >))
    var statistic = 0.0
    var bins = 0
    var left = (weight: 1.0, count: draws)
    for (modulus, count) in zip(drawn.logModulus, drawn.counts) {
      let expected = Double(draws) * exp(2 * modulus)
      if expected < 10 { break }
      statistic += (Double(count) - expected) * (Double(count) - expected) / expected
      bins += 1
      left.weight -= expected / Double(draws)
      left.count -= count
    }
    let rest = Double(draws) * left.weight
    statistic += (Double(left.count) - rest) * (Double(left.count) - rest) / rest
    // Wilson and Hilferty: the cube root of χ²/k is nearly normal.
    let freedom = Double(bins)
    let normal =
      (pow(statistic / freedom, 1.0 / 3) - 1 + 2 / (9 * freedom)) / (2 / (9 * freedom)).squareRoot()
    #expect(bins > 3 && normal < 3, "χ² \(statistic) of \(bins)")
  }

  @Test func seedsDecide() throws {
    let stored = try StoredRun.square()
    let state = try TrainedState(readingFrom: stored.path, threads: 2)
    let first = try state.draw(500, seed: 1)
    #expect(try state.draw(500, seed: 1) == first)
    #expect(try state.draw(500, seed: 2) != first)
    #expect(first.counts.reduce(0, +) == 500)
    // Members of the orbits of a lattice's symmetries are in the sector.
    #expect(first.logModulus.allSatisfy { $0.isFinite })
  }
}
