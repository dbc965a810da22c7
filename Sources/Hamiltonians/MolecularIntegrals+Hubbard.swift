public import Integrals

extension MolecularIntegrals {
  /// Returns Hubbard's model on a lattice in second quantisation, as an integral file has it.
  ///
  /// ```
  /// H = −t Σ_⟨ij⟩σ (a†_iσ a_jσ + a†_jσ a_iσ) + U Σ_i n_i↑ n_i↓
  /// ```
  ///
  /// over the bonds of nearest neighbours: `h_ij = −t`, `(ii|ii) = U`, orbital `i` on site `i`. The hopping of
  /// two sites that are joined twice counts twice (``LatticeGeometry``). Energies are in the unit of `t` and `U`.
  ///
  /// - Parameters:
  ///   - geometry: The lattice.
  ///   - repulsion: `U`.
  ///   - hopping: `t`.
  ///   - alphaCount: The number of electrons with spin up, 0 to N.
  ///   - betaCount: The number of electrons with spin down, 0 to N.
  /// - Returns: The integrals, without orbital symmetries.
  /// - Throws: ``LatticeError`` where the lattice has more sites than a determinant has orbitals, 128.
  public static func hubbard(
    on geometry: LatticeGeometry, repulsion: Double, hopping: Double = 1, alphaCount: Int,
    betaCount: Int
  ) throws(LatticeError) -> MolecularIntegrals {
    let sites = geometry.siteCount
    guard sites <= UInt128.bitWidth else {
      throw LatticeError(
        .tooManySites,
        "Hubbard's model takes at most \(UInt128.bitWidth) sites, and this lattice has \(sites); choose a "
          + "smaller size")
    }
    precondition(
      (0...sites).contains(alphaCount) && (0...sites).contains(betaCount),
      "\(alphaCount) and \(betaCount) electrons on \(sites) sites")
    let pairs = pairCount(sites)
    var hoppings = [Double](repeating: 0, count: pairs)
    for bond in try geometry.bonds() { hoppings[pair(bond.first, bond.second)] -= hopping }
    var repulsions = [Double](repeating: 0, count: pairCount(pairs))
    for site in 0..<sites {
      let square = pair(site, site)
      repulsions[pair(square, square)] = repulsion
    }
    return MolecularIntegrals(
      orbitalCount: sites, alphaCount: alphaCount, betaCount: betaCount, coreEnergy: 0,
      oneBodyAlpha: hoppings, twoBodyAlphaAlpha: repulsions)
  }
}
