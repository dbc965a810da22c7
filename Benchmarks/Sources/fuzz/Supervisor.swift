import Foundation
import Synchronization

/// Runs workers as processes of their own, so that a crash is an event and not the end.
struct Supervisor {
  let plan: Plan

  /// An input that ended a worker.
  private struct Crash {
    let index: Int
    let signal: Int32

    var isHang: Bool { signal == SIGPROF || signal == SIGALRM }

    var words: String {
      isHang ? "hang" : "\(String(cString: strsignal(signal))) (signal \(signal))"
    }
  }

  /// Inputs of crashes that are kept.
  private static let keptCount = 20

  /// Runs all inputs and prints the figures; false where any showed a fault.
  func run() -> Bool {
    let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    let path = "\(folder)/fuzz-\(getpid())"
    defer { unlink(path) }
    guard let pages = try? (0..<plan.workers).map({ try page(path, $0) }) else {
      say("error: can't write \(path)")
      return false
    }
    let crashes = Mutex<[Crash]>([])
    let start = DispatchTime.now().uptimeNanoseconds
    DispatchQueue.concurrentPerform(iterations: plan.workers) { slot in
      guard let progress = Progress(path: path, slot: slot) else { return }
      var next = plan.first + slot
      while next < plan.count {
        let worker = process(["--first", "\(next)", "--slot", "\(slot)", "--progress", path])
        guard (try? worker.run()) != nil else { return }
        worker.waitUntilExit()
        if worker.terminationReason == .exit {
          guard worker.terminationStatus == 0 else { return }
          next = progress[.current]
          continue
        }
        let crash = Crash(index: progress[.current], signal: worker.terminationStatus)
        let number = crashes.withLock {
          $0.append(crash)
          return $0.count
        }
        if number <= Self.keptCount { keep(crash) }
        next = crash.index + plan.workers
      }
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    return report(pages, crashes.withLock { $0 }, seconds)
  }

  private func page(_ path: String, _ slot: Int) throws(UsageError) -> Progress {
    guard let progress = Progress(path: path, slot: slot) else { throw UsageError(message: path) }
    return progress
  }

  /// This program again, with the plan's settings and `arguments`.
  private func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      [
        plan.target.rawValue, "--count", "\(plan.count)", "--seed", "\(plan.seed)", "--workers",
        "\(plan.workers)", "--limit", "\(plan.limit)", "--memory", "\(plan.memory)",
      ] + arguments
    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "enable=no"
    process.environment = environment
    return process
  }

  /// Writes the input of a crash, in a process of its own, and says how to get it again.
  private func keep(_ crash: Crash) {
    let file =
      "\(plan.keep)/\(plan.target.rawValue)-\(plan.seed)-\(crash.index)"
      + ".\(plan.target.fileExtension)"
    let writer = process(["--first", "\(crash.index)", "--write", file])
    if (try? writer.run()) != nil { writer.waitUntilExit() }
    say("\(crash.words): input \(crash.index) of seed \(plan.seed), kept as \(file)")
  }

  private func report(_ pages: [Progress], _ crashes: [Crash], _ seconds: Double) -> Bool {
    func sum(_ field: Progress.Field) -> Int { pages.reduce(0) { $0 + $1[field] } }
    let hangs = crashes.count { $0.isHang }
    let done = sum(.accepted) + sum(.refused) + sum(.faults) + crashes.count
    let slowest = pages.max { $0[.slowestMicroseconds] < $1[.slowestMicroseconds] }
    say("target      \(plan.target.rawValue), seed \(plan.seed)")
    say("inputs      \(done) of \(plan.count - plan.first)")
    say("accepted    \(sum(.accepted))")
    say("refused     \(sum(.refused))")
    say("faulty      \(sum(.faults))")
    say("crashes     \(crashes.count - hangs)")
    say("hangs       \(hangs), limit \(plan.limit) s of processor time")
    if let slowest {
      let time = String(format: "%.3f", Double(slowest[.slowestMicroseconds]) * 1e-6)
      say("slowest     \(time) s, input \(slowest[.slowest])")
    }
    let rate = Int(Double(done) / max(seconds, 1e-9))
    say("rate        \(rate) inputs/s with \(plan.workers) workers, \(Int(seconds)) s")
    return crashes.isEmpty && sum(.faults) == 0 && done == plan.count - plan.first
  }
}
