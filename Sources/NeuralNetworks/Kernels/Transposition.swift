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
  for f in 0..<features {
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
  for f in 0..<features {
    var values = Lanes.zero
    for lane in 0..<laneCount { values[lane] = source[lane * sourceStride + f] }
    target.store(values, f * stride)
  }
}
