public import ArgumentParser
public import Hamiltonians
internal import Training

extension LatticeGeometry.Boundary: ExpressibleByArgument {}

/// The lattice models by the names that they have on the command line.
enum LatticeModelName: String, CaseIterable, ExpressibleByArgument {
  case heisenberg
  case xxz
  case ising
  case classicalIsing = "classical-ising"
}

/// The options that say which lattice problem is meant.
struct LatticeOptions: ParsableArguments {
  @Option(help: "Solve a lattice model in place of a molecule.")
  var lattice: LatticeModelName?

  @Option(help: "The lattice: chain, square, triangular or kagome. (default: square)")
  var geometry: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Its size in cells, such as 16 or 4x4; of classical-ising 128 or 128x128.", valueName: "cells"
    ))
  var size: String?

  @Option(help: "The edges. (default: periodic)")
  var boundary: LatticeGeometry.Boundary?

  // Couplings may be negative: a value that begins with a dash is no option here.
  @Option(
    parsing: .unconditional,
    help: """
      The coupling J of nearest neighbours; positive is antiferromagnetic for heisenberg and xxz, \
      ferromagnetic for ising and classical-ising. (default: 1)
      """)
  var j: Double?

  @Option(
    name: .customLong("j2"), parsing: .unconditional,
    help: "The coupling J2 of next-nearest neighbours. (default: 0)")
  var j2: Double?

  @Option(parsing: .unconditional, help: "The anisotropy Δ of xxz.")
  var delta: Double?

  @Option(parsing: .unconditional, help: "The transverse field h of ising.")
  var field: Double?

  @Option(
    parsing: .unconditional, help: "The inverse temperature β of classical-ising, in units of 1/J.")
  var beta: Double?

  @Option(
    help: ArgumentHelp(
      "The couplings of classical-ising: a file with a line 'i j J' for each bond.",
      valueName: "file"))
  var couplings: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The magnetisation 2Sz of heisenberg and xxz. (default: 0, or 1 for an odd number of sites)",
      valueName: "2Sz"))
  var magnetization: Int?

  /// The options that were given, by name.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("lattice", lattice != nil), ("geometry", geometry != nil), ("size", size != nil),
      ("boundary", boundary != nil), ("j", j != nil), ("j2", j2 != nil), ("delta", delta != nil),
      ("field", field != nil), ("beta", beta != nil), ("couplings", couplings != nil),
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
    merged.delta = delta ?? other.delta
    merged.field = field ?? other.field
    merged.beta = beta ?? other.beta
    merged.couplings = couplings ?? other.couplings
    merged.magnetization = magnetization ?? other.magnetization
    return merged
  }

  /// Returns the quantum model that the options say, or nil where they say a classical one or none.
  ///
  /// - Returns: The model, with defaults filled in.
  /// - Throws: ``ToolError`` where an option is missing, out of range or not one of the model's.
  func makeModel() throws -> LatticeModel? {
    guard let name = lattice else {
      if let option = given.first {
        throw ToolError(
          "--\(option) needs --lattice heisenberg, xxz, ising or classical-ising beside it.")
      }
      return nil
    }
    let interaction: LatticeModel.Interaction
    switch name {
    case .heisenberg, .xxz:
      interaction = .heisenberg(j1: j ?? 1, j2: j2 ?? 0, anisotropy: delta ?? 1)
    case .ising: interaction = .ising(coupling: j ?? 1, field: field ?? 0)
    case .classicalIsing: return nil
    }
    try checkOptions(of: name)
    let geometry = try makeGeometry()
    let sites = geometry.siteCount
    if let magnetization,
      magnetization.magnitude > sites || (sites - magnetization) % 2 != 0
    {
      throw ToolError(
        "--magnetization \(magnetization): \(sites) spins have the values "
          + "\(-sites), \(2 - sites), …, \(sites) of 2Sz.")
    }
    // Tolerances are absolute where a sum of couplings may vanish.
    let largest = max(abs(j ?? 1) * max(1, abs(delta ?? 1)), abs(j2 ?? 0), abs(field ?? 0))
    guard largest == 0 || (1e-3...1e6).contains(largest) else {
      throw ToolError(
        "the largest coupling is \(largest): give couplings in units in which it is between 0.001 and "
          + "1000000.")
    }
    let model = LatticeModel(
      geometry: geometry, interaction: interaction, twiceMagnetization: magnetization)
    do {
      // Finds out now whether the lattice has the neighbours that the model needs.
      _ = try model.makeHamiltonian(UInt128.self)
    } catch {
      throw ToolError("--size \(geometry.size): \(error).")
    }
    return model
  }

  /// Refuses what is not an option of the model, and couplings that are no numbers.
  func checkOptions(of model: LatticeModelName) throws {
    for (name, isGiven, models) in [
      ("j2", j2 != nil, [LatticeModelName.heisenberg, .xxz]), ("delta", delta != nil, [.xxz]),
      ("field", field != nil, [.ising]), ("beta", beta != nil, [.classicalIsing]),
      ("couplings", couplings != nil, [.classicalIsing]),
      ("magnetization", magnetization != nil, [.heisenberg, .xxz]),
    ] where isGiven && !models.contains(model) {
      let names = models.map(\.rawValue).joined(separator: " and ")
      throw ToolError("--\(name) belongs to --lattice \(names), not to \(model.rawValue).")
    }
    if model == .ising, field == nil {
      throw ToolError("--lattice ising needs --field, the transverse field h.")
    }
    for (name, value) in [("j", j), ("j2", j2), ("delta", delta), ("field", field)] {
      if let value, !value.isFinite {
        throw ToolError("--\(name) must be a finite number, not \(value).")
      }
    }
  }

  private func makeGeometry() throws -> LatticeGeometry {
    guard let size else {
      throw ToolError("--lattice needs --size, such as --size 16 or --size 4x4.")
    }
    let name = geometry ?? "square"
    let cells: [LatticeUnitCell] = [.chain, .square, .triangular, .kagome]
    guard let cell = cells.first(where: { $0.name == name }) else {
      let names = cells.map(\.name).joined(separator: ", ")
      throw ToolError("--geometry must be one of \(names), not '\(name)'.")
    }
    do {
      return try LatticeGeometry(cell, size: size, boundary: boundary ?? .periodic)
    } catch {
      throw ToolError("--size \(size): \(error).")
    }
  }
}
