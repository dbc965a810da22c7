import Configurations
import Foundation
import Hamiltonians
import NeuralNetworks
import SpinDistributions
import Testing

/// Rewards of blocks from what lies below them only, beside whole configurations.
@Suite struct RolloutTests {
  typealias Choice = HierarchicalDistributionTests.Choice

  /// A batch of the first level's network.
  private func root(_ test: HierarchyCase, _ count: Int, network: Int = 0) -> ConditionalBatch {
    let batch = ConditionalBatch(network: test.distribution.networks[network], capacity: count)
    batch.setParameters(test.distribution.parameters[network])
    return batch
  }

  /// Draws the first level and everything below; `[count]`.
  private func rollout(
    _ test: HierarchyCase, _ workspace: HierarchyWorkspace, _ batch: ConditionalBatch, _ count: Int,
    random: inout RandomSource, visit: HierarchyWorkspace.BorderVisitor? = nil
  ) -> [Double] {
    workspace.prepareTop(batch, count: count)
    var rewards = [Double](repeating: 0, count: count)
    batch.draw(random: &random, addingTo: &rewards)
    workspace.descend(
      level: 0, blocks: 0..<1, batch: batch, random: &random, rewards: &rewards, visit: visit)
    return rewards
  }

  /// With one level, `ln q + β H` is the same for all spins of the heat bath.
  @Test(arguments: Choice.all([(4, 1), (8, 3), (16, 7), (4, -1), (5, 0)]))
  func rewardsOfOneLevelAreThoseOfAnyConfigurationWithItsSpins(_ choice: Choice) {
    let test = choice.make()
    let count = 21
    let (workspace, batch) = (test.workspace(count), root(test, count))
    var random = RandomSource(seed: 4)
    let rewards = rollout(test, workspace, batch, count, random: &random)
    var spins = (0..<test.sites * count).map { _ in Float(random.next() % 2 == 0 ? 1 : -1) }
    for (row, site) in test.distribution.hierarchy.levels[0].sites[0].enumerated() {
      for index in 0..<count {
        spins[site * count + index] = batch.border[row * batch.stride + index]
      }
    }
    let expected = test.rewards(spins, test.evaluate(spins))
    // Which of the two signs a whole configuration has is not part of a rollout.
    let sign = test.isSymmetric ? Foundation.log(2.0) : 0
    for index in 0..<count { #expect(abs(rewards[index] - expected[index] - sign) < 1e-4) }
  }

  @Test(arguments: Choice.all([(8, 1), (16, 3), (16, 1)]))
  func meanRewardIsThatOfWholeConfigurations(_ choice: Choice) {
    let test = choice.make()
    let count = 1024
    let (workspace, batch) = (test.workspace(count), root(test, count))
    var random = RandomSource(seed: 14)
    var (rewards, whole): ([Double], [Double]) = ([], [])
    for seed in 0..<(choice.length == 8 ? 12 : 4) {
      rewards += rollout(test, workspace, batch, count, random: &random)
      let (spins, logs) = test.sample(count, seed: UInt64(seed), in: workspace)
      whole += test.rewards(spins, logs).map { $0 + (test.isSymmetric ? Foundation.log(2.0) : 0) }
    }
    #expect(Estimate(rewards).distance(to: Estimate(whole)) < 4)
    #expect(Estimate(rewards).error < 0.2)
  }

  /// Both gradients of the free energy as sums over all states.
  @Test(arguments: Choice.all([(4, 1)])) func gradientsOfTheFirstLevelAgreeExactly(
    _ choice: Choice
  ) {
    let test = choice.make()
    let states = 65_536
    var spins = (0..<16).flatMap { site in
      (0..<states).map { Float($0 >> site & 1 == 1 ? 1 : -1) }
    }
    let workspace = test.workspace(states)
    let logs = workspace.evaluate(count: states, spins: &spins)
    let rewards = test.rewards(spins, logs)
    var expected = test.distribution.parameters.map { $0.map { _ in Float(0) } }
    workspace.pull(zip(logs, rewards).map { Float(exp($0) * $1) }, into: &expected)

    // The first spin is up in a network that sees it as given.
    let batch = root(test, states)
    let drawn = batch.network.shape.spins
    let count = 1 << drawn
    workspace.prepareTop(batch, count: count)
    for row in 0..<drawn {
      for state in 0..<count {
        batch.spins[row * batch.stride + state] = state >> row & 1 == 1 ? 1 : -1
      }
    }
    var top = [Double](repeating: 0, count: count)
    batch.evaluate(addingTo: &top)
    var local = top
    var random = RandomSource(seed: 1)
    workspace.descend(level: 0, blocks: 0..<1, batch: batch, random: &random, rewards: &local)
    batch.score()
    var gradient = expected[0].map { _ in Float(0) }
    batch.pull(zip(top, local).map { Float(exp($0) * $1) }, into: &gradient)
    let size = expected[0].reduce(0) { max($0, abs($1)) }
    #expect(size > 0.05)
    for (a, b) in zip(gradient, expected[0]) { #expect(abs(a - b) < 2e-4 * size) }
  }

  /// `Σ_r w_r ∂ ln q/∂θ` of a network along a direction.
  private func slope(_ gradient: [Float], _ direction: [Double]) -> Double {
    zip(gradient, direction).reduce(0) { $0 + Double($1.0) * $1.1 }
  }

  /// Weights of rewards within groups of `size`, in which they are centred: `(A − Ā)/(size − 1)`.
  private func centred(_ rewards: [Double], size: Int) -> [Float] {
    stride(from: 0, to: rewards.count, by: size).flatMap { first in
      let group = rewards[first..<first + size]
      let mean = group.reduce(0, +) / Double(size)
      return group.map { Float(($0 - mean) / Double(size - 1)) }
    }
  }

  /// Sampled gradients from whole configurations, of all networks; `[batches][network][P]`.
  private func plainGradients(
    _ test: HierarchyCase, count: Int, batches: Int, seed: UInt64
  ) -> [[[Float]]] {
    let workspace = test.workspace(count)
    return (0..<batches).map { batch in
      var (spins, _) = test.sample(count, seed: 1000 * seed + UInt64(batch), in: workspace)
      let logs = workspace.evaluate(count: count, spins: &spins)
      var gradients = test.distribution.parameters.map { $0.map { _ in Float(0) } }
      workspace.pull(centred(test.rewards(spins, logs), size: count), into: &gradients)
      return gradients
    }
  }

  @Test(arguments: Choice.all([(8, 1)])) func localRewardsHaveTheGradientsOfWholeOnes(
    _ choice: Choice
  ) {
    let test = choice.make()
    let (count, batches, repeats) = (256, 40, 2)
    let plain = plainGradients(test, count: 512, batches: batches, seed: 1)
    // Along directions with a large slope.
    let pilot = plainGradients(test, count: 512, batches: 10, seed: 2)
    let directions = test.distribution.parameters.indices.map { network in
      let sum = test.distribution.parameters[network].indices.map { index in
        pilot.reduce(0) { $0 + Double($1[network][index]) }
      }
      let norm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return sum.map { $0 / norm }
    }
    let blocks = test.distribution.isShared ? 4 : 1
    let workspace = test.workspace(count * blocks * repeats)
    let batch = root(test, count)
    let lower = test.distribution.parameters.indices.dropFirst().map {
      root(test, count * blocks * repeats, network: $0)
    }
    var random = RandomSource(seed: 77)
    var local = [[Double]](repeating: [], count: directions.count)
    for _ in 0..<batches {
      var given = [[[Float]]](repeating: [], count: directions.count)
      let rewards = rollout(test, workspace, batch, count, random: &random) {
        level, range, source, stride in
        let network = test.distribution.network(level: level, block: range.lowerBound)
        let border = test.distribution.networks[network].shape.border
        given[network] += (0..<range.count * count).map { column in
          (0..<border).map { source[$0 * stride + column] }
        }
      }
      var gradient = directions[0].map { _ in Float(0) }
      batch.score()
      batch.pull(centred(rewards, size: count), into: &gradient)
      local[0].append(slope(gradient, directions[0]))
      // Each block's spins some times for the same border.
      for network in directions.indices.dropFirst() {
        let own = lower[network - 1]
        own.begin(count: given[network].count * repeats)
        for (column, border) in given[network].enumerated() {
          for (row, spin) in border.enumerated() {
            for copy in 0..<repeats {
              own.border[row * own.stride + column * repeats + copy] = spin
            }
          }
        }
        var rewards = [Double](repeating: 0, count: own.count)
        own.draw(random: &random, addingTo: &rewards)
        let place = test.distribution.places[network]
        workspace.descend(
          level: place.level, blocks: place.block..<place.block + 1, batch: own, random: &random,
          rewards: &rewards)
        own.score()
        var gradient = directions[network].map { _ in Float(0) }
        own.pull(centred(rewards, size: repeats), into: &gradient)
        local[network].append(slope(gradient, directions[network]) / Double(count))
      }
    }
    for network in directions.indices {
      let expected = Estimate(plain.map { slope($0[network], directions[network]) })
      let found = Estimate(local[network])
      #expect(found.distance(to: expected) < 4, "network \(network)")
      // Which would tell a wrong factor.
      #expect(expected.mean > 8 * expected.error, "network \(network)")
      #expect(found.mean > 8 * found.error, "network \(network)")
    }
  }
}
