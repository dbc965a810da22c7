import Configurations
import Optimization
import Testing

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
}
