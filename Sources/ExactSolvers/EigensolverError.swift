/// An eigenvalue problem that cannot be set up or solved.
public struct EigensolverError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Code: Sendable, Hashable {
    /// The vectors would need more memory than was allowed.
    case tooLarge
    /// The sector has no states, or the Hamiltonian does not stay in it.
    case invalidSector
    /// The residuals did not fall below the tolerance within the allowed number of products.
    case notConverged
    /// A dense factorisation failed.
    case numericalFailure
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
