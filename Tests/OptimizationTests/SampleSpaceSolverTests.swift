import Configurations
import LinearAlgebra
import Optimization
import Testing

@Suite struct SampleSpaceSolverTests {
  /// A random problem with everything in Float64.
  struct Problem: Sendable {
    let count: Int
    let parameters: Int
    let rows: [[Double]]
    let weights: [Double]
    let scales: [Double]
    let target: [Double]
    let previous: [Double]

    init(count: Int, parameters: Int, seed: UInt64) {
      var random = RandomSource(seed: seed)
      self.count = count
      self.parameters = parameters
      // Rows through Float32, so that both sides see the same problem.
      rows = (0..<count).map { _ in
        (0..<parameters).map { _ in Double(Float(0.5 + random.normal())) }
      }
      let raw = (0..<count).map { _ in random.uniform() + 0.05 }
      let total = raw.reduce(0, +)
      weights = raw.map { $0 / total }
      scales = (0..<count).map { _ in random.uniform() + 0.2 }
      target = (0..<count).map { _ in random.normal() }
      previous = (0..<parameters).map { _ in Double(Float(0.3 * random.normal())) }
    }

    /// `A = diag(s) (J − 1 wᵀ J)`.
    var centred: [[Double]] {
      let mean = (0..<parameters).map { column in
        (0..<count).reduce(0) { $0 + weights[$1] * rows[$1][column] }
      }
      return (0..<count).map { row in
        (0..<parameters).map { scales[row] * (rows[row][$0] - mean[$0]) }
      }
    }

    /// The minimiser of `|A δ − b|² + λ |δ − μ δ'|²` from the normal equations in parameter space,
    /// `λ` being `shift` times the mean diagonal of the smaller of `A Aᵀ` and `Aᵀ A`.
    func solution(momentum: Double, shift: Double) -> [Double] {
      let a = centred
      let trace = a.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
      let ridge = shift * trace / Double(min(count, parameters))
      var matrix = [[Double]](
        repeating: Array(repeating: 0, count: parameters), count: parameters)
      var right = [Double](repeating: 0, count: parameters)
      for p in 0..<parameters {
        for q in 0..<parameters {
          for row in 0..<count { matrix[p][q] += a[row][p] * a[row][q] }
        }
        matrix[p][p] += ridge
        for row in 0..<count { right[p] += a[row][p] * target[row] }
        right[p] += ridge * momentum * previous[p]
      }
      return SampleSpaceSolverTests.solveLinear(matrix, right)
    }
  }

  /// Gaussian elimination with partial pivoting.
  static func solveLinear(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var a = matrix
    var b = right
    let n = b.count
    for column in 0..<n {
      let pivot = (column..<n).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
      a.swapAt(column, pivot)
      b.swapAt(column, pivot)
      for row in (column + 1)..<n {
        let factor = a[row][column] / a[column][column]
        for index in column..<n { a[row][index] -= factor * a[column][index] }
        b[row] -= factor * b[column]
      }
    }
    for row in stride(from: n - 1, through: 0, by: -1) {
      for index in (row + 1)..<n { b[row] -= a[row][index] * b[index] }
      b[row] /= a[row][row]
    }
    return b
  }

  private func solveRows(
    _ problem: Problem, momentum: Double, shift: Double, solver: SampleSpaceSolver
  ) throws -> (step: [Float], image: [Double]) {
    var rows = problem.rows.flatMap { $0.map(Float.init) }
    return try solver.solve(
      rows: &rows, count: problem.count, parameters: problem.parameters, weights: problem.weights,
      scales: problem.scales, target: problem.target,
      previous: momentum == 0 ? [] : problem.previous.map(Float.init), momentum: momentum,
      shift: shift)
  }

  @Test(arguments: [(12, 30), (30, 12), (17, 17), (2, 9), (5, 1), (70, 90), (90, 70)], [0.0, 0.7])
  func stepIsTheMinimumOfTheDocumentedFunction(_ size: (Int, Int), momentum: Double) throws {
    let problem = Problem(count: size.0, parameters: size.1, seed: UInt64(size.0))
    let solver = SampleSpaceSolver()
    for shift in [1e-2, 0.3] {
      let expected = problem.solution(momentum: momentum, shift: shift)
      let (step, image) = try solveRows(
        problem, momentum: momentum, shift: shift, solver: solver)
      let scale = expected.map(abs).max() ?? 1
      for index in expected.indices {
        #expect(abs(Double(step[index]) - expected[index]) < 3e-4 * max(scale, 1e-3))
      }
      for (row, line) in problem.centred.enumerated() {
        let product = line.indices.reduce(0) { $0 + line[$1] * expected[$1] }
        #expect(abs(image[row] - product) < 2e-3)
      }
    }
  }

  @Test(arguments: [0.0, 0.7]) func kernelFormIsTheRowsForm(_ momentum: Double) throws {
    let problem = Problem(count: 25, parameters: 60, seed: 4)
    let solver = SampleSpaceSolver()
    let expected = problem.solution(momentum: momentum, shift: 0.05)
    // J Jᵀ; what lies above the diagonal must not be read.
    var kernel = [Float](repeating: .nan, count: 25 * 25)
    for row in 0..<25 {
      for column in 0...row {
        kernel[row * 25 + column] = Float(
          (0..<60).reduce(0.0) { $0 + problem.rows[row][$1] * problem.rows[column][$1] })
      }
    }
    let image = (0..<25).map { row in
      (0..<60).reduce(0.0) { $0 + problem.rows[row][$1] * problem.previous[$1] }
    }
    let vector = try solver.solve(
      kernel: kernel, count: 25, weights: problem.weights, scales: problem.scales,
      target: problem.target, previousImage: momentum == 0 ? [] : image, momentum: momentum,
      shift: 0.05)
    for column in 0..<60 {
      let step =
        momentum * problem.previous[column]
        + (0..<25).reduce(0.0) { $0 + problem.rows[$1][column] * vector[$1] }
      #expect(abs(step - expected[column]) < 1e-3)
    }
  }

  @Test func aSolverCanBeUsedForProblemsOfAnySize() throws {
    let solver = SampleSpaceSolver()
    for (count, parameters) in [(40, 60), (8, 10), (20, 50), (50, 20)] {
      let problem = Problem(count: count, parameters: parameters, seed: 8)
      let used = try solveRows(problem, momentum: 0.5, shift: 0.1, solver: solver).step
      let fresh = try solveRows(problem, momentum: 0.5, shift: 0.1, solver: SampleSpaceSolver())
      #expect(used == fresh.step)
    }
  }

  @Test func aZeroMatrixGivesTheZeroStep() throws {
    var rows = [Float](repeating: 0, count: 4 * 9)
    let solver = SampleSpaceSolver()
    let (step, image) = try solver.solve(
      rows: &rows, count: 4, parameters: 9, weights: [0.25, 0.25, 0.25, 0.25],
      scales: [1, 1, 1, 1], target: [1, 2, 3, 4], previous: [], momentum: 0, shift: 1e-4)
    #expect(step == Array(repeating: 0, count: 9))
    #expect(image == [0, 0, 0, 0])
  }

  @Test func aNearlySingularProblemStillHasAStep() throws {
    // Equal rows up to rounding: the Gram matrix has rank one.
    var random = RandomSource(seed: 5)
    let line = (0..<40).map { _ in Float(100 * random.normal()) }
    var rows = (0..<30).flatMap { row in line.map { $0 * (1 + Float(row)) } }
    let (step, _) = try SampleSpaceSolver().solve(
      rows: &rows, count: 30, parameters: 40, weights: Array(repeating: 1.0 / 30, count: 30),
      scales: Array(repeating: 1, count: 30), target: (0..<30).map { Double($0) - 14.5 },
      previous: [], momentum: 0, shift: 1e-12)
    #expect(step.allSatisfy { $0.isFinite })
    // One step along `line` fits the target: δ = line/|line|².
    let square = line.reduce(0) { $0 + $1 * $1 }
    for index in 0..<40 { #expect(abs(step[index] - line[index] / square) < 1e-5) }
  }

  @Test func derivativesThatAreNotFiniteThrow() {
    var rows = [Float](repeating: .nan, count: 12)
    #expect(throws: LinearAlgebraError.self) {
      _ = try SampleSpaceSolver().solve(
        rows: &rows, count: 3, parameters: 4, weights: [0.2, 0.3, 0.5], scales: [1, 1, 1],
        target: [1, 1, 1], previous: [], momentum: 0, shift: 1e-3)
    }
  }
}
