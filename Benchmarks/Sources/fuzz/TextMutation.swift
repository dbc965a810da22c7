import Configurations

/// Mutations of an FCIDUMP that mostly leave lines and fields, so that they reach behind the first check.
enum TextMutation {
  private static let words: [String] = [
    "0", "-1", "1", "2", "3", "7", "8", "9", "64", "65", "128", "129", "257", "65536", "65537",
    "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807",
    "-9223372036854775808", "9223372036854775808", "99999999999999999999", "1e308", "1e309",
    "-1e309", "1e-400", "4.9e-324", "NaN", "nan", "-inf", "Infinity", "****", "1.0D+00", "1.d-3",
    "0.1-101", "1d", "1e", ".", "-", "+", "+1", "-.5", "1.5", "0x10", "1_000", "(1.0,0.0)",
    "(1.0, 1.0)", "(1.0", "1.0)", "(", ")", "()", "(,)", "3*1", "9*", "*", "*1", "65536*1",
    "99999999999*1", "''", "'", "\"A", ".TRUE.", ".F.", "T", "&END", "&FCI", "$END", "/", "&",
    "=", ",", ",,", "!", "#", "\u{0}", "é", "\u{FEFF}", "150000",
    String(repeating: "9", count: 400),
    "0." + String(repeating: "0", count: 400) + "1",
  ]
  private static let keys = [
    "NORB", "NELEC", "MS2", "ORBSYM", "ISYM", "IUHF", "UHF", "TREL", "ST", "III", "PNTGRP",
    "ORBSYM(2)", "ORBSYM(0)", "ORBSYM(-1)", "ORBSYM(9223372036854775807)",
    "ORBSYM(-9223372036854775808)", "ORBSYM(", "ORBSYM()", "(1)", "NPROP", "norb", "",
  ]
  private static let lines = [
    "", " ", "&END", " /", "&FCI NORB=2,NELEC=2,MS2=0,", "! comment", "# 1 2", "0 0 0 0 0",
    "0.0 0 0 0 0", "1.0 1 1 0 0", "1.0 1 0 0 0", "1.0 1 1 1 0", "1.0 0 1 0 0", "1.0 1 1 1 1",
    "-0.5 2 1 2 1", "1 2 3", "1.0 1 1 1 1 1", "1.0 0.0 1 1 1 1", "1.0,1,1,1,1",
    "(1.0,0.0) 1 1 1 1", " 0.123456789012E+00  1  1  1  1", "1.0 1.0 1 1 1", "\t", "\r",
    "  2  2", "1 1 1 1", "150000", "1.0 -1 1 1 1", "1.0 99 99 99 99", "1.0  1  2  3  4  ! x",
  ]

  /// Applies one mutation.
  static func apply(
    to bytes: inout [UInt8], other: [UInt8], using random: inout RandomSource
  ) {
    let kind = random.number(below: 16)
    if kind < 4 {
      ByteMutation.apply(to: &bytes, other: other, using: &random)
      return
    }
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == 0x0A { starts.append(index + 1) }
    // The header decides what the rest means, so every third place is there.
    let row = random.number(
      below: random.number(below: 3) == 0 ? min(5, starts.count) : starts.count)
    let line = starts[row]..<(row + 1 < starts.count ? starts[row + 1] : bytes.count)
    switch kind {
    case 4, 5, 6, 7: replaceField(in: &bytes, line, using: &random)
    case 8:
      let key = random.element(of: keys)
      let text = "\(key)=\(random.element(of: words)),"
      bytes.insert(contentsOf: Array(text.utf8), at: endOfLine(bytes, line))
    case 9:
      let last = starts[min(starts.count - 1, row + random.length(upTo: 64))]
      bytes.removeSubrange(line.lowerBound..<max(line.upperBound, last))
    case 10: bytes.insert(contentsOf: Array(bytes[line]), at: random.element(of: starts))
    case 11, 12:
      bytes.insert(
        contentsOf: Array("\(random.element(of: lines))\n".utf8), at: line.lowerBound)
    case 13:
      let swapped = Array(bytes[line])
      bytes.removeSubrange(line)
      bytes.insert(contentsOf: swapped, at: min(bytes.count, random.element(of: starts)))
    case 14:
      guard !other.isEmpty else { return }
      bytes.removeSubrange(line.lowerBound...)
      bytes += other[random.number(below: other.count)...]
    default:
      let ending: [UInt8] = random.element(of: [[0x0D, 0x0A], [0x0D], [0x20], [0x0A, 0x0A]])
      bytes = Array(
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false).joined(
          separator: ending))
    }
  }

  private static func endOfLine(_ bytes: [UInt8], _ line: Range<Int>) -> Int {
    line.isEmpty || bytes[line.upperBound - 1] != 0x0A ? line.upperBound : line.upperBound - 1
  }

  /// Puts a word in place of one field of a line.
  private static func replaceField(
    in bytes: inout [UInt8], _ line: Range<Int>, using random: inout RandomSource
  ) {
    let isBorder: (UInt8) -> Bool = { $0 <= 0x20 || $0 == 0x2C || $0 == 0x3D }
    var fields: [Range<Int>] = []
    var start: Int?
    for index in line.lowerBound...line.upperBound {
      let isEnd = index == line.upperBound || isBorder(bytes[index])
      if isEnd, let begin = start { fields.append(begin..<index) }
      start = isEnd ? nil : start ?? index
    }
    let word = Array(random.element(of: words).utf8)
    if fields.isEmpty {
      bytes.insert(contentsOf: word, at: line.lowerBound)
    } else {
      bytes.replaceSubrange(random.element(of: fields), with: word)
    }
  }
}
