/// Multi-scale retention over a tree, by the recurrence `S ← γ S_parent + kᵀ v`, `o = q S`.
///
/// Each node has a state of C·D numbers; it reads that of its parent at the level below and writes
/// its own. A state is read and written once for each node, and everything else about it stays in
/// registers.
final class RetentionTree: TreeMixer {
  private let shape: DecoderShape
  private let options: RetentionOptions
  private let layout: MixerLayout
  /// q, k, v, g of the level: `[4 C, columns]`.
  private let projected: FloatBuffer
  /// q, k, v and o of the level: `[4, capacity, C]`.
  private let rows: FloatBuffer
  private let capacity: Int
  private let isPacked: Bool
  private let order: HeadInnermostRows
  /// For each level `[capacity, C · D]`, for the last one state; nil where there have been no nodes.
  private var states: [FloatBuffer?]
  /// The state before the first position: zeros.
  private let root: FloatBuffer
  /// γ of the head that each lane belongs to, where rows are packed.
  private let decays: Lanes

  static var readsAncestors: Bool { false }

  init(shape: DecoderShape, options: RetentionOptions, layout: MixerLayout, capacity: Int) {
    self.shape = shape
    self.options = options
    self.layout = layout
    self.capacity = paddedToLanes(capacity)
    isPacked = HeadInnermostRows.fills(shape)
    order = HeadInnermostRows(shape: shape)
    projected = FloatBuffer(
      4 * shape.width * TokenGrid(positions: 1, count: capacity).stride)
    rows = FloatBuffer(4 * self.capacity * shape.width)
    root = FloatBuffer(shape.width * shape.headWidth)
    states = Array(repeating: nil, count: shape.positions)
    var decays = Lanes.zero
    for lane in 0..<laneCount { decays[lane] = options.decay(head: lane % shape.heads) }
    self.decays = decays
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
      let (source, target) = (
        projected.pointer + part * width * stride, rows.pointer + part * capacity * width
      )
      if isPacked {
        order.gather(source, stride: stride, columns: columns, into: target)
      } else {
        for first in Swift.stride(from: 0, to: columns, by: laneCount) {
          transposeToRows(
            source + first, stride: stride, features: width, into: target + first * width,
            stride: width)
        }
      }
    }
    retain(level: level, parents: parents, count: count)
    let outputs = rows.pointer + 3 * capacity * width
    if isPacked {
      order.scatter(outputs, columns: columns, into: projected.pointer, stride: stride)
    } else {
      for first in Swift.stride(from: 0, to: columns, by: laneCount) {
        transposeToColumns(
          outputs + first * width, stride: width, features: width,
          into: projected.pointer + first, stride: stride)
      }
    }
    normalizeAndGate(
      projected.pointer, gate: projected.pointer + 3 * width * stride, into: projected.pointer,
      shape: shape, epsilon: options.groupNormEpsilon, columns: columns, stride: stride)
    layout.output.forward(
      projected.pointer, y, accumulating: true, parameters: parameters, columns: columns,
      stride: stride)
  }

  /// Computes the states of a level and the rows of `o`.
  private func retain(level: Int, parents: UnsafePointer<Int32>, count: Int) {
    let (width, size) = (shape.width, shape.width * shape.headWidth)
    let scale = 1 / Float(shape.headWidth).squareRoot()
    let below = level > 0 ? states[level - 1]?.pointer ?? root.pointer : root.pointer
    let target = stateBuffer(level: level).pointer
    // The last level has no children, so that one state that stays in the cache serves all nodes.
    let targetSize = level + 1 < shape.positions ? size : 0
    for node in 0..<count {
      let row = rows.pointer + node * width
      let part = capacity * width
      let step = RetentionStep(
        before: below + (level > 0 ? Int(parents[node]) * size : 0),
        after: target + node * targetSize, q: row, k: row + part, v: row + 2 * part,
        o: row + 3 * part, width: width, heads: shape.heads, decays: decays, scale: scale)
      if isPacked {
        step.runPacked()
      } else {
        stepByHeads(step)
      }
    }
  }

  /// The states of a level, with room for all nodes that it may have.
  private func stateBuffer(level: Int) -> FloatBuffer {
    if let buffer = states[level] { return buffer }
    let nodes = level + 1 < shape.positions ? capacity : 1
    let buffer = FloatBuffer(uninitialized: nodes * shape.width * shape.headWidth)
    states[level] = buffer
    return buffer
  }

  /// One node for any number of heads and any width: states `[H, D, D]`, one head after another.
  private func stepByHeads(_ step: RetentionStep) {
    let depth = shape.headWidth
    for head in 0..<shape.heads {
      if depth % 16 == 0 {
        stepHead(SIMD16<Float>.self, step, head: head, depth, options.decay(head: head))
      } else if depth % 8 == 0 {
        stepHead(SIMD8<Float>.self, step, head: head, depth, options.decay(head: head))
      } else {
        stepHead(SIMD2<Float>.self, step, head: head, depth, options.decay(head: head))
      }
    }
  }
}

/// One head of one node, with the head outermost in rows and states.
@inline(__always)
private func stepHead<Vector: SIMD>(
  _: Vector.Type, _ step: RetentionStep, head: Int, _ depth: Int, _ decay: Float
) where Vector.Scalar == Float {
  let channel = head * depth
  let (old, state) = (step.before + channel * depth, step.after + channel * depth)
  let (q, k, v) = (step.q + channel, step.k + channel, step.v + channel)
  for j in Swift.stride(from: 0, to: depth, by: Vector.scalarCount) {
    let value = UnsafeRawPointer(v + j).loadUnaligned(as: Vector.self) * step.scale
    var sum = Vector.zero
    for i in 0..<depth {
      let place = i * depth + j
      let kept = UnsafeRawPointer(old + place).loadUnaligned(as: Vector.self) * decay
      let element = kept + value * k[i]
      UnsafeMutableRawPointer(state + place).storeBytes(of: element, as: Vector.self)
      sum += element * q[i]
    }
    UnsafeMutableRawPointer(step.o + channel + j).storeBytes(of: sum, as: Vector.self)
  }
}
