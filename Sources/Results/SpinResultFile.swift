public import HDF5Files
internal import Hamiltonians
internal import SpinMonteCarlo
internal import Training

/// Result files of runs of Markov chains, which are checkpoints as well: HDF5, described in
/// `docs/file-formats.md`.
public enum SpinResultFile {
  /// The root attribute `type` of every such file.
  public static let type = "qchem-nqs spin result"
  /// The version of the layout that is written; higher ones are refused.
  public static let version = 1

  /// Whether a file is one of these, as far as can be told.
  public static func isOne(_ path: String) -> Bool { ResultFile.isOf(type, path) }

  /// The columns of the trace.
  private static let columns: [TraceColumn<SpinRow>] = [
    TraceColumn("energy", \.energy, "J", "mean of the local energy before the step, total"),
    TraceColumn("error", \.error, "J", "standard error of energy"),
    TraceColumn("variance", \.variance, "J^2", "variance of the local energy"),
    TraceColumn("acceptance", \.acceptance, "1", "share of proposals that were accepted"),
    TraceColumn("gradient_norm", \.gradientNorm, "J", "norm of the energy's gradient"),
    TraceColumn("change", \.change, "1", "root mean square of the step's change of log psi"),
    TraceColumn("evaluations", \.evaluations, "1", "evaluations of the network"),
    TraceColumn("seconds", \.seconds, "s", "time since the run began, over all its parts"),
  ]

  /// Writes a record in one step: a reader sees the old file or the new one, never a part.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - path: The file, replaced where it exists.
  /// - Throws: `HDF5Error` where it cannot be written; an old file is then untouched.
  public static func write(_ record: SpinRecord, to path: String) throws(HDF5Error) {
    let settings = try ResultFile.encode(record.settings, path: path)
    let snapshot = record.snapshot
    try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
      let root = file.root
      try root.setAttribute("type", .string(type))
      try root.setAttribute("version", .int(version))
      try root.setAttribute("step", .int(snapshot.trace.count))
      try root.setAttribute("seconds", .double(snapshot.seconds))
      try ResultFile.writeOrigin(record.provenance, to: root)
      try ResultFile.writeConfiguration(
        record.provenance, seed: record.settings.seed, ansatz: record.settings.ansatz.rawValue,
        settings: settings, to: try root.group("configuration"))
      let problem = try root.group("problem")
      try problem.setAttribute("kind", .string("lattice"))
      try problem.setAttribute("name", .string(record.name))
      try ResultFile.writeLattice(record.model, to: problem)
      try ResultFile.writeColumns(
        snapshot.trace, step: \.step, columns, to: try root.group("trace"))
      try ResultFile.write(
        snapshot.parameters, "network", "1", "parameters", to: try root.group("parameters"))
      let optimizer = try root.group("optimizer")
      try ResultFile.write(
        snapshot.previous, "previous", "1", "last solution of the step's equations", to: optimizer)
      try ResultFile.write(
        snapshot.squares, "squares", "1", "mean squares of changes of the solution", to: optimizer)
      if let symmetry = snapshot.symmetry {
        let group = try root.group("symmetry")
        try group.setAttribute("stage", .int(symmetry.stage))
        try group.setAttribute("kind", .string(symmetry.kind.rawValue))
        try group.setAttribute("irrep", .string(symmetry.irrep))
        try group.setAttribute("weight", .double(symmetry.weight))
        try group.setAttribute("missed", .int(symmetry.isMissed ? 1 : 0))
        if !symmetry.candidates.isEmpty {
          try group.setAttribute("compared", .strings(symmetry.candidates.map(\.irrep)))
          try ResultFile.write(
            symmetry.candidates.map { Int32($0.start) }, "compared_starts", "none",
            "random starts, from 1", to: group)
        }
        for (name, unit, text, value) in candidateColumns {
          try ResultFile.write(
            symmetry.candidates.map { $0[keyPath: value] }, name, unit, text, to: group)
        }
        try ResultFile.write(
          symmetry.phases, "phases", "rad", "phases of the elements in the projection", to: group)
      }
      let chains = try root.group("chains")
      try chains.setAttribute("proposals", .int(snapshot.proposals))
      let sites = record.model.geometry.siteCount
      try ResultFile.write(
        snapshot.chains.map { UInt8($0 > 0 ? 1 : 0) },
        shape: [snapshot.chains.count / sites, sites],
        "configurations", "none", "where the Markov chains are, 1 for up", to: chains)
      if let final = record.final { try writeFinal(final, to: try root.group("final")) }
    }
  }

  private static func writeFinal(
    _ final: SpinResult, to group: HDF5Group
  ) throws(HDF5Error) {
    for (name, value) in final.numbers { try group.setAttribute(name, .double(value)) }
    try group.setAttribute("samples", .int(final.samples))
    try group.setAttribute("chains", .int(final.chains))
    try group.setAttribute("reliable", .bool(final.isReliable))
    if final.symmetry != nil {
      try group.setAttribute("irrep_established", .bool(final.isSymmetryEstablished))
    }
    if let line = final.extrapolation {
      try SpinObservableFile.write(line, to: try group.group("extrapolation"))
    }
    if let observables = final.observables {
      try SpinObservableFile.write(observables, to: try group.group("observables"))
    }
    if !final.warnings.isEmpty { try group.setAttribute("warnings", .strings(final.warnings)) }
  }

  /// The numbers of the sectors that were compared.
  private static let candidateColumns:
    [(
      name: String, unit: String, text: String,
      value: any KeyPath<SectorCandidate, Double> & Sendable
    )] =
      [
        ("compared_weights", "1", "shares of the state before", \.weight),
        ("compared_energies", "J", "energies of the projected states", \.energy),
        ("compared_errors", "J", "their standard errors", \.error),
      ]

  private static func readSymmetry(_ group: HDF5Group) throws(HDF5Error) -> SymmetryFinding {
    let phases = try group.read(Double.self, "phases").values
    let columns = try candidateColumns.map { column throws(HDF5Error) in
      try group.read(Double.self, column.name).values
    }
    var names: [String] = []
    if !columns[0].isEmpty {
      guard case .strings(let values)? = try group.attribute("compared") else {
        throw ResultFile.missing("compared", group)
      }
      names = values
    }
    let starts =
      names.isEmpty ? [] : try group.read(Int32.self, "compared_starts").values.map(Int.init)
    let kind = try ResultFile.string("kind", in: group)
    guard let kind = SpinProjectionKind(rawValue: kind),
      columns.allSatisfy({ $0.count == names.count }), starts.count == names.count
    else {
      throw ResultFile.damaged("the arrays of /symmetry do not fit each other", group)
    }
    return SymmetryFinding(
      stage: try ResultFile.integer("stage", in: group), kind: kind,
      irrep: try ResultFile.string("irrep", in: group), phases: phases,
      weight: try ResultFile.number("weight", in: group),
      candidates: names.indices.map {
        SectorCandidate(
          irrep: names[$0], start: starts[$0], weight: columns[0][$0], energy: columns[1][$0],
          error: columns[2][$0])
      }, isMissed: (try group.attribute("missed")?.intValue ?? 0) == 1)
  }

  /// Reads a record.
  ///
  /// - Parameter path: The file.
  /// - Returns: The record, without the evaluation.
  /// - Throws: `HDF5Error` where it cannot be read, is damaged or is not such a result.
  public static func read(_ path: String) throws(HDF5Error) -> SpinRecord {
    let root = try HDF5File(readingFrom: path).root
    try ResultFile.check(
      root, type: type, version: version, action: "read it as a result of Markov chains",
      origin: "qchem-nqs solve --lattice … --ansatz vit")
    let configuration = try root.group("configuration")
    let problem = try root.group("problem")
    let optimizer = try root.group("optimizer")
    let chains = try root.group("chains")
    var symmetry: SymmetryFinding?
    if try root.names().contains("symmetry") {
      let group = try root.group("symmetry")
      symmetry = try readSymmetry(group)
    }
    return SpinRecord(
      provenance: try ResultFile.readProvenance(root, configuration, problem),
      name: try ResultFile.string("name", in: problem), model: try ResultFile.readLattice(problem),
      settings: try ResultFile.decode(
        try ResultFile.string("settings", in: configuration), path: path,
        object: "/configuration"),
      snapshot: SpinSnapshot(
        parameters: try root.group("parameters").read(Float.self, "network").values,
        previous: try optimizer.read(Float.self, "previous").values,
        squares: try optimizer.read(Float.self, "squares").values,
        chains: try chains.read(UInt8.self, "configurations").values.map { $0 > 0 ? 1 : -1 },
        proposals: try ResultFile.integer("proposals", in: chains), symmetry: symmetry,
        trace: try ResultFile.readColumns(try root.group("trace"), columns) {
          SpinRow(
            step: $0, energy: 0, error: 0, variance: 0, acceptance: 0, gradientNorm: 0, change: 0,
            evaluations: 0, seconds: 0)
        }, seconds: try ResultFile.number("seconds", in: root)), final: nil)
  }
}
