/// All positions of a causal decoder at once, with derivatives.
///
/// Activations are `[features, columns]`, see ``TokenGrid``.
final class DecoderBatch<Mixer: BatchMixer>: NetworkBatch {
  private let layout: DecoderLayout
  private let shape: DecoderShape
  private let capacity: Int
  private let blocks: [Block]
  private let scratch: DecoderScratch
  private var grid: TokenGrid

  /// `[V + 1, columns]`: 1 where the position's input is the token.
  private let oneHot: FloatBuffer
  /// The residual stream, then its gradient, `[C, columns]`.
  private let stream: FloatBuffer
  private let headInput: FloatBuffer
  private let headNormalized: FloatBuffer
  private let headReciprocal: FloatBuffer
  /// `[V, columns]`.
  private let headOutput: FloatBuffer

  /// What one block keeps for its derivatives.
  private struct Block {
    let layout: BlockLayout
    let mixer: Mixer
    let mixerInput: FloatBuffer
    let mixerNormalized: FloatBuffer
    let mixerReciprocal: FloatBuffer
    let feedForwardInput: FloatBuffer
    let feedForwardNormalized: FloatBuffer
    let feedForwardReciprocal: FloatBuffer
    let preactivation: FloatBuffer
    let hidden: FloatBuffer
  }

  init(layout: DecoderLayout, options: Mixer.Options, capacity: Int) {
    precondition(capacity > 0, "a workspace needs room for at least one string")
    let shape = layout.shape
    let grid = TokenGrid(positions: shape.positions, count: capacity)
    let stride = grid.stride
    self.layout = layout
    self.shape = shape
    self.capacity = capacity
    self.grid = TokenGrid(positions: shape.positions, count: 0)
    scratch = DecoderScratch(shape: shape, stride: stride)
    blocks = layout.blocks.map { block in
      Block(
        layout: block,
        mixer: Mixer(shape: shape, options: options, layout: block.mixer, capacity: grid),
        mixerInput: FloatBuffer(shape.width * stride),
        mixerNormalized: FloatBuffer(shape.width * stride),
        mixerReciprocal: FloatBuffer(stride),
        feedForwardInput: FloatBuffer(shape.width * stride),
        feedForwardNormalized: FloatBuffer(shape.width * stride),
        feedForwardReciprocal: FloatBuffer(stride),
        preactivation: FloatBuffer(shape.feedForward * stride),
        hidden: FloatBuffer(shape.feedForward * stride))
    }
    oneHot = FloatBuffer((shape.vocabulary + 1) * stride)
    stream = FloatBuffer(shape.width * stride)
    headInput = FloatBuffer(shape.width * stride)
    headNormalized = FloatBuffer(shape.width * stride)
    headReciprocal = FloatBuffer(stride)
    headOutput = FloatBuffer(shape.vocabulary * stride)
  }

  func forward(
    tokens: UnsafePointer<UInt8>, count: Int, parameters: UnsafePointer<Float>,
    logits: UnsafeMutablePointer<Float>
  ) {
    precondition(count <= capacity, "a batch of \(count) strings exceeds the capacity \(capacity)")
    grid = TokenGrid(positions: shape.positions, count: count)
    if count == 0 { return }
    embed(tokens: tokens, parameters: parameters)
    let x = stream.pointer
    let (columns, stride) = (grid.columns, grid.stride)
    for block in blocks {
      block.layout.mixerNorm.forward(
        x, block.mixerInput.pointer, normalized: block.mixerNormalized.pointer,
        reciprocal: block.mixerReciprocal.pointer, parameters: parameters, columns: columns,
        stride: stride)
      block.mixer.forward(
        block.mixerInput.pointer, addingTo: x, parameters: parameters, grid: grid,
        scratch: scratch)
      block.layout.feedForwardNorm.forward(
        x, block.feedForwardInput.pointer, normalized: block.feedForwardNormalized.pointer,
        reciprocal: block.feedForwardReciprocal.pointer, parameters: parameters, columns: columns,
        stride: stride)
      block.layout.expansion.forward(
        block.feedForwardInput.pointer, block.preactivation.pointer, parameters: parameters,
        columns: columns, stride: stride)
      for f in 0..<shape.feedForward {
        shape.activation.apply(
          block.preactivation.pointer + f * stride, block.hidden.pointer + f * stride,
          count: columns)
      }
      block.layout.contraction.forward(
        block.hidden.pointer, x, accumulating: true, parameters: parameters, columns: columns,
        stride: stride)
    }
    if let norm = layout.finalNorm {
      norm.forward(
        x, headInput.pointer, normalized: headNormalized.pointer,
        reciprocal: headReciprocal.pointer, parameters: parameters, columns: columns,
        stride: stride)
    }
    let input = layout.finalNorm == nil ? stream : headInput
    layout.head.forward(
      input.pointer, headOutput.pointer, parameters: parameters, columns: columns, stride: stride)
    writeLogits(parameters: parameters, into: logits)
    if layout.finalNorm == nil {
      // The stream becomes the gradient; the output layer needs its input again.
      headInput.pointer.update(from: x, count: shape.width * stride)
    }
  }

  func backward(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    differentiate(
      logitGradients: logitGradients, parameters: parameters, sink: .sum(gradient))
  }

  func jacobian(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    rows: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    precondition(
      rowStride >= layout.parameters.count,
      "rows \(rowStride) apart do not hold \(layout.parameters.count) parameters")
    differentiate(
      logitGradients: logitGradients, parameters: parameters,
      sink: .rows(rows, stride: rowStride))
  }

  // MARK: - Ends

  /// Writes embedded tokens and positions to the stream; padding strings have no tokens.
  private func embed(tokens: UnsafePointer<UInt8>, parameters: UnsafePointer<Float>) {
    let (stride, lanes) = (grid.stride, grid.lanes)
    let start = shape.vocabulary
    let codes = oneHot.pointer
    codes.update(repeating: 0, count: (start + 1) * stride)
    for b in 0..<grid.count {
      codes[start * stride + b] = 1
      let string = tokens + b * shape.positions
      for t in 1..<max(shape.positions, 1) {
        let token = Int(string[t - 1])
        precondition(token < shape.vocabulary, "token \(token) of \(shape.vocabulary)")
        codes[token * stride + t * lanes + b] = 1
      }
    }
    let x = stream.pointer
    let place = parameters + layout.positionEmbedding
    for f in 0..<shape.width {
      for t in 0..<shape.positions {
        let value = Lanes(repeating: place[t * shape.width + f])
        let row = x + f * stride + t * lanes
        for b in Swift.stride(from: 0, to: lanes, by: laneCount) { row.store(value, b) }
      }
    }
    multiplyColumns(
      parameters + layout.tokenEmbedding, rowStride: 1, columnStride: shape.width, codes, stride,
      into: x, stride, m: shape.width, n: grid.columns, k: start + 1, start: .content)
  }

  /// Rearranges the outputs to `[B, T, V]` and adds the position's bias.
  private func writeLogits(
    parameters: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>
  ) {
    let vocabulary = shape.vocabulary
    let bias = parameters + layout.headBias
    for t in 0..<shape.positions {
      for v in 0..<vocabulary {
        let row = headOutput.pointer + v * grid.stride + t * grid.lanes
        let shift = shape.positionBias ? bias[t * vocabulary + v] : 0
        var target = logits + t * vocabulary + v
        for b in 0..<grid.count {
          target.pointee = row[b] + shift
          target += shape.positions * vocabulary
        }
      }
    }
  }

  /// Rearranges `[B, T, V]` to columns, with zeros in the padding.
  private func readLogitGradients(_ gradients: UnsafePointer<Float>) {
    let vocabulary = shape.vocabulary
    for t in 0..<shape.positions {
      for v in 0..<vocabulary {
        let row = headOutput.pointer + v * grid.stride + t * grid.lanes
        var source = gradients + t * vocabulary + v
        for b in 0..<grid.count {
          row[b] = source.pointee
          source += shape.positions * vocabulary
        }
        for b in grid.count..<grid.lanes { row[b] = 0 }
      }
    }
  }

  // MARK: - Derivatives

  private func differentiate(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>, sink: GradientSink
  ) {
    if grid.count == 0 { return }
    let (columns, stride) = (grid.columns, grid.stride)
    let dx = stream.pointer
    let dy = scratch.narrow.pointer
    readLogitGradients(logitGradients)
    if shape.positionBias { positionBiasGradient(logitGradients, sink: sink) }
    layout.head.parameterGradient(
      input: headInput.pointer, outputGradient: headOutput.pointer, sink: sink, grid: grid,
      products: scratch.products)
    if let norm = layout.finalNorm {
      layout.head.inputGradient(
        headOutput.pointer, dy, parameters: parameters, columns: columns, stride: stride)
      dx.update(repeating: 0, count: shape.width * stride)
      norm.backward(
        dy, normalized: headNormalized.pointer, reciprocal: headReciprocal.pointer, addingTo: dx,
        parameters: parameters, sink: sink, grid: grid)
    } else {
      layout.head.inputGradient(
        headOutput.pointer, dx, parameters: parameters, columns: columns, stride: stride)
    }
    for block in blocks.reversed() {
      feedForwardGradient(block, parameters: parameters, sink: sink)
      block.mixer.backward(
        dx, input: block.mixerInput.pointer, inputGradient: dy, parameters: parameters,
        sink: sink, grid: grid, scratch: scratch)
      block.layout.mixerNorm.backward(
        dy, normalized: block.mixerNormalized.pointer, reciprocal: block.mixerReciprocal.pointer,
        addingTo: dx, parameters: parameters, sink: sink, grid: grid)
    }
    embeddingGradient(sink: sink)
  }

  private func feedForwardGradient(
    _ block: Block, parameters: UnsafePointer<Float>, sink: GradientSink
  ) {
    let (columns, stride) = (grid.columns, grid.stride)
    let dx = stream.pointer
    let dy = scratch.narrow.pointer
    let dh = scratch.wide.pointer
    block.layout.contraction.parameterGradient(
      input: block.hidden.pointer, outputGradient: dx, sink: sink, grid: grid,
      products: scratch.products)
    block.layout.contraction.inputGradient(
      dx, dh, parameters: parameters, columns: columns, stride: stride)
    for f in 0..<shape.feedForward {
      shape.activation.multiplyByDerivative(
        block.preactivation.pointer + f * stride, dh + f * stride, count: columns)
    }
    block.layout.expansion.parameterGradient(
      input: block.feedForwardInput.pointer, outputGradient: dh, sink: sink, grid: grid,
      products: scratch.products)
    block.layout.expansion.inputGradient(
      dh, dy, parameters: parameters, columns: columns, stride: stride)
    block.layout.feedForwardNorm.backward(
      dy, normalized: block.feedForwardNormalized.pointer,
      reciprocal: block.feedForwardReciprocal.pointer, addingTo: dx, parameters: parameters,
      sink: sink, grid: grid)
  }

  private func positionBiasGradient(_ gradients: UnsafePointer<Float>, sink: GradientSink) {
    let count = shape.positions * shape.vocabulary
    for b in 0..<grid.count {
      let source = gradients + b * count
      switch sink {
      case .sum(let gradient):
        for i in 0..<count { gradient[layout.headBias + i] += source[i] }
      case .rows(let rows, let rowStride):
        (rows + b * rowStride + layout.headBias).update(from: source, count: count)
      }
    }
  }

  private func embeddingGradient(sink: GradientSink) {
    let (stride, lanes, width) = (grid.stride, grid.lanes, shape.width)
    let dx = stream.pointer
    switch sink {
    case .sum(let gradient):
      accumulateOuterProducts(
        oneHot.pointer, m: shape.vocabulary + 1, dx, k: width, stride: stride, n: grid.columns,
        into: gradient + layout.tokenEmbedding)
      for f in 0..<width {
        for t in 0..<shape.positions {
          let row = dx + f * stride + t * lanes
          var total = Lanes.zero
          for b in Swift.stride(from: 0, to: lanes, by: laneCount) { total += row.lanes(b) }
          gradient[layout.positionEmbedding + t * width + f] += laneSum(total)
        }
      }
    case .rows(let rows, let rowStride):
      scratch.products.write(
        oneHot.pointer, m: shape.vocabulary + 1, dx, k: width, rows: rows + layout.tokenEmbedding,
        rowStride: rowStride, grid: grid)
      for t in 0..<shape.positions {
        for f in 0..<width {
          let row = dx + f * stride + t * lanes
          let place = layout.positionEmbedding + t * width + f
          for b in 0..<grid.count { rows[b * rowStride + place] = row[b] }
        }
      }
    }
  }
}
