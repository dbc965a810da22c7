internal import Configurations
internal import HDF5Files
internal import Hamiltonians

extension ResultFile {
  // MARK: - Trace

  /// The columns of `/trace` and where their numbers go.
  private static var columns: [(name: String, path: WritableKeyPath<TraceRow, Double>)] {
    [
      ("energy", \.energy), ("error", \.error), ("variance", \.variance),
      ("temperature", \.temperature), ("entropy", \.entropy), ("gradient_norm", \.gradientNorm),
      ("seconds", \.seconds),
    ]
  }

  static func writeTrace(_ trace: [TraceRow], to group: HDF5Group) throws(HDF5Error) {
    try writeColumn(trace.map(\.step), "step", to: group)
    try writeColumn(trace.map(\.distinctSamples), "distinct_samples", to: group)
    for (name, path) in columns {
      try writeColumn(trace.map { $0[keyPath: path] }, name, to: group)
    }
  }

  private static func writeColumn<Element: HDF5Element>(
    _ values: [Element], _ name: String, to group: HDF5Group
  ) throws(HDF5Error) {
    try group.createExtendable(Element.self, name)
    try group.append(values, to: name)
  }

  static func readTrace(_ group: HDF5Group) throws(HDF5Error) -> [TraceRow] {
    let steps = try group.read(Int.self, "step").values
    let distinct = try readColumn(Int.self, "distinct_samples", steps.count, group)
    var rows = steps.indices.map { index in
      TraceRow(
        step: steps[index], energy: 0, error: 0, variance: 0, temperature: 0, entropy: 0,
        distinctSamples: distinct[index], gradientNorm: 0, seconds: 0)
    }
    for (name, path) in columns {
      let values = try readColumn(Double.self, name, steps.count, group)
      for (index, value) in values.enumerated() { rows[index][keyPath: path] = value }
    }
    return rows
  }

  private static func readColumn<Element: HDF5Element>(
    _ type: Element.Type, _ name: String, _ count: Int, _ group: HDF5Group
  ) throws(HDF5Error) -> [Element] {
    let values = try group.read(type, name).values
    guard values.count == count else {
      throw HDF5Error(
        "read the column '\(name)'", path: group.file.path, object: group.path,
        reason: "it has \(values.count) rows where 'step' has \(count)",
        remedy: "The file is damaged: use an older copy")
    }
    return values
  }

  // MARK: - Symmetries

  static func writeSymmetries(
    _ symmetries: [SpinSymmetry], to root: HDF5Group
  ) throws(HDF5Error) {
    guard let sites = symmetries.first?.permutation.count else { return }
    let group = try root.group("symmetries")
    try group.write(
      symmetries.flatMap(\.permutation), shape: [symmetries.count, sites], to: "permutations")
    try group.write(
      symmetries.map { $0.flipsSpins ? 1 : 0 }, shape: [symmetries.count], to: "spin_flips")
    try group.write(
      symmetries.map(\.character), shape: [symmetries.count], to: "eigenvalues")
  }

  static func readSymmetries(
    _ root: HDF5Group, version: Int
  ) throws(HDF5Error) -> [SpinSymmetry] {
    // Version 1 had none.
    let expected = version < 2 ? 0 : try integer("symmetry_count", in: root)
    if expected == 0 { return [] }
    let group = try root.group("symmetries")
    let (sites, shape) = try group.read(Int.self, "permutations")
    let flips = try group.read(Int.self, "spin_flips").values
    let characters = try group.read(Int.self, "eigenvalues").values
    let count = characters.count
    let width = shape.count == 2 ? shape[1] : 0
    let rows = (0..<count).map { Array(sites.dropFirst($0 * width).prefix(width)) }
    guard count == expected, shape == [count, width], width > 0, flips.count == count,
      rows.allSatisfy({ $0.sorted() == Array(0..<width) }),
      characters.allSatisfy({ abs($0) == 1 })
    else {
      throw HDF5Error(
        "read the symmetries", path: group.file.path, object: group.path,
        reason: "they are not permutations of sites with eigenvalues +1 or -1",
        remedy: "The file is damaged: use an older copy")
    }
    return rows.indices.map {
      SpinSymmetry(permutation: rows[$0], flipsSpins: flips[$0] != 0, character: characters[$0])
    }
  }

  // MARK: - Named arrays

  static func writeArrays(
    _ arrays: [Snapshot.Array32], to group: HDF5Group
  ) throws(HDF5Error) {
    for (index, array) in arrays.enumerated() {
      try group.write(array.values, shape: array.shape, to: array.name)
      // Names come back sorted; the networks' own order is kept beside them.
      try group.setAttribute("index", .int(index), of: array.name)
    }
  }

  static func readArrays(_ group: HDF5Group) throws(HDF5Error) -> [Snapshot.Array32] {
    var found: [(index: Int, array: Snapshot.Array32)] = []
    func collect(_ prefix: String, _ parent: HDF5Group) throws(HDF5Error) {
      for name in try parent.names() {
        let full = prefix + name
        if parent.isGroup(name) {
          try collect(full + "/", try parent.group(name))
        } else {
          let (values, shape) = try parent.read(Float.self, name)
          guard let index = try parent.attribute("index", of: name)?.intValue else {
            throw missing("index", parent)
          }
          found.append((index, .init(name: full, shape: shape, values: values)))
        }
      }
    }
    try collect("", group)
    return found.sorted { $0.index < $1.index }.map(\.array)
  }

  // MARK: - Final evaluation

  /// The unit of a problem's energies, in a word.
  static func unit(of problem: Problem) -> String {
    switch problem {
    case .molecule: "hartree"
    case .lattice: "J"
    }
  }

  static func writeFinal(
    _ final: FinalResult, _ record: RunRecord, to root: HDF5Group
  ) throws(HDF5Error) {
    let group = try root.group("final")
    if case .lattice(let model) = record.problem {
      try group.setAttribute(
        "energy_per_site", .double(final.energy / Double(model.geometry.siteCount)))
    }
    try group.setAttribute("unit", .string(unit(of: record.problem)))
    try group.setAttribute("energy", .double(final.energy))
    try group.setAttribute("error", .double(final.error))
    try group.setAttribute("variance", .double(final.variance))
    try group.setAttribute("exact_sum", .bool(final.isExactSum))
    try group.setAttribute("distinct_samples", .int(final.distinctSamples))
    try group.setAttribute("draws", .int(final.draws))
    try group.setAttribute("dropped_weight", .double(final.droppedWeight))
    try group.setAttribute("v_score", .double(final.vScore))
    try group.setAttribute("leak_energy", .double(final.leakEnergy))
    try group.setAttribute("leak_weight", .double(final.leakWeight))
    try group.setAttribute("collapsed", .bool(final.isCollapsed))
    if let value = final.spinSquared { try group.setAttribute("spin_squared", .double(value)) }
    if let value = final.spinSquaredError {
      try group.setAttribute("spin_squared_error", .double(value))
    }
    if let value = final.subspaceEnergy {
      try group.setAttribute("subspace_energy", .double(value))
    }
    try writeSamples(final.leading, to: try root.group("samples"))
  }

  private static func writeSamples(
    _ samples: [LeadingConfiguration], to group: HDF5Group
  ) throws(HDF5Error) {
    func words(_ path: KeyPath<LeadingConfiguration, [UInt64]>) -> [UInt64] {
      samples.flatMap { sample in (0..<2).map { sample[keyPath: path].dropFirst($0).first ?? 0 } }
    }
    try group.write(words(\.alpha), shape: [samples.count, 2], to: "alpha")
    try group.write(words(\.beta), shape: [samples.count, 2], to: "beta")
    try group.write(samples.map(\.logModulus), to: "log_modulus")
    try group.write(samples.map(\.phase), to: "phase")
    try group.write(samples.map(\.count), to: "count")
  }

  static func readFinal(_ root: HDF5Group) throws(HDF5Error) -> FinalResult {
    let group = try root.group("final")
    return FinalResult(
      energy: try number("energy", in: group), error: try number("error", in: group),
      variance: try number("variance", in: group),
      isExactSum: try integer("exact_sum", in: group) != 0,
      distinctSamples: try integer("distinct_samples", in: group),
      draws: try integer("draws", in: group),
      droppedWeight: try number("dropped_weight", in: group),
      vScore: try number("v_score", in: group),
      leakEnergy: try number("leak_energy", in: group),
      leakWeight: try number("leak_weight", in: group),
      isCollapsed: try integer("collapsed", in: group) != 0,
      spinSquared: try group.attribute("spin_squared")?.doubleValue,
      spinSquaredError: try group.attribute("spin_squared_error")?.doubleValue,
      subspaceEnergy: try group.attribute("subspace_energy")?.doubleValue,
      leading: try readSamples(try root.group("samples")))
  }

  private static func readSamples(
    _ group: HDF5Group
  ) throws(HDF5Error) -> [LeadingConfiguration] {
    let count = try group.shape("phase").first ?? 0
    let alpha = try readColumn(UInt64.self, "alpha", 2 * count, group)
    let beta = try readColumn(UInt64.self, "beta", 2 * count, group)
    let logModulus = try readColumn(Double.self, "log_modulus", count, group)
    let phase = try readColumn(Double.self, "phase", count, group)
    let counts = try readColumn(Int.self, "count", count, group)
    return (0..<count).map { index in
      LeadingConfiguration(
        alpha: Array(alpha[2 * index..<2 * index + 2]),
        beta: Array(beta[2 * index..<2 * index + 2]),
        logModulus: logModulus[index], phase: phase[index], count: counts[index])
    }
  }
}
