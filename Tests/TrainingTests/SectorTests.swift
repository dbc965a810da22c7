import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import Problems
import Testing
import Training

@Suite struct SectorTests {
  /// Reads a cluster of the tests of `Problems`.
  private func cluster(_ name: String) throws -> MolecularIntegrals {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    return try IntegralFile.read(
      path: tests.appendingPathComponent("ProblemsTests/Reference/\(name).fcidump").path
    ).integrals
  }

  private func lines(of run: any TrainingRun) throws -> [String] {
    var lines: [String] = []
    try run.prepare { lines.append($0) }
    return lines
  }

  /// The start is an even state too, though the CI of 200 determinants is odd.
  @Test(arguments: [
    ("hubbard_tri_4x2_u12_2a2b", -9.903994222399131),
    ("hubbard_ring8_tp07_u12_3a3b", -7.058172155368678),
  ])
  func frustratedClustersAreEven(_ name: String, _ exact: Double) throws {
    let run = try makeTrainingRun(
      .molecule(try cluster(name), irrep: .automatic),
      settings: smallSettings { $0.ansatz.orbitals = .given })
    #expect(run.snapshot().spinFlipParity == 1)
    let sectors = try #require(run.sectors)
    #expect(sectors.isEstablished && sectors.upperBound > exact - 1e-8)
    let lines = try lines(of: run)
    #expect(lines[0].hasPrefix("symmetry: even under spin flip: lowest of 2 sectors by "))
    #expect(try run.evaluate().energy < run.referenceEnergy - 1)
  }

  @Test func spinFlipOptionsAreFollowed() throws {
    let integrals = try cluster("hubbard_tri_4x2_u12_2a2b")
    for (flip, parity) in [(false, 0), (true, 1)] {
      let run = try makeTrainingRun(
        .molecule(integrals, irrep: .automatic),
        settings: smallSettings { $0.ansatz.spinFlipSymmetry = flip })
      #expect(run.snapshot().spinFlipParity == parity)
      #expect(run.sectorDimension == (flip ? 406 : 784))
    }
  }

  /// A triplet of a molecule whose electrons are given with 2Sz = 0.
  @Test func tripletsAreOdd() throws {
    var integrals = try bundled("ch2_triplet_sto3g")
    integrals.alphaCount = 4
    integrals.betaCount = 4
    integrals.targetIrrep = nil
    let run = try makeTrainingRun(
      .molecule(integrals, irrep: .automatic), settings: smallSettings())
    let snapshot = run.snapshot()
    #expect(snapshot.spinFlipParity == -1 && snapshot.scalars["irrep"] == 1)
  }

  /// ISYM is followed, and a lower irrep is named.
  @Test func lowerIrrepsAreWarnedOf() throws {
    var integrals = try bundled("o2_sto3g")
    integrals.targetIrrep = 0
    let run = try makeTrainingRun(
      .molecule(integrals, irrep: .automatic), settings: smallSettings())
    let lines = try lines(of: run)
    #expect(run.snapshot().scalars["irrep"] == 0)
    #expect(
      lines[0].hasPrefix(
        "warning: the file asks for irrep 1 (ISYM), but irrep 4 is lower by "))
    #expect(lines[1].hasSuffix("the irrep is the file's ISYM"))
  }

  /// A run that goes on keeps its sector, and compares nothing.
  @Test func checkpointsKeepTheirSector() throws {
    let problem = Problem.molecule(try cluster("hubbard_tri_4x2_u12_2a2b"), irrep: .automatic)
    let first = try makeTrainingRun(problem, settings: smallSettings())
    var snapshot = first.snapshot()
    let second = try makeTrainingRun(problem, settings: first.settings, snapshot: snapshot)
    #expect(second.sectors == nil && second.sectorDimension == first.sectorDimension)
    // A checkpoint from before the irrep was stored.
    snapshot.scalars["irrep"] = nil
    let third = try makeTrainingRun(problem, settings: first.settings, snapshot: snapshot)
    #expect(third.sectorDimension == first.sectorDimension)
  }

  // MARK: - Spin

  /// The lowest doublet of the nitrogen atom, 0.1 Eh above the quartet, and its energy without penalty.
  @Test func penaltyHoldsTheSpin() throws {
    var integrals = try bundled("n_atom_sto3g")
    integrals.alphaCount = 4
    integrals.betaCount = 3
    integrals.targetIrrep = nil
    let exact = try FullCI(integrals).solve(roots: 12)
    let doublet = try #require(
      exact.states.first { abs(($0.spinSquared ?? 0) - 0.75) < 1e-6 })
    let quartet = exact.states[0]
    #expect(abs((quartet.spinSquared ?? 0) - 3.75) < 1e-6)
    for (twiceSpin, state) in [(1, doublet), (nil, quartet)] {
      var settings = Settings()
      settings.threads = 2
      settings.ansatz.twiceSpin = twiceSpin
      let run = try makeTrainingRun(.molecule(integrals, irrep: .automatic), settings: settings)
      try finish(run)
      let result = try run.evaluate()
      #expect(abs(result.energy - state.energy) < 1e-4)
      #expect(abs((result.spinSquared ?? 0) - (state.spinSquared ?? 0)) < 1e-3)
    }
  }

  /// The final energy is ⟨H⟩ of the state, whatever its spin.
  @Test func finalEnergiesHaveNoPenalty() throws {
    let integrals = try bundled("h2o_sto3g")
    let problem = Problem.molecule(integrals, irrep: .automatic)
    let plain = smallSettings { $0.ansatz.spinFlipSymmetry = false }
    let held = smallSettings {
      $0.ansatz.spinFlipSymmetry = false
      $0.ansatz.twiceSpin = 0
    }
    let snapshot = try makeTrainingRun(problem, settings: plain).snapshot()
      .scrambled(seed: 3, by: 0.3)
    let first = try makeTrainingRun(problem, settings: plain, snapshot: snapshot)
    let second = try makeTrainingRun(problem, settings: held, snapshot: snapshot)
    let expected = try first.evaluate()
    let found = try second.evaluate()
    #expect(abs(expected.energy - found.energy) < 1e-9)
    #expect(abs(expected.variance - found.variance) < 1e-9)
    let spin = try #require(found.spinSquared)
    #expect(spin > 0.01)
    let difference = try second.step().energy - first.step().energy
    #expect(abs(difference - 0.1 * integrals.energyScale * spin) < 1e-6)
  }

  @Test(arguments: [
    ("h2o_sto3g", 1), ("h2o_sto3g", 4), ("h2o_sto3g", 8), ("ch2_triplet_sto3g", 0),
    ("ch2_triplet_sto3g", 4), ("ch2_triplet_uhf_sto3g", 2), ("n_atom_sto3g", 1),
  ])
  func impossibleSpinsAreRefused(_ name: String, _ twiceSpin: Int) throws {
    let integrals = try bundled(name)
    let error = #expect(throws: TrainingError.self) {
      try makeTrainingRun(
        .molecule(integrals, irrep: .automatic),
        settings: smallSettings { $0.ansatz.twiceSpin = twiceSpin })
    }
    #expect(error?.code == .invalidSettings)
    #expect(error?.message.hasPrefix("`spin` ") == true)
  }
}
