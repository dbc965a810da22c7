internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Logging
internal import Parallelism
internal import Results
internal import Training

/// The options of a run from the command line and the configuration file.
struct SolveOptions {
  var lattice: LatticeOptions
  var classical: ClassicalOptions
  var spins: SpinOptions
  /// The settings that were given; later ones win.
  var settings: [GivenSetting]
  var files: RunOptions

  /// Returns these options over those of a file.
  func over(_ file: ConfigurationFile) -> SolveOptions {
    SolveOptions(
      lattice: lattice.over(file.lattice), classical: classical.over(file.classical),
      spins: spins.over(file.spins), settings: file.settings + settings,
      files: files.over(file.run))
  }
}

/// What a run works on and where its result goes, checked.
struct SolvePlan {
  let problem: Problem
  let settings: Settings
  let snapshot: Snapshot?
  let output: OutputFile
  /// Whether the output is the file that the run goes on with.
  let continuesOutput: Bool
  let provenance: RunRecord.Provenance
  /// The number of configurations in the sector of the run that is resumed; nil for a new one.
  let sectorDimension: Double?
  /// What the input's reader had to assume, and which settings have no effect.
  var warnings: [String]

  /// Plans a new run.
  init(input: String?, options: SolveOptions, logger: Logger) throws {
    let name: String
    var source: String?
    var warnings: [String] = []
    try options.classical.refuse()
    try options.spins.refuse()
    switch try ProblemInput.read(input, options.lattice, logger: logger) {
    case .molecule(let molecule)?:
      problem = try molecule.makeProblem(options.files.irrep, logger: logger)
      name = input.map { OutputFile.standardName(for: $0) } ?? molecule.path + ".nqs.h5"
      source = molecule.path
      warnings = molecule.warnings
    case .lattice(let model)?:
      if options.files.irrep != nil { throw ToolError("--irrep is for molecules.") }
      if options.files.spin != nil { throw ToolError("--spin is for molecules.") }
      problem = .lattice(model)
      name = model.name + ".nqs.h5"
    case nil:
      throw ToolError(
        "what is to be solved? Give an integral file, --lattice with --size, or --resume.")
    }
    var settings = Settings()
    try options.settings.apply(to: &settings, positions: problem.positions)
    settings.ansatz.twiceSpin = options.files.spin?.twice
    self.settings = settings
    let useless = try options.settings.checkEffects(in: settings, problem: problem)
    for warning in useless { logger.warning("\(warning)") }
    self.warnings = warnings + useless
    snapshot = nil
    sectorDimension = nil
    continuesOutput = false
    provenance = Self.makeProvenance(input: source)
    output = try OutputFile(
      options.files.output ?? name, kind: .result, input: input,
      overwrites: options.files.overwrite == true)
  }

  /// Plans to go on with a run.
  init(resuming path: String, input: String?, options: SolveOptions, logger: Logger) throws {
    try options.classical.refuse()
    try options.spins.refuse()
    if options.lattice.lattice == .classicalIsing {
      throw ToolError(
        "\(path) is no run with classical spins; leave --lattice out to go on with it, or start a new run without "
          + "--resume.")
    }
    try checkResumePath(path)
    let name = options.files.output ?? path
    var record = try Self.read(path)
    output = try OutputFile(
      name, kind: .result, input: input, overwrites: options.files.overwrite == true)
    // Another run may have gone on with it before it was locked.
    record = try Self.read(path)
    if options.files.irrep != nil {
      throw ToolError("--irrep cannot change on --resume; start a new run for another state.")
    }
    if options.files.spin != nil {
      throw ToolError("--spin cannot change on --resume; start a new run for another state.")
    }
    let given: Problem? =
      switch try ProblemInput.read(input, options.lattice, logger: logger) {
      case .molecule(let molecule)?: .molecule(molecule.integrals, irrep: .automatic)
      case .lattice(let model)?: .lattice(model)
      case nil: nil
      }
    if let given, given.digest != record.problem.givenDigest {
      throw ToolError(
        "\(path) is a run of another problem (\(record.problemName)); leave the input out to go on "
          + "with it, or start a new run without --resume.")
    }
    var settings = record.settings
    try options.settings.apply(to: &settings, goingOnWith: record)
    let useless = try options.settings.checkEffects(in: settings, problem: record.problem)
    for warning in useless { logger.warning("\(warning)") }
    problem = record.problem
    // The stored number is that of another launch, perhaps of one process with all processors.
    if Job.communicator.isDistributed,
      !options.settings.contains(where: { $0.setting.name == Setting.threads.name })
    {
      settings.threads = nil
    }
    self.settings = settings
    // A run that was stopped before its first step begins again, with the same numbers.
    snapshot = record.snapshot.isPrepared ? record.snapshot : nil
    warnings = useless
    continuesOutput = OutputFile.isSameFile(name, path)
    provenance = Self.makeProvenance(input: record.provenance.input)
    sectorDimension = record.sectorDimension
    logger.notice("going on after step \(record.snapshot.step) of \(path)")
    for line in try options.settings.notices(of: record, goingOnWith: settings) {
      logger.notice("\(line)")
    }
  }

  private static func read(_ path: String) throws -> RunRecord {
    do { return try ResultFile.read(path) } catch { throw ToolError("\(error)") }
  }

  /// The energy's unit.
  var unit: String { problem.unit }

  /// The problem's name for people.
  var problemName: String { problem.name(input: provenance.input) }

  /// Returns one line that says what is about to be done.
  func headline(of run: any TrainingRun) -> String {
    let dimension = run.sectorDimension
    let count = dimension < 1e15 ? String(Int(dimension)) : String(format: "%.2e", dimension)
    return "\(problemName): \(count) configurations, \(run.settings.ansatz.kind.rawValue) with "
      + "\(run.parameterCount) parameters, seed \(run.settings.seed), result in \(output.path)"
  }

  static func makeProvenance(input: String?) -> RunRecord.Provenance {
    .init(
      program: "qchem-nqs", version: programVersion,
      libraries: ["HDF5 \(hdf5Version())", "OpenBLAS kernels \(BLAS.kernelName)"], input: input,
      host: hostName(), commandLine: CommandLine.arguments.map(shellQuoted).joined(separator: " "))
  }
}

/// Returns a word as a shell takes it.
func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy {
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./,:@%~".utf8.contains($0)
  }
  return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}

extension Problem {
  /// The number of orbitals or sites.
  var positions: Int {
    switch self {
    case .molecule(let integrals, _): integrals.orbitalCount
    case .lattice(let model): model.geometry.siteCount
    }
  }

  /// The energy's unit.
  var unit: String {
    switch self {
    case .molecule: "Eh"
    case .lattice: "J"
    }
  }

  /// The problem's name for people: the input's path or the model's name.
  func name(input: String?) -> String {
    switch self {
    case .molecule: input ?? "molecule"
    case .lattice(let model): model.name
    }
  }
}

extension RunRecord {
  /// The problem's name for people.
  var problemName: String { problem.name(input: provenance.input) }
}
