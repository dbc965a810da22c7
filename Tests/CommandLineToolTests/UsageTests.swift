import Foundation
import Testing

@Suite("Help, options and configuration files", .serialized)
struct UsageTests {
  @Test(
    "Help of every command",
    arguments: ["", "solve", "inspect", "exact", "convert", "cost", "plot", "cite", "info"])
  func helpIsPrinted(_ command: String) throws {
    let program = try Program()
    let output = try program.run((command.isEmpty ? [] : [command]) + ["--help"])
    #expect(output.status == 0)
    #expect(output.standardOutput.contains("USAGE: qchem-nqs"))
    #expect(output.standardError.isEmpty)
    if ["solve", "inspect", "exact", "convert", "cost", "plot", "cite"].contains(command) {
      #expect(output.standardOutput.contains("Example"))
    }
  }

  @Test("The version")
  func versionIsPrinted() throws {
    let output = try Program().run("--version")
    #expect(output.status == 0)
    #expect(output.standardOutput.split(separator: ".").count == 3)
  }

  @Test("info says what runs")
  func infoIsPrinted() throws {
    let program = try Program()
    let text = try program.run("info")
    #expect(text.status == 0)
    for word in ["BLAS kernels", "HDF5", "cores", "compiled for"] {
      #expect(text.standardOutput.contains(word))
    }
    let json = try program.run("info", "--json").json()
    #expect(json["blas_kernel"] is String)
  }

  static let wrongUses: [(arguments: [String], words: [String])] = [
    (["frobnicate"], ["frobnicate"]),
    (["solve"], ["--lattice"]),
    (["solve", "MOLECULE", "--widht", "3"], ["--width"]),
    (["solve", "MOLECULE", "--ansatz", "foo"], ["transformer"]),
    (["solve", "MOLECULE", "--width", "0"], ["--width"]),
    (["solve", "MOLECULE", "--width", "7", "--heads", "2"], ["multiple"]),
    (["solve", "MOLECULE", "--exponent", "1.5"], ["(0, 1]"]),
    (["solve", "MOLECULE", "--exponent", "nan"], ["(0, 1]"]),
    (["solve", "MOLECULE", "--momentum", "1"], ["[0, 1)"]),
    (["solve", "MOLECULE", "--learning-rate=-1"], ["positive"]),
    (["solve", "MOLECULE", "--shift", "inf"], ["positive"]),
    (["solve", "MOLECULE", "--steps=-1"], ["--steps"]),
    (["solve", "MOLECULE", "--steps", "-5"], ["--steps must be a whole number from 1"]),
    (["solve", "MOLECULE", "--steps", "1e3"], ["write 1000"]),
    (["solve", "MOLECULE", "--steps", "many"], ["not 'many'"]),
    (["solve", "MOLECULE", "--seed", "-1"], ["--seed must be a whole number from 0"]),
    (["solve", "MOLECULE", "--threads", "0"], ["--threads"]),
    (["solve", "MOLECULE", "--samples", "1"], ["--samples"]),
    (["solve", "MOLECULE", "--steps", "9223372036854775807"], ["--steps"]),
    (["solve", "MOLECULE", "--window", "9223372036854775807"], ["--window"]),
    (["solve", "MOLECULE", "--final-draws", "9223372036854775807"], ["--final-draws"]),
    (["solve", "MOLECULE", "--phase-hidden", "8,x"], ["--phase-hidden"]),
    (
      ["solve", "MOLECULE", "--width", "65536", "--heads", "1", "--layers", "1000"], ["memory"]
    ),
    (
      ["solve", "--lattice", "heisenberg", "--size", "8x8", "--samples", "10000000"],
      ["memory", "derivatives", "fewer --samples"]
    ),
    (
      ["solve", "--lattice", "heisenberg", "--size", "8x8", "--final-samples", "1000000000"],
      ["memory", "lists", "fewer --final-samples"]
    ),
    (["solve", "MOLECULE", "--lattice-symmetry"], ["--lattice-symmetry"]),
    (
      ["solve", "--lattice", "heisenberg", "--size", "6x6", "--lattice-symmetry"],
      ["--lattice-symmetry", "strings"]
    ),
    (["exact", "MOLECULE", "--threads", "0"], ["--threads"]),
    (["solve", "--lattice", "heisenberg", "--size", "4x4", "--j", "1e300"], ["units"]),
    (["exact", "--lattice", "heisenberg", "--size", "4x4", "--j", "1e-9"], ["units"]),
    (
      [
        "solve", "--lattice", "heisenberg", "--size", "6x4", "--j2", "0.5", "--magnetization", "2",
        "--spin-flip",
      ], ["--spin-flip"]
    ),
    (["exact", "--lattice", "ising", "--size", "3x3", "--field", "1e20"], ["units"]),
    (["solve", "MOLECULE", "--order", "1,1"], ["--order"]),
    (["solve", "MOLECULE", "--t0=-1"], ["--t0"]),
    (["solve", "MOLECULE", "--quiet", "--verbose"], ["exclude"]),
    (["solve", "MOLECULE", "--seed"], ["--seed"]),
    (["solve", "MOLECULE", "--irrep", "3"], ["no determinant"]),
    (["solve", "MOLECULE", "--irrep", "9"], ["1 to 8"]),
    (["solve", "MOLECULE", "--irrep", "B1u"], ["B1u is 5 in D2h"]),
    (["solve", "MOLECULE", "--irrep", "A1"], ["1 to 8"]),
    (["solve", "MOLECULE", "--irrep", "-1"], ["1 to 8"]),
    (["exact", "MOLECULE", "--irrep", "Ag"], ["Ag is 1 in D2h"]),
    (["solve", "MOLECULE", "--spin", "1/2"], ["--spin 1/2", "whole"]),
    (["solve", "MOLECULE", "--spin", "2"], ["--spin 2", "at most spin 1"]),
    (["solve", "MOLECULE", "--spin", "one"], ["--spin"]),
    (["solve", "MOLECULE", "--spin", "-1"], ["--spin"]),
    (["solve", "--lattice", "heisenberg", "--size", "4x4", "--spin", "0"], ["--spin"]),
    (["solve", "MOLECULE", "--exact-lattice-symmetry"], ["lattice"]),
    (
      [
        "solve", "--lattice", "heisenberg", "--geometry", "chain", "--size", "22", "--j2", "0.5",
        "--exact-lattice-symmetry",
      ], ["--exact-lattice-symmetry", "strings"]
    ),
    (["exact", "MOLECULE", "--irrep", "3"], ["no determinant"]),
    (["exact", "MOLECULE", "--roots", "0"], ["--roots"]),
    (["exact", "MOLECULE", "--memory-limit", "1"], ["--memory-limit"]),
    (["exact", "MOLECULE", "--memory-limit", "much"], ["--memory-limit"]),
    (["solve", "MOLECULE", "--lattice", "ising"], ["--field"]),
    (
      ["solve", "MOLECULE", "--lattice", "heisenberg", "--size", "4"], ["4x4"]
    ),
    (["solve", "MOLECULE", "--lattice", "heisenberg", "--size", "4x4"], ["not both"]),
    (["solve", "--size", "4x4"], ["--lattice"]),
    (["solve", "--lattice", "heisenberg"], ["--size"]),
    (["solve", "--lattice", "heisenberg", "--size", "4x"], ["4x4"]),
    (["solve", "--lattice", "heisenberg", "--size", "4y4"], ["4y4", "4x4"]),
    (["solve", "--lattice", "heisenberg", "--size", "-4x4"], ["--size", "extent"]),
    (["solve", "--lattice", "heisenberg", "--size", "40x40"], ["128"]),
    (["solve", "--lattice", "heisenberg", "--geometry", "ring", "--size", "8"], ["chain"]),
    (["solve", "--lattice", "heisenberg", "--size", "4x4", "--field", "1"], ["ising"]),
    (["solve", "--lattice", "ising", "--size", "4x4"], ["--field"]),
    (["solve", "--lattice", "ising", "--size", "4x4", "--field", "inf"], ["finite"]),
    (["solve", "--lattice", "ising", "--size", "4x4", "--field", "1", "--j2", "1"], ["--j2"]),
    (
      ["solve", "--lattice", "heisenberg", "--size", "4x4", "--magnetization", "1"],
      ["--magnetization"]
    ),
    (["exact", "--lattice", "heisenberg", "--size", "8x8"], ["limit", "sites"]),
    (["inspect"], ["input"]),
    (["inspect", "no-such-file"], ["no-such-file"]),
    (["inspect", "/"], ["folder"]),
    (["solve", "no-such-file"], ["no-such-file"]),
    (["solve", "MOLECULE", "--output", "no/such/folder/r.h5"], ["folder"]),
    (["solve", "MOLECULE", "--output", "/"], ["file"]),
    (["solve", "MOLECULE", "--output", "/proc/r.h5"], ["written", "write"]),
    (["solve", "MOLECULE", "--config", "no-such.toml"], ["no-such.toml"]),
    (["solve", "--resume", "no-such.h5"], ["no-such.h5"]),
    (["solve", "--resume", "."], ["--resume . is a folder"]),
    (["solve", "--resume", "MOLECULE"], ["HDF5"]),
    (["solve", "--resume", "PLAIN"], ["result"]),
    (["convert", "MOLECULE", "no/such/folder/x.h5"], ["folder"]),
  ]

  @Test("Wrong use is one clear complaint", arguments: wrongUses.indices)
  func wrongUseIsRefused(_ index: Int) throws {
    let (arguments, words) = Self.wrongUses[index]
    let program = try Program()
    let output = try program.run(
      arguments.map {
        switch $0 {
        case "MOLECULE": Program.molecule("h2")
        case "PLAIN": Program.reference("integrals/lih_sto3g.plain.h5")
        default: $0
        }
      })
    expectComplaint(output, in: program, mentioning: words)
  }

  static let wrongFiles: [(text: String, words: [String])] = [
    ("stepss = 3", ["'steps'"]),
    ("colour = 3", ["colour"]),
    ("exponent = 3", ["(0, 1]"]),
    ("steps = [3", ["line 1"]),
    ("[table]\nsteps = 3", ["table"]),
    ("steps = \"many\"", ["'steps' must be a whole number"]),
    ("steps = 1e3", ["write 1000"]),
    ("spin-flip = \"yes\"", ["'spin-flip' must be true or false"]),
    ("phase-hidden = [8.5]", ["'phase-hidden' must be whole numbers"]),
    ("ansatz = \"cnn\"", ["transformer, retnet, made or nade"]),
    ("ansatz = \"rbm\"", ["spin lattices"]),
    ("field = \"x\"", ["'field' must be a number"]),
    ("require-convergence = 1", ["'require-convergence' must be true or false"]),
    ("json = true", ["json"]),
    ("width = 6\nheads = 4", ["multiple"]),
  ]

  @Test("A wrong configuration file is one clear complaint", arguments: wrongFiles.indices)
  func wrongConfigurationIsRefused(_ index: Int) throws {
    let (text, words) = Self.wrongFiles[index]
    let program = try Program()
    try program.folder.write(text, to: "a.toml")
    let output = try program.run("solve", Program.molecule("h2"), "--config", "a.toml")
    expectComplaint(output, in: program, mentioning: words, leaving: ["a.toml"])
  }

  @Test("A configuration file is followed, and flags go before it")
  func configurationIsMerged() throws {
    let program = try Program()
    let text = """
      ansatz = "retnet"
      width = 8
      heads = 2
      phase-hidden = [12, 6]
      steps = 7
      seed = 5
      spin-flip = false
      output = "from-file.h5"
      """
    try program.folder.write(text, to: "a.toml")
    let output = try program.run(
      "solve", Program.molecule("lih"), "--config", "a.toml", "--seed", "6", "--json", "--window",
      "4")
    #expect(output.status == 0, "\(output.standardError)")
    let json = try output.json()
    #expect(json["ansatz"] as? String == "retnet")
    #expect(json["seed"] as? Int == 6)
    #expect(json["steps"] as? Int == 7)
    #expect(json["output"] as? String == "from-file.h5")
    let settings = try ResultReader(program.folder.path("from-file.h5")).settings()
    let ansatz = try #require(settings["ansatz"] as? [String: Any])
    #expect(ansatz["phaseHidden"] as? [Int] == [12, 6])
    #expect(ansatz["width"] as? Int == 8)
  }
}
