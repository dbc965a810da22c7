public import LinearAlgebra
public import NeuralNetworks
public import Parallelism

/// One network's natural-gradient step from rewards, with the Fisher matrix in Kronecker factors.
public final class KroneckerStep {
  /// The numbers of the method.
  public struct Options: Sendable, Hashable {
    /// η.
    public var learningRate: Double
    /// The share of the last step that goes on.
    public var momentum: Double
    /// The damping of the factors.
    public var damping: Double
    /// What averages keep of themselves from step to step.
    public var decay: Double
    /// The largest root mean square of the change of ln q over the sample.
    public var maximumChange: Double

    /// Creates options.
    public init(
      learningRate: Double, momentum: Double, damping: Double, decay: Double, maximumChange: Double
    ) {
      self.learningRate = learningRate
      self.momentum = momentum
      self.damping = damping
      self.decay = decay
      self.maximumChange = maximumChange
    }
  }

  /// The last step, `[P]`.
  public var previous: [Float]
  private let curvature: ConditionalCurvature
  private let execution: Execution

  /// Creates the rule of one network.
  public init(network: ConditionalNetwork, execution: Execution) {
    self.execution = execution
    curvature = ConditionalCurvature(network: network, execution: execution)
    previous = Array(repeating: 0, count: network.parameterCount)
  }

  /// Finds the step.
  public func step(
    _ batches: [ConditionalBatch], rewards: [Double], group: Int, options: Options
  ) throws(LinearAlgebraError) -> (change: [Float], variance: Double) {
    let count = rewards.count
    var weights = [Float](repeating: 0, count: count)
    var variance = 0.0
    let degrees = Double(count - count / group)
    for first in stride(from: 0, to: count, by: group) {
      let mean = rewards[first..<first + group].reduce(0, +) / Double(group)
      for row in first..<first + group {
        let deviation = rewards[row] - mean
        variance += deviation * deviation
        weights[row] = Float(-deviation / degrees)
      }
    }
    variance /= degrees
    curvature.update(batches, decay: Float(options.decay))
    var gradient = [Float](repeating: 0, count: previous.count)
    pull(batches, weights, into: &gradient)
    let direction = try curvature.inverse(times: gradient, damping: Float(options.damping))
    var change = previous
    for index in change.indices {
      change[index] =
        Float(options.momentum) * change[index] + Float(options.learningRate) * direction[index]
    }
    let image = push(batches, change)
    let mean = image.reduce(0, +) / Double(count)
    let norm = (image.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
    if norm > options.maximumChange {
      let factor = Float(options.maximumChange / norm)
      for index in change.indices { change[index] *= factor }
    }
    previous = change
    return (change, variance)
  }

  private func push(_ batches: [ConditionalBatch], _ direction: [Float]) -> [Double] {
    nonisolated(unsafe) let batches = batches
    return execution.map(batches.count) { batches[$0].push(direction) }
      .flatMap { $0 }.map(Double.init)
  }

  private func pull(_ batches: [ConditionalBatch], _ weights: [Float], into sum: inout [Float]) {
    nonisolated(unsafe) let batches = batches
    let size = sum.count
    var starts = [0]
    for batch in batches { starts.append(starts[starts.count - 1] + batch.count) }
    let offsets = starts
    let parts = execution.map(batches.count) { index in
      var part = [Float](repeating: 0, count: size)
      batches[index].pull(Array(weights[offsets[index]..<offsets[index + 1]]), into: &part)
      return part
    }
    for part in parts { for index in 0..<size { sum[index] += part[index] } }
  }
}
