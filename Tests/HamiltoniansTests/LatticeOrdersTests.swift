import Hamiltonians
import Testing

/// Sublattices of magnetic orders.
struct LatticeOrdersTests {
  @Test func neighboursHaveDifferentColours() throws {
    for (cell, extents) in [
      (LatticeUnitCell.square, [4, 6]), (.chain, [10]), (.honeycomb, [3, 3]), (.ladder, [4, 2]),
    ] {
      let geometry = try LatticeGeometry(cell, extents: extents)
      let colours = try #require(geometry.neelColours, "\(cell.name)")
      #expect(try geometry.bonds(order: 1).allSatisfy { colours[$0.first] != colours[$0.second] })
    }
    for (cell, extents) in [
      (LatticeUnitCell.square, [3, 4]), (.chain, [5]), (.triangular, [4, 4]), (.kagome, [2, 2]),
    ] { #expect(try LatticeGeometry(cell, extents: extents).neelColours == nil) }
    let triangular = try LatticeGeometry(.triangular, extents: [6, 3])
    let three = try #require(triangular.triangleColours)
    #expect(try triangular.bonds(order: 1).allSatisfy { three[$0.first] != three[$0.second] })
    #expect(try LatticeGeometry(.triangular, extents: [4, 3]).triangleColours == nil)
    #expect(try LatticeGeometry(.square, extents: [6, 3]).triangleColours == nil)
    let stripes = try #require(try LatticeGeometry(.square, extents: [4, 3]).stripeColours)
    #expect(stripes == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    #expect(try LatticeGeometry(.square, extents: [3, 4]).stripeColours == nil)
  }
}
