internal import Foundation
internal import LinearAlgebra
internal import NeuralNetworks
internal import Optimization
internal import Parallelism

/// One network's natural-gradient step from rewards, in the space of the sample.
///
/// The free energy's gradient is `E[∇ln q (A − b)]` with the reward `A` and any baseline `b` that depends on
/// what is given only. The step is the least-squares answer to "change ln q by −η (A − b)", which is the
/// natural gradient, with the last step as its centre (SPRING, arXiv:2401.10190). Rows come in groups with one
/// border; the group's mean is the baseline, and scores are centred in the group as well, which makes the
/// border's share in the reward drop out.
final class NaturalStep {
  /// The numbers of the method.
  struct Options: Sendable, Hashable {
    /// η.
    var learningRate: Double
    /// SPRING's μ.
    var momentum: Double
    /// λ relative to the mean diagonal.
    var shift: Double
    /// The largest root mean square of the change of ln q over the sample.
    var maximumChange: Double
    /// The divergence α that is lowered: 0 for Kullback and Leibler's from q, which is the free energy.
    var alpha: Double
  }

  /// The last step, `[P]`.
  var previous: [Float]
  private let network: ConditionalNetwork
  private let execution: Execution
  private let solver: SampleSpaceSolver
  private var kernel: [Float] = []

  /// Creates the rule of one network.
  init(network: ConditionalNetwork, execution: Execution) {
    self.network = network
    self.execution = execution
    solver = SampleSpaceSolver(execution: execution)
    previous = Array(repeating: 0, count: network.parameterCount)
  }

  /// Finds the step.
  ///
  /// - Parameters:
  ///   - batches: The rows, with scores, in whole vectors but for the last batch.
  ///   - rewards: `[M]`.
  ///   - group: The number of rows with one border.
  ///   - options: The numbers of the method.
  /// - Returns: The change of the parameters, `[P]`, the variance of the rewards within groups, and the square
  ///   of the gradient's norm.
  /// - Throws: `LinearAlgebraError` where numbers are not finite.
  func step(
    _ batches: [ConditionalBatch], rewards: [Double], group: Int, options: Options
  ) throws(LinearAlgebraError) -> (change: [Float], variance: Double, gradientSquares: Double) {
    let count = rewards.count
    let scores = ConditionalScores(network: network, count: count)
    var offset = 0
    for batch in batches {
      scores.take(batch, at: offset)
      offset += batch.count
    }
    precondition(offset == count && count % group == 0, "\(count) rewards for \(offset) rows")
    let width = scores.rowBlocks * 16
    if kernel.count < width * width { kernel = Array(repeating: 0, count: width * width) }
    kernel.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      nonisolated(unsafe) let target = base
      nonisolated(unsafe) let scores = scores
      let blocks = scores.rowBlocks
      execution.parallelFor(blocks) {
        scores.gram(rowBlock: blocks - 1 - $0, into: target, stride: width)
      }
    }
    var dense = [Float](repeating: 0, count: count * count)
    centre(width, count, group, into: &dense)
    var target = rewards
    var variance = 0.0
    for first in stride(from: 0, to: count, by: group) {
      let mean = rewards[first..<first + group].reduce(0, +) / Double(group)
      for row in first..<first + group {
        let deviation = rewards[row] - mean
        variance += deviation * deviation
        target[row] = deviation
      }
    }
    variance /= Double(count - count / group)
    target = targets(target, group, width: variance.squareRoot(), options)
    var gradient = [Float](repeating: 0, count: previous.count)
    pull(
      batches, target.map { Float(-$0 / (options.learningRate * Double(count))) }, into: &gradient)
    let images = centred(push(batches, previous), group)
    let weight = 1 / Double(count)
    let scale = weight.squareRoot()
    // What is wished is noise in so far as rewards are wide apart: a fit to all of it would be one to noise.
    let shift = options.shift * max(1, variance / 4)
    let solution = try solver.solve(
      kernel: dense, count: count, weights: Array(repeating: weight, count: count),
      scales: Array(repeating: scale, count: count), target: target.map { $0 * scale },
      previousImage: images, momentum: options.momentum, shift: shift)
    let v = centred(solution, group).map(Float.init)
    var change = previous.map { Float(options.momentum) * $0 }
    pull(batches, v, into: &change)
    let image = centred(push(batches, change), group)
    let norm = (image.reduce(0) { $0 + $1 * $1 } * weight).squareRoot()
    if norm > options.maximumChange {
      let factor = Float(options.maximumChange / norm)
      for index in change.indices { change[index] *= factor }
    }
    previous = change
    return (change, variance, gradient.reduce(0.0) { $0 + Double($1) * Double($1) })
  }

  /// The wished changes of ln q, η times what the divergence asks for.
  ///
  /// With `x = ln w` up to a constant, that is `x` for α = 0 and `(wᵅ − 1)/α` else: the larger α, the more
  /// weigh configurations of which q has too few.
  private func targets(
    _ deviations: [Double], _ group: Int, width: Double, _ options: Options
  ) -> [Double] {
    var result = deviations
    var alpha = options.alpha
    // A wild sample at the start of annealing must not throw the parameters far away.
    var cut = -8.0...4.0
    if width > 2 {
      // Of weights so far apart only the largest would count, and hardly anything be learnt from them.
      alpha = min(alpha, 1 / width)
      cut = -4 * width...2 * width
    }
    for first in stride(from: 0, to: deviations.count, by: group) {
      let rows = first..<first + group
      // Powers with mean 1 where there are enough of them.
      let shift =
        group < 64 || alpha == 0
        ? 0 : log(rows.reduce(0) { $0 + exp(-alpha * deviations[$1]) } / Double(group)) / alpha
      for row in rows {
        let x = max(cut.lowerBound, min(cut.upperBound, -deviations[row] - shift))
        result[row] =
          options.learningRate * (alpha == 0 ? x : (exp(alpha * x) - 1) / alpha)
      }
    }
    return result
  }

  /// Centres rows and columns of the kernel within groups.
  private func centre(_ width: Int, _ count: Int, _ group: Int, into dense: inout [Float]) {
    // Whole batches as one group are centred by the solver.
    let isWhole = group == count
    nonisolated(unsafe) let kernel = kernel.withUnsafeBufferPointer { $0 }
    dense.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let target = buffer
      for row in 0..<count {
        for column in 0...row { target[row * count + column] = kernel[row * width + column] }
      }
      if isWhole { return }
      let groups = count / group
      let factor = 1 / Float(group)
      for a in 0..<groups {
        for b in 0...a {
          let (rows, columns) = (a * group, b * group)
          func at(_ i: Int, _ j: Int) -> Int {
            let (r, c) = (rows + i, columns + j)
            return r >= c ? r * count + c : c * count + r
          }
          var rowMeans = [Float](repeating: 0, count: group)
          var columnMeans = [Float](repeating: 0, count: group)
          var mean: Float = 0
          for i in 0..<group {
            for j in 0..<group {
              let value = target[at(i, j)]
              rowMeans[i] += value * factor
              columnMeans[j] += value * factor
              mean += value * factor * factor
            }
          }
          for i in 0..<group {
            for j in 0..<group where a != b || j <= i {
              target[at(i, j)] += mean - rowMeans[i] - columnMeans[j]
            }
          }
        }
      }
    }
  }

  private func centred(_ values: [Double], _ group: Int) -> [Double] {
    var result = values
    for first in stride(from: 0, to: values.count, by: group) {
      let mean = values[first..<first + group].reduce(0, +) / Double(group)
      for row in first..<first + group { result[row] -= mean }
    }
    return result
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
