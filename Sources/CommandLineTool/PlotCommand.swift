internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Plots

/// `qchem-nqs plot`.
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw what is in results, as an SVG or PNG figure.",
    discussion: """
      Takes result files of molecules, lattices and classical spins. --figure says what is drawn:

      trace: how runs went, finished or not, against the step: the energy (of classical spins the free \
      energy) or, with --reference, how far it is from that number; its error and variance; temperature and \
      entropy of annealed runs, the number of distinct configurations; the acceptance of Markov chains, the \
      effective sample size of classical spins. Results of one kind come into one figure.

      extrapolation: energies against what they miss: of a selected CI against its second order, of Markov \
      chains against the variance.

      entropies: entropies of a molecule's orbitals, and their mutual information as a graph.

      correlations: of spins against distance, and the structure factor (--ansatz vit and rbm).

      spins: configurations of a square lattice as images.

      'scaling fit' draws scaling laws. PNG needs the program rsvg-convert.

      Examples:
        qchem-nqs plot h2o_sto3g.nqs.h5 --output h2o.svg
        qchem-nqs plot a.nqs.h5 b.nqs.h5 --reference -75.0124036588 --output ab.png
        qchem-nqs plot h2o_sto3g.nqs.h5 --figure entropies --output entropies.svg
      """)

  @Argument(help: "Result files.")
  var results: [String] = []

  @Option(help: "What is drawn: \(FigureKind.names). (default: trace)")
  var figure: FigureKind?

  @Option(name: .shortAndLong, help: "The figure, an SVG or PNG file.")
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
    let kind = figure ?? .trace
    if kind != .trace, results.count > 1 {
      throw ValidationError(
        "--figure \(kind.rawValue) is of one result, and there are \(results.count); draw them apart."
      )
    }
    for (name, isGiven) in [("reference", reference != nil), ("per-site", perSite)]
    where isGiven && kind != .trace && kind != .extrapolation {
      throw ValidationError(
        "--\(name) has no effect with --figure \(kind.rawValue); leave it out.")
    }
  }

  func run() throws {
    let file = try FigureFile(output, overwrites: overwrite == true)
    defer { file.release() }
    let logger = (quiet ? Verbosity.quiet : .normal).makeLogger()
    try file.write(try makeFigure(), logger: logger)
  }

  private func makeFigure() throws -> Figure {
    let path = results[0]
    switch figure ?? .trace {
    case .trace:
      let curves = try results.map {
        try RunCurve(try StoredResult(reading: $0), path: $0, perSite: perSite)
      }
      return try ConvergenceFigure(curves, reference: reference).figure
    case .extrapolation:
      return try ExtrapolationFigure.make(
        try StoredResult(reading: path), path: path, reference: reference, perSite: perSite)
    case .entropies: return try EntropyFigure.make(try StoredResult(reading: path), path: path)
    case .correlations:
      return try CorrelationFigure.make(try StoredResult(reading: path), path: path)
    case .spins: return try SpinImageFigure.make(try StoredResult(reading: path), path: path)
    }
  }
}

/// What a figure shows.
enum FigureKind: String, ExpressibleByArgument, CaseIterable {
  case trace
  case extrapolation
  case entropies
  case correlations
  case spins

  /// All of them, with commas between.
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
