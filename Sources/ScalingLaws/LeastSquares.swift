/// Weighted linear least squares with a constant: `y ≈ p_0 + Σ_k p_k x_k`.
struct LeastSquares {
  private let columns: [[Double]]
  private let means: [Double]
  private let weights: [Double]
  private let total: Double
  /// The normal equations of columns less their means, which are well conditioned.
  private let normal: [[Double]]

  /// Prepares the equations.
  ///
  /// - Parameters:
  ///   - columns: x_k at each point.
  ///   - weights: The weight of each point, positive.
  init(columns: [[Double]], weights: [Double]) {
    let total = weights.reduce(0, +)
    let means = columns.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } / total }
    let centred = zip(columns, means).map { column, mean in column.map { $0 - mean } }
    self.columns = centred
    self.means = means
    self.weights = weights
    self.total = total
    normal = centred.map { a in
      centred.map { b in weights.indices.reduce(0) { $0 + weights[$1] * a[$1] * b[$1] } }
    }
  }

  /// Returns `p_0, p_1, …` for the values y.
  func solve(_ values: [Double]) -> [Double] {
    let mean = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    var matrix = normal
    var right = columns.map { column in
      weights.indices.reduce(0) { $0 + weights[$1] * column[$1] * (values[$1] - mean) }
    }
    // Positive definite: no pivots.
    let n = right.count
    for k in 0..<n {
      for i in k + 1..<max(n, k + 1) {
        let factor = matrix[i][k] / matrix[k][k]
        for j in k..<n { matrix[i][j] -= factor * matrix[k][j] }
        right[i] -= factor * right[k]
      }
    }
    for k in (0..<n).reversed() {
      for j in k + 1..<max(n, k + 1) { right[k] -= matrix[k][j] * right[j] }
      right[k] /= matrix[k][k]
    }
    return [mean - zip(right, means).reduce(0) { $0 + $1.0 * $1.1 }] + right
  }

  /// The weighted sum of squares that is left.
  func residual(_ values: [Double], _ solution: [Double]) -> Double {
    weights.indices.reduce(0) { sum, index in
      var rest = values[index] - solution[0]
      for (k, column) in columns.enumerated() {
        rest -= solution[k + 1] * (column[index] + means[k])
      }
      return sum + weights[index] * rest * rest
    }
  }
}
