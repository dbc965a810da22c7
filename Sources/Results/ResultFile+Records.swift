internal import Configurations
internal import HDF5Files
internal import Hamiltonians
internal import Training

extension ResultFile {
  // MARK: - Trace

  /// A column of `/trace`: where its numbers go, and what they are.
  private struct Column {
    let name: String
    let path: WritableKeyPath<TraceRow, Double>
    /// The power of the energy's unit; nil for another unit.
    let power: Int?
    let description: String
  }

  private static var columns: [Column] {
    [
      Column(name: "energy", path: \.energy, power: 1, description: "estimated energy"),
      Column(name: "error", path: \.error, power: 1, description: "standard error of the energy"),
      Column(name: "variance", path: \.variance, power: 2, description: "variance of the energy"),
      Column(
        name: "temperature", path: \.temperature, power: 1, description: "annealing temperature"),
      Column(
        name: "entropy", path: \.entropy, power: 0, description: "entropy, -sum of p log p"),
      Column(
        name: "gradient_norm", path: \.gradientNorm, power: 1,
        description: "norm of the energy's gradient"),
      Column(
        name: "seconds", path: \.seconds, power: nil,
        description: "time since the run began, over all its parts"),
    ]
  }

  static func writeTrace(
    _ trace: [TraceRow], unit: String, to group: HDF5Group
  ) throws(HDF5Error) {
    try writeColumn(trace.map(\.step), "step", to: group)
    try describe("step", "1", "number of the step, from 1", in: group)
    try writeColumn(trace.map(\.distinctSamples), "distinct_samples", to: group)
    try describe("distinct_samples", "1", "distinct configurations of the step", in: group)
    for column in columns {
      try writeColumn(trace.map { $0[keyPath: column.path] }, column.name, to: group)
      let unit =
        switch column.power {
        case nil: "s"
        case 0: "1"
        case 1: unit
        case let power?: "\(unit)^\(power)"
        }
      try describe(column.name, unit, column.description, in: group)
    }
    try writeColumn(trace.map(\.freeEnergy), "free_energy", to: group)
    try describe(
      "free_energy", unit, "energy minus temperature times entropy, what steps lower", in: group)
    try writeColumn(trace.map { $0.residual ?? .nan }, "residual", to: group)
    try describe(
      "residual", unit, "first-order estimate of what the state would still gain", in: group)
  }

  /// Says what a dataset holds and in which unit: "1" for plain numbers, "none" for text.
  static func describe(
    _ name: String, _ unit: String, _ description: String, in group: HDF5Group
  ) throws(HDF5Error) {
    try group.setAttribute("unit", .string(unit), of: name)
    try group.setAttribute("description", .string(description), of: name)
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
    for column in columns {
      let values = try readColumn(Double.self, column.name, steps.count, group)
      for (index, value) in values.enumerated() { rows[index][keyPath: column.path] = value }
    }
    // Results of earlier versions have none.
    if group.isDataset("residual") {
      let values = try readColumn(Double.self, "residual", steps.count, group)
      for (index, value) in values.enumerated() where !value.isNaN { rows[index].residual = value }
    }
    return rows
  }

  static func readColumn<Element: HDF5Element>(
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
    try describe("permutations", "1", "where the spin of each site goes, from 0", in: group)
    try describe("spin_flips", "1", "1 where all spins are then turned over", in: group)
    try describe("eigenvalues", "1", "eigenvalue of the symmetry in the state", in: group)
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
    _ arrays: [Snapshot.Array32], of owner: String, to group: HDF5Group
  ) throws(HDF5Error) {
    for (index, array) in arrays.enumerated() {
      try group.write(array.values, shape: array.shape, to: array.name)
      // Names come back sorted; the networks' own order is kept beside them.
      try group.setAttribute("index", .int(index), of: array.name)
      try describe(array.name, "1", "the \(owner)'s array \(array.name)", in: group)
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
    try group.setAttribute("converged", .bool(final.isConverged))
    if let value = final.residual { try group.setAttribute("residual_energy", .double(value)) }
    if let value = final.remainingError {
      try group.setAttribute("remaining_error", .double(value))
      try group.setAttribute("remaining_error_is_lower_bound", .bool(final.isRemainingErrorBound))
    }
    if !final.warnings.isEmpty { try group.setAttribute("warnings", .strings(final.warnings)) }
    if let value = final.spinSquared { try group.setAttribute("spin_squared", .double(value)) }
    if let value = final.spinSquaredError {
      try group.setAttribute("spin_squared_error", .double(value))
    }
    if let value = final.subspaceEnergy {
      try group.setAttribute("subspace_energy", .double(value))
    }
    if let observables = final.observables { try ObservableFile.write(observables, to: root) }
    if let selected = final.selected {
      try writeSelected(selected, to: try root.group("selected_ci"))
    }
    try writeSamples(record, to: try root.group("samples"))
  }

  static func readFinal(_ root: HDF5Group, version: Int) throws(HDF5Error) -> FinalResult {
    let group = try root.group("final")
    var final = FinalResult(
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
      leading: try readSamples(try root.group("samples"), version: version))
    final.residual = try group.attribute("residual_energy")?.doubleValue
    final.remainingError = try group.attribute("remaining_error")?.doubleValue
    final.isRemainingErrorBound =
      try (group.attribute("remaining_error_is_lower_bound")?.intValue ?? 0) != 0
    final.isConverged = try (group.attribute("converged")?.intValue ?? 0) != 0
    final.warnings = try group.attribute("warnings")?.stringValues ?? []
    if root.isGroup("rdm") { final.observables = try ObservableFile.read(root) }
    if root.isGroup("selected_ci") { final.selected = try readSelected(root.group("selected_ci")) }
    return final
  }
}
