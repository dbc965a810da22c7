import Foundation
import HDF5Files
import Testing

@Suite("Signals", .serialized)
struct SignalTests {
  /// A run of many steps.
  private static func long(_ output: String) -> [String] {
    [
      "solve", Program.molecule("h2o"), "--output", output, "--steps", "100000", "--window",
      "40000",
      "--checkpoint-every", "10",
    ]
  }

  /// A run whose first step takes longer than anybody waits.
  private static let endless = [
    "solve", "--lattice", "heisenberg", "--size", "10x10", "--start", "random", "--samples",
    "100000", "--draws", "1000000000000", "--optimizer", "adam", "--output", "r.h5",
  ]

  @Test(
    "Each signal leaves a checkpoint and its exit code",
    arguments: [SIGINT, SIGTERM, SIGHUP, SIGUSR1])
  func signalIsFollowed(_ signal: Int32) throws {
    let program = try Program()
    let running = try program.start(Self.long("r.h5"))
    running.waitForFile(program.folder.path("r.h5"))
    kill(running.process.processIdentifier, signal)
    let stopped = running.wait()
    #expect(stopped.status == 128 + signal, "\(stopped)")
    #expect(stopped.standardError.contains("--resume r.h5"))
    #expect(program.folder.names == ["r.h5"])
    #expect(
      try program.run("solve", "--resume", "r.h5", "--steps", "15", "--window", "5", "--quiet")
        .status
        == 0)
  }

  @Test("A signal to process and group is one signal")
  func repeatsAreOne() throws {
    let program = try Program()
    let running = try program.start(Self.endless)
    running.waitForText("10x10")
    // Past the start, in the first step.
    sleep(2)
    let start = ContinuousClock.now
    for _ in 0..<3 {
      kill(running.process.processIdentifier, SIGTERM)
      usleep(50_000)
    }
    usleep(500_000)
    #expect(running.process.isRunning, "a repeat has ended it")
    let stopped = running.wait()
    #expect(stopped.status == 128 + SIGTERM, "\(stopped)")
    #expect(start.duration(to: .now) < .seconds(10))
    #expect(program.folder.names == ["r.h5"])
    #expect(try ResultReader(program.folder.path("r.h5")).trace()["step"]?.count == 0)
  }

  @Test("A second signal ends a long step at once, with the checkpoint")
  func secondSignalIsObeyed() throws {
    let program = try Program()
    let running = try program.start(Self.endless)
    running.waitForText("10x10")
    sleep(2)
    kill(running.process.processIdentifier, SIGINT)
    usleep(1_500_000)
    let start = ContinuousClock.now
    kill(running.process.processIdentifier, SIGINT)
    #expect(running.wait().status == 128 + SIGINT)
    #expect(start.duration(to: .now) < .seconds(3))
    #expect(program.folder.names == ["r.h5"])
  }

  @Test("A signal in the evaluation ends it at once; all steps are stored")
  func evaluationIsEnded() throws {
    let program = try Program()
    let running = try program.start([
      "solve", "--lattice", "heisenberg", "--size", "6x6", "--samples", "300", "--steps", "1",
      "--window", "2", "--output", "r.h5",
    ])
    running.waitForText("evaluating")
    usleep(300_000)
    let start = ContinuousClock.now
    kill(running.process.processIdentifier, SIGTERM)
    let stopped = running.wait()
    #expect(stopped.status == 128 + SIGTERM, "\(stopped)")
    #expect(stopped.standardError.contains("after step 1"))
    #expect(start.duration(to: .now) < .seconds(3))
    #expect(program.folder.names == ["r.h5"])
    let result = try ResultReader(program.folder.path("r.h5"))
    #expect(try result.trace()["step"] == [1])
    #expect(!result.root.exists("final"))
  }

  @Test("A run stopped in the fit of its start begins again, with the same numbers")
  func startIsBegunAgain() throws {
    let program = try Program()
    // A network that takes a second or more to fit.
    let solve = [
      "solve", Program.molecule("h2o"), "--width", "192", "--layers", "3", "--steps", "2",
      "--window",
      "2", "--output",
    ]
    func stop(_ output: String) throws {
      let running = try program.start(solve + [output])
      running.waitForText("symmetry:")
      kill(running.process.processIdentifier, SIGTERM)
      let stopped = running.wait()
      #expect(stopped.status == 128 + SIGTERM, "\(stopped)")
      #expect(stopped.standardError.contains("before the first step"))
    }
    try stop("r.h5")
    #expect(program.folder.names == ["r.h5"])
    #expect(try program.run("solve", "--resume", "r.h5", "--quiet").status == 0)
    #expect(try program.run(solve + ["whole.h5", "--quiet"]).status == 0)
    let whole = try ResultReader(program.folder.path("whole.h5")).trace()
    #expect(try ResultReader(program.folder.path("r.h5")).trace() == whole)

    // No other run's result is given up for one that has not begun.
    try stop("whole.h5")
    #expect(program.folder.names == ["r.h5", "whole.h5"])
    #expect(try ResultReader(program.folder.path("whole.h5")).trace() == whole)
  }

  @Test("exact ends with one line", arguments: [SIGTERM, SIGUSR1])
  func exactIsEnded(_ signal: Int32) throws {
    let program = try Program()
    let running = try program.start([
      "exact", "--lattice", "heisenberg", "--size", "6x4", "--roots", "20",
    ])
    usleep(1_000_000)
    kill(running.process.processIdentifier, signal)
    let stopped = running.wait()
    #expect(stopped.status == 128 + signal, "\(stopped)")
    #expect(stopped.standardError.split(separator: "\n").count == 1)
    #expect(stopped.standardError.hasPrefix("stopped by SIG"))
  }
}
