import Configurations
import Foundation
import FreeEnergy
import Testing

@Suite("Estimates from weighted draws, and chains")
struct EstimateTests {
  /// Draws from a uniform distribution over eight states, with the weights of another.
  private func draws(
    _ count: Int, seed: UInt64
  ) -> (logWeights: [Double], energies: [Double], magnetizations: [Double]) {
    var random = RandomSource(seed: seed)
    let states = (0..<count).map { _ in Double(random.next() % 8) }
    // ln q = −ln 8, H = state.
    return (
      states.map { -0.3 * $0 + log(8.0) }, states,
      states.map { $0.truncatingRemainder(dividingBy: 3) - 1 }
    )
  }

  /// Σ over the states: ln Z, ⟨H⟩, Var(H), ⟨|M|⟩.
  private var exact: [Double] {
    let w = (0..<8).map { exp(-0.3 * Double($0)) }
    let z = w.reduce(0, +)
    let mean = zip(w, 0..<8).reduce(0) { $0 + $1.0 * Double($1.1) } / z
    let square = zip(w, 0..<8).reduce(0) { $0 + $1.0 * Double($1.1 * $1.1) } / z
    let m = zip(w, 0..<8).reduce(0) { $0 + $1.0 * abs(Double($1.1 % 3) - 1) } / z
    return [log(z), mean, square - mean * mean, m]
  }

  @Test func weightedEstimatesAreWithinTheirErrors() {
    // Out of 200 repeats some 68 % within one error, all within five.
    var inside = [0, 0, 0, 0]
    for seed in 0..<200 {
      let (w, e, m) = draws(4096, seed: UInt64(seed))
      let found = ImportanceEstimates(
        logWeights: w, energies: e, magnetizations: m, beta: 0.3, sites: 2)
      let known = exact
      let pairs = [
        (found.logPartition, known[0]), (found.energy, known[1] / 2),
        (found.specificHeat, 0.09 * known[2] / 2), (found.magnetization, known[3] / 2),
      ]
      for (index, (estimate, value)) in pairs.enumerated() {
        #expect(estimate.error > 0)
        #expect(abs(estimate.value - value) < 5 * estimate.error)
        if abs(estimate.value - value) < estimate.error { inside[index] += 1 }
      }
      let entropy = known[0] / 2 + 0.3 * known[1] / 2
      #expect(abs(found.entropy.value - entropy) < 5 * found.entropy.error)
    }
    for count in inside { #expect((116...156).contains(count), "\(inside)") }
  }

  @Test func effectiveShareOfEqualAndOfOneWeight() {
    #expect(abs(effectiveShare([3, 3, 3, 3]) - 1) < 1e-12)
    #expect(abs(effectiveShare([1000, 0, 0, 0]) - 0.25) < 1e-12)
    let (w, e, m) = draws(1000, seed: 1)
    let found = ImportanceEstimates(
      logWeights: w, energies: e, magnetizations: m, beta: 0.3, sites: 1)
    #expect(abs(found.effectiveShare - effectiveShare(w)) < 1e-12)
  }

  @Test func chainsHaveTheTargetsAverages() {
    let (w, e, m) = draws(40_000, seed: 5)
    var random = RandomSource(seed: 9)
    let chain = IndependenceChain(
      logWeights: w, energies: e, magnetizations: m, beta: 0.3, sites: 1, random: &random)
    let known = exact
    #expect(abs(chain.energy.value - known[1]) < 4 * chain.energy.error)
    #expect(abs(chain.magnetization.value - known[3]) < 4 * chain.magnetization.error)
    #expect(abs(chain.specificHeat.value - 0.09 * known[2]) < 4 * chain.specificHeat.error)
    // Σ_xy p(x) q(y) min(1, w(y)/w(x)).
    let p = (0..<8).map { exp(-0.3 * Double($0) - known[0]) }
    var acceptance = 0.0
    for x in 0..<8 {
      for y in 0..<8 { acceptance += p[x] / 8 * min(1, exp(0.3 * Double(x - y))) }
    }
    #expect(abs(chain.acceptance - acceptance) < 0.01)
    #expect(chain.autocorrelationTime > 1)
  }

  @Test func autocorrelationTimeOfAnAutoregressiveSeries() {
    var random = RandomSource(seed: 3)
    var value = 0.0
    let series = (0..<200_000).map { _ in
      value = 0.8 * value + random.normal()
      return value
    }
    let (tau, error) = IndependenceChain.error(of: series)
    // (1 + ρ)/(1 − ρ) = 9.
    #expect(abs(tau - 9) < 1)
    let mean = series.reduce(0, +) / 200_000
    #expect(abs(mean) < 4 * error)
    #expect(IndependenceChain.error(of: [2, 2, 2]).error == 0)
  }
}
