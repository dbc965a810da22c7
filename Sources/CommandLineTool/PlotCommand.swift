internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Plots

/// `qchem-nqs plot`.
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw how runs went, as an SVG figure.",
    discussion: """
      Takes result files of molecules, lattices and classical spins, finished or not. Panels against the \
      step: the energy (of classical spins the free energy) or, with --reference, how far it is from \
      that number; the variance; temperature and entropy of annealed runs; the acceptance of Markov \
      chains, the effective sample size of classical spins. Results of one kind come into one figure.

      Examples:
        qchem-nqs plot h2o_sto3g.nqs.h5 --output h2o.svg
        qchem-nqs plot a.nqs.h5 b.nqs.h5 --reference -75.0124036588 --output ab.svg
      """)

  @Argument(help: "Result files.")
  var results: [String] = []

  @Option(name: .shortAndLong, help: "The figure, an SVG file.")
  var output: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The exact energy: the distance from it is drawn, on a logarithmic axis. Total, in Eh or J; of \
      classical spins the free energy βF.
      """, valueName: "energy"))
  var reference: Double?

  @Flag(help: "Energies of lattices for each site; --reference is then for each site as well.")
  var perSite = false

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Do not keep an earlier figure of the output's name. (default: no)")
  var overwrite: Bool?

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  func validate() throws {
    if results.isEmpty { throw ValidationError("what is to be drawn? Give result files.") }
    try require("reference", reference, "a finite number") { $0.isFinite }
  }

  func run() throws {
    let file = try FigureFile(output, overwrites: overwrite == true)
    defer { file.release() }
    let curves = try results.map { try RunCurve(reading: $0, perSite: perSite) }
    let logger = (quiet ? Verbosity.quiet : .normal).makeLogger()
    try file.write(
      try ConvergenceFigure(curves, reference: reference).figure, logger: logger)
  }
}
