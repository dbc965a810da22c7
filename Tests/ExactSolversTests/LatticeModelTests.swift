import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import Testing

/// One model of `Reference/lattice_models.json`.
private struct ModelReference: Decodable {
  let geometry: String
  let size: String
  let boundary: String
  let model: String
  let j: [Double]?
  let delta: Double?
  let field: Double?
  let longitudinalField: Double?
  let lines: [[Double]]?
  let bonds: Int
  let energies: [Double]

  static func all() throws -> [ModelReference] {
    let url = Bundle.module.bundleURL.appending(path: "Reference/lattice_models.json")
    return try JSONDecoder().decode([ModelReference].self, from: Data(contentsOf: url))
  }

  func makeGeometry() throws -> LatticeGeometry {
    try LatticeGeometry(
      #require(LatticeUnitCell.all.first { $0.name == geometry }), size: size,
      boundary: #require(LatticeGeometry.Boundary(rawValue: boundary)))
  }

  func makeBonds() throws -> [BondCoupling] {
    let geometry = try makeGeometry()
    guard let lines else { return try geometry.bonds(couplings: j ?? []) }
    let text = lines.map { "\(Int($0[0])) \(Int($0[1])) \($0[2]) \($0[3])" }
    return try BondCouplingFile.parse(
      text.shuffled().joined(separator: "\n"), path: "bonds", on: geometry, allowsTransverse: true)
  }
}

@Suite struct LatticeModelTests {
  @Test func levelsOfFurtherModels() throws {
    for reference in try ModelReference.all() {
      let bonds = try reference.makeBonds()
      let sites = try reference.makeGeometry().siteCount
      #expect(bonds.count == reference.bonds)
      let isIsing = reference.model == "ising"
      let terms =
        isIsing
        ? SpinTerms.ising(
          bonds, siteCount: sites, field: reference.field ?? 0,
          longitudinalField: reference.longitudinalField ?? 0)
        : .heisenberg(bonds, siteCount: sites, anisotropy: reference.delta ?? 1)
      let exact = try LatticeExactDiagonalization(
        SpinHamiltonian(terms), upCount: isIsing ? nil : sites / 2)
      let result = try exact.solve(levels: 2)
      for (found, known) in zip(result.energies, reference.energies) {
        #expect(abs(found - known) < 1e-9, "\(reference)")
      }
    }
  }

  /// Free fermions: `E = −1 / sin(π / N)` for the ring of J (SˣSˣ + SʸSʸ).
  @Test func xyRings() throws {
    for sites in [4, 6, 10, 12] {
      let chain = try LatticeGeometry(.chain, size: "\(sites)")
      let exact = try LatticeExactDiagonalization(
        .heisenberg(on: chain, anisotropy: 0), upCount: sites / 2)
      #expect(abs(try exact.solve().energies[0] + 1 / sin(Double.pi / Double(sites))) < 1e-9)
    }
  }

  /// Spins without bonds: `E = −N √(h² + h_z²)`.
  @Test func spinsInFields() throws {
    let square = try LatticeGeometry(.square, size: "3x2")
    let exact = try LatticeExactDiagonalization(
      .ising(on: square, coupling: 0, field: 0.6, longitudinalField: -0.8), upCount: nil)
    #expect(abs(try exact.solve().energies[0] + 6) < 1e-12)
  }
}
