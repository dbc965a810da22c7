internal import LinearAlgebra

/// The coefficients of `H v_j` in an orthonormal basis, column by column.
///
/// Of the `processed` columns, the rows below `processed` are the projection of the operator, and
/// those above, the band, are what it leads to outside. A column only knows the vectors that
/// existed when it was made; the projection is symmetric, so its upper triangle is enough.
struct ProjectedOperator {
  private let rows: Int
  private var columns: [Double]

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = [Double](repeating: 0, count: rows * columns)
  }

  /// Eigenpairs of the projection, lowest first.
  struct RitzPairs {
    var values: [Double]
    /// `[n, n]`, row `k` the weights of vector `k`.
    var vectors: [Double]
    /// The norms `‖Hx − θx‖`.
    var residuals: [Double]

    func weights(of level: Int) -> [Double] {
      let count = values.count
      return Array(vectors[(level * count)..<((level + 1) * count)])
    }
  }

  /// Stores the coefficients of a product, and the norm of the vector that it added if it did.
  mutating func setColumn(_ column: Int, _ coefficients: ArraySlice<Double>, next: Double?) {
    for (row, value) in coefficients.enumerated() { columns[column * rows + row] = value }
    if let next { columns[column * rows + coefficients.count] = next }
  }

  /// Diagonalises the projection on the first `count` vectors.
  func ritzPairs(count: Int, band: Range<Int>) throws(EigensolverError) -> RitzPairs {
    var matrix = [Double](repeating: 0, count: count * count)
    for column in 0..<count {
      for row in 0...column {
        matrix[row * count + column] = columns[column * rows + row]
        matrix[column * count + row] = columns[column * rows + row]
      }
    }
    var pairs = RitzPairs(values: [], vectors: [], residuals: [])
    do {
      (pairs.values, pairs.vectors) = try LAPACK.eigenSymmetric(matrix, n: count)
    } catch {
      throw EigensolverError(.numericalFailure, error.description)
    }
    pairs.residuals = (0..<count).map { level in
      band.reduce(0) { sum, row in
        let element = bandElement(row: row, pairs, level: level)
        return sum + element * element
      }.squareRoot()
    }
    return pairs
  }

  /// Passes to the basis of the lowest `kept` Ritz vectors followed by the band.
  mutating func restart(with pairs: RitzPairs, kept: Int, band: Range<Int>) {
    var result = [Double](repeating: 0, count: columns.count)
    for level in 0..<kept {
      result[level * rows + level] = pairs.values[level]
      for (offset, row) in band.enumerated() {
        result[level * rows + kept + offset] = bandElement(row: row, pairs, level: level)
      }
    }
    columns = result
  }

  /// The coefficient of band vector `row` in `H x` of a Ritz vector.
  private func bandElement(row: Int, _ pairs: RitzPairs, level: Int) -> Double {
    let count = pairs.values.count
    return (0..<count).reduce(0) {
      $0 + columns[$1 * rows + row] * pairs.vectors[level * count + $1]
    }
  }
}
