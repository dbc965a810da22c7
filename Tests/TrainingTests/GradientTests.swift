import Configurations
import Foundation
import Integrals
import Optimization
import Testing
import Training

/// Gradients against differences of the exact energy.
@Suite struct GradientTests {
  private static let cases = [
    EnergyTests.Case(file: "lih_sto3g", irrep: .automatic, parity: 1),
    EnergyTests.Case(file: "lih_sto3g", irrep: .any, parity: -1, ansatz: .retnet),
    EnergyTests.Case(file: "oh_uhf_sto3g", irrep: .any, parity: 0),
  ]

  /// The exact (free) energy at the parameters of a snapshot.
  private func value(
    _ snapshot: Snapshot, _ problem: Problem, _ settings: Settings, temperature: Double
  ) throws -> Double {
    let row = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).step()
    return row.energy - temperature * row.entropy
  }

  @Test(arguments: cases, [0.0, 0.25])
  func gradientIsTheSlopeOfTheExactEnergy(_ example: EnergyTests.Case, temperature: Double) throws {
    let run = try example.run {
      $0.optimizer.kind = .adam
      $0.annealing.kind = .linear
      $0.annealing.initialTemperature = temperature
      $0.annealing.warmUpSteps = 10
    }
    let problem = Problem.molecule(try bundled(example.file), irrep: example.irrep)
    let snapshot = run.snapshot()
    let row = try run.step()
    #expect(row.temperature == temperature)
    // After one step Adam's first moment is (1 − β₁) times the gradient in units of the scale.
    let scale = try bundled(example.file).energyScale
    let first = try #require(run.snapshot().optimizer.first { $0.name == "adam-first" })
    let gradient = first.values.map { scale * Double($0) / 0.1 }
    let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(row.gradientNorm / norm - 1) < 1e-4)
    let amplitudeCount = snapshot.flat("amplitude/").count
    #expect(gradient.count == run.parameterCount)

    var random = RandomSource(seed: 3)
    for network in ["amplitude/", "phase/"] {
      let range =
        network == "phase/" ? amplitudeCount..<gradient.count : 0..<amplitudeCount
      let part = range.reduce(0) { $0 + gradient[$1] * gradient[$1] }.squareRoot()
      #expect(part > 1e-3)
      for trial in 0..<4 {
        // Along the gradient first, then at random.
        var direction = range.map { trial == 0 ? gradient[$0] : random.normal() }
        let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
        direction = direction.map { $0 / length }
        func energy(_ distance: Double) throws -> Double {
          var offset = 0
          let moved = snapshot.changingParameters { name, values in
            guard name.hasPrefix(network) else { return }
            for index in values.indices {
              values[index] += Float(distance * direction[offset])
              offset += 1
            }
          }
          return try value(moved, problem, run.settings, temperature: temperature)
        }
        let h = 0.02
        let slope =
          (8 * (try energy(h) - energy(-h)) - (try energy(2 * h) - energy(-2 * h))) / (12 * h)
        let expected = range.enumerated().reduce(0) {
          $0 + direction[$1.offset] * gradient[$1.element]
        }
        #expect(abs(slope - expected) < 2e-3 * max(part, abs(expected)))
      }
    }
  }

  /// Both optimisers report the same gradient, and a short natural-gradient step goes downhill.
  @Test(arguments: cases) func naturalGradientGoesDownhill(_ example: EnergyTests.Case) throws {
    let adam = try example.run { $0.optimizer.kind = .adam }.step()
    let run = try example.run {
      $0.optimizer.learningRate = 1e-3
      $0.optimizer.momentum = 0
    }
    let before = try run.step()
    #expect(abs(before.gradientNorm / adam.gradientNorm - 1) < 1e-3)
    let after = try run.step()
    #expect(after.energy < before.energy)
    #expect(before.energy - after.energy < 0.1)
  }
}
