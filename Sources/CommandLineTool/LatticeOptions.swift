public import ArgumentParser
public import Hamiltonians

extension LatticeModel: ExpressibleByArgument {}
extension LatticeGeometry.Boundary: ExpressibleByArgument {}

/// The options that say which lattice problem is meant.
struct LatticeOptions: ParsableArguments {
  @Option(help: "Solve a lattice model in place of a molecule.")
  var lattice: LatticeModel?

  @Option(help: "The lattice: chain, square, triangular or kagome. (default: square)")
  var geometry: String?

  @Option(help: ArgumentHelp("Its size in cells, such as 16 or 4x4.", valueName: "cells"))
  var size: String?

  @Option(help: "The edges. (default: periodic)")
  var boundary: LatticeGeometry.Boundary?

  @Option(
    help: """
      The coupling J of nearest neighbours; positive is antiferromagnetic for heisenberg and xxz, \
      ferromagnetic for ising. (default: 1)
      """)
  var j: Double?

  @Option(
    name: .customLong("j2"), help: "The coupling J2 of next-nearest neighbours. (default: 0)")
  var j2: Double?

  @Option(help: "The anisotropy Δ of xxz.")
  var delta: Double?

  @Option(help: "The transverse field h of ising.")
  var field: Double?

  /// The options that were given, by name.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("lattice", lattice != nil), ("geometry", geometry != nil), ("size", size != nil),
      ("boundary", boundary != nil), ("j", j != nil), ("j2", j2 != nil), ("delta", delta != nil),
      ("field", field != nil),
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
    return merged
  }

  /// Returns the lattice problem that the options say, or nil where they say none.
  ///
  /// - Returns: The problem, with defaults filled in.
  /// - Throws: ``ToolError`` where an option is missing, out of range or not one of the model's.
  func specification() throws -> LatticeSpecification? {
    guard let model = lattice else {
      if let name = given.first {
        throw ToolError("--\(name) needs --lattice heisenberg, xxz or ising beside it.")
      }
      return nil
    }
    guard let size else {
      throw ToolError("--lattice needs --size, such as --size 16 or --size 4x4.")
    }
    for (name, value, models) in [
      ("j2", j2, [LatticeModel.heisenberg, .xxz]), ("delta", delta, [.xxz]),
      ("field", field, [.ising]),
    ] where value != nil && !models.contains(model) {
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
    let specification = LatticeSpecification(
      model: model, geometry: geometry ?? "square", size: size, boundary: boundary ?? .periodic,
      coupling: j ?? 1, secondCoupling: j2 ?? 0, anisotropy: delta ?? 1, field: field ?? 0)
    _ = try specification.makeGeometry()
    return specification
  }
}
