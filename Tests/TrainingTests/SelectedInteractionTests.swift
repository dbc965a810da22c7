import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import Testing
import Training

@Suite struct SelectedInteractionTests {
  /// Full CI of water in STO-3G by PySCF.
  private let exact = -75.0124036588357

  private func result(
    _ problem: Problem, _ change: (inout Settings) -> Void
  ) throws -> FinalResult {
    let run = try makeTrainingRun(
      problem,
      settings: smallSettings {
        $0.convergence.steps = 4
        change(&$0)
      })
    try finish(run)
    var result = try run.evaluate()
    run.addSelectedInteraction(to: &result) { _ in }
    return result
  }

  private func water() throws -> Problem {
    .molecule(try bundled("h2o_sto3g"), irrep: .automatic)
  }

  @Test func wholeSectorIsFullCI() throws {
    let result = try result(water()) { $0.evaluation.selectedDeterminants = 1_000_000 }
    let selected = try #require(result.selected)
    #expect(abs(selected.energy - exact) < 1e-8)
    #expect(abs(try #require(selected.extrapolatedEnergy) - exact) < 1e-8)
    #expect(try #require(selected.extrapolatedError) < 1e-8)
    // What the network misses is known, and said.
    #expect(result.energy > exact + 1e-6)
    #expect(try #require(result.remainingError) >= result.energy - exact - 1e-8)
    #expect(
      result.warnings.contains {
        $0.contains("selected CI of \(selected.dimension) determinants is lower by")
      })
  }

  @Test(
    "Density matrices of the last vector give its energy",
    arguments: ["h2o_sto3g", "oh_sto3g", "oh_uhf_sto3g"])
  func densityOfTheVector(_ name: String) throws {
    let integrals = try bundled(name)
    let result = try result(.molecule(integrals, irrep: .automatic)) {
      $0.evaluation.exactLimit = 0
      $0.evaluation.selectedDeterminants = 60
    }
    let selected = try #require(result.selected)
    let observables = try #require(selected.observables)
    #expect(result.observables == nil)
    #expect(abs(observables.density.energy(integrals) - selected.energy) < 1e-8)
    #expect((observables.natural == nil) == integrals.isUnrestricted)
    if let spin = selected.spinSquared {
      #expect(abs(try #require(observables.spinSquared) - spin) < 1e-6)
    }
  }

  @Test func spacesGrowFromTheState() throws {
    let result = try result(water()) { $0.evaluation.selectedDeterminants = 80 }
    let selected = try #require(result.selected)
    #expect(selected.seedCount == 2 || selected.seedCount == 3)
    #expect(selected.stages.count >= 4 && selected.dimension >= 80 && selected.dimension <= 81)
    for (before, after) in zip(selected.stages, selected.stages.dropFirst()) {
      #expect(after.dimension > before.dimension && after.energy < before.energy)
      #expect(after.secondOrderEnergy > before.secondOrderEnergy)
    }
    #expect(selected.energy > exact)
    let limit = try #require(selected.extrapolatedEnergy)
    #expect(abs(limit - exact) <= 2 * (try #require(selected.extrapolatedError)))
  }

  @Test func smallSectorsHaveNoneUnlessAsked() throws {
    #expect(try result(water()) { _ in }.selected == nil)
    #expect(try result(water()) { $0.evaluation.exactLimit = 0 }.selected != nil)
    #expect(
      try result(water()) {
        $0.evaluation.exactLimit = 0
        $0.evaluation.selectedDeterminants = 0
      }.selected == nil)
    let chain = LatticeModel(
      geometry: try LatticeGeometry(.chain, size: "8"),
      interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1))
    #expect(try result(.lattice(chain)) { $0.evaluation.exactLimit = 0 }.selected == nil)
    #expect(
      try result(water()) {
        $0.evaluation.exactLimit = 0
        $0.ansatz.twiceSpin = 0
      }.selected == nil)
  }

  @Test func moreThanTheMemoryIsRefused() throws {
    let problem = try water()
    #expect {
      try makeTrainingRun(
        problem,
        settings: smallSettings {
          $0.evaluation.selectedDeterminants = 10_000_000
          $0.localEnergy.memoryBudget = 100
        })
    } throws: { error in
      let text = (error as? TrainingError)?.message ?? ""
      return text.contains("`selected-ci`") && text.contains("`memory-budget`")
    }
  }

  @Test(
    "Density matrices of the trained state give its energy",
    arguments: ["h2o_sto3g", "oh_sto3g", "oh_uhf_sto3g"])
  func densityOfTheState(_ name: String) throws {
    let integrals = try bundled(name)
    let result = try result(.molecule(integrals, irrep: .automatic)) { _ in }
    let observables = try #require(result.observables)
    #expect(result.isExactSum)
    #expect(abs(observables.density.energy(integrals) - result.energy) < 1e-8)
    if let spin = result.spinSquared {
      #expect(abs(try #require(observables.spinSquared) - spin) < 1e-6)
    }
    #expect((observables.natural == nil) == integrals.isUnrestricted)
  }
}
