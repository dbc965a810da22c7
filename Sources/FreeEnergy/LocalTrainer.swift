internal import Configurations
internal import LinearAlgebra
internal import NeuralNetworks
internal import Parallelism
internal import SpinDistributions

/// Training from local rewards, network by network.
///
/// Given its border, the inside of a block depends on nothing else. So the gradient of a block's network needs
/// the reward of that block only, and of the border only that it is drawn from q: blocks are picked from
/// configurations that are drawn from the top, and the spins of each are drawn several times for one border,
/// with everything below. The mean over these draws is the baseline.
///
/// What lies below the first level costs most in large lattices. Its reward is the same for all images of a
/// configuration under the torus's symmetries, so images are rows of the first level as well: they cost no more
/// than an evaluation of its network.
final class LocalTrainer: SpinTrainer {
  private var distribution: HierarchicalDistribution
  private let samples: Int
  /// How many rows of the first level are images of one configuration, itself among them.
  private let images: Int
  private let symmetries: [[Int]]
  private let blockSamples: Int
  private let repeats: Int
  private let execution: Execution
  private let pool: WorkspacePool<HierarchyWorkspace>
  private let rules: [NaturalStep]
  /// Whether each network is trained, or only drawn from.
  private var isTrained: [Bool]
  /// The batches of each network's rows; of the first one, those of each batch's images follow it.
  private let roots: [[ConditionalBatch]]

  /// A batch whose thread is known.
  private struct Root: @unchecked Sendable { let batch: ConditionalBatch }

  init(
    _ distribution: HierarchicalDistribution, settings: FreeEnergySettings, chunk: Int,
    execution: Execution
  ) {
    self.distribution = distribution
    self.execution = execution
    samples = settings.samples ?? 1024
    let repeats = settings.repeats ?? 4
    self.repeats = repeats
    // Whole groups.
    blockSamples = max(1, (settings.blockSamples ?? 1024) / repeats) * repeats
    pool = WorkspacePool(distribution, capacity: chunk, count: execution.threads)
    rules = distribution.networks.map { NaturalStep(network: $0, execution: execution) }
    isTrained = distribution.networks.map { _ in true }
    images = settings.images ?? 1
    symmetries = images > 1 ? distribution.hierarchy.symmetries : []
    let (top, lower, images) = (samples, blockSamples, images)
    roots = distribution.places.enumerated().map { index, place in
      let isTop = place.level == 0
      let batches = ((isTop ? top : lower) + chunk - 1) / chunk
      return (0..<batches * (isTop ? images : 1)).map { _ in
        ConditionalBatch(network: distribution.networks[index], capacity: chunk)
      }
    }
  }

  var parameters: [[Float]] {
    get { distribution.parameters }
    set { distribution.parameters = newValue }
  }

  /// Leaves the networks of other levels as they are.
  func trainOnly(levels: ClosedRange<Int>) {
    isTrained = distribution.places.map { levels.contains($0.level) }
  }

  var snapshot: any NormalizedDistribution { distribution }

  /// The last steps.
  var state: [String: [Float]] {
    get {
      Dictionary(uniqueKeysWithValues: rules.enumerated().map { ("step\($0)", $1.previous) })
    }
    set {
      for (index, rule) in rules.enumerated() {
        rule.previous = newValue["step\(index)"] ?? rule.previous
      }
    }
  }

  /// What a rollout from the top brings.
  private struct Rollout: Sendable {
    var rewards: [Double]
    /// The rewards of all images, one after another.
    var rows: [Double]
    /// Of each network, borders that its blocks had.
    var borders: [[[Float]]]
  }

  func step(
    _ numbers: SpinStepNumbers, random: RandomSource
  ) throws(LinearAlgebraError) -> SpinStepOutcome {
    distribution.beta = numbers.beta
    let rollouts = rollOut(random.split(0))
    let rewards = rollouts.flatMap(\.rewards)
    let (jobs, lower) = rollOutBlocks(
      (0..<distribution.networks.count).map { network in
        rollouts.flatMap { $0.borders[network] }
      }, random.split(1))
    let options = NaturalStep.Options(
      learningRate: numbers.learningRate, momentum: numbers.momentum, shift: numbers.shift,
      maximumChange: numbers.maximumStep, alpha: numbers.alpha)
    var squares = 0.0
    for network in roots.indices where isTrained[network] {
      let batches = roots[network]
      nonisolated(unsafe) let scored = batches
      execution.parallelFor(batches.count) { scored[$0].score() }
      let own =
        network == 0
        ? rollouts.flatMap(\.rows)
        : jobs.indices.filter { jobs[$0].network == network }.flatMap { lower[$0] }
      let result = try rules[network].step(
        batches, rewards: own, group: network == 0 ? own.count : repeats, options: options)
      squares += result.gradientSquares
      for index in result.change.indices {
        distribution.parameters[network][index] += result.change[index]
      }
    }
    let mean = rewards.reduce(0, +) / Double(rewards.count)
    let deviations = rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return SpinStepOutcome(
      mean: mean, variance: deviations / Double(rewards.count - 1),
      effectiveShare: effectiveShare(rewards.map { -$0 }), gradientNorm: squares.squareRoot())
  }

  /// Draws from the top.
  private func rollOut(_ random: RandomSource) -> [Rollout] {
    let distribution = distribution
    let all = roots[0].map { Root(batch: $0) }
    let top = stride(from: 0, to: all.count, by: images).map { Array(all[$0..<$0 + images]) }
    let networks = distribution.networks
    let (isTrained, symmetries) = (isTrained, symmetries)
    let quota = (blockSamples / repeats + top.count - 1) / top.count
    let (pool, samples) = (pool, samples)
    return execution.map(top.count) { index in
      pool.use(distribution) { space in
        var generator = random.split(UInt64(index))
        var picker = random.split(UInt64(top.count + index))
        let batch = top[index][0].batch
        batch.setParameters(distribution.parameters[0])
        let count = min(pool.capacity, samples - index * pool.capacity)
        space.prepareTop(batch, count: count)
        let half = distribution.spinFlip == .gauge ? -0.693_147_180_559_945_3 : 0
        var rewards = [Double](repeating: half, count: count)
        batch.draw(random: &generator, addingTo: &rewards)
        let logs = rewards
        var borders = [[[Float]]](repeating: [], count: networks.count)
        space.descend(level: 0, blocks: 0..<1, batch: batch, random: &generator, rewards: &rewards)
        { level, blocks, source, stride in
          let network = distribution.network(level: level, block: blocks.lowerBound)
          guard isTrained[network] else { return }
          let height = networks[network].shape.border
          let columns = blocks.count * count
          for _ in 0..<quota {
            let column = Int(picker.next() % UInt64(columns))
            borders[network].append((0..<height).map { source[$0 * stride + column] })
          }
        }
        var rows = rewards
        let first = Int(picker.next() % 64)
        for (number, image) in top[index].dropFirst().enumerated() {
          image.batch.setParameters(distribution.parameters[0])
          space.prepareTop(image.batch, count: count)
          space.copyTop(
            batch, to: image.batch,
            // Different ones, and not the configuration itself.
            places: symmetries[1 + (first + number) % (symmetries.count - 1)])
          var own = [Double](repeating: half, count: count)
          image.batch.evaluate(addingTo: &own)
          rows += (0..<count).map { rewards[$0] - logs[$0] + own[$0] }
        }
        return Rollout(rewards: rewards, rows: rows, borders: borders)
      }
    }
  }

  /// Draws from blocks of every later level with borders that were met.
  private func rollOutBlocks(
    _ borders: [[[Float]]], _ random: RandomSource
  ) -> (jobs: [(network: Int, batch: Int)], rewards: [[Double]]) {
    let distribution = distribution
    let places = distribution.places
    let jobs = places.indices.filter { $0 > 0 && isTrained[$0] }.flatMap { network in
      roots[network].indices.map { (network: network, batch: $0) }
    }
    let batches = jobs.map { Root(batch: roots[$0.network][$0.batch]) }
    let (pool, repeats) = (pool, repeats)
    let groups = blockSamples / repeats
    let perBatch = pool.capacity / repeats
    let rewards = execution.map(jobs.count) { job in
      pool.use(distribution) { space in
        var generator = random.split(UInt64(job))
        let (network, index) = jobs[job]
        let place = places[network]
        let batch = batches[job].batch
        batch.setParameters(distribution.parameters[network])
        let range = index * perBatch..<min((index + 1) * perBatch, groups)
        batch.begin(count: range.count * repeats)
        for (position, border) in range.enumerated() {
          for (row, spin) in borders[network][border].enumerated() {
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
    return (jobs, rewards)
  }
}
