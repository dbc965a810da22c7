import Foundation

/// Runs inputs one after another until a batch is done; the supervisor sees how it ended.
struct Worker {
  let plan: Plan
  let slot: Int

  /// Inputs of one process; a library may leak what it had of a damaged file.
  static let batch = 20_000

  func run() {
    guard let progress = Progress(path: plan.progress, slot: slot) else {
      fail("can't map \(plan.progress)")
    }
    var space = rlimit(
      rlim_cur: rlim_t(plan.memory) << 30, rlim_max: rlim_t(plan.memory) << 30)
    var core = rlimit(rlim_cur: 0, rlim_max: 0)
    guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) == 0,
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core) == 0
    else { fail("can't limit memory") }
    let inputs = InputSource(target: plan.target, seed: plan.seed)
    let path = "\(plan.progress).\(slot).input"
    defer { unlink(path) }
    var index = plan.first
    var left = Self.batch
    while index < plan.count, left > 0 {
      progress[.current] = index
      setLimit(plan.limit)
      guard inputs.make(index, at: path) else { fail("can't write \(path)") }
      let start = DispatchTime.now().uptimeNanoseconds
      let outcome = Outcome(reading: path)
      let time = Int((DispatchTime.now().uptimeNanoseconds - start) / 1000)
      setLimit(0)
      switch outcome {
      case .accepted: progress[.accepted] += 1
      case .refused: progress[.refused] += 1
      case .faulty(let fault):
        progress[.faults] += 1
        say("fault: input \(index): \(fault)")
      }
      if time > progress[.slowestMicroseconds] {
        progress[.slowest] = index
        progress[.slowestMicroseconds] = time
      }
      index += plan.workers
      left -= 1
    }
    progress[.current] = index
  }

  /// Lets a signal end the process after so many seconds of its own, or many more of waiting; 0
  /// takes that back.
  private func setLimit(_ seconds: Int) {
    var timer = itimerval()
    timer.it_value.tv_sec = seconds
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    alarm(UInt32(30 * seconds))
  }

  private func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("error: \(message)\n".utf8))
    exit(3)
  }
}
