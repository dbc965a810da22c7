internal import ArgumentParser
internal import Foundation
internal import HDF5Files
internal import Logging
internal import Results
internal import Training

/// `qchem-nqs solve`.
struct SolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "Find the ground state of a molecule or a spin lattice.",
    discussion: """
      Trains a neural quantum state and evaluates it. The last line on standard output is the \
      energy, 'FINAL ENERGY  <energy> Eh  +/- <error>'; everything else is in the result file \
      (HDF5), which is a checkpoint as well.

      Where no option is given, settings are chosen by the problem's size; the result file holds \
      what was chosen. --config takes a TOML file of the same names, which the command line \
      overrides:
        ansatz = "retnet"
        phase-hidden = [64, 64]
        spin-flip = true

      Examples:
        qchem-nqs solve h2o.fcidump
        qchem-nqs solve n2.fcidump --ansatz retnet --seed 7 --output n2.h5
        qchem-nqs solve n2.fcidump --json --quiet > n2.json
        qchem-nqs solve --lattice heisenberg --geometry chain --size 16
        qchem-nqs solve --lattice ising --size 4x4 --field 3.044
        qchem-nqs solve --lattice heisenberg --size 6x6 --j2 0.5 --ansatz vit
        qchem-nqs solve --resume n2.h5 --steps 500
      """)

  @Argument(
    help: "The integral file (FCIDUMP or HDF5), or - for standard input; leave it out for lattices."
  )
  var input: String?

  @Option(help: "A TOML file with options.")
  var config: String?

  @Option(
    help: """
      Go on with the run of a result file, to the same file unless --output names another. Its \
      settings are kept; --steps and other options of the end may be given anew.
      """)
  var resume: String?

  @OptionGroup(title: "Lattices") var lattice: LatticeOptions
  @OptionGroup var settings: SettingsOptions
  @OptionGroup(title: "Markov chains of spins") var spins: SpinOptions
  @OptionGroup(title: "Classical Ising model") var classical: ClassicalOptions
  @OptionGroup(title: "Files and talk") var files: RunOptions
  @OptionGroup(title: "Files and talk") var talk: TalkOptions

  func run() throws {
    let start = ContinuousClock.now
    let signals = SignalWatch()
    let logger = talk.verbosity.makeLogger()
    var options = SolveOptions(
      lattice: lattice, classical: classical, spins: spins, settings: settings.given, files: files)
    if let config { options = options.over(try ConfigurationFile.read(config)) }
    if input == "-" { try Job.refuseProcesses("integrals from standard input") }
    if let plan = try classicalPlan(options, logger: logger) {
      try Job.refuseProcesses("runs with classical spins")
      try ClassicalSolve(
        plan: plan, files: options.files, talk: talk, logger: logger, signals: signals, start: start
      ).run()
      return
    }
    if let plan = try spinPlan(options, logger: logger) {
      try Job.refuseProcesses("Markov chains")
      try SpinSolve(
        plan: plan, files: options.files, talk: talk, logger: logger, signals: signals, start: start
      ).run()
      return
    }
    var plan =
      if let resume {
        try SolvePlan(resuming: resume, input: input, options: options, logger: logger)
      } else {
        try SolvePlan(input: input, options: options, logger: logger)
      }
    let keeper = CheckpointKeeper<RunRecord>(output: plan.output, continues: plan.continuesOutput) {
      logger.notice("\($0)")
    }
    signals.setLeave { keeper.leave($0) }
    defer { plan.output.release() }
    let run: any TrainingRun
    do {
      run = try makeTrainingRun(
        plan.problem, settings: plan.settings, snapshot: plan.snapshot,
        communicator: Job.communicator)
    } catch {
      throw ToolError(error)
    }
    for warning in options.settings.warnings(
      in: run.settings, problem: plan.problem, sectorDimension: run.sectorDimension)
    {
      logger.warning("\(withFlags(warning))")
      plan.warnings.append(warning)
    }
    if let expected = plan.sectorDimension, expected != run.sectorDimension {
      throw ToolError(
        "the checkpoint is of a sector of \(String(format: "%.0f", expected)) configurations, and its "
          + "problem has \(String(format: "%.0f", run.sectorDimension)): the file is damaged. Use an "
          + "older copy.")
    }
    try drive(run, plan, options, keeper, signals, logger: logger, since: start)
  }

  /// Returns the plan of a run with classical spins, or nil where the options mean another one.
  private func classicalPlan(_ options: SolveOptions, logger: Logger) throws -> ClassicalPlan? {
    let isResumed = resume.map { ClassicalResultFile.isOne($0) } ?? false
    guard isResumed || (resume == nil && options.lattice.lattice == .classicalIsing) else {
      return nil
    }
    if input != nil {
      throw ToolError(
        "give an integral file or --lattice, not both; couplings are read with --couplings.")
    }
    if options.files.irrep != nil { throw ToolError("--irrep is for molecules.") }
    if options.files.spin != nil { throw ToolError("--spin is for molecules.") }
    if let resume {
      return try ClassicalPlan(resuming: resume, options: options, logger: logger)
    }
    guard let problem = try options.lattice.makeClassicalProblem() else { return nil }
    return try ClassicalPlan(problem, options: options)
  }

  /// Returns the plan of a run of Markov chains, or nil where the options mean another one.
  private func spinPlan(_ options: SolveOptions, logger: Logger) throws -> SpinPlan? {
    if let resume {
      guard SpinResultFile.isOne(resume) else { return nil }
      return try SpinPlan(resuming: resume, options: options, logger: logger)
    }
    guard options.settings.isOfMarkovChains, options.lattice.lattice != nil else { return nil }
    if input != nil { throw ToolError("give an integral file or --lattice, not both.") }
    if options.files.irrep != nil { throw ToolError("--irrep is for molecules.") }
    if options.files.spin != nil { throw ToolError("--spin is for molecules.") }
    guard let model = try options.lattice.makeModel() else { return nil }
    return try SpinPlan(model, options: options)
  }

  private func drive(
    _ run: any TrainingRun, _ plan: SolvePlan, _ options: SolveOptions,
    _ keeper: CheckpointKeeper<RunRecord>,
    _ signals: SignalWatch, logger: Logger, since start: ContinuousClock.Instant
  ) throws {
    logger.notice("\(plan.headline(of: run))")
    let record = { (final: FinalResult?) in
      RunRecord(
        provenance: plan.provenance, problem: plan.problem, run: run, snapshot: run.snapshot(),
        final: final)
    }
    let driver = TrainingDriver(
      run: run, record: record, keeper: keeper, logger: logger, signals: signals,
      isNew: plan.snapshot == nil, checkpointEvery: options.files.checkpointEvery,
      deadline: options.files.timeLimit.map { start.advanced(by: .seconds($0)) })
    var progress = ProgressReporter(
      descriptor: talk.quiet
        ? nil : talk.json ? Console.stderrDescriptor : Console.stdoutDescriptor,
      totalSteps: run.settings.convergence.steps ?? 0, verbose: talk.verbose, unit: plan.unit)
    let outcome: TrainingDriver.Outcome
    do {
      outcome = try driver.drive(progress: &progress)
    } catch let error as TrainingError {
      throw ToolError(error)
    } catch let error as HDF5Error {
      throw ToolError("the result could not be written. \(error)")
    }
    switch outcome {
    case .stopped(let signal):
      logger.notice(
        "stopped after step \(run.trace.count); go on by: qchem-nqs solve --resume \(plan.output.path)"
      )
      throw ExitCode(128 + signal)
    case .finished(let final):
      keeper.keep(record(final))
      try finish(run, final, plan, options, keeper, logger: logger, since: start)
    }
  }

  /// Prints the summary and stores the final result.
  private func finish(
    _ run: any TrainingRun, _ final: FinalResult, _ plan: SolvePlan, _ options: SolveOptions,
    _ keeper: CheckpointKeeper<RunRecord>, logger: Logger, since start: ContinuousClock.Instant
  ) throws {
    var failure: (any Error)?
    do { try keeper.store() } catch { failure = error }
    let summary = SolveSummary(
      run: RunFacts(run), final: final, problem: plan.problem, problemName: plan.problemName,
      warnings: plan.warnings, output: failure == nil ? plan.output.path : nil,
      seconds: seconds(since: start))
    for warning in final.warnings { logger.warning("\(withFlags(warning))") }
    do {
      try Console.result(talk.json ? summary.json.text() : summary.text(quiet: talk.quiet))
    } catch let printing {
      guard let failure else { throw printing }
      throw ToolError("\(printing.message) Nor could the result file. \(failure)")
    }
    // The numbers are out before the complaint, so that a full disk does not lose them.
    if let failure { throw ToolError("the result could not be written. \(failure)") }
    if options.files.requireConvergence == true, !final.isConverged {
      logger.warning("not converged after \(run.trace.count) steps")
      throw ExitCode(3)
    }
  }
}
