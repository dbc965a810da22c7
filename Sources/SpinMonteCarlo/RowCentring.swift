internal import Parallelism

/// Means of rows of derivatives, and rows less their means.
enum RowCentring {
  /// The tasks of either, whatever the number of threads.
  private static let parts = 32

  /// Adds the weighted mean of rows, `[weights, sums]`.
  static func addMeans(
    of rows: UnsafePointer<Float>, weights: [Double], to sums: inout [Double],
    _ execution: Execution
  ) {
    nonisolated(unsafe) let rows = rows
    let (parts, width) = (parts, sums.count)
    let found = execution.map(parts) { part in
      let range = width * part / parts..<width * (part + 1) / parts
      var sum = [Double](repeating: 0, count: range.count)
      for (row, weight) in weights.enumerated() {
        let line = rows + row * width + range.lowerBound
        for index in sum.indices { sum[index] += weight * Double(line[index]) }
      }
      return sum
    }
    var column = 0
    for part in found {
      for value in part {
        sums[column] += value
        column += 1
      }
    }
  }

  /// Subtracts a mean from rows `[roots, mean]`, and scales rows and columns; no columns are 1.
  static func centre(
    _ rows: UnsafeMutablePointer<Float>, roots: [Float], mean: [Float], columns: [Float],
    _ execution: Execution
  ) {
    nonisolated(unsafe) let rows = rows
    let (parts, width) = (parts, mean.count)
    execution.parallelFor(parts) { part in
      for row in roots.count * part / parts..<roots.count * (part + 1) / parts {
        let line = rows + row * width
        let root = roots[row]
        if columns.isEmpty {
          for index in 0..<width { line[index] = root * (line[index] - mean[index]) }
        } else {
          for index in 0..<width {
            line[index] = root * columns[index] * (line[index] - mean[index])
          }
        }
      }
    }
  }
}
