public import Configurations
public import NeuralNetworks
public import Parallelism
public import SpinDistributions
internal import LinearAlgebra
internal import Synchronization

/// Training of a hierarchical distribution by natural gradients, level by level from local rewards.
public final class HierarchicalTraining {
  /// The sample of a step.
  public struct Options: Sendable, Hashable {
    /// The number of rows of the first level.
    public var samples: Int
    /// The number of rows of each network of later levels.
    public var lowerSamples: Int
    /// How often the spins of a block are drawn for one border.
    public var repeats: Int

    /// Creates options.
    public init(samples: Int, lowerSamples: Int, repeats: Int) {
      self.samples = samples
      self.lowerSamples = lowerSamples
      self.repeats = repeats
    }
  }

  /// What a step shows.
  public struct Outcome: Sendable {
    /// The mean of `ln q + β H`.
    public var mean: Double
    /// Its variance.
    public var variance: Double
    /// The variance of rewards within groups, of each network.
    public var variances: [Double]
  }

  /// A workspace, which one thread has at a time.
  private struct Handle: @unchecked Sendable { let space: HierarchyWorkspace }

  /// The distribution.
  public private(set) var distribution: HierarchicalDistribution
  private let options: Options
  private let execution: Execution
  private let chunk: Int
  private let rules: [NaturalStep]
  private let kronecker: [KroneckerStep]
  private let roots: [[ConditionalBatch]]
  private let workspaces: Mutex<[Handle]>

  /// Prepares training.
  public init(
    _ distribution: HierarchicalDistribution, options: Options, chunk: Int, execution: Execution
  ) {
    self.distribution = distribution
    self.options = options
    self.execution = execution
    self.chunk = chunk
    rules = distribution.networks.map { NaturalStep(network: $0, execution: execution) }
    kronecker = distribution.networks.map { KroneckerStep(network: $0, execution: execution) }
    roots = distribution.places.enumerated().map { index, place in
      let count = place.level == 0 ? options.samples : options.lowerSamples
      return stride(from: 0, to: count, by: chunk).map { _ in
        ConditionalBatch(network: distribution.networks[index], capacity: chunk)
      }
    }
    workspaces = Mutex(
      (0..<execution.threads).map { _ in
        Handle(space: HierarchyWorkspace(distribution, capacity: chunk))
      })
  }

  private func withWorkspace<Result>(_ body: (HierarchyWorkspace) -> Result) -> Result {
    let handle = workspaces.withLock { $0.removeLast() }
    defer { workspaces.withLock { $0.append(handle) } }
    handle.space.update(distribution)
    return body(handle.space)
  }

  /// Takes one step of every network.
  public func step(
    beta: Double, random: RandomSource, rule: NaturalStep.Options, factors: KroneckerStep.Options? = nil
  ) throws -> Outcome {
    distribution.beta = beta
    nonisolated(unsafe) let owner = self
    let places = distribution.places
    let topChunks = roots[0].count
    let lower = places.indices.dropFirst()
    let wanted = options.lowerSamples / options.repeats
    let quota = (wanted + topChunks - 1) / topChunks
    // Borders of each network that rollouts from the top come by, [chunk][network] → [columns][b].
    typealias Part = (rewards: [Double], borders: [[[Float]]])
    let parts: [Part] = execution.map(topChunks) { index in
      owner.withWorkspace { space in
        var generator = random.split(UInt64(index))
        let batch = owner.roots[0][index]
        batch.setParameters(owner.distribution.parameters[0])
        let count = min(owner.chunk, owner.options.samples - index * owner.chunk)
        space.prepareTop(batch, count: count)
        var rewards = [Double](repeating: 0, count: count)
        batch.draw(random: &generator, addingTo: &rewards)
        var borders = [[[Float]]](repeating: [], count: places.count)
        var picker = generator.split(7)
        space.descend(level: 0, blocks: 0..<1, batch: batch, random: &generator, rewards: &rewards)
        { level, blocks, source, stride in
          let network = owner.distribution.network(level: level, block: blocks.lowerBound)
          let height = owner.distribution.networks[network].shape.border
          let columns = blocks.count * count
          for _ in 0..<quota {
            let column = Int(picker.next() % UInt64(columns))
            borders[network].append((0..<height).map { source[$0 * stride + column] })
          }
        }
        return (rewards, borders)
      }
    }
    // Rollouts from blocks.
    let jobs = lower.flatMap { network in owner.roots[network].indices.map { (network, $0) } }
    let perChunk = chunk / options.repeats
    let lowerRewards: [[Double]] = execution.map(jobs.count) { job in
      let (network, index) = jobs[job]
      return owner.withWorkspace { space in
        var generator = random.split(1000 + UInt64(job))
        let place = places[network]
        let batch = owner.roots[network][index]
        batch.setParameters(owner.distribution.parameters[network])
        let all = parts.flatMap { $0.borders[network] }
        let range = index * perChunk..<min((index + 1) * perChunk, wanted)
        let repeats = owner.options.repeats
        batch.begin(count: range.count * repeats)
        for (position, border) in range.enumerated() {
          for (row, spin) in all[border].enumerated() {
            (batch.border + row * batch.stride + position * repeats).update(
              repeating: spin, count: repeats)
          }
        }
        var rewards = [Double](repeating: 0, count: batch.count)
        batch.draw(random: &generator, addingTo: &rewards)
        space.descend(
          level: place.level, blocks: place.block..<place.block + 1, batch: batch,
          random: &generator, rewards: &rewards)
        return rewards
      }
    }
    // Steps.
    let rewards = parts.flatMap(\.rewards)
    let mean = rewards.reduce(0, +) / Double(rewards.count)
    var variances: [Double] = []
    for network in places.indices {
      let batches = roots[network]
      nonisolated(unsafe) let scored = batches
      execution.parallelFor(batches.count) { scored[$0].score() }
      let own =
        network == 0
        ? rewards : jobs.indices.filter { jobs[$0].0 == network }.flatMap { lowerRewards[$0] }
      let group = network == 0 ? own.count : options.repeats
      let (change, variance) =
        if let factors {
          try kronecker[network].step(batches, rewards: own, group: group, options: factors)
        } else {
          try rules[network].step(batches, rewards: own, group: group, options: rule)
        }
      variances.append(variance)
      for index in change.indices { distribution.parameters[network][index] += change[index] }
    }
    return Outcome(mean: mean, variance: variances[0], variances: variances)
  }
}
