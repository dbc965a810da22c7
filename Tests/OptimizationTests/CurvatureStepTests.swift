import Configurations
import Foundation
import LinearAlgebra
import Optimization
import Parallelism
import Sampling
import Testing
import WaveFunctions

/// Steps in the metric of a curvature, against dense matrices.
@Suite struct CurvatureStepTests {
  /// A table over the 20 configurations of six sites, with a random curvature.
  private struct Case {
    let table: TableWaveFunction<UInt64>
    let configurations: [Configuration<UInt64>]
    let weights: [Double]
    let gaps: [Double]
    let real: [Double]
    let imaginary: [Double]
    let matrix: [Double]
    let random: RandomSource

    init(seed: UInt64) {
      let space = ConfigurationSpace<UInt64>(upCount: 3, order: Array(0..<6))
      var random = RandomSource(seed: seed)
      table = TableWaveFunction(space: space, spread: 0.5, random: &random)
      configurations = space.allRepresentatives()
      weights = space.weights(
        of: configurations, logModulus: table.logAmplitudes(of: configurations).logModulus)
      gaps = configurations.map { _ in 0.5 + random.uniform() }
      real = configurations.map { _ in 0.3 * (random.uniform() - 0.5) }
      imaginary = configurations.map { _ in 0.3 * (random.uniform() - 0.5) }
      // Gram matrix of random vectors: symmetric and positive definite.
      let size = 2 * configurations.count
      let vectors = (0..<size * size).map { _ in random.normal() / Double(size).squareRoot() }
      var matrix = [Double](repeating: 0, count: size * size)
      for row in 0..<size {
        for column in 0..<size {
          for k in 0..<size {
            matrix[row * size + column] += vectors[row * size + k] * vectors[column * size + k]
          }
        }
        matrix[row * size + row] += 0.2
      }
      self.matrix = matrix
      self.random = random
    }

    var count: Int { configurations.count }

    func multiply(_ x: [Double]) -> [Double] {
      (0..<2 * count).map { row in
        (0..<2 * count).reduce(0.0) { $0 + matrix[row * 2 * count + $1] * x[$1] }
      }
    }

    func problem(curvature: StepCurvature?) -> StepProblem {
      StepProblem(
        weights: weights, metric: weights, isPulled: weights.map { _ in false },
        followsTarget: false,
        real: zip(real, gaps).map { -$0 * $1 }, imaginary: zip(imaginary, gaps).map { -$0 * $1 },
        denominators: gaps, learningRate: 0.5, blocks: table.blocks, curvature: curvature,
        derivatives: { table.derivatives(of: configurations, block: $0) })
    }

    /// `A` of one block, `[M][P]`: centred rows times `√(q D)`.
    func rows(_ block: Int) -> [[Double]] {
      let derivatives = table.derivatives(of: configurations, block: block)
      let width = derivatives.parameterCount
      var flat = [Float](repeating: 0, count: count * width)
      flat.withUnsafeMutableBufferPointer {
        if let base = $0.baseAddress { derivatives.rows(0..<count, into: base, stride: width) }
      }
      let mean = (0..<width).map { column in
        (0..<count).reduce(0.0) { $0 + weights[$1] * Double(flat[$1 * width + column]) }
      }
      let total = zip(weights, gaps).reduce(0.0) { $0 + $1.0 * $1.1 }
      return (0..<count).map { row in
        let scale = (weights[row] * gaps[row] / total).squareRoot()
        return (0..<width).map { scale * (Double(flat[row * width + $0]) - mean[$0]) }
      }
    }

    var scales: [Double] {
      let total = zip(weights, gaps).reduce(0.0) { $0 + $1.0 * $1.1 }
      return zip(weights, gaps).map { ($0 * $1 / total).squareRoot() }
    }
  }

  private func rule(_ example: Case, momentum: Double, maximumStep: Double = 1e9) -> NaturalGradient
  {
    NaturalGradient(
      blocks: example.table.blocks,
      options: .init(momentum: momentum, shift: 1e-2, maximumStep: maximumStep, energyScale: 1),
      execution: Execution(threads: 1))
  }

  /// The steps of all blocks, one after the other.
  private func step(
    _ rule: NaturalGradient, _ example: Case, curvature: StepCurvature?
  ) throws -> [Double] {
    var parameters = example.table.parameters
    _ = try rule.step(example.problem(curvature: curvature), parameters: &parameters)
    return rule.state.arrays.filter { $0.name.hasSuffix("-step") }.flatMap(\.values).map(
      Double.init)
  }

  private func curvature(_ example: Case) -> StepCurvature {
    StepCurvature(real: example.real, imaginary: example.imaginary) { x, y in
      let product = example.multiply(Array(UnsafeBufferPointer(start: x, count: 2 * example.count)))
      for index in product.indices { y[index] = product[index] }
    }
  }

  /// `(B G + Λ) z = B (t − μ A δ')`, `δ = μ δ' + Aᵀ z`, by a dense solution of the normal equations.
  @Test(arguments: [1, 2, 3] as [UInt64]) func stepIsTheDenseOne(seed: UInt64) throws {
    let example = Case(seed: seed)
    let rule = rule(example, momentum: 0.5)
    var previous = [[Double](), []]
    for block in 0..<2 {
      previous[block] = Array(repeating: 0, count: example.table.blocks[block].range.count)
    }
    // The second step has a last one.
    for _ in 0..<2 {
      let found = try step(rule, example, curvature: curvature(example))
      let count = example.count
      let rows = [example.rows(0), example.rows(1)]
      // As B is positive: (G B G + Λ G) z = G B (t − μ A δ'), symmetric, up to the null space of G.
      var kernel = [[Double]](
        repeating: Array(repeating: 0, count: 2 * count), count: 2 * count)
      var ridges = [0.0, 0.0]
      for part in 0..<2 {
        for i in 0..<count {
          for j in 0..<count {
            kernel[part * count + i][part * count + j] = zip(rows[part][i], rows[part][j]).reduce(0)
            { $0 + $1.0 * $1.1 }
          }
          ridges[part] += 1e-2 * kernel[part * count + i][part * count + i] / Double(count)
        }
      }
      var target = [Double](repeating: 0, count: 2 * count)
      for part in 0..<2 {
        for i in 0..<count {
          let wished = 0.5 * (part == 0 ? example.real[i] : example.imaginary[i])
          let image = zip(rows[part][i], previous[part]).reduce(0.0) { $0 + $1.0 * $1.1 }
          target[part * count + i] = example.scales[i] * wished - 0.5 * image
        }
      }
      let image = example.multiply(target)
      let size = 2 * count
      let forward = kernel.indices.map { i in
        example.multiply((0..<size).map { kernel[$0][i] })
      }
      // forward[i] is the column B G e_i.
      var matrix = [Double](repeating: 0, count: size * size)
      var right = [Double](repeating: 0, count: size)
      for i in 0..<size {
        for j in 0..<size {
          matrix[i * size + j] =
            (0..<size).reduce(0.0) { $0 + kernel[i][$1] * forward[j][$1] }
            + ridges[j / count] * kernel[i][j]
        }
        matrix[i * size + i] += 1e-13
        right[i] = (0..<size).reduce(0.0) { $0 + kernel[i][$1] * image[$1] }
      }
      try LAPACK.solvePositiveDefinite(&matrix, n: size, rightSide: &right)
      var expected: [Double] = []
      for part in 0..<2 {
        for column in previous[part].indices {
          expected.append(
            0.5 * previous[part][column]
              + (0..<count).reduce(0.0) { $0 + rows[part][$1][column] * right[part * count + $1] })
        }
      }
      let scale = expected.map(abs).max() ?? 0
      #expect(scale > 1e-3)
      for (a, b) in zip(found, expected) { #expect(abs(a - b) < 2e-2 * scale) }
      previous = [
        Array(found[..<previous[0].count]), Array(found[previous[0].count...]),
      ]
    }
  }

  /// With `B = 1` and Jacobi's changes a step is that of the diagonal metric, but for the weights of the
  /// centre: on a table, which is centred already, they play no part for the modulus.
  @Test func unitCurvatureIsTheDiagonalMetric() throws {
    let example = Case(seed: 4)
    let unit = StepCurvature(real: example.real, imaginary: example.imaginary) { x, y in
      for index in 0..<2 * example.count { y[index] = x[index] }
    }
    // Equal gaps: both centres are the mean in |ψ|².
    let flat = { (curvature: StepCurvature?) in
      var problem = example.problem(curvature: curvature)
      problem.denominators = example.gaps.map { _ in 1 }
      problem.real = example.real.map { -$0 }
      problem.imaginary = example.imaginary.map { -$0 }
      return problem
    }
    var steps: [[Double]] = []
    for curvature in [unit, nil] {
      let rule = rule(example, momentum: 0)
      var parameters = example.table.parameters
      _ = try rule.step(flat(curvature), parameters: &parameters)
      steps.append(
        rule.state.arrays.filter { $0.name.hasSuffix("-step") }.flatMap(\.values).map(Double.init))
    }
    let scale = steps[1].map(abs).max() ?? 0
    #expect(scale > 1e-3)
    for (a, b) in zip(steps[0], steps[1]) { #expect(abs(a - b) < 2e-3 * scale) }
  }

  /// A long step is shortened as a whole, in the metric of the sample.
  @Test func longStepsAreShortened() throws {
    let example = Case(seed: 6)
    let free = try step(rule(example, momentum: 0), example, curvature: curvature(example))
    let short = try step(
      rule(example, momentum: 0, maximumStep: 1e-2), example, curvature: curvature(example))
    var norm = 0.0
    for part in 0..<2 {
      let width = example.table.blocks[0].range.count
      let piece = Array(short[part * width..<(part + 1) * width])
      for row in example.rows(part) {
        let image = zip(row, piece).reduce(0.0) { $0 + $1.0 * $1.1 }
        norm += image * image
      }
    }
    #expect(abs(norm.squareRoot() - 1e-2) < 1e-4)
    let ratio = short[0] / free[0]
    for (a, b) in zip(short, free) { #expect(abs(a - ratio * b) < 1e-5) }
  }
}
