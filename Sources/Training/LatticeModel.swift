public import Configurations
public import Hamiltonians

/// A spin model on a lattice.
public struct LatticeModel: Sendable, Hashable {
  /// The kinds of model, with their numbers.
  public enum Interaction: Sendable, Hashable {
    /// `Σ_k J_k Σ [½(S⁺S⁻ + S⁻S⁺) + Δ SᶻSᶻ]` over the neighbour shells k = 1, 2, 3, with S = σ/2; Δ = 0 is
    /// the XY model.
    case heisenberg(j1: Double, j2: Double, j3: Double = 0, anisotropy: Double)
    /// `−J Σ σᶻσᶻ − h Σ σˣ − h_z Σ σᶻ` with Pauli matrices.
    case ising(coupling: Double, field: Double, longitudinalField: Double = 0)
  }

  /// The lattice.
  public var geometry: LatticeGeometry
  /// The model.
  public var interaction: Interaction
  /// Couplings of single bonds, in place of the interaction's own, which then have no meaning; nil for those.
  public var bonds: [BondCoupling]?
  /// 2Sz of the sector, where the model conserves it; nil for the smallest, 0 or 1.
  public var twiceMagnetization: Int?

  /// Creates a model.
  public init(
    geometry: LatticeGeometry, interaction: Interaction, bonds: [BondCoupling]? = nil,
    twiceMagnetization: Int? = nil
  ) {
    self.geometry = geometry
    self.interaction = interaction
    self.bonds = bonds
    self.twiceMagnetization = twiceMagnetization
  }
}

extension LatticeModel {
  /// The couplings J of the interaction, one for each shell of neighbours.
  public var shellCouplings: [Double] {
    switch interaction {
    case .heisenberg(let j1, let j2, let j3, _): [j1, j2, j3]
    case .ising(let coupling, _, _): [coupling]
    }
  }

  /// Returns the model's bonds with their couplings, shell by shell or as they were given.
  ///
  /// - Returns: The bonds.
  /// - Throws: ``Hamiltonians/LatticeError`` where the lattice has no such neighbours.
  public func coupledBonds() throws(LatticeError) -> [BondCoupling] {
    if let bonds { return bonds }
    return try geometry.bonds(couplings: shellCouplings)
  }

  /// Returns the terms of the model's Hamiltonian.
  ///
  /// - Returns: The terms.
  /// - Throws: ``Hamiltonians/LatticeError`` where the lattice has no such neighbours.
  public func makeTerms() throws(LatticeError) -> SpinTerms {
    let bonds = try coupledBonds()
    let sites = geometry.siteCount
    return switch interaction {
    case .heisenberg(_, _, _, let anisotropy):
      .heisenberg(bonds, siteCount: sites, anisotropy: anisotropy)
    case .ising(_, let field, let longitudinalField):
      .ising(bonds, siteCount: sites, field: field, longitudinalField: longitudinalField)
    }
  }

  /// Returns the model's Hamiltonian.
  ///
  /// - Returns: The Hamiltonian, over words of the type asked for.
  /// - Throws: ``Hamiltonians/LatticeError`` where the lattice has more sites than bits in a word, has no
  ///   such neighbours, or a coupling is out of range.
  public func makeHamiltonian<Word: ConfigurationWord>(
    _: Word.Type
  ) throws(LatticeError) -> SpinHamiltonian<Word> {
    try SpinHamiltonian(makeTerms())
  }

  /// The number of sites that point up in the model's sector; nil for all configurations.
  public var upCount: Int? {
    let sites = geometry.siteCount
    switch interaction {
    case .heisenberg: return (sites + (twiceMagnetization ?? sites % 2)) / 2
    case .ising: return twiceMagnetization.map { (sites + $0) / 2 }
    }
  }

  /// Throws unless the model conserves the magnetisation asked for, and its sites can have it.
  func checkMagnetization() throws(LatticeError) {
    guard let magnetization = twiceMagnetization else { return }
    if case .ising(_, let field, _) = interaction, field != 0 {
      throw LatticeError(
        .invalidCoupling, "a transverse field does not conserve the magnetization; leave 2Sz out")
    }
    let sites = geometry.siteCount
    guard abs(magnetization) <= sites, (sites + magnetization) % 2 == 0 else {
      throw LatticeError(
        .invalidCoupling,
        "2Sz = \(magnetization) is not possible with \(sites) sites; it must be between "
          + "\(-sites) and \(sites) and \(sites % 2 == 0 ? "even" : "odd")")
    }
  }

  /// Whether the model commutes with the total spin: of the anisotropic ones only Sᶻ is conserved.
  public var conservesSpin: Bool {
    guard case .heisenberg(_, _, _, let anisotropy) = interaction, anisotropy == 1 else {
      return false
    }
    return (bonds ?? []).allSatisfy { $0.strength == $0.transverse }
  }

  /// The magnitude of the first coupling that is not zero, 1 where all are; of single bonds their root mean
  /// square.
  public var energyScale: Double {
    var couplings = shellCouplings
    if let bonds {
      let squares = bonds.reduce(0) { $0 + max(abs($1.strength), abs($1.transverse)).squared }
      couplings = [(squares / Double(max(bonds.count, 1))).squareRoot()]
    }
    if case .ising(_, let field, let longitudinalField) = interaction {
      couplings += [field, longitudinalField]
    }
    return couplings.first { $0 != 0 }.map { abs($0) } ?? 1
  }
}

extension Double {
  fileprivate var squared: Double { self * self }
}
