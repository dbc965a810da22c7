internal import Foundation

/// How a learning rate changes over the steps of a run.
///
/// ```
/// η(n) = η f(s),   s = n / steps,   n = 0 … steps − 1
/// ```
///
/// The shapes are those of the code of O. Knitter et al., arXiv:2411.03900, whose final rates are here in
/// proportion to η, and one of ours. Where a rate rises from zero, the first step has that of `n = 1`.
public enum LearningRateSchedule: String, Codable, Sendable, Hashable, CaseIterable {
  /// 1.
  case constant
  /// From 0 to 1 over the first hundredth.
  case warmUp = "warm-up"
  /// `1` to `1/20` on half a cosine.
  case cosine
  /// From 0 to 1 over the first twenty-fifth, then to `1/20000` on half a cosine.
  case cosineWarmUp = "cosine-warm-up"
  /// Half cosines from 1 to `1/20`, the first over a tenth, each 1.331 times as long as the one before and
  /// beginning at 0.8 of its height.
  case cosineRestarts = "cosine-restarts"
  /// From 0 to 1 over the first tenth; a tenth of it from three sevenths on, a hundredth from five.
  case decay
  /// From 0 to 1 over the first quarter, and back over the last.
  case trapezoid
  /// 1 over the first third, then to `1/50` on half a cosine.
  case lateCosine = "late-cosine"

  /// Returns the number of steps of a run after which the rate no longer changes; all of them where it falls to
  /// the end.
  ///
  /// - Parameter steps: The number of steps.
  /// - Returns: At most that number.
  public func stepsToRest(of steps: Int) -> Int {
    switch self {
    case .constant: 0
    case .warmUp: (steps + 99) / 100
    case .cosine, .cosineWarmUp, .cosineRestarts, .decay, .trapezoid, .lateCosine: steps
    }
  }

  /// Returns the rate at a step, over η.
  ///
  /// - Parameters:
  ///   - step: `n`, from 0.
  ///   - steps: The number of steps; those beyond have the last one's rate.
  /// - Returns: `f`, in (0, 1].
  public func factor(at step: Int, of steps: Int) -> Double {
    let count = Double(max(steps, 1))
    let place = min(max(Double(step), 0), count - 1)
    let s = place / count
    /// The rise over a fraction of the steps, never zero.
    func rise(_ fraction: Double) -> Double { min(1, (place + 1) / max(1, fraction * count)) }
    /// Half a cosine from 1 to `least` over `0 … 1`.
    func fall(_ progress: Double, to least: Double) -> Double {
      least + (1 - least) * 0.5 * (1 + cos(Double.pi * min(1, max(0, progress))))
    }
    switch self {
    case .constant: return 1
    case .warmUp: return rise(0.01)
    case .cosine: return fall(s, to: 0.05)
    case .cosineWarmUp: return s < 0.04 ? rise(0.04) : fall((s - 0.04) / 0.96, to: 5e-5)
    case .cosineRestarts:
      var (start, length, height) = (0.0, 0.1, 1.0)
      while s >= start + length {
        start += length
        length *= 1.331
        height *= 0.8
      }
      return height * fall((s - start) / length, to: 0.05)
    case .decay: return rise(0.1) * (s < 3.0 / 7 ? 1 : s < 5.0 / 7 ? 0.1 : 0.01)
    case .trapezoid: return min(rise(0.25), min(1, 4 * (1 - s)))
    case .lateCosine: return fall((Double(step) / count - 1.0 / 3) * 1.5, to: 0.02)
    }
  }
}
