/// Rows of C channels, one row for each node of a tree, with the head innermost: `c = d H + h`.
///
/// One vector then holds all heads of some channels. What is summed over the channels of each head
/// comes out for all heads side by side, and a number for each head is a vector that repeats.
///
/// Columns `[C, columns]`, as products compute them, have the head outermost, `c = h D + d`.
final class HeadInnermostRows {
  private let width: Int
  /// For each channel of a row, the row of the columns' array that it comes from.
  private let order: UnsafeMutablePointer<Int>

  init(shape: DecoderShape) {
    width = shape.width
    order = .allocate(capacity: shape.width)
    for c in 0..<shape.width {
      order[c] = c % shape.heads * shape.headWidth + c / shape.heads
    }
  }

  deinit { order.deallocate() }

  /// Whether vectors hold whole numbers of all heads, and rows whole numbers of vectors.
  static func fills(_ shape: DecoderShape) -> Bool {
    shape.width % laneCount == 0 && laneCount % shape.heads == 0
  }

  /// Copies columns to rows.
  ///
  /// - Parameters:
  ///   - source: `[C, columns]`.
  ///   - stride: The distance between the source's rows.
  ///   - columns: The number of columns, a multiple of the lane count.
  ///   - target: `[columns, C]`.
  func gather(
    _ source: UnsafePointer<Float>, stride: Int, columns: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    let (width, order) = (width, order)
    for first in Swift.stride(from: 0, to: columns, by: laneCount) {
      let rows = target + first * width
      var c = 0
      while c + laneCount <= width {
        let base = c
        transposeBlock(source + first, into: rows + base) {
          order[base + $0] * stride
        } to: {
          $0 * width
        }
        c += laneCount
      }
      while c < width {
        let values = source.lanes(order[c] * stride + first)
        for lane in 0..<laneCount { rows[lane * width + c] = values[lane] }
        c += 1
      }
    }
  }

  /// Copies rows back to columns.
  ///
  /// - Parameters:
  ///   - source: `[columns, C]`.
  ///   - columns: The number of columns, a multiple of the lane count.
  ///   - target: `[C, columns]`.
  ///   - stride: The distance between the target's rows.
  func scatter(
    _ source: UnsafePointer<Float>, columns: Int, into target: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    let (width, order) = (width, order)
    for first in Swift.stride(from: 0, to: columns, by: laneCount) {
      let rows = source + first * width
      var c = 0
      while c + laneCount <= width {
        let base = c
        transposeBlock(rows + base, into: target + first) {
          $0 * width
        } to: {
          order[base + $0] * stride
        }
        c += laneCount
      }
      while c < width {
        var values = Lanes.zero
        for lane in 0..<laneCount { values[lane] = rows[lane * width + c] }
        target.store(values, order[c] * stride + first)
        c += 1
      }
    }
  }
}
