public import Integrals

/// What a run is to solve.
public enum Problem: Sendable {
  /// Electrons in a molecule, with the irrep of the wanted state (an XOR label), or nil for any.
  case molecule(MolecularIntegrals, irrep: UInt8?)
}
