/// Sixteen numbers side by side: one AVX-512 register, two AVX or four SSE ones.
///
/// The kernels keep features in rows and strings in columns, so that sixteen strings go through
/// every operation together and no sum crosses lanes.
typealias Lanes = SIMD16<Float>

/// The number of strings that a kernel handles together.
let laneCount = 16

/// Returns `count` rounded up to whole vectors.
@inline(__always)
func paddedToLanes(_ count: Int) -> Int { (count + laneCount - 1) / laneCount * laneCount }

extension UnsafePointer<Float> {
  /// Loads sixteen elements.
  @inline(__always)
  func lanes(_ offset: Int) -> Lanes {
    UnsafeRawPointer(self + offset).loadUnaligned(as: Lanes.self)
  }
}

extension UnsafeMutablePointer<Float> {
  /// Loads sixteen elements.
  @inline(__always)
  func lanes(_ offset: Int) -> Lanes {
    UnsafeRawPointer(self + offset).loadUnaligned(as: Lanes.self)
  }

  /// Stores sixteen elements.
  @inline(__always)
  func store(_ value: Lanes, _ offset: Int) {
    UnsafeMutableRawPointer(self + offset).storeBytes(of: value, as: Lanes.self)
  }
}

/// Returns `exp x` with a relative error below 2e-7, saturating outside [−87, 88].
///
/// `x = n ln 2 + r` with `|r| ≤ ln 2 / 2`, and the polynomial for `exp r` is that of the Cephes
/// library's `expf`. Adding 1.5 · 2²³ rounds to an integer and leaves it in the low bits.
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  var clamped = x.replacing(with: -87, where: x .< -87)
  clamped = clamped.replacing(with: 88, where: clamped .> 88)
  let shifted = clamped * 1.442_695_04 + 12_582_912
  let n = shifted - 12_582_912
  let r = clamped - n * 0.693_359_375 + n * 2.121_944_4e-4
  var p = r * 1.987_569_15e-4 + 1.398_199_95e-3
  p = p * r + 8.333_451_9e-3
  p = p * r + 4.166_579_59e-2
  p = p * r + 0.166_666_655
  p = p * r + 0.500_000_012
  p = p * (r * r) + r + 1
  let exponent = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23
  return unsafeBitCast(unsafeBitCast(p, to: SIMD16<Int32>.self) &+ exponent, to: Lanes.self)
}

/// Returns `1 / (1 + exp(−x))`.
@inline(__always)
func logistic(_ x: Lanes) -> Lanes { 1 / (1 + exponential(-x)) }

/// Returns `1 / √x` for normal positive `x`, with a relative error below 3e-7.
///
/// Three Newton steps from the shifted bit pattern, since `squareRoot()` on vectors is done lane
/// by lane.
@inline(__always)
func reciprocalSquareRoot(_ x: Lanes) -> Lanes {
  let bits =
    SIMD16<Int32>(repeating: 0x5F37_59DF) &- (unsafeBitCast(x, to: SIMD16<Int32>.self) &>> 1)
  var y = unsafeBitCast(bits, to: Lanes.self)
  let half = x * 0.5
  y = y * (1.5 - half * y * y)
  y = y * (1.5 - half * y * y)
  y = y * (1.5 - half * y * y)
  return y
}

/// Memory for Float32 numbers, aligned to cache lines.
final class FloatBuffer {
  /// The first element.
  let pointer: UnsafeMutablePointer<Float>

  /// Allocates `count` zeros.
  convenience init(_ count: Int) {
    self.init(uninitialized: count)
    pointer.initialize(repeating: 0, count: max(count, 1))
  }

  /// Allocates `count` numbers of any value, to be written before they are read.
  ///
  /// The system gives large amounts of memory page by page when they are first written.
  init(uninitialized count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { pointer.deallocate() }
}

/// The columns of the activation arrays: position-major, strings side by side.
///
/// Activations are `[features, columns]` with column `t · lanes + b` for position `t` of string
/// `b`. Rows are `stride` apart, an odd number of vectors, so that a walk down a column does
/// not fall on few cache sets.
struct TokenGrid {
  /// T.
  let positions: Int
  /// B.
  let count: Int
  /// B rounded up to whole vectors.
  let lanes: Int
  /// The distance between rows.
  let stride: Int

  /// The number of columns in use.
  var columns: Int { positions * lanes }

  init(positions: Int, count: Int) {
    self.positions = positions
    self.count = count
    lanes = paddedToLanes(count)
    stride = (positions * lanes / laneCount | 1) * laneCount
  }
}

/// Returns the sum over lanes, by halves; `sum()` would add one lane after another.
@inline(__always)
func laneSum(_ x: Lanes) -> Float {
  let eight = x.lowHalf + x.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two.x + two.y
}

/// Returns `ln x` for normal positive `x`, with an error below 2e-7 of max(1, |ln x|).
///
/// `x = m 2ⁿ` with `√½ ≤ m < √2`; the polynomial for `ln m` is that of the Cephes library's `logf`.
@inline(__always)
package func naturalLogarithm(_ x: SIMD16<Float>) -> SIMD16<Float> {
  let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
  // The bits of √½, so that m lies around 1.
  let shifted = bits &- SIMD16<Int32>(repeating: 0x3F35_04F3)
  let n = shifted &>> 23
  let m = unsafeBitCast(bits &- (n &<< 23), to: Lanes.self) - 1
  var p = m * 7.037_683_6292e-2 - 1.151_461_031e-1
  p = p * m + 1.167_699_874e-1
  p = p * m - 1.242_014_0846e-1
  p = p * m + 1.424_932_2787e-1
  p = p * m - 1.666_805_7665e-1
  p = p * m + 2.000_071_4765e-1
  p = p * m - 2.499_999_3993e-1
  p = p * m + 3.333_333_1174e-1
  let square = m * m
  let exponent = Lanes(n)
  return m + (p * m * square - 0.5 * square + exponent * -2.121_944_4e-4) + exponent * 0.693_359_375
}
