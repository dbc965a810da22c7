internal import Foundation
internal import Logging
internal import Parallelism
internal import Results
internal import Training

/// Drives a run to its end and keeps its result file.
struct TrainingDriver {
  /// How a run ended.
  enum Outcome {
    case finished(FinalResult)
    case stopped(signal: Int32)
  }

  let run: any TrainingRun
  /// Makes the record of a state of the run, with its final result where there is one.
  let record: (FinalResult?) -> RunRecord
  let keeper: CheckpointKeeper<RunRecord>
  let logger: Logger
  let signals: SignalWatch
  /// Whether the run begins, and does not go on from a checkpoint.
  let isNew: Bool
  /// Steps between checkpoints; nil to store about every ``checkpointSeconds``.
  let checkpointEvery: Int?
  /// The time after which no step begins; nil for none.
  let deadline: ContinuousClock.Instant?

  static let checkpointSeconds = 20.0

  /// Prepares, steps, stores and evaluates.
  ///
  /// - Parameter progress: Shows the steps.
  /// - Returns: The final result, or the signal that ended the run after a checkpoint.
  /// - Throws: What the run or the last storing throws.
  func drive(progress: inout ProgressReporter) throws -> Outcome {
    // A signal before the first step ends the run at once; it can then be begun again.
    var first = record(nil)
    first.snapshot.isPrepared = !isNew
    keeper.keep(first)
    try run.prepare { logger.notice("\(withFlags($0))") }
    keeper.keep(record(nil))
    signals.waitForSteps()
    var lastStored = ContinuousClock.now
    while !run.isFinished {
      let next = decision()
      if next.isLate {
        logger.notice(
          "time limit: training ends after step \(run.trace.count); --resume goes on from there")
        break
      }
      if next.signal != 0 { return try stop(next.signal) }
      let row = try run.step()
      keeper.keep(record(nil))
      progress.show(row, isLast: run.isFinished || signals.received != nil)
      let isDue =
        checkpointEvery.map { row.step % $0 == 0 }
        ?? (lastStored.duration(to: .now) > .seconds(Self.checkpointSeconds))
      if isDue {
        do { try keeper.store() } catch {
          logger.warning("the checkpoint of step \(row.step) could not be written: \(error)")
        }
        lastStored = .now
      }
    }
    let last = decision()
    if last.signal != 0 { return try stop(last.signal) }
    // The result is stored once more: a full disk must not keep it from being printed.
    do { try keeper.store() } catch {
      logger.warning("the last checkpoint could not be written: \(error)")
    }
    run.settle()
    // Nothing is lost from here on: a resumed run would only settle and evaluate again.
    let signal = Job.communicator.broadcast(signals.stopWaiting() ?? 0)
    if signal != 0 { return try stop(signal) }
    logger.notice("evaluating")
    var final = try run.evaluate()
    // A signal from here on leaves the energy in the file.
    keeper.keep(record(final))
    // Of several processes the first: this work is not divided.
    if Job.isFirst { run.addSelectedInteraction(to: &final) { logger.notice("\($0)") } }
    return .finished(final)
  }

  /// What ends the steps, decided by the first process for all.
  private struct Decision: BitwiseCopyable {
    var isLate: Bool
    /// 0 for none.
    var signal: Int32
  }

  private func decision() -> Decision {
    Job.communicator.broadcast(
      Decision(
        isLate: deadline.map { .now >= $0 } ?? false, signal: signals.received ?? 0))
  }

  private func stop(_ signal: Int32) throws -> Outcome {
    try keeper.store()
    return .stopped(signal: signal)
  }
}
