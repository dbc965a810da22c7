/// The Fortran namelist at the head of an FCIDUMP file, as keys with their values in words.
struct Namelist {
  struct Assignment {
    /// The key in upper case, without its subscript.
    var key: String
    /// The subscript, from 1; 1 where there is none.
    var subscript1: Int
    /// The values as written; quoted ones without their quotes.
    var values: [String]
    /// The line of the key.
    var line: Int
  }

  var assignments: [Assignment] = []
  /// The line on which the namelist ends.
  var lastLine = 0

  /// The last assignment to a key.
  func assignment(to key: String) -> Assignment? { assignments.last { $0.key == key } }
}

extension Namelist {
  /// Headers longer than this are taken as not terminated.
  private static let longestHeader = 1 << 22

  private enum Token {
    case word([UInt8])
    case string([UInt8])
    case equals
    case comma
  }

  /// Reads from the start of the file to the line that ends the namelist.
  init(from reader: LineReader) throws(IntegralsError) {
    var tokens: [(token: Token, line: Int)] = []
    var rest = try Self.findGroup(reader)
    var length = 0
    while true {
      let isTerminated = Self.tokenize(rest, line: reader.lineNumber, into: &tokens)
      if isTerminated { break }
      guard let line = try reader.next(), length < Self.longestHeader else {
        throw IntegralsError(
          .invalidHeader, path: reader.path, line: reader.lineNumber,
          "The &FCI header isn't terminated",
          expected: "'&END' or '/' after the last key",
          found: length < Self.longestHeader ? "the end of the file" : "4 MiB without either",
          remedy: "Write the file again: it may be truncated, or end the header by hand")
      }
      length += line.count
      rest = Array(line)
    }
    lastLine = reader.lineNumber
    assign(tokens)
  }

  /// Skips to the group name and returns what follows it on its line.
  private static func findGroup(_ reader: LineReader) throws(IntegralsError) -> [UInt8] {
    while let line = try reader.next() {
      var bytes = line[...]
      if reader.lineNumber == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
        bytes = bytes.dropFirst(3)
      }
      bytes = bytes.drop { isBlank($0) }
      guard let first = bytes.first else { continue }
      if first == UInt8(ascii: "!") || first == UInt8(ascii: "#") { continue }
      let name = bytes.dropFirst().prefix(3).map { $0 & 0xDF }
      let next = bytes.dropFirst(4).first ?? 0x20
      let isMarker = first == UInt8(ascii: "&") || first == UInt8(ascii: "$")
      if isMarker, name == Array("FCI".utf8), !isWordByte(next) {
        return Array(bytes.dropFirst(4))
      }
      throw IntegralsError(
        .unknownFormat, path: reader.path, line: reader.lineNumber,
        "This is neither an FCIDUMP nor an HDF5 file: no &FCI header",
        expected: "'&FCI NORB=…,NELEC=…,MS2=…'", found: quoted(bytes),
        remedy: "Give an integral file as PySCF, Molpro, Psi4 or block2 write it")
    }
    throw IntegralsError(
      .unknownFormat, path: reader.path,
      reader.lineNumber == 0 ? "The file is empty" : "The file is empty: it has only blank lines",
      expected: "a &FCI header and integrals",
      remedy: "Write the file again; the program that made it may have failed")
  }

  /// Appends the tokens of one line and returns whether the namelist ends on it.
  private static func tokenize(
    _ bytes: [UInt8], line: Int, into tokens: inout [(token: Token, line: Int)]
  ) -> Bool {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "!"): return false
      case UInt8(ascii: "/"): return true
      case UInt8(ascii: "&"), UInt8(ascii: "$"):
        if bytes[(index + 1)...].prefix(3).map({ $0 & 0xDF }) == Array("END".utf8) { return true }
        index += 1
      case UInt8(ascii: "="):
        tokens.append((.equals, line))
        index += 1
      case UInt8(ascii: ","):
        tokens.append((.comma, line))
        index += 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        let close = bytes[(index + 1)...].firstIndex(of: byte) ?? bytes.count
        tokens.append((.string(Array(bytes[(index + 1)..<close])), line))
        index = close + 1
      case _ where isBlank(byte): index += 1
      default:
        let start = index
        var depth = 0
        while index < bytes.count {
          let next = bytes[index]
          if next == UInt8(ascii: "(") { depth += 1 }
          if next == UInt8(ascii: ")") { depth -= 1 }
          if depth <= 0, isBlank(next) || [0x2C, 0x3D, 0x2F, 0x21, 0x27, 0x22].contains(next) {
            break
          }
          index += 1
        }
        tokens.append((.word(Array(bytes[start..<index])), line))
      }
    }
    return false
  }

  private mutating func assign(_ tokens: [(token: Token, line: Int)]) {
    for (index, (token, line)) in tokens.enumerated() {
      switch token {
      case .word(let bytes):
        let text = String(decoding: bytes, as: UTF8.self)
        if index + 1 < tokens.count, case .equals = tokens[index + 1].token {
          let parts = text.uppercased().split(separator: "(", maxSplits: 1)
          let subscript1 = parts.count > 1 ? Int(parts[1].dropLast()) ?? 1 : 1
          assignments.append(
            Assignment(
              key: parts.first.map(String.init) ?? "", subscript1: subscript1, values: [],
              line: line))
        } else if !assignments.isEmpty {
          assignments[assignments.count - 1].values.append(text)
        }
      case .string(let bytes):
        if !assignments.isEmpty {
          assignments[assignments.count - 1].values.append(String(decoding: bytes, as: UTF8.self))
        }
      case .equals, .comma: break
      }
    }
  }
}

private func isWordByte(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x5F
}

/// Returns at most 40 bytes for a message: the text in quotes, or that they are binary.
func quoted(_ bytes: some Sequence<UInt8>) -> String {
  let head = Array(bytes.prefix(41))
  let isText = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || isBlank($0) }
  guard isText, let text = String(validating: head.prefix(40), as: UTF8.self) else {
    return head.contains(0) ? "binary data with NUL bytes" : "binary data"
  }
  return "'\(text)\(head.count > 40 ? "…" : "")'"
}
