internal import Foundation

/// Amplitudes of numbered configurations on a common scale.
///
/// `ψ_n = e^{s} (re_n + i im_n)` with one `s` for all, so that ratios need no logarithm and sums
/// over many configurations do not overflow. Numbers that were not set have amplitude zero.
struct AmplitudeTable {
  /// log|ψ| by number; −∞ where not set.
  private(set) var logModulus: [Double] = []
  /// The real parts on the common scale.
  private(set) var real: [Double] = []
  /// The imaginary parts on the common scale.
  private(set) var imaginary: [Double] = []
  /// `s`.
  private(set) var logScale = 0.0
  /// arg ψ by number.
  private(set) var phase: [Double] = []
  private var assigned: [Int32] = []

  /// Replaces the table's content.
  ///
  /// - Parameters:
  ///   - numbers: The configurations that have an amplitude, each once.
  ///   - values: log|ψ| of each.
  ///   - phases: arg ψ of each.
  ///   - count: One more than the largest number there is.
  mutating func assign(
    _ numbers: [Int32], logModulus values: [Double], phase phases: [Double], count: Int
  ) {
    if real.count < count || real.count > 4 * count + 1024 {
      let size = count + count / 2
      logModulus = Array(repeating: -Double.infinity, count: size)
      real = Array(repeating: 0, count: size)
      imaginary = real
      phase = real
    } else {
      for number in assigned {
        logModulus[Int(number)] = -Double.infinity
        real[Int(number)] = 0
        imaginary[Int(number)] = 0
      }
    }
    assigned = numbers
    logScale = values.max() ?? 0
    if logScale == -Double.infinity { logScale = 0 }
    for (index, number) in numbers.enumerated() {
      // Local energies divide by |ψ|², so an amplitude that is not zero stays above the square root
      // of the smallest Float64.
      let value = values[index].isFinite ? max(values[index], logScale - 340) : values[index]
      let modulus = exp(value - logScale)
      logModulus[Int(number)] = value
      phase[Int(number)] = phases[index]
      real[Int(number)] = modulus * cos(phases[index])
      imaginary[Int(number)] = modulus * sin(phases[index])
    }
  }
}
