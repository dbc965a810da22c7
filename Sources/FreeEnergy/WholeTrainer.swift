package import Configurations
internal import Hamiltonians
package import LinearAlgebra
internal import NeuralNetworks
internal import Optimization
package import Parallelism
package import SpinDistributions

/// Training as published: the gradient of ln q of whole configurations times `ln q + β H` less its mean.
///
/// Where the distribution is an average over images, so is ln q, and each image's gradient counts by its share.
package final class WholeTrainer: SpinTrainer {
  private var distribution: any NormalizedDistribution
  private let samples: Int
  private let images: SpinImages
  private let execution: Execution
  private let pool: WorkspacePool<AnyWorkspace>
  private var moments: [Adam]

  package init(
    _ distribution: any NormalizedDistribution, settings: FreeEnergySettings, chunk: Int,
    execution: Execution
  ) {
    self.distribution = distribution
    self.execution = execution
    samples = settings.samples ?? 1024
    images = SpinImages(settings.symmetry ?? .none, length: distribution.model.length)
    pool = WorkspacePool(distribution, capacity: chunk, count: execution.threads)
    moments = distribution.parameters.map { Adam(parameterCount: $0.count) }
  }

  /// The parameters of each network.
  package var parameters: [[Float]] {
    get { distribution.parameters }
    set { distribution.parameters = newValue }
  }

  /// The distribution as it is.
  package var snapshot: any NormalizedDistribution { distribution }

  /// Both moments of each network, and the number of steps.
  package var state: [String: [Float]] {
    get {
      var state = ["steps": [Float(moments.first?.stepCount ?? 0)]]
      for (index, adam) in moments.enumerated() {
        state["first\(index)"] = adam.first
        state["second\(index)"] = adam.second
      }
      return state
    }
    set {
      for index in moments.indices {
        moments[index].first = newValue["first\(index)"] ?? moments[index].first
        moments[index].second = newValue["second\(index)"] ?? moments[index].second
        moments[index].stepCount = Int(exactly: newValue["steps"]?.first ?? 0) ?? 0
      }
    }
  }

  /// Configurations with what is known of them.
  private struct Part: Sendable {
    var spins: [Int8]
    var rewards: [Double]
    /// The share of each image in q, image by image.
    var shares: [Float]
  }

  /// Estimates the gradient of the free energy.
  ///
  /// - Returns: Of each network `[P]`, and `ln q + β H` of the configurations.
  package func estimate(
    beta: Double, random: RandomSource
  ) -> (gradients: [[Float]], rewards: [Double]) {
    distribution.beta = beta
    let (distribution, pool, samples, images) = (distribution, pool, samples, images)
    let chunks = (samples + pool.capacity - 1) / pool.capacity
    let parts = execution.map(chunks) { index in
      pool.use(distribution) { workspace in
        let space = workspace.space
        var generator = random.split(UInt64(index))
        let count = min(pool.capacity, samples - index * pool.capacity)
        let draws = SpinDraws(
          distribution, space, images: images, count: count, beta: beta,
          random: &generator)
        return Part(
          spins: draws.spins.map { Int8($0) },
          rewards: zip(draws.logProbabilities, draws.energies).map { $0 + beta * $1 },
          shares: draws.shares)
      }
    }
    let rewards = parts.flatMap(\.rewards)
    let mean = rewards.reduce(0, +) / Double(samples)
    let gradients = execution.map(chunks) { index in
      pool.use(distribution) { workspace in
        let space = workspace.space
        let part = parts[index]
        let count = part.rewards.count
        var gradients = distribution.parameters.map { [Float](repeating: 0, count: $0.count) }
        let spins = part.spins.map { Float($0) }
        var turned = spins
        for (place, image) in images.images.enumerated() {
          images.apply(image, spins, count: count, into: &turned)
          _ = space.evaluate(count: count, spins: &turned)
          let weights = (0..<count).map {
            Float((part.rewards[$0] - mean) / Double(samples)) * part.shares[place * count + $0]
          }
          space.pull(weights, into: &gradients)
        }
        return gradients
      }
    }
    let sums = moments.indices.map { network in
      var sum = [Float](repeating: 0, count: moments[network].first.count)
      for part in gradients {
        for index in sum.indices { sum[index] += part[network][index] }
      }
      return sum
    }
    return (sums, rewards)
  }

  package func step(
    _ numbers: SpinStepNumbers, random: RandomSource
  ) throws(LinearAlgebraError) -> SpinStepOutcome {
    let (gradients, rewards) = estimate(beta: numbers.beta, random: random)
    let mean = rewards.reduce(0, +) / Double(samples)
    let variance =
      rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, samples - 1))
    var squares = 0.0
    for network in moments.indices {
      squares += gradients[network].reduce(0.0) { $0 + Double($1) * Double($1) }
      moments[network].update(
        &distribution.parameters[network], gradient: gradients[network],
        learningRate: numbers.learningRate, firstDecay: numbers.momentum, weightDecay: 0)
    }
    return SpinStepOutcome(
      mean: mean, variance: variance, effectiveShare: effectiveShare(rewards.map { -$0 }),
      gradientNorm: squares.squareRoot())
  }
}
