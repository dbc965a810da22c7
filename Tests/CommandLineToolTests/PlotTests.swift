import Foundation
import HDF5Files
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

  /// The corners of the paths of a colour that are filled, or stroked.
  private func paths(_ svg: String, _ attribute: String, _ color: String) -> [String] {
    svg.matches(of: #/<path d="([^"]*)"([^>]*)>/#).filter {
      $0.2.contains("\(attribute)=\"\(color)\"")
    }.map { String($0.1) }
  }

  @Test func figuresOfMolecules() throws {
    let program = try Program()
    let run = try program.run(
      "solve", Program.molecule("h2o"), "--steps", "12", "--quiet", "--selected-ci", "60",
      "--exact-limit", "10", "-o", "m.nqs.h5")
    #expect(run.status == 0, "\(run.standardError)")
    let exact = try program.run("exact", Program.molecule("h2o"), "--output", "e.h5", "--quiet")
    #expect(exact.status == 0, "\(exact.standardError)")

    let entropies = try program.run("plot", "e.h5", "--figure", "entropies", "-o", "e.svg")
    #expect(entropies.status == 0, "\(entropies.standardError)")
    let svg = try String(contentsOfFile: program.folder.path("e.svg"), encoding: .utf8)
    // A bar and a disc for each orbital, and a line for a pair at most.
    let bars = try #require(paths(svg, "fill", "#D55E00").first)
    #expect(bars.filter { $0 == "Z" }.count == 7)
    #expect(svg.matches(of: #/<circle /#).count == 7)
    #expect((1...21).contains(svg.matches(of: #/stroke-opacity/#).count))

    let stages = try program.run(
      "plot", "m.nqs.h5", "--figure", "extrapolation", "--reference", "-75.0124036588", "-o",
      "x.svg")
    #expect(stages.status == 0, "\(stages.standardError)")
    let reader = try ResultReader(program.folder.path("m.nqs.h5"))
    let count = try reader.root.group("selected_ci").read(Double.self, "stage_energies").values
      .count
    let figure = try String(contentsOfFile: program.folder.path("x.svg"), encoding: .utf8)
    let discs = try #require(paths(figure, "fill", "#0072B2").first)
    #expect(discs.filter { $0 == "M" }.count == count)
    #expect(try texts(program, "x.svg").contains("reference"))

    let names = program.folder.names
    for (arguments, words) in [
      (["m.nqs.h5", "--figure", "entropies"], "whose whole sector"),
      (["e.h5", "--figure", "extrapolation"], "is neither"),
      (["e.h5"], "no steps"), (["m.nqs.h5", "--figure", "spins"], "for lattices"),
      (["m.nqs.h5", "--figure", "correlations"], "vit and rbm"),
    ] {
      expectComplaint(
        try program.run(["plot"] + arguments + ["-o", "n.svg"]), in: program, mentioning: [words],
        leaving: names)
    }
  }

  @Test func figuresOfSpins() throws {
    let program = try Program()
    try spins(program, "a.nqs.h5")
    let chain = try program.run("plot", "a.nqs.h5", "--figure", "correlations", "-o", "c.svg")
    #expect(chain.status == 0, "\(chain.standardError)")
    let svg = try String(contentsOfFile: program.folder.path("c.svg"), encoding: .utf8)
    // Distances 1 to 4, and momenta 0 to 8 in units of 2π/8.
    let discs = paths(svg, "fill", "#0072B2").map { $0.filter { $0 == "M" }.count }
    #expect(discs == [4, 9] || discs == [4, 9, 1], "\(discs)")
    let line = try #require(try texts(program, "c.svg").first { $0 == "q / 2π" })
    #expect(!line.isEmpty)
    let classical = try program.run(
      "solve", "--lattice", "classical-ising", "--size", "4", "--beta", "0.4", "--steps", "3",
      "--quiet", "--leading", "3", "-o", "i.nqs.h5")
    #expect(classical.status == 0, "\(classical.standardError)")
    let images = try program.run("plot", "i.nqs.h5", "--figure", "spins", "-o", "i.svg")
    #expect(images.status == 0, "\(images.standardError)")
    let text = try String(contentsOfFile: program.folder.path("i.svg"), encoding: .utf8)
    #expect(text.matches(of: #/<clipPath/#).count == 3)
    // The black cells are the spins that are up.
    let reader = try ResultReader(program.folder.path("i.nqs.h5"))
    let up = try reader.root.group("samples").read(UInt8.self, "configurations").values
      .count { $0 == 1 }
    var cells = 0.0
    for path in paths(text, "fill", "#000000") {
      for match in path.matches(of: #/h([0-9.]+)v/#) { cells += (Double(match.1) ?? 0) / 25 }
    }
    #expect(abs(cells - Double(up)) < 1e-9)
    let names = program.folder.names
    for (arguments, words) in [
      (["a.nqs.h5", "--figure", "spins"], "square lattices"),
      (["a.nqs.h5", "--figure", "extrapolation"], "no energy at zero variance"),
      (["i.nqs.h5", "--figure", "correlations"], "vit and rbm"),
      (["i.nqs.h5", "--figure", "entropies"], "no entropies"),
    ] {
      expectComplaint(
        try program.run(["plot"] + arguments + ["-o", "n.svg"]), in: program, mentioning: [words],
        leaving: names)
    }
  }

  @Test func imagesNeedTheirProgram() throws {
    let program = try Program()
    try spins(program, "a.nqs.h5")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "PATH=/nowhere", Program.executable.path, "plot", "a.nqs.h5", "-o", "a.png",
    ]
    process.currentDirectoryURL = program.folder.url
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    let text = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    #expect(process.terminationStatus == 2 && text.contains("librsvg2-bin"), "\(text)")
    #expect(program.folder.names == ["a.nqs.h5"])
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/rsvg-convert") else { return }
    let output = try program.run("plot", "a.nqs.h5", "-o", "a.png")
    #expect(output.status == 0, "\(output.standardError)")
    let bytes = try Data(contentsOf: program.folder.url.appendingPathComponent("a.png"))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    // An earlier figure is kept, as SVG files are.
    #expect(try program.run("plot", "a.nqs.h5", "-o", "a.png").status == 0)
    #expect(program.folder.names == ["a.nqs.h5", "a.png", "a.png.~1~"])
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
      (["b.nqs.h5", "-o", "c.pdf"], "ends with .svg or .png"),
      (["b.nqs.h5", "-o", "no/c.svg"], "folder"),
      (["b.nqs.h5", "-o", "c.svg", "--reference", "nan"], "--reference"),
      (["b.nqs.h5", "-o", "c.svg", "--figure", "pie"], "--figure"),
      (["b.nqs.h5", "a.nqs.h5", "-o", "c.svg", "--figure", "spins"], "of one result"),
      (["b.nqs.h5", "-o", "c.svg", "--figure", "spins", "--per-site"], "--per-site"),
    ] {
      expectComplaint(
        try program.run(["plot"] + arguments), in: program, mentioning: [words], leaving: names)
    }
  }
}
