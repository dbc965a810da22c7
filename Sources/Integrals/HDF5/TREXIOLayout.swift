internal import HDF5Files

/// TREXIO's HDF5 back end: dimensions and scalars are attributes named `group_name` on their
/// group, arrays are datasets of the same naming, four-index arrays are sparse.
///
/// Integrals are `⟨ij|kl⟩ = (ik|jl)`, 0-based. Which permutations are stored is not specified.
enum TREXIOLayout {
  static func read(_ file: HDF5File) throws -> HDF5IntegralReader.Result {
    let root = file.root
    let orbitals = try required(file, "mo", "num")
    let spins = try readSpins(file, count: orbitals)
    let isUnrestricted = spins != nil
    let spatial = isUnrestricted ? orbitals / 2 : orbitals
    var builder = try IntegralBuilder(
      path: file.path, orbitalCount: spatial, isUnrestricted: isUnrestricted)
    let places = try placeOrbitals(file, spins, count: orbitals)
    try readOneBody(root, places, into: &builder)
    try readTwoBody(root, places, into: &builder)

    var warnings = builder.warnings
    let alpha = try required(file, "electron", "up_num")
    let beta = try required(file, "electron", "dn_num")
    let core =
      try root.isGroup("nucleus")
      ? file.group("nucleus").attribute("nucleus_repulsion")?.doubleValue : nil
    if core == nil {
      warnings.append("There is no nucleus_repulsion: the core energy is taken as 0.")
    }
    if root.isDataset("mo/mo_class") {
      let classes = try root.readStrings("mo/mo_class").map { $0.lowercased() }
      if classes.contains(where: { $0 == "core" || $0 == "inactive" || $0 == "deleted" }) {
        warnings.append("mo_class marks orbitals as not active: all are treated as active.")
      }
    }
    var integrals = try builder.integrals(
      alphaCount: alpha, betaCount: beta, coreEnergy: core ?? 0)
    if root.isGroup("nucleus") {
      integrals.pointGroup =
        try file.group("nucleus").attribute("nucleus_point_group")?.stringValue
    }
    if root.isDataset("mo/mo_symmetry"), !isUnrestricted {
      try readSymmetry(root, into: &integrals, warnings: &warnings)
    }
    return (integrals, .trexio, warnings)
  }

  private static func required(
    _ file: HDF5File, _ group: String, _ name: String
  ) throws -> Int {
    guard let value = try file.group(group).attribute("\(group)_\(name)")?.intValue else {
      throw IntegralsError(
        .incomplete, path: file.path, object: "\(group)/\(group)_\(name)",
        "The TREXIO file lacks a number that is needed",
        remedy: "Write the groups electron, mo, mo_1e_int and mo_2e_int")
    }
    return value
  }

  private static func missing(_ root: HDF5Group, _ object: String) -> IntegralsError {
    IntegralsError(
      .incomplete, path: root.file.path, object: object,
      "The TREXIO file has no integrals over molecular orbitals",
      remedy: "Write mo_1e_int_core_hamiltonian and mo_2e_int_eri, for example by "
        + "'trexio convert-to' or pyscf-forge")
  }

  // MARK: - Orbitals

  /// The spins of the orbitals, 0 or 1, where they differ.
  private static func readSpins(_ file: HDF5File, count: Int) throws -> [Int32]? {
    guard file.root.isDataset("mo/mo_spin") else { return nil }
    let spins = try file.root.read(Int32.self, "mo/mo_spin").values
    guard spins.contains(1) else { return nil }
    let betaCount = spins.count { $0 == 1 }
    guard spins.count == count, 2 * betaCount == count, spins.allSatisfy({ $0 == 0 || $0 == 1 })
    else {
      throw IntegralsError(
        .unsupported, path: file.path, object: "mo/mo_spin",
        "Not as many beta as alpha orbitals", expected: "\(count / 2) of each",
        found: "\(betaCount) beta of \(spins.count)")
    }
    return spins
  }

  /// Where each orbital goes: its place among those of its spin.
  private static func placeOrbitals(
    _ file: HDF5File, _ spins: [Int32]?, count: Int
  ) throws -> [(orbital: Int, spin: IntegralStore.Spin)] {
    guard let spins else { return (0..<count).map { ($0, .alpha) } }
    var next: [Int32: Int] = [:]
    return spins.map { spin in
      let orbital = next[spin, default: 0]
      next[spin] = orbital + 1
      return (orbital, spin == 0 ? .alpha : .beta)
    }
  }

  // MARK: - Integrals

  private static func readOneBody(
    _ root: HDF5Group, _ places: [(orbital: Int, spin: IntegralStore.Spin)],
    into builder: inout IntegralBuilder
  ) throws {
    let prefix = "mo_1e_int/mo_1e_int_"
    let whole = "\(prefix)core_hamiltonian"
    let parts =
      root.isDataset(whole)
      ? [whole]
      : ["kinetic", "potential_n_e", "ecp"].map { prefix + $0 }.filter { root.isDataset($0) }
    guard parts.first == whole || parts.count >= 2 else { throw missing(root, whole) }
    var matrix = [Double](repeating: 0, count: places.count * places.count)
    for part in parts {
      let values = try root.readReal(part).values
      guard values.count == matrix.count else {
        throw builder.wrongShape(part, values.count, "mo_num²")
      }
      for (index, value) in values.enumerated() { matrix[index] += value }
      if root.isDataset("\(part)_im"),
        try root.readReal("\(part)_im").values.contains(where: { abs($0) > 1e-12 })
      {
        throw IntegralsError(
          .unsupported, path: root.file.path, object: "\(part)_im",
          "Complex integrals whose imaginary parts aren't zero", remedy: "Use real orbitals")
      }
    }
    for (p, bra) in places.enumerated() {
      for (q, ket) in places.enumerated() where bra.spin == ket.spin {
        try builder.setOneBody(
          bra.spin, bra.orbital, ket.orbital, matrix[p * places.count + q], parts[0])
      }
    }
  }

  private static func readTwoBody(
    _ root: HDF5Group, _ places: [(orbital: Int, spin: IntegralStore.Spin)],
    into builder: inout IntegralBuilder
  ) throws {
    let name = "mo_2e_int/mo_2e_int_eri"
    guard root.isDataset("\(name)_values") else {
      try readCholesky(root, places, into: &builder)
      return
    }
    let values = try root.readReal("\(name)_values").values
    let indices = try root.read(Int32.self, "\(name)_indices").values
    guard indices.count == 4 * values.count else {
      throw builder.wrongShape("\(name)_indices", indices.count, "4 · \(values.count)")
    }
    for (entry, value) in values.enumerated() {
      // ⟨ij|kl⟩: i and k are of electron 1, j and l of electron 2.
      let i = try place(indices[4 * entry], places, builder)
      let j = try place(indices[4 * entry + 1], places, builder)
      let k = try place(indices[4 * entry + 2], places, builder)
      let l = try place(indices[4 * entry + 3], places, builder)
      guard i.spin == k.spin, j.spin == l.spin else {
        if abs(value) <= IntegralStore.absoluteTolerance { continue }
        throw IntegralsError(
          .unsupported, path: root.file.path, object: name,
          "The integral of entry \(entry) mixes alpha and beta orbitals")
      }
      try set(value, i, k, j, l, name, into: &builder)
    }
  }

  private static func set(
    _ value: Double, _ p: (orbital: Int, spin: IntegralStore.Spin),
    _ q: (orbital: Int, spin: IntegralStore.Spin), _ r: (orbital: Int, spin: IntegralStore.Spin),
    _ s: (orbital: Int, spin: IntegralStore.Spin), _ name: String,
    into builder: inout IntegralBuilder
  ) throws(IntegralsError) {
    switch (p.spin, r.spin) {
    case (.alpha, .alpha):
      try builder.setTwoBody(
        .alphaAlpha, p.orbital, q.orbital, r.orbital, s.orbital, value, name)
    case (.beta, .beta):
      try builder.setTwoBody(.betaBeta, p.orbital, q.orbital, r.orbital, s.orbital, value, name)
    case (.alpha, .beta):
      try builder.setTwoBody(.alphaBeta, p.orbital, q.orbital, r.orbital, s.orbital, value, name)
    case (.beta, .alpha):
      try builder.setTwoBody(.alphaBeta, r.orbital, s.orbital, p.orbital, q.orbital, value, name)
    }
  }

  private static func place(
    _ index: Int32, _ places: [(orbital: Int, spin: IntegralStore.Spin)],
    _ builder: IntegralBuilder
  ) throws(IntegralsError) -> (orbital: Int, spin: IntegralStore.Spin) {
    guard index >= 0, Int(index) < places.count else {
      throw IntegralsError(
        .invalidEntry, path: builder.path, object: "mo_2e_int", "An orbital index is out of range",
        expected: "0..<mo_num = \(places.count)", found: "\(index)")
    }
    return places[Int(index)]
  }

  /// `⟨ij|kl⟩ = Σ_a G(i, k, a) G(j, l, a)`, `G` sparse.
  private static func readCholesky(
    _ root: HDF5Group, _ places: [(orbital: Int, spin: IntegralStore.Spin)],
    into builder: inout IntegralBuilder
  ) throws {
    let name = "mo_2e_int/mo_2e_int_eri_cholesky"
    guard root.isDataset("\(name)_values"), !builder.store.isUnrestricted else {
      throw missing(root, "mo_2e_int/mo_2e_int_eri_values")
    }
    let count = try required(root.file, "mo_2e_int", "eri_cholesky_num")
    let values = try root.readReal("\(name)_values").values
    let indices = try root.read(Int32.self, "\(name)_indices").values
    let n = places.count
    guard indices.count == 3 * values.count, (0...64 * n).contains(count) else {
      throw builder.wrongShape("\(name)_indices", indices.count, "3 · \(values.count)")
    }
    var vectors = [Double](repeating: 0, count: count * n * n)
    for (entry, value) in values.enumerated() {
      let i = try place(indices[3 * entry], places, builder).orbital
      let k = try place(indices[3 * entry + 1], places, builder).orbital
      let vector = Int(indices[3 * entry + 2])
      guard (0..<count).contains(vector) else {
        throw builder.wrongShape("\(name)_indices", vector, "0..<\(count)")
      }
      vectors[(vector * n + i) * n + k] = value
    }
    try builder.setTwoBody(.alphaAlpha, fromCholesky: vectors, name)
  }

  // MARK: - Symmetry

  /// Molpro's order of the irreps of D2h and its subgroups: products are XOR of the positions.
  private static let irrepOrders = [
    ["a1", "b1", "b2", "a2"], ["ag", "b3u", "b2u", "b1g", "b1u", "b2g", "b3g", "au"],
    ["ag", "au", "bu", "bg"], ["a", "b3", "b2", "b1"], ["a'", "a\""], ["a'", "a''"], ["a", "b"],
    ["ag", "au"],
  ]

  private static func readSymmetry(
    _ root: HDF5Group, into integrals: inout MolecularIntegrals, warnings: inout [String]
  ) throws {
    let names = try root.readStrings("mo/mo_symmetry").map { $0.lowercased() }
    guard names.count == integrals.orbitalCount, Set(names).count > 1 else { return }
    for order in irrepOrders {
      let labels = names.compactMap { order.firstIndex(of: $0).map { UInt8($0) } }
      if labels.count == names.count,
        OrbitalSymmetry.firstViolation(of: labels, in: integrals) == nil
      {
        integrals.orbitalIrreps = labels
        return
      }
    }
    warnings.append("mo_symmetry is ignored: not irreps of D2h or a subgroup that hold.")
  }
}
