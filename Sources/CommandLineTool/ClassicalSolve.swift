internal import ArgumentParser
internal import Foundation
internal import FreeEnergy
internal import HDF5Files
internal import Hamiltonians
internal import Logging
internal import Parallelism
internal import Results

/// `solve --lattice classical-ising`.
struct ClassicalSolve {
  let plan: ClassicalPlan
  let files: RunOptions
  let talk: TalkOptions
  let logger: Logger
  let signals: SignalWatch
  let start: ContinuousClock.Instant

  /// Trains, evaluates, stores and prints.
  func run() throws {
    let keeper = CheckpointKeeper<ClassicalRecord>(
      output: plan.output, continues: plan.continuesOutput
    ) { logger.notice("\($0)") }
    signals.setLeave { keeper.leave($0) }
    defer { plan.output.release() }
    for warning in plan.warnings { logger.warning("\(warning)") }
    let run: FreeEnergyRun
    do throws(FreeEnergyError) {
      run = try FreeEnergyRun(
        plan.problem.model, beta: plan.problem.beta, settings: plan.settings,
        snapshot: plan.snapshot)
    } catch {
      throw ToolError(withFlags(error.description) + ".")
    }
    logger.notice(
      "\(plan.problem.name): \(plan.problem.model.siteCount) spins, \(run.settings.ansatz.rawValue) with \(run.parameterCount) parameters, seed \(run.settings.seed), result in \(plan.output.path)"
    )
    let loop = StepLoop(
      keeper: keeper, files: files, logger: logger, signals: signals, start: start)
    var progress = ClassicalProgress(
      talk: talk, totalSteps: run.stepCount)
    let takeStep = { () throws -> Int in
      let row: FreeEnergyRow
      do throws(FreeEnergyError) { row = try run.step() } catch {
        throw ToolError(withFlags(error.description) + ".")
      }
      progress.show(row, isLast: run.isFinished || signals.received != nil)
      return row.step
    }
    try loop.run(
      isFinished: { run.isFinished }, record: { record(of: run, nil) }, step: takeStep)
    logger.notice("evaluating")
    let final: FreeEnergyResult
    do throws(FreeEnergyError) { final = try run.evaluate() } catch {
      throw ToolError(withFlags(error.description) + ".")
    }
    keeper.keep(record(of: run, final))
    try loop.finish(warnings: final.warnings) { isStored in
      let summary = ClassicalSummary(
        run: run, final: final, plan: plan, output: isStored ? plan.output.path : nil,
        seconds: seconds(since: start))
      return talk.json ? summary.json.text() : summary.text(quiet: talk.quiet)
    }
    if files.requireConvergence == true, !final.isReliable {
      logger.warning(
        "not converged after \(run.trace.count) steps: the effective sample size is low")
      throw ExitCode(3)
    }
  }

  private func record(of run: FreeEnergyRun, _ final: FreeEnergyResult?) -> ClassicalRecord {
    ClassicalRecord(
      provenance: plan.provenance, name: plan.problem.name, model: run.model, beta: run.beta,
      settings: run.settings, snapshot: run.snapshot, final: final)
  }
}

extension ClassicalRecord: StoredRecord {
  var step: Int { snapshot.trace.count }
  var isPrepared: Bool { true }
  var isFinal: Bool { final != nil }
  func write(to path: String) throws { try ClassicalResultFile.write(self, to: path) }
}
