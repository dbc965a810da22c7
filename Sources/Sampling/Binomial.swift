public import Configurations
internal import Foundation

/// Draws from the binomial distribution of `trials` trials with success probability `p`.
///
/// Inversion where the mean is small, else the transformed rejection BTRS of W. Hörmann, J. Stat.
/// Comput. Simul. 46, 101 (1993), section 4; both exact up to the rounding of Float64.
///
/// Trial counts are whole numbers below 2⁵³ kept in a Float64.
public func drawBinomial(
  trials: Double, probability: Double, using random: inout RandomSource
) -> Double {
  if trials <= 0 || probability <= 0 { return 0 }
  if probability >= 1 { return trials }
  if probability > 0.5 {
    return trials - drawBinomial(trials: trials, probability: 1 - probability, using: &random)
  }
  return trials * probability < 10
    ? drawByInversion(trials, probability, &random)
    : drawByRejection(trials, probability, &random)
}

/// Sums geometric gaps between successes, so that the cost is the number of successes.
private func drawByInversion(
  _ trials: Double, _ probability: Double, _ random: inout RandomSource
) -> Double {
  let logFailure = log1p(-probability)
  var successes = 0.0
  var used = 0.0
  while true {
    // 1 − uniform is in (0, 1], so the logarithm is finite.
    used += (log(1 - random.uniform()) / logFailure).rounded(.down) + 1
    if used > trials { return successes }
    successes += 1
  }
}

private func drawByRejection(
  _ trials: Double, _ probability: Double, _ random: inout RandomSource
) -> Double {
  let deviation = (trials * probability * (1 - probability)).squareRoot()
  let b = 1.15 + 2.53 * deviation
  let a = -0.0873 + 0.0248 * b + 0.01 * probability
  let center = trials * probability + 0.5
  let acceptance = 0.92 - 4.2 / b
  let odds = probability / (1 - probability)
  let alpha = (2.83 + 5.1 / b) * deviation
  let mode = ((trials + 1) * probability).rounded(.down)
  while true {
    let u = random.uniform() - 0.5
    let v = 1 - random.uniform()
    let distance = 0.5 - abs(u)
    let candidate = ((2 * a / distance + b) * u + center).rounded(.down)
    if candidate < 0 || candidate > trials { continue }
    if distance >= 0.07 && v <= acceptance { return candidate }
    let logarithm = log(v * alpha / (a / (distance * distance) + b))
    let bound =
      (mode + 0.5) * log((mode + 1) / (odds * (trials - mode + 1)))
      + (trials + 1) * log((trials - mode + 1) / (trials - candidate + 1))
      + (candidate + 0.5) * log(odds * (trials - candidate + 1) / (candidate + 1))
      + stirlingTail(mode) + stirlingTail(trials - mode) - stirlingTail(candidate)
      - stirlingTail(trials - candidate)
    if logarithm <= bound { return candidate }
  }
}

/// Returns `log k! − ((k + ½) log(k + 1) − (k + 1) + ½ log 2π)`.
private func stirlingTail(_ value: Double) -> Double {
  if value < 10 {
    return lgamma(value + 1)
      - ((value + 0.5) * log(value + 1) - (value + 1) + 0.918_938_533_204_672_8)
  }
  let inverse = 1 / (value + 1)
  let squared = inverse * inverse
  return (1.0 / 12 - (1.0 / 360 - squared / 1260) * squared) * inverse
}
