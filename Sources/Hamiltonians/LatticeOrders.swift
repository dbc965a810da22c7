/// The sublattices of the orders that magnets have: colours of sites.
extension LatticeGeometry {
  /// Two sublattices of which neighbours are on different ones, as in a Néel state.
  ///
  /// - Returns: 0 or 1 by site; nil where an odd number of neighbours closes, as in triangles, or there are no bonds.
  public var neelColours: [Int]? {
    guard let bonds = try? bonds(order: 1), !bonds.isEmpty else { return nil }
    var neighbours = [[Int]](repeating: [], count: siteCount)
    for bond in bonds {
      neighbours[bond.first].append(bond.second)
      neighbours[bond.second].append(bond.first)
    }
    var colours = [Int](repeating: -1, count: siteCount)
    for start in 0..<siteCount where colours[start] < 0 {
      colours[start] = 0
      var queue = [start]
      while let site = queue.popLast() {
        for other in neighbours[site] {
          if colours[other] == colours[site] { return nil }
          if colours[other] < 0 {
            colours[other] = 1 - colours[site]
            queue.append(other)
          }
        }
      }
    }
    return colours
  }

  /// Columns of alternating colours, as in a collinear state.
  ///
  /// - Returns: 0 or 1 by site; nil but for square lattices, and where an odd number of columns closes.
  public var stripeColours: [Int]? {
    guard unitCell == .square, !(boundary.closesRows && width % 2 == 1) else { return nil }
    return (0..<siteCount).map { $0 % width % 2 }
  }

  /// Three sublattices of which neighbours are on different ones, as in the state of 120 degrees.
  ///
  /// - Returns: 0, 1 or 2 by site; nil but for triangular lattices, and where edges close that are no multiple of three long.
  public var triangleColours: [Int]? {
    guard unitCell == .triangular, !(boundary.closesRows && width % 3 != 0),
      !(boundary.closesColumns && height % 3 != 0)
    else { return nil }
    return (0..<siteCount).map { ($0 % width + 2 * ($0 / width)) % 3 }
  }
}
