import Configurations
import Foundation
import Optimization
import Parallelism
import Sampling
import Testing
import WaveFunctions

/// Where natural-gradient steps lead.
@Suite struct NaturalGradientTests {
  /// A random state over a few strings, far from an eigenstate.
  private struct Case {
    let table: TableWaveFunction<UInt64>
    let configurations: [Configuration<UInt64>]
    let weights: [Double]
    let residuals: [Double]
    let gaps: [Double]

    init() {
      let space = ConfigurationSpace<UInt64>(upCount: 3, order: Array(0..<6))
      var random = RandomSource(seed: 21)
      table = TableWaveFunction(space: space, spread: 1, random: &random)
      configurations = space.allRepresentatives()
      let logModulus = table.logAmplitudes(of: configurations).logModulus
      let weights = space.weights(of: configurations, logModulus: logModulus)
      self.weights = weights
      let raw = configurations.map { _ in 2 * random.normal() }
      let mean = raw.indices.reduce(0.0) { $0 + weights[$1] * raw[$1] }
      residuals = raw.map { $0 - mean }
      gaps = configurations.map { _ in 0.5 + random.uniform() }
    }

    /// The step with an overwhelming regularisation, which is along `Aᵀ b`.
    ///
    /// Some configurations of little weight are there by the weight that they should have.
    func step(followsTarget: Bool) throws -> [Double] {
      let isPulled = self.weights.map { $0 < 1e-3 }
      let metric = self.weights.map { $0 < 1e-3 ? 0.05 : $0 }
      let weights = self.weights.map { $0 < 1e-3 ? 0.0 : $0 }
      let block = table.blocks[0]
      let rule = NaturalGradient(
        blocks: [block],
        options: .init(momentum: 0, shift: 1e6, maximumStep: 1e9, energyScale: 1),
        execution: Execution(threads: 1))
      var parameters = table.parameters
      _ = try rule.step(
        StepProblem(
          weights: weights, metric: metric, isPulled: isPulled, followsTarget: followsTarget,
          real: residuals, imaginary: weights.map { _ in 0 },
          denominators: gaps.map { 40 * $0 }, learningRate: 0.5, blocks: [block],
          derivatives: { table.derivatives(of: configurations, block: $0) }),
        parameters: &parameters)
      // Too small to be seen in the parameters.
      let step = try #require(rule.state.arrays.first { $0.name == block.name + "-step" })
      return step.values.map(Double.init)
    }

    /// `Σ w (E_loc − E) O`, half of the gradient.
    func gradient() -> [Double] {
      let block = table.blocks[0]
      var gradient = [Float](repeating: 0, count: block.range.count)
      table.derivatives(of: configurations, block: 0).pull(
        zip(weights, residuals).map { $0 < 1e-3 ? 0 : Float($0 * $1) }, into: &gradient)
      return gradient.map(Double.init)
    }
  }

  private func cosine(_ x: [Double], _ y: [Double]) -> Double {
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return product(x, y) / (product(x, x) * product(y, y)).squareRoot()
  }

  /// Without the weights that configurations should have, steps come to rest where the gradient is zero.
  @Test func plainWeightsFollowTheGradient() throws {
    let example = Case()
    let gradient = example.gradient()
    #expect(example.weights.contains { $0 < 1e-3 })
    #expect(cosine(try example.step(followsTarget: false), gradient) < -0.99999)
    // With them the direction is another one.
    #expect(cosine(try example.step(followsTarget: true), gradient) > -0.9999)
  }

  /// With an overwhelming regularisation a step is along `Aᵀ b = Σ g (τ − ⟨τ⟩) O`, with the target and
  /// the metric of the theory.
  @Test func targetsAndMetricAreThoseOfTheTheory() throws {
    let example = Case()
    let imaginary = example.residuals.map { 0.4 * $0 }
    let eta = 0.5
    let rule = NaturalGradient(
      blocks: example.table.blocks,
      options: .init(momentum: 0, shift: 1e6, maximumStep: 1e9, energyScale: 1),
      execution: Execution(threads: 1))
    var parameters = example.table.parameters
    _ = try rule.step(
      StepProblem(
        weights: example.weights, metric: example.weights,
        isPulled: example.weights.map { _ in false }, real: example.residuals,
        imaginary: imaginary, denominators: example.gaps, learningRate: eta,
        blocks: example.table.blocks,
        derivatives: { example.table.derivatives(of: example.configurations, block: $0) }),
      parameters: &parameters)

    var metric: [Double] = []
    var targets: [[Double]] = [[], []]
    var logarithms = 0
    for index in example.weights.indices {
      let x = 1 - example.residuals[index] / example.gaps[index]
      let y = -imaginary[index] / example.gaps[index]
      metric.append(example.weights[index] * max(1, x * x + y * y) * example.gaps[index])
      if x > 0.5 && x < 2 {
        targets[0].append(eta * (x - 1))
        targets[1].append(eta * y)
      } else {
        logarithms += 1
        targets[0].append(eta * min(1, max(-1, log((x * x + y * y).squareRoot()))))
        targets[1].append(eta * min(1, max(-1, atan2(y, x))))
      }
    }
    // Some of the residuals are beyond the gaps, some are not.
    #expect(logarithms > 3 && logarithms < metric.count - 3)
    let total = metric.reduce(0, +)
    for (block, target) in targets.enumerated() {
      let mean = target.indices.reduce(0.0) { $0 + metric[$1] * target[$1] } / total
      var expected = [Float](repeating: 0, count: example.table.blocks[block].range.count)
      example.table.derivatives(of: example.configurations, block: block).pull(
        target.indices.map { Float(metric[$0] * (target[$0] - mean)) }, into: &expected)
      let name = example.table.blocks[block].name + "-step"
      let step = try #require(rule.state.arrays.first { $0.name == name })
      #expect(cosine(step.values.map(Double.init), expected.map(Double.init)) > 0.999_99)
    }
  }

  /// λ falls while the objective does, grows when it rises, and a bad step is taken back.
  @Test func regularisationFollowsTheObjective() throws {
    func outcome(_ objective: Double, error: Double = 0, drift: Double = 0) -> StepOutcome {
      StepOutcome(objective: objective, error: error, drift: drift)
    }
    for scale in [1.0, 50] {
      let example = Case()
      let rule = NaturalGradient(
        blocks: example.table.blocks,
        options: .init(momentum: 0.9, shift: 1e-4, maximumStep: 0.3, energyScale: scale),
        execution: Execution(threads: 1))
      func step(_ parameters: inout [Float]) throws {
        _ = try rule.step(
          StepProblem(
            weights: example.weights, metric: example.weights,
            isPulled: example.weights.map { _ in false }, real: example.residuals,
            imaginary: example.residuals, denominators: example.gaps, learningRate: 0.5,
            blocks: example.table.blocks,
            derivatives: { example.table.derivatives(of: example.configurations, block: $0) }),
          parameters: &parameters)
      }
      func shift() -> Double { rule.regularisation ?? 0 }
      #expect(rule.judge(outcome(0)) == nil && !rule.canTakeBack)
      // A rise that is small in the scale's units.
      #expect(rule.judge(outcome(1e-3 * scale)) == nil)
      #expect(abs(shift() - 3e-4) < 1e-12)
      // What errors explain, or cooling, is no rise.
      #expect(rule.judge(outcome(2e-3 * scale, error: 1e-3 * scale)) == nil)
      #expect(abs(shift() - 2.1e-4) < 1e-12)
      #expect(rule.judge(outcome(0.5 * scale, drift: 0.6 * scale)) == nil)
      #expect(abs(shift() - 1.47e-4) < 1e-12)
      // Not below the least.
      for index in 1...5 { #expect(rule.judge(outcome(-Double(index) * scale)) == nil) }
      #expect(shift() == 1e-4)

      var parameters = example.table.parameters
      try step(&parameters)
      #expect(parameters != example.table.parameters && rule.canTakeBack)
      #expect(rule.judge(outcome(0)) == example.table.parameters)
      #expect(abs(shift() - 1e-3) < 1e-12)
      // At rest: no momentum is left, and the same step is not taken back twice.
      #expect(
        rule.state.arrays.filter { $0.name.hasSuffix("-step") }.allSatisfy {
          $0.values.allSatisfy { $0 == 0 }
        })
      #expect(rule.judge(outcome(9 * scale)) == nil)
    }
  }
}
