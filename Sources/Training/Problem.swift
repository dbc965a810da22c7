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
