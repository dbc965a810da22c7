import Foundation
import Testing

@Suite("The classical Ising model", .serialized)
struct ClassicalTests {
  /// The edge list of a 3 × 3 torus.
  private func edges(_ coupling: (Int) -> Double) -> String {
    var lines = ["# i j J"]
    for site in 0..<9 {
      let (row, column) = (site / 3, site % 3)
      lines.append("\(site) \(row * 3 + (column + 1) % 3) \(coupling(2 * site))")
      lines.append("\(site) \((row + 1) % 3 * 3 + column) \(coupling(2 * site + 1))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func expect(
    _ json: [String: Any], _ key: String, _ known: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(json[key] as? Double, sourceLocation: sourceLocation)
    #expect(abs(found / known - 1) < 1e-12, "\(key)", sourceLocation: sourceLocation)
  }

  @Test("exact gives the numbers of the literature", arguments: ["128", "128x128"])
  func exactAsJSON(_ size: String) throws {
    let program = try Program()
    let json = try program.run(
      "exact", "--lattice", "classical-ising", "--size", size, "--beta", "0.44", "--json"
    ).json()
    #expect(
      json.keys.sorted() == [
        "beta", "coupling", "energy_per_site", "entropy_per_site", "free_energy_per_site", "length",
        "log_partition_function", "log_partition_function_per_site", "method", "problem", "program",
        "specific_heat_per_site", "version", "wall_seconds",
      ])
    #expect(json["program"] as? String == "qchem-nqs")
    #expect(json["problem"] as? String == "classical-ising-128x128-beta-0.44")
    #expect(json["method"] as? String == "kaufman")
    #expect(json["length"] as? Int == 128 && json["coupling"] as? Double == 1)
    #expect(json["beta"] as? Double == 0.44)
    // Table of Tests/ExactSolversTests/Reference.
    try expect(json, "log_partition_function_per_site", 0.9287629499343)
    try expect(json, "log_partition_function", 0.9287629499343 * 16384)
    try expect(json, "free_energy_per_site", -2.110824886214)
    try expect(json, "energy_per_site", -1.409996028701)
    try expect(json, "specific_heat_per_site", 2.585334745793)
    try expect(json, "entropy_per_site", 0.3083646973059)
    #expect(program.folder.names.isEmpty)
  }

  @Test("exact as text")
  func exactAsText() throws {
    let arguments = ["exact", "--lattice", "classical-ising", "--size", "16", "--beta", "0.44"]
    let output = try Program().run(arguments)
    #expect(output.status == 0 && output.standardError.isEmpty)
    let lines = output.lines
    #expect(
      lines.first?.hasPrefix("classical-ising-16x16-beta-0.44: 256 spins, solved by Kaufman")
        == true)
    #expect(lines.contains("free energy per site    -2.116364055435"))
    #expect(lines.last?.hasPrefix("EXACT LN Z  238.387") == true)
    let quiet = try Program().run(arguments + ["--quiet"])
    #expect(quiet.lines.count == 1 && quiet.lines.last == lines.last)
  }

  @Test("Infinite temperature has no free energy")
  func infiniteTemperature() throws {
    let json = try Program().run(
      "exact", "--lattice", "classical-ising", "--size", "3", "--beta", "0", "--json"
    ).json()
    #expect(json["free_energy_per_site"] is NSNull)
    try expect(json, "log_partition_function", 9 * log(2))
    try expect(json, "entropy_per_site", log(2))
  }

  @Test("Couplings of a file, and antiferromagnets")
  func couplings() throws {
    let program = try Program()
    try program.folder.write(edges { _ in -1 }, to: "all.edges")
    try program.folder.write(edges { $0 == 5 ? 0.5 : -1 }, to: "one.edges")
    func run(_ arguments: String...) throws -> [String: Any] {
      try program.run(
        ["exact", "--lattice", "classical-ising", "--size", "3", "--beta", "0.7", "--json"]
          + arguments
      ).json()
    }
    let file = try run("--couplings", "all.edges")
    #expect(file["coupling"] is NSNull && file["method"] as? String == "transfer-matrix")
    #expect(file["problem"] as? String == "classical-ising-3x3-all-beta-0.7")
    let option = try run("--j", "-1")
    #expect(option["coupling"] as? Double == -1)
    #expect(option["method"] as? String == "transfer-matrix")
    let energy = try #require(option["energy_per_site"] as? Double)
    try expect(file, "energy_per_site", energy)
    let changed = try run("--couplings", "one.edges")
    #expect(changed["energy_per_site"] as? Double != energy)
  }

  static let wrongUses: [(arguments: [String], words: String)] = [
    (["--size", "4x5", "--beta", "0.4"], "square"),
    (["--size", "2", "--beta", "0.4"], "at least 3"),
    (["--size", "-4", "--beta", "0.4"], "at least 3"),
    (["--size", "4x4x4", "--beta", "0.4"], "128x128"),
    (["--size", "4x", "--beta", "0.4"], "128x128"),
    (["--size", "100000", "--beta", "0.4"], "at most 65536"),
    (["--beta", "0.4"], "--size"),
    (["--size", "4"], "needs --beta"),
    (["--size", "4", "--beta", "-0.1"], "--beta must be a finite number, at least 0, not -0.1"),
    (["--size", "4", "--beta", "nan"], "not nan"),
    (["--size", "4", "--beta", "inf"], "finite"),
    (["--size", "4", "--beta", "1e300"], "too large"),
    (["--size", "4", "--beta", "hot"], "--beta"),
    (["--size", "4", "--beta", "1", "--j", "nan"], "--j must be a finite number"),
    (["--size", "4", "--beta", "1", "--boundary", "open"], "torus"),
    (["--size", "4", "--beta", "1", "--geometry", "triangular"], "square"),
    (["--size", "4", "--beta", "1", "--j2", "1"], "--j2 belongs to"),
    (["--size", "4", "--beta", "1", "--field", "1"], "--field belongs to"),
    (["--size", "4", "--beta", "1", "--delta", "1"], "--delta belongs to"),
    (["--size", "4", "--beta", "1", "--magnetization", "0"], "--magnetization belongs to"),
    (["--size", "4", "--beta", "1", "--roots", "1"], "--roots"),
    (["--size", "4", "--beta", "1", "--irrep", "1"], "--irrep"),
    (["MOLECULE", "--size", "4", "--beta", "1"], "not both"),
    (["--size", "15", "--beta", "1", "--j", "-1"], "13x13"),
    (["--size", "4", "--beta", "1", "--couplings", "none"], "none: there is no such file"),
    (["--size", "4", "--beta", "1", "--couplings", "."], "folder"),
    (["--size", "3", "--beta", "1", "--couplings", "EDGES", "--j", "1"], "exclude each other"),
    (["--size", "3", "--beta", "100", "--couplings", "EDGES"], "higher temperature"),
    (["--size", "4", "--beta", "1", "--couplings", "EDGES"], "line 5: sites 1 and 4 are"),
    (["--size", "3", "--beta", "1", "--couplings", "BAD"], "line 2: the coupling must be"),
    (["--size", "2000", "--beta", "1", "--couplings", "EDGES"], "1024x1024"),
  ]

  @Test("Wrong use of exact is one clear complaint", arguments: wrongUses.indices)
  func wrongUseIsRefused(_ index: Int) throws {
    let (arguments, words) = Self.wrongUses[index]
    let program = try Program()
    let files = try Program.Folder()
    try files.write(edges { _ in 1 }, to: "edges")
    try files.write("# i j J\n0 1 one\n", to: "bad")
    let output = try program.run(
      ["exact", "--lattice", "classical-ising"]
        + arguments.map {
          switch $0 {
          case "EDGES": files.path("edges")
          case "BAD": files.path("bad")
          case "MOLECULE": Program.molecule("h2")
          default: $0
          }
        })
    expectComplaint(output, in: program, mentioning: [words])
  }

  @Test("Its options belong to no other model")
  func otherCommands() throws {
    let program = try Program()
    for (arguments, words) in [
      (["exact", "--lattice", "heisenberg", "--size", "4x4", "--beta", "1"], "--beta belongs to"),
      (
        ["exact", "--lattice", "hubbard", "--u", "4", "--size", "4x4", "--couplings", "x"],
        "--couplings belongs to"
      ),
      (["exact", "--beta", "1"], "--beta needs --lattice"),
    ] {
      expectComplaint(try program.run(arguments), in: program, mentioning: [words])
    }
  }

  @Test("A configuration file knows its options")
  func configurationFile() throws {
    let program = try Program()
    for (text, words) in [
      ("beta = \"x\"", "'beta' must be a number"),
      ("couplings = 3.5", "'couplings' must be a text"),
    ] {
      try program.folder.write(text, to: "a.toml")
      let output = try program.run("solve", "--config", "a.toml")
      expectComplaint(output, in: program, mentioning: [words], leaving: ["a.toml"])
    }
  }
}
