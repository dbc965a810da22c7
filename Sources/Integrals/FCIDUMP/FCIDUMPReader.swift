/// Reads FCIDUMP files, restricted and unrestricted, in one pass over their lines.
///
/// Ordered goals: 1 never a silently wrong number, 2 every dialect in use is read, 3 memory of the
/// packed integrals, 4 speed.
///
/// ### References
///
/// P. J. Knowles, N. C. Handy, *Comput. Phys. Commun.* **54**, 75 (1989), and the dialects in
/// `docs/integral-files.md`.
struct FCIDUMPReader {
  /// How indices name orbitals.
  enum Layout {
    /// Spatial orbitals shared by both spins.
    case restricted
    /// Spatial orbitals in six blocks: (αα|αα), (ββ|ββ), (αα|ββ), h_α, h_β, core.
    case blocks
    /// Spin orbitals α1 β1 α2 β2 …
    case interleaved
    /// Spin orbitals, first all α, then all β, while NORB is spatial.
    case offset
  }

  private enum Outcome {
    case finished(MolecularIntegrals)
    case restart(Layout)
  }

  private let path: String
  private let header: FCIDUMPHeader
  private var layout: Layout
  private var store: IntegralStore
  private var warnings: [String] = []
  private var core: Double?
  private var section = 0
  private var entryCount = 0
  private var oneBodyCount = 0
  /// The first entry that made a file without a UHF key look like one with spin orbitals.
  private var evidence: IntegralsError?

  /// Reads a file.
  static func read(
    _ source: IntegralSource
  ) throws(IntegralsError) -> (integrals: MolecularIntegrals, layout: Layout, warnings: [String]) {
    var layout: Layout?
    while true {
      let lines = try LineReader(source)
      let namelist = try Namelist(from: lines)
      let header = try FCIDUMPHeader(namelist, path: source.name)
      var reader = try FCIDUMPReader(header, path: source.name, layout: layout)
      switch try reader.readBody(lines) {
      case .finished(let integrals): return (integrals, reader.layout, reader.warnings)
      case .restart(let other): layout = other
      }
    }
  }

  /// Reads the lines after a header that came from elsewhere, as MRCC's `fort.55` has it.
  static func readBody(
    _ lines: LineReader, header: FCIDUMPHeader, layout: Layout
  ) throws(IntegralsError) -> (integrals: MolecularIntegrals, warnings: [String]) {
    var reader = try FCIDUMPReader(header, path: lines.path, layout: layout)
    switch try reader.readBody(lines) {
    case .finished(let integrals): return (integrals, reader.warnings)
    case .restart:
      throw IntegralsError(
        .invalidEntry, path: lines.path, line: lines.lineNumber,
        "An orbital index is larger than the number of orbitals")
    }
  }

  private init(
    _ header: FCIDUMPHeader, path: String, layout: Layout?
  ) throws(IntegralsError) {
    self.header = header
    self.path = path
    self.layout = layout ?? Self.firstLayout(header)
    let orbitals =
      self.layout == .interleaved ? header.orbitalCount / 2 : header.orbitalCount
    guard orbitals <= FCIDUMPHeader.largestOrbitalCount else {
      throw FCIDUMPHeader.tooManyOrbitals(orbitals, path: path, line: header.lines["NORB"])
    }
    // Before any storage: what can't be is refused at once.
    var discarded: [String] = []
    _ = try header.electrons(inSpatialOrbitals: orbitals, path: path, warnings: &discarded)
    try Self.checkSymmetryCount(header, self.layout, spatialOrbitals: orbitals, path: path)
    store = IntegralStore(orbitalCount: orbitals, isUnrestricted: self.layout != .restricted)
  }

  private static func firstLayout(_ header: FCIDUMPHeader) -> Layout {
    if header.hasSpinBlocks { return .blocks }
    guard header.hasSpinOrbitals else { return .restricted }
    // NORB counts spatial orbitals where it is odd, too small for the electrons, or half ORBSYM.
    let isSpinCount =
      header.orbitalCount.isMultiple(of: 2) && header.electronCount <= header.orbitalCount
      && header.orbitalSymmetries.count != 2 * header.orbitalCount
    return isSpinCount ? .interleaved : .offset
  }

  private static func checkSymmetryCount(
    _ header: FCIDUMPHeader, _ layout: Layout, spatialOrbitals spatial: Int, path: String
  ) throws(IntegralsError) {
    let count = header.orbitalSymmetries.count
    let allowed =
      layout == .interleaved || layout == .offset ? [0, spatial, 2 * spatial] : [0, spatial]
    guard allowed.contains(count) else {
      throw IntegralsError(
        .invalidHeader, path: path, line: header.lines["ORBSYM"],
        "ORBSYM doesn't have one entry for each orbital", expected: "\(header.orbitalCount)",
        found: "\(count)", remedy: "Correct ORBSYM, or remove it to go without symmetry")
    }
  }

  // MARK: - Body

  private mutating func readBody(_ lines: LineReader) throws(IntegralsError) -> Outcome {
    let hasWideIndices = header.orbitalCount >= 50
    while let line = try lines.next() {
      let entry: FCIDUMPEntry
      if let plain = FCIDUMPEntry(plain: line) {
        entry = plain
      } else if let other = try FCIDUMPEntry.parse(
        line, in: lines, hasWideIndices: hasWideIndices)
      {
        entry = other
      } else {
        continue
      }
      if let other = try accept(entry, line: lines.lineNumber) { return .restart(other) }
    }
    return .finished(try finish(lastLine: lines.lineNumber))
  }

  /// Takes one entry, or returns the layout with which to begin anew.
  @inline(__always)
  private mutating func accept(
    _ entry: FCIDUMPEntry, line: Int
  ) throws(IntegralsError) -> Layout? {
    guard entry.value.isFinite else {
      throw fault(
        entry, line, "The value is too large for a double", expected: "a finite number",
        remedy: "Correct the line")
    }
    entryCount += 1
    let limit = layout == .offset ? 2 * header.orbitalCount : header.orbitalCount
    let least = min(min(entry.i, entry.j), min(entry.k, entry.l))
    let largest = max(max(entry.i, entry.j), max(entry.k, entry.l))
    if largest > limit || least < 0 {
      if let other = try outOfRange(entry, line) { return other }
    }
    if least > 0, layout == .restricted {
      let earlier = store.setTwoBody(
        .alpha, entry.i - 1, entry.j - 1, entry.k - 1, entry.l - 1, entry.value)
      if let earlier { throw contradiction(entry, line, earlier) }
      return nil
    }
    try acceptOther(entry, line)
    return nil
  }

  private mutating func outOfRange(
    _ entry: FCIDUMPEntry, _ line: Int
  ) throws(IntegralsError) -> Layout? {
    let count = header.orbitalCount
    let fits = [entry.i, entry.j, entry.k, entry.l].allSatisfy { (0...2 * count).contains($0) }
    let error = fault(
      entry, line, "An orbital index is out of range", expected: "0…NORB = \(count)",
      remedy: "Correct the line or NORB")
    guard fits, layout != .offset else { throw error }
    if layout != .restricted { return .offset }
    // Some programs write spin orbitals without saying so; `finish` asks for all of them.
    evidence = error
    layout = .offset
    store.makeUnrestricted()
    return nil
  }

  private mutating func acceptOther(
    _ entry: FCIDUMPEntry, _ line: Int
  ) throws(IntegralsError) {
    switch (entry.i > 0, entry.j > 0, entry.k > 0, entry.l > 0) {
    case (true, true, true, true): try acceptTwoBody(entry, line)
    case (true, true, false, false): try acceptOneBody(entry, line)
    case (true, false, false, false): break  // An orbital energy.
    case (false, false, false, false): try acceptCore(entry, line)
    default:
      throw fault(
        entry, line, "An impossible pattern of indices",
        expected: "'i j k l', 'i j 0 0', 'i 0 0 0' or '0 0 0 0'", remedy: "Correct the line")
    }
  }

  private mutating func acceptOneBody(
    _ entry: FCIDUMPEntry, _ line: Int
  ) throws(IntegralsError) {
    if layout == .blocks, section == 0 {
      warnings.append(
        "The header says IUHF, but the file isn't in blocks: it is read as restricted.")
      layout = .restricted
      store = store.restricted()
    }
    guard layout != .blocks || section == 3 || section == 4 else {
      throw fault(
        entry, line, "A one-electron integral in block \(section + 1) of a UHF file",
        expected: Self.blockNames[min(section, 5)], remedy: "Write the file again")
    }
    let (p, pSpin) = orbital(entry.i)
    let (q, qSpin) = orbital(entry.j)
    let spin = layout == .blocks && section == 4 ? .beta : pSpin
    if pSpin != qSpin {
      try refuseSpinMixing(entry, line)
      return
    }
    oneBodyCount += 1
    if let earlier = store.setOneBody(spin, p, q, entry.value) {
      throw contradiction(entry, line, earlier)
    }
  }

  private mutating func acceptTwoBody(
    _ entry: FCIDUMPEntry, _ line: Int
  ) throws(IntegralsError) {
    guard layout != .blocks || section < 3 else {
      throw fault(
        entry, line, "A two-electron integral in block \(section + 1) of a UHF file",
        expected: Self.blockNames[min(section, 5)], remedy: "Write the file again")
    }
    let (p, pSpin) = orbital(entry.i)
    let (q, qSpin) = orbital(entry.j)
    let (r, rSpin) = orbital(entry.k)
    let (s, sSpin) = orbital(entry.l)
    if pSpin != qSpin || rSpin != sSpin {
      try refuseSpinMixing(entry, line)
      return
    }
    let earlier: Double?
    if layout == .blocks {
      earlier =
        section == 2
        ? store.setMixedTwoBody(p, q, r, s, entry.value)
        : store.setTwoBody(section == 0 ? .alpha : .beta, p, q, r, s, entry.value)
    } else if pSpin == rSpin {
      earlier = store.setTwoBody(pSpin, p, q, r, s, entry.value)
    } else if pSpin == .alpha {
      earlier = store.setMixedTwoBody(p, q, r, s, entry.value)
    } else {
      earlier = store.setMixedTwoBody(r, s, p, q, entry.value)
    }
    if let earlier { throw contradiction(entry, line, earlier) }
  }

  private mutating func acceptCore(
    _ entry: FCIDUMPEntry, _ line: Int
  ) throws(IntegralsError) {
    if layout == .blocks, entry.value == 0, section < 5 {
      section += 1
      return
    }
    if layout == .blocks, section < 4 {
      // Not a separator: a file that isn't in blocks may begin with its core energy.
      guard section == 0 else {
        throw fault(
          entry, line, "The core energy comes before block \(section + 1) of a UHF file ends",
          expected: Self.blockNames[section], remedy: "Write the file again")
      }
    }
    guard let earlier = core else {
      core = entry.value
      return
    }
    // UHF files may have separators.
    if layout != .restricted, entry.value == 0 { return }
    if layout != .restricted, earlier == 0 {
      core = entry.value
      return
    }
    let difference = abs(earlier - entry.value)
    guard difference <= IntegralStore.relativeTolerance * max(1, abs(earlier)) else {
      throw IntegralsError(
        .contradiction, path: path, line: line,
        "The core energy is given twice with different values",
        expected: "\(earlier) as before", found: "\(entry.value)",
        remedy: "Remove one; only a file with IUHF=1 has separator lines")
    }
  }

  /// Returns the spatial orbital, 0-based, and the spin of a written index.
  private func orbital(_ index: Int) -> (orbital: Int, spin: IntegralStore.Spin) {
    switch layout {
    case .restricted, .blocks: (index - 1, .alpha)
    case .interleaved: ((index - 1) / 2, index.isMultiple(of: 2) ? .beta : .alpha)
    case .offset:
      index > header.orbitalCount
        ? (index - 1 - header.orbitalCount, .beta) : (index - 1, .alpha)
    }
  }

  // MARK: - End

  private mutating func finish(lastLine: Int) throws(IntegralsError) -> MolecularIntegrals {
    guard entryCount > 0 else {
      throw IntegralsError(
        .incomplete, path: path, line: header.lastLine, "There are no integrals after the header",
        remedy: "Write the file again; integrals in other files beside it aren't read")
    }
    if layout == .blocks { try checkBlocks(lastLine) }
    if let evidence, !store.hasAllBetaDiagonals { throw evidence }
    if oneBodyCount == 0 {
      warnings.append("There are no one-electron integrals: the file may be truncated.")
    }
    if core == nil {
      warnings.append(
        "There is no core energy ('0 0 0 0' line): it is taken as 0, or the file is truncated.")
    }
    let (alpha, beta) = try header.electrons(
      inSpatialOrbitals: store.orbitalCount, path: path, warnings: &warnings)
    var integrals = store.integrals(alphaCount: alpha, betaCount: beta, coreEnergy: core ?? 0)
    let symmetry = OrbitalSymmetry(
      symmetries: spatialSymmetries(integrals.orbitalCount), stateSymmetry: header.stateSymmetry,
      integrals: integrals, warnings: &warnings)
    integrals.orbitalIrreps = symmetry.irreps
    integrals.targetIrrep = symmetry.targetIrrep
    integrals.irrepNumbering = symmetry.numbering
    integrals.pointGroup = header.pointGroup
    return integrals
  }

  private mutating func checkBlocks(_ lastLine: Int) throws(IntegralsError) {
    if section >= 5 || (section == 4 && core != nil) { return }
    throw IntegralsError(
      .incomplete, path: path, line: lastLine,
      "The UHF file has only \(section) of its five blocks and the core energy",
      expected: "\(Self.blockNames[section]) and what follows, each ended by '0 0 0 0 0'",
      found: "the end of the file", remedy: "Write the file again, or correct IUHF")
  }

  /// ORBSYM for each spatial orbital; empty if the spins of one orbital differ.
  private mutating func spatialSymmetries(_ count: Int) -> [Int] {
    let written = header.orbitalSymmetries
    guard written.count == 2 * count, count > 0 else { return written }
    let alpha = (0..<count).map { layout == .interleaved ? written[2 * $0] : written[$0] }
    let beta = (0..<count).map {
      layout == .interleaved ? written[2 * $0 + 1] : written[count + $0]
    }
    if alpha == beta { return alpha }
    warnings.append("ORBSYM is ignored: alpha and beta orbitals have different irreps.")
    return []
  }

  // MARK: - Messages

  private static let blockNames = [
    "block 1, (αα|αα)", "block 2, (ββ|ββ)", "block 3, (αα|ββ)", "block 4, h_α", "block 5, h_β",
    "the core energy",
  ]

  private func fault(
    _ entry: FCIDUMPEntry, _ line: Int, _ problem: String, expected: String, remedy: String
  ) -> IntegralsError {
    IntegralsError(
      .invalidEntry, path: path, line: line, problem, expected: expected,
      found: "'\(entry.value) \(entry.i) \(entry.j) \(entry.k) \(entry.l)'", remedy: remedy)
  }

  private func contradiction(
    _ entry: FCIDUMPEntry, _ line: Int, _ earlier: Double
  ) -> IntegralsError {
    let isOneBody = entry.k == 0
    let name =
      isOneBody
      ? "h(\(entry.i),\(entry.j))" : "(\(entry.i) \(entry.j)|\(entry.k) \(entry.l))"
    let twins = isOneBody ? "h(i,j) = h(j,i)" : "(ij|kl) = (ji|kl) = (kl|ij)"
    return IntegralsError(
      .contradiction, path: path, line: line,
      "The integral \(name) contradicts an earlier line that gives it, or one equal to it by "
        + "symmetry, \(twins)",
      expected: "\(earlier)", found: "\(entry.value)",
      remedy: "Remove the wrong line; real orbitals have symmetric integrals")
  }

  private func refuseSpinMixing(
    _ entry: FCIDUMPEntry, _ line: Int
  ) throws(IntegralsError) {
    if abs(entry.value) <= IntegralStore.absoluteTolerance { return }
    if let evidence { throw evidence }
    throw IntegralsError(
      .unsupported, path: path, line: line,
      "The integral mixes alpha and beta spin orbitals",
      expected: "spin orbitals in the order α1 β1 α2 β2 … or all α before all β",
      found: "'\(entry.value) \(entry.i) \(entry.j) \(entry.k) \(entry.l)'",
      remedy: "Write the integrals with spatial orbitals or with IUHF=1")
  }
}
