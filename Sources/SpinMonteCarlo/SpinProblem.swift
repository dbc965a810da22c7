public import Hamiltonians

/// A model of spins ½ on a lattice, and the sector in which its ground state is sought.
public struct SpinProblem: Sendable, Hashable {
  /// The lattice.
  public let geometry: LatticeGeometry
  /// The Hamiltonian.
  public let terms: SpinTerms
  /// The number of spins that point up; nil where the model does not conserve it.
  public let upCount: Int?

  /// Creates a problem.
  ///
  /// - Parameters:
  ///   - geometry: The lattice.
  ///   - terms: The Hamiltonian, on its sites.
  ///   - upCount: The number of spins that point up; nil where the model does not conserve it.
  public init(geometry: LatticeGeometry, terms: SpinTerms, upCount: Int?) {
    precondition(geometry.siteCount == terms.siteCount, "terms on another lattice")
    precondition(upCount.map { (0...terms.siteCount).contains($0) } ?? true)
    self.geometry = geometry
    self.terms = terms
    self.upCount = upCount
  }

  /// The number of sites, N.
  public var siteCount: Int { terms.siteCount }

  /// The largest coupling as that of `J S·S`; 1 where there is none.
  var energyUnit: Double {
    let bonds = terms.couplings.map { max(4 * abs($0.parallel), 2 * abs($0.exchange)) }
    let fields = terms.field + terms.longitudinalField
    let largest = (bonds + fields.map { 2 * abs($0) }).max() ?? 0
    return largest > 0 ? largest : 1
  }
}
