import Foundation
import Integrals
import Optimization
import Testing
import Training

@Suite struct AnnealingTests {
  @Test(arguments: [AnnealingKind.linear, .exponential, .tent])
  func temperaturesAppearInTheTrace(_ kind: AnnealingKind) throws {
    let settings = smallSettings {
      $0.annealing.kind = kind
      $0.annealing.initialTemperature = 0.2
      $0.annealing.warmUpSteps = 4
      $0.annealing.steps = 20
      $0.convergence.steps = 40
      $0.start.kind = .random
    }
    let run = try makeTrainingRun(
      .molecule(try bundled("lih_sto3g"), irrep: .automatic), settings: settings)
    try finish(run)
    for row in run.trace {
      let fraction = min(1, max(0, Double(row.step - 1 - 4) / 20))
      let expected =
        switch kind {
        case .linear: 0.2 * (1 - fraction)
        case .tent: fraction < 1 ? 0.1 * (1 - cos(2 * Double.pi * fraction)) : 0
        default: fraction < 1 ? 0.2 * pow(10, -5 * fraction) : 0
        }
      #expect(abs(row.temperature - expected) < 1e-12)
    }
    // No run counts as converged while it is warm, or just after.
    #expect(run.trace.count >= 24 + 2 * (run.settings.convergence.window ?? 0))
  }

  /// Cooling raises F = E − T S at fixed parameters; that is no reason to take steps back.
  @Test func coolingIsNotABadStep() throws {
    let settings = smallSettings {
      // Wide enough that a random start arrives whatever the rounding of the BLAS kernels.
      $0.ansatz.width = 32
      $0.ansatz.heads = 4
      $0.ansatz.feedForward = 64
      $0.ansatz.phaseHidden = [64, 64]
      $0.annealing.kind = .linear
      $0.annealing.initialTemperature = 0.5
      $0.annealing.steps = 40
      $0.convergence.steps = 80
      $0.convergence.energyTolerance = 0
      $0.start.kind = .random
    }
    let run = try makeTrainingRun(
      .molecule(try bundled("h2o_sto3g"), irrep: .automatic), settings: settings)
    try run.prepare { _ in }
    var stalled = 0
    var largestShift = 0.0
    while !run.isFinished {
      let before = run.snapshot()
      let row = try run.step()
      // A step that was taken back leaves the parameters of two steps ago.
      let after = run.snapshot()
      if after.optimizer.first(where: { $0.name == "amplitude-before" })?.values.isEmpty == true,
        before.step > 0
      {
        stalled += 1
      }
      largestShift = max(largestShift, after.scalars["shift"] ?? 0)
      #expect(row.energy.isFinite)
    }
    #expect(stalled <= 4)
    #expect(largestShift < 1)
    #expect(abs(try run.evaluate().energy + 75.012_403_658_8) < 2e-3)
  }
}
