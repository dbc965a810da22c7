/// Which orbitals a molecule is solved in.
public enum OrbitalChoice: String, Codable, Sendable, Hashable, CaseIterable {
  /// Those of the integrals.
  case given
  /// Those of the largest self-repulsion, each at one place; they have no irreps.
  case localised
  /// Natural orbitals of a small configuration interaction, irrep by irrep.
  case natural
  /// What single determinants and small configuration interactions speak for (``OrbitalSelection/compared()``).
  case auto
}
