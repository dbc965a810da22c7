/// One line of an FCIDUMP's body: a value and four indices as written.
struct FCIDUMPEntry {
  var value: Double
  var i: Int
  var j: Int
  var k: Int
  var l: Int

  /// Imaginary parts up to this are rounding.
  private static let imaginaryTolerance = 1e-12

  /// Reads the plain form, `value i j k l`; nil for any other line.
  @inline(__always)
  init?(plain line: UnsafeBufferPointer<UInt8>) {
    guard var cursor = ByteCursor(line) else { return nil }
    cursor.skipBlanks()
    guard let value = cursor.real() else { return nil }
    cursor.skipBlanks()
    guard let i = cursor.integer() else { return nil }
    cursor.skipBlanks()
    guard let j = cursor.integer() else { return nil }
    cursor.skipBlanks()
    guard let k = cursor.integer() else { return nil }
    cursor.skipBlanks()
    guard let l = cursor.integer() else { return nil }
    cursor.skipBlanks()
    guard cursor.isAtEnd else { return nil }
    self.init(value: value, i: i, j: j, k: k, l: l)
  }

  private init(value: Double, i: Int, j: Int, k: Int, l: Int) {
    self.value = value
    self.i = i
    self.j = j
    self.k = k
    self.l = l
  }

  /// Reads any line: complex values, comments, run-together columns; nil if it holds no entry.
  ///
  /// - Parameters:
  ///   - line: The bytes of the line.
  ///   - reader: The reader, for the place in messages.
  ///   - hasWideIndices: Whether indices may have three digits, so that columns can run together.
  /// - Returns: The entry, or nil for a blank line and a comment.
  /// - Throws: `IntegralsError` that says what is wrong with the line.
  static func parse(
    _ line: UnsafeBufferPointer<UInt8>, in reader: LineReader, hasWideIndices: Bool
  ) throws(IntegralsError) -> FCIDUMPEntry? {
    var bytes = line[...]
    if let comment = bytes.firstIndex(where: { $0 == 0x21 || $0 == 0x23 }) {
      bytes = bytes[..<comment]
    }
    let fields = split(bytes)
    guard let first = fields.first, let lead = first.first else { return nil }
    func fault(
      _ problem: String, expected: String? = nil, found: String? = nil, remedy: String? = nil
    ) -> IntegralsError {
      IntegralsError(
        .invalidEntry, path: reader.path, line: reader.lineNumber, problem, expected: expected,
        found: found ?? quoted(line), remedy: remedy)
    }
    if bytes.contains(where: { $0 < 0x20 && !isBlank($0) || $0 >= 0x7F }) {
      throw fault(
        "Not a number but binary data", expected: "'value i j k l'", found: quoted(line),
        remedy: "Write the file again, or copy it in binary mode")
    }
    if lead == UInt8(ascii: "&") || lead == UInt8(ascii: "$") {
      throw fault(
        "A second header where an integral was expected", expected: "'value i j k l'",
        remedy: "Split the file: each header needs its own")
    }
    if fields.count < 5, hasWideIndices, let entry = fixedColumns(bytes) { return entry }
    // Two columns, real and imaginary; with commas it could be a number with grouped digits.
    let isPair =
      fields.count == 6 && integer(fields[1]) == nil && real(fields[1]) != nil
      && !bytes.contains(0x2C)
    guard fields.count == 5 || isPair else {
      let isTruncated = fields.count < 5 && !reader.lineIsComplete
      throw fault(
        isTruncated
          ? "The file is truncated: its last line has \(fields.count) fields"
          : "The line has \(fields.count) fields",
        expected: "the five fields 'value i j k l'",
        remedy: isTruncated ? "Write or copy the file again" : "Correct the line")
    }
    let parts = isPair ? [first, fields[1]] : try complexParts(first, fault)
    var numbers: [Double] = []
    for part in parts { numbers.append(try value(part, fault)) }
    if numbers.count > 1, abs(numbers[1]) > imaginaryTolerance {
      throw IntegralsError(
        .unsupported, path: reader.path, line: reader.lineNumber,
        "A complex integral whose imaginary part isn't zero", expected: "real integrals",
        found: "imaginary part \(numbers[1])", remedy: "Use real orbitals")
    }
    var indices: [Int] = []
    for field in fields.suffix(4) {
      guard let index = integer(field) else {
        throw fault("An orbital index is not an integer", expected: "an integer")
      }
      indices.append(index)
    }
    return FCIDUMPEntry(
      value: numbers[0], i: indices[0], j: indices[1], k: indices[2], l: indices[3])
  }

  private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>
  private typealias Fault = (String, String?, String?, String?) -> IntegralsError

  /// Splits at blanks and commas, but not inside parentheses.
  private static func split(_ bytes: Bytes) -> [Bytes] {
    var fields: [Bytes] = []
    var start: Int?
    var isInside = false
    for index in bytes.indices {
      let byte = bytes[index]
      if byte == 0x28, bytes[index...].contains(0x29) { isInside = true }
      if !isInside, isBlank(byte) || byte == 0x2C {
        if let begin = start { fields.append(bytes[begin..<index]) }
        start = nil
      } else if start == nil {
        start = index
      }
      if byte == 0x29 {
        isInside = false
        if let begin = start { fields.append(bytes[begin...index]) }
        start = nil
      }
    }
    if let begin = start { fields.append(bytes[begin...]) }
    return fields
  }

  /// Returns `re` and `im` of `(re, im)`, or the field itself.
  private static func complexParts(
    _ field: Bytes, _ fault: Fault
  ) throws(IntegralsError) -> [Bytes] {
    guard field.contains(where: { $0 == 0x28 || $0 == 0x29 }) else { return [field] }
    let parts = field.dropFirst().dropLast().split(
      separator: 0x2C, omittingEmptySubsequences: false)
    guard field.first == 0x28, field.last == 0x29, parts.count == 2 else {
      throw fault("Not a complex number", "'(real,imaginary)'", nil, "Correct the line")
    }
    return parts.map { trimmed($0) }
  }

  private static func value(_ field: Bytes, _ fault: Fault) throws(IntegralsError) -> Double {
    guard let value = real(field) else {
      let name = String(decoding: field, as: UTF8.self).lowercased()
        .drop { $0 == "-" || $0 == "+" }
      if name.hasPrefix("nan") || name.hasPrefix("inf") {
        throw fault(
          name.hasPrefix("nan") ? "The value is NaN" : "The value is infinite", "a finite number",
          nil, "The program that wrote it failed; run it again")
      }
      throw fault(
        "Not a number: \(quoted(field))", "a number such as -0.5 or 1.0D-03", nil,
        "Correct the line, or write the file with more digits")
    }
    return value
  }

  /// Decodes Fortran's `(1X,G20.12,4I3)` by columns: indices of three digits run together.
  private static func fixedColumns(_ bytes: Bytes) -> FCIDUMPEntry? {
    let line = trimmed(bytes)
    guard line.count > 12 else { return nil }
    let border = line.endIndex - 12
    guard let value = real(trimmed(line[..<border])) else { return nil }
    var indices: [Int] = []
    for column in 0..<4 {
      let start = border + 3 * column
      guard let index = integer(trimmed(line[start..<start + 3])) else { return nil }
      indices.append(index)
    }
    return FCIDUMPEntry(
      value: value, i: indices[0], j: indices[1], k: indices[2], l: indices[3])
  }

  private static func trimmed(_ bytes: Bytes) -> Bytes {
    let head = bytes.drop { isBlank($0) }
    guard let last = head.lastIndex(where: { !isBlank($0) }) else { return head }
    return head[...last]
  }

  private static func real(_ bytes: Bytes) -> Double? {
    guard var cursor = ByteCursor(UnsafeBufferPointer(rebasing: bytes)) else { return nil }
    let value = cursor.real()
    return cursor.isAtEnd ? value : nil
  }

  private static func integer(_ bytes: Bytes) -> Int? {
    guard var cursor = ByteCursor(UnsafeBufferPointer(rebasing: bytes)) else { return nil }
    let value = cursor.integer()
    return cursor.isAtEnd ? value : nil
  }
}
