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
    var kernels: [[Float]] = [[], []]
    // Rows of blocks that have them; products find theirs again.
    var rows: [[Float]] = []
    for (number, block) in blocks.enumerated() {
      let derivatives = problem.derivatives(number)
      let width = derivatives.parameterCount
      let part = block.part == .phase ? 1 : 0
      let residuals = part == 1 ? problem.imaginary : problem.real
      let pulled = (0..<count).map { Float(problem.weights[$0] * residuals[$0]) }
      if kernels[part].isEmpty { kernels[part] = Array(repeating: 0, count: count * count) }
      let gradient: [Float]
      let image: [Float]
      if derivatives.prefersProducts {
        rows.append([])
        var sums = [Float](repeating: 0, count: width)
        derivatives.pull(pulled, into: &sums)
        gradient = sums
        derivatives.gram(into: &kernels[part], stride: count)
        image = derivatives.push(steps[number])
      } else {
        let tiles = solver.tiles(count: count, parameters: width)
        var share = [Float](repeating: 0, count: max(1, tiles.share.count * width))
        share.withUnsafeMutableBufferPointer {
          if let base = $0.baseAddress, !tiles.share.isEmpty {
            derivatives.rows(tiles.share, into: base, stride: width)
          }
        }
        gradient = tiles.columnSums(of: share, weights: pulled)
        image = tiles.product(of: share, with: steps[number])
        var own = [Float](repeating: 0, count: count * count)
        tiles.gram(of: share, into: &own)
        for index in own.indices { kernels[part][index] += own[index] }
        rows.append(share)
      }
      squaredNorm += gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
      let mean = (0..<count).reduce(0.0) { $0 + weights[$1] * Double(image[$1]) }
      for index in 0..<count {
        previous[part * count + index] +=
          options.momentum * scales[index] * (Double(image[index]) - mean)
      }
    }
    do throws(LinearAlgebraError) {
      var parts: [CurvatureSolver.Part] = []
      for part in 0..<2 {
        if kernels[part].isEmpty {
          // No parameters move this part.
          kernels[part] = Array(repeating: 0, count: count * count)
        }
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
      var pulled: [[Float]] = []
      for part in 0..<2 {
        var values = (0..<count).map { scales[$0] * solution.weights[part * count + $0] }
        let total = values.reduce(0, +)
        for index in 0..<count { values[index] -= weights[index] * total }
        pulled.append(values.map(Float.init))
      }
      let factor = Float(min(1, options.maximumStep / norm.squareRoot()))
      for (number, block) in blocks.enumerated() {
        var step = steps[number].map { Float(options.momentum) * $0 }
        let values = pulled[block.part == .phase ? 1 : 0]
        if rows[number].isEmpty {
          problem.derivatives(number).pull(values, into: &step)
        } else {
          let tiles = solver.tiles(count: count, parameters: step.count)
          for (index, sum) in tiles.columnSums(of: rows[number], weights: values).enumerated() {
            step[index] += sum
          }
        }
        steps[number] = step.map { factor * $0 }
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
