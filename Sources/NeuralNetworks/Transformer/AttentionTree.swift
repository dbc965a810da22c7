/// Causal multi-head attention over a tree: each node attends to its ancestors and itself.
///
/// Keys and values of a level are rows of C numbers, one for each node, in the order of
/// ``HeadInnermostRows``, so that the scores of all heads come out side by side.
final class AttentionTree: TreeMixer {
  private let shape: DecoderShape
  private let layout: MixerLayout
  private let capacity: Int
  /// q, k, v of the level, `[3 C, columns]`; then o in the first C rows.
  private let projected: FloatBuffer
  /// q of the level, then o, `[capacity, C]`.
  private let queries: FloatBuffer
  /// `[T, capacity, C]`.
  private let keys: FloatBuffer
  private let values: FloatBuffer
  /// Scores of one node, a vector for each position.
  private let scores: FloatBuffer
  /// For each position, the place of a node's ancestor in the keys and values.
  private let places: UnsafeMutablePointer<Int>
  private let order: HeadInnermostRows

  static var readsAncestors: Bool { true }

  init(shape: DecoderShape, options: Void, layout: MixerLayout, capacity: Int) {
    self.shape = shape
    self.layout = layout
    self.capacity = paddedToLanes(capacity)
    let rows = self.capacity * shape.width
    projected = FloatBuffer(
      3 * shape.width * TokenGrid(positions: 1, count: capacity).stride)
    queries = FloatBuffer(rows)
    // Most trees have few nodes at first, so that memory is better taken when it is written.
    keys = FloatBuffer(uninitialized: shape.positions * rows)
    values = FloatBuffer(uninitialized: shape.positions * rows)
    scores = FloatBuffer(shape.positions * laneCount)
    places = .allocate(capacity: shape.positions)
    order = HeadInnermostRows(shape: shape)
  }

  deinit { places.deallocate() }

  func advance(
    _ x: UnsafePointer<Float>, addingTo y: UnsafeMutablePointer<Float>, level: Int,
    parents: UnsafePointer<Int32>, ancestors: UnsafePointer<Int32>, count: Int, stride: Int,
    parameters: UnsafePointer<Float>
  ) {
    let (width, columns) = (shape.width, paddedToLanes(count))
    layout.projection.forward(
      x, projected.pointer, parameters: parameters, columns: columns, stride: stride)
    let part = width * stride
    let levelOffset = level * capacity * width
    order.gather(projected.pointer, stride: stride, columns: columns, into: queries.pointer)
    order.gather(
      projected.pointer + part, stride: stride, columns: columns,
      into: keys.pointer + levelOffset)
    order.gather(
      projected.pointer + 2 * part, stride: stride, columns: columns,
      into: values.pointer + levelOffset)
    let packs = HeadInnermostRows.fills(shape)
    for node in 0..<count {
      let path = ancestors + node * level
      for s in 0..<level { places[s] = (s * capacity + Int(path[s])) * width }
      places[level] = levelOffset + node * width
      if packs {
        attendPacked(queries.pointer + node * width, count: level + 1)
      } else {
        attend(queries.pointer + node * width, count: level + 1)
      }
    }
    order.scatter(queries.pointer, columns: columns, into: projected.pointer, stride: stride)
    layout.output.forward(
      projected.pointer, y, accumulating: true, parameters: parameters, columns: columns,
      stride: stride)
  }

  /// Replaces a node's query by its attended values, all heads at once.
  ///
  /// - Parameters:
  ///   - q: The query, `[C]`, overwritten.
  ///   - count: The number of positions attended to; their keys are at `places`.
  @inline(__always)
  private func attendPacked(_ q: UnsafeMutablePointer<Float>, count: Int) {
    let (width, heads) = (shape.width, shape.heads)
    let (keys, values, scores) = (keys.pointer, values.pointer, scores.pointer)
    let scale = 1 / Float(shape.headWidth).squareRoot()
    var maximum = Lanes(repeating: -.infinity)
    for s in 0..<count {
      let k = keys + places[s]
      var dot = q.lanes(0) * k.lanes(0)
      for c in Swift.stride(from: laneCount, to: width, by: laneCount) {
        dot += q.lanes(c) * k.lanes(c)
      }
      let score = sumOverHeadChannels(dot, heads: heads) * scale
      scores.store(score, s * laneCount)
      maximum = maximum.replacing(with: score, where: score .> maximum)
    }
    var sum = Lanes.zero
    for s in 0..<count {
      let p = exponential(scores.lanes(s * laneCount) - maximum)
      scores.store(p, s * laneCount)
      sum += p
    }
    let reciprocal = 1 / sum
    for c in Swift.stride(from: 0, to: width, by: laneCount) {
      var o = Lanes.zero
      for s in 0..<count { o += scores.lanes(s * laneCount) * values.lanes(places[s] + c) }
      q.store(o * reciprocal, c)
    }
  }

  /// The same for any number of heads and any width, one head after another.
  private func attend(_ q: UnsafeMutablePointer<Float>, count: Int) {
    let (width, heads) = (shape.width, shape.heads)
    let scale = 1 / Float(shape.headWidth).squareRoot()
    for head in 0..<heads {
      let channels = Swift.stride(from: head, to: width, by: heads)
      var maximum = -Float.infinity
      for s in 0..<count {
        let k = keys.pointer + places[s]
        var dot: Float = 0
        for c in channels { dot += q[c] * k[c] }
        scores.pointer[s] = dot * scale
        maximum = max(maximum, dot * scale)
      }
      var sum: Float = 0
      for s in Swift.stride(from: 0, to: count, by: laneCount) {
        scores.pointer.store(exponential(scores.pointer.lanes(s) - maximum), s)
      }
      for s in 0..<count { sum += scores.pointer[s] }
      for c in channels {
        var o: Float = 0
        for s in 0..<count { o += scores.pointer[s] * values.pointer[places[s] + c] }
        q[c] = o / sum
      }
    }
  }
}

/// Returns in each lane the sum over all lanes of the same head, `lane mod heads`.
@inline(__always)
private func sumOverHeadChannels(_ x: Lanes, heads: Int) -> Lanes {
  var sum = x
  if heads < 16 { sum += Lanes(lowHalf: sum.highHalf, highHalf: sum.lowHalf) }
  if heads < 8 {
    sum += Lanes(lowHalf: swapHalves(sum.lowHalf), highHalf: swapHalves(sum.highHalf))
  }
  if heads < 4 {
    let pairs = unsafeBitCast(sum, to: SIMD8<UInt64>.self)
    var swapped = pairs
    swapped.evenHalf = pairs.oddHalf
    swapped.oddHalf = pairs.evenHalf
    sum += unsafeBitCast(swapped, to: Lanes.self)
  }
  if heads < 2 {
    var swapped = sum
    swapped.evenHalf = sum.oddHalf
    swapped.oddHalf = sum.evenHalf
    sum += swapped
  }
  return sum
}

@inline(__always)
private func swapHalves(_ x: SIMD8<Float>) -> SIMD8<Float> {
  SIMD8(lowHalf: x.highHalf, highHalf: x.lowHalf)
}
