import Foundation
import HDF5Files
import Testing

@Suite("scaling", .serialized)
struct ScalingTests {
  private let small = [
    "--cases", "square:0", "--sizes", "2x4,4x4", "--layers", "1,2", "--width", "4", "--heads", "2",
    "--patch", "2", "--samples", "10", "--steps", "3", "--final-samples", "20", "--sweep", "4",
    "--burn-in", "8", "--seeds", "1,2",
  ]

  private func sweep(_ program: Program, _ arguments: String...) throws -> Program.Output {
    try program.run(["scaling", "run", "s"] + small + arguments)
  }

  private func files(_ program: Program) -> [String: Data] {
    let url = program.folder.url.appending(path: "s")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    var found: [String: Data] = [:]
    for name in names {
      found[name] = FileManager.default.contents(atPath: url.appending(path: name).path)
    }
    return found
  }

  private func object(_ files: [String: Data], _ name: String) throws -> [String: Any] {
    let data = try #require(files[name])
    let value = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return try #require(value)
  }

  @Test func sweepHasAResultAndARowForEveryRun() throws {
    let program = try Program()
    let plan = try program.run(["scaling", "run", "s"] + small + ["--dry-run", "--json"])
    #expect(plan.status == 0 && program.folder.names.isEmpty, "\(plan.standardError)")
    let planned = try #require(try plan.json()["runs"] as? [[String: Any]])
    #expect(planned.count == 8)

    let output = try sweep(program, "--json")
    #expect(output.status == 0, "\(output.standardError)")
    let json = try output.json()
    #expect(json["done"] as? Int == 8 && json["left"] as? Int == 0)
    let before = files(program)
    #expect(before.count == 17 && before["sweep.json"] != nil)

    let name = "square-j2-0-4x4-layers-2-width-4-seed-2"
    let row = try object(before, name + ".json")
    // 2 (n_l [n (2 + 2 · 4) d² + n² d] + n s d + 2 d²) with n = 4 patches of s = 4, d = 4, n_l = 2.
    #expect(
      row["forward_operations"] as? Double == 3008)
    let numbers = try #require(row["numbers"] as? [String: Any])
    let forward = try #require(row["forward_operations"] as? Double)
    let evaluations = try #require(numbers["evaluations"] as? Double)
    #expect(numbers["evaluation_operations"] as? Double == forward * evaluations)
    #expect(numbers["derivative_operations"] as? Double == 4 * forward * 10 * 3)
    let parameters = try #require(row["parameters"] as? Double)
    #expect(numbers["gram_operations"] as? Double == 3 * 20 * 21 * parameters)
    let solution = try #require(numbers["solution_operations"] as? Double)
    #expect(abs(solution - 3 * (8000 / 3 + 800 + 160 * parameters)) < 1e-3)
    // What was expected is not far from what was counted.
    let expected = try #require(
      planned.first { $0["name"] as? String == name }?["expected_operations"] as? Double)
    let counted = try #require(numbers["total_operations"] as? Double)
    #expect(expected / counted > 0.7 && expected / counted < 1.4, "\(expected / counted)")
    let file = program.folder.path("s/\(name).nqs.h5")
    let final = try HDF5File(readingFrom: file).root.group("final")
    #expect(try final.attribute("v_score")?.doubleValue == numbers["v_score"] as? Double)
    // Foundation reads some numbers an ulp off.
    let stored = try #require(try final.attribute("v_score_error")?.doubleValue)
    let written = try #require(numbers["v_score_error"] as? Double)
    #expect(abs(stored - written) <= 1e-14 * stored, "\(stored) \(written)")

    // By the folder alone, with another number of threads, and by all options: nothing is left to do.
    for arguments in [["scaling", "run", "s", "--threads", "2"], ["scaling", "run", "s"] + small] {
      let again = try program.run(arguments)
      #expect(again.status == 0 && again.standardOutput.contains("8 of 8 runs done"))
    }
    #expect(files(program) == before)

    let other = try sweep(program, "--steps", "4")
    #expect(other.status == 2 && other.standardError.contains("steps is 3 there and 4 here"))
    #expect(files(program) == before)

    // A row that is missing is made again, the same but for the time.
    try FileManager.default.removeItem(atPath: program.folder.path("s/\(name).json"))
    #expect(try program.run("scaling", "run", "s").status == 0)
    let new = try object(files(program), name + ".json")
    let newNumbers = try #require(new["numbers"] as? [String: Any])
    for key in ["v_score", "v_score_error", "total_operations"] {
      #expect(newNumbers[key] as? Double == numbers[key] as? Double, "\(key)")
    }
    try fitted(program)
  }

  private func fitted(_ program: Program) throws {
    let output = try program.run(
      "scaling", "fit", "s", "--json", "--output", "a.svg", "--table", "a.tsv")
    #expect(output.status == 0, "\(output.standardError)")
    let families = try #require(try output.json()["families"] as? [[String: Any]])
    #expect(families.count == 1 && families[0]["degrees_of_freedom"] as? Int == 1)
    for key in ["alpha", "alpha_error", "beta", "beta_error", "log_prefactor", "chi_square"] {
      #expect(families[0][key] is Double, "\(key)")
    }
    let published = try #require(families[0]["published"] as? [String: Any])
    #expect(published["alpha"] as? Double == 1.29)
    #expect((families[0]["points"] as? [Any])?.count == 4)
    let svg = try String(contentsOfFile: program.folder.path("a.svg"), encoding: .utf8)
    #expect(svg.contains("N = 8") && svg.contains("N = 16") && svg.hasSuffix("</svg>\n"))
    // The table gives the same fit.
    let again = try program.run("scaling", "fit", "a.tsv", "--json")
    let twin = try #require(try again.json()["families"] as? [[String: Any]])
    #expect(twin[0]["alpha"] as? Double == families[0]["alpha"] as? Double)
    #expect(twin[0]["alpha_error"] as? Double == families[0]["alpha_error"] as? Double)
    let twice = try program.run("scaling", "fit", "s", "a.tsv")
    #expect(twice.status == 2 && twice.standardError.contains("occurs twice"))
    let text = try program.run("scaling", "fit", "s", "--quiet", "--output", "a.svg")
    #expect(text.status == 0 && text.standardOutput.contains("arXiv:2606.02794"))
    #expect(text.standardError.isEmpty)
    #expect(program.folder.names == ["a.svg", "a.svg.~1~", "a.tsv", "s"])
  }

  /// What was made in other ways is told apart, and what has no effect on results is not.
  @Test func conditionsSayHowRunsAreMade() throws {
    func conditions(_ arguments: String...) throws -> Set<String> {
      let output = try Program().run(
        ["scaling", "run", "s"] + small + arguments + ["--dry-run", "--json"])
      #expect(output.status == 0, "\(output.standardError)")
      let runs = try #require(try output.json()["runs"] as? [[String: Any]])
      return Set(runs.compactMap { $0["conditions"] as? String })
    }
    #expect(try conditions().count == 1)
    #expect(try conditions() == conditions("--threads", "1", "--final-samples", "30"))
    #expect(try conditions() == conditions("--project", "none"))
    #expect(try !conditions().joined().contains("project"))
    for arguments in [
      ["--project", "all"], ["--optimizer", "march"], ["--blur", "0.2"], ["--steps", "4"],
      ["--boundary", "open"], ["--samples", "12"], ["--learning-rate", "0.01"],
    ] {
      let other = try conditions(arguments[0], arguments[1])
      #expect(try other.isDisjoint(with: conditions()), "\(arguments)")
    }
    #expect(try conditions("--project", "all").allSatisfy { $0.contains("project all") })
  }

  @Test func severalProcessesShareASweep() throws {
    let program = try Program()
    let arguments = ["scaling", "run", "s"] + small + ["--threads", "1"]
    let both = try [program.start(arguments), program.start(arguments)].map { $0.wait() }
    #expect(both.allSatisfy { $0.status == 0 }, "\(both.map(\.standardError))")
    let rows = files(program).keys.filter { $0.hasSuffix("1.json") || $0.hasSuffix("2.json") }
    #expect(rows.count == 8)
    // No run was done twice.
    let done = both.flatMap { $0.standardError.split(separator: "\n") }.filter {
      $0.contains("V-score")
    }
    #expect(done.count == 8, "\(done)")
    #expect(!files(program).keys.contains { $0.hasSuffix(".lock") || $0.hasSuffix(".tmp") })
  }

  @Test func aKilledSweepGoesOn() throws {
    let program = try Program()
    let arguments =
      [
        "scaling", "run", "s", "--cases", "square:0", "--sizes", "4x4", "--layers", "1", "--width",
        "8",
        "--heads", "2", "--samples", "50", "--steps", "60", "--seeds", "1", "--final-samples",
        "100",
        "--checkpoint-every", "1",
      ]
    let running = try program.start(arguments)
    let result = program.folder.path("s/square-j2-0-4x4-layers-1-width-8-seed-1.nqs.h5")
    running.waitForFile(result)
    kill(running.process.processIdentifier, SIGKILL)
    _ = running.wait()
    let output = try program.run("scaling", "run", "s", "--json")
    #expect(output.status == 0, "\(output.standardError)")
    #expect(try output.json()["done"] as? Int == 1)
    let whole = try Program()
    #expect(try whole.run(arguments).status == 0)
    func score(_ program: Program) throws -> Double? {
      let path = program.folder.path("s/square-j2-0-4x4-layers-1-width-8-seed-1.nqs.h5")
      return try HDF5File(readingFrom: path).root.group("final").attribute("v_score")?.doubleValue
    }
    #expect(try score(program) == score(whole))
  }

  @Test func failedRunsAreRecordedAndTheOthersGoOn() throws {
    let program = try Program()
    #expect(try sweep(program, "--time-limit", "0").status == 0)
    let name = "square-j2-0-4x4-layers-1-width-4-seed-1"
    // What another command has trained is only evaluated.
    let first = try program.run(
      "solve", "--resume", "s/square-j2-0-2x4-layers-1-width-4-seed-1.nqs.h5", "--quiet")
    #expect(first.status == 0, "\(first.standardError)")
    #expect(try program.run("scaling", "run", "s").status == 0)
    var row = String(decoding: try #require(files(program)[name + ".json"]), as: UTF8.self)
    row.replace(#/"numbers" : \{(?s:.*?)\n  \},/#, with: "\"failure\" : \"out of memory\",")
    try program.folder.write(row, to: "s/\(name).json")
    let output = try program.run("scaling", "run", "s", "--json", "--quiet")
    #expect(output.status == 0)
    let failed = try #require(try output.json()["failed"] as? [[String: Any]])
    #expect(failed.map { $0["reason"] as? String } == ["out of memory"])
    let fit = try program.run("scaling", "fit", "s")
    #expect(fit.standardError.contains("left out: \(name): out of memory"))
    let retried = try program.run("scaling", "run", "s", "--retry-failed", "--json", "--quiet")
    #expect(try retried.json()["done"] as? Int == 8)
  }

  static let wrongUses: [(arguments: [String], words: String)] = [
    (["run"], "folder"),
    (["run", "s"], "--cases"),
    (["run", "s", "--cases", "square:0"], "--sizes"),
    (["run", "s", "--cases", "square:x", "--sizes", "4x4"], "--cases"),
    (["run", "s", "--cases", "cubic:0", "--sizes", "4x4"], "--geometry must be one of"),
    (["run", "s", "--cases", "square:0", "--sizes", "4x4,4x4"], "--sizes"),
    (["run", "s", "--cases", "square:0,square:0.0", "--sizes", "4x4"], "twice"),
    (["run", "s", "--cases", "square:0", "--sizes", "4x"], "size"),
    (["run", "s", "--cases", "square:0", "--sizes", "4x4", "--patch", "3"], "do not divide"),
    (["run", "s", "--cases", "square:0", "--sizes", "4x4", "--layers", "0"], "--layers"),
    (
      ["run", "s", "--cases", "square:0", "--sizes", "4x4", "--widths", "10", "--heads", "3"],
      "multiple"
    ),
    (["run", "s", "--cases", "square:0", "--sizes", "4x4", "--density", "2"], "no effect"),
    (["run", "s", "--cases", "square:0", "--sizes", "4x4", "--seeds", "-1"], "--seeds"),
    (["run", "s", "--cases", "square:0", "--sizes", "4x4", "--optimizer", "adam"], "minsr"),
    (["run", "no/such/folder", "--cases", "square:0", "--sizes", "4x4"], "cannot be made"),
    (["fit"], "what is to be fitted"),
    (["fit", "missing"], "no such file"),
    (["fit", "."], "no sweep.json"),
  ]

  @Test("Wrong use is one clear complaint", arguments: wrongUses.indices)
  func wrongUseIsRefused(_ index: Int) throws {
    let (arguments, words) = Self.wrongUses[index]
    let program = try Program()
    expectComplaint(
      try program.run(["scaling"] + arguments), in: program, mentioning: [words])
  }

  @Test func wrongFilesAreRefused() throws {
    let program = try Program()
    try program.folder.write("{}", to: "a.json")
    try program.folder.write("what", to: "b.svg")
    let head =
      "hamiltonian\tsites\tforward_operations\tsamples\tsteps\tseed\tv_score\tv_score_error\n"
    try program.folder.write(head + "square:0\t16\t1e6\t10\t10\t1\t0.1\t0.01\n", to: "c.tsv")
    try FileManager.default.createDirectory(
      atPath: program.folder.path("s"), withIntermediateDirectories: false)
    try program.folder.write("mine", to: "s/notes.txt")
    let names = program.folder.names
    for (arguments, words) in [
      (["fit", "a.json"], "a.json is no row"), (["fit", "b.svg"], "give folders of sweeps"),
      (["fit", "c.tsv"], "every size has one number of operations only"),
      (["fit", "c.tsv", "-o", "b.svg"], "is not overwritten"),
      (["fit", "c.tsv", "-o", "d.pdf"], "ends with .svg"),
      (
        ["run", "s", "--cases", "square:0", "--sizes", "4x4"], "is not empty and has no sweep.json"
      ),
      (["run", "a.json", "--cases", "square:0", "--sizes", "4x4"], "is a file"),
    ] {
      expectComplaint(
        try program.run(["scaling"] + arguments), in: program, mentioning: [words], leaving: names)
    }
  }
}
