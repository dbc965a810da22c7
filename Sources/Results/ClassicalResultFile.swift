internal import FreeEnergy
public import HDF5Files
internal import Hamiltonians

/// Result files of runs with classical spins, which are checkpoints as well: HDF5, described in
/// `docs/file-formats.md`.
public enum ClassicalResultFile {
  /// The root attribute `type` of every such file.
  public static let type = "qchem-nqs classical result"
  /// The version of the layout that is written; higher ones are refused.
  public static let version = 1

  /// Whether a file is one of these, as far as can be told.
  public static func isOne(_ path: String) -> Bool { ResultFile.isOf(type, path) }

  // MARK: - Writing

  /// Writes a record in one step: a reader sees the old file or the new one, never a part.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - path: The file, replaced where it exists.
  /// - Throws: `HDF5Error` where it cannot be written; an old file is then untouched.
  public static func write(_ record: ClassicalRecord, to path: String) throws(HDF5Error) {
    let settings = try ResultFile.encode(record.settings, path: path)
    try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
      let root = file.root
      try root.setAttribute("type", .string(type))
      try root.setAttribute("version", .int(version))
      try root.setAttribute("step", .int(record.snapshot.trace.count))
      try ResultFile.writeOrigin(record.provenance, to: root)
      try ResultFile.writeConfiguration(
        record.provenance, seed: record.settings.seed, ansatz: record.settings.ansatz.rawValue,
        settings: settings, to: try root.group("configuration"))
      try writeProblem(record, to: try root.group("problem"))
      let trace = try root.group("trace")
      try ResultFile.writeColumns(record.snapshot.trace, step: \.step, columns, to: trace)
      try ResultFile.write(
        record.snapshot.trace.map(\.length), "length", "1",
        "length of the torus, shorter while the run grows", to: trace)
      let parameters = try root.group("parameters")
      for (index, values) in record.snapshot.parameters.enumerated() {
        try ResultFile.write(
          values, "network\(index)", "1", "parameters of network \(index)", to: parameters)
      }
      let optimizer = try root.group("optimizer")
      for (name, values) in record.snapshot.optimizer.sorted(by: { $0.key < $1.key }) {
        try ResultFile.write(values, name, "1", "what the optimiser carries", to: optimizer)
      }
      try root.setAttribute("seconds", .double(record.snapshot.seconds))
      if let final = record.final {
        try writeFinal(final, to: try root.group("final"))
        try writeSamples(final, record.model, to: try root.group("samples"))
      }
    }
  }

  private static func writeProblem(
    _ record: ClassicalRecord, to group: HDF5Group
  ) throws(HDF5Error) {
    try group.setAttribute("kind", .string("classical-ising"))
    try group.setAttribute("name", .string(record.name))
    try group.setAttribute("length", .int(record.model.length))
    try group.setAttribute("beta", .double(record.beta))
    if let input = record.provenance.input { try group.setAttribute("input", .string(input)) }
    switch record.model.couplings {
    case .uniform(let coupling): try group.setAttribute("coupling", .double(coupling))
    case .bonds(let right, let down):
      let shape = [record.model.length, record.model.length]
      try ResultFile.write(right, shape: shape, "right", "J", "bonds to the next column", to: group)
      try ResultFile.write(down, shape: shape, "down", "J", "bonds to the next row", to: group)
    }
  }

  /// The columns of the trace.
  private static let columns: [TraceColumn<FreeEnergyRow>] = [
    TraceColumn("beta", \.beta, "1/J", "inverse temperature of the step"),
    TraceColumn("free_energy", \.freeEnergy, "kT", "mean of ln q + beta H, F_q"),
    TraceColumn("error", \.error, "kT", "standard error of free_energy"),
    TraceColumn("variance", \.variance, "kT^2", "variance of ln q + beta H"),
    TraceColumn(
      "ess", \.effectiveShare, "1", "effective sample size over the number of configurations"),
    TraceColumn(
      "gradient_norm", \.gradientNorm, "kT", "norm of the gradient that steps are made from"),
    TraceColumn("seconds", \.seconds, "s", "time since the run began, over all its parts"),
  ]

  private static func writeFinal(
    _ final: FreeEnergyResult, to group: HDF5Group
  ) throws(HDF5Error) {
    for (name, value) in final.numbers { try group.setAttribute(name, .double(value)) }
    try group.setAttribute("draws", .int(final.draws))
    try group.setAttribute("reliable", .bool(final.isReliable))
    if !final.warnings.isEmpty { try group.setAttribute("warnings", .strings(final.warnings)) }
    try ResultFile.write(
      final.histogram.map(\.energy), "histogram_energies", "J", "energies that were drawn",
      to: group)
    try ResultFile.write(
      final.histogram.map(\.count), "histogram_counts", "1", "how often each was drawn", to: group)
  }

  private static func writeSamples(
    _ final: FreeEnergyResult, _ model: ClassicalIsing, to group: HDF5Group
  ) throws(HDF5Error) {
    let bytes = final.configurations.joined().map { UInt8($0 > 0 ? 1 : 0) }
    try ResultFile.write(
      bytes, shape: [final.configurations.count, model.length, model.length], "configurations",
      "none", "some configurations of the evaluation, 1 for up", to: group)
  }

  // MARK: - Reading

  /// Reads a record.
  ///
  /// - Parameter path: The file.
  /// - Returns: The record, without the evaluation.
  /// - Throws: `HDF5Error` where it cannot be read, is damaged or is not such a result.
  public static func read(_ path: String) throws(HDF5Error) -> ClassicalRecord {
    let root = try HDF5File(readingFrom: path).root
    try ResultFile.check(
      root, type: type, version: version, action: "read it as a classical result",
      origin: "qchem-nqs solve --lattice classical-ising")
    let configuration = try root.group("configuration")
    let problem = try root.group("problem")
    let settings: FreeEnergySettings = try ResultFile.decode(
      try ResultFile.string("settings", in: configuration), path: path, object: "/configuration")
    var optimizer: [String: [Float]] = [:]
    let arrays = try root.group("optimizer")
    for name in try arrays.names() { optimizer[name] = try arrays.read(Float.self, name).values }
    let networks = try root.group("parameters")
    var parameters: [[Float]] = []
    for index in try networks.names().indices {
      parameters.append(try networks.read(Float.self, "network\(index)").values)
    }
    return ClassicalRecord(
      provenance: try ResultFile.readProvenance(root, configuration, problem),
      name: try ResultFile.string("name", in: problem), model: try readModel(problem, path),
      beta: try ResultFile.number("beta", in: problem), settings: settings,
      snapshot: FreeEnergySnapshot(
        parameters: parameters, optimizer: optimizer,
        trace: try readTrace(
          try root.group("trace"), length: try ResultFile.integer("length", in: problem)),
        seconds: try ResultFile.number("seconds", in: root)),
      final: nil)
  }

  private static func readModel(
    _ group: HDF5Group, _ path: String
  ) throws(HDF5Error) -> ClassicalIsing {
    let length = try ResultFile.integer("length", in: group)
    let isUniform = !group.isDataset("right")
    let right = isUniform ? [] : try group.read(Double.self, "right").values
    let down = isUniform ? [] : try group.read(Double.self, "down").values
    guard (3...1 << 16).contains(length),
      isUniform || (right.count == length * length && down.count == length * length)
    else {
      throw HDF5Error(
        "read the problem", path: path, object: group.path,
        reason: "its bonds do not fit its length",
        remedy: "The file may be damaged: use an older copy")
    }
    return ClassicalIsing(
      length: length,
      couplings: isUniform
        ? .uniform(try ResultFile.number("coupling", in: group)) : .bonds(right: right, down: down))
  }

  private static func readTrace(
    _ group: HDF5Group, length: Int
  ) throws(HDF5Error) -> [FreeEnergyRow] {
    var rows = try ResultFile.readColumns(group, columns) {
      FreeEnergyRow(
        step: $0, length: length, beta: 0, freeEnergy: 0, error: 0, variance: 0, effectiveShare: 0,
        gradientNorm: 0, seconds: 0)
    }
    // Older files have rows of one length only.
    if group.isDataset("length") {
      let lengths = try group.read(Int.self, "length").values
      guard lengths.count == rows.count else {
        throw HDF5Error(
          "read the trace", path: group.file.path, object: group.path,
          reason: "'length' has \(lengths.count) rows and 'step' \(rows.count)",
          remedy: "The file may be damaged: use an older copy")
      }
      for (index, length) in lengths.enumerated() { rows[index].length = length }
    }
    return rows
  }
}
