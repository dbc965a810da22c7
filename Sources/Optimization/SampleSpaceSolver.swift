public import LinearAlgebra
public import Parallelism

/// One regularised least-squares problem of the natural gradient, solved in the smaller space.
///
/// ```
/// minimise over δ:  |A δ − b|² + λ |δ − μ δ'|²,   A = diag(s) (J − 1 wᵀ J)
/// ```
///
/// with the derivatives `J` `[M, P]` of M configurations, their weights `w` (sum 1), row scales `s`
/// and the previous step `δ'`. The solution is
///
/// ```
/// δ = μ δ' + Aᵀ (A Aᵀ + λ I)⁻¹ (b − μ A δ')        M ≤ P, sample space
///   = μ δ' + (Aᵀ A + λ I)⁻¹ Aᵀ (b − μ A δ')        M > P, parameter space
/// ```
///
/// `λ` is given relative to the mean diagonal of the matrix that it is added to.
///
/// ### References
///
/// - The sample-space form: A. Chen, M. Heyl, arXiv:2302.01941 (minSR); R. Rende et al.,
///   arXiv:2310.05715.
/// - Momentum in the null space: G. Goldshlager, N. Abrahamsen, L. Lin, arXiv:2401.10190 (SPRING).
///
/// Products in Float32 by BLAS, the factorisation in Float64. Processes divide the rows between them; the
/// factorisation is the first one's, and all get its solution.
public final class SampleSpaceSolver {
  private var gram: [Float] = []
  private var matrix: [Double] = []

  private let execution: Execution

  /// Creates a solver; its storage grows with the largest problem it has seen.
  ///
  /// - Parameter execution: The threads to use.
  public init(execution: Execution = .serial) {
    self.execution = execution
  }

  /// Returns how rows are divided over the processes: each hands in those of its share.
  ///
  /// - Parameters:
  ///   - count: M.
  ///   - parameters: P.
  /// - Returns: The division of `J`.
  public func tiles(count: Int, parameters: Int) -> RowTiles {
    RowTiles(rowCount: count, columnCount: parameters, execution: execution)
  }

  /// Solves the problem with explicit derivative rows.
  ///
  /// - Parameters:
  ///   - rows: This process's ``LinearAlgebra/RowTiles/share`` of `J`, `[M, P]` dense; overwritten with `A`.
  ///   - count: M.
  ///   - parameters: P.
  ///   - weights: `w`, `[M]`, with sum 1.
  ///   - scales: `s`, `[M]`.
  ///   - target: `b`, `[M]`.
  ///   - previous: `δ'`, `[P]`, or empty for none.
  ///   - momentum: μ.
  ///   - shift: λ relative to the mean diagonal; positive.
  /// - Returns: `δ`, `[P]`, and `A δ`, `[M]`.
  /// - Throws: ``LinearAlgebraError`` where the matrix is not positive definite, as happens
  ///   when derivatives are not finite.
  public func solve(
    rows: UnsafeMutablePointer<Float>, count: Int, parameters: Int, weights: [Double],
    scales: [Double], target: [Double], previous: [Float], momentum: Double, shift: Double
  ) throws(LinearAlgebraError) -> (step: [Float], image: [Double]) {
    precondition(weights.count == count && scales.count == count && target.count == count)
    let tiles = tiles(count: count, parameters: parameters)
    center(rows, tiles, weights, scales)

    var residual = target
    if momentum != 0 && !previous.isEmpty {
      let image = tiles.product(of: rows, with: previous)
      for index in 0..<count { residual[index] -= momentum * Double(image[index]) }
    }
    var step =
      try count <= parameters
      ? solveInSampleSpace(rows, tiles, residual, shift)
      : solveInParameterSpace(rows, tiles, residual, shift)
    if momentum != 0 && !previous.isEmpty {
      for index in 0..<parameters { step[index] += Float(momentum) * previous[index] }
    }
    return (step, tiles.product(of: rows, with: step).map(Double.init))
  }

  /// Replaces `J` by `diag(s) (J − 1 wᵀ J)`.
  private func center(
    _ rows: UnsafeMutablePointer<Float>, _ tiles: RowTiles, _ weights: [Double],
    _ scales: [Double]
  ) {
    let center = tiles.columnSums(of: rows, weights: weights.map(Float.init))
    nonisolated(unsafe) let rows = rows
    let (first, count) = (tiles.share.lowerBound, tiles.share.count)
    let parameters = tiles.columnCount
    let blocks = 16
    execution.parallelFor(blocks) { block in
      for row in count * block / blocks..<count * (block + 1) / blocks {
        let scale = Float(scales[first + row])
        let line = rows + row * parameters
        for column in 0..<parameters { line[column] = scale * (line[column] - center[column]) }
      }
    }
  }

  private func solveInSampleSpace(
    _ rows: UnsafeMutablePointer<Float>, _ tiles: RowTiles, _ residual: [Double], _ shift: Double
  ) throws(LinearAlgebraError) -> [Float] {
    grow(tiles.rowCount)
    tiles.gram(of: rows, into: &gram)
    let solution = try solveShifted(tiles.rowCount, residual, shift)
    return tiles.columnSums(of: rows, weights: solution.map(Float.init))
  }

  private func solveInParameterSpace(
    _ rows: UnsafeMutablePointer<Float>, _ tiles: RowTiles, _ residual: [Double], _ shift: Double
  ) throws(LinearAlgebraError) -> [Float] {
    grow(tiles.columnCount)
    tiles.gramOfColumns(of: rows, into: &gram)
    let projected = tiles.columnSums(of: rows, weights: residual.map(Float.init))
    return try solveShifted(tiles.columnCount, projected.map(Double.init), shift)
      .map(Float.init)
  }

  /// Solves `(G + λ mean(diag G) I) y = r` with the lower triangle of `G` in ``gram``.
  private func solveShifted(
    _ size: Int, _ rightSide: [Double], _ shift: Double
  ) throws(LinearAlgebraError) -> [Double] {
    try solveShifted(size, rightSide, shift) { row, line in
      for column in 0...row { line[column] = Double(self.gram[row * size + column]) }
    }
  }

  /// Solves `(G + λ mean(diag G) I) y = r` for the lower triangle that `fill` writes row by row.
  ///
  /// Float32 products leave `G` positive semidefinite only to rounding, about `2⁻²⁴ tr G`, which a
  /// small `λ` does not cover; the shift is then raised until the factorisation exists.
  private func solveShifted(
    _ size: Int, _ rightSide: [Double], _ shift: Double,
    fill: (_ row: Int, _ line: UnsafeMutablePointer<Double>) -> Void
  ) throws(LinearAlgebraError) -> [Double] {
    let communicator = execution.communicator
    if !communicator.isDistributed { return try factorize(size, rightSide, shift, fill) }
    // One factorises: all would come to the same in the same time, or to other digits on another processor.
    var (solution, failure) = (rightSide, 0)
    if communicator.rank == 0 {
      do throws(LinearAlgebraError) {
        solution = try factorize(size, rightSide, shift, fill)
      } catch {
        failure = error.info == 0 ? -1 : error.info
      }
    }
    failure = communicator.broadcast(failure)
    if failure != 0 { throw LinearAlgebraError(routine: "dpotrf", info: failure) }
    communicator.broadcast(&solution, from: 0)
    return solution
  }

  private func factorize(
    _ size: Int, _ rightSide: [Double], _ shift: Double,
    _ fill: (_ row: Int, _ line: UnsafeMutablePointer<Double>) -> Void
  ) throws(LinearAlgebraError) -> [Double] {
    if matrix.count < size * size { matrix = Array(repeating: 0, count: size * size) }
    // A small factorisation is done before threads have woken up.
    BLAS.setThreadCount(size > 1500 ? execution.threads : 1)
    defer { BLAS.setThreadCount(1) }
    var solution = rightSide
    _ = try factoriseShifted(size, shift, into: &matrix, fill)
    try LAPACK.solveFactorised(matrix, n: size, rightSide: &solution)
    return solution
  }

  /// Overwrites a matrix with the Cholesky factor of `G + Λ`, `Λ = λ mean(diag G)`, and returns `Λ`.
  ///
  /// `λ` is raised until the factorisation exists.
  private func factoriseShifted(
    _ size: Int, _ shift: Double, into matrix: inout [Double],
    _ fill: (_ row: Int, _ line: UnsafeMutablePointer<Double>) -> Void
  ) throws(LinearAlgebraError) -> Double {
    var shift = shift
    while true {
      var trace = 0.0
      matrix.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        for row in 0..<size {
          fill(row, base + row * size)
          trace += base[row * size + row]
        }
      }
      // A zero matrix has no direction to go in: any positive shift gives the zero step.
      let ridge = trace > 0 ? shift * trace / Double(size) : 1
      for row in 0..<size { matrix[row * size + row] += ridge }
      do throws(LinearAlgebraError) {
        try LAPACK.factorise(&matrix, n: size)
        return ridge
      } catch {
        if !trace.isFinite || shift > 1 { throw error }
        shift *= 10
      }
    }
  }

  private func grow(_ size: Int) {
    if gram.count < size * size {
      gram = Array(repeating: 0, count: size * size)
    }
  }

  /// Solves the same problem where only the Gram matrix `J Jᵀ` is at hand.
  ///
  /// ``solve(rows:count:parameters:weights:scales:target:previous:momentum:shift:)`` without the
  /// rows: the caller turns the result into a step with `δ = μ δ' + Jᵀ v`.
  ///
  /// - Parameters:
  ///   - kernel: `J Jᵀ`, `[M, M]`, lower triangle row-major.
  ///   - count: M.
  ///   - weights: `w`, `[M]`, with sum 1.
  ///   - scales: `s`, `[M]`.
  ///   - target: `b`, `[M]`.
  ///   - previousImage: `J δ'`, `[M]`, or empty for none.
  ///   - momentum: μ.
  ///   - shift: λ relative to the mean diagonal; positive.
  /// - Returns: `v`, `[M]`, with the centring folded in.
  /// - Throws: ``LinearAlgebraError`` where the matrix is not positive definite.
  public func solve(
    kernel: UnsafePointer<Float>, count: Int, weights: [Double], scales: [Double],
    target: [Double], previousImage: [Double], momentum: Double, shift: Double
  ) throws(LinearAlgebraError) -> [Double] {
    precondition(weights.count == count && scales.count == count && target.count == count)
    let centre = centre(of: kernel, count, weights)
    var residual = target
    if momentum != 0 && !previousImage.isEmpty {
      let image = centred(previousImage, weights: weights, scales: scales.map { momentum * $0 })
      for row in 0..<count { residual[row] -= image[row] }
    }
    let solution = try solveShifted(count, residual, shift) { row, line in
      centre.fill(row, of: kernel, scales: scales, into: line)
    }
    return spread(solution, weights: weights, scales: scales)
  }

  /// Returns `diag(s) (x − 1 wᵀ x)`.
  func centred(_ x: [Double], weights: [Double], scales: [Double]) -> [Double] {
    let mean = zip(weights, x).reduce(0.0) { $0 + $1.0 * $1.1 }
    return zip(scales, x).map { $0 * ($1 - mean) }
  }

  /// Returns `(1 − w 1ᵀ) diag(s) x`, the transpose of ``centred(_:weights:scales:)``.
  func spread(_ x: [Double], weights: [Double], scales: [Double]) -> [Double] {
    let scaled = zip(scales, x).map { $0 * $1 }
    let total = scaled.reduce(0, +)
    return zip(scaled, weights).map { $0 - $1 * total }
  }

  /// `K w` and `wᵀ K w` of a kernel K.
  private struct Centre {
    var mean: [Double]
    var grandMean: Double

    /// Writes the lower part of a row of `diag(s) (1 − 1 wᵀ) K (1 − w 1ᵀ) diag(s)`.
    func fill(
      _ row: Int, of kernel: UnsafePointer<Float>, scales: [Double],
      into line: UnsafeMutablePointer<Double>
    ) {
      let offset = grandMean - mean[row]
      let kernel = kernel + row * scales.count
      for column in 0...row {
        line[column] =
          scales[row] * scales[column] * (Double(kernel[column]) - mean[column] + offset)
      }
    }
  }

  private func centre(of kernel: UnsafePointer<Float>, _ count: Int, _ weights: [Double]) -> Centre
  {
    // (1 − 1 wᵀ) K (1 − w 1ᵀ) = K − k 1ᵀ − 1 kᵀ + wᵀk, with k = K w.
    var mean = [Double](repeating: 0, count: count)
    for row in 0..<count {
      let line = kernel + row * count
      let weight = weights[row]
      var sum = weight * Double(line[row])
      for column in 0..<row {
        let value = Double(line[column])
        sum += weights[column] * value
        mean[column] += weight * value
      }
      mean[row] += sum
    }
    var grandMean = 0.0
    for row in 0..<count { grandMean += weights[row] * mean[row] }
    return Centre(mean: mean, grandMean: grandMean)
  }

  /// Factorises the same matrix for a ``CurvatureSolver``.
  func factorised(
    kernel: UnsafePointer<Float>, count: Int, weights: [Double], scales: [Double], shift: Double
  ) throws(LinearAlgebraError) -> CurvatureSolver.Part {
    let centre = centre(of: kernel, count, weights)
    BLAS.setThreadCount(count > 1500 ? execution.threads : 1)
    defer { BLAS.setThreadCount(1) }
    var factor = [Double](repeating: 0, count: count * count)
    let ridge = try factoriseShifted(count, shift, into: &factor) { row, line in
      centre.fill(row, of: kernel, scales: scales, into: line)
    }
    return CurvatureSolver.Part(factor: factor, ridge: ridge)
  }
}
