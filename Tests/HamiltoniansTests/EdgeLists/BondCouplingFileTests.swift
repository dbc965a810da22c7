import Hamiltonians
import Testing

@Suite struct BondCouplingFileTests {
  private static func parse(
    _ lines: [String], geometry: LatticeGeometry, allowsTransverse: Bool = false
  ) throws -> [BondCoupling] {
    try BondCouplingFile.parse(
      lines.joined(separator: "\n"), path: "bonds", on: geometry,
      allowsTransverse: allowsTransverse)
  }

  @Test("Bonds of a graph are read in any order and direction, and come sorted")
  func graph() throws {
    let graph = try LatticeGeometry(.graph, size: "4")
    let lines = ["# a graph", "2 0 -0.5", "", "1\t0 1.5e0 # comment", "3 2 2 0.25"]
    let bonds = try Self.parse(lines, geometry: graph, allowsTransverse: true)
    #expect(
      bonds == [
        BondCoupling(0, 1, strength: 1.5), BondCoupling(0, 2, strength: -0.5),
        BondCoupling(2, 3, strength: 2, transverse: 0.25),
      ])
    #expect(bonds[0].transverse == 1.5)
  }

  @Test("A lattice has each of its bonds once, also where it is joined twice")
  func lattice() throws {
    let chain = try LatticeGeometry(.chain, size: "3")
    #expect(try Self.parse(["0 1 1", "1 2 2", "0 2 3"], geometry: chain).count == 3)
    let pair = try LatticeGeometry(.chain, size: "2")
    #expect(try Self.parse(["1 0 4"], geometry: pair) == [BondCoupling(0, 1, strength: 4)])
  }

  @Test("Equal couplings give the lattice's own Hamiltonian")
  func uniformCouplings() throws {
    let geometry = try LatticeGeometry(.honeycomb, size: "3x3")
    let lines = try geometry.bonds().map { "\($0.second) \($0.first) 0.7" }
    let terms = SpinTerms.heisenberg(
      try Self.parse(lines, geometry: geometry), siteCount: 18, anisotropy: 0.4)
    let uniform = try SpinTerms.heisenberg(on: geometry, j1: 0.7, anisotropy: 0.4)
    func sorted(_ terms: SpinTerms) -> [SpinCoupling] {
      terms.couplings.map {
        SpinCoupling(
          min($0.first, $0.second), max($0.first, $0.second), parallel: $0.parallel,
          exchange: $0.exchange)
      }.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
    }
    #expect(sorted(terms) == sorted(uniform))
  }

  static let faults: [(line: Int?, text: String, code: EdgeListError.Code, words: String)] = [
    (2, "1 1 1", .selfLoop, "site 1 with itself"), (2, "1 4 1", .siteOutOfRange, "from 0 to 3"),
    (2, "1 -2 1", .siteOutOfRange, "no site -2"), (2, "1 0 7", .doubledBond, "sites 1 and 0"),
    (2, "1 2", .malformedLine, "found 2"), (2, "1 2 3 4", .malformedLine, "xxz only"),
    (2, "1 2 nan", .invalidCoupling, "'nan'"), (2, "1 b 3", .malformedLine, "'b'"),
    (nil, "", .missingSite, "no line has site 2"),
  ]

  @Test("A fault is named with its line and what was expected", arguments: faults.indices)
  func faultsAreNamed(_ index: Int) throws {
    let (line, text, code, words) = Self.faults[index]
    let graph = try LatticeGeometry(.graph, size: "4")
    let error = try #require(throws: EdgeListError.self) {
      try Self.parse(["0 1 1", text, "0 3 1"], geometry: graph)
    }
    #expect(error.code == code && error.line == line)
    #expect(error.description.contains(words), "\(error)")
  }

  @Test("On a lattice bonds are those of neighbours, and none is missing")
  func latticeFaults() throws {
    let chain = try LatticeGeometry(.chain, size: "4")
    var error = try #require(throws: EdgeListError.self) {
      try Self.parse(["0 1 1", "0 2 1"], geometry: chain)
    }
    #expect(error.code == .notNeighbours && error.line == 2)
    error = try #require(throws: EdgeListError.self) {
      try Self.parse(["0 1 1", "1 2 1", "0 3 1"], geometry: chain)
    }
    #expect(error.code == .missingBonds)
    #expect(error.description.contains("1 of the 4 bonds of the 4 chain lattice is missing"))
    #expect(error.description.contains("sites 2 and 3"))
  }
}
