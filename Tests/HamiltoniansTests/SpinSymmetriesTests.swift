import Configurations
import Hamiltonians
import Testing

@Suite struct SpinSymmetriesTests {
  private static func heisenberg(
    _ cell: LatticeUnitCell, _ size: String, j2: Double = 0,
    _ boundary: LatticeGeometry.Boundary = .periodic
  ) throws -> SpinHamiltonian<UInt64> {
    try .heisenberg(on: LatticeGeometry(cell, size: size, boundary: boundary), j2: j2)
  }

  @Test func groupsHaveTheirKnownOrders() throws {
    // Translations times point group: 2N of a ring, 8N of a square torus. The 4 × 4 torus is the
    // hypercube, 2⁴ · 4!; the 3 × 3 torus is the rook's graph, 2 · 3!².
    let cases: [(SpinHamiltonian<UInt64>, Int)] = [
      (try Self.heisenberg(.chain, "16"), 32),
      (try Self.heisenberg(.chain, "9", .open), 2),
      (try Self.heisenberg(.chain, "10", j2: 0.4), 20),
      (try Self.heisenberg(.square, "4x4"), 384),
      (try Self.heisenberg(.square, "3x3"), 72),
      (try Self.heisenberg(.square, "5x5"), 200),
      (try Self.heisenberg(.square, "6x6", j2: 0.5), 288),
      (try Self.heisenberg(.square, "5x3", .open), 4),
      (try Self.heisenberg(.square, "6x4"), 24 * 4),
      (try Self.heisenberg(.triangular, "5x5"), 25 * 12),
      (try Self.heisenberg(.honeycomb, "4x4"), 16 * 12),
      (try Self.heisenberg(.ladder, "6x2"), 24),
      (try Self.heisenberg(.square, "5x4", .periodicOpen), 20),
      (try .ising(on: LatticeGeometry(.square, size: "5x5"), field: 3), 200),
      (try .ising(on: LatticeGeometry(.square, size: "5x5"), field: 3, longitudinalField: 1), 200),
    ]
    for (hamiltonian, order) in cases {
      #expect(hamiltonian.siteSymmetries(limit: 1000)?.count == order)
    }
  }

  @Test func symmetriesAreCountedWithoutAList() throws {
    for (cell, size, boundary, order) in [
      (LatticeUnitCell.square, "4x4", LatticeGeometry.Boundary.periodic, 384),
      (.square, "20x20", .periodic, 8 * 400), (.square, "20x20", .open, 8),
      (.square, "20x12", .periodicOpen, 80), (.triangular, "12x12", .periodic, 12 * 144),
      (.kagome, "6x6", .periodic, 12 * 36), (.honeycomb, "9x9", .periodic, 12 * 81),
      (.chain, "2048", .open, 2), (.ladder, "50x2", .periodic, 200),
    ] {
      let geometry = try LatticeGeometry(cell, size: size, boundary: boundary)
      let terms = try SpinTerms.heisenberg(on: geometry)
      #expect(terms.siteSymmetryCount == order, "\(cell.name) \(size)")
      if order < 1000 { #expect(terms.siteSymmetries(limit: 1000)?.count == order) }
    }
    let apart = SpinTerms(siteCount: 4, couplings: [.exchange(0, 1, strength: 1)])
    #expect(apart.siteSymmetryCount == 4)
    #expect(
      try SpinTerms.heisenberg(on: LatticeGeometry(.square, size: "50x50")).siteSymmetryCount == nil
    )
  }

  @Test func findsWhatBruteForceFinds() throws {
    var random = RandomSource(seed: 11)
    for trial in 0..<12 {
      // Few kinds of couplings, so that symmetries are not rare.
      var couplings: [SpinCoupling] = []
      for first in 0..<5 {
        for second in (first + 1)..<5 where random.uniform() < 0.6 {
          couplings.append(.exchange(first, second, strength: trial % 3 == 0 ? 1 : 2))
        }
      }
      let field = trial % 2 == 0 ? [] : (0..<5).map { _ in random.uniform() < 0.7 ? 1.0 : 0.5 }
      let longitudinal =
        trial % 4 < 2 ? [] : (0..<5).map { _ in random.uniform() < 0.7 ? 1.0 : 0.5 }
      let hamiltonian = try SpinHamiltonian<UInt64>(
        siteCount: 5, couplings: couplings, field: field, longitudinalField: longitudinal)
      let expected = permutations(of: Array(0..<5)).filter { isSymmetry($0, of: hamiltonian) }
      #expect(hamiltonian.siteSymmetries(limit: 120) == expected)
      let terms = SpinTerms(
        siteCount: 5, couplings: couplings, field: field, longitudinalField: longitudinal)
      #expect(terms.siteSymmetryCount == expected.count)
    }
  }

  @Test func largeGroupsAreGivenUp() throws {
    let pairs = (0..<12).flatMap { first in
      ((first + 1)..<12).map { SpinCoupling.exchange(first, $0, strength: 1) }
    }
    let everyone = try SpinHamiltonian<UInt64>(siteCount: 12, couplings: pairs)
    #expect(everyone.siteSymmetries(limit: 1000) == nil)
    let ring = try Self.heisenberg(.chain, "10")
    #expect(ring.siteSymmetries(limit: 20)?.count == 20)
    #expect(ring.siteSymmetries(limit: 19) == nil)
  }

  /// The rule makes every off-diagonal element of the rotated Hamiltonian negative or zero.
  @Test func signRulesRotateAllSignsAway() throws {
    let square = try LatticeGeometry(.square, size: "4x4")
    let cases: [(SpinHamiltonian<UInt64>, Bool)] = [
      (try Self.heisenberg(.chain, "8"), true),
      (try Self.heisenberg(.chain, "7"), false),
      (try Self.heisenberg(.chain, "7", .open), true),
      (try Self.heisenberg(.chain, "8", j2: -0.5), true),
      (try Self.heisenberg(.chain, "8", j2: 0.5), false),
      (try .heisenberg(on: square, j1: -1), true),
      (try .heisenberg(on: square, j1: 1, anisotropy: -2), true),
      (try .heisenberg(on: square, j1: 0, j2: 1), false),
      (try Self.heisenberg(.triangular, "4x4"), false),
      (try Self.heisenberg(.kagome, "2x2"), false),
      (try .ising(on: square, coupling: -1, field: 2), true),
      (try .ising(on: square, field: -2), true),
      (try .ising(on: square, field: 0), false),
      (try .ising(on: square, field: 1, longitudinalField: 2), true),
      (try Self.heisenberg(.honeycomb, "2x2"), true),
    ]
    var random = RandomSource(seed: 8)
    for (number, (hamiltonian, hasRule)) in cases.enumerated() {
      guard let rule = hamiltonian.signRule else {
        #expect(!hasRule, "\(number)")
        continue
      }
      #expect(hasRule, "\(number)")
      for _ in 0..<50 {
        let x = Configuration<UInt64>(
          alpha: random.next() & ((1 << UInt64(hamiltonian.siteCount)) - 1))
        for (y, element) in row(of: x, hamiltonian) {
          let isOdd = ((x.alpha ^ y.alpha) & rule).nonzeroBitCount % 2 != 0
          #expect(isOdd == (element > 0), "\(number)")
        }
      }
    }
  }

  @Test func identityComesFirst() throws {
    #expect(try Self.heisenberg(.chain, "8").siteSymmetries(limit: 100)?.first == Array(0..<8))
  }

  private func isSymmetry(_ permutation: [Int], of hamiltonian: SpinHamiltonian<UInt64>) -> Bool {
    let symmetry = SpinSymmetry(permutation: permutation)
    return (UInt64(0)..<32).allSatisfy { word in
      let x = Configuration(alpha: word)
      let image = symmetry.apply(to: x)
      return abs(hamiltonian.diagonalElement(x) - hamiltonian.diagonalElement(image)) < 1e-12
        && row(of: x, hamiltonian).map { [symmetry.apply(to: $0).alpha: $1] }
          .reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
          == row(of: image, hamiltonian).map { [$0.alpha: $1] }
          .reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
    }
  }

  private func row(
    of x: Configuration<UInt64>, _ hamiltonian: SpinHamiltonian<UInt64>
  ) -> [(Configuration<UInt64>, Double)] {
    var list = ConnectionList<UInt64>()
    hamiltonian.appendConnections(of: x, above: 0, to: &list)
    return Array(zip(list.configurations, list.elements))
  }

  private func permutations(of list: [Int]) -> [[Int]] {
    if list.count < 2 { return [list] }
    return list.flatMap { first in
      permutations(of: list.filter { $0 != first }).map { [first] + $0 }
    }
  }
}
