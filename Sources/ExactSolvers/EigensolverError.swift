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

  /// The memory that the problem needs, in bytes, where it is too large.
  public var neededBytes: UInt64?
  /// The memory that it may use, in bytes, where it is too large.
  public var allowedBytes: UInt64?

  /// Creates an error from its kind and its text.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  /// The error of a problem that is too large, with both figures in its text.
  ///
  /// - Parameters:
  ///   - what: The problem, such as `full CI over 1000 determinants`.
  ///   - neededBytes: The memory it needs.
  ///   - allowedBytes: The memory it may use.
  ///   - remedy: What to do instead.
  /// - Returns: The error.
  static func tooLarge(
    _ what: String, neededBytes: UInt64, allowedBytes: UInt64, remedy: String
  ) -> EigensolverError {
    func text(_ bytes: UInt64) -> String {
      let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
      var value = Double(bytes)
      var unit = 0
      while value >= 1024, unit + 1 < units.count {
        value /= 1024
        unit += 1
      }
      return "\((value * 10).rounded() / 10) \(units[unit])"
    }
    var error = EigensolverError(
      .tooLarge,
      "\(what) needs about \(text(neededBytes)) of memory, more than the \(text(allowedBytes)) "
        + "allowed; \(remedy)")
    error.neededBytes = neededBytes
    error.allowedBytes = allowedBytes
    return error
  }
}
