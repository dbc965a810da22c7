/// What went wrong with an HDF5 file: which operation on which object, and what to do.
public struct HDF5Error: Error, Equatable, Sendable {
  /// What was tried, in words that complete "can't".
  public var operation: String
  /// The file.
  public var path: String
  /// The group, dataset or attribute, where one is at fault.
  public var object: String?
  /// The reason, where it is known.
  public var reason: String?
  /// What to do about it.
  public var remedy: String?

  /// Creates an error from its parts.
  public init(
    _ operation: String, path: String, object: String? = nil, reason: String? = nil,
    remedy: String? = nil
  ) {
    self.operation = operation
    self.path = path
    self.object = object
    self.reason = reason
    self.remedy = remedy
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension HDF5Error: CustomStringConvertible {
  public var description: String {
    var text = path
    if let object { text += ", object '\(object)'" }
    text += ": can't \(operation)"
    if let reason { text += ": \(reason)" }
    text += "."
    if let remedy { text += " \(remedy)." }
    return text
  }
}
