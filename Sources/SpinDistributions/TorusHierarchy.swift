internal import Hamiltonians

/// In which order the spins of a torus are drawn: sets of spins level by level, then exact blocks.
///
/// Level 0 draws spins without any given ones. Every block of a later level is a square whose border is known,
/// of which it draws the cross of the middle column and row; what is left are four squares of half the size,
/// until they are small enough for the exact heat bath. P. Białas, P. Korcyl, T. Stebel, arXiv:2203.10989,
/// section 2; blocks of more than one spin in the heat bath are ours.
public struct TorusHierarchy: Sendable, Hashable {
  /// The blocks of one level.
  public struct Level: Sendable, Hashable {
    /// The side of the blocks, or L for the first level.
    public let side: Int
    /// The number of given spins.
    public let border: Int
    /// The sites of given, then of drawn spins, for each block.
    public let sites: [[Int]]
    /// Bonds that are settled by the level, as places among a block's sites; those of given spins are not.
    public let bonds: [Bond]
    /// For each child of a block, the places of its border among the block's sites.
    public let children: [[Int]]

    /// The number of blocks.
    public var blocks: Int { sites.count }
    /// The number of spins that a block draws.
    public var spins: Int { sites[0].count - border }
  }

  /// A bond between two places of a block.
  public struct Bond: Sendable, Hashable {
    /// The place of its upper or left end.
    public let first: Int
    /// The place of the other end.
    public let second: Int
    /// Whether it is the bond of the first one's site to the next column, else to the next row.
    public let isRight: Bool
  }

  /// L.
  public let length: Int
  /// The levels.
  public let levels: [Level]
  /// The side of the blocks of the heat bath; 0 where all spins are drawn before.
  public let heatBathSide: Int
  /// The row and column of the first spin of each block of the heat bath.
  public let heatBath: [Corner]

  /// A row and a column.
  public struct Corner: Sendable, Hashable {
    /// The row.
    public let row: Int
    /// The column.
    public let column: Int
  }

  /// The hierarchy of lines and crosses.
  ///
  /// - Parameters:
  ///   - length: L, a power of two from 4 on.
  ///   - heatBathSide: The largest side of the blocks that are left to the heat bath: 1, 3 or 7.
  /// - Returns: The order.
  public static func crosses(length: Int, heatBathSide: Int) -> TorusHierarchy {
    precondition(length >= 4 && length & (length - 1) == 0, "a length of \(length)")
    precondition([1, 3, 7].contains(heatBathSide), "blocks of \(heatBathSide)")
    let half = length / 2
    var outer: [Corner] = []
    for row in [0, half] { outer += (0..<length).map { Corner(row: row, column: $0) } }
    for column in [0, half] {
      outer += (0..<length).filter { $0 % half != 0 }.map { Corner(row: $0, column: column) }
    }
    var corners = [1, half + 1].flatMap { row in
      [1, half + 1].map { Corner(row: row, column: $0) }
    }
    var side = half - 1
    var levels = [
      level(length, side: length, blocks: [outer], border: 0, children: (side, corners))
    ]
    while side > heatBathSide {
      let middle = (side - 1) / 2
      let below = corners.flatMap { corner in
        [0, middle + 1].flatMap { row in
          [0, middle + 1].map { Corner(row: corner.row + row, column: corner.column + $0) }
        }
      }
      let blocks = corners.map { border(of: $0, side) + cross(of: $0, side) }
      levels.append(
        level(
          length, side: side, blocks: blocks, border: 4 * side,
          children: (middle, Array(below[..<4]))))
      corners = below
      side = middle
    }
    return TorusHierarchy(length: length, levels: levels, heatBathSide: side, heatBath: corners)
  }

  /// All spins row by row, as of a network without a hierarchy.
  ///
  /// - Parameters:
  ///   - length: L.
  ///   - checkerboard: Whether every other spin is left to the heat bath; L is even then.
  /// - Returns: The order.
  public static func rows(length: Int, checkerboard: Bool) -> TorusHierarchy {
    precondition(!checkerboard || length % 2 == 0, "no checkerboard of odd length \(length)")
    let all = (0..<length * length).map { Corner(row: $0 / length, column: $0 % length) }
    let drawn = checkerboard ? all.filter { ($0.row + $0.column) % 2 == 0 } : all
    let rest = checkerboard ? all.filter { ($0.row + $0.column) % 2 == 1 } : []
    let first = level(length, side: length, blocks: [drawn], border: 0, children: (1, rest))
    return TorusHierarchy(
      length: length, levels: [first], heatBathSide: checkerboard ? 1 : 0, heatBath: rest)
  }

  // MARK: - Geometry

  private static func border(of corner: Corner, _ side: Int) -> [Corner] {
    let line = 0..<side
    return line.map { Corner(row: corner.row - 1, column: corner.column + $0) }
      + line.map { Corner(row: corner.row + $0, column: corner.column + side) }
      + line.map { Corner(row: corner.row + side, column: corner.column + $0) }
      + line.map { Corner(row: corner.row + $0, column: corner.column - 1) }
  }

  /// The middle column from the top, then the left and the right arm of the middle row.
  private static func cross(of corner: Corner, _ side: Int) -> [Corner] {
    let middle = (side - 1) / 2
    return (0..<side).map { Corner(row: corner.row + $0, column: corner.column + middle) }
      + (0..<side).filter { $0 != middle }
      .map { Corner(row: corner.row + middle, column: corner.column + $0) }
  }

  private static func level(
    _ length: Int, side: Int, blocks: [[Corner]], border: Int,
    children: (side: Int, corners: [Corner])
  ) -> Level {
    let site = { (corner: Corner) in
      (corner.row + length) % length * length + (corner.column + length) % length
    }
    let sites = blocks.map { $0.map(site) }
    var places: [Int: Int] = [:]
    for (place, site) in sites[0].enumerated() { places[site] = place }
    var bonds: [Bond] = []
    for corner in blocks[0] {
      guard let place = places[site(corner)] else { continue }
      for isRight in [true, false] {
        let next = Corner(
          row: corner.row + (isRight ? 0 : 1), column: corner.column + (isRight ? 1 : 0))
        if let other = places[site(next)], max(place, other) >= border {
          bonds.append(Bond(first: place, second: other, isRight: isRight))
        }
      }
    }
    let tables = children.corners.map { corner in
      Self.border(of: corner, children.side).map { spot in
        guard let place = places[site(spot)] else {
          preconditionFailure("the border of a child is not known")
        }
        return place
      }
    }
    return Level(
      side: side, border: border, sites: sites, bonds: bonds, children: tables)
  }
}
