internal import Results
internal import Synchronization
internal import Training

/// The state of a run that can be stored.
protocol StoredRecord: Sendable {
  /// The number of steps that are done.
  var step: Int { get }
  /// Whether the run has begun.
  var isPrepared: Bool { get }
  /// Whether it has its final result.
  var isFinal: Bool { get }
  /// Writes it in one step.
  func write(to path: String) throws
}

extension RunRecord: StoredRecord {
  var step: Int { snapshot.step }
  var isPrepared: Bool { snapshot.isPrepared }
  var isFinal: Bool { final != nil }
  func write(to path: String) throws { try ResultFile.write(self, to: path) }
}

/// The result file of a run, and the last whole step of the run in case a signal comes.
///
/// Records are values, so one that is kept stays as it is while the run goes on. Everything is stored
/// under one lock: the run's thread and the thread that receives signals never write at the same time.
final class CheckpointKeeper<Record: StoredRecord>: Sendable {
  private struct State {
    var latest: Record?
    var isStored = true
    var isOurs: Bool
  }

  /// The file.
  let output: OutputFile
  private let report: @Sendable (String) -> Void
  private let state: Mutex<State>

  /// Creates a keeper.
  ///
  /// - Parameters:
  ///   - output: The file.
  ///   - continues: Whether what is in it is an earlier part of this run.
  ///   - report: Receives what becomes of an earlier file.
  init(output: OutputFile, continues: Bool, report: @escaping @Sendable (String) -> Void) {
    self.output = output
    self.report = report
    state = Mutex(State(isOurs: continues))
  }

  /// Keeps a record without storing it.
  func keep(_ record: Record) {
    state.withLock {
      $0.latest = record
      $0.isStored = false
    }
  }

  /// Stores the record that was kept last, unless it is stored already.
  func store() throws { try state.withLock { try store(&$0) } }

  private func store(_ state: inout State) throws {
    guard let record = state.latest, !state.isStored else { return }
    let earlier = try output.write(keepsEarlier: !state.isOurs) {
      try record.write(to: output.path)
    }
    if let earlier { report("the earlier \(output.path) is kept as \(earlier)") }
    state.isOurs = true
    state.isStored = true
  }

  /// Ends the process because of a signal, with the last whole step stored.
  ///
  /// What the run's thread is storing is finished first.
  func leave(_ signal: Int32) -> Never {
    state.withLock { state in
      var code = 128 + signal
      var line = "stopped by \(SignalWatch.name(of: signal))"
      if let record = state.latest, record.isPrepared {
        if !record.isFinal { line += " after step \(record.step)" }
      } else {
        line += " before the first step"
      }
      // A run that has not begun takes no other's place.
      let isWorthStoring =
        state.isOurs || state.latest?.isPrepared == true || !output.exists
      do {
        if state.latest != nil && isWorthStoring {
          try store(&state)
          line += "; go on by: qchem-nqs solve --resume \(output.path)"
        }
        Console.note(line)
      } catch {
        Console.note(line)
        Console.error("the checkpoint could not be written. \(error)")
        code = 2
      }
      output.leave(code)
    }
  }
}
