/// Rearranges sixteen columns of `[features, columns]` to sixteen rows of features.
///
/// - Parameters:
///   - source: The first of the sixteen columns in the first row.
///   - stride: The distance between the source's rows.
///   - features: The number of rows of the source.
///   - target: The first column's row of features.
///   - targetStride: The distance between the target's rows.
@inline(__always)
func transposeToRows(
  _ source: UnsafePointer<Float>, stride: Int, features: Int,
  into target: UnsafeMutablePointer<Float>, stride targetStride: Int
) {
  let whole = features / laneCount * laneCount
  for f in Swift.stride(from: 0, to: whole, by: laneCount) {
    transposeBlock(source + f * stride, stride, into: target + f, targetStride)
  }
  for f in whole..<features {
    let values = source.lanes(f * stride)
    for lane in 0..<laneCount { target[lane * targetStride + f] = values[lane] }
  }
}

/// Rearranges sixteen rows of features to sixteen columns of `[features, columns]`.
///
/// - Parameters:
///   - source: The first column's row of features.
///   - sourceStride: The distance between the source's rows.
///   - features: The number of features.
///   - target: The first of the sixteen columns in the first row.
///   - stride: The distance between the target's rows.
@inline(__always)
func transposeToColumns(
  _ source: UnsafePointer<Float>, stride sourceStride: Int, features: Int,
  into target: UnsafeMutablePointer<Float>, stride: Int
) {
  let whole = features / laneCount * laneCount
  for f in Swift.stride(from: 0, to: whole, by: laneCount) {
    transposeBlock(source + f, sourceStride, into: target + f * stride, stride)
  }
  for f in whole..<features {
    var values = Lanes.zero
    for lane in 0..<laneCount { values[lane] = source[lane * sourceStride + f] }
    target.store(values, f * stride)
  }
}

/// Separates the even and odd lanes of two vectors.
@inline(__always)
private func separate(_ a: Lanes, _ b: Lanes) -> (even: Lanes, odd: Lanes) {
  (
    Lanes(lowHalf: a.evenHalf, highHalf: b.evenHalf),
    Lanes(lowHalf: a.oddHalf, highHalf: b.oddHalf)
  )
}

/// Transposes 16 × 16 elements.
///
/// Separating neighbouring rows into their even and odd lanes moves the lowest bit of the lane's
/// number to the top of the row's; four times that exchanges the two numbers.
func transposeBlock(
  _ source: UnsafePointer<Float>, _ stride: Int, into target: UnsafeMutablePointer<Float>,
  _ targetStride: Int
) {
  var a0 = source.lanes(0)
  var a1 = source.lanes(stride)
  var a2 = source.lanes(2 * stride)
  var a3 = source.lanes(3 * stride)
  var a4 = source.lanes(4 * stride)
  var a5 = source.lanes(5 * stride)
  var a6 = source.lanes(6 * stride)
  var a7 = source.lanes(7 * stride)
  var a8 = source.lanes(8 * stride)
  var a9 = source.lanes(9 * stride)
  var a10 = source.lanes(10 * stride)
  var a11 = source.lanes(11 * stride)
  var a12 = source.lanes(12 * stride)
  var a13 = source.lanes(13 * stride)
  var a14 = source.lanes(14 * stride)
  var a15 = source.lanes(15 * stride)
  for _ in 0..<4 {
    let (b0, b8) = separate(a0, a1)
    let (b1, b9) = separate(a2, a3)
    let (b2, b10) = separate(a4, a5)
    let (b3, b11) = separate(a6, a7)
    let (b4, b12) = separate(a8, a9)
    let (b5, b13) = separate(a10, a11)
    let (b6, b14) = separate(a12, a13)
    let (b7, b15) = separate(a14, a15)
    (a0, a1, a2, a3) = (b0, b1, b2, b3)
    (a4, a5, a6, a7) = (b4, b5, b6, b7)
    (a8, a9, a10, a11) = (b8, b9, b10, b11)
    (a12, a13, a14, a15) = (b12, b13, b14, b15)
  }
  target.store(a0, 0)
  target.store(a1, targetStride)
  target.store(a2, 2 * targetStride)
  target.store(a3, 3 * targetStride)
  target.store(a4, 4 * targetStride)
  target.store(a5, 5 * targetStride)
  target.store(a6, 6 * targetStride)
  target.store(a7, 7 * targetStride)
  target.store(a8, 8 * targetStride)
  target.store(a9, 9 * targetStride)
  target.store(a10, 10 * targetStride)
  target.store(a11, 11 * targetStride)
  target.store(a12, 12 * targetStride)
  target.store(a13, 13 * targetStride)
  target.store(a14, 14 * targetStride)
  target.store(a15, 15 * targetStride)
}
