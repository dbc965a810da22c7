/// The energy of a state of zero variance, by a line through energies and variances of stages of training.
///
/// `E ≈ E₀ + c Var(E)` near an eigenstate (F. Becca, S. Sorella, Quantum Monte Carlo Approaches for Correlated Systems,
/// section 5.6). Neither bound nor proof: states that approach an excited level extrapolate to it.
public struct VarianceExtrapolation: Sendable, Hashable {
  /// The energy at zero variance, total.
  public let energy: Double
  /// The larger of the standard error of the fit, by the scatter about it, and the difference to a parabola.
  public let error: Double
  /// The slope c.
  public let slope: Double
  /// The points: variance, energy and its error, from early to late.
  public let points: [Point]

  /// One stage of training.
  public struct Point: Sendable, Hashable {
    /// The mean variance of its steps.
    public let variance: Double
    /// Their mean energy.
    public let energy: Double
    /// Its standard error.
    public let error: Double
  }

  /// The number of stages.
  private static let stageCount = 10
  /// The smallest number of steps of a stage.
  private static let stageSteps = 8
  /// How much variances must differ.
  private static let smallestRange = 2.0

  /// Fits a line; nil where there are too few steps, or variances differ by less than a factor of two.
  ///
  /// - Parameter rows: The steps of training.
  public init?(_ rows: some Collection<SpinRow>) {
    let rows = Array(rows)
    let count = min(Self.stageCount, rows.count / Self.stageSteps)
    guard count >= 4 else { return nil }
    self.init(
      points: (0..<count).map { stage in
        let part = rows[rows.count * stage / count..<rows.count * (stage + 1) / count]
        let size = Double(part.count)
        return Point(
          variance: part.reduce(0) { $0 + $1.variance } / size,
          energy: part.reduce(0) { $0 + $1.energy } / size,
          error: part.reduce(0) { $0 + $1.error * $1.error }.squareRoot() / size)
      })
  }

  /// Fits a line through points.
  ///
  /// - Parameter points: At least four.
  init?(points: [Point]) {
    guard points.count >= 4, points.allSatisfy({ $0.energy.isFinite && $0.variance.isFinite }),
      let smallest = points.map(\.variance).min(), let largest = points.map(\.variance).max(),
      largest > Self.smallestRange * smallest, smallest >= 0
    else { return nil }
    // Variances of nothing at all leave no weights.
    let floor = points.map(\.error).max().map { max(1e-3 * $0, 1e-300) } ?? 1e-300
    let weights = points.map { 1 / (max($0.error, floor) * max($0.error, floor)) }
    // Centred, so that large energies do not cost digits.
    let origin = points[points.count - 1].energy
    guard
      let line = Self.fit(points, weights, degree: 1, origin, unit: largest),
      let parabola = Self.fit(points, weights, degree: 2, origin, unit: largest)
    else { return nil }
    var scatter = 0.0
    for (point, weight) in zip(points, weights) {
      let deviation =
        point.energy - origin - line.coefficients[0] - line.coefficients[1] * point.variance
        / largest
      scatter += weight * deviation * deviation
    }
    let excess = max(1, scatter / Double(points.count - 2)).squareRoot()
    energy = origin + line.coefficients[0]
    error = max(
      line.error * excess, abs(line.coefficients[0] - parabola.coefficients[0]))
    slope = line.coefficients[1] / largest
    self.points = points
  }

  /// Weighted least squares by the normal equations; the error is that of the constant.
  private static func fit(
    _ points: [Point], _ weights: [Double], degree: Int, _ origin: Double, unit: Double
  ) -> (coefficients: [Double], error: Double)? {
    let size = degree + 1
    var matrix = [[Double]](repeating: Array(repeating: 0, count: size + 2), count: size)
    for (point, weight) in zip(points, weights) {
      var powers = [1.0]
      for _ in 0..<degree { powers.append(powers[powers.count - 1] * point.variance / unit) }
      for i in 0..<size {
        for j in 0..<size { matrix[i][j] += weight * powers[i] * powers[j] }
        matrix[i][size] += weight * powers[i] * (point.energy - origin)
      }
    }
    // The second right side gives the first column of the inverse.
    matrix[0][size + 1] = 1
    for i in 0..<size {
      guard matrix[i][i] > 1e-12 * matrix[0][0] else { return nil }
      for j in 0..<size where j != i {
        let factor = matrix[j][i] / matrix[i][i]
        for k in i..<size + 2 { matrix[j][k] -= factor * matrix[i][k] }
      }
    }
    return (
      (0..<size).map { matrix[$0][size] / matrix[$0][$0] },
      max(0, matrix[0][size + 1] / matrix[0][0]).squareRoot()
    )
  }
}
