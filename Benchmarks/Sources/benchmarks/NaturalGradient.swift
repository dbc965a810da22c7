import Configurations
import Foundation
import LinearAlgebra
import Optimization

/// One natural-gradient step in sample space, the Jacobian given.
let naturalGradientTopic = Topic(name: "step") {
  [500, 1000, 2000, 3000].map { stepCase(count: $0, parameters: 20_000) }
}

private func stepCase(count: Int, parameters: Int) -> Case {
  let flops = Double(count * count) * Double(parameters) + pow(Double(count), 3) / 3
  let name = "sample-space step M=\(count) P=\(parameters), \(coreCount) threads"
  return Case(name: name, units: 1, unit: "steps", flops: flops) {
    var random = RandomSource(seed: 1)
    let rows = buffer(count * parameters)
    for index in 0..<count * parameters { rows[index] = Float(random.normal()) }
    let weights = [Double](repeating: 1 / Double(count), count: count)
    let target = (0..<count).map { _ in random.normal() }
    let previous = [Float](repeating: 1e-3, count: parameters)
    let solver = SampleSpaceSolver()
    // With scales of one, the centred rows that a run leaves are a fixed point.
    let scales = [Double](repeating: 1, count: count)
    return {
      let result = try? solver.solve(
        rows: rows, count: count, parameters: parameters, weights: weights, scales: scales,
        target: target, previous: previous, momentum: 0.8, shift: 1e-4)
      sink = Double(result?.step[0] ?? 0)
    }
  }
}

/// exp(a + iφ).
func exponential(_ logModulus: Double, _ phase: Double) -> (real: Double, imaginary: Double) {
  let modulus = exp(logModulus)
  return (modulus * cos(phase), modulus * sin(phase))
}
