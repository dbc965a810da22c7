internal import Configurations
internal import LinearAlgebra
public import Parallelism

/// The lowest eigenpairs of a large symmetric operator, by band Lanczos with thick restarts.
///
/// The Krylov space is grown from ``bandWidth`` random vectors rather than one, so that eigenvalues
/// of multiplicity up to the band width, and clusters of nearly equal ones, are found with all
/// their copies; one starting vector would show one copy each and take thousands of products to
/// split a cluster. The band is wider than ``levelCount``, so no copy is missed among the
/// levels that are asked for.
///
/// Each new vector is orthogonalised against the whole basis twice (classical Gram–Schmidt), so no
/// spurious copies arise. When the basis is full, the lowest Ritz vectors and the band that
/// continues them are kept. The coefficients of all products with the basis are stored, hence
/// residual norms are known without further products.
///
/// References: band Lanczos, A. Ruhe, Math. Comp. 33, 680 (1979); thick restarts, K. Wu, H. Simon,
/// SIAM J. Matrix Anal. Appl. 22, 602 (2000), here with a band and full orthogonalisation.
///
/// The result does not depend on the number of threads: sums over a vector are formed in chunks of
/// fixed size that are added in order.
public struct BandLanczos: Sendable {
  /// The number of eigenpairs that are wanted, counted with multiplicity.
  public var levelCount: Int
  /// The number of starting vectors.
  public var bandWidth: Int
  /// The number of basis vectors at which the method restarts.
  public var basisSize: Int
  /// The residual norm `‖Hx − θx‖ / max(1, |θ|)` at which a pair has converged.
  ///
  /// The error of the eigenvalue is of the order of its square over the gap.
  public var tolerance = 1e-9
  /// The number of products with the operator after which the method gives up.
  public var maximumProducts = 5000
  /// The threads of the work on vectors.
  public var execution = Execution()
  /// The seed of the starting vectors.
  public var seed: UInt64 = 0x1A7C_2055

  /// Creates a solver with the band and basis that suit a number of levels.
  public init(levelCount: Int) {
    precondition(levelCount >= 1, "at least one level must be asked for, not \(levelCount)")
    self.levelCount = levelCount
    bandWidth = levelCount + 1
    basisSize = max(32, 8 * bandWidth)
  }

  /// The smallest ``basisSize`` with which the method works, if slowly.
  public var minimumBasisSize: Int { levelCount + 3 * bandWidth }

  /// The number of vectors that ``solve(dimension:apply:)`` stores, the results included.
  public var vectorCount: Int { basisSize + bandWidth + levelCount }

  /// Eigenpairs, lowest first.
  public struct Result: Sendable {
    /// The eigenvalues, ascending.
    public let values: [Double]
    /// The eigenvectors, of norm 1, in the order of ``values``.
    public let vectors: [[Double]]
    /// The residual norms `‖Hx − θx‖`, in the same order.
    public let residuals: [Double]
    /// The number of products with the operator.
    public let productCount: Int
  }

  /// Computes the lowest eigenpairs.
  ///
  /// - Parameters:
  ///   - dimension: The length of the vectors, at least 1.
  ///   - apply: Overwrites its second argument by the operator times its first one.
  /// - Returns: `min(levelCount, dimension)` pairs.
  /// - Throws: ``EigensolverError`` where the method does not converge.
  public func solve(
    dimension: Int, apply: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) throws(EigensolverError) -> Result {
    precondition(dimension >= 1, "an operator needs a space")
    precondition(bandWidth >= 1 && basisSize >= minimumBasisSize, "the basis is too small")
    let wanted = min(levelCount, dimension)
    let basis = KrylovBasis(
      dimension: dimension, capacity: basisSize + bandWidth, execution: execution)
    let random = RandomSource(seed: seed)
    var randomCount: UInt64 = 0
    func appendRandomVector() {
      // A random vector lies in the span of the basis only by rounding: try the next one then.
      while basis.count < dimension {
        basis.fillNext(using: random.split(randomCount))
        randomCount += 1
        if basis.orthogonalizeNext() != nil { return }
      }
    }
    for _ in 0..<min(bandWidth, dimension) { appendRandomVector() }

    // Column j holds the coefficients of H v_j in the basis.
    let rows = basisSize + bandWidth
    var projection = ProjectedOperator(rows: rows, columns: basisSize)
    var processed = 0
    var products = 0
    while true {
      let before = basis.count
      apply(basis.vector(processed), basis.next)
      products += 1
      let norm = basis.orthogonalizeNext()
      projection.setColumn(processed, basis.coefficients[..<before], next: norm)
      processed += 1
      let exhausted = processed == dimension
      if processed == basis.count && !exhausted { appendRandomVector() }

      let full = processed == basisSize
      let check = processed >= wanted + bandWidth && processed % 4 == 0
      guard exhausted || full || check else { continue }
      let ritz = try projection.ritzPairs(count: processed, band: processed..<basis.count)
      let converged = (0..<wanted).allSatisfy {
        ritz.residuals[$0] <= tolerance * max(1, abs(ritz.values[$0]))
      }
      if converged || exhausted {
        return Result(
          values: Array(ritz.values[..<wanted]),
          vectors: (0..<wanted).map { basis.combination(ritz.weights(of: $0)) },
          residuals: Array(ritz.residuals[..<wanted]), productCount: products)
      }
      if products >= maximumProducts {
        let worst = ritz.residuals[..<wanted].max() ?? 0
        throw EigensolverError(
          .notConverged,
          "the largest residual norm is \(worst) after \(products) products, expected "
            + "\(tolerance); allow more products or a larger basis")
      }
      if full {
        let kept = min(basisSize - 2 * bandWidth, levelCount + (basisSize - levelCount) * 2 / 5)
        projection.restart(with: ritz, kept: kept, band: processed..<basis.count)
        basis.restart(with: ritz.vectors, kept: kept, of: processed)
        processed = kept
      }
    }
  }
}
