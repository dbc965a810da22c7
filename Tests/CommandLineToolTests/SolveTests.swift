import Foundation
import HDF5Files
import Testing

@Suite("Solving, stopping and going on", .serialized)
struct SolveTests {
  /// 0.1 millihartree: what the program promises of small molecules.
  static let tolerance = 1e-4

  static let molecules: [(name: String, energy: Double, reference: Double, spinSquared: Double)] = [
    ("h2", -1.1372701746609026, -1.1166843870853405, 0),
    ("lih", -7.882403410335502, -7.862026959394137, 0),
    ("h2o", -75.0124036588357, -74.96292824643409, 0),
    ("oh", -74.38713412720978, -74.36153072613814, 0.75),
  ]

  @Test("Small molecules, with both networks", arguments: molecules.indices)
  func moleculeIsSolved(_ index: Int) throws {
    let (name, energy, reference, spinSquared) = Self.molecules[index]
    for ansatz in ["transformer", "retnet"] {
      let program = try Program()
      let output = try program.run(
        "solve", Program.molecule(name), "--json", "--quiet", "--ansatz", ansatz)
      #expect(output.status == 0)
      #expect(output.standardError.isEmpty, "\(output.standardError)")
      let json = try output.json()
      for key in [
        "program", "version", "problem", "ansatz", "parameters", "seed", "threads", "steps",
        "energy", "energy_error", "variance", "reference_energy", "correlation_energy",
        "distinct_samples", "dropped_weight", "v_score", "wall_seconds", "output", "leak_energy",
        "collapsed",
      ] {
        #expect(json[key] != nil && !(json[key] is NSNull), "\(key) is missing")
      }
      let found = try #require(json["energy"] as? Double)
      let error = try #require(json["energy_error"] as? Double)
      #expect(abs(found - energy) < Self.tolerance)
      #expect(found > energy - 3 * error - 1e-9, "below the exact energy")
      #expect(abs(try #require(json["reference_energy"] as? Double) - reference) < 1e-8)
      let correlation = try #require(json["correlation_energy"] as? Double)
      #expect(abs(correlation - (found - reference)) < 1e-8)
      #expect(abs(try #require(json["spin_squared"] as? Double) - spinSquared) < 0.01)
      #expect(json["collapsed"] as? Bool == false)
      #expect(json["ansatz"] as? String == ansatz)
      #expect(program.folder.names == ["\(name)_sto3g.nqs.h5"])
    }
  }

  @Test("The last line is the energy, and a pipe gets no escape codes")
  func textEndsWithTheEnergy() throws {
    let output = try Program().run("solve", Program.molecule("h2"))
    let last = try #require(output.lines.last)
    #expect(
      last.wholeMatch(of: /FINAL ENERGY  -1\.13727\d* Eh  \+\/- \d\.\d{7,}/) != nil, "\(last)")
    #expect(!output.standardOutput.contains("\u{1B}") && !output.standardOutput.contains("\r"))
    #expect(!output.standardError.contains("\u{1B}"))
    #expect(output.standardOutput.contains("leak"))
    #expect(output.standardOutput.contains("<S^2>"))

    let quiet = try Program().run("solve", Program.molecule("h2"), "--quiet")
    #expect(quiet.lines.count == 1 && quiet.standardError.isEmpty)
  }

  @Test("With --json, standard output is one object and progress goes elsewhere")
  func jsonIsAlone() throws {
    let output = try Program().run("solve", Program.molecule("lih"), "--json")
    _ = try output.json()
    #expect(output.standardError.contains("energy / Eh"))
  }

  @Test("A sampled final energy is above the exact one within its error bar")
  func sampledEnergyIsHonest() throws {
    let program = try Program()
    let json = try program.run(
      "solve", Program.molecule("h2o"), "--json", "--exact-limit", "0", "--final-draws", "20000",
      "--steps", "8", "--output", "r.h5"
    ).json()
    let energy = try #require(json["energy"] as? Double)
    let error = try #require(json["energy_error"] as? Double)
    #expect(json["exact_sum"] as? Bool == false && error > 1e-6 && error < 1e-2)
    #expect(
      energy > Self.molecules[2].energy - 3 * error && energy < Self.molecules[2].energy + 0.01)
    // Eight steps are not enough, so the state's own energy differs from the exact one; going on
    // from the file without steps left gives it without draws.
    let whole = try program.run(
      "solve", "--resume", "r.h5", "--json", "--exact-limit", "1000000", "--output", "w.h5"
    ).json()
    let summed = try #require(whole["energy"] as? Double)
    #expect(whole["exact_sum"] as? Bool == true)
    #expect(abs(energy - summed) < 4 * error)
  }

  @Test("An energy above that of one configuration comes with a warning")
  func uselessTrainingIsSaid() throws {
    let output = try Program().run(
      "solve", Program.molecule("h2o"), "--start", "random", "--steps", "1", "--json")
    #expect(output.status == 0)
    #expect(output.standardError.contains("above that of the best single configuration"))
    let warnings = try #require(try output.json()["warnings"] as? [String])
    #expect(warnings.contains { $0.contains("above") })
  }

  @Test("A result that cannot be printed is no success")
  func fullDevicesAreNoticed() throws {
    let program = try Program()
    let process = Process()
    process.executableURL = Program.executable
    process.arguments = ["solve", Program.molecule("h2"), "--json"]
    process.currentDirectoryURL = program.folder.url
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(text.contains("error: the result could not be written to standard output"))
    // The file has it.
    #expect(program.folder.names == ["h2_sto3g.nqs.h5"])
  }

  static let lattices: [(arguments: [String], energy: Double, sites: Int)] = [
    (["--lattice", "heisenberg", "--geometry", "chain", "--size", "8"], -3.651093408937, 8),
    (
      ["--lattice", "ising", "--geometry", "chain", "--size", "10", "--field", "1"],
      -12.784906442999, 10
    ),
    (
      ["--lattice", "heisenberg", "--geometry", "square", "--size", "4x4", "--j2", "0.5"],
      -8.457923351395, 16
    ),
    (
      ["--lattice", "ising", "--geometry", "square", "--size", "4x4", "--field", "3.044"],
      -52.060380425070, 16
    ),
  ]

  @Test("Small lattices", arguments: lattices.indices)
  func latticeIsSolved(_ index: Int) throws {
    let (arguments, energy, sites) = Self.lattices[index]
    let program = try Program()
    let exact = try program.run(["exact", "--json"] + arguments).json()
    let energies = try #require(exact["energies"] as? [Double])
    #expect(abs(try #require(energies.first) - energy) < 1e-9)

    let output = try program.run(["solve", "--output", "r.h5"] + arguments)
    #expect(output.status == 0, "\(output.standardError)")
    #expect(output.standardOutput.contains("ENERGY PER SITE"))
    let last = try #require(output.lines.last)
    let match = try #require(last.wholeMatch(of: /FINAL ENERGY  (-\d+\.\d+) J  \+\/- \d\.\d{7,}/))
    let found = try #require(Double(match.1))
    #expect(abs(found / energy - 1) < 1e-4 && found > energy - 1e-6)

    let json = try program.run(["solve", "--json", "--output", "r2.h5"] + arguments).json()
    let total = try #require(json["energy"] as? Double)
    #expect(total > energy - 1e-8)
    let perSite = try #require(json["energy_per_site"] as? Double)
    #expect(abs(perSite - total / Double(sites)) < 1e-12)
    #expect(json["reference_energy"] is NSNull)
  }

  @Test("The result file has its groups, and the same numbers as the summary")
  func resultFileIsComplete() throws {
    let program = try Program()
    let json = try program.run("solve", Program.molecule("lih"), "--json", "--output", "r.h5")
      .json()
    let root = try ResultReader(program.folder.path("r.h5")).root
    #expect(try root.attribute("type")?.stringValue == "qchem-nqs result")
    #expect(try root.attribute("version")?.intValue == 3)
    let date = try #require(try root.attribute("date")?.stringValue)
    #expect(date.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil, "\(date)")
    #expect(try root.attribute("host")?.stringValue?.isEmpty == false)
    #expect(try root.attribute("command_line")?.stringValue?.hasSuffix("--output r.h5") == true)
    let groups = [
      "configuration", "final", "observables", "optimizer", "parameters", "problem", "rdm",
      "samples",
      "trace",
    ]
    #expect(try root.names() == groups)
    let final = try root.group("final")
    // Foundation reads the last digit of a number in JSON as it likes.
    let energy = try #require(try final.attribute("energy")?.doubleValue)
    #expect(abs(energy - (try #require(json["energy"] as? Double))) < 1e-12)
    #expect(try final.attribute("leak_energy")?.doubleValue != nil)
    let steps = try root.group("trace").read(Int.self, "step").values
    #expect(steps == Array(1...(try #require(json["steps"] as? Int))))
    #expect(try root.group("samples").shape("alpha").last == 2)
    // Four of six orbitals' electrons in the leading determinant: the lowest two of each spin.
    #expect(try root.group("samples").read(UInt64.self, "alpha").values.first == 0b11)
    let logs = try root.group("samples").read(Double.self, "log_modulus").values
    #expect(logs == logs.sorted(by: >))
    #expect(try root.group("problem/integrals").attribute("orbital_count")?.intValue == 6)
    #expect(try ResultReader(program.folder.path("r.h5")).settings()["seed"] as? Int == 1)
  }

  @Test("Every dataset says what it holds and in which unit")
  func datasetsAreDescribed() throws {
    let program = try Program()
    for arguments in [
      [Program.reference("integrals/oh_uhf_sto3g.fcidump")],
      ["--lattice", "heisenberg", "--geometry", "chain", "--size", "6"],
    ] {
      #expect(
        try program.run(["solve", "--output", "r.h5", "--overwrite", "--steps", "3"] + arguments)
          .status == 0)
      func check(_ group: HDF5Group) throws -> Int {
        var count = 0
        for name in try group.names() {
          if group.isGroup(name) {
            count += try check(try group.group(name))
          } else {
            for attribute in ["unit", "description"] {
              let text = try group.attribute(attribute, of: name)?.stringValue
              #expect(text?.isEmpty == false, "\(group.path)/\(name) has no \(attribute)")
            }
            count += 1
          }
        }
        return count
      }
      #expect(try check(try ResultReader(program.folder.path("r.h5")).root) > 40)
    }
  }

  @Test("The samples have all partners: their weights are the whole sector's, with its signs")
  func samplesAreWhole() throws {
    let program = try Program()
    let water = ["solve", Program.molecule("h2o"), "--output", "r.h5", "--quiet"]
    #expect(try program.run(water).status == 0)
    var samples = try ResultReader(program.folder.path("r.h5")).root.group("samples")
    func weight() throws -> Double {
      try samples.read(Double.self, "log_modulus").values.reduce(0) { $0 + exp(2 * $1) }
    }
    // All 133 determinants of A1, of which 77 are representatives.
    #expect(try samples.shape("phase") == [133])
    #expect(abs(try weight() - 1) < 1e-9)
    #expect(abs(try #require(try samples.attribute("weight")?.doubleValue) - weight()) < 1e-12)

    // The Heisenberg chain of 8 sites: Marshall's signs over all 70 strings, in 7 orbits.
    let chain = ["--lattice", "heisenberg", "--geometry", "chain", "--size", "8"]
    #expect(try program.run(["solve", "--output", "c.h5", "--quiet"] + chain).status == 0)
    samples = try ResultReader(program.folder.path("c.h5")).root.group("samples")
    let words = try samples.read(UInt64.self, "alpha").values
    let strings = stride(from: 0, to: words.count, by: 2).map { words[$0] }
    #expect(Set(strings).count == strings.count)
    let modulus = try samples.read(Double.self, "log_modulus").values.map { exp($0) }
    let phase = try samples.read(Double.self, "phase").values
    #expect(abs(try weight() - 1) < 1e-9)
    // The overlap with the state of |ψ| with these signs, which an exact ground state has as 1.
    var real = 0.0
    var imaginary = 0.0
    for (index, string) in strings.enumerated() {
      let sign = (string & 0b0101_0101).nonzeroBitCount.isMultiple(of: 2) ? 1.0 : -1.0
      real += sign * modulus[index] * modulus[index] * cos(phase[index])
      imaginary += sign * modulus[index] * modulus[index] * sin(phase[index])
    }
    #expect((real * real + imaginary * imaginary).squareRoot() > 0.999)
  }

  @Test("An annealed run keeps temperature, entropy and free energy")
  func freeEnergyIsKept() throws {
    let program = try Program()
    let output = try program.run(
      "solve", Program.molecule("h2o"), "--annealing", "linear", "--t0", "0.5",
      "--annealing-steps", "4", "--steps", "6", "-o", "r.h5")
    #expect(output.status == 0)
    let trace = try ResultReader(program.folder.path("r.h5")).trace()
    let (energy, temperature) = (try #require(trace["energy"]), try #require(trace["temperature"]))
    let (entropy, free) = (try #require(trace["entropy"]), try #require(trace["free_energy"]))
    #expect(temperature == [0.5, 0.375, 0.25, 0.125, 0, 0])
    for step in energy.indices {
      #expect(entropy[step] > 0)
      #expect(abs(free[step] - energy[step] + temperature[step] * entropy[step]) < 1e-12)
    }
    #expect(free[0] < energy[0] && free[5] == energy[5])
  }

  @Test("The same seed gives the same trace, another seed another")
  func seedDecides() throws {
    let program = try Program()
    var traces: [[String: [Double]]] = []
    for (name, options) in [
      ("a.h5", ["--seed", "3"]), ("b.h5", ["--seed", "3"]), ("c.h5", ["--seed", "4"]),
    ] {
      let arguments = ["solve", Program.molecule("lih"), "--output", name, "--quiet"] + options
      #expect(try program.run(arguments).status == 0)
      traces.append(try ResultReader(program.folder.path(name)).trace())
    }
    #expect(traces[0] == traces[1])
    #expect(traces[0]["energy"] != traces[2]["energy"])
  }

  /// A run of a second or more, with many checkpoints.
  private static func longRun(_ output: String) -> [String] {
    [
      "solve", Program.molecule("h2o"), "--output", output, "--steps", "300", "--window", "150",
      "--checkpoint-every", "10",
    ]
  }

  @Test("SIGTERM and SIGINT leave a checkpoint, from which the trace goes on as if undisturbed")
  func signalIsSurvived() throws {
    let program = try Program()
    #expect(try program.run(Self.longRun("whole.h5")).status == 0)
    let whole = try ResultReader(program.folder.path("whole.h5"))
    for (signal, status) in [(SIGTERM, 143), (SIGINT, 130)] {
      let name = "stopped-\(signal).h5"
      let running = try program.start(Self.longRun(name))
      running.waitForFile(program.folder.path(name))
      kill(running.process.processIdentifier, signal)
      let stopped = running.wait()
      #expect(stopped.status == Int32(status), "\(stopped)")
      let partial = try ResultReader(program.folder.path(name)).trace()
      let done = try #require(partial["step"]?.count)
      #expect(done >= 10 && done < 300, "stopped after \(done) steps")

      let resumed = try program.run("solve", "--resume", name, "--json")
      #expect(resumed.status == 0, "\(resumed.standardError)")
      let result = try ResultReader(program.folder.path(name))
      #expect(try result.trace() == whole.trace())
      let energy = try result.root.group("final").attribute("energy")?.doubleValue
      #expect(try whole.root.group("final").attribute("energy")?.doubleValue == energy)
    }
    #expect(program.folder.names == ["stopped-15.h5", "stopped-2.h5", "whole.h5"])
  }

  @Test("The largest numbers that options take do no harm")
  func largestNumbersAreTaken() throws {
    let program = try Program()
    let output = try program.run(
      "solve", Program.molecule("h2"), "--exact-limit", "9223372036854775807", "--leading",
      "9223372036854775807", "--memory-budget", "16777216", "--json", "--output", "r.h5")
    #expect(output.status == 0, "\(output)")
    #expect(try output.json()["exact_sum"] as? Bool == true)
  }

  @Test("A lattice's symmetries come back with its checkpoint, and a damaged list is refused")
  func latticeIsResumed() throws {
    let program = try Program()
    // Adam's steps do not depend on how many there are to be.
    let chain = [
      "--lattice", "heisenberg", "--geometry", "chain", "--size", "10", "--optimizer", "adam",
    ]
    let end = ["--steps", "30", "--window", "15", "--quiet", "--output"]
    #expect(try program.run(["solve"] + chain + end + ["whole.h5"]).status == 0)
    let short = ["--steps", "12", "--window", "15", "--quiet", "--output", "short.h5"]
    #expect(try program.run(["solve"] + chain + short).status == 0)
    let shape = try HDF5File(readingFrom: program.folder.path("short.h5")).root
      .group("symmetries").shape("permutations")
    #expect(shape == [40, 10])
    let resumed = try program.run(["solve", "--resume", "short.h5"] + end + ["long.h5"])
    #expect(resumed.status == 0, "\(resumed.standardError)")
    let whole = try ResultReader(program.folder.path("whole.h5")).trace()
    #expect(try ResultReader(program.folder.path("long.h5")).trace() == whole)

    let damages: [(String, (HDF5Group) throws -> Void)] = [
      ("lost", { try $0.remove("symmetries") }),
      ("few", { try $0.setAttribute("symmetry_count", .int(39)) }),
      ("none", { try $0.setAttribute("symmetry_count", .int(0)) }),
    ]
    for (name, damage) in damages {
      let path = program.folder.path("\(name).h5")
      try FileManager.default.copyItem(atPath: program.folder.path("short.h5"), toPath: path)
      try damage(try HDF5File(updating: path).root)
      let output = try program.run("solve", "--resume", "\(name).h5", "--output", "x.h5")
      #expect(output.status == 2, "\(name): \(output)")
      #expect(!program.folder.names.contains("x.h5"))
    }
  }

  @Test("After kill -9 the last checkpoint is whole and the run goes on", arguments: [0, 100, 300])
  func killIsSurvived(_ milliseconds: Int) throws {
    let program = try Program()
    let running = try program.start(Self.longRun("r.h5"))
    running.waitForFile(program.folder.path("r.h5"))
    usleep(UInt32(1000 * milliseconds))
    kill(running.process.processIdentifier, SIGKILL)
    #expect(running.wait().status == -SIGKILL)
    let done = try #require(try ResultReader(program.folder.path("r.h5")).trace()["step"]?.count)
    #expect(done >= 10)
    let resumed = try program.run("solve", "--resume", "r.h5", "--json")
    #expect(resumed.status == 0, "\(resumed.standardError)")
    #expect(try resumed.json()["steps"] as? Int == 300)
    let energy = try #require(try resumed.json()["energy"] as? Double)
    #expect(abs(energy + 75.0124036588357) < Self.tolerance)
  }

  @Test("A finished run can be given more steps, but no other settings")
  func runIsExtended() throws {
    let program = try Program()
    let molecule = Program.molecule("lih")
    #expect(
      try program.run("solve", molecule, "--output", "r.h5", "--steps", "6", "--window", "10")
        .status == 0)
    let before = try ResultReader(program.folder.path("r.h5")).trace()
    let json = try program.run("solve", molecule, "--resume", "r.h5", "--steps", "9", "--json")
      .json()
    #expect(json["steps"] as? Int == 9)
    let after = try ResultReader(program.folder.path("r.h5")).trace()
    #expect(after["energy"]?.prefix(6) == before["energy"]?[...])

    for (arguments, word) in [
      (["--seed", "9"], "--resume"), (["--width", "48"], "--resume"),
      (["--irrep", "1"], "--irrep"),
      ([Program.molecule("h2")], "another problem"),
      (["--lattice", "ising", "--size", "2x2", "--field", "1"], "another problem"),
    ] {
      let output = try program.run(["solve", "--resume", "r.h5"] + arguments)
      expectComplaint(output, in: program, mentioning: [word], leaving: ["r.h5"])
    }
    #expect(try ResultReader(program.folder.path("r.h5")).trace() == after)
  }

  @Test("A truncated or changed checkpoint is refused", arguments: [100, 5000, 0.5, 0.99])
  func damageIsRefused(_ length: Double) throws {
    let program = try Program()
    #expect(try program.run("solve", Program.molecule("h2"), "--output", "r.h5").status == 0)
    let url = program.folder.url.appending(path: "r.h5")
    let whole = try Data(contentsOf: url)
    let count = length < 1 ? Int(length * Double(whole.count)) : Int(length)
    try whole.prefix(count).write(to: url)
    let output = try program.run("solve", "--resume", "r.h5", "--output", "new.h5")
    expectComplaint(
      output, in: program, mentioning: ["truncated", "incomplete", "HDF5"], leaving: ["r.h5"])
  }

  @Test("Other files are not overwritten")
  func foreignFilesStay() throws {
    let program = try Program()
    let molecule = program.folder.path("h2.fcidump")
    try FileManager.default.copyItem(atPath: Program.molecule("h2"), toPath: molecule)
    try program.folder.write("notes", to: "notes.txt")
    for name in ["h2.fcidump", "notes.txt"] {
      let output = try program.run("solve", "h2.fcidump", "--output", name)
      expectComplaint(
        output, in: program, mentioning: [name], leaving: ["h2.fcidump", "notes.txt"])
    }
    #expect(
      FileManager.default.contents(atPath: program.folder.path("notes.txt")) == Data("notes".utf8))
  }

  @Test("Without convergence, --require-convergence ends with 3")
  func convergenceIsRequired() throws {
    let program = try Program()
    let output = try program.run(
      "solve", Program.molecule("h2o"), "--steps", "2", "--require-convergence", "--json")
    #expect(output.status == 3)
    #expect(try output.json()["converged"] as? Bool == false)
    #expect(program.folder.names == ["h2o_sto3g.nqs.h5"])
  }
}
