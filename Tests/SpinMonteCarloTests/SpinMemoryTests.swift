import Configurations
import Foundation
import Hamiltonians
import NeuralNetworks
import Parallelism
import SpinMonteCarlo
import Testing

/// Amplitudes of orbits that are evaluated once, against those evaluated one by one.
struct SpinMemoryTests {
  private func states(
    _ projects: Bool
  ) throws -> (
    problem: SpinProblem, plain: SpinState, remembering: SpinState
  ) {
    let problem = try SpinCases.chain(8)
    let symmetries = LatticeSymmetries(problem)
    let kept = symmetries.shifts.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let pair = try (0..<2).map { _ in
      let state = try SpinCases.state(problem, patch: 2, threads: 2)
      if projects {
        let group = SpinGroup(.all, of: symmetries, keptShifts: kept)
        // One of those with signs that have configurations, and of which the network has some part.
        let (_, spins) = SpinCases.configurations(problem)
        let irrep = try #require(
          group.irreps().first { irrep in
            state.projection = irrep.projection(group)
            let largest = state.logAmplitudes(of: spins).logModulus.max() ?? -100
            return irrep.phases.contains { abs($0) > 1 } && largest > -3
          })
        state.projection = irrep.projection(group)
      }
      return state
    }
    pair[1].remember(invariantUnder: kept)
    return (problem, pair[0], pair[1])
  }

  @Test(arguments: [false, true])
  func amplitudesAreThoseOfTheNetwork(_ projects: Bool) throws {
    let (problem, plain, remembering) = try states(projects)
    let (_, spins) = SpinCases.configurations(problem)
    for _ in 0..<2 {
      let (a, b) = (plain.logAmplitudes(of: spins), remembering.logAmplitudes(of: spins))
      let largest = a.logModulus.max() ?? 0
      var compared = 0
      for index in a.phase.indices where a.logModulus[index] > largest - 5 {
        #expect(abs(a.logModulus[index] - b.logModulus[index]) < 1e-3)
        #expect(abs(remainder(a.phase[index] - b.phase[index], 2 * .pi)) < 1e-3)
        compared += 1
      }
      #expect(compared > 10)
      // Also of other parameters.
      let moved = plain.parameters.map { 1.1 * $0 }
      (plain.parameters, remembering.parameters) = (moved, moved)
    }
    #expect(remembering.evaluations < plain.evaluations)
  }

  @Test(arguments: [false, true])
  func localEnergiesAreThoseOfAll(_ projects: Bool) throws {
    let (problem, plain, remembering) = try states(projects)
    let sampler = ChainSampler(problem, chains: 100, seed: 5)
    sampler.refresh(plain)
    let estimator = SpinLocalEnergyEstimator(problem.terms)
    let draw = sampler.draw(plain, blur: 0.3)
    let a = estimator.compute(draw, state: plain, blur: 0.3)
    let b = estimator.compute(draw, state: remembering, blur: 0.3)
    // Elsewhere the sum over images is rounding.
    let largest = draw.logModulus.max() ?? 0
    for index in a.real.indices where draw.logModulus[index] > largest - 5 {
      #expect(abs(a.real[index] - b.real[index]) < 2e-3 * max(1, abs(a.real[index])))
      #expect(abs(a.imaginary[index] - b.imaginary[index]) < 2e-3 * max(1, abs(a.real[index])))
      #expect(abs(a.weights[index] - b.weights[index]) < 2e-3 * a.weights[index])
    }
    // Merged, they have the same sums.
    let places = remembering.orbits(of: draw.spins).places
    let merged = b.merged(places, count: (places.max() ?? 0) + 1)
    #expect(merged.real.count < 100)
    #expect(abs(merged.mean - b.mean) < 1e-12 && abs(merged.variance - b.variance) < 1e-9)
  }

  /// Chains go where they go without a memory, but for rounding, and do not depend on threads.
  @Test func chainsAreTheSame() throws {
    let (problem, plain, remembering) = try states(false)
    var walks: [[Int8]] = []
    for state in [plain, remembering] {
      let sampler = ChainSampler(problem, chains: 50, seed: 9)
      sampler.refresh(state)
      sampler.advance(state, proposals: 20)
      walks.append(sampler.spins)
    }
    let different = stride(from: 0, to: walks[0].count, by: 8).filter {
      walks[0][$0..<$0 + 8] != walks[1][$0..<$0 + 8]
    }
    #expect(different.count <= 2)
  }
}
