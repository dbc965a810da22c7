internal import LinearAlgebra
internal import WaveFunctions

extension NaturalGradient {
  /// Solves for a step in the metric of the energy's curvature and stores it.
  ///
  /// - Parameters:
  ///   - problem: What the sample says.
  ///   - weights: The weights of the metric, with sum 1.
  ///   - scales: `√(q D)`.
  ///   - targets: The wished changes of `log ψ`.
  ///   - curvature: Computes `y ← B x`.
  /// - Returns: The squared norm of half of the gradient.
  /// - Throws: ``OptimizationError`` where a kernel cannot be factorised.
  func curvedStep(
    _ problem: StepProblem, weights: [Double], scales: [Double],
    targets: [(modulus: Double, phase: Double)],
    curvature: StepCurvature
  ) throws(OptimizationError) -> Double {
    let count = weights.count
    var squaredNorm = 0.0
    var rightSide = [Double](repeating: 0, count: 2 * count)
    var previous = rightSide
    for index in 0..<count {
      rightSide[index] = scales[index] * targets[index].modulus
      rightSide[count + index] = scales[index] * targets[index].phase
    }
    var kernels = Array(repeating: [Float](repeating: 0, count: count * count), count: 2)
    // Rows that were written out; operators that prefer products are asked for again.
    var written: [WrittenRows?] = []
    for (number, block) in blocks.enumerated() {
      var derivatives = problem.derivatives(number)
      let rows = derivatives.prefersProducts ? nil : WrittenRows(of: derivatives, solver)
      written.append(rows)
      if let rows { derivatives = rows }
      let part = block.part == .phase ? 1 : 0
      let residuals = part == 1 ? problem.imaginary : problem.real
      var gradient = [Float](repeating: 0, count: derivatives.parameterCount)
      derivatives.pull(
        (0..<count).map { Float(problem.weights[$0] * residuals[$0]) }, into: &gradient)
      derivatives.gram(into: &kernels[part], stride: count)
      let image = derivatives.push(steps[number])
      squaredNorm += gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
      let carried = solver.centred(
        image.map(Double.init), weights: weights, scales: scales.map { options.momentum * $0 })
      for index in 0..<count { previous[part * count + index] += carried[index] }
    }
    do throws(LinearAlgebraError) {
      var parts: [CurvatureSolver.Part] = []
      for part in 0..<2 {
        parts.append(
          try solver.factorised(
            kernel: kernels[part], count: count, weights: weights, scales: scales, shift: shift))
        kernels[part] = []
      }
      var image = [Double](repeating: 0, count: 2 * count)
      // The wished change as far as the last step, carried on, does not make it.
      for index in image.indices { rightSide[index] -= previous[index] }
      curvature.multiply(rightSide, &image)
      let solution = try CurvatureSolver(count: count, parts: parts).solve(
        image, tolerance: 1e-3, maximumIterations: 50, multiply: curvature.multiply)
      var norm = 0.0
      for index in image.indices {
        let value = previous[index] + solution.image[index]
        norm += value * value
      }
      let pulled = (0..<2).map { part in
        solver.spread(
          Array(solution.weights[part * count..<(part + 1) * count]), weights: weights,
          scales: scales
        ).map(Float.init)
      }
      for (number, block) in blocks.enumerated() {
        var step = steps[number].map { Float(options.momentum) * $0 }
        let derivatives = written[number] ?? problem.derivatives(number)
        derivatives.pull(pulled[block.part == .phase ? 1 : 0], into: &step)
        limit(&step, norm: norm.squareRoot())
        steps[number] = step
      }
      return squaredNorm
    } catch {
      throw OptimizationError(block: "parameters", reason: "\(error)")
    }
  }
}

extension [Double] {
  /// The same numbers with sum 1.
  func normalised() -> [Double] {
    let total = reduce(0, +)
    return map { $0 / total }
  }
}
