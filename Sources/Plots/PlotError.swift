/// A figure that cannot be drawn.
public struct PlotError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with which data.
  public let description: String

  /// Creates an error.
  public init(_ description: String) { self.description = description }
}
