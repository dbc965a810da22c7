internal import ArgumentParser
internal import Foundation
internal import Integrals
internal import Logging

/// `qchem-nqs inspect`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what is in a result or an integral file, or what a lattice model is.",
    discussion: """
      Of a result, finished or not, it prints the problem, whether the run has converged and what speaks against \
      it, energies with their errors, the leading configurations, natural occupations and the settings by their \
      options; --csv writes the steps as a table.

      Otherwise it reads an FCIDUMP or an HDF5 file (this program's own layout, OpenFermion, TREXIO, \
      OpenMolcas), recognised by its content, checks it, and prints orbitals, electrons, symmetry, \
      the number of determinants and the energy of the best single determinant. Of a lattice model it \
      prints sites, bonds, symmetries, the number of spin strings and the energy of the best single one; \
      with --json every bond.

      Examples:
        qchem-nqs inspect h2o_sto3g.nqs.h5
        qchem-nqs inspect h2o_sto3g.nqs.h5 --csv steps.csv
        qchem-nqs inspect h2o.fcidump
        zcat h2o.fcidump.gz | qchem-nqs inspect -
        qchem-nqs inspect --lattice heisenberg --geometry honeycomb --size 4x4 --j2 0.2
      """)

  @Argument(
    help:
      "The result or integral file, or - for an integral file on standard input; leave it out for lattices."
  )
  var input: String?

  @Option(
    help: ArgumentHelp(
      "Results: write the steps as a table with commas, to a file or with - to standard output in place of the report.",
      valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "Results: how many of the leading configurations are shown. (default: 10)",
      valueName: "count"))
  var leading: Int?

  @Option(
    help: ArgumentHelp(
      """
      The point group by whose names irreps are called, where the file does not say it: D2h, C2v, C2h, D2, Cs, C2 \
      or Ci; the numbers of ORBSYM say which name is whose.
      """, valueName: "name"))
  var pointGroup: String?

  @OptionGroup(title: "Lattices") var lattice: LatticeOptions
  @OptionGroup var talk: TalkOptions

  func validate() throws {
    try require("leading", leading, "a number of configurations from 0 on") { $0 >= 0 }
    if csv == "-", talk.json {
      throw ValidationError("--csv - and --json both write to standard output; give one of them.")
    }
  }

  func run() throws {
    let logger = talk.verbosity.makeLogger()
    if let input, StoredResult.isOne(input) {
      try report(on: input, logger: logger)
      return
    }
    if let name = csv != nil ? "csv" : leading != nil ? "leading" : nil {
      throw ToolError(
        "--\(name) is for results of qchem-nqs, and \(input ?? "a lattice model") is none; leave it out."
      )
    }
    if lattice.lattice == .classicalIsing {
      throw ToolError(
        "--lattice classical-ising: 'inspect' is for molecules and quantum models; 'exact' solves this "
          + "one.")
    }
    switch try ProblemInput.read(input, lattice, logger: logger) {
    case .molecule(let molecule)?:
      let summary = try MoleculeSummary(molecule, pointGroup: pointGroup)
      try Console.result(talk.json ? summary.json.text() : summary.text)
    case .lattice(let model)?:
      let summary = try LatticeSummary(model)
      try Console.result(talk.json ? summary.json.text() : summary.text)
    case nil:
      throw ToolError(
        "there is no input: give a result, an integral file, or --lattice with --size.")
    }
  }

  /// Prints what is in a result, and writes its steps where that is asked for.
  private func report(on path: String, logger: Logger) throws {
    if !givenOptions(of: lattice).isEmpty {
      throw ToolError("give a result or --lattice, not both.")
    }
    let report = try ResultReport(
      try StoredResult(reading: path), path: path, pointGroup: pointGroup, leading: leading ?? 10)
    if let csv {
      guard let trace = report.trace else {
        throw ToolError(
          "--csv: \(path) holds an exact vector, which has no steps; leave --csv out.")
      }
      if csv == "-" {
        try Console.text(trace.csv)
        return
      }
      let file = try OutputFile(csv, kind: .trace, input: path, overwrites: false)
      defer { file.release() }
      let earlier = try file.write(keepsEarlier: true) {
        try SweepFolder.write(trace.csv, to: file.path)
      }
      if let earlier { logger.notice("the earlier \(csv) is kept as \(earlier)") }
    }
    try Console.result(talk.json ? report.json.text() : report.text)
  }
}

/// Returns rows of labels and values as lines.
func tableText(_ rows: [(String, String)], width: Int = 16) -> String {
  rows.map { $0.padding(toLength: width, withPad: " ", startingAt: 0) + $1 }
    .joined(separator: "\n")
}

/// Returns a count as digits, or from 10¹⁵ on with an exponent.
func countText(_ value: Double) -> String {
  value < 1e15 ? String(Int(value)) : String(format: "%.3e", value)
}

/// Returns a count as a JSON integer where it is exact.
func whole(_ value: Double) -> JSONValue {
  value < 0x1p53 ? .integer(Int(value)) : .number(value)
}
