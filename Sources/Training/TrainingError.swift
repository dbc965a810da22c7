/// A run that cannot be made or cannot go on.
public struct TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: String, Sendable, Hashable {
    /// An option or a combination of options is out of range.
    case invalidSettings
    /// The sector has no configuration, or more than can be handled.
    case invalidSector
    /// A checkpoint belongs to another problem or other settings.
    case snapshotMismatch
    /// An energy or a gradient is not finite.
    case notFinite
    /// Processes that share the work have come to different numbers.
    case processesDisagree
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do.
  public let message: String

  /// Creates an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
