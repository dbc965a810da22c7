import LinearAlgebra
import Testing

@Suite struct TriangularTests {
  /// A symmetric positive definite matrix, and another number in its upper triangle.
  private func positive(_ size: Int) -> (matrix: [Float], stored: [Float]) {
    var matrix = [Float](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size {
        let (low, high) = (min(row, column), max(row, column))
        matrix[row * size + column] = Float((high * 31 + low * 17) % 23 - 11) * 0.1
      }
      matrix[row * size + row] = Float(size) + Float(row % 5)
    }
    var stored = matrix
    for row in 0..<size { for column in row + 1..<size { stored[row * size + column] = 77 } }
    return (matrix, stored)
  }

  private func lower(_ row: Int, _ column: Int, _ factor: [Float], _ size: Int) -> Double {
    column <= row ? Double(factor[row * size + column]) : 0
  }

  @Test(arguments: [1, 2, 7, 40, 130]) func factorTimesItsTransposeIsTheMatrix(_ size: Int) throws {
    let (matrix, stored) = positive(size)
    var factor = stored
    try LAPACK.factorise(&factor, n: size)
    for row in 0..<size {
      #expect(factor[row * size + row] > 0)
      for column in 0..<size {
        let product = (0..<size).reduce(0.0) {
          $0 + lower(row, $1, factor, size) * lower(column, $1, factor, size)
        }
        #expect(abs(product - Double(matrix[row * size + column])) < 1e-5 * Double(size + 4))
        if column > row { #expect(factor[row * size + column] == 77) }
      }
    }
  }

  @Test func indefiniteAndUndefinedMatricesAreRefused() {
    var indefinite: [Float] = [1, 0, 2, 1]
    let error = #expect(throws: LinearAlgebraError.self) {
      try LAPACK.factorise(&indefinite, n: 2)
    }
    #expect(error?.routine == "spotrf")
    #expect(error?.info == 2)
    #expect(error?.description.contains("not positive definite") == true)
    var undefined: [Float] = [1, 0, .nan, 1]
    #expect(throws: LinearAlgebraError.self) { try LAPACK.factorise(&undefined, n: 2) }
  }

  @Test(arguments: [(1, 1), (3, 7), (40, 33), (5, 130)], [false, true])
  func triangularSolutionsFulfilTheirEquations(_ sizes: (Int, Int), _ transposed: Bool) throws {
    let (m, n) = sizes
    var factor = positive(n).stored
    try LAPACK.factorise(&factor, n: n)
    let sides = (0..<m * n).map { Float(($0 * 37) % 19 - 9) }
    var solution = sides
    BLAS.solveTriangular(factor, transposed: transposed, &solution, m: m, n: n)
    for row in 0..<m {
      for column in 0..<n {
        let product = (0..<n).reduce(0.0) { sum, k in
          let element =
            transposed ? lower(column, k, factor, n) : lower(k, column, factor, n)
          return sum + Double(solution[row * n + k]) * element
        }
        #expect(abs(product - Double(sides[row * n + column])) < 1e-4)
      }
    }
  }

  /// What cutting a solution between the two halves of `x L Lᵀ = b` relies on.
  @Test func leadingColumnsOfAForwardSolutionAreThoseOfTheLeadingBlock() throws {
    var factor = positive(9).stored
    try LAPACK.factorise(&factor, n: 9)
    var whole: [Float] = [1, -2, 3, 4, 0, 0, 0, 0, 0]
    BLAS.solveTriangular(factor, transposed: true, &whole, m: 1, n: 9)
    let block = (0..<4).flatMap { row in (0..<4).map { factor[row * 9 + $0] } }
    var part: [Float] = [1, -2, 3, 4]
    BLAS.solveTriangular(block, transposed: true, &part, m: 1, n: 4)
    for column in 0..<4 { #expect(abs(whole[column] - part[column]) < 1e-6) }
  }

  @Test func nothingIsSolvedForNoRightSides() {
    var none: [Float] = [5]
    BLAS.solveTriangular([2], transposed: false, &none, m: 0, n: 1)
    #expect(none == [5])
  }
}
