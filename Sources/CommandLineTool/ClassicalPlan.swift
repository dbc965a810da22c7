internal import Foundation
internal import FreeEnergy
internal import HDF5Files
internal import Hamiltonians
internal import LinearAlgebra
internal import Logging
internal import Results
internal import Training

/// What a run with classical spins works on and where its result goes, checked.
struct ClassicalPlan {
  let problem: ClassicalProblem
  let settings: FreeEnergySettings
  let snapshot: FreeEnergySnapshot?
  let output: OutputFile
  /// Whether the output is the file that the run goes on with.
  let continuesOutput: Bool
  let provenance: RunRecord.Provenance
  /// Which settings have no effect.
  let warnings: [String]

  /// Plans a new run.
  init(_ problem: ClassicalProblem, options: SolveOptions) throws {
    // Equal bonds of a file share networks, and have an exact solution.
    self.problem = ClassicalProblem(
      problem.model.simplified, beta: problem.beta, name: problem.name)
    var settings = FreeEnergySettings()
    warnings = try ClassicalSettings.apply(options.settings, to: &settings)
    options.classical.apply(to: &settings)
    self.settings = settings
    snapshot = nil
    continuesOutput = false
    provenance = SolvePlan.makeProvenance(input: options.lattice.couplings)
    output = try OutputFile(
      options.files.output ?? problem.name + ".nqs.h5", kind: .result,
      input: options.lattice.couplings, overwrites: options.files.overwrite == true)
  }

  /// Plans to go on with a run.
  init(resuming path: String, options: SolveOptions, logger: Logger) throws {
    try checkResumePath(path)
    let name = options.files.output ?? path
    output = try OutputFile(
      name, kind: .result, input: nil, overwrites: options.files.overwrite == true)
    let record: ClassicalRecord
    do { record = try ClassicalResultFile.read(path) } catch { throw ToolError("\(error)") }
    let named = options.lattice.given
    if !named.isEmpty, options.lattice.lattice != .classicalIsing {
      throw ToolError(
        "\(path) is a run of \(record.name); --\(named[0]) cannot change on --resume: leave it out to go on, or "
          + "start a new run without --resume.")
    }
    if let given = try options.lattice.makeClassicalProblem() {
      guard given.model.simplified == record.model, given.beta == record.beta else {
        throw ToolError(
          "\(path) is a run of another problem (\(record.name)); leave --lattice and its options out to go on "
            + "with it, or start a new run without --resume.")
      }
    }
    try SharedSettings.refuseChanges(
      options.classical.given, options.settings, except: ClassicalSettings.changeable)
    var settings = record.settings
    warnings = try ClassicalSettings.apply(
      options.settings.filter { ClassicalSettings.changeable.contains($0.setting.name) },
      to: &settings)
    problem = ClassicalProblem(record.model, beta: record.beta, name: record.name)
    self.settings = settings
    snapshot = record.snapshot
    continuesOutput = OutputFile.isSameFile(name, path)
    provenance = SolvePlan.makeProvenance(input: record.provenance.input)
    logger.notice("going on after step \(record.snapshot.trace.count) of \(path)")
  }
}
