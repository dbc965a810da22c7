/// Multi-scale retention over a tree, by the recurrence `S ← γ S_parent + kᵀ v`, `o = q S`.
///
/// Each node has a state `[H, D, D]`; it reads that of its parent at the level below and writes its
/// own.
final class RetentionTree: TreeMixer {
  private let shape: DecoderShape
  private let options: RetentionOptions
  private let layout: MixerLayout
  /// q, k, v, g of the level: `[4 C, columns]`.
  private let projected: FloatBuffer
  /// q, k, v of the level, then o in place of q: `[3, capacity, C]`.
  private let rows: FloatBuffer
  private let capacity: Int
  /// For each level `[capacity, H, D, D]`.
  private let states: [FloatBuffer]

  init(shape: DecoderShape, options: RetentionOptions, layout: MixerLayout, capacity: Int) {
    self.shape = shape
    self.options = options
    self.layout = layout
    self.capacity = paddedToLanes(capacity)
    projected = FloatBuffer(
      4 * shape.width * TokenGrid(positions: 1, count: capacity).stride)
    rows = FloatBuffer(3 * self.capacity * shape.width)
    // The last level has no children, but its state is computed on the way to its output.
    states = (0..<shape.positions).map { _ in
      FloatBuffer(capacity * shape.width * shape.headWidth)
    }
  }

  func advance(
    _ x: UnsafePointer<Float>, addingTo y: UnsafeMutablePointer<Float>, level: Int,
    parents: UnsafePointer<Int32>, ancestors: UnsafePointer<Int32>, count: Int, stride: Int,
    parameters: UnsafePointer<Float>
  ) {
    let (width, columns) = (shape.width, paddedToLanes(count))
    layout.projection.forward(
      x, projected.pointer, parameters: parameters, columns: columns, stride: stride)
    options.rotate(
      projected.pointer, position: level, width: width, columns: columns, stride: stride)
    options.rotate(
      projected.pointer + width * stride, position: level, width: width, columns: columns,
      stride: stride)
    for part in 0..<3 {
      for first in Swift.stride(from: 0, to: columns, by: laneCount) {
        transposeToRows(
          projected.pointer + part * width * stride + first, stride: stride, features: width,
          into: rows.pointer + (part * capacity + first) * width, stride: width)
      }
    }
    let size = width * shape.headWidth
    for node in 0..<count {
      let before =
        level == 0 ? nil : UnsafePointer(states[level - 1].pointer + Int(parents[node]) * size)
      step(node, from: before, to: states[level].pointer + node * size)
    }
    for first in Swift.stride(from: 0, to: columns, by: laneCount) {
      transposeToColumns(
        rows.pointer + first * width, stride: width, features: width,
        into: projected.pointer + first, stride: stride)
    }
    normalizeAndGate(
      projected.pointer, gate: projected.pointer + 3 * width * stride, into: projected.pointer,
      shape: shape, epsilon: options.groupNormEpsilon, columns: columns, stride: stride)
    layout.output.forward(
      projected.pointer, y, accumulating: true, parameters: parameters, columns: columns,
      stride: stride)
  }

  /// Computes one node's state and replaces its query row by `q S`.
  @inline(__always)
  private func step(
    _ node: Int, from before: UnsafePointer<Float>?, to after: UnsafeMutablePointer<Float>
  ) {
    let (width, depth) = (shape.width, shape.headWidth)
    let q = rows.pointer + node * width
    let k = q + capacity * width
    let v = k + capacity * width
    let scale = 1 / Float(depth).squareRoot()
    for head in 0..<shape.heads {
      let channel = head * depth
      let gamma = options.decayPowers[head * (shape.positions + 1) + 1]
      let state = after + channel * depth
      let old = before.map { $0 + channel * depth }
      if depth % 16 == 0 {
        stepHead(
          SIMD16<Float>.self, state, old, q + channel, k + channel, v + channel, depth, gamma,
          scale)
      } else if depth % 8 == 0 {
        stepHead(
          SIMD8<Float>.self, state, old, q + channel, k + channel, v + channel, depth, gamma,
          scale)
      } else {
        stepHead(
          SIMD2<Float>.self, state, old, q + channel, k + channel, v + channel, depth, gamma,
          scale)
      }
    }
  }
}

/// Computes `S = γ S₀ + scale · kᵀ v` and replaces `q` by `q S` for one head of one node.
@inline(__always)
private func stepHead<Vector: SIMD>(
  _: Vector.Type, _ state: UnsafeMutablePointer<Float>, _ old: UnsafePointer<Float>?,
  _ q: UnsafeMutablePointer<Float>, _ k: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
  _ depth: Int, _ gamma: Float, _ scale: Float
) where Vector.Scalar == Float {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: depth) { output in
    let o = UnsafeMutableRawPointer(output.baseAddress.unsafelyUnwrapped)
    for j in Swift.stride(from: 0, to: depth, by: Vector.scalarCount) {
      let value = UnsafeRawPointer(v + j).loadUnaligned(as: Vector.self) * scale
      var sum = Vector.zero
      for i in 0..<depth {
        var element = value * k[i]
        if let old {
          element += UnsafeRawPointer(old + i * depth + j).loadUnaligned(as: Vector.self) * gamma
        }
        UnsafeMutableRawPointer(state + i * depth + j).storeBytes(of: element, as: Vector.self)
        sum += element * q[i]
      }
      o.storeBytes(of: sum, toByteOffset: 4 * j, as: Vector.self)
    }
    q.update(from: o.assumingMemoryBound(to: Float.self), count: depth)
  }
}
