import Foundation
import HDF5Files
import Testing

@Suite("sample and evaluate", .serialized)
struct StateCommandTests {
  /// A folder with a result of water after a few steps.
  private func trained() throws -> Program {
    let program = try Program()
    let output = try program.run(
      "solve", Program.molecule("h2o"), "--quiet", "--steps", "4", "--output", "r.h5")
    #expect(output.status == 0)
    return program
  }

  @Test("Draws are written with counts and amplitudes")
  func draws() throws {
    let program = try trained()
    let json = try program.run(
      "sample", "r.h5", Program.molecule("h2o"), "--draws", "5000", "--output", "d.h5", "--json"
    ).json()
    let root = try HDF5File(readingFrom: program.folder.path("d.h5")).root
    #expect(try root.attribute("type")?.stringValue == "qchem-nqs draws")
    let samples = try root.group("samples")
    let counts = try samples.read(Int.self, "count").values
    #expect(counts.reduce(0, +) == 5000 && json["distinct"] as? Int == counts.count)
    #expect(try samples.shape("alpha") == [counts.count, 2])
    #expect(try samples.read(Double.self, "log_modulus").values.count == counts.count)
  }

  @Test("An evaluation is that of solve, and leaves the result alone")
  func evaluation() throws {
    let program = try trained()
    let before = try Data(contentsOf: URL(fileURLWithPath: program.folder.path("r.h5")))
    let energy = try #require(
      try HDF5File(readingFrom: program.folder.path("r.h5")).root.group("final")
        .attribute("energy")?.doubleValue)
    let json = try program.run("evaluate", "r.h5", "--json").json()
    #expect(abs(try #require(json["energy"] as? Double) - energy) < 1e-12)
    #expect(json["steps"] as? Int == 4)
    let sampled = try program.run(
      "evaluate", "r.h5", "--json", "--exact-limit", "0", "--seed", "9", "--output", "e.h5"
    ).json()
    #expect(sampled["exact_sum"] as? Bool == false)
    #expect(sampled["selected_ci_energy"] as? Double != nil)
    let error = try #require(sampled["energy_error"] as? Double)
    #expect(abs(try #require(sampled["energy"] as? Double) - energy) < 5 * error + 1e-6)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: program.folder.path("r.h5"))) == before)
    #expect(program.folder.names == ["e.h5", "r.h5"])
  }

  @Test(
    "Refused with one clear complaint",
    arguments: [
      (["sample", "r.h5", "--draws", "0", "--output", "d.h5"], "--draws must be"),
      (["sample", "r.h5", "@lih", "--output", "d.h5"], "is not the problem of"),
      (["evaluate", "r.h5", "@lih", "--output", "d.h5"], "is not the problem of"),
      (["sample", "missing.h5", "--output", "d.h5"], "missing.h5"),
      (["sample", "@h2o", "--output", "d.h5"], "h2o"),
      (["evaluate", "@h2o"], "h2o"),
      (["evaluate", "r.h5", "--overwrite"], "belongs to --output"),
      (["sample", "r.h5", "--output", "r.h5"], "another name"),
      (["evaluate", "r.h5", "--output", "r.h5"], "another name"),
      (["evaluate", "r.h5", "--selected-ci", "900000000"], "--memory-budget"),
      (["evaluate", "r.h5", "--final-draws", "1"], "--final-draws must be"),
    ])
  func isRefused(_ words: [String], _ complaint: String) throws {
    let program = try trained()
    let output = try program.run(
      words.map { $0.hasPrefix("@") ? Program.molecule(String($0.dropFirst())) : $0 })
    expectComplaint(output, in: program, mentioning: [complaint], leaving: ["r.h5"])
  }

  @Test("A result without a state, and one of another kind")
  func withoutState() throws {
    let program = try Program()
    // As a run leaves it that a signal ends while its start is fitted.
    let running = try program.start([
      "solve", Program.molecule("h2o"), "--width", "192", "--layers", "3", "--output", "s.h5",
    ])
    running.waitForText("symmetry:")
    kill(running.process.processIdentifier, SIGTERM)
    #expect(running.wait().status == 128 + SIGTERM)
    for command in [["sample", "s.h5", "--output", "d.h5"], ["evaluate", "s.h5"]] {
      let output = try program.run(command)
      expectComplaint(output, in: program, mentioning: ["has no state yet"], leaving: ["s.h5"])
    }
    let classical = try program.run(
      "solve", "--lattice", "classical-ising", "--size", "4", "--beta", "0.4", "--steps", "2",
      "--quiet", "--output", "c.h5")
    #expect(classical.status == 0)
    let output = try program.run("evaluate", "c.h5")
    expectComplaint(
      output, in: program, mentioning: ["classical spins"], leaving: ["c.h5", "s.h5"])
  }
}
