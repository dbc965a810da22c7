import LinearAlgebra
import Testing

@Suite struct DavidsonTests {
  /// A symmetric matrix with a dominant diagonal and reproducible small elements.
  private func matrix(_ size: Int) -> [Double] {
    var matrix = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      matrix[row * size + row] = Double(row) * 0.3
      for column in 0..<row {
        let value = Double((row * 31 + column * 17) % 23 - 11) * 0.01
        matrix[row * size + column] = value
        matrix[column * size + row] = value
      }
    }
    return matrix
  }

  private func solve(
    _ matrix: [Double], _ size: Int, _ solver: Davidson, starts: [[Double]]
  ) throws -> Davidson.Result {
    try solver.solve(
      diagonal: (0..<size).map { matrix[$0 * size + $0] }, starts: starts
    ) { x, y in
      for row in 0..<size {
        var sum = 0.0
        for column in 0..<size { sum += matrix[row * size + column] * x[column] }
        y[row] = sum
      }
    }
  }

  private func unit(_ place: Int, _ size: Int) -> [Double] {
    (0..<size).map { $0 == place ? 1 : 0 }
  }

  @Test(arguments: [1, 2, 3, 7, 60, 200], [1, 3])
  func agreesWithTheDenseSolver(_ size: Int, _ roots: Int) throws {
    let matrix = matrix(size)
    let dense = try LAPACK.eigenSymmetric(matrix, n: size)
    let found = try solve(
      matrix, size, Davidson(roots: roots),
      starts: (0..<min(size, roots + 1)).map { unit($0, size) })
    #expect(found.isConverged)
    #expect(found.values.count == min(roots, size))
    for (root, value) in found.values.enumerated() {
      #expect(abs(value - dense.values[root]) < 1e-10)
      let overlap = (0..<size).reduce(0.0) {
        $0 + found.vectors[root][$1] * dense.vectors[root * size + $1]
      }
      #expect(abs(abs(overlap) - 1) < 1e-8)
    }
  }

  @Test func restartsKeepConverging() throws {
    let matrix = matrix(200)
    let dense = try LAPACK.eigenSymmetric(matrix, n: 200)
    let found = try solve(
      matrix, 200, Davidson(roots: 2, maximumSubspace: 7),
      starts: [unit(0, 200), unit(1, 200)])
    #expect(found.isConverged)
    #expect(abs(found.values[1] - dense.values[1]) < 1e-10)
  }

  @Test func dependentStartsAreFilledUp() throws {
    let matrix = matrix(40)
    let dense = try LAPACK.eigenSymmetric(matrix, n: 40)
    let found = try solve(
      matrix, 40, Davidson(roots: 2), starts: [unit(0, 40), unit(0, 40)])
    #expect(found.isConverged)
    #expect(abs(found.values[1] - dense.values[1]) < 1e-10)
  }

  @Test func saysWhereItStops() throws {
    let found = try solve(
      matrix(200), 200, Davidson(roots: 1, maximumIterations: 2), starts: [unit(0, 200)])
    #expect(!found.isConverged && found.residuals[0] > 1e-9)
  }
}
