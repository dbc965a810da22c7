internal import Estimators
internal import Foundation
internal import Optimization

/// The settings of a run with every default filled in, in the form the loop uses.
struct ResolvedSettings: Sendable {
  var threads: Int
  var optimizer: OptimizerKind
  var maximumSamples: Int
  /// Draws for stochastic samples; nil for the strings of largest probability.
  var draws: Int?
  var firstExponent: Double
  var learningRate: Double
  var momentum: Double
  var shift: Double
  var weightDecay: Double
  var maximumStep: Double
  var temperatures: TemperatureSchedule
  var localEnergyMode: LocalEnergyMode
  var startKind: StartKind
  var startDeterminants: Int
  var startSteps: Int
  var steps: Int
  /// Steps before which a run does not count as converged: annealing and tempering must be over.
  var minimumSteps: Int
  var energyTolerance: Double
  /// The remaining error up to which a run counts as converged.
  var residualTolerance: Double
  var window: Int
  /// nil to choose the number by how many distinct strings come out.
  var evaluationDraws: Int?
  var evaluationMaximumSamples: Int
  var exactLimit: Int
  /// What the energy's thresholds are measured by, in its unit.
  var energyScale: Double
  /// The smallest denominator of the preconditioned step, in the energy's unit.
  var denominatorFloor: Double
  /// The leak energy above which a state counts as collapsed, in the energy's unit.
  var leakLimit: Double

  /// Whether steps see sampling noise, which a falling learning rate averages out.
  var isNoisy: Bool

  /// Returns the learning rate at a step counted from 0: constant where steps have no noise, else
  /// falling to a fiftieth on half a cosine over the second two thirds of the steps.
  func learningRate(at step: Int) -> Double {
    if !isNoisy { return learningRate }
    let fraction = Double(step) / Double(max(1, steps))
    let progress = min(1, max(0, (fraction - 1.0 / 3) * 1.5))
    return learningRate * (0.02 + 0.98 * 0.5 * (1 + cos(Double.pi * progress)))
  }

  /// Returns α at a step counted from 0: constant over the first half, then linear up to 1 at
  /// three quarters of the steps.
  func exponent(at step: Int) -> Double {
    let fraction = Double(step) / Double(max(1, steps))
    let ramp = min(1, max(0, (fraction - 0.5) / 0.25))
    return firstExponent + (1 - firstExponent) * ramp
  }
}
