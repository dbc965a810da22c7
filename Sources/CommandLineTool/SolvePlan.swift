internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Logging
internal import Training

/// The options of a run from the command line and the configuration file.
struct SolveOptions {
  var lattice: LatticeOptions
  /// The settings that were given; later ones win.
  var settings: [GivenSetting]
  var files: RunOptions

  /// Returns these options over those of a file.
  func over(_ file: ConfigurationFile) -> SolveOptions {
    SolveOptions(
      lattice: lattice.over(file.lattice), settings: file.settings + settings,
      files: files.over(file.run))
  }
}

/// What a run works on and where its result goes, checked.
struct SolvePlan {
  let problem: Problem
  let settings: Settings
  let snapshot: Snapshot?
  let output: String
  let provenance: RunRecord.Provenance
  /// The number of configurations in the sector of the run that is resumed; nil for a new one.
  let sectorDimension: Double?
  /// What the input's reader had to assume, and which settings have no effect.
  var warnings: [String]

  /// Plans a new run.
  init(input: String?, options: SolveOptions, logger: Logger) throws {
    let name: String
    var warnings: [String] = []
    switch (input, try options.lattice.makeModel()) {
    case (let input?, nil):
      let molecule = try MoleculeInput.read(input, logger: logger)
      problem = try molecule.makeProblem(options.files.irrep, logger: logger)
      name = OutputPath.standard(for: input)
      warnings = molecule.file.warnings
    case (nil, let model?):
      if options.files.irrep != nil { throw ToolError("--irrep is for molecules.") }
      problem = .lattice(model)
      name = model.name + ".nqs.h5"
    case (_?, _?): throw ToolError("give an integral file or --lattice, not both.")
    case (nil, nil):
      throw ToolError(
        "what is to be solved? Give an integral file, --lattice with --size, or --resume.")
    }
    var settings = Settings()
    try options.settings.apply(to: &settings, positions: problem.positions)
    self.settings = settings
    let useless = try options.settings.checkEffects(in: settings, problem: problem)
    for warning in useless { logger.warning("\(warning)") }
    self.warnings = warnings + useless
    snapshot = nil
    sectorDimension = nil
    output = options.files.output ?? name
    provenance = Self.makeProvenance(input: input)
    try OutputPath.check(output, input: input)
  }

  /// Plans to go on with a run.
  init(resuming path: String, input: String?, options: SolveOptions, logger: Logger) throws {
    try checkResumePath(path)
    let record: RunRecord
    do {
      record = try ResultFile.read(path)
    } catch {
      throw ToolError("\(error)")
    }
    if options.files.irrep != nil {
      throw ToolError("--irrep cannot change on --resume; start a new run for another state.")
    }
    let given: Problem?
    if let input {
      given = .molecule(try MoleculeInput.read(input, logger: logger).integrals, irrep: .automatic)
    } else {
      given = try options.lattice.makeModel().map { .lattice($0) }
    }
    if let given, given.digest != record.problem.digest {
      throw ToolError(
        "\(path) is a run of another problem (\(record.problemName)); leave the input out to go on "
          + "with it, or start a new run without --resume.")
    }
    var settings = record.settings
    try options.settings.apply(to: &settings, goingOnWith: record)
    let useless = try options.settings.checkEffects(in: settings, problem: record.problem)
    for warning in useless { logger.warning("\(warning)") }
    problem = record.problem
    self.settings = settings
    snapshot = record.snapshot
    warnings = useless
    output = options.files.output ?? path
    provenance = Self.makeProvenance(input: record.provenance.input)
    sectorDimension = record.sectorDimension
    try OutputPath.check(output, input: input)
    logger.notice("going on after step \(record.snapshot.step) of \(path)")
    for line in try options.settings.notices(of: record, goingOnWith: settings) {
      logger.notice("\(line)")
    }
  }

  /// The energy's unit.
  var unit: String {
    switch problem {
    case .molecule: "Eh"
    case .lattice: "J"
    }
  }

  /// The problem's name for people.
  var problemName: String { problem.name(input: provenance.input) }

  /// Returns one line that says what is about to be done.
  func headline(of run: any TrainingRun) -> String {
    let dimension = run.sectorDimension
    let count = dimension < 1e15 ? String(Int(dimension)) : String(format: "%.2e", dimension)
    return "\(problemName): \(count) configurations, \(run.settings.ansatz.kind.rawValue) with "
      + "\(run.parameterCount) parameters, seed \(run.settings.seed), result in \(output)"
  }

  private static func makeProvenance(input: String?) -> RunRecord.Provenance {
    .init(
      program: "qchem-nqs", version: programVersion,
      libraries: ["HDF5 \(hdf5Version())", "OpenBLAS kernels \(BLAS.kernelName)"], input: input)
  }
}

extension Problem {
  /// The number of orbitals or sites.
  var positions: Int {
    switch self {
    case .molecule(let integrals, _): integrals.orbitalCount
    case .lattice(let model): model.geometry.siteCount
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
