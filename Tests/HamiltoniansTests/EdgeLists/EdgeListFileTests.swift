import Foundation
import Hamiltonians
import Testing

@Suite struct EdgeListFileTests {
  /// All bonds of the torus, the coupling of each its place in the list.
  private static func lines(length: Int) -> [String] {
    var lines: [String] = []
    for site in 0..<length * length {
      let (row, column) = site.quotientAndRemainder(dividingBy: length)
      lines.append("\(site) \(row * length + (column + 1) % length) \(lines.count)")
      lines.append("\(site) \((row + 1) % length * length + column) \(lines.count)")
    }
    return lines
  }

  private static func parse(_ lines: [String], length: Int = 3) throws -> ClassicalIsing {
    try EdgeListFile.parse(lines.joined(separator: "\n"), path: "bonds", length: length)
  }

  @Test("All bonds are read, in any order and direction", arguments: [3, 4, 5])
  func readsBonds(_ length: Int) throws {
    let count = length * length
    let known = ClassicalIsing(
      length: length,
      couplings: .bonds(
        right: (0..<count).map { Double(2 * $0) }, down: (0..<count).map { Double(2 * $0 + 1) }))
    let lines = Self.lines(length: length)
    #expect(try Self.parse(lines, length: length) == known)
    let turned = lines.reversed().map { line in
      let columns = line.split(separator: " ")
      return "\t\(columns[1])  \(columns[0])\t\(columns[2])e0 # a bond"
    }
    #expect(try Self.parse(["\u{FEFF}# comment", ""] + turned + ["  "], length: length) == known)
    let text = lines.joined(separator: "\r\n")
    #expect(try EdgeListFile.parse(text, path: "bonds", length: length) == known)
  }

  static let faults: [(line: Int, text: String, code: EdgeListError.Code, words: String)] = [
    (1, "0 4 1", .notNeighbours, "neighbours of 0 are 1, 2, 3, 6"),
    (1, "0 0 1", .notNeighbours, "no nearest neighbours on the 3x3 torus"),
    (2, "1 0 7", .doubledBond, "sites 1 and 0"),
    (4, "0 9 1", .siteOutOfRange, "from 0 to 8"),
    (4, "-1 0 1", .siteOutOfRange, "no site -1"),
    (4, "0 1", .malformedLine, "three columns 'i j J'"),
    (4, "0 1 2 3", .malformedLine, "found 4"),
    (4, "0.0 1 2", .malformedLine, "'0.0'"),
    (4, "0 1 nan", .invalidCoupling, "'nan'"),
    (4, "0 1 inf", .invalidCoupling, "finite"),
    (4, "0 1 1,5", .invalidCoupling, "'1,5'"),
  ]

  @Test("A fault is named with its line and what was expected", arguments: faults.indices)
  func faultsAreNamed(_ index: Int) throws {
    let (line, text, code, words) = Self.faults[index]
    var lines = Self.lines(length: 3)
    lines[line - 1] = text
    let error = try #require(throws: EdgeListError.self) { try Self.parse(lines) }
    #expect(error.code == code && error.line == line)
    #expect(error.description.hasPrefix("bonds, line \(line): "))
    #expect(error.description.contains(words), "\(error)")
  }

  @Test("Missing bonds are counted, and the first is named")
  func missingBonds() throws {
    var lines = Self.lines(length: 3)
    lines.remove(at: 3)
    var error = try #require(throws: EdgeListError.self) { try Self.parse(lines) }
    #expect(error.code == .missingBonds && error.line == nil)
    #expect(error.description.contains("1 of the 18 bonds of the 3x3 torus is missing"))
    #expect(error.description.contains("sites 1 and 4"))
    error = try #require(throws: EdgeListError.self) { try Self.parse([]) }
    #expect(error.description.contains("18 of the 18") && error.description.contains("0 and 1"))
    // A file for a longer torus.
    error = try #require(throws: EdgeListError.self) { try Self.parse(Self.lines(length: 4)) }
    #expect(error.code == .notNeighbours)
  }

  @Test("Files that cannot be read")
  func unreadableFiles() throws {
    let folder = FileManager.default.temporaryDirectory
    let file = folder.appending(path: "edge-list-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    func error() throws -> EdgeListError {
      try #require(throws: EdgeListError.self) {
        try EdgeListFile.read(path: file.path, length: 3)
      }
    }
    #expect(try error().description.contains("no such file"))
    try Data([0x30, 0xFF, 0xFE, 0x0A]).write(to: file)
    #expect(try error().description.contains("UTF-8"))
    try Data(Self.lines(length: 3).joined(separator: "\n").utf8).write(to: file)
    #expect(try EdgeListFile.read(path: file.path, length: 3).right(of: 1) == 2)
    let isFolder = try #require(throws: EdgeListError.self) {
      try EdgeListFile.read(path: folder.path, length: 3)
    }
    #expect(isFolder.code == .unreadable && isFolder.description.contains("folder"))
  }
}
