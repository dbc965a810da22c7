/// Orbitals that took the place of those that integrals were given in.
public struct OrbitalBasis: Sendable, Hashable {
  /// Which orbitals.
  public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
    /// Those of the largest self-repulsion, each at one place.
    case localised
    /// Natural orbitals of a small configuration interaction.
    case natural
  }

  /// Which orbitals.
  public let kind: Kind
  /// The orbitals `φ'_q = Σ_p φ_p U_pq` over the given ones `φ`: `U`, `[n, n]`, row-major and orthogonal.
  public let rotation: [Double]
  /// A digest of the problem in the given orbitals, by which its file is known again.
  public let givenDigest: String

  /// Creates a basis of its parts.
  ///
  /// - Precondition: The rotation is square.
  public init(kind: Kind, rotation: [Double], givenDigest: String) {
    let n = Int(Double(rotation.count).squareRoot().rounded())
    precondition(n * n == rotation.count, "\(rotation.count) elements are no square matrix")
    self.kind = kind
    self.rotation = rotation
    self.givenDigest = givenDigest
  }
}
