internal import COpenBLAS

/// Row-major matrix products by OpenBLAS.
///
/// Every call runs on as many threads as ``setThreadCount(_:)`` last said; inside
/// ``Parallelism/Execution/parallelFor(_:body:)`` that should be 1.
public enum BLAS {
  /// Sets the number of threads of later calls.
  public static func setThreadCount(_ count: Int) { openblas_set_num_threads(Int32(count)) }

  /// The name of the processor core whose kernels OpenBLAS chose, such as `SkylakeX`.
  public static var kernelName: String { String(cString: openblas_get_corename()) }

  /// OpenBLAS's own description of its build.
  public static var configuration: String { String(cString: openblas_get_config()) }

  /// Computes `C ← α op(A) op(B) + β C`, with `op(A)` `[m, k]`, `op(B)` `[k, n]`, `C` `[m, n]`.
  @inline(__always)
  public static func multiply(
    _ a: UnsafePointer<Float>, _ aStride: Int, transposed aTransposed: Bool = false,
    _ b: UnsafePointer<Float>, _ bStride: Int, transposed bTransposed: Bool = false,
    into c: UnsafeMutablePointer<Float>, _ cStride: Int,
    m: Int, n: Int, k: Int, alpha: Float = 1, beta: Float = 0
  ) {
    if m == 0 || n == 0 { return }
    cblas_sgemm(
      CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans,
      bTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), alpha,
      a, blasint(aStride), b, blasint(bStride), beta, c, blasint(cStride))
  }

  /// Computes `C ← α op(A) op(B) + β C` in Float64.
  @inline(__always)
  public static func multiply(
    _ a: UnsafePointer<Double>, _ aStride: Int, transposed aTransposed: Bool = false,
    _ b: UnsafePointer<Double>, _ bStride: Int, transposed bTransposed: Bool = false,
    into c: UnsafeMutablePointer<Double>, _ cStride: Int,
    m: Int, n: Int, k: Int, alpha: Double = 1, beta: Double = 0
  ) {
    if m == 0 || n == 0 { return }
    cblas_dgemm(
      CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans,
      bTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), alpha,
      a, blasint(aStride), b, blasint(bStride), beta, c, blasint(cStride))
  }

  /// Computes the lower triangle of `C ← A Aᵀ + β C`, with `A` `[n, k]` and `C` `[n, n]`.
  public static func gram(
    of a: UnsafePointer<Float>, _ aStride: Int, into c: UnsafeMutablePointer<Float>, _ cStride: Int,
    n: Int, k: Int, beta: Float = 0
  ) {
    cblas_ssyrk(
      CblasRowMajor, CblasLower, CblasNoTrans, blasint(n), blasint(k), 1, a, blasint(aStride),
      beta, c, blasint(cStride))
  }

  /// Computes the lower triangle of `C ← Aᵀ A + β C`, with `A` `[k, n]` and `C` `[n, n]`.
  public static func gramOfColumns(
    of a: UnsafePointer<Float>, _ aStride: Int, into c: UnsafeMutablePointer<Float>, _ cStride: Int,
    n: Int, k: Int, beta: Float = 0
  ) {
    cblas_ssyrk(
      CblasRowMajor, CblasLower, CblasTrans, blasint(n), blasint(k), 1, a, blasint(aStride),
      beta, c, blasint(cStride))
  }

  /// Computes `y ← α op(A) x + β y`, with `A` `[rows, columns]`.
  public static func multiply(
    _ a: UnsafePointer<Float>, _ aStride: Int, rows: Int, columns: Int, transposed: Bool = false,
    vector x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, alpha: Float = 1,
    beta: Float = 0
  ) {
    if rows == 0 || columns == 0 { return }
    cblas_sgemv(
      CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
      alpha, a, blasint(aStride), x, 1, beta, y, 1)
  }

  /// Returns `Σ x_i y_i`.
  public static func dot(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int
  ) -> Double {
    cblas_ddot(blasint(count), x, 1, y, 1)
  }

  /// Computes `y ← y + α x`.
  public static func add(
    _ x: UnsafePointer<Double>, scaledBy alpha: Double, to y: UnsafeMutablePointer<Double>,
    count: Int
  ) {
    cblas_daxpy(blasint(count), alpha, x, 1, y, 1)
  }
}
