internal import LinearAlgebra

/// Memory to evaluate a ``MultilayerPerceptron`` and its derivatives; not to be shared between
/// threads.
///
/// ``forward(inputs:count:parameters:outputs:)`` keeps a batch, to which the other methods refer;
/// ``evaluate(inputs:count:parameters:outputs:)`` keeps none and takes batches of any size.
public final class PerceptronWorkspace {
  let network: MultilayerPerceptron
  /// The largest batch that can be kept.
  public let capacity: Int
  /// The distance between rows of the kept arrays.
  let stride: Int
  /// The size of the kept batch, B.
  public private(set) var count = 0

  /// `x`, `[B, N]`.
  let batch: FloatBuffer
  /// `z_l`, `[width, B]` for each hidden layer.
  let preactivations: [FloatBuffer]
  /// `a_l`, `[width, B]` for each hidden layer.
  let activations: [FloatBuffer]
  /// `Δ_l = ∂f/∂z_l`, `[width, B]` for each hidden layer.
  let deltas: [FloatBuffer]
  private var deltasAreCurrent = false
  /// `[widest hidden layer, B]`.
  private let scratch: FloatBuffer
  /// Two of `[widest hidden layer, block]`.
  private let blockScratch: [FloatBuffer]

  /// Strings for which the activations of one layer stay in the second-level cache.
  private static let block = 1024

  /// Creates a workspace that can keep a batch of up to `capacity` inputs.
  public init(network: MultilayerPerceptron, capacity: Int) {
    precondition(capacity >= 0, "a capacity is not negative")
    self.network = network
    self.capacity = capacity
    let stride = TokenGrid(positions: 1, count: max(capacity, 1)).stride
    self.stride = stride
    let widest = network.hidden.map(\.outputs).max() ?? 0
    batch = FloatBuffer(network.inputs * capacity)
    preactivations = network.hidden.map { FloatBuffer($0.outputs * stride) }
    activations = network.hidden.map { FloatBuffer($0.outputs * stride) }
    deltas = network.hidden.map { FloatBuffer($0.outputs * stride) }
    scratch = FloatBuffer(widest * stride)
    blockScratch = (0..<2).map { _ in FloatBuffer(widest * (Self.block + laneCount)) }
  }

  /// Computes `f` of a batch and keeps what the derivatives need.
  ///
  /// - Parameters:
  ///   - inputs: `[B, N]`.
  ///   - count: B, at most the capacity.
  ///   - parameters: `[P]`.
  ///   - outputs: `[B]`, overwritten.
  public func forward(
    inputs: UnsafePointer<Float>, count: Int, parameters: UnsafePointer<Float>,
    outputs: UnsafeMutablePointer<Float>
  ) {
    precondition(count <= capacity, "a batch of \(count) inputs exceeds the capacity \(capacity)")
    self.count = count
    deltasAreCurrent = false
    batch.pointer.update(from: inputs, count: count * network.inputs)
    for first in Swift.stride(from: 0, to: count, by: Self.block) {
      evaluateBlock(
        inputs + first * network.inputs, count: min(Self.block, count - first), stride: stride,
        preactivation: { self.preactivations[$0].pointer + first },
        activation: { self.activations[$0].pointer + first }, parameters: parameters,
        outputs: outputs + first)
    }
  }

  /// Computes `f` of a batch of any size, and leaves the kept batch alone.
  ///
  /// - Parameters:
  ///   - inputs: `[B, N]`.
  ///   - count: B.
  ///   - parameters: `[P]`.
  ///   - outputs: `[B]`, overwritten.
  public func evaluate(
    inputs: UnsafePointer<Float>, count: Int, parameters: UnsafePointer<Float>,
    outputs: UnsafeMutablePointer<Float>
  ) {
    for first in Swift.stride(from: 0, to: count, by: Self.block) {
      evaluateBlock(
        inputs + first * network.inputs, count: min(Self.block, count - first),
        stride: Self.block + laneCount, preactivation: { self.blockScratch[$0 % 2].pointer },
        activation: { self.blockScratch[$0 % 2].pointer }, parameters: parameters,
        outputs: outputs + first)
    }
  }

  @inline(__always)
  private func evaluateBlock(
    _ x: UnsafePointer<Float>, count: Int, stride: Int,
    preactivation: (Int) -> UnsafeMutablePointer<Float>,
    activation: (Int) -> UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    outputs: UnsafeMutablePointer<Float>
  ) {
    let columns = paddedToLanes(count)
    for (index, layer) in network.hidden.enumerated() {
      let (z, a) = (preactivation(index), activation(index))
      if index == 0 {
        BLAS.multiply(
          parameters + layer.weight, layer.inputs, transposed: false, x, layer.inputs,
          transposed: true, into: z, stride, m: layer.outputs, n: count, k: layer.inputs)
      } else {
        BLAS.multiply(
          parameters + layer.weight, layer.inputs, activation(index - 1), stride, into: z, stride,
          m: layer.outputs, n: columns, k: layer.inputs)
      }
      for f in 0..<layer.outputs {
        let row = z + f * stride
        if let bias = layer.bias { addConstant(parameters[bias + f], to: row, count: columns) }
        network.configuration.activation.apply(row, a + f * stride, count: columns)
      }
    }
    outputs.update(repeating: parameters[network.outputBias], count: count)
    BLAS.multiply(
      x, network.inputs, rows: count, columns: network.inputs, vector: parameters + network.skip,
      into: outputs, beta: 1)
    if network.lastWidth > 0 {
      BLAS.multiply(
        activation(network.hidden.count - 1), stride, rows: network.lastWidth, columns: count,
        transposed: true, vector: parameters + network.outputWeight, into: outputs, beta: 1)
    }
  }

  @inline(__always)
  private func addConstant(_ value: Float, to row: UnsafeMutablePointer<Float>, count: Int) {
    for i in Swift.stride(from: 0, to: count, by: laneCount) { row.store(row.lanes(i) + value, i) }
  }

  // MARK: - Derivatives

  /// Computes `Δ_l = ∂f/∂z_l` of the kept batch, unless that is done.
  func computeDeltas(parameters: UnsafePointer<Float>) {
    if deltasAreCurrent || count == 0 { return }
    deltasAreCurrent = true
    let columns = paddedToLanes(count)
    for index in network.hidden.indices.reversed() {
      let layer = network.hidden[index]
      let delta = deltas[index].pointer
      if index + 1 == network.hidden.count {
        for f in 0..<layer.outputs {
          (delta + f * stride).update(
            repeating: parameters[network.outputWeight + f], count: columns)
        }
      } else {
        network.hidden[index + 1].inputGradient(
          deltas[index + 1].pointer, delta, parameters: parameters, columns: columns,
          stride: stride)
      }
      for f in 0..<layer.outputs {
        network.configuration.activation.multiplyByDerivative(
          preactivations[index].pointer + f * stride, delta + f * stride, count: columns)
      }
    }
  }

  /// Adds `Σ_b w_b ∂f_b/∂θ` of the kept batch to the gradient.
  ///
  /// - Parameters:
  ///   - weights: `w`, `[B]`.
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - gradient: `[P]`, accumulated into.
  public func backward(
    weights: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    computeDeltas(parameters: parameters)
    for (index, layer) in network.hidden.enumerated() {
      for f in 0..<layer.outputs {
        let source = deltas[index].pointer + f * stride
        let target = scratch.pointer + f * stride
        var sum: Double = 0
        for b in 0..<count {
          target[b] = source[b] * weights[b]
          sum += Double(target[b])
        }
        if let bias = layer.bias { gradient[bias + f] += Float(sum) }
      }
      let input = index == 0 ? batch : activations[index - 1]
      BLAS.multiply(
        scratch.pointer, stride, transposed: false, input.pointer,
        index == 0 ? network.inputs : stride, transposed: index > 0,
        into: gradient + layer.weight, layer.inputs, m: layer.outputs, n: layer.inputs, k: count,
        beta: 1)
    }
    if let last = activations.last {
      BLAS.multiply(
        last.pointer, stride, rows: network.lastWidth, columns: count, vector: weights,
        into: gradient + network.outputWeight, beta: 1)
    }
    var sum: Double = 0
    for b in 0..<count { sum += Double(weights[b]) }
    gradient[network.outputBias] += Float(sum)
    BLAS.multiply(
      batch.pointer, network.inputs, rows: count, columns: network.inputs, transposed: true,
      vector: weights, into: gradient + network.skip, beta: 1)
  }

  /// Computes `Σ_p ∂f_b/∂θ_p v_p` for the kept batch, without forming the Jacobian.
  ///
  /// - Parameters:
  ///   - direction: `v`, `[P]`.
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - result: `[B]`, overwritten.
  public func tangent(
    direction: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    result: UnsafeMutablePointer<Float>
  ) {
    computeDeltas(parameters: parameters)
    result.update(repeating: direction[network.outputBias], count: count)
    BLAS.multiply(
      batch.pointer, network.inputs, rows: count, columns: network.inputs,
      vector: direction + network.skip, into: result, beta: 1)
    if let last = activations.last {
      BLAS.multiply(
        last.pointer, stride, rows: network.lastWidth, columns: count, transposed: true,
        vector: direction + network.outputWeight, into: result, beta: 1)
    }
    for (index, layer) in network.hidden.enumerated() {
      let input = index == 0 ? batch : activations[index - 1]
      BLAS.multiply(
        direction + layer.weight, layer.inputs, transposed: false, input.pointer,
        index == 0 ? network.inputs : stride, transposed: index == 0, into: scratch.pointer,
        stride, m: layer.outputs, n: count, k: layer.inputs)
      for f in 0..<layer.outputs {
        let change = scratch.pointer + f * stride
        let delta = deltas[index].pointer + f * stride
        let shift = layer.bias.map { direction[$0 + f] } ?? 0
        for b in 0..<count { result[b] += delta[b] * (change[b] + shift) }
      }
    }
  }

  /// Writes `∂f_b/∂θ` of the kept batch to rows; for small batches and for tests.
  ///
  /// - Parameters:
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - rows: `[B, P]`, overwritten.
  ///   - rowStride: The distance between rows, at least P.
  public func jacobian(
    parameters: UnsafePointer<Float>, rows: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    computeDeltas(parameters: parameters)
    for b in 0..<count {
      let row = rows + b * rowStride
      for (index, layer) in network.hidden.enumerated() {
        for o in 0..<layer.outputs {
          let delta = deltas[index].pointer[o * stride + b]
          if let bias = layer.bias { row[bias + o] = delta }
          for i in 0..<layer.inputs {
            let input =
              index == 0
              ? batch.pointer[b * network.inputs + i]
              : activations[index - 1].pointer[i * stride + b]
            row[layer.weight + o * layer.inputs + i] = delta * input
          }
        }
      }
      if let last = activations.last {
        for i in 0..<network.lastWidth {
          row[network.outputWeight + i] = last.pointer[i * stride + b]
        }
      }
      row[network.outputBias] = 1
      (row + network.skip).update(
        from: batch.pointer + b * network.inputs, count: network.inputs)
    }
  }
}
