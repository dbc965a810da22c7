public import Configurations
public import Hamiltonians
public import Integrals

/// A spin model on a lattice.
public struct LatticeModel: Sendable, Hashable {
  /// The kinds of model, with their numbers.
  public enum Interaction: Sendable, Hashable {
    /// `J1 Σ S·S + J2 Σ S·S` with S = σ/2 and anisotropy Δ on both.
    case heisenberg(j1: Double, j2: Double, anisotropy: Double)
    /// `−J Σ σᶻσᶻ − h Σ σˣ` with Pauli matrices.
    case ising(coupling: Double, field: Double)
  }

  /// The lattice.
  public var geometry: LatticeGeometry
  /// The model.
  public var interaction: Interaction
  /// 2Sz of the sector, where the model conserves it; nil for the smallest, 0 or 1.
  public var twiceMagnetization: Int?

  /// Creates a model.
  public init(
    geometry: LatticeGeometry, interaction: Interaction, twiceMagnetization: Int? = nil
  ) {
    self.geometry = geometry
    self.interaction = interaction
    self.twiceMagnetization = twiceMagnetization
  }
}

extension LatticeModel {
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

  /// Returns the terms of the model's Hamiltonian.
  ///
  /// - Returns: The terms.
  /// - Throws: ``Hamiltonians/LatticeError`` where the lattice has no such neighbours.
  public func makeTerms() throws(LatticeError) -> SpinTerms {
    switch interaction {
    case .heisenberg(let j1, let j2, let anisotropy):
      try .heisenberg(on: geometry, j1: j1, j2: j2, anisotropy: anisotropy)
    case .ising(let coupling, let field):
      try .ising(on: geometry, coupling: coupling, field: field)
    }
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
    if case .ising(_, let field) = interaction, field != 0 {
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
  var conservesSpin: Bool {
    if case .heisenberg(_, _, let anisotropy) = interaction { anisotropy == 1 } else { false }
  }

  /// The magnitude of the first coupling that is not zero, 1 where all are.
  var energyScale: Double {
    let couplings =
      switch interaction {
      case .heisenberg(let j1, let j2, _): [j1, j2]
      case .ising(let coupling, let field): [coupling, field]
      }
    return couplings.first { $0 != 0 }.map { abs($0) } ?? 1
  }
}

/// What a run is to solve.
public enum Problem: Sendable {
  /// Electrons in a molecule, and the irrep of the wanted state.
  case molecule(MolecularIntegrals, irrep: IrrepChoice)
  /// Spins on a lattice.
  case lattice(LatticeModel)
}

/// Which irrep a molecular state is sought in.
public enum IrrepChoice: Sendable, Hashable {
  /// The one that the integrals ask for; where they ask for none, the one in which a small
  /// configuration interaction is lowest.
  case automatic
  /// All of them, without a symmetry mask.
  case any
  /// One, as an XOR label.
  case label(UInt8)
}
