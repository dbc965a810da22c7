public import Parallelism

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

  /// `x`, `[N, B]`.
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
  /// `[B]`, with room for whole vectors.
  private let results: FloatBuffer
  /// `[16, N]`, for the last strings of a batch.
  private let inputRows: FloatBuffer
  /// `[N, block]`.
  private let blockInputs: FloatBuffer
  /// `[outputs, B]`, where outputs are chosen.
  private let outputRows: FloatBuffer
  /// Two of `[widest hidden layer, block]`.
  private let blockScratch: [FloatBuffer]

  /// Strings for which the activations of one layer stay in the second-level cache.
  private static let block = 1024

  /// The threads of the Gram matrix.
  let execution: Execution

  /// Creates a workspace that can keep a batch of up to `capacity` inputs.
  public init(
    network: MultilayerPerceptron, capacity: Int, execution: Execution = Execution()
  ) {
    self.execution = execution
    precondition(capacity >= 0, "a capacity is not negative")
    self.network = network
    self.capacity = capacity
    let stride = TokenGrid(positions: 1, count: max(capacity, 1)).stride
    self.stride = stride
    let widest = network.hidden.map(\.outputs).max() ?? 0
    batch = FloatBuffer(network.inputs * stride)
    preactivations = network.hidden.map { FloatBuffer($0.outputs * stride) }
    activations = network.hidden.map { FloatBuffer($0.outputs * stride) }
    deltas = network.hidden.map { FloatBuffer($0.outputs * stride) }
    scratch = FloatBuffer(widest * stride)
    results = FloatBuffer(max(stride, Self.block))
    outputRows = FloatBuffer(
      network.configuration.choices == nil
        ? 0 : network.outputs * max(stride, Self.block + laneCount))
    inputRows = FloatBuffer(laneCount * network.inputs)
    blockInputs = FloatBuffer(network.inputs * (Self.block + laneCount))
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
    for first in Swift.stride(from: 0, to: count, by: Self.block) {
      evaluateBlock(
        inputs + first * network.inputs, count: min(Self.block, count - first), stride: stride,
        columns: batch.pointer + first,
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
        stride: Self.block + laneCount, columns: blockInputs.pointer,
        preactivation: { self.blockScratch[$0 % 2].pointer },
        activation: { self.blockScratch[$0 % 2].pointer }, parameters: parameters,
        outputs: outputs + first)
    }
  }

  @inline(__always)
  private func evaluateBlock(
    _ inputs: UnsafePointer<Float>, count: Int, stride: Int, columns x: UnsafeMutablePointer<Float>,
    preactivation: (Int) -> UnsafeMutablePointer<Float>,
    activation: (Int) -> UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    outputs: UnsafeMutablePointer<Float>
  ) {
    let columns = paddedToLanes(count)
    transposeInputs(inputs, count: count, into: x, stride: stride)
    var input = UnsafePointer(x)
    for (index, layer) in network.hidden.enumerated() {
      let (z, a) = (preactivation(index), activation(index))
      layer.forward(input, z, parameters: parameters, columns: columns, stride: stride)
      for f in 0..<layer.outputs {
        network.configuration.activation.apply(z + f * stride, a + f * stride, count: columns)
      }
      input = UnsafePointer(a)
    }
    multiplyOutput(
      weights: parameters, last: input, inputs: x, stride: stride, columns: columns)
    outputs.update(from: results.pointer, count: count)
  }

  /// Computes `w · a_L + s · x + c` into `results`, for parameters or a direction in their space.
  private func multiplyOutput(
    weights: UnsafePointer<Float>, last: UnsafePointer<Float>, inputs x: UnsafePointer<Float>,
    stride: Int, columns: Int
  ) {
    if network.configuration.choices != nil {
      multiplyColumns(
        weights + network.outputWeight, rowStride: network.lastWidth, columnStride: 1, last, stride,
        into: outputRows.pointer, stride, m: network.outputs, n: columns, k: network.lastWidth,
        start: .bias(weights + network.outputBias))
      for b in 0..<columns {
        results.pointer[b] = outputRows.pointer[choice(b, inputs: x, stride: stride) * stride + b]
      }
      return
    }
    multiplyColumns(
      weights + network.skip, rowStride: 0, columnStride: 1, x, stride, into: results.pointer, 0,
      m: 1, n: columns, k: network.inputs, start: .bias(weights + network.outputBias))
    if network.lastWidth > 0 {
      multiplyColumns(
        weights + network.outputWeight, rowStride: 0, columnStride: 1, last, stride,
        into: results.pointer, 0, m: 1, n: columns, k: network.lastWidth, start: .content)
    }
  }

  /// Which output a string's is; 0 in the padding.
  @inline(__always)
  func choice(_ b: Int, inputs x: UnsafePointer<Float>, stride: Int) -> Int {
    let choice = Int(x[network.features * stride + b])
    precondition(choice >= 0 && choice < network.outputs, "output \(choice) of \(network.outputs)")
    return choice
  }

  /// Rearranges `[B, N]` to columns; padding columns are zero.
  private func transposeInputs(
    _ inputs: UnsafePointer<Float>, count: Int, into x: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let width = network.inputs
    for first in Swift.stride(from: 0, to: count, by: laneCount) {
      var source = inputs + first * width
      if count - first < laneCount {
        let rest = (count - first) * width
        inputRows.pointer.update(from: source, count: rest)
        (inputRows.pointer + rest).update(repeating: 0, count: laneCount * width - rest)
        source = UnsafePointer(inputRows.pointer)
      }
      transposeToColumns(source, stride: width, features: width, into: x + first, stride: stride)
    }
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
        outputGradient(into: delta, parameters: parameters, columns: columns)
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

  /// Writes `∂f/∂a_L` of the kept batch.
  private func outputGradient(
    into delta: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>, columns: Int
  ) {
    let weights = parameters + network.outputWeight
    for f in 0..<network.lastWidth {
      let row = delta + f * stride
      if network.configuration.choices == nil {
        row.update(repeating: weights[f], count: columns)
      } else {
        for b in 0..<columns {
          row[b] = weights[choice(b, inputs: batch.pointer, stride: stride) * network.lastWidth + f]
        }
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
    if count == 0 { return }
    let columns = paddedToLanes(count)
    let w = results.pointer
    w.update(from: weights, count: count)
    (w + count).update(repeating: 0, count: columns - count)
    for (index, layer) in network.hidden.enumerated() {
      for f in 0..<layer.outputs {
        let source = deltas[index].pointer + f * stride
        let target = scratch.pointer + f * stride
        var sum = Lanes.zero
        for b in Swift.stride(from: 0, to: columns, by: laneCount) {
          let value = source.lanes(b) * w.lanes(b)
          target.store(value, b)
          sum += value
        }
        if let bias = layer.bias { gradient[bias + f] += laneSum(sum) }
      }
      accumulateOuterProducts(
        scratch.pointer, m: layer.outputs, (index == 0 ? batch : activations[index - 1]).pointer,
        k: layer.inputs, stride: stride, n: columns, into: gradient + layer.weight)
    }
    if network.configuration.choices != nil {
      chosenOutputGradient(w, columns: columns, gradient: gradient)
      return
    }
    if let last = activations.last {
      accumulateOuterProducts(
        w, m: 1, last.pointer, k: network.lastWidth, stride: stride, n: columns,
        into: gradient + network.outputWeight)
    }
    accumulateOuterProducts(
      w, m: 1, batch.pointer, k: network.inputs, stride: stride, n: columns,
      into: gradient + network.skip)
    var sum: Double = 0
    for b in 0..<count { sum += Double(weights[b]) }
    gradient[network.outputBias] += Float(sum)
  }

  /// The part of ``backward(weights:parameters:gradient:)`` of an output layer with choices.
  private func chosenOutputGradient(
    _ w: UnsafePointer<Float>, columns: Int, gradient: UnsafeMutablePointer<Float>
  ) {
    let rows = outputRows.pointer
    rows.update(repeating: 0, count: network.outputs * stride)
    for b in 0..<count {
      let choice = choice(b, inputs: batch.pointer, stride: stride)
      rows[choice * stride + b] = w[b]
      gradient[network.outputBias + choice] += w[b]
    }
    guard let last = activations.last else { return }
    accumulateOuterProducts(
      rows, m: network.outputs, last.pointer, k: network.lastWidth, stride: stride, n: columns,
      into: gradient + network.outputWeight)
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
    if count == 0 { return }
    let columns = paddedToLanes(count)
    multiplyOutput(
      weights: direction, last: (activations.last ?? batch).pointer, inputs: batch.pointer,
      stride: stride, columns: columns)
    let total = results.pointer
    for (index, layer) in network.hidden.enumerated() {
      layer.forward(
        (index == 0 ? batch : activations[index - 1]).pointer, scratch.pointer,
        parameters: direction, columns: columns, stride: stride)
      for f in 0..<layer.outputs {
        let change = scratch.pointer + f * stride
        let delta = deltas[index].pointer + f * stride
        for b in Swift.stride(from: 0, to: columns, by: laneCount) {
          total.store(total.lanes(b) + delta.lanes(b) * change.lanes(b), b)
        }
      }
    }
    result.update(from: total, count: count)
  }

  /// Writes `∂f_b/∂θ` of the kept batch to rows; for small batches and for tests.
  ///
  /// - Parameters:
  ///   - range: The strings of the batch; nil for all.
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - rows: `[B, P]`, overwritten.
  ///   - rowStride: The distance between rows, at least P.
  public func jacobian(
    _ range: Range<Int>? = nil, parameters: UnsafePointer<Float>,
    rows: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    computeDeltas(parameters: parameters)
    let range = range ?? 0..<count
    for b in range {
      let row = rows + (b - range.lowerBound) * rowStride
      for (index, layer) in network.hidden.enumerated() {
        for o in 0..<layer.outputs {
          let delta = deltas[index].pointer[o * stride + b]
          if let bias = layer.bias { row[bias + o] = delta }
          for i in 0..<layer.inputs {
            let input = (index == 0 ? batch : activations[index - 1]).pointer[i * stride + b]
            row[layer.weight + o * layer.inputs + i] = delta * input
          }
        }
      }
      if network.configuration.choices != nil {
        let count = network.outputs * (network.lastWidth + 1)
        (row + network.outputWeight).update(repeating: 0, count: count)
      }
      let choice =
        network.configuration.choices == nil
        ? 0 : choice(b, inputs: batch.pointer, stride: stride)
      if let last = activations.last {
        let target = row + network.outputWeight + choice * network.lastWidth
        for i in 0..<network.lastWidth { target[i] = last.pointer[i * stride + b] }
      }
      row[network.outputBias + choice] = 1
      if network.configuration.choices != nil { continue }
      for i in 0..<network.inputs { row[network.skip + i] = batch.pointer[i * stride + b] }
    }
  }
}
