internal import Foundation

/// Amplitudes of numbered configurations: those that are known, and those that a call needs on a
/// common scale.
///
/// `ψ_n = e^{s} (re_n + i im_n)` with one `s` for all that are in use, so that ratios need no logarithm
/// and sums over many configurations do not overflow. Numbers that are not in use have amplitude zero.
///
/// Columns are bare buffers: the inner loops of local energies read them at random.
final class AmplitudeTable {
  /// The real parts on the common scale.
  private(set) var real: UnsafeMutablePointer<Double>
  /// The imaginary parts on the common scale.
  private(set) var imaginary: UnsafeMutablePointer<Double>
  /// arg ψ by number, where known.
  private(set) var phase: UnsafeMutablePointer<Double>
  /// `s`.
  private(set) var logScale = 0.0
  /// log|ψ| by number, where known.
  private var moduli: UnsafeMutablePointer<Double>
  /// The generation of what is known of each number.
  private var generations: UnsafeMutablePointer<UInt32>
  private var generation: UInt32 = 1
  private var capacity = 0
  private var used: [Int32] = []

  init() {
    moduli = .allocate(capacity: 0)
    phase = .allocate(capacity: 0)
    real = .allocate(capacity: 0)
    imaginary = .allocate(capacity: 0)
    generations = .allocate(capacity: 0)
  }

  deinit {
    for column in [moduli, phase, real, imaginary] { column.deallocate() }
    generations.deallocate()
  }

  /// Makes room for numbers below a count.
  func reserve(_ count: Int) {
    if count <= capacity { return }
    let size = count + count / 2
    func grow<Value>(_ column: inout UnsafeMutablePointer<Value>, _ value: Value) {
      let new = UnsafeMutablePointer<Value>.allocate(capacity: size)
      new.update(from: column, count: capacity)
      (new + capacity).initialize(repeating: value, count: size - capacity)
      column.deallocate()
      column = new
    }
    grow(&moduli, -Double.infinity)
    grow(&phase, 0)
    grow(&real, 0)
    grow(&imaginary, 0)
    grow(&generations, 0)
    capacity = size
  }

  /// Forgets all that is known, as when the parameters have changed.
  func invalidate() {
    generation &+= 1
    if generation == 0 {
      generations.update(repeating: 0, count: capacity)
      generation = 1
    }
  }

  /// Forgets everything and gives the memory back.
  func forget() {
    for column in [moduli, phase, real, imaginary] { column.deallocate() }
    generations.deallocate()
    moduli = .allocate(capacity: 0)
    phase = .allocate(capacity: 0)
    real = .allocate(capacity: 0)
    imaginary = .allocate(capacity: 0)
    generations = .allocate(capacity: 0)
    capacity = 0
    used = []
  }

  /// Whether a number's amplitude is known.
  @inline(__always)
  func isKnown(_ number: Int32) -> Bool {
    Int(number) < capacity && generations[Int(number)] == generation
  }

  /// Keeps an amplitude; there must be room.
  @inline(__always)
  func set(_ number: Int32, logModulus: Double, phase value: Double) {
    moduli[Int(number)] = logModulus
    phase[Int(number)] = value
    generations[Int(number)] = generation
  }

  /// Puts known amplitudes on a common scale in place of those that were in use.
  ///
  /// - Parameter numbers: The configurations to use, each once.
  func use(_ numbers: [Int32]) {
    for number in used {
      real[Int(number)] = 0
      imaginary[Int(number)] = 0
    }
    used = numbers
    logScale = -Double.infinity
    for number in numbers { logScale = max(logScale, moduli[Int(number)]) }
    if logScale == -Double.infinity { logScale = 0 }
    for number in numbers {
      let n = Int(number)
      let modulus = exp(logModulus(number) - logScale)
      real[n] = modulus * cos(phase[n])
      imaginary[n] = modulus * sin(phase[n])
    }
  }

  /// log|ψ| as far as it counts beside the others in use.
  @inline(__always)
  func logModulus(_ number: Int32) -> Double {
    // Local energies divide by |ψ|², so an amplitude that is not zero stays above the square root
    // of the smallest Float64.
    let value = moduli[Int(number)]
    return value.isFinite ? max(value, logScale - 340) : value
  }

  /// log|ψ| as it was evaluated.
  @inline(__always)
  func evaluatedLogModulus(_ number: Int32) -> Double { moduli[Int(number)] }
}
