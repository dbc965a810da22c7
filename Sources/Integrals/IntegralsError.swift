/// What is wrong with an integral file: where, what was expected, what was found, what to do.
public struct IntegralsError: Error, Equatable, Sendable {
  /// The kind of fault; new ones may come, so switch with a default.
  public struct Code: Hashable, Sendable {
    let name: String

    /// The file can't be opened, read or written.
    public static let inputOutput = Code(name: "inputOutput")
    /// The file is of no known format, or empty.
    public static let unknownFormat = Code(name: "unknownFormat")
    /// The header or the dimensions are missing, malformed or impossible.
    public static let invalidHeader = Code(name: "invalidHeader")
    /// A number, an index or a line can't be understood.
    public static let invalidEntry = Code(name: "invalidEntry")
    /// Two entries contradict each other.
    public static let contradiction = Code(name: "contradiction")
    /// The file is incomplete.
    public static let incomplete = Code(name: "incomplete")
    /// The file is sound but holds what this program doesn't treat.
    public static let unsupported = Code(name: "unsupported")
  }

  /// The kind of fault.
  public var code: Code
  /// The file.
  public var path: String
  /// The line at fault, from 1, where the file is text and one line is.
  public var line: Int?
  /// The HDF5 object at fault, where the file is HDF5 and one object is.
  public var object: String?
  /// What is wrong, in one sentence without its full stop.
  public var problem: String
  /// What would have been right.
  public var expected: String?
  /// What the file has.
  public var found: String?
  /// What to do about it.
  public var remedy: String?

  /// Creates an error from its parts.
  public init(
    _ code: Code, path: String, line: Int? = nil, object: String? = nil, _ problem: String,
    expected: String? = nil, found: String? = nil, remedy: String? = nil
  ) {
    self.code = code
    self.path = path
    self.line = line
    self.object = object
    self.problem = problem
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension IntegralsError: CustomStringConvertible {
  public var description: String {
    var text = path
    if let line { text += ", line \(line)" }
    if let object { text += ", object '\(object)'" }
    text += ": \(problem)"
    switch (expected, found) {
    case (let expected?, let found?): text += " (expected \(expected), found \(found))"
    case (let expected?, nil): text += " (expected \(expected))"
    case (nil, let found?): text += " (found \(found))"
    case (nil, nil): break
    }
    text += "."
    if let remedy { text += " \(remedy)." }
    return Self.printable(text)
  }

  /// The text in one line: control characters, which come from the file, as `\r`, `\t`, `\u{0}`.
  private static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.properties.generalCategory == .control {
        result.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension IntegralsError.Code: CustomStringConvertible {
  public var description: String { name }
}
