internal import ArgumentParser
internal import Foundation
internal import HDF5Files
internal import Logging
internal import Results
internal import SpinMonteCarlo

/// Does the runs of a sweep that nobody has done or is doing.
///
/// A run is claimed by the lock of its result, which goes with the process however that ends; its row is written before
/// the lock is given back. So a run without a row and with a free lock is to be done, from its checkpoint where there is one.
struct SweepWork {
  let folder: SweepFolder
  let points: [SweepPoint]
  let threads: Int?
  let retriesFailed: Bool
  let files: RunOptions
  let talk: TalkOptions
  let logger: Logger
  let signals: SignalWatch
  let start: ContinuousClock.Instant

  /// How an attempt at a run ended.
  private enum Attempt {
    case ended
    case busy
    case outOfTime
  }

  /// Does what is left, until it is done or others are doing it.
  func run() throws -> SweepReport {
    // What failed before this command began is done again at most once.
    var retries: Set<String> = []
    if retriesFailed {
      for point in points where try row(of: point)?.failure != nil { retries.insert(point.name) }
    }
    var isOutOfTime = false
    var busy: [SweepPoint] = []
    repeat {
      busy = []
      var hasProgress = false
      for (index, point) in points.enumerated() where !isOutOfTime {
        if try row(of: point) != nil, !retries.contains(point.name) { continue }
        switch try attempt(point, number: index + 1, again: retries.contains(point.name)) {
        case .ended:
          retries.remove(point.name)
          hasProgress = true
        case .busy: busy.append(point)
        case .outOfTime: isOutOfTime = true
        }
      }
      // Others may have died meanwhile.
      if !hasProgress { break }
    } while !busy.isEmpty && !isOutOfTime
    return SweepReport(
      folder: folder.path, rows: try points.map { try row(of: $0) }, points: points,
      busy: Set(busy.map(\.name)), isOutOfTime: isOutOfTime)
  }

  private func row(of point: SweepPoint) throws(ToolError) -> SweepRow? {
    let path = folder.row(of: point)
    return FileManager.default.fileExists(atPath: path) ? try SweepRow.read(path) : nil
  }

  private func attempt(_ point: SweepPoint, number: Int, again: Bool) throws -> Attempt {
    let output: OutputFile
    do {
      output = try OutputFile(
        folder.result(of: point), kind: .result, input: nil, overwrites: true)
    } catch let error as ToolError where error.isBusy {
      return .busy
    }
    defer { output.release() }
    FileReplacement.removeLeftovers(of: folder.row(of: point))
    // Another process may have ended it between the look and the lock.
    if !again, try row(of: point) != nil { return .ended }
    let label = "\(number)/\(points.count) \(point.name)"
    let row: SweepRow
    do {
      guard let done = try work(on: point, output, label) else { return .outOfTime }
      row = done
    } catch let error as SpinRunError {
      row = SweepRow(point, failure: error.description.replacing("`", with: ""))
    }
    try row.write(to: folder.row(of: point))
    if let failure = row.failure {
      logger.warning("\(label): failed: \(failure)")
    } else if let numbers = row.numbers {
      logger.notice(
        "\(label): V-score \(String(format: "%.3e +/- %.0e", numbers.vScore, numbers.vScoreError)), \(String(format: "%.1f", numbers.seconds)) s"
      )
    }
    return .ended
  }

  /// Trains and evaluates; nil where time is up.
  private func work(
    on point: SweepPoint, _ output: OutputFile, _ label: String
  ) throws -> SweepRow? {
    let keeper = CheckpointKeeper<SpinRecord>(output: output, continues: true) {
      logger.notice("\($0)")
    }
    signals.setLeave { keeper.leave($0) }
    let snapshot = readCheckpoint(of: point, output, label)
    let run = try makeRun(point, snapshot, label)
    let steps = run.settings.steps ?? 0
    logger.notice(
      "\(label): \(run.parameterCount) parameters, \(snapshot.map { "going on after step \($0.trace.count) of" } ?? "") \(steps) steps"
    )
    let loop = StepLoop(
      keeper: keeper, files: files, logger: logger, signals: signals, start: start)
    var progress = SpinProgress(
      talk: talk, totalSteps: steps, sites: run.problem.siteCount)
    let record = { (final: SpinResult?) in
      SpinRecord(
        provenance: SolvePlan.makeProvenance(input: nil), name: point.model.name,
        model: point.model, settings: run.settings, snapshot: run.snapshot, final: final)
    }
    do {
      let takeStep = { () throws -> Int in
        let row = try run.step()
        if talk.verbose { progress.show(row, isLast: run.isFinished || signals.received != nil) }
        return row.step
      }
      try loop.run(isFinished: { run.isFinished }, record: { record(nil) }, step: takeStep)
    } catch let code as ExitCode {
      logger.notice("go on with the sweep by: qchem-nqs scaling run \(shellQuoted(folder.path))")
      throw code
    }
    if !run.isFinished { return nil }
    let final = try run.evaluate()
    keeper.keep(record(final))
    do { try keeper.store() } catch let error as HDF5Error {
      throw ToolError("the result could not be written. \(error)")
    }
    return SweepRow(point, run, final)
  }

  private func makeRun(
    _ point: SweepPoint, _ snapshot: SpinSnapshot?, _ label: String
  ) throws(SpinRunError) -> SpinRun {
    guard let snapshot else {
      var settings = point.given
      settings.threads = threads
      return try SpinRun(point.problem, settings: settings)
    }
    var settings = point.settings
    settings.threads = threads
    return try SpinRun(point.problem, settings: settings, snapshot: snapshot)
  }

  /// Returns where an earlier part of a run stopped, or nil where there is none that fits.
  private func readCheckpoint(
    of point: SweepPoint, _ output: OutputFile, _ label: String
  ) -> SpinSnapshot? {
    guard output.exists else { return nil }
    let reason: String
    do {
      let record = try SpinResultFile.read(output.path)
      var settings = record.settings
      settings.threads = nil
      if record.model == point.model, settings == point.settings { return record.snapshot }
      reason = "it is of a run with other settings"
    } catch {
      reason = "\(error)"
    }
    logger.warning("\(label): begins anew, for its checkpoint is of no use: \(reason)")
    return nil
  }
}
