internal import Hamiltonians
internal import Integrals
internal import Training

extension LatticeOptions {
  /// Returns the quantum spin model that the options say, or nil where they say another one or none.
  ///
  /// - Returns: The model, with defaults filled in; couplings are read from their file.
  /// - Throws: ``ToolError`` where an option is missing, out of range or not one of the model's, or where
  ///   the file is at fault.
  func makeModel() throws -> LatticeModel? {
    guard let name = lattice else {
      if let option = given.first {
        let names = LatticeModelName.allCases.map(\.rawValue).joined(separator: ", ")
        throw ToolError("--\(option) needs --lattice beside it, one of \(names).")
      }
      return nil
    }
    let interaction: LatticeModel.Interaction
    switch name {
    case .heisenberg, .xxz, .xy:
      interaction = .heisenberg(
        j1: j ?? 1, j2: j2 ?? 0, j3: j3 ?? 0, anisotropy: name == .xy ? 0 : delta ?? 1)
    case .ising:
      interaction = .ising(
        coupling: j ?? 1, field: field ?? 0, longitudinalField: longitudinalField ?? 0)
    case .hubbard, .classicalIsing: return nil
    }
    try checkOptions(of: name)
    let geometry = try makeGeometry()
    let sites = geometry.siteCount
    if let magnetization { try check(magnetization, spins: sites) }
    let model = LatticeModel(
      geometry: geometry, interaction: interaction, bonds: try readBonds(on: geometry, of: name),
      twiceMagnetization: magnetization)
    try checkMagnitude(of: model)
    do {
      // Finds out now whether the lattice has the neighbours that the model needs.
      try model.makeTerms().check()
    } catch {
      throw ToolError("--size \(geometry.size): \(error).")
    }
    return model
  }

  /// Returns the Hubbard model that the options say, or nil where they say another one or none.
  ///
  /// - Returns: The model as integrals, with a name for files and messages.
  /// - Throws: ``ToolError`` where an option is missing, out of range or not one of the model's.
  func makeHubbardModel() throws -> MoleculeInput? {
    guard lattice == .hubbard else { return nil }
    try checkOptions(of: .hubbard)
    let geometry = try makeGeometry()
    guard geometry.unitCell.form != .graph else {
      throw ToolError("--geometry graph: hubbard is on a lattice; choose another geometry.")
    }
    let sites = geometry.siteCount
    let electrons = self.electrons ?? sites
    guard (0...2 * sites).contains(electrons) else {
      throw ToolError("--electrons \(electrons): \(sites) sites hold 0 to \(2 * sites) electrons.")
    }
    let unpaired = magnetization ?? electrons % 2
    try check(unpaired, spins: min(electrons, 2 * sites - electrons))
    let (u, t) = (self.u ?? 0, self.t ?? 1)
    try checkMagnitude(max(abs(u), abs(t)))
    var name = "hubbard-\(geometry.name)-u-\(shortText(u))"
    if t != 1 { name += "-t-\(shortText(t))" }
    if electrons != sites { name += "-\(electrons)-electrons" }
    if let magnetization { name += "-2sz-\(magnetization)" }
    do {
      return MoleculeInput(
        path: name,
        integrals: try .hubbard(
          on: geometry, repulsion: u, hopping: t, alphaCount: (electrons + unpaired) / 2,
          betaCount: (electrons - unpaired) / 2),
        formatDescription: "Hubbard model", warnings: [])
    } catch {
      throw ToolError("--size \(geometry.size): \(error).")
    }
  }

  private func makeGeometry() throws -> LatticeGeometry {
    guard let size else {
      throw ToolError("--lattice needs --size, such as --size 16 or --size 4x4.")
    }
    let name = geometry ?? "square"
    guard let cell = LatticeUnitCell.all.first(where: { $0.name == name }) else {
      let names = LatticeUnitCell.all.map(\.name).joined(separator: ", ")
      throw ToolError("--geometry must be one of \(names), not '\(name)'.")
    }
    if cell.form == .graph, boundary != nil {
      throw ToolError("--boundary: a graph has no edges; leave --boundary out.")
    }
    do {
      return try LatticeGeometry(cell, size: size, boundary: boundary ?? .periodic)
    } catch {
      let isBoundary = error.code == .invalidBoundary
      throw ToolError(
        isBoundary
          ? "--boundary \(boundary?.rawValue ?? ""): \(error)." : "--size \(size): \(error).")
    }
  }

  /// Reads the couplings of single bonds where there is a file of them.
  private func readBonds(
    on geometry: LatticeGeometry, of model: LatticeModelName
  ) throws -> [BondCoupling]? {
    guard let couplings else {
      if geometry.unitCell.form == .graph {
        throw ToolError(
          "--geometry graph needs --couplings, a file with a line 'i j J' for each bond.")
      }
      return nil
    }
    do {
      return try BondCouplingFile.read(
        path: couplings, on: geometry, allowsTransverse: model == .xxz)
    } catch {
      throw ToolError("--couplings \(error).")
    }
  }

  private func check(_ magnetization: Int, spins: Int) throws {
    guard magnetization.magnitude <= spins, (spins - magnetization) % 2 == 0 else {
      let values =
        switch spins {
        case 0: "0"
        case 1: "-1 and 1"
        default: "\(-spins), \(2 - spins), …, \(spins)"
        }
      throw ToolError(
        "--magnetization \(magnetization): \(spins) spins have the values \(values) of 2Sz.")
    }
  }

  private func checkMagnitude(of model: LatticeModel) throws {
    var couplings = model.shellCouplings
    if let bonds = model.bonds { couplings = bonds.flatMap { [$0.strength, $0.transverse] } }
    let largest = couplings.reduce(0) { max($0, abs($1)) }
    switch model.interaction {
    case .heisenberg(_, _, _, let anisotropy):
      try checkMagnitude(largest * max(1, abs(anisotropy)))
    case .ising(_, let field, let longitudinalField):
      try checkMagnitude(max(largest, abs(field), abs(longitudinalField)))
    }
  }

  /// Tolerances are absolute where a sum of couplings may vanish.
  private func checkMagnitude(_ largest: Double) throws {
    guard largest == 0 || (1e-3...1e6).contains(largest) else {
      throw ToolError(
        "the largest coupling is \(largest): give couplings in units in which it is between 0.001 and "
          + "1000000.")
    }
  }
}
