/// The terms of a Hamiltonian of spins ½, on any number of sites.
///
/// ```
/// H = Σ_ij [ a_ij σᶻ_i σᶻ_j + e_ij (σ⁺_i σ⁻_j + σ⁻_i σ⁺_j) ] + Σ_i t_i σˣ_i
/// ```
///
/// ``SpinHamiltonian`` is the same on words of bits, where the sites fit.
public struct SpinTerms: Sendable, Hashable {
  /// The number of sites, N.
  public let siteCount: Int
  /// The pair terms; a pair may occur more than once.
  public var couplings: [SpinCoupling]
  /// The coefficients `t` of `σˣ`, `[N]`, or empty for none.
  public var field: [Double]

  /// Creates terms.
  ///
  /// - Parameters:
  ///   - siteCount: The number of sites, N.
  ///   - couplings: The pair terms.
  ///   - field: The coefficients `t` of `σˣ`, `[N]`, or empty for none.
  public init(siteCount: Int, couplings: [SpinCoupling], field: [Double] = []) {
    precondition(field.isEmpty || field.count == siteCount, "\(field.count) field values")
    self.siteCount = siteCount
    self.couplings = couplings
    self.field = field
  }

  /// Returns the XXZ model, with next-nearest neighbours if asked for.
  ///
  /// ```
  /// H = J1 Σ_⟨ij⟩ [½(S⁺S⁻ + S⁻S⁺) + Δ SᶻSᶻ] + J2 Σ_⟨⟨ij⟩⟩ [½(S⁺S⁻ + S⁻S⁺) + Δ SᶻSᶻ]
  /// ```
  ///
  /// - Parameters:
  ///   - geometry: The lattice.
  ///   - j1: The coupling of nearest neighbours, positive for an antiferromagnet.
  ///   - j2: The coupling of next-nearest neighbours.
  ///   - anisotropy: `Δ` of all bonds, 1 for Heisenberg's model.
  /// - Returns: The terms.
  /// - Throws: ``LatticeError`` where the lattice has no such neighbours.
  public static func heisenberg(
    on geometry: LatticeGeometry, j1: Double = 1, j2: Double = 0, anisotropy: Double = 1
  ) throws(LatticeError) -> SpinTerms {
    var couplings: [SpinCoupling] = []
    for (order, strength) in [(1, j1), (2, j2)] where strength != 0 {
      for bond in try geometry.bonds(order: order) {
        couplings.append(
          .exchange(bond.first, bond.second, strength: strength, anisotropy: anisotropy))
      }
    }
    return SpinTerms(siteCount: geometry.siteCount, couplings: couplings)
  }

  /// Returns the transverse-field Ising model `H = −J Σ_⟨ij⟩ σᶻσᶻ − h Σ_i σˣ`, in Pauli matrices.
  ///
  /// - Parameters:
  ///   - geometry: The lattice.
  ///   - coupling: `J`, positive for a ferromagnet.
  ///   - field: `h`.
  /// - Returns: The terms.
  /// - Throws: ``LatticeError`` where the lattice has no neighbours.
  public static func ising(
    on geometry: LatticeGeometry, coupling: Double = 1, field: Double
  ) throws(LatticeError) -> SpinTerms {
    SpinTerms(
      siteCount: geometry.siteCount,
      couplings: try geometry.bonds().map {
        SpinCoupling($0.first, $0.second, parallel: -coupling, exchange: 0)
      }, field: [Double](repeating: -field, count: geometry.siteCount))
  }
}

extension SpinHamiltonian {
  /// Creates a Hamiltonian from terms.
  ///
  /// - Parameters:
  ///   - terms: The terms.
  ///   - constant: A multiple of the identity to be added.
  /// - Throws: ``LatticeError`` where there are more sites than bits in a word, a bond is not
  ///   between two different sites, or a number is not finite.
  public init(_ terms: SpinTerms, constant: Double = 0) throws(LatticeError) {
    try self.init(
      siteCount: terms.siteCount, couplings: terms.couplings, field: terms.field,
      constant: constant)
  }
}
