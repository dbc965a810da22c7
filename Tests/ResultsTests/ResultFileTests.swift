import Foundation
import HDF5Files
import Hamiltonians
import Results
import Testing
import Training

@Suite struct ResultFileTests {
  @Test func recordsComeBackAsTheyWere() throws {
    let whole = try StoredRun.water { $0.evaluation.selectedDeterminants = 60 }
    #expect(whole.record.final?.selected != nil && whole.record.final?.observables != nil)
    for run in [whole, try StoredRun.square()] {
      let found = try ResultFile.read(run.path)
      #expect(found.provenance == run.record.provenance)
      #expect(found.settings == run.record.settings)
      #expect(found.problem.digest == run.record.problem.digest)
      #expect(found.snapshot == run.record.snapshot)
      #expect(found.parameterCount == run.record.parameterCount)
      #expect(found.sectorDimension == run.record.sectorDimension)
      #expect(found.referenceEnergy == run.record.referenceEnergy)
      #expect(found.isConverged == run.record.isConverged)
      // The order of the leading configurations is by |ψ| in the file.
      var final = try #require(found.final)
      let expected = try #require(run.record.final)
      #expect(Set(final.leading) == Set(expected.leading))
      final.leading = expected.leading
      #expect(final == expected)
    }
  }

  @Test func checkpointsHaveNoFinalResult() throws {
    let run = try StoredRun(StoredRun.water().problem, steps: 1, isFinal: false)
    #expect(try ResultFile.read(run.path).final == nil)
  }

  /// All that a lattice problem can have comes back, and what older files do not have is zero.
  @Test func latticesComeBackAsTheyWere() throws {
    let graph = try LatticeGeometry(.graph, size: "4")
    let models = [
      LatticeModel(
        geometry: try LatticeGeometry(.square, size: "4x2", boundary: .periodicOpen),
        interaction: .heisenberg(j1: 1, j2: 0.5, j3: 0.25, anisotropy: 0), twiceMagnetization: 2),
      LatticeModel(
        geometry: try LatticeGeometry(.ladder, size: "3x2"),
        interaction: .ising(coupling: 1, field: 0.5, longitudinalField: -0.2)),
      LatticeModel(
        geometry: graph, interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 0.5),
        bonds: [
          BondCoupling(0, 1, strength: 1), BondCoupling(1, 2, strength: -2, transverse: 0.5),
          BondCoupling(2, 3, strength: 0),
        ]),
    ]
    for model in models {
      let run = try StoredRun(.lattice(model), steps: 1, isFinal: false)
      guard case .lattice(let found) = try ResultFile.read(run.path).problem else {
        Issue.record("no lattice")
        continue
      }
      #expect(found == model)
    }
  }
}
