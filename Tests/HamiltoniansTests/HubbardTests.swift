import Foundation
import Hamiltonians
import Integrals
import Testing

@Suite struct HubbardTests {
  struct Twin: Sendable, CustomTestStringConvertible {
    let file: String
    let cell: LatticeUnitCell
    let size: String
    var boundary: LatticeGeometry.Boundary = .periodic
    let repulsion: Double
    let alpha: Int
    let beta: Int

    var testDescription: String { file }
  }

  static let twins: [Twin] = [
    Twin(file: "1d_l6_u0", cell: .chain, size: "6", repulsion: 0, alpha: 3, beta: 3),
    Twin(file: "1d_l6_u4", cell: .chain, size: "6", repulsion: 4, alpha: 3, beta: 3),
    Twin(file: "1d_l6_u4_ms2", cell: .chain, size: "6", repulsion: 4, alpha: 4, beta: 2),
    Twin(file: "1d_l6_u8", cell: .chain, size: "6", repulsion: 8, alpha: 3, beta: 3),
    Twin(file: "1d_l8_u4", cell: .chain, size: "8", repulsion: 4, alpha: 4, beta: 4),
    Twin(file: "1d_l8_u4_doped", cell: .chain, size: "8", repulsion: 4, alpha: 3, beta: 3),
    Twin(
      file: "1d_l8_u4_open", cell: .chain, size: "8", boundary: .open, repulsion: 4, alpha: 4,
      beta: 4),
    Twin(file: "1d_l8_u8", cell: .chain, size: "8", repulsion: 8, alpha: 4, beta: 4),
    Twin(
      file: "2x2_u4", cell: .square, size: "2x2", boundary: .open, repulsion: 4, alpha: 2, beta: 2),
    Twin(file: "4x2_u4", cell: .ladder, size: "4x2", repulsion: 4, alpha: 4, beta: 4),
    Twin(
      file: "4x2_u8", cell: .square, size: "4x2", boundary: .periodicOpen, repulsion: 8, alpha: 4,
      beta: 4),
  ]

  @Test("The model's integrals are those of its FCIDUMP, to the last bit", arguments: twins)
  func integralsAreThoseOfTheFile(_ twin: Twin) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("integrals/hubbard_\(twin.file).fcidump").path
    let file = try IntegralFile.read(path: path).integrals
    let model = try MolecularIntegrals.hubbard(
      on: LatticeGeometry(twin.cell, size: twin.size, boundary: twin.boundary),
      repulsion: twin.repulsion, alphaCount: twin.alpha, betaCount: twin.beta)
    #expect(model.orbitalCount == file.orbitalCount && model.coreEnergy == file.coreEnergy)
    #expect(model.alphaCount == file.alphaCount && model.betaCount == file.betaCount)
    #expect(model.oneBodyAlpha == file.oneBodyAlpha)
    #expect(model.twoBodyAlphaAlpha == file.twoBodyAlphaAlpha)
    #expect(!model.isUnrestricted)
  }

  @Test("Hopping and doubled bonds")
  func hopping() throws {
    let ladder = try LatticeGeometry(.square, size: "3x2")
    let model = try MolecularIntegrals.hubbard(
      on: ladder, repulsion: 2, hopping: 0.5, alphaCount: 3, betaCount: 3)
    #expect(model.oneBodyAlpha[MolecularIntegrals.pair(0, 1)] == -0.5)
    #expect(model.oneBodyAlpha[MolecularIntegrals.pair(0, 3)] == -1)
    let large = try LatticeGeometry(.square, size: "12x12")
    let error = #expect(throws: LatticeError.self) {
      try MolecularIntegrals.hubbard(on: large, repulsion: 4, alphaCount: 72, betaCount: 72)
    }
    #expect(error?.code == .tooManySites)
  }
}
