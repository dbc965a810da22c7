/// The lowest eigenpairs of a large symmetric matrix by block Davidson iteration.
///
/// E. R. Davidson, J. Comput. Phys. 17, 87 (1975), with a block of Ritz vectors (B. Liu, 1978) and
/// thick restarts. New directions are residuals divided by `θ − diagonal`. Beside the wanted
/// roots, guard vectors are followed to a loose residual so that a root whose symmetry the first
/// start vectors lack is not stepped over.
///
/// The result depends only on the input: starts are the caller's, and no number is random.
public struct Davidson: Sendable {
  /// The number of eigenpairs wanted.
  public var roots: Int
  /// The largest residual norm `‖H v − θ v‖` of a converged root.
  public var tolerance: Double
  /// The residual norm to which the guard vectors are followed.
  public var guardTolerance: Double
  /// The smallest denominator of a new direction.
  public var smallestGap: Double
  /// The most iterations, one product with the block each.
  public var maximumIterations: Int
  /// The most basis vectors before a restart.
  public var maximumSubspace: Int

  /// What an iteration found.
  public struct Result: Sendable {
    /// The eigenvalues, ascending, `[roots]`.
    public var values: [Double]
    /// The eigenvectors, `[roots][N]`, normalised, the largest component positive.
    public var vectors: [[Double]]
    /// The residual norms, `[roots]`.
    public var residuals: [Double]
    /// The number of iterations made.
    public var iterations: Int
    /// Whether all residual norms are within the tolerance.
    public var isConverged: Bool

    /// Creates a result from its parts.
    public init(
      values: [Double], vectors: [[Double]], residuals: [Double], iterations: Int,
      isConverged: Bool
    ) {
      self.values = values
      self.vectors = vectors
      self.residuals = residuals
      self.iterations = iterations
      self.isConverged = isConverged
    }
  }

  /// Creates a solver.
  ///
  /// - Parameters:
  ///   - roots: The number of eigenpairs wanted, at least 1.
  ///   - tolerance: The largest residual norm of a converged root.
  ///   - guardTolerance: The residual norm to which guard vectors are followed.
  ///   - smallestGap: The smallest denominator of a new direction, small beside the matrix's gaps.
  ///   - maximumIterations: The most iterations.
  ///   - maximumSubspace: The most basis vectors, or nil for a size that suits the block.
  public init(
    roots: Int = 1, tolerance: Double = 1e-9, guardTolerance: Double = 1e-4,
    smallestGap: Double = 1e-4, maximumIterations: Int = 200, maximumSubspace: Int? = nil
  ) {
    precondition(roots >= 1, "\(roots) roots wanted")
    self.roots = roots
    self.tolerance = tolerance
    self.guardTolerance = guardTolerance
    self.smallestGap = smallestGap
    self.maximumIterations = maximumIterations
    self.maximumSubspace = maximumSubspace ?? Self.subspace(roots: roots)
  }

  /// The default number of basis vectors, which memory estimates need.
  public static func subspace(roots: Int) -> Int { max(16, 6 * roots + 8) }

  /// Iterates from start vectors.
  ///
  /// - Parameters:
  ///   - diagonal: The diagonal of the matrix, `[N]`.
  ///   - starts: Start vectors, `[k][N]` with `k ≥ roots` where `N` allows it; those beyond the
  ///     roots serve as guards. They need be neither normalised nor orthogonal.
  ///   - multiply: Computes `y ← H x` for a vector `x`, `[N]`, into `y`, `[N]`.
  /// - Returns: The lowest eigenpairs; check ``Result/isConverged``.
  /// - Throws: ``LinearAlgebraError`` where LAPACK cannot diagonalise the small matrix.
  public func solve(
    diagonal: [Double], starts: [[Double]],
    multiply: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) throws(LinearAlgebraError) -> Result {
    let size = diagonal.count
    precondition(!starts.isEmpty && starts.allSatisfy { $0.count == size }, "bad start vectors")
    let wanted = min(roots, size)
    let block = min(max(starts.count, wanted), size)
    let capacity = min(max(maximumSubspace, 3 * block), size + block)
    let basis = UnsafeMutablePointer<Double>.allocate(capacity: capacity * size)
    let products = UnsafeMutablePointer<Double>.allocate(capacity: capacity * size)
    let ritz = UnsafeMutablePointer<Double>.allocate(capacity: 2 * block * size)
    defer {
      basis.deallocate()
      products.deallocate()
      ritz.deallocate()
    }
    // Touched pages belong to this thread's node, and no number is undefined.
    basis.initialize(repeating: 0, count: capacity * size)
    products.initialize(repeating: 0, count: capacity * size)
    ritz.initialize(repeating: 0, count: 2 * block * size)
    let ritzVectors = ritz
    let residualVectors = ritz + block * size

    var count = 0
    var projected = [Double](repeating: 0, count: capacity * capacity)

    /// Makes the vector behind the basis orthonormal to it; false where nothing is left of it.
    func orthonormalise() -> Bool {
      let vector = basis + count * size
      var norm = BLAS.dot(vector, vector, count: size).squareRoot()
      if !(norm > 0) { return false }
      scale(vector, size, by: 1 / norm)
      for _ in 0..<3 {
        for other in 0..<count {
          let overlap = BLAS.dot(basis + other * size, vector, count: size)
          BLAS.add(basis + other * size, scaledBy: -overlap, to: vector, count: size)
        }
        norm = BLAS.dot(vector, vector, count: size).squareRoot()
        if norm < 1e-10 { return false }
        scale(vector, size, by: 1 / norm)
        if norm > 0.5 { break }
      }
      return true
    }
    /// Multiplies the new basis vector and extends the projected matrix.
    func extend() {
      let vector = basis + count * size
      let product = products + count * size
      multiply(vector, product)
      for other in 0...count {
        let value = BLAS.dot(basis + other * size, product, count: size)
        projected[other * capacity + count] = value
        projected[count * capacity + other] = value
      }
      count += 1
    }

    for start in starts where count < min(block, size) {
      start.withUnsafeBufferPointer { source in
        if let source = source.baseAddress {
          (basis + count * size).update(from: source, count: size)
        }
      }
      if orthonormalise() { extend() }
    }
    // Starts may depend on one another: fill up with unit vectors of low diagonal.
    if count < wanted {
      for index in diagonal.indices.sorted(by: { (diagonal[$0], $0) < (diagonal[$1], $1) }) {
        if count >= wanted { break }
        (basis + count * size).update(repeating: 0, count: size)
        basis[count * size + index] = 1
        if orthonormalise() { extend() }
      }
    }

    var values: [Double] = []
    var residuals: [Double] = []
    var iteration = 0
    while true {
      iteration += 1
      var small: [Double] = []
      small.reserveCapacity(count * count)
      for row in 0..<count {
        small.append(contentsOf: projected[row * capacity..<row * capacity + count])
      }
      let (eigenvalues, eigenvectors) = try LAPACK.eigenSymmetric(small, n: count)
      let followed = min(block, count)
      values = Array(eigenvalues[0..<followed])
      eigenvectors.withUnsafeBufferPointer { coefficients in
        guard let coefficients = coefficients.baseAddress else { return }
        BLAS.multiply(
          coefficients, count, basis, size, into: ritzVectors, size, m: followed, n: size,
          k: count)
        BLAS.multiply(
          coefficients, count, products, size, into: residualVectors, size, m: followed, n: size,
          k: count)
      }
      residuals = []
      for root in 0..<followed {
        let residual = residualVectors + root * size
        BLAS.add(ritzVectors + root * size, scaledBy: -values[root], to: residual, count: size)
        residuals.append(BLAS.dot(residual, residual, count: size).squareRoot())
      }
      let open = (0..<followed).filter {
        residuals[$0] > ($0 < wanted ? tolerance : guardTolerance)
      }
      if open.isEmpty || iteration >= maximumIterations || count >= size { break }

      if count + open.count > capacity {
        // Keep the followed vectors and some above them, which hold what the last steps learnt.
        let kept = min(count, max(followed, min(2 * followed, capacity - 2 * open.count)))
        restart(
          basis, products, size: size, count: count, kept: kept, vectors: eigenvectors)
        count = kept
        for row in 0..<kept {
          for column in 0..<kept {
            projected[row * capacity + column] = row == column ? eigenvalues[row] : 0
          }
        }
      }
      let before = count
      for root in open where count < capacity {
        let vector = basis + count * size
        let residual = residualVectors + root * size
        let value = values[root]
        for index in 0..<size {
          let gap = value - diagonal[index]
          vector[index] =
            residual[index]
            / (abs(gap) < smallestGap ? (gap < 0 ? -smallestGap : smallestGap) : gap)
        }
        if orthonormalise() { extend() }
      }
      if count == before { break }
    }

    let found = min(wanted, values.count)
    var vectors: [[Double]] = []
    for root in 0..<found {
      var vector = Array(UnsafeBufferPointer(start: ritzVectors + root * size, count: size))
      var largest = 0
      for index in 0..<size where abs(vector[index]) > abs(vector[largest]) + 1e-10 {
        largest = index
      }
      if size > 0, vector[largest] < 0 { for index in 0..<size { vector[index] = -vector[index] } }
      vectors.append(vector)
    }
    return Result(
      values: Array(values[0..<found]), vectors: vectors, residuals: Array(residuals[0..<found]),
      iterations: iteration,
      isConverged: found == wanted && residuals[0..<found].allSatisfy { $0 <= tolerance })
  }

  /// Replaces the basis and its products by their combinations with the first eigenvectors.
  private func restart(
    _ basis: UnsafeMutablePointer<Double>, _ products: UnsafeMutablePointer<Double>, size: Int,
    count: Int, kept: Int, vectors: [Double]
  ) {
    // In column blocks, so that the extra room does not grow with the matrix.
    let block = 4096
    var rotated = [Double](repeating: 0, count: kept * block)
    for array in [basis, products] {
      for start in stride(from: 0, to: size, by: block) {
        let width = min(block, size - start)
        rotated.withUnsafeMutableBufferPointer { rotated in
          vectors.withUnsafeBufferPointer { vectors in
            guard let target = rotated.baseAddress, let vectors = vectors.baseAddress else {
              return
            }
            BLAS.multiply(
              vectors, count, array + start, size, into: target, block, m: kept, n: width,
              k: count)
            for row in 0..<kept {
              (array + row * size + start).update(from: target + row * block, count: width)
            }
          }
        }
      }
    }
  }
}

private func scale(_ vector: UnsafeMutablePointer<Double>, _ count: Int, by factor: Double) {
  for index in 0..<count { vector[index] *= factor }
}
