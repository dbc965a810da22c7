internal import Configurations
internal import Hamiltonians

/// The lattice models.
enum LatticeModel: String, CaseIterable, Codable {
  /// Heisenberg's model, with J2 if asked for.
  case heisenberg
  /// Heisenberg's model with anisotropy.
  case xxz
  /// Ising's model in a transverse field.
  case ising
}

/// A lattice problem in the words of the command line.
struct LatticeSpecification: Equatable {
  var model: LatticeModel
  var geometry: String
  var size: String
  var boundary: LatticeGeometry.Boundary
  var coupling: Double
  var secondCoupling: Double
  var anisotropy: Double
  var field: Double

  /// Returns the lattice.
  func makeGeometry() throws -> LatticeGeometry {
    let cells: [LatticeUnitCell] = [.chain, .square, .triangular, .kagome]
    guard let cell = cells.first(where: { $0.name == geometry }) else {
      let names = cells.map(\.name).joined(separator: ", ")
      throw ToolError("--geometry must be one of \(names), not '\(geometry)'.")
    }
    return try LatticeGeometry(cell, size: size, boundary: boundary)
  }

  /// Returns the Hamiltonian.
  func makeHamiltonian<Word: ConfigurationWord>(
    _: Word.Type
  ) throws -> SpinHamiltonian<Word> {
    let geometry = try makeGeometry()
    return switch model {
    case .heisenberg, .xxz:
      try .heisenberg(on: geometry, j1: coupling, j2: secondCoupling, anisotropy: anisotropy)
    case .ising: try .ising(on: geometry, coupling: coupling, field: field)
    }
  }

  /// A name for files and messages: `heisenberg-square-4x4-j2-0.5`.
  var name: String {
    var name = "\(model.rawValue)-\(geometry)-\(size)"
    if boundary == .open { name += "-open" }
    if coupling != 1 { name += "-j-\(coupling)" }
    if secondCoupling != 0 { name += "-j2-\(secondCoupling)" }
    if anisotropy != 1 { name += "-delta-\(anisotropy)" }
    if model == .ising { name += "-h-\(field)" }
    return name
  }
}
