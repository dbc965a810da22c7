internal import Foundation

/// The lines of a file of couplings, one bond a line, as columns.
///
/// Blank lines, and what follows a `#`, are left out.
struct EdgeListText {
  /// One line that is not blank.
  struct Line {
    /// Its number, from 1.
    let number: Int
    let columns: [Substring]
  }

  /// What the file is called in messages.
  let path: String
  let lines: [Line]

  /// Reads a file.
  init(path: String) throws(EdgeListError) {
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
    self.init(text, path: path)
  }

  /// Takes what is in a file.
  init(_ text: String, path: String) {
    self.path = path
    let byteOrderMark: Unicode.Scalar = "\u{FEFF}"
    let text = text.unicodeScalars.first == byteOrderMark ? String(text.dropFirst()) : text
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .map { index, line in
        let content = line.prefix { $0 != "#" }
        return Line(number: index + 1, columns: content.split(whereSeparator: \.isWhitespace))
      }.filter { !$0.columns.isEmpty }
  }

  /// Returns the site of a column; `place` is what has `count` of them, for messages.
  func site(
    _ column: Int, of line: Line, count: Int, on place: String
  ) throws(EdgeListError) -> Int {
    guard let site = Int(line.columns[column]) else {
      throw EdgeListError(
        .malformedLine, path: path, line: line.number,
        "expected the number of a site, and found '\(Self.shown(line.columns[column]))'; "
          + "write a bond as 'i j J'")
    }
    guard (0..<count).contains(site) else {
      throw EdgeListError(
        .siteOutOfRange, path: path, line: line.number,
        "there is no site \(site) on the \(place); sites are numbered from 0 to \(count - 1)")
    }
    return site
  }

  /// Returns a coupling.
  func coupling(_ column: Int, of line: Line) throws(EdgeListError) -> Double {
    guard let coupling = Double(line.columns[column]), coupling.isFinite else {
      throw EdgeListError(
        .invalidCoupling, path: path, line: line.number,
        "the coupling must be a finite number, not '\(Self.shown(line.columns[column]))'")
    }
    return coupling
  }

  /// Returns the complaint about a bond that an earlier line has.
  func doubled(_ first: Int, _ second: Int, at line: Line) -> EdgeListError {
    EdgeListError(
      .doubledBond, path: path, line: line.number,
      "an earlier line has the bond of sites \(first) and \(second) already; give each bond once, "
        + "in one of its two directions")
  }

  /// Returns the complaint about bonds that no line has.
  func missing(
    _ count: Int, of total: Int, on place: String, first: (Int, Int)
  ) -> EdgeListError {
    EdgeListError(
      .missingBonds, path: path,
      "\(count) of the \(total) bonds of the \(place) \(count == 1 ? "is" : "are") missing, the first "
        + "that of sites \(first.0) and \(first.1); give every bond one line, with coupling 0 where "
        + "there is none")
  }

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
