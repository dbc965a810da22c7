internal import Dispatch
internal import Foundation
internal import Synchronization

/// Notes SIGINT and SIGTERM so that a run can stop between two steps.
///
/// The first signal is only noted; a second one, or the first where the run has said that nothing
/// would be lost, ends the process at once.
/// Unchecked: the sources are written in the initialiser only.
final class SignalWatch: @unchecked Sendable {
  private let noted = Atomic<Int32>(0)
  private let mayLeave = Atomic<Bool>(false)
  private var sources: [any DispatchSourceSignal] = []

  /// Starts to watch; signals that nobody waits for end the process until then.
  init() {
    signal(SIGPIPE, SIG_IGN)
    let queue = DispatchQueue(label: "signals", qos: .userInteractive)
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [weak self] in self?.receive(number) }
      source.resume()
      sources.append(source)
    }
  }

  /// The signal that came, or nil.
  var received: Int32? {
    let value = noted.load(ordering: .acquiring)
    return value == 0 ? nil : value
  }

  /// Says that everything is stored: a signal may end the process at once.
  func allowLeaving() { mayLeave.store(true, ordering: .releasing) }

  private func receive(_ number: Int32) {
    let before = noted.exchange(number, ordering: .acquiringAndReleasing)
    if before != 0 || mayLeave.load(ordering: .acquiring) {
      Console.note("\nstopped by a signal")
      _exit(128 + number)
    }
    Console.note("\nsignal received: stopping after this step, with a checkpoint")
  }
}
