internal import HDF5Files

/// Arrays under the names that people give them in scripts, ipie's and libDMET's among them.
enum PlainLayout {
  private static let oneBodyNames = [
    "h1e", "hcore", "one_body", "h1", "h1_mo", "one_body_integrals", "H1/cd",
  ]
  private static let twoBodyNames = [
    "eri", "h2e", "two_body", "h2", "eri_mo", "two_body_integrals", "H2/ccdd",
  ]
  private static let choleskyNames = ["LXmn", "chol", "cholesky"]
  private static let coreNames = [
    "ecore", "nuc", "e0", "E0", "enuc", "energy_nuc", "core_energy", "nuclear_repulsion",
    "constant", "H0",
  ]
  private static let electronNames = ["nelec", "nelectron", "n_electrons", "n_elec", "NELEC"]
  private static let spinNames = ["ms2", "MS2", "spin"]

  /// Returns nil if the file has no array that could be a one-electron matrix and integrals.
  static func read(_ file: HDF5File) throws -> HDF5IntegralReader.Result? {
    let root = file.root
    // Not `isDataset`, which is false for one that is damaged: opening that says what is wrong.
    func first(_ names: [String]) -> String? {
      names.first { root.exists($0) && !root.isGroup($0) }
    }
    guard let oneBodyName = first(oneBodyNames) else { return nil }
    let twoBodyName = first(twoBodyNames)
    let choleskyName = first(choleskyNames)
    guard twoBodyName != nil || choleskyName != nil else { return nil }

    let (oneBody, shape) = try root.readReal(oneBodyName)
    guard let n = shape.last, shape.count == 2 || (shape.count == 3 && (1...2).contains(shape[0])),
      shape[shape.count - 2] == n
    else {
      throw IntegralsError(
        .invalidHeader, path: file.path, object: oneBodyName, "Not square matrices",
        expected: "[n, n] or [spins, n, n]", found: "\(shape)")
    }
    try IntegralBuilder.check(orbitalCount: n, path: file.path)
    let spins = shape.count == 3 ? shape[0] : 1
    let blocks = try twoBodyName.map { try blockCount(root, $0, n) } ?? 1
    let isUnrestricted = spins == 2 || blocks == 3
    var builder = try IntegralBuilder(
      path: file.path, orbitalCount: n, isUnrestricted: isUnrestricted)
    try builder.setOneBody(.alpha, from: oneBody[..<(n * n)], oneBodyName)
    if isUnrestricted { try builder.setOneBody(.beta, from: oneBody.suffix(n * n), oneBodyName) }
    if let twoBodyName {
      try readTwoBody(root, twoBodyName, blocks, into: &builder)
    } else if let choleskyName {
      let (vectors, shape) = try root.readReal(choleskyName)
      guard shape.count == 3, shape[1] == n, shape[2] == n else {
        throw IntegralsError(
          .invalidHeader, path: file.path, object: choleskyName,
          "Not Cholesky vectors for \(n) orbitals", expected: "[vectors, n, n]",
          found: "\(shape)")
      }
      try builder.setTwoBody(.alphaAlpha, fromCholesky: vectors, choleskyName)
      if isUnrestricted { builder.store.copyAlphaTwoBodyToBeta() }
    }
    return try finish(root, &builder)
  }

  private static func finish(
    _ root: HDF5Group, _ builder: inout IntegralBuilder
  ) throws -> HDF5IntegralReader.Result {
    var warnings = builder.warnings
    let (alpha, beta) = try electrons(root)
    let core = try root.numbers(among: coreNames)
    if core?.values.count != 1 {
      warnings.append("There is no core energy (\(coreNames[0])): it is taken as 0.")
    }
    var integrals = try builder.integrals(
      alphaCount: alpha, betaCount: beta, coreEnergy: core?.values.first ?? 0)
    if let (_, values) = try root.numbers(among: ["orbsym", "ORBSYM"]),
      values.count == integrals.orbitalCount
    {
      let symmetry = OrbitalSymmetry(
        symmetries: values.map { Int(exactly: $0) ?? -1 },
        stateSymmetry: try root.integer(among: ["isym", "ISYM"]), integrals: integrals,
        warnings: &warnings)
      integrals.orbitalIrreps = symmetry.irreps
      integrals.targetIrrep = symmetry.targetIrrep
      integrals.irrepNumbering = symmetry.numbering
    }
    return (integrals, .plainHDF5, warnings)
  }

  private static func electrons(_ root: HDF5Group) throws -> (Int, Int) {
    let path = root.file.path
    guard let (name, values) = try root.numbers(among: electronNames) else {
      if let alpha = try root.integer(among: ["nalpha"]),
        let beta = try root.integer(among: ["nbeta"])
      {
        return (alpha, beta)
      }
      throw IntegralsError(
        .invalidHeader, path: path, "The number of electrons is missing",
        expected: "a dataset or attribute 'nelec', one number or [alpha, beta]",
        remedy: "Add it, in h5py: f['nelec'] = [nalpha, nbeta]")
    }
    let counts = values.compactMap { Int(exactly: $0) }
    guard counts.count == values.count, (1...2).contains(counts.count) else {
      throw IntegralsError(
        .invalidHeader, path: path, object: name, "Not numbers of electrons",
        expected: "one whole number or [alpha, beta]", found: "\(values.prefix(4))")
    }
    if counts.count == 2 { return (counts[0], counts[1]) }
    if let twiceSpin = try root.integer(among: spinNames) {
      return try spinCounts(electrons: counts[0], twiceSpin: twiceSpin, path: path)
    }
    let multiplicity = try root.integer(among: ["multiplicity"]) ?? counts[0] % 2 + 1
    return try spinCounts(electrons: counts[0], multiplicity: multiplicity, path: path)
  }

  /// Returns how many blocks an array has: 1, or 3 for αα, ββ, αβ.
  private static func blockCount(
    _ root: HDF5Group, _ name: String, _ n: Int
  ) throws -> Int {
    let shape = try root.shape(name)
    let count = shape.reduce(1, *)
    let pairs = MolecularIntegrals.pairCount(n)
    for size in [n * n * n * n, pairs * pairs, MolecularIntegrals.pairCount(pairs)] {
      if count == size { return 1 }
      if count == 3 * size, shape.first == 3 { return 3 }
    }
    throw IntegralsError(
      .invalidHeader, path: root.file.path, object: name,
      "The array doesn't fit \(n) orbitals",
      expected: "[n, n, n, n], [m, m] or [m(m+1)/2] with m = n(n+1)/2, or three of them",
      found: "\(shape)")
  }

  private static func readTwoBody(
    _ root: HDF5Group, _ name: String, _ blocks: Int, into builder: inout IntegralBuilder
  ) throws {
    let values = try root.readReal(name).values
    let size = values.count / blocks
    let n = builder.orbitalCount
    var convention = IntegralBuilder.Convention.chemists
    if size == n * n * n * n, !isSymmetricInFirstPair(values[..<size], n),
      isSymmetricInFirstAndThird(values[..<size], n)
    {
      convention = .physicists
      builder.warnings.append(
        "\(name) is read as ⟨pq|rs⟩, physicists' order: it has that order's symmetry.")
    }
    let kinds: [IntegralBuilder.Block] = [.alphaAlpha, .betaBeta, .alphaBeta]
    for block in 0..<blocks {
      try builder.setTwoBody(
        kinds[block], from: values[block * size..<(block + 1) * size], convention, name)
    }
    if blocks == 1, builder.store.isUnrestricted { builder.store.copyAlphaTwoBodyToBeta() }
  }

  private static func isSymmetricInFirstPair(_ values: ArraySlice<Double>, _ n: Int) -> Bool {
    isSymmetric(values, n) { p, q, r, s in ((q * n + p) * n + r) * n + s }
  }

  private static func isSymmetricInFirstAndThird(_ values: ArraySlice<Double>, _ n: Int) -> Bool {
    isSymmetric(values, n) { p, q, r, s in ((r * n + q) * n + p) * n + s }
  }

  private static func isSymmetric(
    _ values: ArraySlice<Double>, _ n: Int, _ other: (Int, Int, Int, Int) -> Int
  ) -> Bool {
    var index = 0
    for p in 0..<n {
      for q in 0..<n {
        for r in 0..<n {
          for s in 0..<n {
            let twin = values[values.startIndex + other(p, q, r, s)]
            if abs(values[values.startIndex + index] - twin) > 1e-7 { return false }
            index += 1
          }
        }
      }
    }
    return true
  }
}
