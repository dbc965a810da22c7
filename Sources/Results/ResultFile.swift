internal import Foundation
public import HDF5Files
internal import Training

/// Result files, which are checkpoints as well: HDF5, described in `docs/file-formats.md`.
public enum ResultFile {
  /// The root attribute `type` of every result file.
  public static let type = "qchem-nqs result"
  /// The highest version of the layout that is known; higher ones are refused.
  ///
  /// Version 4 is that of runs in other orbitals than the input's, which earlier programs would take for those; all others are written as version 3.
  public static let version = 4

  /// Writes a record in one step: a reader sees the old file or the new one, never a part.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - path: The file, replaced where it exists.
  /// - Throws: `HDF5Error` where it cannot be written; an old file is then untouched.
  public static func write(_ record: RunRecord, to path: String) throws(HDF5Error) {
    let settings = try encode(record.settings, path: path)
    try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
      let root = file.root
      try root.setAttribute("type", .string(type))
      try root.setAttribute("version", .int(record.problem.hasGivenOrbitals ? 3 : 4))
      try writeOrigin(record.provenance, to: root)
      try writeConfiguration(
        record.provenance, seed: record.settings.seed, ansatz: record.settings.ansatz.kind.rawValue,
        settings: settings, to: try root.group("configuration"))
      try writeProblem(record, to: try root.group("problem"))
      let trace = try root.group("trace")
      try trace.setAttribute("unit", .string(unit(of: record.problem)))
      try writeTrace(record.snapshot.trace, unit: unit(of: record.problem), to: trace)
      try writeArrays(
        record.snapshot.parameters, of: "wave function", to: try root.group("parameters"))
      let optimizer = try root.group("optimizer")
      try writeArrays(
        record.snapshot.optimizer, of: "optimiser", to: try optimizer.group("arrays"))
      let scalars = record.snapshot.scalars.sorted { $0.key < $1.key }
      try optimizer.write(scalars.map(\.key), to: "scalar_names")
      try optimizer.write(scalars.map(\.value), to: "scalar_values")
      try describe(
        "scalar_names", "none", "names of the loop's and the optimiser's numbers", in: optimizer)
      try describe(
        "scalar_values", "mixed", "these numbers, each in its own unit", in: optimizer)
      try root.setAttribute("step", .int(record.snapshot.step))
      try root.setAttribute("prepared", .bool(record.snapshot.isPrepared))
      try root.setAttribute("converged", .bool(record.isConverged))
      try root.setAttribute("spin_flip_parity", .int(record.snapshot.spinFlipParity))
      try root.setAttribute("symmetry_count", .int(record.snapshot.symmetries.count))
      try writeSymmetries(record.snapshot.symmetries, to: root)
      try root.setAttribute("parameters", .int(record.parameterCount))
      if let final = record.final { try writeFinal(final, record, to: root) }
    }
  }

  /// Reads a record.
  ///
  /// - Parameter path: The file.
  /// - Returns: The record.
  /// - Throws: `HDF5Error` where it cannot be read, is damaged or is not a result.
  public static func read(_ path: String) throws(HDF5Error) -> RunRecord {
    let root = try HDF5File(readingFrom: path).root
    guard try root.attribute("type")?.stringValue == type else {
      throw HDF5Error(
        "read it as a result", path: path, reason: "its attribute 'type' is not '\(type)'",
        remedy: "Give a file that 'qchem-nqs solve' has written")
    }
    let version = try integer("version", in: root)
    guard version <= Self.version else {
      throw HDF5Error(
        "read it as a result", path: path,
        reason: "its layout has version \(version), and this program knows \(Self.version)",
        remedy: "Use a newer qchem-nqs")
    }
    let configuration = try root.group("configuration")
    let problem = try root.group("problem")
    let optimizer = try root.group("optimizer")
    var scalars: [String: Double] = [:]
    let values = try optimizer.read(Double.self, "scalar_values").values
    for (name, value) in zip(try optimizer.readStrings("scalar_names"), values) {
      scalars[name] = value
    }
    let snapshot = Snapshot(
      step: try integer("step", in: root),
      parameters: try readArrays(try root.group("parameters")),
      optimizer: try readArrays(try optimizer.group("arrays")), scalars: scalars,
      trace: try readTrace(try root.group("trace")),
      spinFlipParity: try integer("spin_flip_parity", in: root),
      symmetries: try readSymmetries(root, version: version),
      // Before version 3 all were.
      isPrepared: version < 3 ? true : try integer("prepared", in: root) != 0)
    let settings: Settings = try decode(
      try string("settings", in: configuration), path: path, object: "/configuration")
    let final: FinalResult? = root.isGroup("final") ? try readFinal(root, version: version) : nil
    return RunRecord(
      provenance: try readProvenance(root, configuration, problem), settings: settings,
      problem: try readProblem(problem), snapshot: snapshot,
      parameterCount: try integer("parameters", in: root),
      sectorDimension: try number("sector_dimension", in: problem),
      referenceEnergy: try number("reference_energy", in: problem),
      isConverged: try integer("converged", in: root) != 0, final: final)
  }

  // MARK: - Configuration

  static func writeConfiguration(
    _ provenance: RunRecord.Provenance, seed: UInt64, ansatz: String, settings: String,
    to group: HDF5Group
  ) throws(HDF5Error) {
    try group.write(settings, to: "settings")
    try describe("settings", "none", "settings in force, as JSON", in: group)
    try group.setAttribute("program", .string(provenance.program))
    try group.setAttribute("program_version", .string(provenance.version))
    // As text: an HDF5 reader's signed integers do not hold every seed.
    try group.setAttribute("seed", .string(String(seed)))
    try group.setAttribute("ansatz", .string(ansatz))
    try group.setAttribute("libraries", .strings(provenance.libraries))
  }

  /// Writes when, where and by which command the file is written.
  static func writeOrigin(
    _ provenance: RunRecord.Provenance, to root: HDF5Group
  ) throws(HDF5Error) {
    try root.setAttribute("date", .string(Date.now.formatted(.iso8601)))
    if let host = provenance.host { try root.setAttribute("host", .string(host)) }
    if let line = provenance.commandLine { try root.setAttribute("command_line", .string(line)) }
  }

  /// Returns when a result of any kind was written, in UTC, as ISO 8601.
  ///
  /// - Parameter path: The file.
  /// - Returns: The date; nil where the file is of an earlier version that does not say it.
  /// - Throws: `HDF5Error` where the file cannot be read.
  public static func date(of path: String) throws(HDF5Error) -> String? {
    try HDF5File(readingFrom: path).root.attribute("date")?.stringValue
  }

  static func readProvenance(
    _ root: HDF5Group, _ configuration: HDF5Group, _ problem: HDF5Group
  ) throws(HDF5Error) -> RunRecord.Provenance {
    .init(
      program: try configuration.attribute("program")?.stringValue ?? "",
      version: try configuration.attribute("program_version")?.stringValue ?? "",
      libraries: try configuration.attribute("libraries")?.stringValues ?? [],
      input: try problem.attribute("input")?.stringValue,
      host: try root.attribute("host")?.stringValue,
      commandLine: try root.attribute("command_line")?.stringValue)
  }

  // MARK: - JSON

  static func encode<Value: Encodable>(
    _ value: Value, path: String
  ) throws(HDF5Error) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw HDF5Error("write the settings", path: path, reason: "\(error)")
    }
  }

  static func decode<Value: Decodable>(
    _ text: String, path: String, object: String
  ) throws(HDF5Error) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw HDF5Error(
        "read the settings", path: path, object: object, reason: "\(error)",
        remedy: "The file may be damaged, or of another version of qchem-nqs")
    }
  }

  // MARK: - Attributes that must be there

  static func string(_ name: String, in group: HDF5Group) throws(HDF5Error) -> String {
    if group.isDataset(name), let value = try group.readStrings(name).first { return value }
    guard let value = try group.attribute(name)?.stringValue else { throw missing(name, group) }
    return value
  }

  static func integer(_ name: String, in group: HDF5Group) throws(HDF5Error) -> Int {
    guard let value = try group.attribute(name)?.intValue else { throw missing(name, group) }
    return value
  }

  static func number(_ name: String, in group: HDF5Group) throws(HDF5Error) -> Double {
    guard let value = try group.attribute(name)?.doubleValue else { throw missing(name, group) }
    return value
  }

  static func missing(_ name: String, _ group: HDF5Group) -> HDF5Error {
    HDF5Error(
      "find the attribute '\(name)'", path: group.file.path, object: group.path,
      remedy: "The file may be damaged: use an older copy")
  }
}
