public import Integrals

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

extension Problem {
  /// Whether the orbitals are those that were given; true of lattices.
  public var hasGivenOrbitals: Bool {
    if case .molecule(let integrals, _) = self { integrals.basis == nil } else { true }
  }

  /// The digest of the problem as it was given, whatever orbitals it is solved in.
  public var givenDigest: String {
    if case .molecule(let integrals, _) = self, let basis = integrals.basis {
      return basis.givenDigest
    }
    return digest
  }
}
