import CommandLineTool
import Foundation
import Testing

@Suite("cost", .serialized)
struct CostTests {
  @Test("cost of a molecule has a position for every orbital")
  func moleculeIsCounted() throws {
    let program = try Program()
    let json = try program.run("cost", Program.molecule("h2o"), "--json", "--quiet").json()
    #expect(json["positions"] as? Int == 7 && json["vocabulary"] as? Int == 4)
    #expect(json["width"] as? Int == 32 && json["heads"] as? Int == 4)
    #expect(json["cheaper_sampler"] as? String == "transformer")
    let costs = try #require(json["costs"] as? [String: [String: Any]])
    // 2 (4 C² + 2 C F) + C (2 V + 1) a position, and 2 C T (T + 1) for attention.
    let cached = try #require(costs["sampling_cached"]?["multiply_adds"] as? Double)
    #expect(cached == 7 * (2 * 8192 + 288) + 2 * 32 * 56)
    let recurrent = try #require(costs["sampling_recurrent"]?["multiply_adds"] as? Double)
    #expect(recurrent == 7 * (2 * (9216 + 512) + 288))
    #expect(costs["sampling_recurrent"]?["memory_numbers"] as? Double == 512)
    let limits = try #require(json["thresholds"] as? [String: [String: Any]])
    #expect(limits["sampling_cached"]?["positions"] as? Double == 47)
    #expect(limits["masked_matrix"]?["positions_per_width"] as? Double == 0.75)
    #expect(limits["sampling_memory"]?["reached"] as? Bool == true)
    let text = try program.run("cost", Program.molecule("h2o"))
    #expect(text.status == 0 && text.standardOutput.contains("below the threshold 1.47 (T = 48)"))
    #expect(text.standardOutput.contains("T = 7 positions, the orbitals of"))
    #expect(program.folder.names.isEmpty)
  }

  @Test(
    "cost of a hypothetical problem", arguments: [(47, "itself"), (48, "above"), (46, "below")])
  func sideIsSaid(_ positions: Int, _ word: String) throws {
    let output = try Program().run("cost", "--positions", "\(positions)", "--vocabulary", "2")
    #expect(output.status == 0)
    let verdict = try #require(output.lines.last)
    #expect(verdict.contains(word), "\(verdict)")
  }

  static let wrongUses: [(arguments: [String], words: String)] = [
    ([], "--positions"),
    (["no-such-file"], "no-such-file"),
    (["MOLECULE", "--positions", "5"], "not both"),
    (["--positions", "0"], "--positions must be from 1"),
    (["--positions", "-3"], "--positions must be from 1"),
    (["--positions", "many"], "--positions"),
    (["--positions", "5", "--width", "-32"], "--width must be from 1"),
    (["--positions", "5", "--heads", "5"], "multiple of --heads"),
    (["--positions", "5", "--heads", "32"], "must be even"),
    (["--positions", "5", "--layers", "0"], "--layers"),
    (["--positions", "5", "--feed-forward", "0"], "--feed-forward"),
    (["--positions", "5", "--vocabulary", "1"], "--vocabulary"),
    (["--positions", "5", "--chunk", "0"], "--chunk must be at least 1"),
    (["--positions", "5", "--chunk", "6"], "at most the number of positions"),
    (["--positions", "5", "--seed", "2"], "only with --measure"),
    (["MOLECULE", "--output", "a.tsv"], "only with --measure"),
    (["MOLECULE", "--measure"], "leave the file"),
    (["--measure", "--positions", "5"], "leave the file"),
    (["--measure", "--width", "16"], "--widths"),
    (["--measure", "--widths", "18"], "multiple of --heads"),
    (["--measure", "--widths", "16,x"], "--widths"),
    (["--measure", "--positions-list", "-4"], "--positions-list"),
    (["--measure", "--nodes", "0"], "--nodes"),
    (["--measure", "--repetitions", "0"], "--repetitions"),
    (["--measure", "--seed", "-1"], "--seed"),
    (["--measure", "--memory-limit", "1K"], "--memory-limit"),
    (["--measure", "--output", "no/such/folder/a.tsv"], "folder"),
  ]

  @Test("Wrong use is one clear complaint", arguments: wrongUses.indices)
  func wrongUseIsRefused(_ index: Int) throws {
    let (arguments, words) = Self.wrongUses[index]
    let program = try Program()
    let output = try program.run(
      ["cost"] + arguments.map { $0 == "MOLECULE" ? Program.molecule("h2") : $0 })
    expectComplaint(output, in: program, mentioning: [words])
  }

  private func measure(_ program: Program, _ arguments: String...) throws -> Program.Output {
    try program.run(
      [
        "cost", "--measure", "--positions-list", "9,5", "--widths", "16,8", "--nodes", "16",
        "--repetitions", "1",
      ] + arguments)
  }

  @Test("A measurement has a row for every width, length and task")
  func measurementIsComplete() throws {
    let program = try Program()
    let output = try measure(program, "--output", "cost.tsv", "--json")
    #expect(output.status == 0, "\(output.standardError)")
    let json = try output.json()
    let rows = try #require(json["rows"] as? [[String: Any]])
    #expect(rows.count == 2 * 2 * 3)
    for row in rows {
      #expect(try #require(row["transformer_seconds"] as? Double) > 0)
      #expect(try #require(row["retnet_seconds"] as? Double) > 0)
      #expect(try #require(row["counted_ratio"] as? Double) < 1)
    }
    #expect((json["crossovers"] as? [[String: Any]])?.count == 2 * 3)
    let table = try String(contentsOfFile: program.folder.path("cost.tsv"), encoding: .utf8)
    let lines = table.split(separator: "\n")
    #expect(lines.count == 13)
    #expect(
      Set(lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false).count }) == [14])
    #expect(lines[0].hasPrefix("task\twidth\tpositions\t"))

    let text = try measure(program, "--output", "cost.tsv", "--quiet")
    #expect(text.status == 0 && text.standardError.isEmpty)
    #expect(text.standardOutput.contains("training, chunkwise"))
    #expect(text.standardOutput.contains("above 9"))
    #expect(program.folder.names == ["cost.tsv", "cost.tsv.~1~"])
  }

  @Test("A measurement overwrites nothing else")
  func otherFilesStay() throws {
    let program = try Program()
    try program.folder.write("mine", to: "a.tsv")
    let output = try measure(program, "--output", "a.tsv")
    expectComplaint(output, in: program, mentioning: ["not overwritten"], leaving: ["a.tsv"])
  }

  @Test("Crossovers are interpolated in the logarithm of the length")
  func crossoversAreInterpolated() {
    #expect(Crossover([]) == nil)
    #expect(Crossover([(16, 1.1), (32, 1.3)]) == .below(16))
    #expect(Crossover([(16, 0.8), (32, 0.9)]) == .above(32))
    func place(_ points: [(Int, Double)]) -> Double? {
      guard case .at(let positions) = Crossover(points) else { return nil }
      return positions
    }
    let middle = place([(16, 0.9), (64, 1.1), (128, 2)])
    #expect(abs((middle ?? 0) - 32) < 1e-9)
    // Noise below the last crossing does not count.
    let last = place([(16, 1.01), (32, 0.9), (64, 0.99), (128, 1)])
    #expect(abs((last ?? 0) - 128) < 1e-9)
  }
}
