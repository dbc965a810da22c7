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

  /// Whether shifts by patches may be taken to leave the ground state as it is.
  ///
  /// Of chains and square lattices momenta 0 and π do, where b is even, and no others are known to hold a ground state of
  /// these models. For odd b and other lattices a network must not force it: the chain of five has its ground state at
  /// another momentum.
  func mayShiftPatches(by side: Int) -> Bool {
    let isPlain = geometry.unitCell.basis.count == 1 && geometry.unitCell.form != .graph
    let isSquare = geometry.height == 1 || geometry.unitCell.name == "square"
    return isPlain && isSquare && side % 2 == 0 && isInvariant(underShiftsBy: side)
  }

  /// Whether all couplings are those of a lattice shifted by some cells along any direction, all of which close.
  func isInvariant(underShiftsBy side: Int) -> Bool {
    guard geometry.isTorus, geometry.unitCell.form != .graph else { return false }
    let couplings = PairCouplings(terms)
    let basis = geometry.unitCell.basis.count
    for (dx, dy) in geometry.height == 1 ? [(side, 0)] : [(side, 0), (0, side)] {
      let image = (0..<siteCount).map { site in
        let (cell, index) = site.quotientAndRemainder(dividingBy: basis)
        let (y, x) = cell.quotientAndRemainder(dividingBy: geometry.width)
        return geometry.site(
          x: (x + dx) % geometry.width, y: (y + dy) % geometry.height, basis: index)
      }
      if !couplings.isSymmetry(image) { return false }
    }
    return true
  }

  /// Whether all couplings are `J S·S` and there are no fields, so that eigenstates have a total spin.
  var hasTotalSpin: Bool {
    terms.couplings.allSatisfy { abs(2 * $0.parallel - $0.exchange) < 1e-9 * energyUnit }
      && (terms.field + terms.longitudinalField).allSatisfy { $0 == 0 }
  }

  /// The largest coupling as that of `J S·S`; 1 where there is none.
  var energyUnit: Double {
    let bonds = terms.couplings.map { max(4 * abs($0.parallel), 2 * abs($0.exchange)) }
    let fields = terms.field + terms.longitudinalField
    let largest = (bonds + fields.map { 2 * abs($0) }).max() ?? 0
    return largest > 0 ? largest : 1
  }
}
