internal import Dispatch
internal import Foundation
internal import Parallelism
internal import Synchronization

/// Ends a command that is told to stop by a signal: SIGINT, SIGTERM, SIGHUP or SIGUSR1.
///
/// While ``waitsForSteps`` a signal is only noted at first, so that the run can stop between two steps.
/// A step that does not end in time is left alone after ``graceSeconds``, and at once on another
/// signal. Repeats within ``repeatSeconds`` count as one, for `timeout` and batch systems signal a
/// process and its group. It watches until the process ends.
///
/// Of several processes the first watches, and the others follow it. Their launcher kills all a second after
/// SIGTERM, so that does not wait for a step.
///
/// Unchecked: the sources are written in the initialiser only.
final class SignalWatch: @unchecked Sendable {
  private struct State {
    var received: (signal: Int32, time: ContinuousClock.Instant)?
    var waitsForSteps = false
    /// Ends the process.
    var leave: @Sendable (Int32) -> Never = { signal in
      Console.note("stopped by \(SignalWatch.name(of: signal))")
      _exit(128 + signal)
    }
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "signals", qos: .userInteractive)
  private var sources: [any DispatchSourceSignal] = []

  static let graceSeconds = 5
  static let repeatSeconds = 1

  /// Starts to watch; a signal ends the process at once until there is something to wait for.
  init() {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] {
      let before = signal(number, SIG_IGN)
      if !Job.isFirst { continue }
      // nohup has it ignored.
      if number == SIGHUP, Self.isSame(before, SIG_IGN) { continue }
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { self.receive(number) }
      source.resume()
      sources.append(source)
    }
  }

  /// The signal that came, or nil.
  var received: Int32? { state.withLock { $0.received?.signal } }

  /// Sets what ends the process; it runs on the thread that receives signals.
  func setLeave(_ leave: @escaping @Sendable (Int32) -> Never) {
    state.withLock { $0.leave = leave }
  }

  /// Lets signals wait for the end of a step from now on.
  func waitForSteps() { state.withLock { $0.waitsForSteps = true } }

  /// Lets the next signal end the process at once.
  ///
  /// - Returns: The signal that has come before; the run is to stop for it.
  func stopWaiting() -> Int32? {
    state.withLock {
      $0.waitsForSteps = false
      return $0.received?.signal
    }
  }

  private func receive(_ number: Int32) {
    let (isFirst, leave) = state.withLock { state -> (Bool, (@Sendable (Int32) -> Never)?) in
      if let (_, time) = state.received {
        let isRepeat = time.duration(to: .now) < .seconds(Self.repeatSeconds)
        return (false, isRepeat ? nil : state.leave)
      }
      state.received = (number, .now)
      let isUrgent = number == SIGTERM && Job.communicator.isDistributed
      return (true, state.waitsForSteps && !isUrgent ? nil : state.leave)
    }
    if let leave { leave(number) }
    guard isFirst else { return }
    Console.note("\n\(Self.name(of: number)) received: stopping after this step, with a checkpoint")
    queue.asyncAfter(deadline: .now() + .seconds(Self.graceSeconds)) {
      self.state.withLock { $0.leave }(number)
    }
  }

  private typealias Handler = @convention(c) (Int32) -> Void

  private static func isSame(_ first: Handler?, _ second: Handler?) -> Bool {
    unsafeBitCast(first, to: Int.self) == unsafeBitCast(second, to: Int.self)
  }

  /// The name of a signal.
  static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    case SIGUSR1: "SIGUSR1"
    default: "signal \(signal)"
    }
  }
}
