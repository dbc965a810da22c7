internal import HDF5Files

/// Fills packed integrals from the arrays of an HDF5 file, with the checks that text gets too.
struct IntegralBuilder {
  let path: String
  var store: IntegralStore
  var warnings: [String] = []

  /// How a dense four-index array `a[p, q, r, s]` stands for `(pq|rs)`.
  enum Convention {
    /// `(pq|rs)`.
    case chemists
    /// `⟨pq|rs⟩ = (pr|qs)`.
    case physicists
    /// `(ps|qr)`, the coefficients of `a†_p a†_q a_r a_s`.
    case openFermion

    func chemistsIndices(_ p: Int, _ q: Int, _ r: Int, _ s: Int) -> (Int, Int, Int, Int) {
      switch self {
      case .chemists: (p, q, r, s)
      case .physicists: (p, r, q, s)
      case .openFermion: (p, s, q, r)
      }
    }
  }

  /// Which spins the two electrons of `(pq|rs)` have.
  enum Block {
    case alphaAlpha
    case betaBeta
    case alphaBeta
  }

  init(path: String, orbitalCount: Int, isUnrestricted: Bool) throws(IntegralsError) {
    try Self.check(orbitalCount: orbitalCount, path: path)
    self.path = path
    store = IntegralStore(orbitalCount: orbitalCount, isUnrestricted: isUnrestricted)
  }

  /// Throws where there are no orbitals, or more than the program treats.
  static func check(orbitalCount: Int, path: String) throws(IntegralsError) {
    guard orbitalCount > 0 else {
      throw IntegralsError(
        .invalidHeader, path: path, "The number of orbitals must be positive",
        found: "\(orbitalCount)")
    }
    guard orbitalCount <= FCIDUMPHeader.largestOrbitalCount else {
      throw FCIDUMPHeader.tooManyOrbitals(orbitalCount, path: path, line: nil)
    }
  }

  var orbitalCount: Int { store.orbitalCount }

  private func contradiction(
    _ object: String, _ name: String, _ earlier: Double, _ value: Double
  ) -> IntegralsError {
    IntegralsError(
      .contradiction, path: path, object: object,
      "The integral \(name) contradicts one equal to it by symmetry", expected: "\(earlier)",
      found: "\(value)",
      remedy: "Real orbitals have symmetric integrals; check the order of the indices")
  }

  private func finite(_ value: Double, _ object: String) throws(IntegralsError) {
    guard value.isFinite else {
      throw IntegralsError(
        .invalidEntry, path: path, object: object, "A value is NaN or infinite",
        expected: "finite numbers", found: "\(value)",
        remedy: "The program that wrote it failed; run it again")
    }
  }

  /// Sets `h_pq`, 0-based.
  mutating func setOneBody(
    _ spin: IntegralStore.Spin, _ p: Int, _ q: Int, _ value: Double, _ object: String
  ) throws(IntegralsError) {
    try finite(value, object)
    if let earlier = store.setOneBody(spin, p, q, value) {
      throw contradiction(object, "h(\(p),\(q))", earlier, value)
    }
  }

  /// Sets `(pq|rs)`, 0-based.
  mutating func setTwoBody(
    _ block: Block, _ p: Int, _ q: Int, _ r: Int, _ s: Int, _ value: Double, _ object: String
  ) throws(IntegralsError) {
    try finite(value, object)
    let earlier =
      switch block {
      case .alphaAlpha: store.setTwoBody(.alpha, p, q, r, s, value)
      case .betaBeta: store.setTwoBody(.beta, p, q, r, s, value)
      case .alphaBeta: store.setMixedTwoBody(p, q, r, s, value)
      }
    if let earlier { throw contradiction(object, "(\(p) \(q)|\(r) \(s))", earlier, value) }
  }

  /// Sets all of `h` from a full matrix or a packed lower triangle.
  mutating func setOneBody(
    _ spin: IntegralStore.Spin, from values: ArraySlice<Double>, _ object: String
  ) throws(IntegralsError) {
    let n = orbitalCount
    let isPacked = values.count == MolecularIntegrals.pairCount(n) && n > 1
    guard isPacked || values.count == n * n else {
      throw wrongShape(object, values.count, "n·n or n(n+1)/2")
    }
    var index = values.startIndex
    for p in 0..<n {
      for q in 0..<(isPacked ? p + 1 : n) {
        try setOneBody(spin, p, q, values[index], object)
        index += 1
      }
    }
  }

  /// Sets all of one block from an array of four indices or of packed pairs.
  mutating func setTwoBody(
    _ block: Block, from values: ArraySlice<Double>, _ convention: Convention, _ object: String
  ) throws(IntegralsError) {
    let n = orbitalCount
    let pairs = MolecularIntegrals.pairCount(n)
    switch values.count {
    case n * n * n * n:
      var index = values.startIndex
      for p in 0..<n {
        for q in 0..<n {
          for r in 0..<n {
            for s in 0..<n {
              let (i, j, k, l) = convention.chemistsIndices(p, q, r, s)
              try setTwoBody(block, i, j, k, l, values[index], object)
              index += 1
            }
          }
        }
      }
    case pairs * pairs, MolecularIntegrals.pairCount(pairs):
      try setPackedTwoBody(block, from: values, object)
    default: throw wrongShape(object, values.count, "n⁴, m² or m(m+1)/2 with m = n(n+1)/2")
    }
  }

  private mutating func setPackedTwoBody(
    _ block: Block, from values: ArraySlice<Double>, _ object: String
  ) throws(IntegralsError) {
    let n = orbitalCount
    let pairs = (0..<n).flatMap { p in (0...p).map { (p, $0) } }
    let isSquare = values.count == pairs.count * pairs.count
    guard isSquare || block != .alphaBeta else { throw wrongShape(object, values.count, "m²") }
    var index = values.startIndex
    for (row, (p, q)) in pairs.enumerated() {
      for (r, s) in isSquare ? pairs[...] : pairs[...row] {
        try setTwoBody(block, p, q, r, s, values[index], object)
        index += 1
      }
    }
  }

  /// Sets a block from Cholesky vectors `[X, n, n]`: `(pq|rs) = Σ_X L_Xpq L_Xrs`.
  mutating func setTwoBody(
    _ block: Block, fromCholesky vectors: [Double], _ object: String
  ) throws(IntegralsError) {
    let n = orbitalCount
    let count = vectors.count / (n * n)
    let pairs = (0..<n).flatMap { p in (0...p).map { (p, $0) } }
    for (row, (p, q)) in pairs.enumerated() {
      for (r, s) in pairs[...row] {
        var sum = 0.0
        for x in 0..<count {
          sum += vectors[x * n * n + p * n + q] * vectors[x * n * n + r * n + s]
        }
        try setTwoBody(block, p, q, r, s, sum, object)
      }
    }
  }

  func wrongShape(_ object: String, _ count: Int, _ expected: String) -> IntegralsError {
    IntegralsError(
      .invalidHeader, path: path, object: object,
      "The array doesn't fit \(orbitalCount) orbitals", expected: "\(expected) elements",
      found: "\(count)", remedy: "Check the number of orbitals in the file")
  }

  /// Returns the integrals, after checking that the electrons fit.
  mutating func integrals(
    alphaCount: Int, betaCount: Int, coreEnergy: Double
  ) throws(IntegralsError) -> MolecularIntegrals {
    guard alphaCount >= 0, betaCount >= 0, max(alphaCount, betaCount) <= orbitalCount else {
      throw IntegralsError(
        .invalidHeader, path: path,
        "The electrons don't fit into \(orbitalCount) orbitals",
        expected: "0…\(orbitalCount) alpha and beta electrons each",
        found: "\(alphaCount) alpha and \(betaCount) beta",
        remedy: "Check the file's electrons and spin (NELEC, MS2)")
    }
    try finite(coreEnergy, "core energy")
    return store.integrals(alphaCount: alphaCount, betaCount: betaCount, coreEnergy: coreEnergy)
  }
}

/// Returns the numbers of α and β electrons after checking that they are whole.
func spinCounts(
  electrons: Int, multiplicity: Int, path: String
) throws(IntegralsError) -> (alpha: Int, beta: Int) {
  // What overflows is no multiplicity, which the other check says.
  let twiceSpin = multiplicity.subtractingReportingOverflow(1).partialValue
  return try spinCounts(electrons: electrons, twiceSpin: twiceSpin, path: path)
}

/// Returns the numbers of α and β electrons after checking that they are whole.
func spinCounts(
  electrons: Int, twiceSpin: Int, path: String
) throws(IntegralsError) -> (alpha: Int, beta: Int) {
  // As many as overflow don't fit into any number of orbitals.
  guard (0...Int(Int32.max)).contains(electrons), twiceSpin.magnitude <= electrons.magnitude,
    (electrons - twiceSpin).isMultiple(of: 2)
  else {
    throw IntegralsError(
      .invalidHeader, path: path,
      "\(electrons) electrons (NELEC) can't have twice the spin (MS2) \(twiceSpin)",
      expected: "|MS2| ≤ NELEC, both even or both odd", remedy: "Correct the file")
  }
  return ((electrons + twiceSpin) / 2, (electrons - twiceSpin) / 2)
}
