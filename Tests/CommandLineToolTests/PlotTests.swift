import Foundation
import Testing

@Suite("plot", .serialized)
struct PlotTests {
  private func spins(_ program: Program, _ name: String, seed: Int = 1) throws {
    let output = try program.run(
      "solve", "--lattice", "heisenberg", "--geometry", "chain", "--size", "8", "--ansatz", "vit",
      "--samples", "20", "--width", "4", "--heads", "2", "--layers", "1", "--steps", "5", "--seed",
      "\(seed)", "--final-samples", "40", "--quiet", "-o", name)
    #expect(output.status == 0, "\(output.standardError)")
  }

  private func texts(_ program: Program, _ name: String) throws -> [String] {
    let svg = try String(contentsOfFile: program.folder.path(name), encoding: .utf8)
    return svg.matches(of: #/<text[^>]*>(.*)</text>/#).map {
      String($0.1).replacing(#/<[^>]*>/#, with: "")
    }
  }

  @Test func runsOfMarkovChains() throws {
    let program = try Program()
    try spins(program, "a.nqs.h5")
    try spins(program, "b.nqs.h5", seed: 2)
    let output = try program.run("plot", "a.nqs.h5", "b.nqs.h5", "--output", "ab.svg")
    #expect(output.status == 0, "\(output.standardError)")
    let texts = try texts(program, "ab.svg")
    for text in ["E / J", "variance / J2", "acceptance", "step", "a", "b"] {
      #expect(texts.contains(text), "\(text) in \(texts)")
    }
    let reference = try program.run(
      "plot", "a.nqs.h5", "--per-site", "--reference", "-0.4563866761", "--output", "ab.svg")
    #expect(reference.status == 0, "\(reference.standardError)")
    #expect(try self.texts(program, "ab.svg").contains("|E / N − reference| / J"))
    #expect(program.folder.names == ["a.nqs.h5", "ab.svg", "ab.svg.~1~", "b.nqs.h5"])
  }

  @Test func runsOfMoleculesAndClassicalSpins() throws {
    let program = try Program()
    let molecule = try program.run(
      "solve", Program.molecule("h2o"), "--steps", "8", "--annealing", "linear", "--start",
      "random",
      "--quiet", "-o", "m.nqs.h5")
    #expect(molecule.status == 0, "\(molecule.standardError)")
    let first = try program.run("plot", "m.nqs.h5", "-o", "m.svg")
    #expect(first.status == 0, "\(first.standardError)")
    let texts = try texts(program, "m.svg")
    for text in ["E / Eh", "variance / Eh2", "temperature / Eh", "entropy"] {
      #expect(texts.contains(text), "\(text) in \(texts)")
    }
    let classical = try program.run(
      "solve", "--lattice", "classical-ising", "--size", "4", "--beta", "0.4", "--steps", "5",
      "--quiet", "-o", "c.nqs.h5")
    #expect(classical.status == 0, "\(classical.standardError)")
    let second = try program.run("plot", "c.nqs.h5", "-o", "c.svg", "--quiet")
    #expect(second.status == 0 && second.standardError.isEmpty, "\(second.standardError)")
    #expect(try self.texts(program, "c.svg").contains("βF"))
    let mixed = try program.run("plot", "m.nqs.h5", "c.nqs.h5", "-o", "mc.svg")
    #expect(mixed.status == 2 && mixed.standardError.contains("draw them apart"))
    let sites = try program.run("plot", "m.nqs.h5", "-o", "mc.svg", "--per-site")
    #expect(sites.status == 2 && sites.standardError.contains("--per-site is for lattices"))
    #expect(!program.folder.names.contains("mc.svg"))
  }

  @Test func wrongUseIsRefused() throws {
    let program = try Program()
    try program.folder.write("mine", to: "a.svg")
    try program.folder.write("what", to: "b.nqs.h5")
    let names = program.folder.names
    for (arguments, words) in [
      ([], "--output"), (["-o", "c.svg"], "what is to be drawn"),
      (["missing.h5", "-o", "c.svg"], "missing.h5"), (["b.nqs.h5", "-o", "c.svg"], "b.nqs.h5"),
      (["b.nqs.h5", "-o", "a.svg"], "is not overwritten"),
      (["b.nqs.h5", "-o", "c.png"], "ends with .svg"), (["b.nqs.h5", "-o", "no/c.svg"], "folder"),
      (["b.nqs.h5", "-o", "c.svg", "--reference", "nan"], "--reference"),
    ] {
      expectComplaint(
        try program.run(["plot"] + arguments), in: program, mentioning: [words], leaving: names)
    }
  }
}
