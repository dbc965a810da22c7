import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import NeuralNetworks
import SpinDistributions
import Testing

@Suite struct HierarchicalDistributionTests {
  struct Choice: Sendable, CustomTestStringConvertible {
    var length: Int
    /// 0 for all spins in rows, −1 for every second one.
    var heatBathSide: Int
    var isGlass: Bool
    var spinFlip: SpinFlipTreatment

    var testDescription: String {
      "L = \(length), heat bath \(heatBathSide), \(isGlass ? "glass" : "uniform"), \(spinFlip)"
    }

    func make(beta: Double = 0.4, seed: UInt64 = 1) -> HierarchyCase {
      let model = isGlass ? glass(length: length, seed: 5) : ClassicalIsing(length: length)
      let hierarchy: TorusHierarchy =
        heatBathSide < 1
        ? .rows(length: length, checkerboard: heatBathSide < 0)
        : .crosses(length: length, heatBathSide: heatBathSide)
      return HierarchyCase(model, hierarchy, spinFlip, beta: beta, seed: seed)
    }

    static func all(_ sizes: [(Int, Int)]) -> [Choice] {
      sizes.flatMap { length, side in
        [false, true].flatMap { isGlass in
          SpinFlipTreatment.allCases.map {
            Choice(length: length, heatBathSide: side, isGlass: isGlass, spinFlip: $0)
          }
        }
      }
    }
  }

  @Test(arguments: Choice.all([(4, 1), (4, 0), (4, -1)]))
  func probabilitiesOfAllConfigurationsSumToOne(_ choice: Choice) {
    let test = choice.make()
    let (states, chunk) = (65_536, 4096)
    let workspace = test.workspace(chunk)
    var logs: [Double] = []
    for first in stride(from: 0, to: states, by: chunk) {
      var spins = (0..<16).flatMap { site in
        (first..<first + chunk).map { Float($0 >> site & 1 == 1 ? 1 : -1) }
      }
      logs += workspace.evaluate(count: chunk, spins: &spins)
    }
    #expect(abs(logs.reduce(0) { $0 + exp($1) } - 1) < 3e-6)
    let difference = logs.indices.reduce(0.0) { max($0, abs(logs[$1] - logs[states - 1 - $1])) }
    if test.isSymmetric { #expect(difference < 1e-5) } else { #expect(difference > 0.1) }
  }

  @Test(
    arguments: Choice.all([(4, 1), (8, 1), (8, 3), (16, 1), (16, 3), (6, -1), (5, 0)]),
    [UInt64(1), 2])
  func logProbabilitiesMatchReference(_ choice: Choice, _ seed: UInt64) {
    let test = choice.make(seed: seed)
    var random = RandomSource(seed: 7)
    // Drawn ones, and others that would hardly be drawn.
    var spins = test.sample(6, seed: 5).spins
    for site in 0..<test.sites {
      for index in 3..<6 { spins[site * 6 + index] = random.next() % 2 == 0 ? 1 : -1 }
    }
    let logs = test.evaluate(spins)
    for index in 0..<6 {
      let expected = test.reference(test.column(index, spins))
      #expect(abs(logs[index] - expected) < 1e-5 * Double(test.sites) / 16 + 1e-5)
    }
  }

  @Test(
    arguments: Choice.all([(4, 1), (8, 1), (8, 3), (16, 1), (16, 3), (16, 7), (4, -1), (5, 0)]))
  func sampledLogProbabilitiesAreThoseOfTheSpins(_ choice: Choice) {
    let test = choice.make()
    let workspace = test.workspace(23)
    let (spins, logs) = test.sample(21, seed: 3, in: workspace)
    #expect(spins.allSatisfy { abs($0) == 1 })
    let difference = zip(logs, test.evaluate(spins)).reduce(0.0) { max($0, abs($1.0 - $1.1)) }
    #expect(difference < 1e-5 * Double(test.sites) / 16 + 1e-5)
    let again = test.sample(21, seed: 3, in: workspace)
    #expect(again.spins == spins)
    #expect(again.logs == logs)
    #expect(test.sample(21, seed: 4).spins != spins)
  }

  /// Sampled states have their probabilities: a χ² over the 16 most probable classes of `(s_0, s_1, …)`.
  @Test(arguments: Choice.all([(4, 1), (4, -1)])) func samplesFollowTheProbabilities(
    _ choice: Choice
  ) {
    let test = choice.make()
    var all = (0..<16).flatMap { site in
      (0..<65_536).map { Float($0 >> site & 1 == 1 ? 1 : -1) }
    }
    let logs = test.workspace(65_536).evaluate(count: 65_536, spins: &all)
    let (draws, mask) = (65_536, 0b0010_0110_1001_0001)
    let expected = logs.indices.reduce(into: [Double](repeating: 0, count: 65_536)) {
      $0[$1 & mask] += Double(draws) * exp(logs[$1])
    }
    let spins = test.sample(draws, seed: 8).spins
    var observed = [Double](repeating: 0, count: 65_536)
    for index in 0..<draws {
      let state = (0..<16).reduce(0) { $0 | (spins[$1 * draws + index] > 0 ? 1 << $1 : 0) }
      observed[state & mask] += 1
    }
    let used = expected.indices.filter { $0 & ~mask == 0 }
    let deviate = chiSquaredDeviate(
      observed: used.map { observed[$0] }, expected: used.map { expected[$0] })
    #expect(abs(deviate) < 4)
  }

  /// Where each block has its own network, its parameters' influence on ln q depends on the block's border
  /// and cross only.
  @Test(arguments: SpinFlipTreatment.allCases)
  func blocksDoNotDependOnSpinsBeyondTheirBorder(_ spinFlip: SpinFlipTreatment) {
    let test = Choice(length: 16, heatBathSide: 1, isGlass: true, spinFlip: spinFlip).make()
    let hierarchy = test.distribution.hierarchy
    let spins = test.column(0, test.sample(1, seed: 2).spins)
    // The configuration, and those with one spin turned.
    let count = test.sites + 1
    var turned = (0..<test.sites).flatMap { site in
      (0..<count).map { $0 == site + 1 ? -spins[site] : spins[site] }
    }
    let workspace = test.workspace(count)
    let before = workspace.evaluate(count: count, spins: &turned)
    for (network, place) in test.distribution.places.enumerated()
    where place.level > 0 && place.block % 3 == 1 {
      var other = test.distribution
      for index in other.parameters[network].indices { other.parameters[network][index] *= 1.5 }
      workspace.update(parameters: other.parameters, beta: other.beta)
      let after = workspace.evaluate(count: count, spins: &turned)
      let change = zip(after, before).map { $0.0 - $0.1 }
      let near = Set(hierarchy.levels[place.level].sites[place.block])
      let outside = (0..<test.sites).filter { !near.contains($0) }
      #expect(outside.allSatisfy { abs(change[$0 + 1] - change[0]) < 1e-9 * abs(before[0]) })
      // A border's spin may be without much influence, but not all of them.
      let moved = near.filter { abs(change[$0 + 1] - change[0]) > 1e-4 }
      #expect(moved.count > near.count * 3 / 4)
    }
  }

  @Test(arguments: Choice.all([(4, 1), (8, 1), (16, 3), (4, -1)]))
  func pullMatchesDifferences(_ choice: Choice) {
    let test = choice.make()
    let workspace = test.workspace(20)
    var random = RandomSource(seed: 3)
    var spins = test.sample(20, seed: 6).spins
    let weights = (0..<20).map { _ in random.normal() }
    _ = workspace.evaluate(count: 20, spins: &spins)
    var gradients = test.distribution.parameters.map { $0.map { _ in Float(0) } }
    workspace.pull(weights.map(Float.init), into: &gradients)
    // Once more adds the same.
    var twice = gradients
    workspace.pull(weights.map(Float.init), into: &twice)
    for (a, b) in zip(twice, gradients) {
      #expect(zip(a, b).allSatisfy { abs($0 - 2 * $1) < 1e-5 * (1 + abs($1)) })
    }
    let scores = (0..<20).map { test.referenceGradients(test.column($0, spins)) }
    for network in gradients.indices {
      for index in stride(from: 0, to: gradients[network].count, by: 7) {
        let expected = scores.indices.reduce(0) {
          $0 + weights[$1] * Double(scores[$1][network][index])
        }
        #expect(abs(Double(gradients[network][index]) - expected) < 3e-5 * (1 + abs(expected)))
      }
      let direction = gradients[network].map { _ in random.normal() }
      let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let values = [0.003, -0.003].map { step in
        var moved = test.distribution
        for index in direction.indices {
          moved.parameters[network][index] += Float(step * direction[index] / norm)
        }
        workspace.update(parameters: moved.parameters, beta: moved.beta)
        let logs = workspace.evaluate(count: 20, spins: &spins)
        return zip(logs, weights).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let slope = zip(gradients[network], direction).reduce(0) { $0 + Double($1.0) * $1.1 } / norm
      // Single precision, and kinks on the way.
      #expect(
        abs((values[0] - values[1]) / 0.006 - slope) < 0.03 * (1 + abs(slope)), "network \(network)"
      )
    }
  }

  /// `E[exp(−β H)/q] = Z`.
  @Test(
    arguments: [(4, 1, 0.25), (4, -1, 0.25), (8, 1, 0.12), (8, 3, 0.15)],
    SpinFlipTreatment.allCases)
  func importanceWeightsAverageToThePartitionFunction(
    _ size: (Int, Int, Double), _ spinFlip: SpinFlipTreatment
  ) throws {
    let (length, side, beta) = size
    let model = ClassicalIsing(length: length)
    let hierarchy: TorusHierarchy =
      side < 0
      ? .rows(length: length, checkerboard: true)
      : .crosses(length: length, heatBathSide: side)
    // Networks of no noise are uniform; a little of it tells that they are used.
    var test = HierarchyCase(model, hierarchy, spinFlip, beta: beta, noise: 0, seed: 2)
    var random = RandomSource(seed: 1)
    for network in test.distribution.parameters.indices {
      for index in test.distribution.parameters[network].indices {
        test.distribution.parameters[network][index] += Float(0.02 * random.normal())
      }
    }
    let exact = try KaufmanIsing(model).thermodynamics(inverseTemperature: beta)
      .logPartitionFunction
    let workspace = test.workspace(2048)
    var ratios: [Double] = []
    for seed in 0..<16 {
      let (spins, logs) = test.sample(2048, seed: UInt64(100 + seed), in: workspace)
      ratios += test.rewards(spins, logs).map { exp(-$0 - exact) }
    }
    let estimate = Estimate(ratios)
    #expect(estimate.error < 0.03)
    #expect(abs(estimate.mean - 1) < 3 * estimate.error)
  }
}
