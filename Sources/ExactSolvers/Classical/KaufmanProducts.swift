internal import Foundation

/// The four products of Kaufman's partition function, without their common factor.
///
/// Goals, in this order: 1 derivatives free of cancellation at all temperatures, 2 the paper's
/// formula recognisable, 3 speed (it is O(L)).
///
/// Below the critical temperature let `q = exp(−2K)`, and let the factor `exp(2KN)` of the two ground
/// states be taken out of Z. With `φ = πl/L`,
///
/// ```
/// exp(γ) = exp(2K) (D + z) / (1 − q²),      D = 1 − 2q cos φ + q²
/// z² + B z = 4 q⁴ sin²φ,  z ≥ 0,            B = (1 + q²)(1 − q² − 2q cos φ) ≥ 0
/// ```
///
/// solves `cosh γ = cosh 2K coth 2K − cos φ`, and `Π D` is `(1 + q^L)²` over odd l and `(1 − q^L)²` over
/// even l, so that
///
/// ```
/// (2 sinh 2K)^(N/2) Π 2cosh(Lγ/2) = exp(2KN) (1 ± q^L)^L Π (1 + z/D)^(L/2) Π (1 + exp(−Lγ))
/// ```
///
/// where powers of q below the fourth, which cancel in the sum over l, no longer occur: `ln Z − 2KN` is
/// a sum of small positive terms. That gives the entropy and the specific heat of low temperatures.
///
/// Above the critical temperature, `sinh 2K sinh 2K' = 1` leaves γ_l as it is for l ≠ 0, turns over γ_0,
/// and turns `exp(2KN)` into `(2 cosh²K)^N`; `q = exp(−2K')` is then `tanh K`, and the last product has
/// the sign of γ_0, which is negative.
struct KaufmanProducts {
  /// The logarithm of what the odd products have in common.
  private let common: SecondOrderJet
  /// Logarithms relative to it: odd cosh, odd sinh, even cosh, even sinh, the last without l = 0.
  private let relative: [SecondOrderJet]
  /// `1 − exp(−L|γ_0|)`, which vanishes at the critical temperature and so has no logarithm.
  private let last: SecondOrderJet

  /// Multiplies.
  ///
  /// - Parameters:
  ///   - length: L.
  ///   - q: `exp(−2K)` or `tanh K`, whichever is smaller, with derivatives by K.
  init(length: Int, _ q: SecondOrderJet) {
    let square = q * q
    // D and B / (1 + q²) at φ = 0; both grow by 2q (1 − cos φ).
    let lowestD = (1 - q) * (1 - q)
    let lowestB = 1 - (2 * q + square)
    let scale = q * (1 - square)
    var oddSum = SecondOrderJet(0)
    // Apart, and in this order: a difference of the sums over even and odd l would lose digits.
    var alternatingSum = SecondOrderJet(0)
    var decays = Array(repeating: SecondOrderJet(0), count: 4)
    var last = SecondOrderJet(0)
    for l in 0..<2 * length {
      let half = sin(Double.pi * Double(l) / Double(2 * length))
      let sine = sin(Double.pi * Double(l) / Double(length))
      let growth = (4 * half * half) * q
      let d = lowestD + growth
      var z = SecondOrderJet(0)
      if l > 0 {
        let b = (square + 1) * (lowestB + growth)
        let source = (4 * sine * sine) * (square * square)
        z = 2 * source / (b + (b * b + 4 * source).squareRoot)
      }
      let bulk = (z / d).logarithmOfOnePlus
      // exp(−Lγ)
      let decay = (scale / (d + z)).power(length)
      let isOdd = l % 2 == 1
      let cosh = isOdd ? 0 : 2
      if isOdd { oddSum = oddSum + bulk }
      alternatingSum = isOdd ? alternatingSum - bulk : alternatingSum + bulk
      decays[cosh] = decays[cosh] + decay.logarithmOfOnePlus
      if l == 0 {
        last = 1 - decay
      } else {
        decays[cosh + 1] = decays[cosh + 1] + (-decay).logarithmOfOnePlus
      }
    }
    let power = q.power(length)
    let (odd, even) = (power.logarithmOfOnePlus, (-power).logarithmOfOnePlus)
    let count = Double(length)
    let shift = count * (even - odd + 0.5 * alternatingSum)
    common = count * (odd + 0.5 * oddSum)
    relative = [decays[0], decays[1], decays[2] + shift, decays[3] + shift]
    self.last = last
  }

  /// Returns the logarithm of half their sum.
  ///
  /// - Parameter lastSign: The sign of γ_0, and of the last product.
  /// - Returns: The logarithm, with derivatives.
  func logarithm(lastSign: Double) -> SecondOrderJet {
    let ratios = relative.map(\.exponential)
    let sum = ratios[0] + ratios[1] + ratios[2] + lastSign * (last * ratios[3])
    return common + (0.5 * sum).logarithm
  }
}

private func - (x: Double, y: SecondOrderJet) -> SecondOrderJet { -y + x }
