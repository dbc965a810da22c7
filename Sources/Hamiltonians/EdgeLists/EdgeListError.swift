/// What is wrong with a file of couplings: where, what was found, what was expected, what to do.
public struct EdgeListError: Error, Sendable, Hashable {
  /// What kind of fault it is.
  public enum Code: Sendable, Hashable {
    /// The file can't be read, or is no UTF-8 text.
    case unreadable
    /// A line that is not two sites and a number.
    case malformedLine
    /// A site that the lattice does not have.
    case siteOutOfRange
    /// A bond of a site with itself.
    case selfLoop
    /// A site that no line has.
    case missingSite
    /// Two sites that are no nearest neighbours.
    case notNeighbours
    /// A bond that an earlier line has.
    case doubledBond
    /// Bonds that no line has.
    case missingBonds
    /// A coupling that is infinite or not a number.
    case invalidCoupling
  }

  /// What kind of fault it is.
  public let code: Code
  /// The file.
  public let path: String
  /// The line at fault, from 1, where one is.
  public let line: Int?
  /// What was found and what was expected, and what to do, without a full stop.
  public let problem: String

  /// Creates an error from its parts.
  public init(_ code: Code, path: String, line: Int? = nil, _ problem: String) {
    self.code = code
    self.path = path
    self.line = line
    self.problem = problem
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension EdgeListError: CustomStringConvertible {
  public var description: String {
    let place = line.map { ", line \($0)" } ?? ""
    return "\(path)\(place): \(problem)"
  }
}
