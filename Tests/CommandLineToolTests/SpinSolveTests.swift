import Foundation
import HDF5Files
import Testing

@Suite("solve --ansatz vit", .serialized)
struct SpinSolveTests {
  private let small = [
    "solve", "--lattice", "heisenberg", "--geometry", "chain", "--size", "8", "--ansatz", "vit",
    "--samples", "100", "--width", "8", "--heads", "2", "--layers", "1", "--patch", "2",
  ]

  @Test func resultAsJSONAndFile() throws {
    let program = try Program()
    let output = try program.run(
      small + ["--steps", "100", "--json", "--quiet", "--project", "flip", "-o", "a.h5"])
    #expect(output.status == 0, "\(output.standardError)")
    let json = try output.json()
    let energy = try #require(json["energy"] as? Double)
    let error = try #require(json["energy_error"] as? Double)
    // Exact: 8 · −0.4563866761.
    #expect(energy > -3.65109341 - 4 * error && energy < -3.4)
    #expect(json["sites"] as? Int == 8 && json["steps"] as? Int == 100)
    let perSite = try #require(json["energy_per_site"] as? Double)
    #expect(abs(perSite - energy / 8) < 1e-12)
    for key in [
      "v_score", "variance", "acceptance", "r_hat", "autocorrelation_time", "effective_samples",
      "evaluations", "forward_operations", "symmetry_weight",
    ] {
      #expect(json[key] is Double, "\(key)")
    }
    let root = try HDF5File(readingFrom: program.folder.path("a.h5")).root
    #expect(try root.attribute("type")?.stringValue == "qchem-nqs spin result")
    #expect(try root.group("trace").read(Double.self, "energy").values.count == 100)
    #expect(try root.group("chains").read(UInt8.self, "configurations").shape == [100, 8])
    let stored = try #require(try root.group("final").attribute("energy")?.doubleValue)
    #expect(abs(stored - energy) < 1e-12)
  }

  @Test func goesOnWithAnEarlierRun() throws {
    let program = try Program()
    let options = ["--optimizer", "march", "--seed", "3"]
    let whole = try program.run(small + options + ["--steps", "12", "--json", "-o", "a.h5"])
    #expect(whole.status == 0, "\(whole.standardError)")
    // The learning rate falls over all steps: stop by the clock, not by fewer steps.
    let first = try program.run(
      small + options + ["--steps", "12", "--time-limit", "0.001", "-o", "b.h5", "--quiet"])
    #expect(first.status == 0, "\(first.standardError)")
    let second = try program.run(["solve", "--resume", "b.h5", "--json", "--quiet"])
    #expect(second.status == 0, "\(second.standardError)")
    func energies(_ name: String) throws -> [Double] {
      try HDF5File(readingFrom: program.folder.path(name)).root.group("trace")
        .read(Double.self, "energy").values
    }
    #expect(try energies("a.h5") == energies("b.h5"))
    #expect(try energies("a.h5").count == 12)
    let refused = try program.run(["solve", "--resume", "b.h5", "--patch", "1"])
    #expect(refused.status == 2 && refused.standardError.contains("--patch cannot change"))
  }

  @Test func latticesBeyondAWordRun() throws {
    let program = try Program()
    let output = try program.run([
      "solve", "--lattice", "heisenberg", "--size", "12x12", "--ansatz", "vit", "--patch", "4",
      "--samples", "4", "--width", "8", "--heads", "2", "--layers", "1", "--sweep", "2",
      "--burn-in", "10", "--steps", "1", "--final-samples", "8", "--json", "--quiet", "-o", "a.h5",
    ])
    #expect(output.status == 0, "\(output.standardError)")
    let json = try output.json()
    #expect(json["sites"] as? Int == 144)
    let refused = try program.run([
      "solve", "--lattice", "heisenberg", "--size", "12x12", "--steps", "1",
    ])
    #expect(refused.status == 2 && refused.standardError.contains("--ansatz vit"))
  }

  @Test(arguments: [
    (["--patch", "3"], "do not divide"), (["--width", "9"], "multiple"),
    (["--density", "2"], "no effect"), (["--blur", "1"], "--blur"),
    (["--memory", "0.9"], "march"), (["--phase-hidden", "8"], "no effect"),
    (["--project-steps", "3"], "--project"), (["--optimizer", "adam"], "minsr"),
    (["--alpha", "0.5"], "classical-ising"),
  ])
  func badOptions(_ options: [String], _ part: String) throws {
    let program = try Program()
    let output = try program.run(small + ["--steps", "1"] + options)
    #expect(output.status == 2, "\(output.standardOutput)")
    #expect(output.standardError.contains(part), "\(output.standardError)")
    #expect(output.standardError.hasPrefix("error: "))
    #expect(program.folder.names.isEmpty)
  }

  @Test func otherProblemsRefuseIt() throws {
    let program = try Program()
    let chain = ["solve", "--lattice", "heisenberg", "--geometry", "chain", "--size", "8"]
    let patch = try program.run(chain + ["--patch", "2"])
    #expect(patch.status == 2 && patch.standardError.contains("--ansatz vit"))
    let march = try program.run(chain + ["--optimizer", "march"])
    #expect(march.status == 2 && march.standardError.contains("--ansatz vit"))
    let classical = try program.run([
      "solve", "--lattice", "classical-ising", "--size", "4", "--beta", "0.4", "--ansatz", "vit",
    ])
    #expect(classical.status == 2)
  }
}
