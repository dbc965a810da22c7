public import Hamiltonians

/// The bonds of a square block of l × l spins, those to its border among them.
public struct BlockCouplings: Sendable, Hashable {
  /// l.
  public let side: Int
  /// `[l + 1, l]`: `down[r, c]` joins row r − 1 and row r in column c; rows −1 and l are the border.
  public let down: [Double]
  /// `[l, l + 1]`: `right[r, c]` joins column c − 1 and column c in row r.
  public let right: [Double]

  /// Takes the bonds of a model around a block.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - row: The block's first row.
  ///   - column: Its first column.
  ///   - side: l.
  public init(_ model: ClassicalIsing, row: Int, column: Int, side: Int) {
    self.side = side
    var down: [Double] = []
    var right: [Double] = []
    for r in 0...side {
      for c in 0..<side {
        down.append(model.down(of: model.site(row: row + r - 1, column: column + c)))
      }
    }
    for r in 0..<side {
      for c in 0...side {
        right.append(model.right(of: model.site(row: row + r, column: column + c - 1)))
      }
    }
    self.down = down
    self.right = right
  }

  /// `Σ |J|` over all bonds.
  var total: Double { down.reduce(0) { $0 + abs($1) } + right.reduce(0) { $0 + abs($1) } }
}
