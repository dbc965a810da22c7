internal import HDF5Files
internal import Hamiltonians
internal import Training

extension ResultFile {
  /// Writes a lattice and its model.
  static func writeLattice(_ model: LatticeModel, to group: HDF5Group) throws(HDF5Error) {
    try group.setAttribute("geometry", .string(model.geometry.unitCell.name))
    try group.setAttribute("size", .ints([model.geometry.width, model.geometry.height]))
    try group.setAttribute("boundary", .string(model.geometry.boundary.rawValue))
    try group.setAttribute("sites", .int(model.geometry.siteCount))
    if let twice = model.twiceMagnetization {
      try group.setAttribute("twice_magnetization", .int(twice))
    }
    switch model.interaction {
    case .heisenberg(let j1, let j2, let j3, let anisotropy):
      try group.setAttribute("model", .string("heisenberg"))
      try group.setAttribute("j1", .double(j1))
      try group.setAttribute("j2", .double(j2))
      try group.setAttribute("j3", .double(j3))
      try group.setAttribute("delta", .double(anisotropy))
    case .ising(let coupling, let field, let longitudinalField):
      try group.setAttribute("model", .string("ising"))
      try group.setAttribute("j1", .double(coupling))
      try group.setAttribute("field", .double(field))
      try group.setAttribute("longitudinal_field", .double(longitudinalField))
    }
    if let bonds = model.bonds {
      try group.write(
        bonds.flatMap { [$0.first, $0.second] }, shape: [bonds.count, 2], to: "bonds")
      try describe("bonds", "1", "pairs of sites, from 0", in: group)
      try group.write(
        bonds.flatMap { [$0.strength, $0.transverse] }, shape: [bonds.count, 2],
        to: "bond_couplings")
      try describe("bond_couplings", "J", "J and K of each bond", in: group)
    }
  }

  /// Reads what ``writeLattice(_:to:)`` wrote.
  static func readLattice(_ group: HDF5Group) throws(HDF5Error) -> LatticeModel {
    let name = try string("geometry", in: group)
    guard let cell = LatticeUnitCell.all.first(where: { $0.name == name }),
      let size = try group.attribute("size")?.intValues, size.count == 2,
      let boundary = LatticeGeometry.Boundary(rawValue: try string("boundary", in: group)),
      let geometry = try? LatticeGeometry(
        cell, extents: Array(size.prefix(cell.dimension)), boundary: boundary)
    else { throw damaged("there is no such lattice", group) }
    let coupling = try number("j1", in: group)
    let interaction: LatticeModel.Interaction
    switch try string("model", in: group) {
    case "heisenberg":
      interaction = .heisenberg(
        j1: coupling, j2: try number("j2", in: group), j3: try numberIfThere("j3", in: group),
        anisotropy: try number("delta", in: group))
    case "ising":
      interaction = .ising(
        coupling: coupling, field: try number("field", in: group),
        longitudinalField: try numberIfThere("longitudinal_field", in: group))
    case let model: throw damaged("there is no model '\(model)'", group)
    }
    return LatticeModel(
      geometry: geometry, interaction: interaction, bonds: try readBonds(group, on: geometry),
      twiceMagnetization: try group.attribute("twice_magnetization")?.intValue)
  }

  private static func readBonds(
    _ group: HDF5Group, on geometry: LatticeGeometry
  ) throws(HDF5Error) -> [BondCoupling]? {
    guard group.isDataset("bonds") else { return nil }
    let (sites, shape) = try group.read(Int.self, "bonds")
    let (couplings, couplingShape) = try group.read(Double.self, "bond_couplings")
    guard shape.count == 2, shape[1] == 2, couplingShape == shape,
      sites.allSatisfy({ (0..<geometry.siteCount).contains($0) })
    else { throw damaged("'bonds' and 'bond_couplings' are no bonds of its sites", group) }
    return (0..<shape[0]).map {
      BondCoupling(
        sites[2 * $0], sites[2 * $0 + 1], strength: couplings[2 * $0],
        transverse: couplings[2 * $0 + 1])
    }
  }

  /// Returns a number that older files do not have, then 0.
  private static func numberIfThere(
    _ name: String, in group: HDF5Group
  ) throws(HDF5Error) -> Double {
    try group.attribute(name)?.doubleValue ?? 0
  }
}
