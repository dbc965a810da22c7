internal import Foundation

/// The temperature of variational neural annealing as a function of the step.
///
/// Minimising `F = E − T S` with `T` from `T₀` to 0 keeps the distribution broad while the energy
/// landscape is still rough (M. Hibat-Allah et al., Nat. Mach. Intell. 3, 952 (2021),
/// arXiv:2101.10154). The shapes are those of the code of arXiv:2411.03900, whose fixed fractions of
/// the run are our hold and annealing steps.
///
/// ```
/// T(n) = T₀ f(s),   s = k ⌊(n − hold)/k⌋ / steps
/// ```
///
/// with `k` steps at each temperature, `s = 0` during the hold, and `T = 0` from `s = 1` on.
///
/// ### Edge cases
///
/// - A constant temperature never ends.
/// - Tent and trapezoid begin at 0: what is held before them is 0.
public struct TemperatureSchedule: Sendable, Hashable {
  /// The shape `f(s)`.
  public enum Shape: String, Codable, Sendable, Hashable, CaseIterable {
    /// 0.
    case none
    /// 1, to the end of the run.
    case constant
    /// 1, then 0 at once.
    case cutoff
    /// `1 − s`.
    case linear
    /// `(1 − s)²`.
    case quadratic
    /// `(1 − s)³`.
    case cubic
    /// `(1 − s)⁴`.
    case quartic
    /// `(1 − s)⁵`.
    case quintic
    /// `10^(−5 s)`.
    case exponential
    /// `(1 + cos πs)/2`.
    case cosine
    /// `(1 − cos 2πs)/2`: from 0 to 1 in the middle and back.
    case tent
    /// From 0 to 1 over three sevenths of the steps, there for two, and back over two.
    case trapezoid
  }

  /// The shape.
  public let shape: Shape
  /// T₀, the highest temperature.
  public let initial: Double
  /// The number of steps before the first change.
  public let hold: Int
  /// The number of steps from there to zero.
  public let steps: Int
  /// The number of steps at each temperature.
  public let stepsPerTemperature: Int

  /// Creates a schedule.
  ///
  /// - Parameters:
  ///   - shape: The shape.
  ///   - initial: T₀, at least 0.
  ///   - hold: The number of steps before the first change.
  ///   - steps: The number of steps from there to zero.
  ///   - stepsPerTemperature: The number of steps at each temperature, at least 1.
  public init(
    _ shape: Shape, initial: Double = 0, hold: Int = 0, steps: Int = 0,
    stepsPerTemperature: Int = 1
  ) {
    precondition(initial >= 0, "a temperature of \(initial)")
    precondition(hold >= 0 && steps >= 0 && stepsPerTemperature >= 1, "a negative number of steps")
    self.shape = shape
    self.initial = initial
    self.hold = hold
    self.steps = steps
    self.stepsPerTemperature = stepsPerTemperature
  }

  /// T = 0 throughout.
  public static let none = TemperatureSchedule(.none)

  /// Returns the temperature of a step, counted from 0.
  public func temperature(at step: Int) -> Double {
    if shape == .constant { return initial }
    if step >= hold + steps { return 0 }
    let done = max(0, step - hold) / stepsPerTemperature * stepsPerTemperature
    return initial * value(at: Double(done) / Double(max(1, steps)))
  }

  /// `f(s)` for `s` in [0, 1).
  private func value(at s: Double) -> Double {
    switch shape {
    case .none: 0
    case .constant, .cutoff: 1
    case .linear: 1 - s
    case .quadratic: pow(1 - s, 2)
    case .cubic: pow(1 - s, 3)
    case .quartic: pow(1 - s, 4)
    case .quintic: pow(1 - s, 5)
    case .exponential: exp(-5 * s * log(10))
    case .cosine: (1 + cos(Double.pi * s)) / 2
    case .tent: (1 - cos(2 * Double.pi * s)) / 2
    case .trapezoid: min(1, 7 * s / 3, 7 * (1 - s) / 2)
    }
  }
}
