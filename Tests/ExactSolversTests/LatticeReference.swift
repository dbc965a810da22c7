import Configurations
import Foundation
import Hamiltonians
import Testing

/// One lattice of `Reference/lattice_exact.json`.
struct LatticeReference: Decodable, Sendable, CustomTestStringConvertible {
  struct Bond: Decodable, Sendable {
    let first: Int
    let second: Int
    let strength: Double

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      first = try list.decode(Int.self)
      second = try list.decode(Int.self)
      strength = try list.decode(Double.self)
    }
  }

  struct Level: Decodable, Sendable {
    let energy: Double
    let degeneracy: Int

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      energy = try list.decode(Double.self)
      degeneracy = try list.decode(Int.self)
    }
  }

  private struct File: Decodable {
    let lattices: [LatticeReference]
  }

  let name: String
  let sites: Int
  let model: String
  let anisotropy: Double?
  let field: Double?
  let ground: Double
  /// The lowest distinct levels with their multiplicity in the whole space.
  let levels: [Level]
  let bonds: [Bond]

  var testDescription: String { name }

  /// All lattices of the file.
  static func all() throws -> [LatticeReference] {
    let url = Bundle.module.bundleURL.appending(path: "Reference/lattice_exact.json")
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).lattices
  }

  static func named(_ name: String) throws -> LatticeReference {
    guard let found = try all().first(where: { $0.name == name }) else {
      throw CocoaError(.fileNoSuchFile)
    }
    return found
  }

  /// The Hamiltonian, from the file's own bonds.
  func hamiltonian() throws -> SpinHamiltonian<UInt64> {
    if let field {
      return try SpinHamiltonian(
        siteCount: sites,
        couplings: bonds.map {
          SpinCoupling($0.first, $0.second, parallel: -$0.strength, exchange: 0)
        },
        field: [Double](repeating: -field, count: sites))
    }
    return try SpinHamiltonian(
      siteCount: sites,
      couplings: bonds.map {
        .exchange($0.first, $0.second, strength: $0.strength, anisotropy: anisotropy ?? 1)
      })
  }
}
