internal import Foundation

/// Reads the couplings of a classical Ising model from text, one bond a line.
///
/// ```
/// # i j J, sites r L + c from 0
/// 0 1  1.0
/// 0 3 -0.5
/// ```
///
/// Every one of the `2 L²` bonds of the torus has one line, in any order, its sites in either order.
/// Blank lines, and what follows a `#`, are ignored.
public struct EdgeListFile: Sendable {
  /// What the file is called in messages.
  private let path: String
  private let length: Int
  private var right: [Double?]
  private var down: [Double?]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - length: L.
  /// - Returns: The model.
  /// - Throws: ``EdgeListError`` with the line, what was expected and what to do.
  public static func read(
    path: String, length: Int
  ) throws(EdgeListError) -> ClassicalIsing {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      throw EdgeListError(
        .unreadable, path: path,
        isFolder.boolValue
          ? "this is a folder; give a file of lines 'i j J'"
          : isThere
            ? "the file cannot be read; check its permissions"
            : "there is no such file; check the path")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw EdgeListError(
        .unreadable, path: path,
        "this is no UTF-8 text; expected lines 'i j J' with two sites and their coupling")
    }
    return try parse(text, path: path, length: length)
  }

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - text: What is in the file.
  ///   - path: The file, for messages.
  ///   - length: L, at least 3.
  /// - Returns: The model.
  /// - Throws: ``EdgeListError`` with the line, what was expected and what to do.
  public static func parse(
    _ text: String, path: String, length: Int
  ) throws(EdgeListError) -> ClassicalIsing {
    var file = EdgeListFile(path: path, length: length)
    var number = 0
    let byteOrderMark: Unicode.Scalar = "\u{FEFF}"
    let text = text.unicodeScalars.first == byteOrderMark ? String(text.dropFirst()) : text
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let content = line.prefix { $0 != "#" }
      let columns = content.split(whereSeparator: \.isWhitespace)
      if !columns.isEmpty { try file.take(columns, line: number) }
    }
    return try file.makeModel()
  }

  private init(path: String, length: Int) {
    precondition(length >= 3, "a torus of length \(length) has doubled bonds")
    self.path = path
    self.length = length
    right = Array(repeating: nil, count: length * length)
    down = right
  }

  private mutating func take(_ columns: [Substring], line: Int) throws(EdgeListError) {
    guard columns.count == 3 else {
      throw EdgeListError(
        .malformedLine, path: path, line: line,
        "expected three columns 'i j J', two sites and their coupling, and found \(columns.count)")
    }
    let first = try site(columns[0], line: line)
    let second = try site(columns[1], line: line)
    guard let coupling = Double(columns[2]), coupling.isFinite else {
      throw EdgeListError(
        .invalidCoupling, path: path, line: line,
        "the coupling must be a finite number, not '\(Self.shown(columns[2]))'")
    }
    guard let (isDown, start) = bond(first, second) else {
      throw EdgeListError(
        .notNeighbours, path: path, line: line,
        "sites \(first) and \(second) are no nearest neighbours on the \(torus); the neighbours of "
          + "\(first) are \(neighbours(of: first)), since site r*\(length) + c is in row r, column c"
      )
    }
    guard (isDown ? down : right)[start] == nil else {
      throw EdgeListError(
        .doubledBond, path: path, line: line,
        "an earlier line has the bond of sites \(first) and \(second) already; give each bond once, "
          + "in one of its two directions")
    }
    if isDown { down[start] = coupling } else { right[start] = coupling }
  }

  private func site(_ column: Substring, line: Int) throws(EdgeListError) -> Int {
    guard let site = Int(column) else {
      throw EdgeListError(
        .malformedLine, path: path, line: line,
        "expected the number of a site, and found '\(Self.shown(column))'; write a bond as 'i j J'")
    }
    guard right.indices.contains(site) else {
      throw EdgeListError(
        .siteOutOfRange, path: path, line: line,
        "there is no site \(site) on the \(torus); sites are numbered from 0 to \(right.count - 1)")
    }
    return site
  }

  /// Returns the direction of a bond and the site at which it starts.
  private func bond(_ first: Int, _ second: Int) -> (isDown: Bool, start: Int)? {
    for (start, end) in [(first, second), (second, first)] {
      if neighbour(of: start, isDown: false) == end { return (false, start) }
      if neighbour(of: start, isDown: true) == end { return (true, start) }
    }
    return nil
  }

  /// Returns the site to the right, or below.
  private func neighbour(of site: Int, isDown: Bool) -> Int {
    let (row, column) = site.quotientAndRemainder(dividingBy: length)
    return isDown
      ? (row + 1) % length * length + column : row * length + (column + 1) % length
  }

  private func neighbours(of site: Int) -> String {
    right.indices.filter { bond(site, $0) != nil }.map(String.init).joined(separator: ", ")
  }

  private func makeModel() throws(EdgeListError) -> ClassicalIsing {
    let missing = right.indices.flatMap { site in
      [(false, right[site]), (true, down[site])].filter { $0.1 == nil }
        .map { (site, neighbour(of: site, isDown: $0.0)) }
    }
    if let (first, second) = missing.first {
      throw EdgeListError(
        .missingBonds, path: path,
        "\(missing.count) of the \(2 * right.count) bonds of the \(torus) "
          + "\(missing.count == 1 ? "is" : "are") missing, the first that of sites \(first) and "
          + "\(second); give every bond one line, with coupling 0 where there is none")
    }
    return ClassicalIsing(
      length: length,
      couplings: .bonds(right: right.compactMap(\.self), down: down.compactMap(\.self)))
  }

  private var torus: String { "\(length)x\(length) torus" }

  /// What the file has, in one line and not too long.
  private static func shown(_ text: Substring) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(40) {
      if scalar.properties.generalCategory == .control {
        result.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
