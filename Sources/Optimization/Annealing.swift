internal import Foundation

/// The temperature of variational neural annealing as a function of the step.
///
/// Minimising `F = E − T S` with `T` from `T₀` to 0 keeps the distribution broad while the energy
/// landscape is still rough (M. Hibat-Allah et al., Nat. Mach. Intell. 3, 952 (2021),
/// arXiv:2101.10154). The exponential schedule's factor is that of the code of arXiv:2411.03900.
public enum TemperatureSchedule: Sendable, Hashable {
  /// T = 0.
  case none
  /// `T₀ (1 − s)`, with `s` the fraction of the annealing steps done.
  case linear(initial: Double, warmUp: Int, steps: Int)
  /// `T₀ 10^(−5 s)`, then 0.
  case exponential(initial: Double, warmUp: Int, steps: Int)

  /// Returns the temperature of a step, counted from 0.
  public func temperature(at step: Int) -> Double {
    switch self {
    case .none:
      return 0
    case .linear(let initial, let warmUp, let steps):
      return initial * (1 - Self.fraction(step, warmUp, steps))
    case .exponential(let initial, let warmUp, let steps):
      let fraction = Self.fraction(step, warmUp, steps)
      return fraction >= 1 ? 0 : initial * exp(-5 * fraction * log(10))
    }
  }

  private static func fraction(_ step: Int, _ warmUp: Int, _ steps: Int) -> Double {
    min(1, max(0, Double(step - warmUp) / Double(max(1, steps))))
  }
}
