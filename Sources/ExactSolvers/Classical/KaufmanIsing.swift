internal import Foundation
public import Hamiltonians

/// The classical Ising model with one coupling on the L × L torus, solved exactly.
///
/// ```swift
/// let model = ClassicalIsing(length: 128)
/// let exact = try KaufmanIsing(model).thermodynamics(inverseTemperature: 0.44)
/// exact.freeEnergy  // −2.110824886214
/// ```
///
/// Kaufman's partition function, `K = β|J|`, `N = L²`, is
///
/// ```
/// Z = ½ (2 sinh 2K)^(N/2) [ Π 2cosh(Lγ_odd/2) + Π 2sinh(Lγ_odd/2)
///                         + Π 2cosh(Lγ_even/2) + Π 2sinh(Lγ_even/2) ]
/// cosh γ_l = cosh 2K coth 2K − cos(π l/L),   γ_l > 0 for l ≠ 0,   γ_0 = 2K + ln tanh K
/// ```
///
/// over l = 1, 3, …, 2L − 1 and l = 0, 2, …, 2L − 2. **γ_0 has a sign**: it is negative above the
/// critical temperature, and with it the last product.
///
/// ### Accuracy
///
/// Some ten roundings in all quantities, at all temperatures; see `KaufmanProducts` for how
/// cancellations are kept out, which is where the code departs from the paper. O(L) operations.
///
/// ### References
///
/// B. Kaufman, Phys. Rev. 76, 1232 (1949); A. E. Ferdinand and M. E. Fisher,
/// Phys. Rev. 185, 832 (1969), on the torus and the sign of γ_0.
public struct KaufmanIsing: Sendable {
  /// L.
  public let length: Int
  /// |J|: an antiferromagnet of even L has the partition function of a ferromagnet.
  private let coupling: Double

  /// Prepares the solution of a model.
  ///
  /// With even L, turning every second spin over, like the fields of a chessboard, changes the sign
  /// of J. With odd L it does not, for the chessboard does not close around the torus.
  ///
  /// - Parameter model: The model.
  /// - Throws: ``IsingSolverError`` where its couplings differ, or are antiferromagnetic and L odd.
  public init(_ model: ClassicalIsing) throws(IsingSolverError) {
    guard let coupling = model.uniformCoupling else {
      throw IsingSolverError(
        .unsupportedCouplings,
        "there is no closed form for couplings that differ from bond to bond; use "
          + "IsingTransferMatrix, for L up to \(IsingTransferMatrix.lengthLimit)")
    }
    guard coupling >= 0 || model.length % 2 == 0 else {
      throw IsingSolverError(
        .unsupportedCouplings,
        "there is no closed form for an antiferromagnet (J = \(coupling)) on a torus of odd length "
          + "(L = \(model.length)), which frustrates it; choose an even length, or "
          + "IsingTransferMatrix, for L up to \(IsingTransferMatrix.lengthLimit)")
    }
    length = model.length
    self.coupling = abs(coupling)
  }

  /// Returns the equilibrium at a temperature.
  ///
  /// - Parameter beta: β, at least 0.
  /// - Returns: ln Z with its derivatives.
  /// - Throws: ``IsingSolverError`` where β is negative or not finite, or ln Z beyond a Double.
  public func thermodynamics(
    inverseTemperature beta: Double
  ) throws(IsingSolverError) -> IsingThermodynamics {
    try IsingSolverError.check(inverseTemperature: beta)
    let count = Double(length) * Double(length)
    let k = beta * coupling
    guard (2 * count * k * k).isFinite, (2 * count * coupling * coupling).isFinite else {
      throw IsingSolverError(
        .invalidTemperature,
        "βJ = \(k) is too large; choose a higher temperature or smaller units")
    }
    // Both sides of the critical point, where both variables are √2 − 1, in terms of one that is
    // small far from it: Kramers–Wannier duality.
    let excess: SecondOrderJet
    let groundEnergy: Double
    let power = exp(-2 * k)
    let tangent = tanh(k)
    if tangent < power {
      let slope = (1 - tangent) * (1 + tangent)
      let q = SecondOrderJet(tangent, slope, -2 * tangent * slope)
      let free = SecondOrderJet(Double.log2 + 2 * log(cosh(k)), 2 * tangent, 2 * slope)
      excess = count * free + KaufmanProducts(length: length, q).logarithm(lastSign: -1)
      groundEnergy = 0
    } else {
      let q = SecondOrderJet(power, -2 * power, 4 * power)
      excess = KaufmanProducts(length: length, q).logarithm(lastSign: 1)
      groundEnergy = -2 * count * coupling
    }
    return IsingThermodynamics(
      siteCount: length * length, inverseTemperature: beta, groundEnergy: groundEnergy,
      excess: excess.composed(with: coupling))
  }
}

extension SecondOrderJet {
  /// Returns the derivatives by x of a function of `factor · x`.
  fileprivate func composed(with factor: Double) -> SecondOrderJet {
    SecondOrderJet(value, factor * first, factor * (factor * second))
  }
}

extension Double {
  fileprivate static var log2: Double { 0.693_147_180_559_945_309_417 }
}
