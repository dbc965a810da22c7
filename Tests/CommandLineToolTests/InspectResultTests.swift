import Foundation
import HDF5Files
import Testing

@Suite("inspect of results", .serialized)
struct InspectResultTests {
  private func solve(_ program: Program, _ arguments: String..., as name: String) throws {
    let output = try program.run(["solve"] + arguments + ["--quiet", "-o", name])
    #expect(output.status == 0, "\(output.standardError)")
  }

  /// The columns of a table with commas.
  private func columns(_ text: String) throws -> [String: [Double?]] {
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let names = try #require(lines.first)
    var result: [String: [Double?]] = [:]
    for (index, name) in names.enumerated() {
      result[String(name)] = lines.dropFirst().map { Double($0[index]) }
    }
    return result
  }

  private func numbers(_ group: HDF5Group) throws -> [String: Double] {
    var numbers: [String: Double] = [:]
    for name in try group.attributeNames() {
      numbers[name] = try group.attribute(name)?.doubleValue
    }
    return numbers
  }

  /// Whether a JSON number is one of a file; Foundation reads decimals to some units in the last place only.
  private func isSame(_ json: Any?, _ value: Double?) -> Bool {
    guard let number = (json as? NSNumber)?.doubleValue, let value else { return false }
    return abs(number - value) <= 4 * value.ulp
  }

  @Test func moleculesShowWhatTheFileHolds() throws {
    let program = try Program()
    try solve(program, Program.molecule("h2o"), "--steps", "8", as: "h2o.nqs.h5")
    let reader = try ResultReader(program.folder.path("h2o.nqs.h5"))
    let text = try program.run("inspect", "h2o.nqs.h5", "--point-group", "C2v")
    #expect(text.status == 0, "\(text.standardError)")
    for words in [
      "7 orbitals, 5 α + 5 β", "NOT CONVERGED", "warnings", "leading determinants",
      "2222200  A1", "natural occupations", "--steps", "FINAL ENERGY", "as if ORBSYM had Molpro",
      "A1 A1 B2 A1 B1 A1 B2", "whole sector",
    ] {
      #expect(text.standardOutput.contains(words), "\(words) in \(text.standardOutput)")
    }
    let json = try program.run("inspect", "h2o.nqs.h5", "--json", "--leading", "3").json()
    let final = try numbers(try reader.root.group("final"))
    #expect(isSame(json["energy"], final["energy"]))
    #expect(isSame(json["energy_error"], final["error"]))
    let settings = try #require(json["settings"] as? [String: String])
    #expect(settings["steps"] == "8" && settings["width"] == "32" && settings["seed"] == "1")
    #expect(settings["order"] == "7,6,5,4,3,2,1")
    // What has no effect in this run is left out.
    #expect(settings["hidden"] == nil)
    let leading = try #require(json["leading"] as? [[String: Any]])
    #expect(leading.count == 3 && leading[0]["occupation"] as? String == "2222200")
    let occupations = try #require(json["natural_occupations"] as? [Double])
    #expect(abs(occupations.reduce(0, +) - 10) < 1e-8)
  }

  @Test func stepsAreTheTrace() throws {
    let program = try Program()
    try solve(
      program, Program.molecule("h2o"), "--steps", "5", "--annealing", "linear", "--start",
      "random", as: "a.nqs.h5")
    let trace = try ResultReader(program.folder.path("a.nqs.h5")).trace()
    let report = try program.run("inspect", "a.nqs.h5", "--csv", "a.csv")
    #expect(report.status == 0 && report.standardOutput.contains("FINAL ENERGY"))
    let file = try String(contentsOfFile: program.folder.path("a.csv"), encoding: .utf8)
    let output = try program.run("inspect", "a.nqs.h5", "--csv", "-")
    #expect(output.standardOutput == file)
    let columns = try columns(file)
    for (name, values) in trace { #expect(columns[name]?.compactMap { $0 } == values, "\(name)") }
    #expect(columns.count == trace.count + 1)
    let again = try program.run("inspect", "a.nqs.h5", "--csv", "a.csv", "--quiet")
    #expect(again.status == 0 && program.folder.names.contains("a.csv.~1~"))
  }

  @Test func spinsShowWhatTheFileHolds() throws {
    let program = try Program()
    try solve(
      program, "--lattice", "heisenberg", "--geometry", "chain", "--size", "8", "--ansatz", "vit",
      "--samples", "20", "--width", "4", "--heads", "2", "--layers", "1", "--steps", "5",
      "--final-samples", "40", as: "v.nqs.h5")
    let final = try numbers(
      try ResultReader(program.folder.path("v.nqs.h5")).root.group("final"))
    let json = try program.run("inspect", "v.nqs.h5", "--json").json()
    for (name, value) in final where name != "irrep_established" && name != "reliable" {
      #expect(isSame(json[name], value), "\(name)")
    }
    let settings = try #require(json["settings"] as? [String: String])
    // Every setting is an option of solve, by this name.
    let help = try program.run("solve", "--help").standardOutput
    for name in settings.keys { #expect(help.contains("--\(name)"), "\(name)") }
    #expect(settings["project"] == "all" && settings["sweep"] == "8")
    let text = try program.run("inspect", "v.nqs.h5").standardOutput
    for words in ["energy per site", "R-hat", "FINAL ENERGY", "--final-samples"] {
      #expect(text.contains(words), "\(words)")
    }
    let columns = try columns(try program.run("inspect", "v.nqs.h5", "--csv", "-").standardOutput)
    #expect(columns["acceptance"]?.count == 5)
  }

  @Test func classicalSpinsAndLattices() throws {
    let program = try Program()
    try solve(
      program, "--lattice", "classical-ising", "--size", "4", "--beta", "0.4", "--steps", "5",
      as: "c.nqs.h5")
    let final = try numbers(
      try ResultReader(program.folder.path("c.nqs.h5")).root.group("final"))
    let json = try program.run("inspect", "c.nqs.h5", "--json").json()
    for (name, value) in final where name != "reliable" {
      #expect(isSame(json[name], value), "\(name)")
    }
    let help = try program.run("solve", "--help").standardOutput
    for name in try #require(json["settings"] as? [String: String]).keys {
      #expect(help.contains("--\(name)"), "\(name)")
    }
    #expect(
      try program.run("inspect", "c.nqs.h5").standardOutput.contains("FREE ENERGY PER SITE"))
    try solve(
      program, "--lattice", "heisenberg", "--size", "4x4", "--steps", "3", as: "l.nqs.h5")
    let lattice = try program.run("inspect", "l.nqs.h5", "--json", "--leading", "1").json()
    let leading = try #require(lattice["leading"] as? [[String: Any]])
    // The Neel state and its partner.
    #expect(leading[0]["spins"] as? String == "1010010110100101")
    #expect(leading[0]["members"] as? Int == 2)
  }

  @Test func checkpointsAndExactVectors() throws {
    let program = try Program()
    let exact = try program.run(
      "exact", Program.molecule("h2o"), "--output", "e.h5", "--quiet")
    #expect(exact.status == 0, "\(exact.standardError)")
    let json = try program.run("inspect", "e.h5", "--json").json()
    // Full CI of PySCF, Reference/README.md.
    #expect(abs((json["energy"] as? Double ?? 0) + 75.0124036588) < 1e-8)
    let text = try program.run("inspect", "e.h5").standardOutput
    #expect(text.contains("full CI, 133 determinants") && text.contains("natural occupations"))
    let names = program.folder.names
    expectComplaint(
      try program.run("inspect", "e.h5", "--csv", "-"), in: program, mentioning: ["no steps"],
      leaving: names)
    expectComplaint(
      try program.run("inspect", "e.h5", "--lattice", "heisenberg", "--size", "4"), in: program,
      mentioning: ["not both"], leaving: names)
  }

  @Test func badInputIsRefused() throws {
    let program = try Program()
    try solve(program, Program.molecule("h2"), "--steps", "2", as: "a.nqs.h5")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: program.folder.path("a.nqs.h5")))
    bytes.removeLast(bytes.count / 3)
    try bytes.write(to: URL(fileURLWithPath: program.folder.path("damaged.nqs.h5")))
    try program.folder.write("mine", to: "mine.csv")
    let names = program.folder.names
    for (arguments, words) in [
      (["damaged.nqs.h5"], "damaged.nqs.h5"), (["missing.nqs.h5"], "missing.nqs.h5"),
      (["a.nqs.h5", "--csv", "mine.csv"], "is not overwritten"),
      (["a.nqs.h5", "--csv", "no/steps.csv"], "folder"),
      (["a.nqs.h5", "--csv", "-", "--json"], "standard output"),
      (["a.nqs.h5", "--leading", "-1"], "--leading"),
      (["a.nqs.h5", "--point-group", "C3v"], "D2h, C2v"),
      ([Program.molecule("h2"), "--csv", "-"], "--csv is for results"),
    ] {
      expectComplaint(
        try program.run(["inspect"] + arguments), in: program, mentioning: [words], leaving: names)
    }
  }

  @Test func irrepsGoByName() throws {
    let program = try Program()
    let json = try program.run(
      "inspect", Program.molecule("h2"), "--point-group", "D2h", "--json"
    ).json()
    #expect(
      json["irrep_names"] as? [String] == ["Ag", "B3u", "B2u", "B1g", "B1u", "B2g", "B3g", "Au"])
    let named = try program.run("exact", Program.molecule("h2o"), "--irrep", "C2v:B1")
    let numbered = try program.run("exact", Program.molecule("h2o"), "--irrep", "2")
    #expect(named.status == 0 && named.standardOutput == numbered.standardOutput)
    #expect(named.standardError.contains("C2v:B1 is number 2"))
  }

  @Test func versionsAgree() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../..")
    func text(_ name: String) throws -> String {
      try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
    }
    let program = try Program()
    let version = try #require(
      try program.run("--version").standardOutput.split(separator: "\n").first)
    #expect(try text("CITATION.cff").contains("\nversion: \(version)\n"))
    #expect(try program.run("cite").standardOutput.contains("version = {\(version)}"))
    let stated = try #require(
      try program.run("info", "--json").json()["packages"] as? String)
    for match in try text("Package.swift").matches(
      of: #/url: "[^"]*/([^"/]+)", from: "([0-9.]+)"/#)
    {
      #expect(stated.contains("\(match.1) \(match.2)"), "\(match.1)")
    }
  }

  @Test func papersOfTheMethods() throws {
    let program = try Program()
    try solve(program, Program.molecule("h2"), "--ansatz", "retnet", "--steps", "2", as: "a.nqs.h5")
    let text = try program.run("cite", "a.nqs.h5").standardOutput
    for key in ["@software{qchem-nqs", "Knitter2025", "Sun2023", "Chen2024", "Scemama2013"] {
      #expect(text.contains(key), "\(key)")
    }
    #expect(!text.contains("Kingma2015"))
    let own = try program.run("cite").standardOutput
    #expect(own.contains("@software") && !own.contains("@article"))
    let file = try String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../CITATIONS.bib"), encoding: .utf8)
    let all = try program.run("cite", "--all").standardOutput
    let keys = file.matches(of: #/(?m)^@[a-z]+\{([A-Za-z0-9]+),/#).map { String($0.1) }
    #expect(keys.count > 30)
    for key in keys { #expect(all.contains("{\(key),"), "\(key)") }
    expectComplaint(
      try program.run("cite", "missing.h5"), in: program, mentioning: ["missing.h5"],
      leaving: program.folder.names)
  }
}
