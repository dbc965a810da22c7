internal import Foundation
internal import HDF5Files
internal import Hamiltonians
internal import Logging
internal import Results
internal import SpinMonteCarlo
internal import Training

/// What a run of Markov chains works on and where its result goes, checked.
struct SpinPlan {
  let model: LatticeModel
  let settings: SpinSettings
  let snapshot: SpinSnapshot?
  let output: OutputFile
  /// Whether the output is the file that the run goes on with.
  let continuesOutput: Bool
  let provenance: RunRecord.Provenance
  /// Which settings have no effect.
  let warnings: [String]

  /// Plans a new run.
  init(_ model: LatticeModel, options: SolveOptions) throws {
    try options.classical.refuse()
    self.model = model
    var settings = SpinSettings()
    warnings = try Self.apply(options.settings, to: &settings)
    options.spins.apply(to: &settings)
    self.settings = settings
    snapshot = nil
    continuesOutput = false
    provenance = SolvePlan.makeProvenance(input: nil)
    output = try OutputFile(
      options.files.output ?? model.name + ".nqs.h5", kind: .result, input: nil,
      overwrites: options.files.overwrite == true)
  }

  /// Plans to go on with a run.
  init(resuming path: String, options: SolveOptions, logger: Logger) throws {
    try checkResumePath(path)
    try options.classical.refuse()
    let name = options.files.output ?? path
    output = try OutputFile(
      name, kind: .result, input: nil, overwrites: options.files.overwrite == true)
    let record: SpinRecord
    do { record = try SpinResultFile.read(path) } catch { throw ToolError("\(error)") }
    if let given = try options.lattice.makeModel(), given != record.model {
      throw ToolError(
        "\(path) is a run of another problem (\(record.name)); leave --lattice and its options out to go on with it, "
          + "or start a new run without --resume.")
    }
    try SharedSettings.refuseChanges(
      options.spins.given, options.settings, except: Self.changeable)
    var settings = record.settings
    warnings = try Self.apply(
      options.settings.filter { Self.changeable.contains($0.setting.name) }, to: &settings)
    model = record.model
    self.settings = settings
    snapshot = record.snapshot
    continuesOutput = OutputFile.isSameFile(name, path)
    provenance = SolvePlan.makeProvenance(input: record.provenance.input)
    logger.notice("going on after step \(record.snapshot.trace.count) of \(path)")
  }

  /// The settings that may change when a run goes on.
  private static let changeable = ["steps", "final-samples", "threads", "memory-budget"]

  /// Sets the values of settings that other networks have as well, under the same names.
  static func apply(
    _ given: [GivenSetting], to settings: inout SpinSettings
  ) throws(ToolError) -> [String] {
    let owner = "`ansatz` vit and rbm"
    return try SharedSettings.apply(given, of: owner) { name, text throws(ToolError) in
      func number<Value>(_ make: (String) -> Value?) throws(ToolError) -> Value {
        try SharedSettings.number(name, text, make)
      }
      switch name {
      case "ansatz":
        settings.ansatz = try SharedSettings.choice(
          name, text, SpinNetworkKind.self, of: "Markov chains")
      case "optimizer":
        settings.optimizer = try SharedSettings.choice(
          name, text, AmplitudeOptimizer.self, of: "vit and rbm")
      case "width": settings.width = try number { Int($0) }
      case "heads": settings.heads = try number { Int($0) }
      case "layers": settings.layers = try number { Int($0) }
      case "samples": settings.samples = try number { Int($0) }
      case "learning-rate": settings.learningRate = try number { Double($0) }
      case "momentum": settings.momentum = try number { Double($0) }
      case "shift": settings.shift = try number { Double($0) }
      case "maximum-step": settings.maximumStep = try number { Double($0) }
      case "steps": settings.steps = try number { Int($0) }
      case "final-samples": settings.finalSamples = try number { Int($0) }
      case "memory-budget": settings.memoryBudget = try number { Int($0) }
      case "seed": settings.seed = try number { UInt64($0) }
      case "threads": settings.threads = try number { Int($0) }
      default: return false
      }
      return true
    }
  }

  /// The model and its sector.
  func makeProblem() throws -> SpinProblem {
    do {
      return SpinProblem(
        geometry: model.geometry, terms: try model.makeTerms(), upCount: model.upCount)
    } catch {
      throw ToolError("\(error).")
    }
  }
}
