import Foundation
import HDF5Files
import Testing

@Suite("Going on with other settings, and with old or damaged files", .serialized)
struct ResumeTests {
  private func steps(_ program: Program, _ name: String) throws -> Int {
    try #require(try ResultReader(program.folder.path(name)).trace()["step"]?.count)
  }

  @Test("A converged run does the steps that are asked for, also after another stop")
  func convergedRunsTrainOn() throws {
    let program = try Program()
    #expect(try program.run("solve", Program.molecule("lih"), "--output", "r.h5").status == 0)
    let done = try steps(program, "r.h5")
    #expect(done < 100)

    let again = try program.run("solve", "--resume", "r.h5")
    #expect(again.status == 0)
    #expect(again.standardError.contains("converged after step \(done): evaluating only"))
    let fewer = try program.run("solve", "--resume", "r.h5", "--steps", "\(done - 1)")
    #expect(fewer.status == 0)
    #expect(fewer.standardError.contains("asks for no more"))
    #expect(try steps(program, "r.h5") == done)

    let more = try program.run("solve", "--resume", "r.h5", "--steps", "\(done + 7)")
    #expect(more.status == 0)
    #expect(more.standardError.contains("--steps \(done + 7) asks for more: training on"))
    #expect(try steps(program, "r.h5") == done + 7)

    // A long extension that is stopped goes on to its end, too.
    let running = try program.start([
      "solve", "--resume", "r.h5", "--steps", "3000", "--checkpoint-every", "10", "--output",
      "s.h5",
    ])
    running.waitForFile(program.folder.path("s.h5"))
    kill(running.process.processIdentifier, SIGTERM)
    #expect(running.wait().status == 143)
    let stopped = try steps(program, "s.h5")
    #expect(try program.run("solve", "--resume", "s.h5", "--steps", "\(stopped + 5)").status == 0)
    #expect(try steps(program, "s.h5") == stopped + 5)
  }

  @Test("A time limit ends training, evaluates, and lets the run go on")
  func timeLimitEvaluates() throws {
    let program = try Program()
    let long = [
      "--steps", "100000", "--window", "30000", "--time-limit", "1", "--json", "--output", "r.h5",
    ]
    let output = try program.run(["solve", Program.molecule("lih")] + long)
    #expect(output.status == 0, "\(output)")
    #expect(output.standardError.contains("time limit: training ends after step"))
    let json = try output.json()
    let done = try #require(json["steps"] as? Int)
    #expect(done > 0 && done < 100_000)
    #expect(json["converged"] as? Bool == false)
    #expect(json["remaining_error"] is Double)
    let more = try program.run(
      "solve", "--resume", "r.h5", "--time-limit", "0", "--steps", "\(done + 3)", "--json")
    #expect(try more.json()["steps"] as? Int == done)
    let end = try program.run("solve", "--resume", "r.h5", "--steps", "\(done + 3)", "--json")
    #expect(try end.json()["steps"] as? Int == done + 3)
    expectComplaint(
      try program.run("solve", Program.molecule("lih"), "--time-limit", "-1", "--output", "x.h5"),
      in: program, mentioning: ["--time-limit must be a number of seconds"], leaving: ["r.h5"])
  }

  @Test("A schedule that another number of steps moves is said")
  func movedSchedulesAreSaid() throws {
    let program = try Program()
    // 462 strings, of which a step takes 60: the learning rate falls over the steps.
    let lattice = [
      "--lattice", "heisenberg", "--geometry", "chain", "--size", "11", "--no-lattice-symmetry",
      "--samples", "60", "--start", "random", "--steps", "6",
    ]
    #expect(try program.run(["solve", "--output", "r.h5"] + lattice).status == 0)
    let longer = try program.run("solve", "--resume", "r.h5", "--steps", "9", "--output", "s.h5")
    #expect(longer.status == 0, "\(longer)")
    #expect(longer.standardError.contains("the learning rate's schedule follows the new number"))
    #expect(longer.standardError.contains("9 in place of 6"))
    let molecule = try program.run(
      "solve", Program.molecule("lih"), "--steps", "4", "--output", "m.h5")
    #expect(molecule.status == 0)
    let plain = try program.run("solve", "--resume", "m.h5", "--steps", "6")
    #expect(!plain.standardError.contains("schedule"))
    #expect(plain.standardError.contains("the last quarter of the 6 steps"))
    let adam = ["--optimizer", "adam", "--steps", "4", "--output", "a.h5"]
    #expect(try program.run(["solve", Program.molecule("lih")] + adam).status == 0)
    let more = try program.run("solve", "--resume", "a.h5", "--steps", "6")
    #expect(more.status == 0 && !more.standardError.contains("last quarter"))
  }

  @Test("Settings of its own are named where they cannot change")
  func otherSettingsAreRefused() throws {
    let program = try Program()
    let output = try program.run("solve", "--resume", Self.old, "--width", "8", "--output", "x.h5")
    expectComplaint(output, in: program, mentioning: ["--width 8: --resume goes on with"])
    // The value that it has anyway is no change.
    let same = try program.run(
      "solve", "--resume", Self.old, "--width", "4", "--order", "reverse", "--output", "x.h5")
    #expect(same.status == 0, "\(same)")
  }

  /// A result of layout version 2, before the settings were declared in a table.
  static let old = Program.reference("results/h2_version2.h5")

  @Test("An older result file goes on")
  func olderFilesGoOn() throws {
    let program = try Program()
    let output = try program.run(
      "solve", "--resume", Self.old, "--steps", "12", "--output", "r.h5", "--json")
    #expect(output.status == 0, "\(output)")
    let before = try #require(try ResultReader(Self.old).trace()["energy"])
    let after = try #require(try ResultReader(program.folder.path("r.h5")).trace()["energy"])
    #expect(before.count == 8 && after.count > 8 && Array(after.prefix(8)) == before)
    let energy = try #require(try output.json()["energy"] as? Double)
    #expect(abs(energy + 1.1372701746609026) < 1e-5)
  }

  @Test("Values that are not finite are refused by the name of their array")
  func badNumbersAreRefused() throws {
    let program = try Program()
    let parameters = "parameters/amplitude/head"
    let name = "bias"
    for (index, (folder, array, value)) in [
      (parameters, name, Float.nan), ("optimizer/arrays", "phase-step", Float.infinity),
    ].enumerated() {
      let path = program.folder.path("\(index).h5")
      try FileManager.default.copyItem(atPath: Self.old, toPath: path)
      let file = try HDF5File(updating: path)
      let group = try file.root.group(folder)
      var (values, shape) = try group.read(Float.self, array)
      values[values.count / 2] = value
      let number = try #require(try group.attribute("index", of: array)?.intValue)
      try group.remove(array)
      try group.write(values, shape: shape, to: array)
      try group.setAttribute("index", .int(number), of: array)
    }
    for (index, words) in [
      "\(parameters)/\(name) has 1 of", "optimizer/arrays/phase-step has 1 of",
    ]
    .enumerated() {
      let output = try program.run("solve", "--resume", "\(index).h5", "--output", "x.h5")
      expectComplaint(output, in: program, mentioning: [words], leaving: ["0.h5", "1.h5"])
    }
  }
}
