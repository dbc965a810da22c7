internal import LinearAlgebra

/// The limit of a selected CI's energies where nothing is left outside.
///
/// Variational energies of growing spaces are nearly linear in the second-order energies `E2`
/// (A. Holmes, C. Umrigar, S. Sharma, J. Chem. Phys. 147, 164111 (2017)). The weighted least-squares fit
///
/// ```
/// E_var = E_∞ + a E2,   weights 1/E2²,
/// ```
///
/// over the last stages, at most ``stageCount`` and as far back as `E2` falls, gives `E_∞`. The uncertainty is the largest of four: the fit's standard
/// error, the distance from the last `E_var + E2` to `E_∞`, the difference to a fit with a quadratic term, and a
/// tenth of the last `E2`; the standard error of that `E2` is added in quadrature. Measured, not proven: the
/// field's convention, a fifth of the distance, was too small by up to five times where exact energies are known.
/// With fewer than three stages `E_∞` is the last `E_var + E2`, and the uncertainty is all of `E2`.
public struct EnergyExtrapolation: Sendable, Hashable {
  /// The extrapolated energy `E_∞`, in hartree.
  public var energy: Double
  /// Its uncertainty, in hartree.
  public var error: Double
  /// The limit of the fit with a quadratic term, in hartree; nil with fewer than four stages.
  public var quadraticEnergy: Double?

  /// The most stages that are fitted.
  public static let stageCount = 4

  /// The accuracy of a variational energy, in hartree, below which no uncertainty is stated.
  public static let resolution = 2e-9

  /// The energy of a space that nothing outside couples to.
  init(whole energy: Double) {
    self.energy = energy
    error = Self.resolution
  }

  /// Extrapolates; nil without stages, or where the second order does not fall over the last
  /// three.
  ///
  /// - Parameters:
  ///   - variational: The variational energies of the stages, in hartree, smallest space first.
  ///   - secondOrder: Their second-order energies, in hartree.
  ///   - errors: The standard errors of these, in hartree.
  public init?(variational: [Double], secondOrder: [Double], errors: [Double]) {
    let fitted = Self.fittedStages(secondOrder)
    let x = Array(secondOrder[fitted])
    let y = Array(variational[fitted])
    guard let lastX = x.last, let lastY = y.last, let lastError = errors.last, lastX < 0,
      x.count >= min(3, variational.count)
    else { return nil }
    guard x.count >= 3 else {
      energy = lastY + lastX
      error = max(Self.resolution, (lastX * lastX + lastError * lastError).squareRoot())
      return
    }
    guard let line = Self.fit(x, y, degree: 1) else { return nil }
    // Scaled by the last value, so that the parameters are of one size.
    let residuals = zip(x, y).map { x, y in
      (y - line[0] - line[1] * (x / lastX)) * (lastX / x)
    }
    let squares = residuals.reduce(0) { $0 + $1 * $1 } / Double(x.count - 2)
    let variance = Self.interceptVariance(x.map { $0 / lastX })
    let quadratic = x.count >= 4 ? Self.fit(x, y, degree: 2)?[0] : nil
    let spread = max(
      (squares * variance).squareRoot(), abs(line[0] - (lastY + lastX)), abs(lastX) / 10,
      quadratic.map { abs($0 - line[0]) } ?? 0)
    energy = line[0]
    quadraticEnergy = quadratic
    let slope = abs(line[1] / lastX)
    error = max(
      Self.resolution, (spread * spread + slope * slope * lastError * lastError).squareRoot())
  }

  /// Returns which stages are fitted: the last ones, as far back as the second order falls.
  ///
  /// - Parameter secondOrder: The second-order energies, smallest space first.
  /// - Returns: Their range.
  package static func fittedStages(_ secondOrder: [Double]) -> Range<Int> {
    var first = max(0, secondOrder.count - 1)
    while first > 0, secondOrder.count - first < stageCount,
      secondOrder[first - 1] < secondOrder[first]
    { first -= 1 }
    return first..<secondOrder.count
  }

  /// Makes the uncertainty at least as large as a distance.
  mutating func widen(by distance: Double) { error = max(error, distance) }

  /// Weighted least squares in `x / x_last` with weights `(x_last / x)²`; nil where singular.
  private static func fit(_ x: [Double], _ y: [Double], degree: Int) -> [Double]? {
    let count = degree + 1
    let scale = x[x.count - 1]
    // Relative to the last energy, for digits.
    let base = y[y.count - 1]
    var matrix = [Double](repeating: 0, count: count * count)
    var right = [Double](repeating: 0, count: count)
    for (x, y) in zip(x, y) {
      let t = x / scale
      let weight = 1 / (t * t)
      var powers = [1.0]
      for _ in 0..<degree { powers.append(powers[powers.count - 1] * t) }
      for row in 0..<count {
        right[row] += weight * powers[row] * (y - base)
        for column in 0..<count {
          matrix[row * count + column] += weight * powers[row] * powers[column]
        }
      }
    }
    do {
      try matrix.withUnsafeMutableBufferPointer { matrix in
        try right.withUnsafeMutableBufferPointer { right in
          guard let matrix = matrix.baseAddress, let right = right.baseAddress else { return }
          try LAPACK.solvePositiveDefinite(matrix, n: count, rightSide: right)
        }
      }
    } catch {
      return nil
    }
    right[0] += base
    return right
  }

  /// The variance of a line's intercept for residuals of variance 1 at `t = 1`.
  private static func interceptVariance(_ t: [Double]) -> Double {
    var sum0 = 0.0
    var sum1 = 0.0
    var sum2 = 0.0
    for t in t {
      sum0 += 1 / (t * t)
      sum1 += 1 / t
      sum2 += 1
    }
    let determinant = sum0 * sum2 - sum1 * sum1
    return determinant > 0 ? sum2 / determinant : .infinity
  }
}
