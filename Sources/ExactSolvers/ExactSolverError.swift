/// Why an exact solver gives no answer.
public struct ExactSolverError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: Sendable, Hashable {
    /// The problem needs more memory than is allowed.
    case tooLarge(neededBytes: UInt64, allowedBytes: UInt64)
    /// No configuration has the wanted quantum numbers.
    case emptySector
    /// The input is outside what the solver can do.
    case unsupported
    /// The iteration did not reach its tolerance.
    case notConverged(residual: Double)
    /// A linear-algebra routine failed.
    case linearAlgebra
  }

  /// What kind of failure it is.
  public let code: Code
  /// What happened and what to do, in a sentence or two.
  public let description: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: What kind of failure it is.
  ///   - description: What happened and what to do.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  /// The error of a problem that is too large.
  ///
  /// - Parameters:
  ///   - what: The problem, such as `full CI with 1000 determinants`.
  ///   - neededBytes: The memory it needs.
  ///   - allowedBytes: The memory it may use.
  /// - Returns: The error, with both figures in its description.
  public static func tooLarge(
    _ what: String, neededBytes: UInt64, allowedBytes: UInt64
  ) -> ExactSolverError {
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
    return .init(
      .tooLarge(neededBytes: neededBytes, allowedBytes: allowedBytes),
      "\(what) needs about \(text(neededBytes)) of memory, more than the \(text(allowedBytes)) "
        + "allowed; raise the limit, ask for one irrep or for fewer states, or use fewer orbitals")
  }
}
