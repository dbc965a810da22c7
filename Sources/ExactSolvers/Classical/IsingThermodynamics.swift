/// The equilibrium of a classical Ising model at one temperature.
///
/// `Z = Σ_s exp(−β H(s))` over the `2^N` configurations of `N = L²` spins; Boltzmann's constant is 1.
public struct IsingThermodynamics: Sendable, Hashable {
  /// The number of sites, N.
  public let siteCount: Int
  /// β.
  public let inverseTemperature: Double
  /// ln Z, of the whole lattice.
  public let logPartitionFunction: Double
  /// `f = −ln Z / (β N)`; −∞ at β = 0, where `ln Z = N ln 2`.
  public let freeEnergy: Double
  /// `u = ⟨H⟩ / N`.
  public let energy: Double
  /// `c = β² (⟨H²⟩ − ⟨H⟩²) / N`.
  public let specificHeat: Double
  /// `s = ln Z / N + β u`.
  public let entropy: Double

  /// Takes the derivatives of a partition function apart.
  ///
  /// ```
  /// ln Z = −β E₀ + X(β)
  /// ```
  ///
  /// With `E₀` the energy of the ground state, or near it, the entropy and the specific heat of low
  /// temperatures come from `X`, which is small as they are, without cancellation.
  ///
  /// - Parameters:
  ///   - siteCount: N.
  ///   - inverseTemperature: β.
  ///   - groundEnergy: E₀.
  ///   - excess: X with its derivatives by β.
  init(
    siteCount: Int, inverseTemperature: Double, groundEnergy: Double, excess: SecondOrderJet
  ) {
    let count = Double(siteCount)
    let beta = inverseTemperature
    self.siteCount = siteCount
    self.inverseTemperature = beta
    logPartitionFunction = -beta * groundEnergy + excess.value
    freeEnergy = -logPartitionFunction / count / beta
    energy = (groundEnergy - excess.first) / count
    // A variance, which rounding may have moved below zero.
    specificHeat = max(0, beta * (beta * excess.second)) / count
    entropy = (excess.value - beta * excess.first) / count
  }
}
