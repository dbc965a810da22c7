/// Causal multi-head attention over a tree: each node attends to its ancestors and itself.
///
/// Keys and values of a level are rows of C numbers, one for each node, in the order of
/// ``HeadInnermostRows``, so that the scores of all heads come out side by side.
final class AttentionTree: TreeMixer {
  private let shape: DecoderShape
  private let layout: MixerLayout
  /// q, k, v of the level, `[3 C, columns]`; then o in the first C rows.
  private let projected: FloatBuffer
  /// q of the level, then o, `[capacity, C]`.
  private let queries: FloatBuffer
  /// `[T, capacity, C]`, levels `levelStride` apart.
  private let keys: FloatBuffer
  private let values: FloatBuffer
  /// An odd number of vectors, so that a node's walk over the levels does not fall on few cache sets.
  private let levelStride: Int
  /// Scores of one node, at most a vector for each position.
  private let scores: FloatBuffer
  /// For each position, the place of a node's ancestor in the keys and values.
  private let places: UnsafeMutablePointer<Int>
  private let order: HeadInnermostRows

  static var readsAncestors: Bool { true }

  init(shape: DecoderShape, options: Void, layout: MixerLayout, capacity: Int) {
    self.shape = shape
    self.layout = layout
    let rows = paddedToLanes(capacity) * shape.width
    projected = FloatBuffer(
      3 * shape.width * TokenGrid(positions: 1, count: capacity).stride)
    queries = FloatBuffer(rows)
    // Most trees have few nodes at first, so that memory is better taken when it is written.
    levelStride = (rows / laneCount | 1) * laneCount
    keys = FloatBuffer(uninitialized: shape.positions * levelStride)
    values = FloatBuffer(uninitialized: shape.positions * levelStride)
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
    let levelOffset = level * levelStride
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
      for s in 0..<level { places[s] = s * levelStride + Int(path[s]) * width }
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
  private func attendPacked(_ q: UnsafeMutablePointer<Float>, count: Int) {
    switch shape.heads {
    case 1: attend(OneHead.self, q, count: count)
    case 2: attend(TwoHeads.self, q, count: count)
    case 4: attend(FourHeads.self, q, count: count)
    case 8: attend(EightHeads.self, q, count: count)
    default: attend(SixteenHeads.self, q, count: count)
    }
  }

  /// Scores are `[count, H]`, so that exponentials are taken of whole vectors of them.
  @inline(__always)
  private func attend<Pack: HeadPack>(
    _: Pack.Type, _ q: UnsafeMutablePointer<Float>, count: Int
  ) {
    let (width, heads) = (shape.width, Pack.heads)
    let (keys, values, scores, places) = (keys.pointer, values.pointer, scores.pointer, places)
    let scale = 1 / Float(shape.headWidth).squareRoot()
    for s in 0..<count {
      let k = keys + places[s]
      var dot = q.lanes(0) * k.lanes(0)
      for c in Swift.stride(from: laneCount, to: width, by: laneCount) {
        dot += q.lanes(c) * k.lanes(c)
      }
      Pack.store(Pack.sum(dot) * scale, scores + s * heads)
    }
    let padded = paddedToLanes(count * heads)
    for i in count * heads..<padded { scores[i] = -.infinity }
    var maximum = scores.lanes(0)
    for i in Swift.stride(from: laneCount, to: padded, by: laneCount) {
      let score = scores.lanes(i)
      maximum = maximum.replacing(with: score, where: score .> maximum)
    }
    maximum = Pack.maximum(maximum)
    var sum = Lanes.zero
    for i in Swift.stride(from: 0, to: padded, by: laneCount) {
      // The padding's are some 1e-38 and count as nothing.
      let p = exponential(scores.lanes(i) - maximum)
      scores.store(p, i)
      sum += p
    }
    let reciprocal = 1 / Pack.sum(sum)
    var c = 0
    while c + 4 * laneCount <= width {
      sumFour(Pack.self, values + c, count: count, reciprocal, into: q + c)
      c += 4 * laneCount
    }
    while c < width {
      sumOne(Pack.self, values + c, count: count, reciprocal, into: q + c)
      c += laneCount
    }
  }

  /// The weighted sum of values for the channels of four vectors.
  @inline(__always)
  private func sumFour<Pack: HeadPack>(
    _: Pack.Type, _ values: UnsafePointer<Float>, count: Int, _ reciprocal: Lanes,
    into o: UnsafeMutablePointer<Float>
  ) {
    let (scores, places) = (UnsafePointer(scores.pointer), places)
    var (o0, o1, o2, o3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    for s in 0..<count {
      let weight = Pack.spread(scores + s * Pack.heads)
      let v = values + places[s]
      o0 += weight * v.lanes(0)
      o1 += weight * v.lanes(16)
      o2 += weight * v.lanes(32)
      o3 += weight * v.lanes(48)
    }
    o.store(o0 * reciprocal, 0)
    o.store(o1 * reciprocal, 16)
    o.store(o2 * reciprocal, 32)
    o.store(o3 * reciprocal, 48)
  }

  /// The weighted sum of values for the channels of one vector, in two sums, so that each addition
  /// need not wait for the one before.
  @inline(__always)
  private func sumOne<Pack: HeadPack>(
    _: Pack.Type, _ values: UnsafePointer<Float>, count: Int, _ reciprocal: Lanes,
    into o: UnsafeMutablePointer<Float>
  ) {
    let (scores, places) = (UnsafePointer(scores.pointer), places)
    var (even, odd) = (Lanes.zero, Lanes.zero)
    var s = 0
    while s + 2 <= count {
      even += Pack.spread(scores + s * Pack.heads) * values.lanes(places[s])
      odd += Pack.spread(scores + (s + 1) * Pack.heads) * values.lanes(places[s + 1])
      s += 2
    }
    if s < count { even += Pack.spread(scores + s * Pack.heads) * values.lanes(places[s]) }
    o.store((even + odd) * reciprocal, 0)
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
