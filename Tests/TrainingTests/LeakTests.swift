import Foundation
import Integrals
import Testing
import Training

@Suite struct LeakTests {
  private func converged(_ file: String) throws -> (Problem, Settings, Snapshot) {
    let problem = Problem.molecule(try bundled(file), irrep: .automatic)
    let run = try makeTrainingRun(
      problem,
      settings: smallSettings {
        $0.ansatz.width = 16
        $0.convergence.steps = 60
      })
    try finish(run)
    return (problem, run.settings, run.snapshot())
  }

  /// A converged state, and the same with its conditionals sharpened until its support is lost.
  ///
  /// With the larger factor what is lost is smaller than any Float64.
  @Test(arguments: ["lih_sto3g", "h2o_sto3g", "oh_sto3g"], [Float(6), 1e5])
  func lostSupportIsSeen(_ file: String, factor: Float) throws {
    let (problem, settings, snapshot) = try converged(file)
    for exactLimit in [50_000, 0] {
      var settings = settings
      settings.evaluation.exactLimit = exactLimit
      let whole = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).evaluate()
      #expect(!whole.isCollapsed && whole.leakEnergy > -5e-4 && whole.leakEnergy <= 0)
      let sharp = snapshot.changingParameters { name, values in
        guard name.hasPrefix("amplitude/") && name.contains("head/") && !name.contains("norm")
        else { return }
        for index in values.indices { values[index] *= factor }
      }
      let collapsed = try makeTrainingRun(problem, settings: settings, snapshot: sharp).evaluate()
      #expect(collapsed.isCollapsed)
      #expect(collapsed.leakEnergy < -5e-3 && collapsed.leakEnergy.isFinite)
      #expect(collapsed.leakWeight > 1e-4)
      #expect(collapsed.energy.isFinite && collapsed.variance.isFinite)
    }
  }

  /// Training on few plain draws, without the layers, cannot see what it has lost.
  @Test func plainDrawsCollapse() throws {
    let settings = smallSettings {
      $0.sampling.draws = 40
      $0.sampling.maximumSamples = 10
      $0.sampling.exponent = 1
      $0.optimizer.kind = .adam
      $0.optimizer.learningRate = 0.05
      $0.start.kind = .random
      $0.convergence.steps = 150
      $0.convergence.energyTolerance = 0
    }
    let run = try makeTrainingRun(
      .molecule(try bundled("h2o_sto3g"), irrep: .automatic), settings: settings)
    try finish(run)
    let result = try run.evaluate()
    #expect(result.energy > -75.012_403_658_8 + 1e-3)
    #expect(result.isCollapsed)
  }
}
