internal import LinearAlgebra

/// Derivatives `O[b, p] = ∂f(x_b)/∂θ_p` of a batch by one block of parameters, as a linear operator.
///
/// `f` is log|ψ| or arg ψ (``ParameterBlock/Part``). Rows are not centred.
/// Dimensions: M rows, P parameters of the block.
public protocol DerivativeOperator: AnyObject {
  /// M.
  var rowCount: Int { get }
  /// P.
  var parameterCount: Int { get }
  /// Whether `O Oᵀ` and products are cheaper without the rows.
  ///
  /// A solver that has the choice writes the rows once where this is false.
  var prefersProducts: Bool { get }

  /// Writes rows of `O`.
  ///
  /// - Parameters:
  ///   - range: Which rows.
  ///   - rows: The first row of the range, `[range.count, stride]`, the first P columns overwritten.
  ///   - stride: The distance between rows, at least P.
  func rows(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>, stride: Int)

  /// Returns `O δ`, `[M]`.
  ///
  /// - Parameter direction: `δ`, `[P]`.
  /// - Returns: `O δ`, `[M]`.
  func push(_ direction: [Float]) -> [Float]

  /// Adds `Oᵀ v` to a vector.
  ///
  /// - Parameters:
  ///   - weights: `v`, `[M]`.
  ///   - result: `[P]`, accumulated into.
  func pull(_ weights: [Float], into result: inout [Float])

  /// Adds `O Oᵀ` to the lower triangle of a matrix.
  ///
  /// - Parameters:
  ///   - matrix: `[M, stride]`; elements above the diagonal may be overwritten.
  ///   - stride: The distance between rows, at least M.
  func gram(into matrix: UnsafeMutablePointer<Float>, stride: Int)
}

/// The number of rows that are formed at once where an operator has nothing better.
private let blockRows = 256

extension DerivativeOperator {
  /// Calls `body` with blocks of rows, `[count, P]` dense.
  private func forEachBlock(_ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void) {
    let width = parameterCount
    let buffer = UnsafeMutablePointer<Float>.allocate(
      capacity: max(1, min(blockRows, rowCount) * width))
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: rowCount, by: blockRows) {
      let range = start..<min(rowCount, start + blockRows)
      rows(range, into: buffer, stride: width)
      body(range, buffer)
    }
  }

  /// `O δ` by blocks of rows.
  public func push(_ direction: [Float]) -> [Float] {
    precondition(direction.count == parameterCount, "\(direction.count) numbers to push")
    var result: [Float] = []
    forEachBlock { range, rows in
      var part = [Float](repeating: 0, count: range.count)
      BLAS.multiply(
        rows, parameterCount, rows: range.count, columns: parameterCount, vector: direction,
        into: &part)
      result += part
    }
    return result
  }

  /// `Oᵀ v` by blocks of rows.
  public func pull(_ weights: [Float], into result: inout [Float]) {
    precondition(weights.count == rowCount, "\(weights.count) numbers to pull")
    precondition(result.count == parameterCount, "a result of \(result.count) numbers")
    var part = [Float](repeating: 0, count: parameterCount)
    forEachBlock { range, rows in
      BLAS.multiply(
        rows, parameterCount, rows: range.count, columns: parameterCount, transposed: true,
        vector: Array(weights[range]), into: &part)
      for index in part.indices { result[index] += part[index] }
    }
  }

  /// `O Oᵀ` by blocks of rows.
  public func gram(into matrix: UnsafeMutablePointer<Float>, stride: Int) {
    let width = parameterCount
    let all = UnsafeMutablePointer<Float>.allocate(capacity: max(1, rowCount * width))
    defer { all.deallocate() }
    rows(0..<rowCount, into: all, stride: width)
    BLAS.gram(of: all, width, into: matrix, stride, n: rowCount, k: width, beta: 1)
  }
}
