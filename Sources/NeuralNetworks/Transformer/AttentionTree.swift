/// Causal multi-head attention over a tree: each node attends to its ancestors and itself.
///
/// Keys and values of a level are rows of C numbers, one for each node. Channels within a row are
/// ordered with the head innermost, `c = d · H + h`, so that the heads' scores come out of the
/// same vector operations; see ``attendPacked(level:ancestors:count:)``.
final class AttentionTree: TreeMixer {
  private let shape: DecoderShape
  private let layout: MixerLayout
  private let capacity: Int
  /// q, k, v of the level, `[3 C, columns]`; then o in the first C rows.
  private let projected: FloatBuffer
  /// q of the level, then o, `[capacity, C]`.
  private let queries: FloatBuffer
  /// For each level `[capacity, C]`.
  private let keys: [FloatBuffer]
  private let values: [FloatBuffer]
  /// Scores of one node.
  private let scores: FloatBuffer

  init(shape: DecoderShape, options: Void, layout: MixerLayout, capacity: Int) {
    self.shape = shape
    self.layout = layout
    self.capacity = paddedToLanes(capacity)
    let rows = self.capacity * shape.width
    projected = FloatBuffer(
      3 * shape.width * TokenGrid(positions: 1, count: capacity).stride)
    queries = FloatBuffer(rows)
    keys = (0..<shape.positions).map { _ in FloatBuffer(rows) }
    values = (0..<shape.positions).map { _ in FloatBuffer(rows) }
    scores = FloatBuffer(shape.positions * max(shape.heads, laneCount))
  }

  func advance(
    _ x: UnsafePointer<Float>, addingTo y: UnsafeMutablePointer<Float>, level: Int,
    parents: UnsafePointer<Int32>, ancestors: UnsafePointer<Int32>, count: Int, stride: Int,
    parameters: UnsafePointer<Float>
  ) {
    let (width, columns) = (shape.width, paddedToLanes(count))
    layout.projection.forward(
      x, projected.pointer, parameters: parameters, columns: columns, stride: stride)
    let targets = [queries.pointer, keys[level].pointer, values[level].pointer]
    for (part, target) in targets.enumerated() {
      let source = projected.pointer + part * width * stride
      for first in Swift.stride(from: 0, to: columns, by: laneCount) {
        for head in 0..<shape.heads {
          interleaveHead(
            source + head * shape.headWidth * stride + first, stride: stride,
            into: target + first * width + head)
        }
      }
    }
    attend(level: level, ancestors: ancestors, count: count)
    for first in Swift.stride(from: 0, to: columns, by: laneCount) {
      for head in 0..<shape.heads {
        separateHead(
          queries.pointer + first * width + head,
          into: projected.pointer + head * shape.headWidth * stride + first, stride: stride)
      }
    }
    layout.output.forward(
      projected.pointer, y, accumulating: true, parameters: parameters, columns: columns,
      stride: stride)
  }

  /// Copies one head of sixteen nodes from columns to rows.
  private func interleaveHead(
    _ source: UnsafePointer<Float>, stride: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let (width, heads) = (shape.width, shape.heads)
    for d in 0..<shape.headWidth {
      let values = source.lanes(d * stride)
      for lane in 0..<laneCount { target[lane * width + d * heads] = values[lane] }
    }
  }

  /// Copies one head of sixteen nodes from rows to columns.
  private func separateHead(
    _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (width, heads) = (shape.width, shape.heads)
    for d in 0..<shape.headWidth {
      var values = Lanes.zero
      for lane in 0..<laneCount { values[lane] = source[lane * width + d * heads] }
      target.store(values, d * stride)
    }
  }

  /// Replaces each query row by its attended values.
  private func attend(level: Int, ancestors: UnsafePointer<Int32>, count: Int) {
    let (width, heads, depth) = (shape.width, shape.heads, shape.headWidth)
    let scale = 1 / Float(depth).squareRoot()
    for node in 0..<count {
      let q = queries.pointer + node * width
      let path = ancestors + node * level
      for h in 0..<heads {
        var maximum = -Float.infinity
        for s in 0...level {
          let k = keys[s].pointer + (s == level ? node : Int(path[s])) * width
          var dot: Float = 0
          for d in 0..<depth { dot += q[d * heads + h] * k[d * heads + h] }
          scores.pointer[s] = dot * scale
          maximum = max(maximum, dot * scale)
        }
        var sum: Float = 0
        for s in Swift.stride(from: 0, through: level, by: laneCount) {
          scores.pointer.store(exponential(scores.pointer.lanes(s) - maximum), s)
        }
        for s in 0...level { sum += scores.pointer[s] }
        for d in 0..<depth { q[d * heads + h] = 0 }
        for s in 0...level {
          let v = values[s].pointer + (s == level ? node : Int(path[s])) * width
          let p = scores.pointer[s] / sum
          for d in 0..<depth { q[d * heads + h] += p * v[d * heads + h] }
        }
      }
    }
  }
}
