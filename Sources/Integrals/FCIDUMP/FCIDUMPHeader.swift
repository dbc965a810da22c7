/// The keys of an FCIDUMP's header that this program uses, each checked for itself.
struct FCIDUMPHeader {
  /// NORB as written: spatial orbitals or, where the body says so, spin orbitals.
  var orbitalCount: Int
  /// NELEC.
  var electronCount: Int
  /// MS2, twice the spin projection, or nil where absent.
  var twiceSpin: Int?
  /// ORBSYM as written, empty where absent.
  var orbitalSymmetries: [Int] = []
  /// ISYM as written.
  var stateSymmetry: Int?
  /// PNTGRP.
  var pointGroup: String?
  /// UHF=.TRUE.: spin-orbital indices.
  var hasSpinOrbitals = false
  /// IUHF=1: six blocks with spatial indices.
  var hasSpinBlocks = false
  /// The lines of the keys, for messages.
  var lines: [String: Int] = [:]
  /// The line on which the header ends.
  var lastLine = 0
}

extension FCIDUMPHeader {
  /// The most spatial orbitals that the program treats.
  static let largestOrbitalCount = 128

  init(_ namelist: Namelist, path: String) throws(IntegralsError) {
    let keys = KeyReader(namelist: namelist, path: path)
    guard let orbitals = try keys.integer("NORB") else {
      throw keys.missing("NORB", "the number of orbitals")
    }
    guard orbitals > 0 else {
      throw keys.error("NORB", "NORB must be positive", found: "\(orbitals)")
    }
    guard orbitals <= 2 * Self.largestOrbitalCount else {
      throw Self.tooManyOrbitals(orbitals, path: path, line: keys.line("NORB"))
    }
    guard let electrons = try keys.integer("NELEC") else {
      throw keys.missing("NELEC", "the number of electrons")
    }
    guard electrons >= 0 else {
      throw keys.error("NELEC", "NELEC must not be negative", found: "\(electrons)")
    }
    orbitalCount = orbitals
    electronCount = electrons
    twiceSpin = try keys.integer("MS2")
    orbitalSymmetries = try keys.integers("ORBSYM")
    stateSymmetry = try keys.integer("ISYM")
    pointGroup = keys.string("PNTGRP")
    hasSpinOrbitals = try keys.logical("UHF")
    hasSpinBlocks = try keys.logical("IUHF")
    for key in ["NORB", "NELEC", "MS2", "ORBSYM", "ISYM"] { lines[key] = keys.line(key) }
    lastLine = namelist.lastLine
    for (key, meaning) in [
      ("TREL", "relativistic spinors"),
      ("ST", "a similarity-transformed, not Hermitian Hamiltonian"),
      ("III", "three-body integrals"),
    ] where try keys.logical(key) {
      throw IntegralsError(
        .unsupported, path: path, line: keys.line(key),
        "\(key) announces \(meaning), which this program doesn't treat",
        remedy: "Write the integrals of real, orthonormal orbitals")
    }
  }

  static func tooManyOrbitals(_ count: Int, path: String, line: Int?) -> IntegralsError {
    IntegralsError(
      .unsupported, path: path, line: line, "NORB is too large",
      expected: "at most \(largestOrbitalCount) spatial orbitals", found: "\(count)",
      remedy: "Choose a smaller active space")
  }

  /// Returns the numbers of α and β electrons after checking that they fit `orbitals`.
  func electrons(
    inSpatialOrbitals orbitals: Int, path: String, warnings: inout [String]
  ) throws(IntegralsError) -> (alpha: Int, beta: Int) {
    guard electronCount <= 2 * orbitals else {
      throw IntegralsError(
        .invalidHeader, path: path, line: lines["NELEC"],
        "NELEC doesn't fit into NORB = \(orbitals) orbitals", expected: "at most \(2 * orbitals)",
        found: "\(electronCount)", remedy: "Correct NELEC or NORB")
    }
    if twiceSpin == nil, !electronCount.isMultiple(of: 2) {
      warnings.append("The header has no MS2 and NELEC is odd: MS2 = 1 is taken.")
    }
    let spin = twiceSpin ?? electronCount % 2
    guard abs(spin) <= electronCount else {
      throw IntegralsError(
        .invalidHeader, path: path, line: lines["MS2"], "MS2 is larger than NELEC",
        expected: "|MS2| ≤ \(electronCount)", found: "\(spin)", remedy: "Correct MS2")
    }
    guard (electronCount - spin).isMultiple(of: 2) else {
      throw IntegralsError(
        .invalidHeader, path: path, line: lines["MS2"],
        "MS2 = \(spin) and NELEC = \(electronCount) have different parity",
        expected: "both even or both odd", remedy: "Correct MS2")
    }
    let alpha = (electronCount + spin) / 2
    let beta = electronCount - alpha
    guard max(alpha, beta) <= orbitals else {
      throw IntegralsError(
        .invalidHeader, path: path, line: lines["MS2"],
        "MS2 = \(spin) leaves no room for the electrons in NORB = \(orbitals) orbitals",
        expected: "at most \(orbitals) alpha and beta electrons each",
        found: "\(alpha) alpha and \(beta) beta", remedy: "Correct MS2, NELEC or NORB")
    }
    return (alpha, beta)
  }
}

/// Typed access to the keys of a namelist.
private struct KeyReader {
  let namelist: Namelist
  let path: String

  func line(_ key: String) -> Int? { namelist.assignment(to: key)?.line }

  func error(
    _ key: String, _ problem: String, expected: String? = nil, found: String? = nil
  ) -> IntegralsError {
    IntegralsError(
      .invalidHeader, path: path, line: line(key), problem, expected: expected, found: found,
      remedy: "Correct \(key) in the header")
  }

  func missing(_ key: String, _ meaning: String) -> IntegralsError {
    IntegralsError(
      .invalidHeader, path: path, line: namelist.lastLine, "The header has no \(key), \(meaning)",
      remedy: "Add \(key)= to the header")
  }

  /// The integer of a key, or nil where the key is absent.
  func integer(_ key: String) throws(IntegralsError) -> Int? {
    guard let assignment = namelist.assignment(to: key) else { return nil }
    guard let word = assignment.values.first else {
      throw error(key, "\(key) has no value", expected: "an integer")
    }
    guard assignment.values.count == 1 else {
      throw error(
        key, "\(key) has \(assignment.values.count) values", expected: "one integer",
        found: "'\(word.prefix(40)) \(assignment.values[1].prefix(40))'")
    }
    return try parse(word, key)
  }

  private func parse(_ word: String, _ key: String) throws(IntegralsError) -> Int {
    if let value = Int(word), value.magnitude <= Int32.max { return value }
    let isDigits = !word.isEmpty && word.utf8.allSatisfy { (0x2B...0x39).contains($0) }
    throw error(
      key, "\(key) is not an integer", expected: isDigits ? "one of at most 32 bits" : "an integer",
      found: "'\(word.prefix(40))'")
  }

  /// All integers of a key, from its subscripts and repeat counts; empty where absent.
  func integers(_ key: String) throws(IntegralsError) -> [Int] {
    var result: [Int] = []
    let limit = 1 << 16
    for assignment in namelist.assignments where assignment.key == key {
      guard (1...limit).contains(assignment.subscript1) else {
        throw error(
          key, "\(key) has an impossible subscript", expected: "1…NORB",
          found: "\(assignment.subscript1)")
      }
      var position = assignment.subscript1 - 1
      for word in assignment.values {
        var count = 1
        var text = word[...]
        if let star = word.firstIndex(of: "*") {
          count = try parse(String(word[..<star]), key)
          text = word[word.index(after: star)...]
        }
        let value = text.isEmpty ? 0 : try parse(String(text), key)
        guard count >= 0, position + count <= limit else {
          throw error(key, "\(key) has too many entries", expected: "at most NORB")
        }
        while result.count < position + count { result.append(0) }
        for index in position..<position + count { result[index] = value }
        position += count
      }
    }
    return result
  }

  /// The truth of a key given as a Fortran logical or an integer; false where absent.
  func logical(_ key: String) throws(IntegralsError) -> Bool {
    guard let word = namelist.assignment(to: key)?.values.first else { return false }
    if let number = Int(word) { return number != 0 }
    switch word.uppercased().drop(while: { $0 == "." }).first {
    case "T", "Y": return true
    case "F", "N": return false
    default:
      throw error(
        key, "\(key) is neither true nor false", expected: "'.TRUE.', '.FALSE.', 1 or 0",
        found: "'\(word.prefix(40))'")
    }
  }

  func string(_ key: String) -> String? {
    guard let value = namelist.assignment(to: key)?.values.first else { return nil }
    let trimmed = String(value.drop { $0 == " " }.prefix(32))
    return trimmed.isEmpty ? nil : trimmed
  }
}
