/// The output of a ``VisionTransformer``: from the sum of all tokens to log ψ.
///
/// Columns are configurations; `z = LN(Σ_i x_i)`, `log ψ = Σ_a log cosh(LN(W_r z + b_r)_a + i LN(W_m z + b_m)_a)`.
struct VisionHead: Sendable {
  let width: Int
  let norm: LayerNorm
  let real: LinearLayer
  let imaginary: LinearLayer
  let realNorm: LayerNorm
  let imaginaryNorm: LayerNorm

  init(width: Int, layout: inout ParameterLayout) {
    self.width = width
    norm = layout.appendNorm("head/norm", width: width)
    real = layout.appendUniform("head/real", inputs: width, outputs: width)
    imaginary = layout.appendUniform("head/imaginary", inputs: width, outputs: width)
    realNorm = layout.appendNorm("head/real-norm", width: width)
    imaginaryNorm = layout.appendNorm("head/imaginary-norm", width: width)
  }
}

/// What the head of a batch keeps.
final class VisionHeadBatch {
  private let head: VisionHead
  private let products: OuterProducts
  /// Σ_i x_i, later its gradient, `[d, columns]`.
  let sum: FloatBuffer
  private let normalized: FloatBuffer
  private let reciprocal: FloatBuffer
  private let input: FloatBuffer
  private let scratch: FloatBuffer
  /// Of the real, then of the imaginary part.
  private let branches: [Branch]

  private struct Branch {
    let layer: LinearLayer
    let norm: LayerNorm
    let normalized: FloatBuffer
    let reciprocal: FloatBuffer
    let output: FloatBuffer
    let gradient: FloatBuffer
  }

  init(_ head: VisionHead, capacity: Int) {
    let stride = TokenGrid(positions: 1, count: capacity).stride
    let width = head.width
    self.head = head
    products = OuterProducts(positions: 1, widest: width)
    sum = FloatBuffer(width * stride)
    normalized = FloatBuffer(width * stride)
    reciprocal = FloatBuffer(stride)
    input = FloatBuffer(width * stride)
    scratch = FloatBuffer(width * stride)
    branches = [(head.real, head.realNorm), (head.imaginary, head.imaginaryNorm)].map {
      Branch(
        layer: $0, norm: $1, normalized: FloatBuffer(width * stride),
        reciprocal: FloatBuffer(stride), output: FloatBuffer(width * stride),
        gradient: FloatBuffer(width * stride))
    }
  }

  /// Computes log ψ from ``sum``.
  func forward(
    parameters: UnsafePointer<Float>, grid: TokenGrid, logModulus: UnsafeMutablePointer<Double>,
    phase: UnsafeMutablePointer<Double>
  ) {
    let (columns, stride) = (grid.columns, grid.stride)
    head.norm.forward(
      sum.pointer, input.pointer, normalized: normalized.pointer, reciprocal: reciprocal.pointer,
      parameters: parameters, columns: columns, stride: stride)
    for branch in branches {
      branch.layer.forward(
        input.pointer, scratch.pointer, parameters: parameters, columns: columns, stride: stride)
      branch.norm.forward(
        scratch.pointer, branch.output.pointer, normalized: branch.normalized.pointer,
        reciprocal: branch.reciprocal.pointer, parameters: parameters, columns: columns,
        stride: stride)
    }
    sumLogCosh(
      branches[0].output.pointer, branches[1].output.pointer, terms: head.width, stride: stride,
      count: grid.count, logModulus: logModulus, phase: phase)
  }

  /// Turns the weights of log|ψ| and arg ψ into the gradient of ``sum``, and gives those of parameters to the sink.
  func backward(
    modulusWeights: UnsafePointer<Float>, phaseWeights: UnsafePointer<Float>,
    parameters: UnsafePointer<Float>, sink: GradientSink, grid: TokenGrid
  ) {
    let (columns, stride, width) = (grid.columns, grid.stride, head.width)
    for a in 0..<width {
      let place = a * stride
      for b in 0..<grid.lanes {
        let isUsed = b < grid.count
        let (u, v) = isUsed ? (modulusWeights[b], phaseWeights[b]) : (0, 0)
        let slope = complexTanh(
          branches[0].output.pointer[place + b], branches[1].output.pointer[place + b])
        // d log ψ = t dz with t = slope and z = x + i y.
        branches[0].gradient.pointer[place + b] =
          isUsed ? u * slope.real + v * slope.imaginary : 0
        branches[1].gradient.pointer[place + b] =
          isUsed ? v * slope.real - u * slope.imaginary : 0
      }
    }
    // The gradient of the branches' input.
    let total = sum.pointer
    for (index, branch) in branches.enumerated() {
      scratch.pointer.update(repeating: 0, count: width * stride)
      branch.norm.backward(
        branch.gradient.pointer, normalized: branch.normalized.pointer,
        reciprocal: branch.reciprocal.pointer, addingTo: scratch.pointer, parameters: parameters,
        sink: sink, grid: grid)
      branch.layer.parameterGradient(
        input: input.pointer, outputGradient: scratch.pointer, sink: sink, grid: grid,
        products: products)
      branch.layer.inputGradient(
        scratch.pointer, total, accumulating: index > 0, parameters: parameters, columns: columns,
        stride: stride)
    }
    scratch.pointer.update(from: total, count: width * stride)
    total.update(repeating: 0, count: width * stride)
    head.norm.backward(
      scratch.pointer, normalized: normalized.pointer, reciprocal: reciprocal.pointer,
      addingTo: total, parameters: parameters, sink: sink, grid: grid)
  }
}
