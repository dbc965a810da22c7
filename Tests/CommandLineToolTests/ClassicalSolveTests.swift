import Foundation
import HDF5Files
import Testing

@Suite("solve --lattice classical-ising", .serialized)
struct ClassicalSolveTests {
  private let small = [
    "solve", "--lattice", "classical-ising", "--beta", "0.44", "--size", "4", "--samples", "64",
    "--final-draws", "1024",
  ]

  @Test func resultAsJSONAndFile() throws {
    let program = try Program()
    let output = try program.run(small + ["--steps", "60", "--json", "--quiet", "-o", "a.h5"])
    #expect(output.status == 0, "\(output.standardError)")
    let json = try output.json()
    let value = try #require(json["free_energy_per_site"] as? Double)
    let error = try #require(json["free_energy_error"] as? Double)
    let exact = try #require(json["exact_free_energy_per_site"] as? Double)
    #expect(abs(exact - -2.202375928795193) < 1e-12)
    #expect(value > exact - 4 * error && value < exact + 0.02)
    let share = try #require(json["ess"] as? Double)
    #expect(share > 0.9 && json["reliable"] as? Bool == true)
    #expect(json["steps"] as? Int == 60 && json["length"] as? Int == 4)
    for key in [
      "kl_divergence", "variance", "nis_log_partition_function", "nis_energy_per_site_error",
      "nis_specific_heat_per_site", "nis_magnetization_per_site", "nis_entropy_per_site",
      "chain_acceptance", "chain_autocorrelation_time", "chain_energy_per_site", "relative_error",
    ] {
      #expect(json[key] is Double, "\(key)")
    }
    let root = try HDF5File(readingFrom: program.folder.path("a.h5")).root
    #expect(try root.attribute("type")?.stringValue == "qchem-nqs classical result")
    #expect(try root.group("trace").read(Double.self, "free_energy").values.count == 60)
    let final = try root.group("final")
    let stored = try #require(try final.attribute("free_energy_per_site")?.doubleValue)
    #expect(abs(stored - value) < 1e-14)
    #expect(try final.read(Int.self, "histogram_counts").values.reduce(0, +) == 1024)
    #expect(try root.group("samples").read(Int.self, "configurations").shape == [16, 4, 4])
  }

  @Test func textEndsWithTheFreeEnergy() throws {
    let program = try Program()
    let output = try program.run(small + ["--steps", "30"])
    #expect(output.status == 0, "\(output.standardError)")
    let last = try #require(output.lines.last)
    #expect(last.hasPrefix("FREE ENERGY PER SITE  -2.") && last.contains(" J  +/- 0."))
    #expect(output.standardOutput.contains("effective sample size"))
    #expect(program.folder.names == ["classical-ising-4x4-beta-0.44.nqs.h5"])
    let quiet = try program.run(small + ["--steps", "1", "--beta", "0", "--quiet"])
    #expect(quiet.status == 0, "\(quiet.standardError)")
    // −16 ln 2.
    #expect(quiet.standardOutput.hasPrefix("VARIATIONAL FREE ENERGY  -11.09035"))
  }

  @Test func goesOnWithAnEarlierRun() throws {
    let program = try Program()
    let whole = try program.run(
      small + [
        "--steps", "20", "--beta-steps", "10", "--learning-rate-end", "1", "--json", "-o", "a.h5",
      ])
    let first = try program.run(
      small + [
        "--steps", "8", "--beta-steps", "10", "--learning-rate-end", "1", "--json", "-o", "b.h5",
      ])
    #expect(whole.status == 0 && first.status == 0)
    let second = try program.run(["solve", "--resume", "b.h5", "--steps", "20", "--json"])
    #expect(second.status == 0, "\(second.standardError)")
    let trace = { (name: String) in
      try HDF5File(readingFrom: program.folder.path(name)).root.group("trace")
        .read(Double.self, "free_energy").values
    }
    #expect(try trace("a.h5") == trace("b.h5"))
    #expect(try second.json()["steps"] as? Int == 20)
    for (words, part) in [
      (["--seed", "3"], "--seed cannot change"), (["--symmetry", "none"], "--symmetry cannot"),
      (["--lattice", "classical-ising", "--size", "8", "--beta", "0.44"], "another problem"),
      (["--beta", "0.9"], "--beta cannot change"), (["--lattice", "heisenberg"], "cannot change"),
    ] {
      let refused = try program.run(["solve", "--resume", "b.h5"] + words)
      #expect(refused.status == 2)
      #expect(refused.standardError.contains(part), "\(refused.standardError)")
    }
  }

  @Test("a run that grows says of every step which length it is of, and goes on amid a length")
  func growth() throws {
    let program = try Program()
    let words = [
      "solve", "--lattice", "classical-ising", "--beta", "0.3", "--size", "16", "--heat-bath", "1",
      "--samples", "64", "--final-draws", "1024", "--learning-rate-end", "1", "--grow-from", "8",
      "--grow-steps", "4", "--json",
    ]
    let whole = try program.run(words + ["--steps", "6", "-o", "a.h5"])
    let first = try program.run(words + ["--steps", "2", "-o", "b.h5"])
    #expect(whole.status == 0 && first.status == 0, "\(whole.standardError)")
    let second = try program.run(["solve", "--resume", "b.h5", "--steps", "6", "--json"])
    #expect(second.status == 0, "\(second.standardError)")
    let trace = { (name: String) in
      try HDF5File(readingFrom: program.folder.path(name)).root.group("trace")
    }
    #expect(
      try trace("a.h5").read(Int.self, "length").values == [8, 8, 8, 8, 16, 16, 16, 16, 16, 16])
    #expect(
      try trace("a.h5").read(Double.self, "free_energy").values
        == trace("b.h5").read(Double.self, "free_energy").values)
    let json = try second.json()
    #expect(json["steps"] as? Int == 10 && json["grow_from"] as? Int == 8)
  }

  @Test func settingsFromAFile() throws {
    let program = try Program()
    try program.folder.write(
      """
      lattice = "classical-ising"
      size = "8"
      beta = 0.3
      ansatz = "van"
      checkerboard = true
      steps = 3
      spin-flip = false
      """, to: "run.toml")
    let output = try program.run(["solve", "--config", "run.toml", "--json"])
    #expect(output.status == 0, "\(output.standardError)")
    let json = try output.json()
    #expect(json["ansatz"] as? String == "van")
    let warnings = try #require(json["warnings"] as? [String])
    #expect(warnings.contains { $0.contains("'spin-flip' has no effect") })
  }

  @Test(
    "bad input",
    arguments: [
      (["--size", "12", "--beta", "0.4"], "power of two"),
      (["--size", "2", "--beta", "0.4"], "at least 3"),
      (["--size", "8x16", "--beta", "0.4"], "square"),
      (["--size", "8", "--beta", "-1"], "--beta"),
      (["--size", "8", "--beta", "nan"], "--beta"),
      (["--size", "8"], "--beta"),
      (["--size", "8", "--beta", "0.4", "--hidden", "2"], "--hidden has no effect"),
      (["--size", "8", "--beta", "0.4", "--ansatz", "nade"], "--ansatz"),
      (["--size", "8", "--beta", "0.4", "--heat-bath", "2"], "--heat-bath must be 1, 3 or 7"),
      (["--size", "8", "--beta", "0.4", "--repeats", "3"], "--repeats must be"),
      (["--size", "4", "--beta", "0.4", "--heat-bath", "3"], "larger than the blocks"),
      (
        ["--size", "8", "--beta", "0.4", "--optimizer", "adam", "--alpha", "0"],
        "--alpha has no effect"
      ),
      (["--size", "8", "--beta", "0.4", "--j", "1e-9"], "0.001"),
      (
        ["--size", "8", "--beta", "0.4", "--optimizer", "sr", "--symmetry", "z2"], "--optimizer sr"
      ),
      (["--size", "64", "--beta", "0.4", "--grow-from", "16"], "--grow-from 16 has no networks"),
      (["--size", "64", "--beta", "0.4", "--grow-from", "64"], "--grow-from must be 0 or"),
      (
        ["--size", "32", "--beta", "0.4", "--ansatz", "van", "--grow-from", "16"],
        "--grow-from needs"
      ),
      (["--size", "8", "--beta", "0.4", "--grow-steps", "9"], "--grow-steps has no effect"),
      (["--size", "512", "--beta", "0.4", "--samples", "65536", "--hidden-factor", "16"], "GiB"),
      (["--size", "8", "--beta", "0.4", "--couplings", "missing.txt"], "missing.txt"),
      (["--size", "8", "--beta", "0.4", "--irrep", "1"], "--irrep is for molecules"),
    ])
  func badInput(_ words: [String], _ part: String) throws {
    let program = try Program()
    let output = try program.run(["solve", "--lattice", "classical-ising"] + words)
    #expect(output.status == 2)
    #expect(output.standardError.contains(part), "\(output.standardError)")
    #expect(output.standardError.split(separator: "\n").count <= 2, "\(output.standardError)")
    #expect(program.folder.names.isEmpty)
  }

  @Test func optionsOfItsOwnAreRefusedElsewhere() throws {
    let program = try Program()
    for (words, part) in [
      (["--ansatz", "han"], "--ansatz han is for --lattice classical-ising"),
      (["--heat-bath", "3"], "--heat-bath is for --lattice classical-ising"),
    ] {
      let output = try program.run(["solve", Program.molecule("h2")] + words)
      #expect(output.status == 2)
      #expect(output.standardError.contains(part), "\(output.standardError)")
    }
  }
}
