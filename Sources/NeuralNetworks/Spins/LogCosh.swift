internal import Foundation

/// Computes `Σ_a log cosh(x_a + i y_a)` of each column.
///
/// `log cosh z = |x| + i σ y + log ½ (1 + q)` with `q = e^(−2|x|) e^(−2 i σ y)`, σ the sign of x: the factors
/// `½ (1 + q)` are multiplied up in Float64, so that one logarithm does for a column.
///
/// - Parameters:
///   - x: `[terms, stride]`.
///   - y: `[terms, stride]`.
///   - terms: The number of rows.
///   - stride: The distance between rows.
///   - count: The number of columns.
///   - logModulus: The real parts, `[count]`.
///   - phase: The imaginary parts, `[count]`.
func sumLogCosh(
  _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, terms: Int, stride: Int, count: Int,
  logModulus: UnsafeMutablePointer<Double>, phase: UnsafeMutablePointer<Double>
) {
  for first in Swift.stride(from: 0, to: count, by: laneCount) {
    var linearReal = SIMD16<Double>.zero
    var linearImaginary = SIMD16<Double>.zero
    var productReal = SIMD16<Double>(repeating: 1)
    var productImaginary = SIMD16<Double>.zero
    var logarithm = SIMD16<Double>.zero
    var angle = SIMD16<Double>.zero
    for a in 0..<terms {
      let re = x.lanes(a * stride + first)
      let im = y.lanes(a * stride + first)
      let isNegative = re .< 0
      let size = re.replacing(with: -re, where: isNegative)
      let turned = im.replacing(with: -im, where: isNegative)
      let modulus = exponential(size * -2) * 0.5
      let (sine, cosine) = sineCosine(turned * 2)
      let real = SIMD16<Double>(modulus * cosine + 0.5)
      let imaginary = SIMD16<Double>(-(modulus * sine))
      linearReal += SIMD16<Double>(size)
      linearImaginary += SIMD16<Double>(turned)
      let next = productReal * real - productImaginary * imaginary
      productImaginary = productReal * imaginary + productImaginary * real
      productReal = next
      // Factors are between 0 and 1: 16 of them stay far from underflow, unless one vanishes.
      if a % 16 == 15 || a == terms - 1 {
        for lane in 0..<min(laneCount, count - first) {
          let square =
            productReal[lane] * productReal[lane] + productImaginary[lane] * productImaginary[lane]
          logarithm[lane] += 0.5 * log(max(square, 1e-300))
          angle[lane] += atan2(productImaginary[lane], productReal[lane])
        }
        productReal = SIMD16(repeating: 1)
        productImaginary = .zero
      }
    }
    for lane in 0..<min(laneCount, count - first) {
      logModulus[first + lane] = linearReal[lane] + logarithm[lane]
      phase[first + lane] = linearImaginary[lane] + angle[lane]
    }
  }
}

/// Returns `tanh(x + i y)`.
func complexTanh(_ x: Float, _ y: Float) -> (real: Float, imaginary: Float) {
  // With e = e^(−2|x|): sinh 2x / (cosh 2x + cos 2y) = ± (1 − e²) / (1 + e² + 2 e cos 2y).
  let e = exp(-2 * Double(abs(x)))
  let angle = 2 * Double(y)
  let denominator = max(1 + e * e + 2 * e * cos(angle), 1e-12)
  let real = (1 - e * e) / denominator
  return (Float(x < 0 ? -real : real), Float(2 * e * sin(angle) / denominator))
}

/// Returns `sin x` and `cos x`, with an absolute error below 2e-7 for |x| up to a few thousand.
///
/// `x = k π/2 + r` with `|r| ≤ π/4`, π/2 in three parts; the polynomials are those of the Cephes library's `sinf`
/// and `cosf`.
@inline(__always)
func sineCosine(_ x: Lanes) -> (sine: Lanes, cosine: Lanes) {
  let shifted = x * 0.636_619_772 + 12_582_912
  let k = shifted - 12_582_912
  let quadrant = unsafeBitCast(shifted, to: SIMD16<Int32>.self)
  let r = x - k * 1.570_312_5 - k * 4.837_512_97e-4 - k * 7.549_789_95e-8
  let square = r * r
  var s = square * -1.951_529_59e-4 + 8.332_160_87e-3
  s = s * square - 1.666_665_46e-1
  s = s * square * r + r
  var c = square * 2.443_315_71e-5 - 1.388_731_63e-3
  c = c * square + 4.166_664_57e-2
  c = c * square * square - square * 0.5 + 1
  let isOdd = (quadrant & 1) .!= 0
  var sine = s.replacing(with: c, where: isOdd)
  var cosine = c.replacing(with: s, where: isOdd)
  sine.replace(with: -sine, where: (quadrant & 2) .!= 0)
  cosine.replace(with: -cosine, where: ((quadrant &+ 1) & 2) .!= 0)
  return (sine, cosine)
}
