/// One position of a causal decoder at a time, over a tree of prefixes.
final class DecoderTree<Mixer: TreeMixer>: NetworkTree {
  private let layout: DecoderLayout
  private let shape: DecoderShape
  private let capacity: Int
  private let mixers: [Mixer]
  private let oneHot: FloatBuffer
  private let stream: FloatBuffer
  private let normalized: FloatBuffer
  private let hidden: FloatBuffer
  private let headOutput: FloatBuffer
  /// For each level `t` `[capacity, t]`: the ancestors of each node, at the levels `0..<t`; empty
  /// where the mixer does not read them.
  private let ancestors: [IndexBuffer]
  /// The number of nodes at each level, 0 where it is not known.
  private var counts: [Int]

  init(layout: DecoderLayout, options: Mixer.Options, capacity: Int) {
    precondition(capacity > 0, "a workspace needs room for at least one prefix")
    let shape = layout.shape
    let stride = TokenGrid(positions: 1, count: capacity).stride
    self.layout = layout
    self.shape = shape
    self.capacity = capacity
    mixers = layout.blocks.map { block in
      Mixer(shape: shape, options: options, layout: block.mixer, capacity: capacity)
    }
    oneHot = FloatBuffer((shape.vocabulary + 1) * stride)
    stream = FloatBuffer(shape.width * stride)
    normalized = FloatBuffer(shape.width * stride)
    hidden = FloatBuffer(shape.feedForward * stride)
    headOutput = FloatBuffer(shape.vocabulary * stride)
    ancestors = (0..<shape.positions).map {
      IndexBuffer(uninitialized: Mixer.readsAncestors ? $0 * capacity : 0)
    }
    counts = Array(repeating: 0, count: shape.positions)
  }

  func advance(
    level: Int, parents: UnsafePointer<Int32>, tokens: UnsafePointer<UInt8>, count: Int,
    parameters: UnsafePointer<Float>, logits: UnsafeMutablePointer<Float>
  ) {
    precondition(level < shape.positions, "level \(level) of \(shape.positions)")
    precondition(
      count <= capacity, "a level of \(count) prefixes exceeds the capacity \(capacity)")
    precondition(level > 0 || count == 1, "level 0 has one node, not \(count)")
    counts[level] = count
    if count == 0 { return }
    let grid = TokenGrid(positions: 1, count: count)
    let (columns, stride) = (grid.columns, grid.stride)
    recordAncestors(level: level, parents: parents, count: count)
    embed(level: level, tokens: tokens, parameters: parameters, grid: grid)
    let x = stream.pointer
    for (block, mixer) in zip(layout.blocks, mixers) {
      block.mixerNorm.forward(
        x, normalized.pointer, parameters: parameters, columns: columns, stride: stride)
      mixer.advance(
        normalized.pointer, addingTo: x, level: level, parents: parents,
        ancestors: ancestors[level].pointer, count: count, stride: stride, parameters: parameters)
      block.feedForwardNorm.forward(
        x, normalized.pointer, parameters: parameters, columns: columns, stride: stride)
      block.expansion.forward(
        normalized.pointer, hidden.pointer, parameters: parameters, columns: columns,
        stride: stride)
      for f in 0..<shape.feedForward {
        let row = hidden.pointer + f * stride
        shape.activation.apply(row, row, count: columns)
      }
      block.contraction.forward(
        hidden.pointer, x, accumulating: true, parameters: parameters, columns: columns,
        stride: stride)
    }
    if let norm = layout.finalNorm {
      norm.forward(x, normalized.pointer, parameters: parameters, columns: columns, stride: stride)
    }
    layout.head.forward(
      layout.finalNorm == nil ? x : normalized.pointer, headOutput.pointer,
      parameters: parameters, columns: columns, stride: stride)
    writeLogits(level: level, parameters: parameters, grid: grid, into: logits)
  }

  /// Writes `[n, t]` ancestors: those of the parent, then the parent.
  private func recordAncestors(level: Int, parents: UnsafePointer<Int32>, count: Int) {
    if level == 0 { return }
    let below = counts[level - 1]
    let target = ancestors[level].pointer
    let source = ancestors[level - 1].pointer
    for i in 0..<count {
      let parent = Int(parents[i])
      precondition(
        parent >= 0 && parent < below,
        "node \(i) of level \(level) extends node \(parent), but the level below has \(below)")
      guard Mixer.readsAncestors else { continue }
      let row = target + i * level
      row.update(from: source + parent * (level - 1), count: level - 1)
      row[level - 1] = parents[i]
    }
  }

  private func embed(
    level: Int, tokens: UnsafePointer<UInt8>, parameters: UnsafePointer<Float>, grid: TokenGrid
  ) {
    let stride = grid.stride
    let codes = oneHot.pointer
    codes.update(repeating: 0, count: (shape.vocabulary + 1) * stride)
    for i in 0..<grid.count {
      let token = level == 0 ? shape.vocabulary : Int(tokens[i])
      precondition(level == 0 || token < shape.vocabulary, "token \(token) of \(shape.vocabulary)")
      codes[token * stride + i] = 1
    }
    let x = stream.pointer
    let place = parameters + layout.positionEmbedding + level * shape.width
    for f in 0..<shape.width {
      let value = Lanes(repeating: place[f])
      let row = x + f * stride
      for i in Swift.stride(from: 0, to: grid.columns, by: laneCount) { row.store(value, i) }
    }
    multiplyColumns(
      parameters + layout.tokenEmbedding, rowStride: 1, columnStride: shape.width, codes, stride,
      into: x, stride, m: shape.width, n: grid.columns, k: shape.vocabulary + 1, start: .content)
  }

  private func writeLogits(
    level: Int, parameters: UnsafePointer<Float>, grid: TokenGrid,
    into logits: UnsafeMutablePointer<Float>
  ) {
    let vocabulary = shape.vocabulary
    let bias = parameters + layout.headBias + level * vocabulary
    for v in 0..<vocabulary {
      let row = headOutput.pointer + v * grid.stride
      let shift = shape.positionBias ? bias[v] : 0
      for i in 0..<grid.count { logits[i * vocabulary + v] = row[i] + shift }
    }
  }
}

/// Memory for indices.
final class IndexBuffer {
  /// The first element.
  let pointer: UnsafeMutablePointer<Int32>

  /// Allocates `count` indices of any value, to be written before they are read.
  init(uninitialized count: Int) { pointer = .allocate(capacity: max(count, 1)) }

  deinit { pointer.deallocate() }
}
