/// The terms of a Hamiltonian of spins ½, on any number of sites.
///
/// ```
/// H = Σ_ij [ a_ij σᶻ_i σᶻ_j + e_ij (σ⁺_i σ⁻_j + σ⁻_i σ⁺_j) ] + Σ_i [ t_i σˣ_i + l_i σᶻ_i ]
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
  /// The coefficients `l` of `σᶻ`, `[N]`, or empty for none.
  public var longitudinalField: [Double]

  /// Creates terms.
  ///
  /// - Parameters:
  ///   - siteCount: The number of sites, N.
  ///   - couplings: The pair terms.
  ///   - field: The coefficients `t` of `σˣ`, `[N]`, or empty for none.
  ///   - longitudinalField: The coefficients `l` of `σᶻ`, `[N]`, or empty for none.
  public init(
    siteCount: Int, couplings: [SpinCoupling], field: [Double] = [],
    longitudinalField: [Double] = []
  ) {
    for values in [field, longitudinalField] {
      precondition(
        values.isEmpty || values.count == siteCount,
        "\(values.count) field values for \(siteCount) sites")
    }
    self.siteCount = siteCount
    self.couplings = couplings
    self.field = field
    self.longitudinalField = longitudinalField
  }

  /// Throws unless every bond joins two different sites, and all numbers are finite and below 1e12, so that
  /// squares and sums do not overflow.
  ///
  /// - Throws: ``LatticeError`` with the bond or site at fault.
  public func check() throws(LatticeError) {
    func isUsable(_ value: Double) -> Bool { abs(value) < 1e12 }
    for coupling in couplings {
      let (first, second) = (coupling.first, coupling.second)
      guard first != second, min(first, second) >= 0, max(first, second) < siteCount else {
        throw LatticeError(
          .invalidBond,
          "bond (\(first), \(second)) does not join two different sites of 0..<\(siteCount)")
      }
      guard isUsable(coupling.parallel), isUsable(coupling.exchange) else {
        throw LatticeError(
          .invalidCoupling,
          "the coupling of bond (\(first), \(second)) is not a finite number of magnitude below 1e12"
        )
      }
    }
    for values in [field, longitudinalField] {
      if let site = values.firstIndex(where: { !isUsable($0) }) {
        throw LatticeError(
          .invalidCoupling,
          "the field at site \(site) is not a finite number of magnitude below 1e12")
      }
    }
  }
}

extension SpinTerms {
  /// Returns Heisenberg's, the XXZ or the XY model with neighbours of up to three shells.
  ///
  /// ```
  /// H = Σ_k J_k Σ_⟨ij⟩_k [½(S⁺S⁻ + S⁻S⁺) + Δ SᶻSᶻ]
  /// ```
  ///
  /// - Parameters:
  ///   - geometry: The lattice.
  ///   - j1: The coupling of nearest neighbours, positive for an antiferromagnet.
  ///   - j2: The coupling of second neighbours.
  ///   - j3: The coupling of third neighbours.
  ///   - anisotropy: `Δ` of all bonds, 1 for Heisenberg's model and 0 for XY.
  /// - Returns: The terms.
  /// - Throws: ``LatticeError`` where the lattice has no such neighbours.
  public static func heisenberg(
    on geometry: LatticeGeometry, j1: Double = 1, j2: Double = 0, j3: Double = 0,
    anisotropy: Double = 1
  ) throws(LatticeError) -> SpinTerms {
    .heisenberg(
      try geometry.bonds(couplings: [j1, j2, j3]), siteCount: geometry.siteCount,
      anisotropy: anisotropy)
  }

  /// Returns the same for couplings of single bonds, see ``BondCoupling``.
  ///
  /// - Parameters:
  ///   - bonds: The bonds.
  ///   - siteCount: The number of sites, N.
  ///   - anisotropy: `Δ` of all bonds.
  /// - Returns: The terms.
  public static func heisenberg(
    _ bonds: [BondCoupling], siteCount: Int, anisotropy: Double = 1
  ) -> SpinTerms {
    SpinTerms(
      siteCount: siteCount,
      couplings: bonds.map {
        SpinCoupling(
          $0.first, $0.second, parallel: $0.strength * anisotropy / 4, exchange: $0.transverse / 2)
      })
  }

  /// Returns the Ising model `H = −J Σ_⟨ij⟩ σᶻσᶻ − h Σ_i σˣ − h_z Σ_i σᶻ`, in Pauli matrices.
  ///
  /// - Parameters:
  ///   - geometry: The lattice.
  ///   - coupling: `J`, positive for a ferromagnet.
  ///   - field: The transverse field `h`.
  ///   - longitudinalField: `h_z`.
  /// - Returns: The terms.
  /// - Throws: ``LatticeError`` where the lattice has no neighbours.
  public static func ising(
    on geometry: LatticeGeometry, coupling: Double = 1, field: Double,
    longitudinalField: Double = 0
  ) throws(LatticeError) -> SpinTerms {
    .ising(
      try geometry.bonds(couplings: [coupling]), siteCount: geometry.siteCount, field: field,
      longitudinalField: longitudinalField)
  }

  /// Returns the same for couplings of single bonds, see ``BondCoupling``.
  ///
  /// - Parameters:
  ///   - bonds: The bonds.
  ///   - siteCount: The number of sites, N.
  ///   - field: The transverse field `h`.
  ///   - longitudinalField: `h_z`.
  /// - Returns: The terms.
  public static func ising(
    _ bonds: [BondCoupling], siteCount: Int, field: Double, longitudinalField: Double = 0
  ) -> SpinTerms {
    SpinTerms(
      siteCount: siteCount,
      couplings: bonds.map {
        SpinCoupling($0.first, $0.second, parallel: -$0.strength, exchange: 0)
      },
      field: [Double](repeating: -field, count: siteCount),
      longitudinalField: longitudinalField == 0
        ? [] : [Double](repeating: -longitudinalField, count: siteCount))
  }
}
