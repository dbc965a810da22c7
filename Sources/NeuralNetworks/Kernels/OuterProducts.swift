/// Per-string sums of outer products, the weight part of a Jacobian.
///
/// For each string `b` of the batch, `row_b[o, i] = Σ_t g[o, t, b] a[i, t, b]`.
struct OuterProducts {
  private let scratch: FloatBuffer
  private let positions: Int
  private let widest: Int

  /// Allocates scratch for up to `widest` rows in each factor.
  init(positions: Int, widest: Int) {
    self.positions = positions
    self.widest = widest
    scratch = FloatBuffer(2 * laneCount * Self.stringStride(positions * widest))
  }

  /// An odd number of vectors, so that the strings of a group do not share cache sets.
  @inline(__always)
  private static func stringStride(_ count: Int) -> Int { (count / laneCount + 1 | 1) * laneCount }

  /// Writes `Σ_t g aᵀ` of every string to its row.
  ///
  /// - Parameters:
  ///   - g: `[m, columns]`.
  ///   - m: The number of rows of `g`.
  ///   - a: `[k, columns]`.
  ///   - k: The number of rows of `a`.
  ///   - rows: The place of the first string's `[m, k]` result.
  ///   - rowStride: The distance between strings' results.
  ///   - grid: The columns.
  func write(
    _ g: UnsafePointer<Float>, m: Int, _ a: UnsafePointer<Float>, k: Int,
    rows: UnsafeMutablePointer<Float>, rowStride: Int, grid: TokenGrid
  ) {
    precondition(m <= widest && k <= widest)
    assert(grid.positions <= positions, "\(grid.positions) positions, scratch for \(positions)")
    assert(grid.count <= 1 || rowStride >= m * k, "results overlap: \(rowStride) < \(m * k)")
    let gStride = Self.stringStride(positions * m)
    let aStride = Self.stringStride(positions * k)
    let left = scratch.pointer
    let right = scratch.pointer + laneCount * Self.stringStride(positions * widest)
    for first in stride(from: 0, to: grid.count, by: laneCount) {
      transposeToStrings(g + first, rows: m, grid: grid, into: left, stringStride: gStride)
      transposeToStrings(a + first, rows: k, grid: grid, into: right, stringStride: aStride)
      for lane in 0..<min(laneCount, grid.count - first) {
        sumOuterProducts(
          left + lane * gStride, m, right + lane * aStride, k, terms: grid.positions,
          into: rows + (first + lane) * rowStride)
      }
    }
  }
}

/// Rearranges sixteen strings' columns to `[string, position, feature]`.
@inline(__always)
private func transposeToStrings(
  _ source: UnsafePointer<Float>, rows: Int, grid: TokenGrid,
  into target: UnsafeMutablePointer<Float>, stringStride: Int
) {
  for t in 0..<grid.positions {
    transposeToRows(
      source + t * grid.lanes, stride: grid.stride, features: rows, into: target + t * rows,
      stride: stringStride)
  }
}

/// Computes `C[m, k] = Σ_t G[t, m] A[t, k]`.
private func sumOuterProducts(
  _ g: UnsafePointer<Float>, _ m: Int, _ a: UnsafePointer<Float>, _ k: Int, terms: Int,
  into c: UnsafeMutablePointer<Float>
) {
  let pairs = k / (2 * laneCount) * 2 * laneCount
  let vectors = k / laneCount * laneCount
  var o = 0
  while o + 4 <= m {
    let g0 = g + o
    let c0 = c + o * k
    for i in stride(from: 0, to: pairs, by: 2 * laneCount) {
      var s00 = Lanes.zero
      var s01 = Lanes.zero
      var s10 = Lanes.zero
      var s11 = Lanes.zero
      var s20 = Lanes.zero
      var s21 = Lanes.zero
      var s30 = Lanes.zero
      var s31 = Lanes.zero
      for t in 0..<terms {
        let a0 = a.lanes(t * k + i)
        let a1 = a.lanes(t * k + i + laneCount)
        let gt = g0 + t * m
        s00 += a0 * gt[0]
        s01 += a1 * gt[0]
        s10 += a0 * gt[1]
        s11 += a1 * gt[1]
        s20 += a0 * gt[2]
        s21 += a1 * gt[2]
        s30 += a0 * gt[3]
        s31 += a1 * gt[3]
      }
      c0.store(s00, i)
      c0.store(s01, i + laneCount)
      c0.store(s10, k + i)
      c0.store(s11, k + i + laneCount)
      c0.store(s20, 2 * k + i)
      c0.store(s21, 2 * k + i + laneCount)
      c0.store(s30, 3 * k + i)
      c0.store(s31, 3 * k + i + laneCount)
    }
    for i in stride(from: pairs, to: vectors, by: laneCount) {
      var s0 = Lanes.zero
      var s1 = Lanes.zero
      var s2 = Lanes.zero
      var s3 = Lanes.zero
      for t in 0..<terms {
        let a0 = a.lanes(t * k + i)
        let gt = g0 + t * m
        s0 += a0 * gt[0]
        s1 += a0 * gt[1]
        s2 += a0 * gt[2]
        s3 += a0 * gt[3]
      }
      c0.store(s0, i)
      c0.store(s1, k + i)
      c0.store(s2, 2 * k + i)
      c0.store(s3, 3 * k + i)
    }
    for i in vectors..<k {
      for r in 0..<4 {
        var s: Float = 0
        for t in 0..<terms { s += a[t * k + i] * g0[t * m + r] }
        c0[r * k + i] = s
      }
    }
    o += 4
  }
  while o < m {
    for i in stride(from: 0, to: vectors, by: laneCount) {
      var s = Lanes.zero
      for t in 0..<terms { s += a.lanes(t * k + i) * g[t * m + o] }
      c.store(s, o * k + i)
    }
    for i in vectors..<k {
      var s: Float = 0
      for t in 0..<terms { s += a[t * k + i] * g[t * m + o] }
      c[o * k + i] = s
    }
    o += 1
  }
}
