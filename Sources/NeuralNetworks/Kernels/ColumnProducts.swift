// Matrix products on columns: `[features, columns]` arrays whose rows are contiguous, times small
// weight matrices. Nothing is packed: a tile of results stays in registers, vectors of columns
// are loaded, weights are broadcast.
//
// Products and sums are separate operations. Zen 5 runs both in parallel and reaches the rate of
// fused ones; without `-march` a fused operation would be a call for each lane.

/// What a product starts from.
enum ProductStart {
  case zero
  /// The result's own content.
  case content
  /// A constant for each row.
  case bias(UnsafePointer<Float>)
  /// The result's own content plus a constant for each row.
  case contentAndBias(UnsafePointer<Float>)
}

/// Computes `Y[o, j] = start[o, j] + Σ_i W[o, i] X[i, j]`.
///
/// - Parameters:
///   - w: `W`, with element `[o, i]` at `o · rowStride + i · columnStride`.
///   - rowStride: The distance between rows of `W`.
///   - columnStride: The distance between columns of `W`.
///   - x: `X`, `[k, n]`, rows `xStride` apart.
///   - xStride: The distance between rows of `X`.
///   - y: `Y`, `[m, n]`, rows `yStride` apart; must not overlap `X`.
///   - yStride: The distance between rows of `Y`.
///   - m: The number of rows of `Y`.
///   - n: The number of columns; whole vectors are computed, so rows hold `n` rounded up.
///   - k: The number of terms.
///   - start: What is added.
func multiplyColumns(
  _ w: UnsafePointer<Float>, rowStride: Int, columnStride: Int, _ x: UnsafePointer<Float>,
  _ xStride: Int, into y: UnsafeMutablePointer<Float>, _ yStride: Int, m: Int, n: Int, k: Int,
  start: ProductStart
) {
  let columns = paddedToLanes(n)
  assert(k <= 1 || xStride >= columns, "rows of X overlap: \(xStride) < \(columns)")
  assert(m <= 1 || yStride >= columns, "rows of Y overlap: \(yStride) < \(columns)")
  var keeps = false
  var bias: UnsafePointer<Float>?
  switch start {
  case .zero: break
  case .content: keeps = true
  case .bias(let values): bias = values
  case .contentAndBias(let values): (keeps, bias) = (true, values)
  }
  var j = 0
  while j < columns {
    let vectors = min(3, (columns - j) / laneCount)
    var o = 0
    while o + 8 <= m {
      let (wo, yo) = (w + o * rowStride, y + o * yStride + j)
      if vectors == 3 {
        productTile8x3(
          wo, rowStride, columnStride, x + j, xStride, yo, yStride, k, bias.map { $0 + o }, keeps)
      } else if vectors == 2 {
        productTile8x2(
          wo, rowStride, columnStride, x + j, xStride, yo, yStride, k, bias.map { $0 + o }, keeps)
      } else {
        productTile8x1(
          wo, rowStride, columnStride, x + j, xStride, yo, yStride, k, bias.map { $0 + o }, keeps)
      }
      o += 8
    }
    while o < m {
      let value = bias.map { $0[o] } ?? 0
      for part in 0..<vectors {
        let place = o * yStride + j + part * laneCount
        var s = Lanes(repeating: value)
        if keeps { s += y.lanes(place) }
        var (wp, xp) = (w + o * rowStride, x + j + part * laneCount)
        for _ in 0..<k {
          s += xp.lanes(0) * wp[0]
          wp += columnStride
          xp += xStride
        }
        y.store(s, place)
      }
      o += 1
    }
    j += vectors * laneCount
  }
}

/// Eight rows and three vectors of columns: 24 sums, 3 vectors of `X` and a weight in registers.
@inline(__always)
private func productTile8x3(
  _ w: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int, _ x: UnsafePointer<Float>,
  _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int, _ k: Int,
  _ bias: UnsafePointer<Float>?, _ keeps: Bool
) {
  var s00 = Lanes.zero
  var s10 = Lanes.zero
  var s20 = Lanes.zero
  var s30 = Lanes.zero
  var s40 = Lanes.zero
  var s50 = Lanes.zero
  var s60 = Lanes.zero
  var s70 = Lanes.zero
  if let bias {
    s00 = Lanes(repeating: bias[0])
    s10 = Lanes(repeating: bias[1])
    s20 = Lanes(repeating: bias[2])
    s30 = Lanes(repeating: bias[3])
    s40 = Lanes(repeating: bias[4])
    s50 = Lanes(repeating: bias[5])
    s60 = Lanes(repeating: bias[6])
    s70 = Lanes(repeating: bias[7])
  }
  var s01 = s00
  var s11 = s10
  var s21 = s20
  var s31 = s30
  var s41 = s40
  var s51 = s50
  var s61 = s60
  var s71 = s70
  var s02 = s00
  var s12 = s10
  var s22 = s20
  var s32 = s30
  var s42 = s40
  var s52 = s50
  var s62 = s60
  var s72 = s70
  var (wp, xp) = (w, x)
  for _ in 0..<k {
    let x0 = xp.lanes(0)
    let x1 = xp.lanes(16)
    let x2 = xp.lanes(32)
    var v = wp[0]
    s00 += x0 * v
    s01 += x1 * v
    s02 += x2 * v
    v = wp[rowStride]
    s10 += x0 * v
    s11 += x1 * v
    s12 += x2 * v
    v = wp[2 * rowStride]
    s20 += x0 * v
    s21 += x1 * v
    s22 += x2 * v
    v = wp[3 * rowStride]
    s30 += x0 * v
    s31 += x1 * v
    s32 += x2 * v
    v = wp[4 * rowStride]
    s40 += x0 * v
    s41 += x1 * v
    s42 += x2 * v
    v = wp[5 * rowStride]
    s50 += x0 * v
    s51 += x1 * v
    s52 += x2 * v
    v = wp[6 * rowStride]
    s60 += x0 * v
    s61 += x1 * v
    s62 += x2 * v
    v = wp[7 * rowStride]
    s70 += x0 * v
    s71 += x1 * v
    s72 += x2 * v
    wp += columnStride
    xp += xStride
  }
  storeRow(y, s00, s01, s02, keeps)
  storeRow(y + yStride, s10, s11, s12, keeps)
  storeRow(y + 2 * yStride, s20, s21, s22, keeps)
  storeRow(y + 3 * yStride, s30, s31, s32, keeps)
  storeRow(y + 4 * yStride, s40, s41, s42, keeps)
  storeRow(y + 5 * yStride, s50, s51, s52, keeps)
  storeRow(y + 6 * yStride, s60, s61, s62, keeps)
  storeRow(y + 7 * yStride, s70, s71, s72, keeps)
}

@inline(__always)
private func storeRow(
  _ y: UnsafeMutablePointer<Float>, _ s0: Lanes, _ s1: Lanes, _ s2: Lanes, _ keeps: Bool
) {
  if keeps {
    y.store(y.lanes(0) + s0, 0)
    y.store(y.lanes(16) + s1, 16)
    y.store(y.lanes(32) + s2, 32)
  } else {
    y.store(s0, 0)
    y.store(s1, 16)
    y.store(s2, 32)
  }
}

/// Eight rows and two vectors of columns.
@inline(__always)
private func productTile8x2(
  _ w: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int, _ x: UnsafePointer<Float>,
  _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int, _ k: Int,
  _ bias: UnsafePointer<Float>?, _ keeps: Bool
) {
  var s00 = Lanes.zero
  var s10 = Lanes.zero
  var s20 = Lanes.zero
  var s30 = Lanes.zero
  var s40 = Lanes.zero
  var s50 = Lanes.zero
  var s60 = Lanes.zero
  var s70 = Lanes.zero
  if let bias {
    s00 = Lanes(repeating: bias[0])
    s10 = Lanes(repeating: bias[1])
    s20 = Lanes(repeating: bias[2])
    s30 = Lanes(repeating: bias[3])
    s40 = Lanes(repeating: bias[4])
    s50 = Lanes(repeating: bias[5])
    s60 = Lanes(repeating: bias[6])
    s70 = Lanes(repeating: bias[7])
  }
  var s01 = s00
  var s11 = s10
  var s21 = s20
  var s31 = s30
  var s41 = s40
  var s51 = s50
  var s61 = s60
  var s71 = s70
  var (wp, xp) = (w, x)
  for _ in 0..<k {
    let x0 = xp.lanes(0)
    let x1 = xp.lanes(16)
    var v = wp[0]
    s00 += x0 * v
    s01 += x1 * v
    v = wp[rowStride]
    s10 += x0 * v
    s11 += x1 * v
    v = wp[2 * rowStride]
    s20 += x0 * v
    s21 += x1 * v
    v = wp[3 * rowStride]
    s30 += x0 * v
    s31 += x1 * v
    v = wp[4 * rowStride]
    s40 += x0 * v
    s41 += x1 * v
    v = wp[5 * rowStride]
    s50 += x0 * v
    s51 += x1 * v
    v = wp[6 * rowStride]
    s60 += x0 * v
    s61 += x1 * v
    v = wp[7 * rowStride]
    s70 += x0 * v
    s71 += x1 * v
    wp += columnStride
    xp += xStride
  }
  storeRow(y, s00, s01, keeps)
  storeRow(y + yStride, s10, s11, keeps)
  storeRow(y + 2 * yStride, s20, s21, keeps)
  storeRow(y + 3 * yStride, s30, s31, keeps)
  storeRow(y + 4 * yStride, s40, s41, keeps)
  storeRow(y + 5 * yStride, s50, s51, keeps)
  storeRow(y + 6 * yStride, s60, s61, keeps)
  storeRow(y + 7 * yStride, s70, s71, keeps)
}

@inline(__always)
private func storeRow(_ y: UnsafeMutablePointer<Float>, _ s0: Lanes, _ s1: Lanes, _ keeps: Bool) {
  y.store(keeps ? y.lanes(0) + s0 : s0, 0)
  y.store(keeps ? y.lanes(16) + s1 : s1, 16)
}

/// Eight rows and one vector of columns.
@inline(__always)
private func productTile8x1(
  _ w: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int, _ x: UnsafePointer<Float>,
  _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int, _ k: Int,
  _ bias: UnsafePointer<Float>?, _ keeps: Bool
) {
  var s0 = Lanes.zero
  var s1 = Lanes.zero
  var s2 = Lanes.zero
  var s3 = Lanes.zero
  var s4 = Lanes.zero
  var s5 = Lanes.zero
  var s6 = Lanes.zero
  var s7 = Lanes.zero
  if let bias {
    s0 = Lanes(repeating: bias[0])
    s1 = Lanes(repeating: bias[1])
    s2 = Lanes(repeating: bias[2])
    s3 = Lanes(repeating: bias[3])
    s4 = Lanes(repeating: bias[4])
    s5 = Lanes(repeating: bias[5])
    s6 = Lanes(repeating: bias[6])
    s7 = Lanes(repeating: bias[7])
  }
  if keeps {
    s0 += y.lanes(0)
    s1 += y.lanes(yStride)
    s2 += y.lanes(2 * yStride)
    s3 += y.lanes(3 * yStride)
    s4 += y.lanes(4 * yStride)
    s5 += y.lanes(5 * yStride)
    s6 += y.lanes(6 * yStride)
    s7 += y.lanes(7 * yStride)
  }
  var (wp, xp) = (w, x)
  for _ in 0..<k {
    let x0 = xp.lanes(0)
    s0 += x0 * wp[0]
    s1 += x0 * wp[rowStride]
    s2 += x0 * wp[2 * rowStride]
    s3 += x0 * wp[3 * rowStride]
    s4 += x0 * wp[4 * rowStride]
    s5 += x0 * wp[5 * rowStride]
    s6 += x0 * wp[6 * rowStride]
    s7 += x0 * wp[7 * rowStride]
    wp += columnStride
    xp += xStride
  }
  y.store(s0, 0)
  y.store(s1, yStride)
  y.store(s2, 2 * yStride)
  y.store(s3, 3 * yStride)
  y.store(s4, 4 * yStride)
  y.store(s5, 5 * yStride)
  y.store(s6, 6 * yStride)
  y.store(s7, 7 * yStride)
}

/// Computes `C[o, i] += Σ_j G[o, j] X[i, j]`, the sum of outer products over all columns.
///
/// - Parameters:
///   - g: `G`, `[m, n]`, rows `stride` apart.
///   - m: The number of rows of `G`.
///   - x: `X`, `[k, n]`, rows `stride` apart.
///   - k: The number of rows of `X`.
///   - stride: The distance between rows of `G` and of `X`.
///   - n: The number of columns, a multiple of the lane count.
///   - c: `C`, `[m, k]`, accumulated into.
///   - rowStride: The distance between rows of `C`; k if nil.
func accumulateOuterProducts(
  _ g: UnsafePointer<Float>, m: Int, _ x: UnsafePointer<Float>, k: Int, stride: Int, n: Int,
  into c: UnsafeMutablePointer<Float>, rowStride: Int? = nil
) {
  assert(n % laneCount == 0 && n <= stride, "\(n) columns in rows of \(stride)")
  let rowStride = rowStride ?? k
  assert(rowStride >= k, "rows of C overlap: \(rowStride) < \(k)")
  var o = 0
  while o + 4 <= m {
    var i = 0
    while i + 4 <= k {
      outerTile4x4(
        g + o * stride, x + i * stride, stride, n, c + o * rowStride + i, rowStride)
      i += 4
    }
    while i < k {
      for r in 0..<4 {
        c[(o + r) * rowStride + i] += rowDot(g + (o + r) * stride, x + i * stride, n)
      }
      i += 1
    }
    o += 4
  }
  while o < m {
    for i in 0..<k { c[o * rowStride + i] += rowDot(g + o * stride, x + i * stride, n) }
    o += 1
  }
}

@inline(__always)
private func rowDot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ n: Int) -> Float {
  var s = Lanes.zero
  for j in stride(from: 0, to: n, by: laneCount) { s += a.lanes(j) * b.lanes(j) }
  return s.sum()
}

@inline(__always)
private func outerTile4x4(
  _ g: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ stride: Int, _ n: Int,
  _ c: UnsafeMutablePointer<Float>, _ k: Int
) {
  var s00 = Lanes.zero
  var s01 = Lanes.zero
  var s02 = Lanes.zero
  var s03 = Lanes.zero
  var s10 = Lanes.zero
  var s11 = Lanes.zero
  var s12 = Lanes.zero
  var s13 = Lanes.zero
  var s20 = Lanes.zero
  var s21 = Lanes.zero
  var s22 = Lanes.zero
  var s23 = Lanes.zero
  var s30 = Lanes.zero
  var s31 = Lanes.zero
  var s32 = Lanes.zero
  var s33 = Lanes.zero
  for j in Swift.stride(from: 0, to: n, by: laneCount) {
    let x0 = x.lanes(j)
    let x1 = x.lanes(stride + j)
    let x2 = x.lanes(2 * stride + j)
    let x3 = x.lanes(3 * stride + j)
    var v = g.lanes(j)
    s00 += v * x0
    s01 += v * x1
    s02 += v * x2
    s03 += v * x3
    v = g.lanes(stride + j)
    s10 += v * x0
    s11 += v * x1
    s12 += v * x2
    s13 += v * x3
    v = g.lanes(2 * stride + j)
    s20 += v * x0
    s21 += v * x1
    s22 += v * x2
    s23 += v * x3
    v = g.lanes(3 * stride + j)
    s30 += v * x0
    s31 += v * x1
    s32 += v * x2
    s33 += v * x3
  }
  addSums(c, s00, s01, s02, s03)
  addSums(c + k, s10, s11, s12, s13)
  addSums(c + 2 * k, s20, s21, s22, s23)
  addSums(c + 3 * k, s30, s31, s32, s33)
}

/// Adds the sums over lanes of four vectors to four elements.
@inline(__always)
private func addSums(
  _ c: UnsafeMutablePointer<Float>, _ a: Lanes, _ b: Lanes, _ d: Lanes, _ e: Lanes
) {
  c[0] += laneSum(a)
  c[1] += laneSum(b)
  c[2] += laneSum(d)
  c[3] += laneSum(e)
}
