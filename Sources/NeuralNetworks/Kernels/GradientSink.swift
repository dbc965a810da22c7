/// Where parameter gradients go.
enum GradientSink {
  /// Accumulated over the batch into one `[P]` buffer.
  case sum(UnsafeMutablePointer<Float>)
  /// Written to one row for each string, rows `stride` apart.
  case rows(UnsafeMutablePointer<Float>, stride: Int)
}

/// Gives `Σ_t a[f, t, b]`, or `Σ_t a[f, t, b] m[f, t, b]`, to the sink for every feature.
///
/// - Parameters:
///   - a: `[features, columns]`; its padding columns are zero.
///   - multiplier: `m`, of the same shape, or nil for ones.
///   - features: The number of rows.
///   - offset: The first feature's place among the parameters.
///   - sink: Where the sums go.
///   - grid: The columns.
func reduceColumns(
  _ a: UnsafePointer<Float>, multiplier: UnsafePointer<Float>? = nil, features: Int, offset: Int,
  sink: GradientSink, grid: TokenGrid
) {
  assert(features >= 0 && offset >= 0, "features \(features) at \(offset)")
  switch sink {
  case .sum(let gradient):
    for f in 0..<features {
      let row = a + f * grid.stride
      var total = Lanes.zero
      if let multiplier {
        let other = multiplier + f * grid.stride
        for i in stride(from: 0, to: grid.columns, by: laneCount) {
          total += row.lanes(i) * other.lanes(i)
        }
      } else {
        for i in stride(from: 0, to: grid.columns, by: laneCount) { total += row.lanes(i) }
      }
      gradient[offset + f] += laneSum(total)
    }
  case .rows(let rows, let rowStride):
    assert(offset + features <= rowStride, "rows of \(rowStride) do not hold \(offset + features)")
    for first in stride(from: 0, to: grid.count, by: laneCount) {
      let filled = min(laneCount, grid.count - first)
      for f in 0..<features {
        let row = a + f * grid.stride + first
        var total = Lanes.zero
        if let multiplier {
          let other = multiplier + f * grid.stride + first
          for t in 0..<grid.positions {
            total += row.lanes(t * grid.lanes) * other.lanes(t * grid.lanes)
          }
        } else {
          for t in 0..<grid.positions { total += row.lanes(t * grid.lanes) }
        }
        let target = rows + first * rowStride + offset + f
        for lane in 0..<filled { target[lane * rowStride] = total[lane] }
      }
    }
  }
}
