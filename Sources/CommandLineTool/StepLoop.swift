internal import ArgumentParser
internal import Logging

/// Takes the steps of a run one by one, with checkpoints, signals and a time limit.
struct StepLoop<Record: StoredRecord> {
  let keeper: CheckpointKeeper<Record>
  let files: RunOptions
  let logger: Logger
  let signals: SignalWatch
  let start: ContinuousClock.Instant

  /// Takes the steps that are left.
  ///
  /// - Parameters:
  ///   - isFinished: Whether all steps are done.
  ///   - record: Returns the state to be stored.
  ///   - step: Takes a step, shows it, and returns its number.
  /// - Throws: What a step throws, and an exit code where a signal has ended the run, which is stored then.
  func run(isFinished: () -> Bool, record: () -> Record, step: () throws -> Int) throws {
    guard let signal = try takeSteps(isFinished: isFinished, record: record, step: step) else {
      return
    }
    try keeper.store()
    logger.notice(
      "stopped after step \(record().step); go on by: qchem-nqs solve --resume \(keeper.output.path)"
    )
    throw ExitCode(128 + signal)
  }

  /// Returns the signal that ended the steps, or nil.
  private func takeSteps(
    isFinished: () -> Bool, record: () -> Record, step: () throws -> Int
  ) throws -> Int32? {
    let deadline = files.timeLimit.map { start.advanced(by: .seconds($0)) }
    // A run that is only evaluated anew keeps its stored answers until there are new ones.
    if isFinished() { return nil }
    keeper.keep(record())
    signals.waitForSteps()
    var lastStored = ContinuousClock.now
    var lastKept = lastStored
    while !isFinished() {
      if let deadline, .now >= deadline {
        logger.notice(
          "time limit: training ends after step \(record().step); --resume goes on from there")
        break
      }
      if let signal = signals.received { return signal }
      let number = try step()
      let isDue =
        files.checkpointEvery.map { number % $0 == 0 }
        ?? (lastStored.duration(to: .now) > .seconds(20))
      // A record has all parameters: one a second is enough for signals.
      if isDue || lastKept.duration(to: .now) > .seconds(1) || isFinished() {
        keeper.keep(record())
        lastKept = .now
      }
      if isDue {
        do { try keeper.store() } catch {
          logger.warning("the checkpoint of step \(number) could not be written: \(error)")
        }
        lastStored = .now
      }
    }
    keeper.keep(record())
    if let signal = signals.received { return signal }
    do { try keeper.store() } catch {
      logger.warning("the last checkpoint could not be written: \(error)")
    }
    return signals.stopWaiting()
  }

  /// Stores the final record and prints its summary; the numbers come before a complaint about the disk.
  ///
  /// - Parameters:
  ///   - warnings: What speaks against the result.
  ///   - summary: Returns the text for standard output, given whether the file could be written.
  /// - Throws: ``ToolError`` where the file or standard output cannot be written.
  func finish(warnings: [String], summary: (_ isStored: Bool) -> String) throws {
    var failure: (any Error)?
    do { try keeper.store() } catch { failure = error }
    for warning in warnings { logger.warning("\(withFlags(warning))") }
    do {
      try Console.result(summary(failure == nil))
    } catch let printing {
      guard let failure else { throw printing }
      throw ToolError("\(printing.message) Nor could the result file. \(failure)")
    }
    if let failure { throw ToolError("the result could not be written. \(failure)") }
  }
}
