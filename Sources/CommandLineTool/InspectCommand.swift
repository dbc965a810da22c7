internal import ArgumentParser
internal import Foundation

/// `qchem-nqs inspect`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what is in an integral file, or what a lattice model is.",
    discussion: """
      Reads an FCIDUMP or an HDF5 file (this program's own layout, OpenFermion, TREXIO, \
      OpenMolcas), recognised by its content, checks it, and prints orbitals, electrons, symmetry, \
      the number of determinants and the energy of the best single determinant. Of a lattice model it \
      prints sites, bonds, symmetries, the number of spin strings and the energy of the best single one; \
      with --json every bond.

      Examples:
        qchem-nqs inspect h2o.fcidump
        zcat h2o.fcidump.gz | qchem-nqs inspect -
        qchem-nqs inspect --lattice heisenberg --geometry honeycomb --size 4x4 --j2 0.2
      """)

  @Argument(help: "The integral file, or - for standard input; leave it out for lattices.")
  var input: String?

  @OptionGroup(title: "Lattices") var lattice: LatticeOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let logger = talk.verbosity.makeLogger()
    if lattice.lattice == .classicalIsing {
      throw ToolError(
        "--lattice classical-ising: 'inspect' is for molecules and quantum models; 'exact' solves this "
          + "one.")
    }
    switch try ProblemInput.read(input, lattice, logger: logger) {
    case .molecule(let molecule)?:
      let summary = MoleculeSummary(molecule)
      try Console.result(talk.json ? summary.json.text() : summary.text)
    case .lattice(let model)?:
      let summary = try LatticeSummary(model)
      try Console.result(talk.json ? summary.json.text() : summary.text)
    case nil:
      throw ToolError("there is no input: give an integral file, or --lattice with --size.")
    }
  }
}

/// Returns rows of labels and values as lines.
func tableText(_ rows: [(String, String)]) -> String {
  rows.map { $0.padding(toLength: 16, withPad: " ", startingAt: 0) + $1 }.joined(separator: "\n")
}

/// Returns a count as digits, or from 10¹⁵ on with an exponent.
func countText(_ value: Double) -> String {
  value < 1e15 ? String(Int(value)) : String(format: "%.3e", value)
}

/// Returns a count as a JSON integer where it is exact.
func whole(_ value: Double) -> JSONValue {
  value < 0x1p53 ? .integer(Int(value)) : .number(value)
}
