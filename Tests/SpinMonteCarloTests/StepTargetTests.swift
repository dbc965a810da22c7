import Configurations
import Foundation
import SpinMonteCarlo
import Testing

/// What a step aims at next to nodes.
struct StepTargetTests {
  /// Large local energies change the metric only: the force is that of the energy.
  @Test func theForceIsTheEnergys() {
    var random = RandomSource(seed: 1)
    let count = 50
    var weights = (0..<count).map { _ in random.uniform() }
    let total = weights.reduce(0, +)
    for index in weights.indices { weights[index] /= total }
    // Three configurations next to a node.
    var real = (0..<count).map { _ in random.normal() }
    (real[3], real[10], real[20]) = (300, -1000, 40)
    let local = SpinLocalEnergies(
      real: real, imaginary: (0..<count).map { _ in 0.3 * random.normal() }, weights: weights)
    let target = StepTarget(local, learningRate: 0.1)
    #expect(abs(target.weights.reduce(0, +) - 1) < 1e-12)
    let mean = local.mean
    // Both are divided by the metric's sum.
    let scale = -target.weights[0] * target.real[0] / (weights[0] * (real[0] - mean))
    #expect(scale > 0)
    let imaginaryMean = zip(weights, local.imaginary).reduce(0) { $0 + $1.0 * $1.1 }
    for index in 0..<count {
      let (re, im) = (
        target.weights[index] * target.real[index] / scale,
        target.weights[index] * target.imaginary[index] / scale
      )
      #expect(abs(re + weights[index] * (real[index] - mean)) < 1e-10)
      #expect(abs(im + weights[index] * (local.imaginary[index] - imaginaryMean)) < 1e-10)
      let size = hypot(target.real[index], target.imaginary[index])
      #expect(0.1 * size < 1 + 1e-12)
    }
    #expect(target.weights[10] / local.weights[10] > 20 * target.weights[0] / local.weights[0])
  }
}
