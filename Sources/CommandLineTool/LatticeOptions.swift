public import ArgumentParser
public import Hamiltonians

extension LatticeGeometry.Boundary: ExpressibleByArgument {}

/// The lattice models by the names that they have on the command line.
enum LatticeModelName: String, CaseIterable, ExpressibleByArgument {
  case heisenberg
  case xxz
  case xy
  case ising
  case hubbard
  case classicalIsing = "classical-ising"
}

/// The options that say which lattice problem is meant.
struct LatticeOptions: ParsableArguments {
  @Option(help: "Solve a lattice model in place of a molecule.")
  var lattice: LatticeModelName?

  @Option(
    help: """
      The lattice: chain, ladder, square, triangular, honeycomb, kagome, or graph: the bonds of \
      --couplings. (default: square)
      """)
  var geometry: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Its size in cells, such as 16 or 4x4; of a ladder its length and legs, such as 10x2; of a graph \
      its sites; of classical-ising 128 or 128x128.
      """, valueName: "cells"))
  var size: String?

  @Option(
    help: "The edges of both directions, or of the first and the second. (default: periodic)")
  var boundary: LatticeGeometry.Boundary?

  // Couplings may be negative: a value that begins with a dash is no option here.
  @Option(
    parsing: .unconditional,
    help: """
      The coupling J of nearest neighbours; positive is antiferromagnetic for heisenberg, xxz and xy, \
      ferromagnetic for ising and classical-ising. (default: 1)
      """)
  var j: Double?

  @Option(
    name: .customLong("j2"), parsing: .unconditional,
    help: "The coupling J2 of second neighbours. (default: 0)")
  var j2: Double?

  @Option(
    name: .customLong("j3"), parsing: .unconditional,
    help: "The coupling J3 of third neighbours. (default: 0)")
  var j3: Double?

  @Option(parsing: .unconditional, help: "The anisotropy Δ of xxz.")
  var delta: Double?

  @Option(parsing: .unconditional, help: "The transverse field h of ising.")
  var field: Double?

  @Option(parsing: .unconditional, help: "The longitudinal field h_z of ising. (default: 0)")
  var longitudinalField: Double?

  @Option(parsing: .unconditional, help: "The repulsion U of hubbard.")
  var u: Double?

  @Option(parsing: .unconditional, help: "The hopping t of hubbard. (default: 1)")
  var t: Double?

  @Option(
    parsing: .unconditional,
    help: "The number of electrons of hubbard. (default: one for each site)")
  var electrons: Int?

  @Option(
    parsing: .unconditional, help: "The inverse temperature β of classical-ising, in units of 1/J.")
  var beta: Double?

  @Option(
    help: ArgumentHelp(
      """
      A file with a line 'i j J' for each bond, in place of --j; of xxz also 'i j J K' with K of the \
      exchange. Not for hubbard.
      """, valueName: "file"))
  var couplings: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The magnetisation 2Sz of heisenberg, xxz, xy and hubbard. (default: 0, or 1 for an odd number of \
      sites or electrons)
      """, valueName: "2Sz"))
  var magnetization: Int?

  /// The options that were given, by name.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("lattice", lattice != nil), ("geometry", geometry != nil), ("size", size != nil),
      ("boundary", boundary != nil), ("j", j != nil), ("j2", j2 != nil), ("j3", j3 != nil),
      ("delta", delta != nil), ("field", field != nil),
      ("longitudinal-field", longitudinalField != nil), ("u", u != nil), ("t", t != nil),
      ("electrons", electrons != nil), ("beta", beta != nil), ("couplings", couplings != nil),
      ("magnetization", magnetization != nil),
    ]
    return all.filter(\.1).map(\.0)
  }

  /// Returns these options over those of a file.
  func over(_ other: LatticeOptions) -> LatticeOptions {
    var merged = self
    merged.lattice = lattice ?? other.lattice
    merged.geometry = geometry ?? other.geometry
    merged.size = size ?? other.size
    merged.boundary = boundary ?? other.boundary
    merged.j = j ?? other.j
    merged.j2 = j2 ?? other.j2
    merged.j3 = j3 ?? other.j3
    merged.delta = delta ?? other.delta
    merged.field = field ?? other.field
    merged.longitudinalField = longitudinalField ?? other.longitudinalField
    merged.u = u ?? other.u
    merged.t = t ?? other.t
    merged.electrons = electrons ?? other.electrons
    merged.beta = beta ?? other.beta
    merged.couplings = couplings ?? other.couplings
    merged.magnetization = magnetization ?? other.magnetization
    return merged
  }

  /// Refuses what is not an option of the model, and couplings that are no numbers.
  func checkOptions(of model: LatticeModelName) throws {
    let exchange: [LatticeModelName] = [.heisenberg, .xxz, .xy]
    let spins: [LatticeModelName] = exchange + [.ising, .classicalIsing]
    for (name, isGiven, models) in [
      ("j", j != nil, spins), ("j2", j2 != nil, exchange), ("j3", j3 != nil, exchange),
      ("delta", delta != nil, [.xxz]), ("field", field != nil, [.ising]),
      ("longitudinal-field", longitudinalField != nil, [.ising]), ("u", u != nil, [.hubbard]),
      ("t", t != nil, [.hubbard]), ("electrons", electrons != nil, [.hubbard]),
      ("beta", beta != nil, [.classicalIsing]), ("couplings", couplings != nil, spins),
      ("magnetization", magnetization != nil, exchange + [.hubbard]),
    ] where isGiven && !models.contains(model) {
      let names = list(models.map(\.rawValue))
      throw ToolError("--\(name) belongs to --lattice \(names), not to \(model.rawValue).")
    }
    if model == .ising, field == nil {
      throw ToolError("--lattice ising needs --field, the transverse field h.")
    }
    if model == .hubbard, u == nil {
      throw ToolError("--lattice hubbard needs --u, the repulsion U.")
    }
    if couplings != nil,
      let name = [("j", j), ("j2", j2), ("j3", j3)].first(where: { $0.1 != nil })?.0
    {
      throw ToolError("--couplings and --\(name) exclude each other: the file has all couplings.")
    }
    for (name, value) in [
      ("j", j), ("j2", j2), ("j3", j3), ("delta", delta), ("field", field),
      ("longitudinal-field", longitudinalField), ("u", u), ("t", t),
    ] {
      if let value, !value.isFinite {
        throw ToolError("--\(name) must be a finite number, not \(value).")
      }
    }
  }
}

/// Returns words as a list, `a, b and c`.
private func list(_ words: [String]) -> String {
  guard words.count > 1, let last = words.last else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " and " + last
}
