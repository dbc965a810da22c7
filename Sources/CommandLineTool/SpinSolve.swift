internal import ArgumentParser
internal import Foundation
internal import Logging
internal import NeuralNetworks
internal import Parallelism
internal import Results
internal import SpinMonteCarlo
internal import Training

/// `solve --lattice … --ansatz vit` and `rbm`.
struct SpinSolve {
  let plan: SpinPlan
  let files: RunOptions
  let talk: TalkOptions
  let logger: Logger
  let signals: SignalWatch
  let start: ContinuousClock.Instant

  /// Trains, evaluates, stores and prints.
  func run() throws {
    let keeper = CheckpointKeeper<SpinRecord>(
      output: plan.output, continues: plan.continuesOutput
    ) { logger.notice("\($0)") }
    signals.setLeave { keeper.leave($0) }
    defer { plan.output.release() }
    for warning in plan.warnings { logger.warning("\(warning)") }
    let problem = try plan.makeProblem()
    let run: SpinRun
    do throws(SpinRunError) {
      run = try SpinRun(problem, settings: plan.settings, snapshot: plan.snapshot)
    } catch {
      throw ToolError(withFlags(error.description) + ".")
    }
    logger.notice(
      "\(plan.model.name): \(run.settings.ansatz.rawValue) with \(run.parameterCount) parameters, \(run.settings.samples ?? 0) Markov chains, seed \(run.settings.seed), result in \(plan.output.path)"
    )
    let loop = StepLoop(
      keeper: keeper, files: files, logger: logger, signals: signals, start: start)
    var progress = SpinProgress(
      talk: talk, totalSteps: run.settings.steps ?? 0, sites: problem.siteCount)
    let takeStep = { () throws -> Int in
      let row: SpinRow
      do throws(SpinRunError) { row = try run.step() } catch {
        throw ToolError(withFlags(error.description) + ".")
      }
      progress.show(row, isLast: run.isFinished || signals.received != nil)
      return row.step
    }
    try loop.run(
      isFinished: { run.isFinished }, record: { record(of: run, nil) }, step: takeStep)
    logger.notice("evaluating")
    let final: SpinResult
    do throws(SpinRunError) { final = try run.evaluate() } catch {
      throw ToolError(withFlags(error.description) + ".")
    }
    keeper.keep(record(of: run, final))
    try loop.finish(warnings: final.warnings) { isStored in
      let summary = SpinSummary(
        run: run, final: final, plan: plan, output: isStored ? plan.output.path : nil,
        seconds: seconds(since: start))
      return talk.json ? summary.json.text() : summary.text(quiet: talk.quiet)
    }
    if files.requireConvergence == true, !final.isReliable {
      logger.warning("not converged after \(run.trace.count) steps")
      throw ExitCode(3)
    }
  }

  private func record(of run: SpinRun, _ final: SpinResult?) -> SpinRecord {
    SpinRecord(
      provenance: plan.provenance, name: plan.model.name, model: plan.model,
      settings: run.settings, snapshot: run.snapshot, final: final)
  }
}

extension SpinRecord: StoredRecord {
  var step: Int { snapshot.trace.count }
  var isPrepared: Bool { true }
  var isFinal: Bool { final != nil }
  func write(to path: String) throws { try SpinResultFile.write(self, to: path) }
}

/// Shows the steps of a run of Markov chains.
struct SpinProgress {
  private var lines: ProgressLines
  private let totalSteps: Int
  private let sites: Double

  init(talk: TalkOptions, totalSteps: Int, sites: Int) {
    lines = ProgressLines(
      descriptor: talk.quiet
        ? nil : talk.json ? Console.stderrDescriptor : Console.stdoutDescriptor,
      totalSteps: totalSteps, verbose: talk.verbose)
    self.totalSteps = totalSteps
    self.sites = Double(sites)
  }

  /// Shows one step.
  mutating func show(_ row: SpinRow, isLast: Bool) {
    let (totalSteps, sites) = (totalSteps, sites)
    let score = sites * row.variance / max(row.energy * row.energy, 1e-300)
    lines.show(
      step: row.step, seconds: row.seconds, isLast: isLast,
      header: "  step      energy/N        error    V-score   acc.     change   seconds",
      plain: String(
        format: "%6d  %13.8f  %10.2e  %9.2e  %5.3f  %9.2e  %8.1f", row.step, row.energy / sites,
        row.error / sites, score, row.acceptance, row.change, row.seconds),
      live: String(
        format: "step %d/%d  E/N %.7f +/- %.1e  V-score %.1e  acc. %.2f", row.step, totalSteps,
        row.energy / sites, row.error / sites, score, row.acceptance))
  }
}

/// What `solve --ansatz vit` prints at the end.
struct SpinSummary {
  let run: SpinRun
  let final: SpinResult
  let plan: SpinPlan
  /// The result file; nil where it could not be written.
  let output: String?
  let seconds: Double

  var json: JSONValue {
    let settings = run.settings
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue) { members.append(.init(key: key, value: value)) }
    add("program", .string("qchem-nqs"))
    add("version", .string(programVersion))
    add("problem", .string(plan.model.name))
    add("ansatz", .string(settings.ansatz.rawValue))
    add("parameters", .integer(run.parameterCount))
    add("seed", Int(exactly: settings.seed).map { .integer($0) } ?? .string("\(settings.seed)"))
    add("threads", .integer(settings.threads ?? ProcessorCount.current.count))
    add("steps", .integer(run.trace.count))
    add("unit", .string("J"))
    add("sites", .integer(run.problem.siteCount))
    for (name, value) in final.numbers { add(name, .number(value)) }
    if let line = final.extrapolation {
      add("extrapolated_energy", .number(line.energy))
      add("extrapolated_energy_error", .number(line.error))
    }
    for (name, estimate) in final.observables?.scalars ?? [] {
      add(name, .number(estimate.value))
      add(name + "_error", .number(estimate.error))
    }
    if let symmetry = final.symmetry {
      add("symmetry_elements", .integer(run.state.projection.count))
      add("symmetry_weight", .number(symmetry.weight))
      add("irrep", symmetry.isProjected ? .string(symmetry.irrep) : .null)
      add("irrep_established", .bool(final.isSymmetryEstablished && symmetry.isProjected))
      add(
        "irreps_compared",
        .array(
          symmetry.candidates.map {
            .object([
              .init(key: "irrep", value: .string($0.irrep)),
              .init(key: "start", value: .integer($0.start)),
              .init(key: "weight", value: .number($0.weight)),
              .init(key: "energy", value: .number($0.energy)),
              .init(key: "energy_error", value: .number($0.error)),
            ])
          }))
    }
    add("samples", .integer(final.samples))
    add("chains", .integer(final.chains))
    add("evaluations", .number(run.trace.reduce(0) { $0 + $1.evaluations }))
    add("forward_operations", .number(2 * run.state.network.multiplyAdds))
    add(
      "step_seconds",
      .object([
        .init(key: "sampling", value: .number(run.timings.sampling)),
        .init(key: "local_energies", value: .number(run.timings.localEnergies)),
        .init(key: "derivatives", value: .number(run.timings.derivatives)),
        .init(key: "solution", value: .number(run.timings.solution)),
      ]))
    add("reliable", .bool(final.isReliable))
    add("wall_seconds", .number(seconds))
    add("output", .string(output))
    add("warnings", .array((plan.warnings + final.warnings.map(withFlags)).map { .string($0) }))
    return .object(members)
  }

  func text(quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
      lines.append("")
      let n = Double(run.problem.siteCount)
      var rows: [(String, String)] = [
        ("steps", "\(run.trace.count)"),
        (
          "energy per site",
          String(format: "%.8f J  +/- %.8f", final.energy / n, final.energyError / n)
        ),
        ("variance", String(format: "%.4e", final.variance)),
        ("V-score", String(format: "%.3e", final.vScore)),
        (
          "configurations",
          String(
            format: "%d of %d chains, worth %.0f", final.samples, final.chains,
            final.effectiveSamples)
        ),
        (
          "acceptance, R-hat",
          String(format: "%.3f, %.3f", final.acceptance, final.potentialScaleReduction)
        ),
      ]
      func add(_ name: String, _ estimate: SpinObservables.Estimate?) {
        guard let estimate else { return }
        rows.append((name, String(format: "%.5f  +/- %.5f", estimate.value, estimate.error)))
      }
      if let symmetry = final.symmetry, symmetry.isProjected {
        let compared = symmetry.compared
        rows.append(
          (
            "irrep",
            symmetry.irrep
              + (compared.sectors > 1 ? ", the lowest of \(compared.sectors) sectors" : "")
              + (compared.starts > 1 ? ", the lowest of \(compared.starts) starts" : "")
          ))
      }
      if let line = final.extrapolation {
        rows.append(
          (
            "at zero variance",
            String(format: "%.8f J  +/- %.8f a site", line.energy / n, line.error / n)
          ))
      }
      add("total spin S(S+1)", final.observables?.totalSpinSquared)
      add("staggered m^2", final.observables?.staggeredMagnetization)
      add("120-degree m^2", final.observables?.triangularMagnetization)
      add("transverse m", final.observables?.transverseMagnetization)
      if run.problem.upCount == nil {
        add("longitudinal m^2", final.observables?.longitudinalMagnetization)
      }
      rows.append(("time", String(format: "%.1f s", seconds)))
      if let output { rows.append(("result", output)) }
      lines += rows.map { $0.padding(toLength: 20, withPad: " ", startingAt: 0) + $1 }
    }
    lines.append(
      String(format: "FINAL ENERGY  %.8f J  +/- %.8f", final.energy, final.energyError)
        + (final.isReliable ? "" : "  NOT CONVERGED"))
    return lines.joined(separator: "\n")
  }
}
