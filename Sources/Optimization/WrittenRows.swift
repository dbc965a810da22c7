internal import LinearAlgebra
internal import WaveFunctions

/// Derivatives whose rows were written out once, divided over the processes; products are those of matrices.
final class WrittenRows: DerivativeOperator {
  private let tiles: RowTiles
  /// This process's rows.
  private var share: [Float]

  /// Writes an operator's rows.
  ///
  /// - Parameters:
  ///   - derivatives: The operator, which is not needed any more.
  ///   - solver: What divides the rows.
  init(of derivatives: any DerivativeOperator, _ solver: SampleSpaceSolver) {
    tiles = solver.tiles(count: derivatives.rowCount, parameters: derivatives.parameterCount)
    share = Array(repeating: 0, count: max(1, tiles.share.count * tiles.columnCount))
    if !tiles.share.isEmpty {
      derivatives.rows(tiles.share, into: &share, stride: tiles.columnCount)
    }
  }

  var rowCount: Int { tiles.rowCount }
  var parameterCount: Int { tiles.columnCount }
  var prefersProducts: Bool { true }

  func rows(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>, stride: Int) {
    let first = tiles.share.lowerBound
    precondition(
      range.lowerBound >= first && range.upperBound <= tiles.share.upperBound,
      "rows \(range) are another process's")
    for (offset, row) in range.enumerated() {
      share.withUnsafeBufferPointer { share in
        guard let base = share.baseAddress else { return }
        (rows + offset * stride).update(
          from: base + (row - first) * parameterCount, count: parameterCount)
      }
    }
  }

  func push(_ direction: [Float]) -> [Float] { tiles.product(of: share, with: direction) }

  func pull(_ weights: [Float], into result: inout [Float]) {
    for (index, sum) in tiles.columnSums(of: share, weights: weights).enumerated() {
      result[index] += sum
    }
  }

  func gram(into matrix: UnsafeMutablePointer<Float>, stride: Int) {
    let count = rowCount
    var own = [Float](repeating: 0, count: count * count)
    tiles.gram(of: share, into: &own)
    for row in 0..<count {
      for column in 0...row { matrix[row * stride + column] += own[row * count + column] }
    }
  }
}
