/// One bond of a spin model with a coupling of its own.
///
/// ```
/// K ½(S⁺S⁻ + S⁻S⁺) + J Δ SᶻSᶻ      Heisenberg, XXZ and XY, S = σ/2
/// −J σᶻσᶻ                          Ising
/// ```
///
/// with the anisotropy Δ of the model. `K` is `J` unless it is given.
public struct BondCoupling: Sendable, Hashable {
  /// One site.
  public let first: Int
  /// The other site.
  public let second: Int
  /// `J`.
  public let strength: Double
  /// `K`, the strength of the exchange; of no meaning for Ising models.
  public let transverse: Double

  /// Creates a bond.
  ///
  /// - Parameters:
  ///   - first: One site.
  ///   - second: The other site.
  ///   - strength: `J`, positive for an antiferromagnet, but for a ferromagnet of Ising spins.
  ///   - transverse: `K`, or nil for `J`.
  public init(_ first: Int, _ second: Int, strength: Double, transverse: Double? = nil) {
    self.first = first
    self.second = second
    self.strength = strength
    self.transverse = transverse ?? strength
  }
}

extension LatticeGeometry {
  /// Returns the bonds of neighbour shells with the coupling of each shell, those of coupling 0 left out.
  ///
  /// - Parameter couplings: The coupling of each shell, nearest neighbours first.
  /// - Returns: The bonds, shell by shell.
  /// - Throws: ``LatticeError`` where the lattice has no such neighbours.
  public func bonds(couplings: [Double]) throws(LatticeError) -> [BondCoupling] {
    var bonds: [BondCoupling] = []
    for (shell, strength) in couplings.enumerated() where strength != 0 {
      for bond in try self.bonds(order: shell + 1) {
        bonds.append(BondCoupling(bond.first, bond.second, strength: strength))
      }
    }
    return bonds
  }
}
