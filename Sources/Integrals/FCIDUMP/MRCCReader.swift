/// Reads MRCC's `fort.55`: orbitals and electrons, irreps, a marker, then lines as in an FCIDUMP.
///
/// Closed shells have one list of integrals, open shells the six blocks of `IUHF=1`, told apart by
/// their separators.
enum MRCCReader {
  /// The number that ends the irreps.
  private static let marker = 150_000

  /// Returns nil if the file doesn't begin as a `fort.55` does.
  static func read(
    _ source: IntegralSource
  ) throws(IntegralsError) -> (integrals: MolecularIntegrals, warnings: [String])? {
    for layout in [FCIDUMPReader.Layout.restricted, .blocks] {
      let lines = try LineReader(source)
      guard let header = try header(lines) else { return nil }
      if layout == .restricted, try hasSeparators(source) { continue }
      var (integrals, warnings) = try FCIDUMPReader.readBody(
        lines, header: header, layout: layout)
      integrals.targetIrrep = nil
      warnings.append(
        "fort.55 doesn't hold the spin: the lowest, 2 Sz = \(header.electronCount % 2), is taken.")
      return (integrals, warnings)
    }
    return nil
  }

  private static func header(_ lines: LineReader) throws(IntegralsError) -> FCIDUMPHeader? {
    guard let first = try lines.next(), let counts = integers(first), counts.count == 2,
      (1...FCIDUMPHeader.largestOrbitalCount).contains(counts[0]), counts[1] >= 0
    else { return nil }
    var symmetries: [Int] = []
    while let line = try lines.next() {
      guard let values = integers(line) else { return nil }
      if values == [marker] {
        var header = FCIDUMPHeader(orbitalCount: counts[0], electronCount: counts[1])
        header.orbitalSymmetries = symmetries
        header.lastLine = lines.lineNumber
        return header
      }
      symmetries += values
      if symmetries.count > counts[0] { return nil }
    }
    return nil
  }

  private static func integers(_ line: UnsafeBufferPointer<UInt8>) -> [Int]? {
    guard var cursor = ByteCursor(line) else { return [] }
    var result: [Int] = []
    cursor.skipBlanks()
    while !cursor.isAtEnd {
      guard let value = cursor.integer() else { return nil }
      result.append(value)
      cursor.skipBlanks()
    }
    return result
  }

  /// Whether a zero line comes before the last line, as between blocks.
  private static func hasSeparators(_ source: IntegralSource) throws(IntegralsError) -> Bool {
    let lines = try LineReader(source)
    var isAfterZeroLine = false
    while let line = try lines.next() {
      guard let entry = FCIDUMPEntry(plain: line) else { continue }
      if isAfterZeroLine { return true }
      isAfterZeroLine = entry.value == 0 && entry.i == 0 && entry.k == 0
    }
    return false
  }
}
