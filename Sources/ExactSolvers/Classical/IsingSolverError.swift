/// A classical Ising model that cannot be solved exactly.
public struct IsingSolverError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Code: Sendable, Hashable {
    /// Couplings for which there is no closed form.
    case unsupportedCouplings
    /// A lattice that would take too long.
    case tooLarge
    /// A temperature that is negative, not a number, or too low for the method.
    case invalidTemperature
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

  /// Checks an inverse temperature.
  static func check(inverseTemperature beta: Double) throws(IsingSolverError) {
    guard beta.isFinite, beta >= 0 else {
      throw IsingSolverError(
        .invalidTemperature,
        "the inverse temperature must be a finite number, at least 0, not \(beta)")
    }
  }
}
