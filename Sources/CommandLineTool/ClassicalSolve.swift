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
    if let signal = try train(run, keeper) {
      try keeper.store()
      logger.notice(
        "stopped after step \(run.trace.count); go on by: qchem-nqs solve --resume \(plan.output.path)"
      )
      throw ExitCode(128 + signal)
    }
    logger.notice("evaluating")
    let final: FreeEnergyResult
    do throws(FreeEnergyError) { final = try run.evaluate() } catch {
      throw ToolError(withFlags(error.description) + ".")
    }
    keeper.keep(record(of: run, final))
    try finish(run, final, keeper)
  }

  private func record(of run: FreeEnergyRun, _ final: FreeEnergyResult?) -> ClassicalRecord {
    ClassicalRecord(
      provenance: plan.provenance, name: plan.problem.name, model: run.model, beta: run.beta,
      settings: run.settings, snapshot: run.snapshot, final: final)
  }

  /// Takes the steps that are left; returns the signal that ended them.
  private func train(
    _ run: FreeEnergyRun, _ keeper: CheckpointKeeper<ClassicalRecord>
  ) throws -> Int32? {
    let deadline = files.timeLimit.map { start.advanced(by: .seconds($0)) }
    var progress = ClassicalProgress(
      talk: talk, totalSteps: run.stepCount)
    // A run that is only evaluated anew keeps its stored answers until there are new ones.
    if run.isFinished { return nil }
    keeper.keep(record(of: run, nil))
    signals.waitForSteps()
    var lastStored = ContinuousClock.now
    while !run.isFinished {
      if let deadline, .now >= deadline {
        logger.notice(
          "time limit: training ends after step \(run.trace.count); --resume goes on from there")
        break
      }
      if let signal = signals.received { return signal }
      let row: FreeEnergyRow
      do throws(FreeEnergyError) { row = try run.step() } catch {
        throw ToolError(withFlags(error.description) + ".")
      }
      progress.show(row, isLast: run.isFinished || signals.received != nil)
      let isDue =
        files.checkpointEvery.map { row.step % $0 == 0 }
        ?? (lastStored.duration(to: .now) > .seconds(20))
      // A record has all parameters: one a second is enough for signals.
      if isDue || lastStored.duration(to: .now) > .seconds(1) || run.isFinished {
        keeper.keep(record(of: run, nil))
      }
      if isDue {
        do { try keeper.store() } catch {
          logger.warning("the checkpoint of step \(row.step) could not be written: \(error)")
        }
        lastStored = .now
      }
    }
    keeper.keep(record(of: run, nil))
    if let signal = signals.received { return signal }
    do { try keeper.store() } catch {
      logger.warning("the last checkpoint could not be written: \(error)")
    }
    return signals.stopWaiting()
  }

  private func finish(
    _ run: FreeEnergyRun, _ final: FreeEnergyResult, _ keeper: CheckpointKeeper<ClassicalRecord>
  ) throws {
    var failure: (any Error)?
    do { try keeper.store() } catch { failure = error }
    for warning in final.warnings { logger.warning("\(withFlags(warning))") }
    let summary = ClassicalSummary(
      run: run, final: final, plan: plan, output: failure == nil ? plan.output.path : nil,
      seconds: seconds(since: start))
    do {
      try Console.result(talk.json ? summary.json.text() : summary.text(quiet: talk.quiet))
    } catch let printing {
      guard let failure else { throw printing }
      throw ToolError("\(printing.message) Nor could the result file. \(failure)")
    }
    if let failure { throw ToolError("the result could not be written. \(failure)") }
    if files.requireConvergence == true, !final.isReliable {
      logger.warning(
        "not converged after \(run.trace.count) steps: the effective sample size is low")
      throw ExitCode(3)
    }
  }
}

extension ClassicalRecord: StoredRecord {
  var step: Int { snapshot.trace.count }
  var isPrepared: Bool { true }
  var isFinal: Bool { final != nil }
  func write(to path: String) throws { try ClassicalResultFile.write(self, to: path) }
}
