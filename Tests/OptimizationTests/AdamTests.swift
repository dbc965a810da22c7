import Configurations
import NeuralNetworks
import Optimization
import Testing
import WaveFunctions

@Suite struct AdamTests {
  /// The algorithm of the papers in Float64, with powers kept as running products.
  private struct ScalarAdam {
    var first = 0.0
    var second = 0.0
    var firstPower = 1.0
    var secondPower = 1.0

    mutating func update(
      _ parameter: Double, gradient: Double, rate: Double, firstDecay: Double, weightDecay: Double
    ) -> Double {
      first = firstDecay * first + (1 - firstDecay) * gradient
      second = 0.999 * second + 0.001 * gradient * gradient
      firstPower *= firstDecay
      secondPower *= 0.999
      let mean = first / (1 - firstPower)
      let scale = (second / (1 - secondPower)).squareRoot() + 1e-8
      return parameter - rate * (mean / scale + weightDecay * parameter)
    }
  }

  @Test(arguments: [0.0, 0.1]) func updatesAreThoseOfTheScalarAlgorithm(_ weightDecay: Double) {
    var random = RandomSource(seed: 3)
    let count = 7
    var parameters = (0..<count).map { _ in Float(random.normal()) }
    var expected = parameters.map(Double.init)
    var adam = Adam(parameterCount: count)
    var scalars = [ScalarAdam](repeating: ScalarAdam(), count: count)
    for _ in 0..<60 {
      // Scales from 1e-3 to 1e3: the step must not depend on them.
      let gradient = (0..<count).map { index in
        Float(random.normal()) * [1e-3, 1e-2, 0.1, 1, 10, 100, 1000][index]
      }
      adam.update(
        &parameters, gradient: gradient, learningRate: 0.02, firstDecay: 0.9,
        weightDecay: weightDecay)
      for index in 0..<count {
        expected[index] = scalars[index].update(
          expected[index], gradient: Double(gradient[index]), rate: 0.02, firstDecay: 0.9,
          weightDecay: weightDecay)
      }
    }
    #expect(adam.stepCount == 60)
    for index in 0..<count { #expect(abs(Double(parameters[index]) - expected[index]) < 2e-5) }
  }

  @Test func aZeroGradientMovesNothing() {
    var parameters: [Float] = [1, -2]
    var adam = Adam(parameterCount: 2)
    adam.update(
      &parameters, gradient: [0, 0], learningRate: 0.1, firstDecay: 0.9, weightDecay: 0)
    #expect(parameters == [1, -2])
  }

  /// A gradient that is too long keeps its direction.
  @Test func longGradientsAreCut() throws {
    func step(_ limit: Double?, _ scale: Double) throws -> (state: [Float], norm: Double) {
      let rule = AdamRule(
        parameterCount: 2, firstDecay: 0.9, weightDecay: 0, maximumGradient: limit, energyScale: 0.5
      )
      var parameters: [Float] = [0, 0]
      let problem = StepProblem(
        weights: [1], metric: [1], isPulled: [false], followsTarget: false, real: [scale],
        imaginary: [0], denominators: [1], learningRate: 0.01,
        blocks: [
          ParameterBlock("all", part: .logModulus, offset: 0, layout: Self.layout)
        ], derivatives: { _ in OneRow(row: [3, -4]) })
      let norm = try rule.step(problem, parameters: &parameters)
      return (rule.state.arrays[0].values, norm)
    }
    // The gradient is 2 · scale · (3, −4), of length 10 · scale; moments are in units of 0.5.
    let free = try step(nil, 1)
    let cut = try step(2, 1)
    let short = try step(2, 0.1)
    #expect(abs(free.norm - 10) < 1e-5 && abs(cut.norm - 10) < 1e-5)
    #expect(largest(free.state, [1.2, -1.6]) < 1e-5)
    #expect(largest(cut.state, [0.24, -0.32]) < 1e-5)
    #expect(largest(short.state, [0.12, -0.16]) < 1e-5)
  }

  private static let layout: ParameterLayout = {
    var layout = ParameterLayout()
    layout.append("all", shape: [2], initializer: .constant(0))
    return layout
  }()

  private func largest(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }
}

/// The derivatives of one configuration.
private final class OneRow: DerivativeOperator {
  let row: [Float]
  init(row: [Float]) { self.row = row }
  var rowCount: Int { 1 }
  var parameterCount: Int { row.count }
  var prefersProducts: Bool { false }
  func rows(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>, stride: Int) {
    rows.update(from: row, count: row.count)
  }
}

@Suite struct LearningRateTests {
  private static let steps = 2000

  private func factor(_ schedule: LearningRateSchedule, _ fraction: Double) -> Double {
    schedule.factor(at: Int(fraction * Double(Self.steps)), of: Self.steps)
  }

  static let values: [(LearningRateSchedule, Double, Double)] = [
    (.constant, 0, 1), (.constant, 0.9, 1),
    (.warmUp, 0.005, 0.55), (.warmUp, 0.01, 1), (.warmUp, 0.9, 1),
    (.cosine, 0, 1), (.cosine, 0.5, 0.525), (.cosine, 0.25, 0.525 + 0.475 * 0.5.squareRoot()),
    (.cosineWarmUp, 0.02, 0.5125), (.cosineWarmUp, 0.04, 1), (.cosineWarmUp, 0.52, 0.500_025),
    (.cosineRestarts, 0, 1), (.cosineRestarts, 0.05, 0.525), (.cosineRestarts, 0.1, 0.8),
    (.decay, 0.05, 0.505), (.decay, 0.2, 1), (.decay, 0.5, 0.1), (.decay, 0.8, 0.01),
    (.trapezoid, 0.125, 0.502), (.trapezoid, 0.5, 1), (.trapezoid, 0.875, 0.5),
    (.lateCosine, 0.2, 1), (.lateCosine, 2.0 / 3, 0.51),
  ]

  @Test(arguments: values.indices) func valuesAreThoseOfTheFormulas(_ which: Int) {
    let (schedule, fraction, expected) = Self.values[which]
    #expect(abs(factor(schedule, fraction) - expected) < 1e-3, "\(schedule) at \(fraction)")
  }

  @Test(arguments: LearningRateSchedule.allCases)
  func ratesArePositiveAndAtMostOne(_ schedule: LearningRateSchedule) {
    for steps in [1, 2, 7, 100] {
      for step in 0..<steps + 3 {
        let factor = schedule.factor(at: step, of: steps)
        #expect(factor > 0 && factor <= 1, "\(factor) at \(step) of \(steps)")
      }
    }
    #expect(schedule.factor(at: 0, of: 0) > 0)
  }
}
