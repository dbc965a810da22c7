import Hamiltonians
import Testing

@Suite("Lattice geometries")
struct LatticeGeometryTests {
  private typealias Bond = LatticeGeometry.Bond

  @Test("A chain's bonds, periodic and open")
  func chain() throws {
    let ring = try LatticeGeometry(.chain, size: "5")
    #expect(
      try ring.bonds() == [Bond(0, 1), Bond(1, 2), Bond(2, 3), Bond(3, 4), Bond(4, 0)])
    #expect(
      try ring.bonds(order: 2) == [Bond(0, 2), Bond(1, 3), Bond(2, 4), Bond(3, 0), Bond(4, 1)])
    let open = try LatticeGeometry(.chain, size: "5", boundary: .open)
    #expect(try open.bonds() == [Bond(0, 1), Bond(1, 2), Bond(2, 3), Bond(3, 4)])
    #expect(try open.bonds(order: 2) == [Bond(0, 2), Bond(1, 3), Bond(2, 4)])
  }

  @Test("The bonds of the 4 × 4 torus, in order")
  func torus() throws {
    let torus = try LatticeGeometry(.square, size: "4x4")
    let first = try torus.bonds()
    #expect(first.count == 32)
    #expect(first.prefix(4) == [Bond(0, 1), Bond(0, 4), Bond(1, 2), Bond(1, 5)])
    #expect(first.suffix(2) == [Bond(15, 12), Bond(15, 3)])
    let second = try torus.bonds(order: 2)
    #expect(second.count == 32)
    #expect(second.prefix(4) == [Bond(0, 5), Bond(0, 7), Bond(1, 6), Bond(1, 4)])
    #expect(Set((first + second).map { Set([$0.first, $0.second]) }).count == 64)
  }

  @Test(
    "Counts of bonds and coordination",
    arguments: [
      (LatticeUnitCell.square, "6x4", 1, 4), (.square, "6x4", 2, 4), (.square, "3x3", 1, 4),
      (.triangular, "6x4", 1, 6), (.triangular, "6x6", 2, 6), (.kagome, "2x2", 1, 4),
      (.kagome, "3x3", 2, 4), (.chain, "7", 2, 2), (.honeycomb, "3x3", 1, 3),
      (.honeycomb, "4x3", 2, 6), (.honeycomb, "3x4", 3, 3), (.square, "20x20", 3, 4),
    ])
  func coordination(cell: LatticeUnitCell, size: String, order: Int, neighbours: Int) throws {
    let geometry = try LatticeGeometry(cell, size: size)
    let bonds = try geometry.bonds(order: order)
    var degrees = [Int](repeating: 0, count: geometry.siteCount)
    for bond in bonds {
      degrees[bond.first] += 1
      degrees[bond.second] += 1
    }
    #expect(degrees.allSatisfy { $0 == neighbours })
    #expect(Set(bonds.map { Set([$0.first, $0.second]) }).count == bonds.count)
  }

  @Test("Open lattices: all bonds of a shell have its length")
  func openBonds() throws {
    let square = try LatticeGeometry(.square, size: "3x5", boundary: .open)
    #expect(try square.bonds().count == 2 * 5 + 3 * 4)
    #expect(try square.bonds(order: 2).count == 2 * 2 * 4)
    for (cell, order, squared) in [
      (LatticeUnitCell.square, 1, 1.0), (.square, 2, 2), (.triangular, 1, 1), (.triangular, 2, 3),
      (.kagome, 1, 1), (.kagome, 2, 3), (.kagome, 3, 4), (.honeycomb, 1, 1), (.honeycomb, 2, 3),
      (.honeycomb, 3, 4),
    ] {
      let geometry = try LatticeGeometry(cell, size: "4x3", boundary: .open)
      for bond in try geometry.bonds(order: order) {
        let start = geometry.position(of: bond.first)
        let end = geometry.position(of: bond.second)
        let dx = end.x - start.x
        let dy = end.y - start.y
        #expect(abs(dx * dx + dy * dy - squared) < 1e-12)
      }
    }
  }

  @Test("Extent 2 joins a pair twice, extent 1 not at all")
  func narrow() throws {
    let ladder = try LatticeGeometry(.square, size: "2x4").bonds()
    #expect(ladder.count == 16)
    #expect(ladder.filter { Set([$0.first, $0.second]) == [0, 1] }.count == 2)
    #expect(try LatticeGeometry(.square, size: "1x4").bonds().count == 4)
    #expect(try LatticeGeometry(.square, size: "1x4").bonds(order: 2).isEmpty)
    #expect(try LatticeGeometry(.chain, size: "2").bonds() == [Bond(0, 1), Bond(1, 0)])
    #expect(try LatticeGeometry(.chain, size: "2", boundary: .open).bonds() == [Bond(0, 1)])
    let error = #expect(throws: LatticeError.self) {
      try LatticeGeometry(.chain, size: "2").bonds(order: 2)
    }
    #expect(error?.code == .missingNeighbours)
  }

  @Test(
    "Sizes that are refused",
    arguments: [
      (LatticeUnitCell.chain, "4x4", LatticeError.Code.malformedSize),
      (.square, "16", .malformedSize), (.square, "4x", .malformedSize),
      (.square, "four", .malformedSize), (.square, "0x4", .malformedSize),
      (.chain, "-3", .malformedSize), (.chain, "", .malformedSize),
      (.ladder, "8", .malformedSize), (.graph, "4x4", .malformedSize),
      (.chain, "65537", .tooManySites), (.square, "257x256", .tooManySites),
      (.square, "4611686018427387904x4", .tooManySites), (.kagome, "148x148", .tooManySites),
    ])
  func refusedSizes(cell: LatticeUnitCell, size: String, code: LatticeError.Code) {
    let error = #expect(throws: LatticeError.self) { try LatticeGeometry(cell, size: size) }
    #expect(error?.code == code)
  }

  @Test("Each direction has its own boundary")
  func boundaries() throws {
    typealias Boundary = LatticeGeometry.Boundary
    // 4 × 3 sites: rows of 4 with 4 or 3 bonds, columns of 3 with 3 or 2.
    for (boundary, count) in [
      (Boundary.periodic, 24), (.open, 17), (.periodicOpen, 20), (.openPeriodic, 21),
    ] {
      let geometry = try LatticeGeometry(.square, size: "4x3", boundary: boundary)
      let pairs = Set(try geometry.bonds().map { Set([$0.first, $0.second]) })
      #expect(pairs.count == count)
      #expect(pairs.contains([0, 3]) == boundary.closesRows)
      #expect(pairs.contains([0, 8]) == boundary.closesColumns)
      #expect(
        geometry.translationCount
          == (boundary.closesRows ? 4 : 1) * (boundary.closesColumns ? 3 : 1))
    }
    for cell in [LatticeUnitCell.chain, .ladder] {
      let error = #expect(throws: LatticeError.self) {
        try LatticeGeometry(
          cell, extents: cell.dimension == 1 ? [8] : [8, 2], boundary: .openPeriodic)
      }
      #expect(error?.code == .invalidBoundary)
    }
  }

  @Test("A ladder is a square lattice that is open across its legs")
  func ladder() throws {
    for (boundary, twin) in [
      (LatticeGeometry.Boundary.periodic, LatticeGeometry.Boundary.periodicOpen),
      (.periodicOpen, .periodicOpen), (.open, .open),
    ] {
      let ladder = try LatticeGeometry(.ladder, size: "5x3", boundary: boundary)
      let square = try LatticeGeometry(.square, size: "5x3", boundary: twin)
      #expect(ladder.boundary == twin)
      for order in 1...3 {
        #expect(try ladder.bonds(order: order) == square.bonds(order: order))
      }
    }
  }

  @Test("A graph has sites and no bonds")
  func graph() throws {
    let graph = try LatticeGeometry(.graph, size: "400")
    #expect(graph.siteCount == 400 && graph.boundary == .open)
    #expect(try graph.bonds().isEmpty && graph.bonds(order: 2).isEmpty)
  }

  @Test("Lattices of all sizes up to the limit have their bonds")
  func largeLattices() throws {
    let square = try LatticeGeometry(.square, size: "256x256")
    #expect(square.siteCount == LatticeGeometry.siteLimit)
    #expect(try square.bonds().count == 2 * 65_536)
  }
}
