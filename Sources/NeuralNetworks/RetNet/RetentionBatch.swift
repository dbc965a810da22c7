/// Multi-scale retention at all positions, in chunks.
///
/// Within a chunk of positions `c₀ ≤ t < c₁`, and with the state `S` of the position before it,
///
/// ```
/// o[t] = Σ_{c₀ ≤ s ≤ t} γ^(t−s) (q[t] · k[s]) v[s] + γ^(t−c₀+1) q[t] S
/// S ← γ^(c₁−c₀) S + Σ_s γ^(c₁−1−s) k[s]ᵀ v[s]
/// ```
///
/// (Sun et al., [arXiv:2307.08621](https://arxiv.org/abs/2307.08621), equation 7). A chunk of T
/// positions is the parallel form and has no state, a chunk of one the recurrent form. The factor
/// 1/√D is in `k`.
final class RetentionBatch: BatchMixer {
  private let shape: DecoderShape
  private let options: RetentionOptions
  private let layout: MixerLayout
  /// q, k, v, g: `[4 C, columns]`, q and k rotated, k scaled.
  private let projected: FloatBuffer
  /// ô: `[C, columns]`.
  private let retained: FloatBuffer
  /// z, the gated ô: `[C, columns]`.
  private let gated: FloatBuffer
  /// `[H, columns]`.
  private let reciprocals: FloatBuffer
  /// `γ^(t−s) q·k` of a chunk, `[chunk, chunk]` vectors.
  private let weights: FloatBuffer
  private let weightGradients: FloatBuffer
  /// The state before each chunk but the first, `[lanes / 16, H, chunks − 1, D, D]` vectors.
  private let states: FloatBuffer
  /// The gradient of the state, `[D, D]` vectors.
  private let stateGradient: FloatBuffer
  /// `max(T, D)` vectors.
  private let decayed: FloatBuffer

  private var chunkCount: Int { (shape.positions + options.chunk - 1) / options.chunk }
  /// The number of elements of one state.
  private var stateSize: Int { shape.headWidth * shape.headWidth * laneCount }

  init(
    shape: DecoderShape, options: RetentionOptions, layout: MixerLayout, capacity: TokenGrid
  ) {
    self.shape = shape
    self.options = options
    self.layout = layout
    projected = FloatBuffer(4 * shape.width * capacity.stride)
    retained = FloatBuffer(shape.width * capacity.stride)
    gated = FloatBuffer(shape.width * capacity.stride)
    reciprocals = FloatBuffer(shape.heads * capacity.stride)
    weights = FloatBuffer(options.chunk * options.chunk * laneCount)
    weightGradients = FloatBuffer(options.chunk * options.chunk * laneCount)
    let chunks = (shape.positions + options.chunk - 1) / options.chunk
    states = FloatBuffer(
      capacity.lanes * shape.heads * (chunks - 1) * shape.headWidth * shape.headWidth)
    stateGradient = FloatBuffer(shape.headWidth * shape.headWidth * laneCount)
    decayed = FloatBuffer(max(shape.positions, shape.headWidth) * laneCount)
  }

  func forward(
    _ x: UnsafePointer<Float>, addingTo y: UnsafeMutablePointer<Float>,
    parameters: UnsafePointer<Float>, grid: TokenGrid, scratch: DecoderScratch
  ) {
    let (width, stride, lanes, columns) = (shape.width, grid.stride, grid.lanes, grid.columns)
    layout.projection.forward(
      x, projected.pointer, parameters: parameters, columns: columns, stride: stride)
    let keys = projected.pointer + width * stride
    scaleKeys(keys, columns: columns, stride: stride)
    for t in 0..<grid.positions {
      options.rotate(
        projected.pointer + t * lanes, position: t, width: width, columns: lanes, stride: stride)
      options.rotate(keys + t * lanes, position: t, width: width, columns: lanes, stride: stride)
    }
    for head in 0..<shape.heads {
      for first in Swift.stride(from: 0, to: lanes, by: laneCount) {
        retain(head: head, first: first, grid: grid)
      }
    }
    normalizeAndGate(
      retained.pointer, gate: projected.pointer + 3 * width * stride, into: gated.pointer,
      reciprocal: reciprocals.pointer, shape: shape, epsilon: options.groupNormEpsilon,
      columns: columns, stride: stride)
    layout.output.forward(
      gated.pointer, y, accumulating: true, parameters: parameters, columns: columns,
      stride: stride)
  }

  func backward(
    _ dy: UnsafePointer<Float>, input x: UnsafePointer<Float>,
    inputGradient dx: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    sink: GradientSink, grid: TokenGrid, scratch: DecoderScratch
  ) {
    let (width, stride, lanes, columns) = (shape.width, grid.stride, grid.lanes, grid.columns)
    let dout = scratch.mixed.pointer
    let dprojected = scratch.wide.pointer
    layout.output.parameterGradient(
      input: gated.pointer, outputGradient: dy, sink: sink, grid: grid,
      products: scratch.products)
    layout.output.inputGradient(
      dy, dout, parameters: parameters, columns: columns, stride: stride)
    normalizeAndGateGradient(
      dout, normalized: retained.pointer, gate: projected.pointer + 3 * width * stride,
      gateGradient: dprojected + 3 * width * stride, reciprocal: reciprocals.pointer,
      shape: shape, columns: columns, stride: stride)
    for head in 0..<shape.heads {
      for first in Swift.stride(from: 0, to: lanes, by: laneCount) {
        retainGradient(dout, into: dprojected, head: head, first: first, grid: grid)
      }
    }
    let dkeys = dprojected + width * stride
    for t in 0..<grid.positions {
      options.rotate(
        dprojected + t * lanes, position: t, backwards: true, width: width, columns: lanes,
        stride: stride)
      options.rotate(
        dkeys + t * lanes, position: t, backwards: true, width: width, columns: lanes,
        stride: stride)
    }
    scaleKeys(dkeys, columns: columns, stride: stride)
    layout.projection.parameterGradient(
      input: x, outputGradient: dprojected, sink: sink, grid: grid, products: scratch.products)
    layout.projection.inputGradient(
      dprojected, dx, parameters: parameters, columns: columns, stride: stride)
  }

  private func scaleKeys(_ keys: UnsafeMutablePointer<Float>, columns: Int, stride: Int) {
    let scale = 1 / Float(shape.headWidth).squareRoot()
    for f in 0..<shape.width {
      for i in Swift.stride(from: f * stride, to: f * stride + columns, by: laneCount) {
        keys.store(keys.lanes(i) * scale, i)
      }
    }
  }

  /// Where the states of one head of sixteen strings begin.
  private func statePointer(head: Int, first: Int) -> UnsafeMutablePointer<Float> {
    states.pointer + (first / laneCount * shape.heads + head) * (chunkCount - 1) * stateSize
  }

  /// Multiplies row `s` of the chunk by `γ^(last − s)` or `γ^(s − start + 1)` into `decayed`.
  @inline(__always)
  private func decay(
    _ row: UnsafePointer<Float>, range: Range<Int>, lanes: Int,
    power: (Int) -> Float
  ) {
    for s in range {
      decayed.pointer.store(row.lanes(s * lanes) * power(s), s * laneCount)
    }
  }

  /// One head of sixteen strings.
  private func retain(head: Int, first: Int, grid: TokenGrid) {
    let (depth, stride, lanes) = (shape.headWidth, grid.stride, grid.lanes)
    let q = projected.pointer + head * depth * stride + first
    let k = q + shape.width * stride
    let v = k + shape.width * stride
    let o = retained.pointer + head * depth * stride + first
    let state = statePointer(head: head, first: first)
    let w = weights.pointer
    let one = Lanes(repeating: 1)
    options.decayPowers.withUnsafeBufferPointer { powers in
      let gamma = powers.baseAddress.unsafelyUnwrapped + head * (shape.positions + 1)
      for chunk in 0..<chunkCount {
        let start = chunk * options.chunk
        let end = min(start + options.chunk, grid.positions)
        let before = state + (chunk - 1) * stateSize
        for t in start..<end {
          pairDots(
            q + t * lanes, k + start * lanes, features: depth, featureStride: stride,
            positionStride: lanes, range: 0..<(t - start + 1), scale: 1, into: w)
          for s in start...t {
            w.store(w.lanes((s - start) * laneCount) * gamma[t - s], (s - start) * laneCount)
          }
          weightedSums(
            w, weightStride: laneCount, v + start * lanes, features: depth, featureStride: stride,
            positionStride: lanes, range: 0..<(t - start + 1), scale: one, into: o + t * lanes,
            resultStride: stride)
          if chunk > 0 {
            weightedSums(
              q + t * lanes, weightStride: stride, before, features: depth,
              featureStride: laneCount, positionStride: depth * laneCount, range: 0..<depth,
              scale: one * gamma[t - start + 1], accumulating: true, into: o + t * lanes,
              resultStride: stride)
          }
        }
        if chunk + 1 == chunkCount { break }
        let after = state + chunk * stateSize
        for i in 0..<depth {
          let target = after + i * depth * laneCount
          decay(k + i * stride, range: start..<end, lanes: lanes) { gamma[end - 1 - $0] }
          weightedSums(
            decayed.pointer, weightStride: laneCount, v, features: depth, featureStride: stride,
            positionStride: lanes, range: start..<end, scale: one, into: target,
            resultStride: laneCount)
          if chunk > 0 {
            let source = before + i * depth * laneCount
            for j in Swift.stride(from: 0, to: depth * laneCount, by: laneCount) {
              target.store(target.lanes(j) + source.lanes(j) * gamma[end - start], j)
            }
          }
        }
      }
    }
  }

  /// One head of sixteen strings: from `do` to `dq`, `dk`, `dv`, the last chunk first.
  private func retainGradient(
    _ outputGradient: UnsafePointer<Float>, into projectedGradient: UnsafeMutablePointer<Float>,
    head: Int, first: Int, grid: TokenGrid
  ) {
    let (depth, stride, lanes) = (shape.headWidth, grid.stride, grid.lanes)
    let base = head * depth * stride + first
    let q = projected.pointer + base
    let k = q + shape.width * stride
    let v = k + shape.width * stride
    let dq = projectedGradient + base
    let dk = dq + shape.width * stride
    let dv = dk + shape.width * stride
    let dout = outputGradient + base
    let state = statePointer(head: head, first: first)
    let dstate = stateGradient.pointer
    let one = Lanes(repeating: 1)
    let rowStride = options.chunk * laneCount
    options.decayPowers.withUnsafeBufferPointer { powers in
      let gamma = powers.baseAddress.unsafelyUnwrapped + head * (shape.positions + 1)
      for chunk in (0..<chunkCount).reversed() {
        let start = chunk * options.chunk
        let end = min(start + options.chunk, grid.positions)
        let before = state + (chunk - 1) * stateSize
        for t in start..<end {
          let w = weights.pointer + (t - start) * rowStride
          let dw = weightGradients.pointer + (t - start) * rowStride
          let range = 0..<(t - start + 1)
          pairDots(
            q + t * lanes, k + start * lanes, features: depth, featureStride: stride,
            positionStride: lanes, range: range, scale: 1, into: w)
          pairDots(
            dout + t * lanes, v + start * lanes, features: depth, featureStride: stride,
            positionStride: lanes, range: range, scale: 1, into: dw)
          for s in range {
            let power = gamma[t - start - s]
            w.store(w.lanes(s * laneCount) * power, s * laneCount)
            dw.store(dw.lanes(s * laneCount) * power, s * laneCount)
          }
          weightedSums(
            dw, weightStride: laneCount, k + start * lanes, features: depth,
            featureStride: stride, positionStride: lanes, range: range, scale: one,
            into: dq + t * lanes, resultStride: stride)
          if chunk > 0 {
            // dq[i] += γ^(t−start+1) Σ_j S[i, j] do[j].
            weightedSums(
              dout + t * lanes, weightStride: stride, before, features: depth,
              featureStride: depth * laneCount, positionStride: laneCount, range: 0..<depth,
              scale: one * gamma[t - start + 1], accumulating: true, into: dq + t * lanes,
              resultStride: stride)
          }
        }
        for s in start..<end {
          let range = (s - start)..<(end - start)
          weightedSums(
            weightGradients.pointer + (s - start) * laneCount, weightStride: rowStride,
            q + start * lanes, features: depth, featureStride: stride, positionStride: lanes,
            range: range, scale: one, into: dk + s * lanes, resultStride: stride)
          weightedSums(
            weights.pointer + (s - start) * laneCount, weightStride: rowStride,
            dout + start * lanes, features: depth, featureStride: stride, positionStride: lanes,
            range: range, scale: one, into: dv + s * lanes, resultStride: stride)
          if chunk + 1 < chunkCount {
            // The state after the chunk has γ^(end−1−s) k[i] v[j].
            let scale = one * gamma[end - 1 - s]
            weightedSums(
              v + s * lanes, weightStride: stride, dstate, features: depth,
              featureStride: depth * laneCount, positionStride: laneCount, range: 0..<depth,
              scale: scale, accumulating: true, into: dk + s * lanes, resultStride: stride)
            weightedSums(
              k + s * lanes, weightStride: stride, dstate, features: depth,
              featureStride: laneCount, positionStride: depth * laneCount, range: 0..<depth,
              scale: scale, accumulating: true, into: dv + s * lanes, resultStride: stride)
          }
        }
        if chunk == 0 { break }
        for i in 0..<depth {
          let target = dstate + i * depth * laneCount
          let kept = chunk + 1 < chunkCount ? gamma[end - start] : 0
          for j in Swift.stride(from: 0, to: depth * laneCount, by: laneCount) {
            target.store(kept == 0 ? .zero : target.lanes(j) * kept, j)
          }
          decay(q + i * stride, range: start..<end, lanes: lanes) { gamma[$0 - start + 1] }
          weightedSums(
            decayed.pointer, weightStride: laneCount, dout, features: depth,
            featureStride: stride, positionStride: lanes, range: start..<end, scale: one,
            accumulating: true, into: target, resultStride: laneCount)
        }
      }
    }
  }
}
