internal import Configurations

/// The coupling of one pair of spins: `a σᶻσᶻ + e (σ⁺σ⁻ + σ⁻σ⁺)`.
public struct SpinCoupling: Sendable, Hashable {
  /// One site.
  public var first: Int
  /// The other site.
  public var second: Int
  /// The coefficient `a` of `σᶻσᶻ`: plus for parallel spins, minus for antiparallel ones.
  public var parallel: Double
  /// The matrix element `e` between `↑↓` and `↓↑`.
  public var exchange: Double

  /// Creates a coupling from its coefficients.
  public init(_ first: Int, _ second: Int, parallel: Double, exchange: Double) {
    self.first = first
    self.second = second
    self.parallel = parallel
    self.exchange = exchange
  }

  /// Returns `J [ ½(S⁺S⁻ + S⁻S⁺) + Δ SᶻSᶻ ]` with `S = σ/2`.
  ///
  /// - Parameters:
  ///   - first: One site.
  ///   - second: The other site.
  ///   - strength: `J`, positive for an antiferromagnet.
  ///   - anisotropy: `Δ`, 1 for Heisenberg's model.
  /// - Returns: The coupling.
  public static func exchange(
    _ first: Int, _ second: Int, strength: Double, anisotropy: Double = 1
  ) -> SpinCoupling {
    .init(first, second, parallel: strength * anisotropy / 4, exchange: strength / 2)
  }
}

extension SpinHamiltonian {
  /// Returns the XXZ model, see ``SpinTerms/heisenberg(on:j1:j2:j3:anisotropy:)``.
  public static func heisenberg(
    on geometry: LatticeGeometry, j1: Double = 1, j2: Double = 0, j3: Double = 0,
    anisotropy: Double = 1
  ) throws(LatticeError) -> SpinHamiltonian {
    try SpinHamiltonian(.heisenberg(on: geometry, j1: j1, j2: j2, j3: j3, anisotropy: anisotropy))
  }

  /// Returns the Ising model, see ``SpinTerms/ising(on:coupling:field:longitudinalField:)``.
  public static func ising(
    on geometry: LatticeGeometry, coupling: Double = 1, field: Double,
    longitudinalField: Double = 0
  ) throws(LatticeError) -> SpinHamiltonian {
    try SpinHamiltonian(
      .ising(on: geometry, coupling: coupling, field: field, longitudinalField: longitudinalField))
  }

  /// Returns the squared total spin, `S² = ¾ N + 2 Σ_{i<j} S_i·S_j`.
  ///
  /// - Parameter siteCount: The number of sites, N.
  /// - Returns: The operator.
  /// - Throws: ``LatticeError`` where there are more sites than bits in a word.
  public static func totalSpinSquared(siteCount: Int) throws(LatticeError) -> SpinHamiltonian {
    let pairs = (0..<siteCount).flatMap { first in
      ((first + 1)..<siteCount).map { SpinCoupling.exchange(first, $0, strength: 2) }
    }
    return try SpinHamiltonian(
      siteCount: siteCount, couplings: pairs, constant: 0.75 * Double(siteCount))
  }
}
