// The two products of attention and retention, on sixteen strings at once. Arrays are read as
// `array[feature · featureStride + position · positionStride]`, each element a vector.

/// Computes `w[s] = scale · Σ_d a[d] x[d, s]` for `s` in a range.
///
/// - Parameters:
///   - a: `a`, its features `featureStride` apart.
///   - x: `x`, `featureStride` and `positionStride` apart.
///   - features: The number of features.
///   - featureStride: The distance between features, of `a` and of `x`.
///   - positionStride: The distance between positions of `x`.
///   - range: The positions.
///   - scale: The factor of every result.
///   - w: The results, a vector for each position; `w[s]` is at `s · 16`.
@inline(__always)
func pairDots(
  _ a: UnsafePointer<Float>, _ x: UnsafePointer<Float>, features: Int, featureStride: Int,
  positionStride: Int, range: Range<Int>, scale: Float, into w: UnsafeMutablePointer<Float>
) {
  assert(features <= 1 || featureStride >= laneCount, "features overlap: \(featureStride)")
  assert(range.count <= 1 || positionStride >= laneCount, "positions overlap: \(positionStride)")
  var s = range.lowerBound
  while s + 4 <= range.upperBound {
    var w0 = Lanes.zero
    var w1 = Lanes.zero
    var w2 = Lanes.zero
    var w3 = Lanes.zero
    var xs = x + s * positionStride
    var ad = a
    for _ in 0..<features {
      let value = ad.lanes(0)
      w0 += value * xs.lanes(0)
      w1 += value * xs.lanes(positionStride)
      w2 += value * xs.lanes(2 * positionStride)
      w3 += value * xs.lanes(3 * positionStride)
      xs += featureStride
      ad += featureStride
    }
    w.store(w0 * scale, s * laneCount)
    w.store(w1 * scale, (s + 1) * laneCount)
    w.store(w2 * scale, (s + 2) * laneCount)
    w.store(w3 * scale, (s + 3) * laneCount)
    s += 4
  }
  while s < range.upperBound {
    var w0 = Lanes.zero
    let xs = x + s * positionStride
    for d in 0..<features { w0 += a.lanes(d * featureStride) * xs.lanes(d * featureStride) }
    w.store(w0 * scale, s * laneCount)
    s += 1
  }
}

/// Computes `y[d] = scale · Σ_s w[s] x[d, s]`, or adds it to `y`.
///
/// - Parameters:
///   - w: The weights.
///   - weightStride: The distance between weights.
///   - x: `x`, `featureStride` and `positionStride` apart.
///   - features: The number of features.
///   - featureStride: The distance between features of `x`.
///   - positionStride: The distance between positions of `x`.
///   - range: The positions `s`.
///   - scale: The factor of every result.
///   - accumulating: Whether to add to `y`.
///   - y: The results.
///   - resultStride: The distance between features of `y`.
@inline(__always)
func weightedSums(
  _ w: UnsafePointer<Float>, weightStride: Int, _ x: UnsafePointer<Float>, features: Int,
  featureStride: Int, positionStride: Int, range: Range<Int>, scale: Lanes,
  accumulating: Bool = false, into y: UnsafeMutablePointer<Float>, resultStride: Int
) {
  assert(features <= 1 || featureStride >= laneCount, "features overlap: \(featureStride)")
  assert(features <= 1 || resultStride >= laneCount, "results overlap: \(resultStride)")
  var d = 0
  while d + 4 <= features {
    var y0 = Lanes.zero
    var y1 = Lanes.zero
    var y2 = Lanes.zero
    var y3 = Lanes.zero
    var xs = x + d * featureStride + range.lowerBound * positionStride
    var ws = w + range.lowerBound * weightStride
    for _ in range {
      let weight = ws.lanes(0)
      y0 += weight * xs.lanes(0)
      y1 += weight * xs.lanes(featureStride)
      y2 += weight * xs.lanes(2 * featureStride)
      y3 += weight * xs.lanes(3 * featureStride)
      xs += positionStride
      ws += weightStride
    }
    let target = y + d * resultStride
    if accumulating {
      target.store(target.lanes(0) + y0 * scale, 0)
      target.store(target.lanes(resultStride) + y1 * scale, resultStride)
      target.store(target.lanes(2 * resultStride) + y2 * scale, 2 * resultStride)
      target.store(target.lanes(3 * resultStride) + y3 * scale, 3 * resultStride)
    } else {
      target.store(y0 * scale, 0)
      target.store(y1 * scale, resultStride)
      target.store(y2 * scale, 2 * resultStride)
      target.store(y3 * scale, 3 * resultStride)
    }
    d += 4
  }
  while d < features {
    var y0 = Lanes.zero
    for s in range {
      y0 += w.lanes(s * weightStride) * x.lanes(d * featureStride + s * positionStride)
    }
    let target = y + d * resultStride
    target.store(accumulating ? target.lanes(0) + y0 * scale : y0 * scale, 0)
    d += 1
  }
}
