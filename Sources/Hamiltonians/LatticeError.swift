/// A lattice, its size or its couplings that cannot be used.
public struct LatticeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Code: Sendable, Hashable {
    /// A size that is not written as the geometry needs it.
    case malformedSize
    /// A boundary that the lattice cannot have.
    case invalidBoundary
    /// More sites than the configuration word or the program holds.
    case tooManySites
    /// Neighbours that a lattice of this size does not have.
    case missingNeighbours
    /// A bond that names a site outside the lattice, or joins a site with itself.
    case invalidBond
    /// A coupling or field that is infinite or not a number.
    case invalidCoupling
  }

  /// What kind of fault it is.
  public let code: Code
  /// What was found, what was expected and what to do.
  public let description: String

  /// Creates an error from its kind and its text.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
