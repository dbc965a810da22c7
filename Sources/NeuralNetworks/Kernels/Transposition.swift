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
  assert(features <= targetStride, "\(features) features in rows of \(targetStride)")
  let whole = features / laneCount * laneCount
  for f in Swift.stride(from: 0, to: whole, by: laneCount) {
    transposeBlock(source + f * stride, into: target + f) {
      $0 * stride
    } to: {
      $0 * targetStride
    }
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
    transposeBlock(source + f, into: target + f * stride) {
      $0 * sourceStride
    } to: {
      $0 * stride
    }
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
///
/// - Parameters:
///   - source: Where the rows are.
///   - target: Where the columns go.
///   - row: The offset of each row.
///   - column: The offset at which each column is stored.
@inline(__always)
func transposeBlock(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
  from row: (Int) -> Int, to column: (Int) -> Int
) {
  var a0 = source.lanes(row(0))
  var a1 = source.lanes(row(1))
  var a2 = source.lanes(row(2))
  var a3 = source.lanes(row(3))
  var a4 = source.lanes(row(4))
  var a5 = source.lanes(row(5))
  var a6 = source.lanes(row(6))
  var a7 = source.lanes(row(7))
  var a8 = source.lanes(row(8))
  var a9 = source.lanes(row(9))
  var a10 = source.lanes(row(10))
  var a11 = source.lanes(row(11))
  var a12 = source.lanes(row(12))
  var a13 = source.lanes(row(13))
  var a14 = source.lanes(row(14))
  var a15 = source.lanes(row(15))
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
  target.store(a0, column(0))
  target.store(a1, column(1))
  target.store(a2, column(2))
  target.store(a3, column(3))
  target.store(a4, column(4))
  target.store(a5, column(5))
  target.store(a6, column(6))
  target.store(a7, column(7))
  target.store(a8, column(8))
  target.store(a9, column(9))
  target.store(a10, column(10))
  target.store(a11, column(11))
  target.store(a12, column(12))
  target.store(a13, column(13))
  target.store(a14, column(14))
  target.store(a15, column(15))
}
