import Foundation
import Integrals
import Testing

/// What thresholds are measured by.
@Suite struct EnergyScaleTests {
  private func make(
    _ oneBody: [Double], repulsion: [Double]
  ) -> MolecularIntegrals {
    let n = repulsion.count
    let pairs = MolecularIntegrals.pairCount(n)
    var twoBody = [Double](repeating: 0, count: MolecularIntegrals.pairCount(pairs))
    for p in 0..<n {
      let pair = MolecularIntegrals.pair(p, p)
      twoBody[MolecularIntegrals.pair(pair, pair)] = repulsion[p]
    }
    return MolecularIntegrals(
      orbitalCount: n, alphaCount: 1, betaCount: 1, coreEnergy: 3, oneBodyAlpha: oneBody,
      twoBodyAlphaAlpha: twoBody)
  }

  @Test func smallerOfRepulsionAndSpreadCounts() {
    // Eigenvalues ±2: σ = 2.
    #expect(abs(make([0, 2, 0], repulsion: [1.5, 1.5]).energyScale - 2.5) < 1e-12)
    #expect(abs(make([0, 2, 0], repulsion: [30, 30]).energyScale - 10.0 / 3) < 1e-12)
    // A constant in h counts no electron's gap.
    #expect(abs(make([7, 2, 7], repulsion: [30, 30]).energyScale - 10.0 / 3) < 1e-12)
  }

  @Test func oneOfTheTwoIsEnough() {
    #expect(abs(make([0, 2, 0], repulsion: [0, 0]).energyScale - 10.0 / 3) < 1e-12)
    #expect(abs(make([5, 0, 5], repulsion: [3, 3]).energyScale - 0.25) < 1e-12)
    // An impurity: one orbital of three repels.
    #expect(abs(make([0, 1, 0, 1, 0, 0], repulsion: [0.6, 0, 0]).energyScale - 1) < 1e-12)
    #expect(make([5, 0, 5], repulsion: [0, 0]).energyScale == 1)
    #expect(make([], repulsion: []).energyScale == 1)
  }

  /// Sites that are pulled apart keep a scale: nothing jumps where their hopping vanishes.
  @Test func scaleDoesNotVanishWithTheHopping() {
    for hopping in [1e-3, 1e-9, 1e-15, 0] {
      #expect(abs(make([0, hopping, 0], repulsion: [0.6, 0.6]).energyScale - 0.05) < 1e-12)
    }
  }

  @Test func moleculesHaveAboutAHartree() throws {
    for file in ["n2_sto3g", "h2o_631g", "lih_sto3g", "f2_sto3g", "ch2_triplet_uhf_sto3g"] {
      let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("integrals")
      let file = folder.appendingPathComponent(file + ".fcidump").path
      let scale = try IntegralFile.read(path: file).integrals.energyScale
      #expect(scale > 0.5 && scale < 2, "\(file): \(scale)")
    }
  }
}
