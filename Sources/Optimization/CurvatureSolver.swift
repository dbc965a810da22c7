internal import LinearAlgebra
internal import Parallelism

/// Natural-gradient steps in the metric of the Hamiltonian itself, by conjugate gradients in the space of
/// the sample.
///
/// With `A = diag(s) (J − 1 wᵀ J)` for log|ψ| and arg ψ one below the other, `G = A Aᵀ` and the curvature
/// `B` of the energy, scaled so that its diagonal is near 1,
///
/// ```
/// δ = μ δ' + Aᵀ z,   (B G + Λ) z = b − B A μ δ'
/// ```
///
/// is the step of inverse iteration projected on the tangent space. With `B = 1` it is that of
/// ``SampleSpaceSolver``. `B G + Λ` is self-adjoint and positive definite in the inner product `xᵀ G y`,
/// and so is `P = G + Λ`, which is factorised once and serves as the preconditioner. `G x` is never
/// formed: for `x = P⁻¹ r` it is `r − Λ x`.
///
/// ### References
///
/// - Inverse iteration on the tangent space: arXiv:2606.07825, there with the unsymmetric sampled form.
/// - Rayleigh–Gauss–Newton: R. Webber, M. Lindsey, arXiv:2106.10558.
final class CurvatureSolver {
  /// One part of `log ψ`: its factorised kernel.
  struct Part {
    /// The Cholesky factor of `G + Λ`.
    var factor: [Double]
    /// `Λ`, a multiple of the unit matrix.
    var ridge: Double
  }

  /// What is solved for.
  struct Solution {
    /// `z`, `[parts · M]`.
    var weights: [Double]
    /// `G z`, `[parts · M]`.
    var image: [Double]
  }

  private let count: Int
  private let parts: [Part]

  /// Creates a solver.
  ///
  /// - Parameters:
  ///   - count: M.
  ///   - parts: The factorised kernels of the parts.
  init(count: Int, parts: [Part]) {
    self.count = count
    self.parts = parts
  }

  /// Solves for one right side.
  ///
  /// - Parameters:
  ///   - rightSide: `b − B A μ δ'`, `[parts · M]`.
  ///   - tolerance: The relative residual to stop at.
  ///   - maximumIterations: The most iterations.
  ///   - multiply: Computes `y ← B x` for `x`, `[parts · M]`.
  /// - Returns: The solution, as good as the iterations made it.
  /// - Throws: ``LinearAlgebraError`` where the factors cannot be used.
  func solve(
    _ rightSide: [Double], tolerance: Double, maximumIterations: Int,
    multiply: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) throws(LinearAlgebraError) -> Solution {
    let size = rightSide.count
    var solution = Solution(
      weights: Array(repeating: 0, count: size), image: Array(repeating: 0, count: size))
    let scale = norm(rightSide)
    if scale == 0 { return solution }
    var residual = rightSide
    var (direction, directionImage) = try precondition(residual)
    var product = dot(residual, directionImage)
    var forward = [Double](repeating: 0, count: size)
    for _ in 0..<maximumIterations {
      if !(product > 0) { break }
      multiply(directionImage, &forward)
      for index in 0..<size { forward[index] += ridge(at: index) * direction[index] }
      let curvature = dot(directionImage, forward)
      // Rounding alone makes a positive matrix show another sign.
      if !(curvature > 0) { break }
      let length = product / curvature
      for index in 0..<size {
        solution.weights[index] += length * direction[index]
        solution.image[index] += length * directionImage[index]
        residual[index] -= length * forward[index]
      }
      if norm(residual) / scale <= tolerance { break }
      let (next, nextImage) = try precondition(residual)
      let nextProduct = dot(residual, nextImage)
      let ratio = nextProduct / product
      product = nextProduct
      for index in 0..<size {
        direction[index] = next[index] + ratio * direction[index]
        directionImage[index] = nextImage[index] + ratio * directionImage[index]
      }
    }
    return solution
  }

  private func ridge(at index: Int) -> Double { parts[index / count].ridge }

  /// Returns `h = P⁻¹ r` and `G h = r − Λ h`.
  private func precondition(
    _ residual: [Double]
  ) throws(LinearAlgebraError) -> (vector: [Double], image: [Double]) {
    var vector = residual
    for (number, part) in parts.enumerated() {
      var piece = Array(vector[number * count..<(number + 1) * count])
      try LAPACK.solveFactorised(part.factor, n: count, rightSide: &piece)
      vector.replaceSubrange(number * count..<(number + 1) * count, with: piece)
    }
    let image = residual.indices.map { residual[$0] - ridge(at: $0) * vector[$0] }
    return (vector, image)
  }

  private func norm(_ x: [Double]) -> Double { dot(x, x).squareRoot() }

  private func dot(_ x: [Double], _ y: [Double]) -> Double {
    var sum = 0.0
    for index in x.indices { sum += x[index] * y[index] }
    return sum
  }
}
