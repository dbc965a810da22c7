internal import CLAPACKE

/// A linear-algebra routine that could not do its work.
public struct LinearAlgebraError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What the routine is called.
  public let routine: String
  /// LAPACK's `info`: positive where the numbers are at fault.
  public let info: Int

  /// Creates an error, as one that happened in another process.
  package init(routine: String, info: Int) {
    self.routine = routine
    self.info = info
  }

  /// What went wrong, in a sentence.
  public var description: String {
    "\(routine) failed with info = \(info)"
      + (routine == "dpotrf" ? ": the matrix is not positive definite" : "")
  }
}

/// Dense factorisations by LAPACK, in Float64, row-major where it matters.
public enum LAPACK {
  /// Solves `A x = b` for a symmetric positive definite matrix by Cholesky's factorisation.
  ///
  /// - Parameters:
  ///   - matrix: `A`, `[n, n]`; its lower triangle (row-major) is read and overwritten.
  ///   - n: Its order.
  ///   - rightSide: `b`, `[n]`, overwritten by `x`.
  /// - Throws: ``LinearAlgebraError`` where `A` is not positive definite.
  public static func solvePositiveDefinite(
    _ matrix: UnsafeMutablePointer<Double>, n: Int, rightSide: UnsafeMutablePointer<Double>
  ) throws(LinearAlgebraError) {
    try factorise(matrix, n: n)
    try solveFactorised(matrix, n: n, rightSide: rightSide)
  }

  /// Overwrites a symmetric positive definite matrix with its Cholesky factor.
  ///
  /// - Parameters:
  ///   - matrix: `[n, n]`; its lower triangle (row-major) is read and overwritten.
  ///   - n: Its order.
  /// - Throws: ``LinearAlgebraError`` where the matrix is not positive definite.
  public static func factorise(
    _ matrix: UnsafeMutablePointer<Double>, n: Int
  ) throws(LinearAlgebraError) {
    // A row-major lower triangle is a column-major upper one.
    let info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 0x55, Int32(n), matrix, Int32(n))
    guard info == 0 else { throw LinearAlgebraError(routine: "dpotrf", info: Int(info)) }
  }

  /// Solves `A x = b` with the factor of ``factorise(_:n:)``.
  ///
  /// - Parameters:
  ///   - factor: The factor, `[n, n]`.
  ///   - n: Its order.
  ///   - rightSide: `b`, `[n]`, overwritten by `x`.
  /// - Throws: ``LinearAlgebraError`` where LAPACK refuses an argument.
  public static func solveFactorised(
    _ factor: UnsafePointer<Double>, n: Int, rightSide: UnsafeMutablePointer<Double>
  ) throws(LinearAlgebraError) {
    let size = Int32(n)
    let info = LAPACKE_dpotrs(LAPACK_COL_MAJOR, 0x55, size, 1, factor, size, rightSide, size)
    guard info == 0 else { throw LinearAlgebraError(routine: "dpotrs", info: Int(info)) }
  }

  /// Returns the eigenvalues, ascending, and eigenvectors of a symmetric matrix.
  ///
  /// - Parameters:
  ///   - matrix: `[n, n]`, symmetric.
  ///   - n: Its order.
  /// - Returns: The values `[n]` and the vectors `[n, n]`, row `k` that of value `k`.
  /// - Throws: ``LinearAlgebraError`` where the iteration does not converge.
  public static func eigenSymmetric(
    _ matrix: [Double], n: Int
  ) throws(LinearAlgebraError) -> (values: [Double], vectors: [Double]) {
    precondition(matrix.count == n * n, "a matrix of \(matrix.count) elements is not \(n) × \(n)")
    var vectors = matrix
    var values = [Double](repeating: 0, count: n)
    if n == 0 { return (values, vectors) }
    let size = Int32(n)
    let info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 0x56, 0x55, size, &vectors, size, &values)
    guard info == 0 else { throw LinearAlgebraError(routine: "dsyevd", info: Int(info)) }
    return (values, vectors)
  }
}
