import Configurations
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
    func step(followsTarget: Bool) throws -> [Double] {
      let block = table.blocks[0]
      let rule = NaturalGradient(
        blocks: [block],
        options: .init(momentum: 0, shift: 1e6, maximumStep: 1e9, energyScale: 1),
        execution: Execution(threads: 1))
      var parameters = table.parameters
      _ = try rule.step(
        StepProblem(
          weights: weights, metric: weights, isPulled: weights.map { _ in false },
          followsTarget: followsTarget, real: residuals, imaginary: weights.map { _ in 0 },
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
        zip(weights, residuals).map { Float($0 * $1) }, into: &gradient)
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
    #expect(cosine(try example.step(followsTarget: false), gradient) < -0.99999)
    // With them the direction is another one.
    #expect(cosine(try example.step(followsTarget: true), gradient) > -0.9999)
  }
}
