internal import Foundation
internal import Logging
internal import Training

/// Drives a run to its end and keeps its result file.
struct TrainingDriver {
  /// How a run ended.
  enum Outcome {
    case finished(FinalResult)
    case stopped(signal: Int32)
  }

  let run: any TrainingRun
  /// Stores the run's state, with its final result where there is one.
  let store: (Snapshot, FinalResult?) throws -> Void
  let logger: Logger
  let signals: SignalWatch
  /// Steps between checkpoints; nil to store about every ``checkpointSeconds``.
  let checkpointEvery: Int?

  static let checkpointSeconds = 20.0

  /// Prepares, steps, stores and evaluates.
  ///
  /// - Parameter progress: Shows the steps.
  /// - Returns: The final result, or the signal that ended the run after a checkpoint.
  /// - Throws: What the run or the last storing throws.
  func drive(progress: inout ProgressReporter) throws -> Outcome {
    try run.prepare { logger.notice("\(withFlags($0))") }
    var lastStored = ContinuousClock.now
    var isStored = false
    while !run.isFinished {
      if let signal = signals.received { return try stop(signal) }
      let row = try run.step()
      isStored = false
      progress.show(row, isLast: run.isFinished || signals.received != nil)
      let isDue =
        checkpointEvery.map { row.step % $0 == 0 }
        ?? (lastStored.duration(to: .now) > .seconds(Self.checkpointSeconds))
      if isDue {
        do {
          try store(run.snapshot(), nil)
          isStored = true
        } catch {
          logger.warning("the checkpoint of step \(row.step) could not be written: \(error)")
        }
        lastStored = .now
      }
    }
    if let signal = signals.received { return try stop(signal) }
    if !isStored {
      // The result is stored once more: a full disk must not keep it from being printed.
      do { try store(run.snapshot(), nil) } catch {
        logger.warning("the last checkpoint could not be written: \(error)")
      }
    }
    run.settle()
    if let signal = signals.received { return try stop(signal) }
    // Nothing is lost from here on: a resumed run would only evaluate again.
    signals.allowLeaving()
    logger.notice("evaluating")
    return .finished(try run.evaluate())
  }

  private func stop(_ signal: Int32) throws -> Outcome {
    try store(run.snapshot(), nil)
    return .stopped(signal: signal)
  }
}
