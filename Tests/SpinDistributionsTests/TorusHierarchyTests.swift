import Hamiltonians
import SpinDistributions
import Testing

@Suite struct TorusHierarchyTests {
  static let hierarchies: [TorusHierarchy] =
    [4, 8, 16, 32, 64].flatMap { length in
      [1, 3, 7].map { TorusHierarchy.crosses(length: length, heatBathSide: $0) }
    } + [
      .rows(length: 3, checkerboard: false), .rows(length: 4, checkerboard: true),
      .rows(length: 6, checkerboard: true),
    ]

  @Test(arguments: hierarchies)
  func symmetriesKeepNeighbours(_ hierarchy: TorusHierarchy) {
    let symmetries = hierarchy.symmetries
    let sites = hierarchy.levels[0].sites[0]
    #expect(symmetries.first == Array(sites.indices))
    #expect(Set(symmetries).count == symmetries.count)
    if hierarchy.length > 4,
      hierarchy.levels[0].spins == 4 * hierarchy.length - 4
    {
      #expect(symmetries.count == 32)
    }
    let bonds = Set(hierarchy.levels[0].bonds.map { Set([$0.first, $0.second]) })
    for places in symmetries {
      #expect(Set(places) == Set(sites.indices))
      #expect(Set(bonds.map { Set($0.map { places[$0] }) }) == bonds)
    }
  }

  /// The sites of a block of the heat bath.
  private func inside(_ corner: TorusHierarchy.Corner, _ hierarchy: TorusHierarchy) -> [Int] {
    let model = ClassicalIsing(length: hierarchy.length)
    return (0..<hierarchy.heatBathSide).flatMap { r in
      (0..<hierarchy.heatBathSide).map {
        model.site(row: corner.row + r, column: corner.column + $0)
      }
    }
  }

  /// Its border in the order of its given spins.
  private func border(_ corner: TorusHierarchy.Corner, _ hierarchy: TorusHierarchy) -> [Int] {
    let model = ClassicalIsing(length: hierarchy.length)
    let side = hierarchy.heatBathSide
    let steps = 0..<side
    return steps.map { model.site(row: corner.row - 1, column: corner.column + $0) }
      + steps.map { model.site(row: corner.row + $0, column: corner.column + side) }
      + steps.map { model.site(row: corner.row + side, column: corner.column + $0) }
      + steps.map { model.site(row: corner.row + $0, column: corner.column - 1) }
  }

  private func neighbours(_ site: Int, _ length: Int) -> [Int] {
    let model = ClassicalIsing(length: length)
    let (r, c) = (site / length, site % length)
    return [(0, 1), (1, 0), (0, -1), (-1, 0)].map { model.site(row: r + $0.0, column: c + $0.1) }
  }

  /// The sites that a block and all below it draw.
  private func interior(_ level: Int, _ block: Int, _ hierarchy: TorusHierarchy) -> [Int] {
    if level == hierarchy.levels.count { return inside(hierarchy.heatBath[block], hierarchy) }
    let table = hierarchy.levels[level]
    let children = table.children.count
    return Array(table.sites[block][table.border...])
      + (0..<children).flatMap { interior(level + 1, children * block + $0, hierarchy) }
  }

  @Test(arguments: hierarchies) func everySiteIsDrawnOnce(_ hierarchy: TorusHierarchy) {
    var drawn = hierarchy.levels.flatMap { level in level.sites.flatMap { $0[level.border...] } }
    drawn += hierarchy.heatBath.flatMap { inside($0, hierarchy) }
    #expect(drawn.sorted() == Array(0..<hierarchy.length * hierarchy.length))
    #expect(interior(0, 0, hierarchy).sorted() == drawn.sorted())
  }

  @Test(arguments: hierarchies) func everyBondIsSettledOnce(_ hierarchy: TorusHierarchy) {
    let length = hierarchy.length
    var right = [Int](repeating: 0, count: length * length)
    var down = right
    for level in hierarchy.levels {
      for sites in level.sites {
        for bond in level.bonds {
          let (first, second) = (sites[bond.first], sites[bond.second])
          #expect(neighbours(first, length)[bond.isRight ? 0 : 1] == second)
          if bond.isRight { right[first] += 1 } else { down[first] += 1 }
        }
      }
    }
    for corner in hierarchy.heatBath {
      let sites = Set(inside(corner, hierarchy))
      for site in 0..<length * length {
        let next = neighbours(site, length)
        if sites.contains(site) || sites.contains(next[0]) { right[site] += 1 }
        if sites.contains(site) || sites.contains(next[1]) { down[site] += 1 }
      }
    }
    #expect(right.allSatisfy { $0 == 1 })
    #expect(down.allSatisfy { $0 == 1 })
  }

  @Test(arguments: hierarchies) func givenSpinsAreAllNeighboursAndNoOthers(
    _ hierarchy: TorusHierarchy
  ) {
    for (index, level) in hierarchy.levels.enumerated() {
      for (block, sites) in level.sites.enumerated() {
        let inside = Set(interior(index, block, hierarchy))
        let outside = Set(inside.flatMap { neighbours($0, hierarchy.length) }).subtracting(inside)
        #expect(Set(sites[..<level.border]) == outside)
      }
    }
    for corner in hierarchy.heatBath {
      let inside = Set(inside(corner, hierarchy))
      let outside = Set(inside.flatMap { neighbours($0, hierarchy.length) }).subtracting(inside)
      #expect(Set(border(corner, hierarchy)) == outside)
    }
  }

  @Test(arguments: hierarchies) func childrenFindTheirBordersInEveryBlock(
    _ hierarchy: TorusHierarchy
  ) {
    for (index, level) in hierarchy.levels.enumerated() {
      let isLast = index + 1 == hierarchy.levels.count
      for (block, sites) in level.sites.enumerated() {
        for (child, places) in level.children.enumerated() {
          let number = level.children.count * block + child
          let expected =
            isLast
            ? border(hierarchy.heatBath[number], hierarchy)
            : Array(
              hierarchy.levels[index + 1].sites[number][..<hierarchy.levels[index + 1].border])
          #expect(places.map { sites[$0] } == expected)
        }
      }
    }
  }

  /// The example in section 2.2 of arXiv:2203.10989.
  @Test func sixteenSitesAreThoseOfThePaper() {
    let hierarchy = TorusHierarchy.crosses(length: 16, heatBathSide: 1)
    #expect(hierarchy.levels.map(\.blocks) == [1, 4, 16])
    #expect(hierarchy.levels.map(\.spins) == [60, 13, 5])
    #expect(hierarchy.levels.map(\.border) == [0, 28, 12])
    #expect(hierarchy.heatBath.count == 64)
  }
}
