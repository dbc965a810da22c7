internal import Foundation

/// Amplitudes of numbered configurations on a common scale.
///
/// `ψ_n = e^{s} (re_n + i im_n)` with one `s` for all, so that ratios need no logarithm and sums
/// over many configurations do not overflow. Numbers that were not set have amplitude zero.
///
/// Columns are bare buffers: the inner loops of local energies read them at random.
final class AmplitudeTable {
  /// log|ψ| by number; −∞ where not set.
  private(set) var logModulus: UnsafeMutablePointer<Double>
  /// arg ψ by number.
  private(set) var phase: UnsafeMutablePointer<Double>
  /// The real parts on the common scale.
  private(set) var real: UnsafeMutablePointer<Double>
  /// The imaginary parts on the common scale.
  private(set) var imaginary: UnsafeMutablePointer<Double>
  /// `s`.
  private(set) var logScale = 0.0
  private var capacity = 0
  private var assigned: [Int32] = []

  init() {
    logModulus = .allocate(capacity: 0)
    phase = .allocate(capacity: 0)
    real = .allocate(capacity: 0)
    imaginary = .allocate(capacity: 0)
  }

  deinit { for column in [logModulus, phase, real, imaginary] { column.deallocate() } }

  /// Replaces the table's content.
  ///
  /// - Parameters:
  ///   - numbers: The configurations that have an amplitude, each once.
  ///   - values: log|ψ| of each.
  ///   - phases: arg ψ of each.
  ///   - count: One more than the largest number there is.
  func assign(
    _ numbers: [Int32], logModulus values: [Double], phase phases: [Double], count: Int
  ) {
    assert(values.count == numbers.count && phases.count == numbers.count, "one of each a number")
    assert(numbers.allSatisfy { (0..<count).contains(Int($0)) }, "a number beyond \(count)")
    if capacity < count || capacity > 4 * count + 1024 {
      resize(count + count / 2)
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

  private func resize(_ size: Int) {
    func column(
      _ old: UnsafeMutablePointer<Double>, _ value: Double
    )
      -> UnsafeMutablePointer<Double>
    {
      old.deallocate()
      let new = UnsafeMutablePointer<Double>.allocate(capacity: size)
      new.initialize(repeating: value, count: size)
      return new
    }
    logModulus = column(logModulus, -Double.infinity)
    phase = column(phase, 0)
    real = column(real, 0)
    imaginary = column(imaginary, 0)
    capacity = size
  }
}
