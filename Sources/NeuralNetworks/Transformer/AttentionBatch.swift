/// Causal multi-head attention at all positions.
///
/// For each head, `o[t] = Σ_{s ≤ t} p[t, s] v[s]` with `p[t, s] ∝ exp(q[t] · k[s] / √D)`. Only the
/// maximum and the reciprocal sum of each row of `p` are kept; the derivatives compute `p` again.
final class AttentionBatch: BatchMixer {
  private let shape: DecoderShape
  private let layout: MixerLayout
  /// q, k, v: `[3 C, columns]`.
  private let projected: FloatBuffer
  /// o: `[C, columns]`.
  private let attended: FloatBuffer
  /// The largest score of each row, `[H, columns]`.
  private let maxima: FloatBuffer
  /// One over the sum of exponentials of each row, `[H, columns]`.
  private let reciprocals: FloatBuffer
  /// `p`, `[T, T]` vectors.
  private let weights: FloatBuffer
  /// Gradients of the scores, `[T, T]` vectors.
  private let weightGradients: FloatBuffer

  init(shape: DecoderShape, options: Void, layout: MixerLayout, capacity: TokenGrid) {
    self.shape = shape
    self.layout = layout
    projected = FloatBuffer(3 * shape.width * capacity.stride)
    attended = FloatBuffer(shape.width * capacity.stride)
    maxima = FloatBuffer(shape.heads * capacity.stride)
    reciprocals = FloatBuffer(shape.heads * capacity.stride)
    weights = FloatBuffer(shape.positions * shape.positions * laneCount)
    weightGradients = FloatBuffer(shape.positions * shape.positions * laneCount)
  }

  func forward(
    _ x: UnsafePointer<Float>, addingTo y: UnsafeMutablePointer<Float>,
    parameters: UnsafePointer<Float>, grid: TokenGrid, scratch: DecoderScratch
  ) {
    layout.projection.forward(
      x, projected.pointer, parameters: parameters, columns: grid.columns, stride: grid.stride)
    for head in 0..<shape.heads {
      for first in stride(from: 0, to: grid.lanes, by: laneCount) {
        attend(head: head, first: first, grid: grid)
      }
    }
    layout.output.forward(
      attended.pointer, y, accumulating: true, parameters: parameters, columns: grid.columns,
      stride: grid.stride)
  }

  func backward(
    _ dy: UnsafePointer<Float>, input x: UnsafePointer<Float>,
    inputGradient dx: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    sink: GradientSink, grid: TokenGrid, scratch: DecoderScratch
  ) {
    let attendedGradient = scratch.mixed.pointer
    layout.output.parameterGradient(
      input: attended.pointer, outputGradient: dy, sink: sink, grid: grid,
      products: scratch.products)
    layout.output.inputGradient(
      dy, attendedGradient, parameters: parameters, columns: grid.columns, stride: grid.stride)
    for head in 0..<shape.heads {
      for first in stride(from: 0, to: grid.lanes, by: laneCount) {
        attendGradient(
          attendedGradient, into: scratch.wide.pointer, head: head, first: first, grid: grid)
      }
    }
    layout.projection.parameterGradient(
      input: x, outputGradient: scratch.wide.pointer, sink: sink, grid: grid,
      products: scratch.products)
    layout.projection.inputGradient(
      scratch.wide.pointer, dx, parameters: parameters, columns: grid.columns,
      stride: grid.stride)
  }

  /// One head of sixteen strings.
  private func attend(head: Int, first: Int, grid: TokenGrid) {
    let (width, depth, stride, lanes) = (shape.width, shape.headWidth, grid.stride, grid.lanes)
    let q = projected.pointer + head * depth * stride + first
    let k = q + width * stride
    let v = k + width * stride
    let o = attended.pointer + head * depth * stride + first
    let scale = 1 / Float(depth).squareRoot()
    let p = weights.pointer
    for t in 0..<grid.positions {
      pairDots(
        q + t * lanes, k, features: depth, featureStride: stride, positionStride: lanes,
        range: 0..<(t + 1), scale: scale, into: p)
      var maximum = p.lanes(0)
      for s in 1..<(t + 1) {
        let score = p.lanes(s * laneCount)
        maximum = maximum.replacing(with: score, where: score .> maximum)
      }
      var sum = Lanes.zero
      for s in 0...t {
        let value = exponential(p.lanes(s * laneCount) - maximum)
        sum += value
        p.store(value, s * laneCount)
      }
      let reciprocal = 1 / sum
      maxima.pointer.store(maximum, head * stride + t * lanes + first)
      reciprocals.pointer.store(reciprocal, head * stride + t * lanes + first)
      weightedSums(
        p, weightStride: laneCount, v, features: depth, featureStride: stride,
        positionStride: lanes, range: 0..<(t + 1), scale: reciprocal, into: o + t * lanes,
        resultStride: stride)
    }
  }

  /// One head of sixteen strings: from `do` to `dq`, `dk`, `dv`.
  private func attendGradient(
    _ outputGradient: UnsafePointer<Float>, into projectedGradient: UnsafeMutablePointer<Float>,
    head: Int, first: Int, grid: TokenGrid
  ) {
    let (width, depth, stride, lanes) = (shape.width, shape.headWidth, grid.stride, grid.lanes)
    let (positions, base) = (grid.positions, head * depth * stride + first)
    let q = projected.pointer + base
    let k = q + width * stride
    let v = k + width * stride
    let o = attended.pointer + base
    let dq = projectedGradient + base
    let dk = dq + width * stride
    let dv = dk + width * stride
    let dout = outputGradient + base
    let scale = 1 / Float(depth).squareRoot()
    let rowStride = positions * laneCount
    for t in 0..<positions {
      let p = weights.pointer + t * rowStride
      let ds = weightGradients.pointer + t * rowStride
      pairDots(
        q + t * lanes, k, features: depth, featureStride: stride, positionStride: lanes,
        range: 0..<(t + 1), scale: scale, into: p)
      pairDots(
        dout + t * lanes, v, features: depth, featureStride: stride, positionStride: lanes,
        range: 0..<(t + 1), scale: 1, into: ds)
      var mean = Lanes.zero
      for d in 0..<depth {
        mean += dout.lanes(d * stride + t * lanes) * o.lanes(d * stride + t * lanes)
      }
      let maximum = maxima.pointer.lanes(head * stride + t * lanes + first)
      let reciprocal = reciprocals.pointer.lanes(head * stride + t * lanes + first)
      for s in 0...t {
        let value = exponential(p.lanes(s * laneCount) - maximum) * reciprocal
        p.store(value, s * laneCount)
        ds.store(value * (ds.lanes(s * laneCount) - mean) * scale, s * laneCount)
      }
      weightedSums(
        ds, weightStride: laneCount, k, features: depth, featureStride: stride,
        positionStride: lanes, range: 0..<(t + 1), scale: Lanes(repeating: 1),
        into: dq + t * lanes, resultStride: stride)
    }
    for s in 0..<positions {
      weightedSums(
        weightGradients.pointer + s * laneCount, weightStride: rowStride, q, features: depth,
        featureStride: stride, positionStride: lanes, range: s..<positions,
        scale: Lanes(repeating: 1), into: dk + s * lanes, resultStride: stride)
      weightedSums(
        weights.pointer + s * laneCount, weightStride: rowStride, dout, features: depth,
        featureStride: stride, positionStride: lanes, range: s..<positions,
        scale: Lanes(repeating: 1), into: dv + s * lanes, resultStride: stride)
    }
  }
}
