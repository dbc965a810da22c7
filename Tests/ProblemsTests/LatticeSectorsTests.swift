import Configurations
import ExactSolvers
import Hamiltonians
import Problems
import Testing

@Suite struct LatticeSectorsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var cell: LatticeUnitCell
    var size: String
    var j2: Double
    var boundary: LatticeGeometry.Boundary = .periodic
    var magnetization = 0
    /// The order of the group that is at least imposed.
    var order = 1

    var testDescription: String {
      "\(cell.name) \(size) \(boundary), J2 = \(j2), 2Sz = \(magnetization)"
    }
  }

  static let cases: [Case] = [
    Case(cell: .square, size: "4x4", j2: 0.5, order: 256),
    Case(cell: .chain, size: "16", j2: 0.5, order: 32),
    Case(cell: .chain, size: "16", j2: 0.8, order: 64),
    // A CI of the four lowest levels has these two wrong.
    Case(cell: .chain, size: "18", j2: 0.8, order: 72),
    Case(cell: .square, size: "4x4", j2: 0.6, magnetization: 4, order: 8),
    // A triplet, even under spin flip.
    Case(cell: .square, size: "2x5", j2: 1, boundary: .open, order: 4),
    Case(cell: .square, size: "4x4", j2: 0.5, magnetization: 2, order: 8),
    Case(cell: .square, size: "4x3", j2: 0.4, magnetization: 2, order: 2),
    // Momenta other than 0 and π: the full group has no real eigenvalues there.
    Case(cell: .chain, size: "9", j2: 0.4, magnetization: 1),
    Case(cell: .triangular, size: "4x3", j2: 0, magnetization: 2),
    Case(cell: .kagome, size: "2x2", j2: 0, magnetization: 2),
  ]

  /// The lowest state with the imposed symmetries is the exact ground state.
  @Test(arguments: cases) func imposedSymmetriesHold(_ example: Case) throws {
    let geometry = try LatticeGeometry(
      example.cell, size: example.size, boundary: example.boundary)
    let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(on: geometry, j2: example.j2)
    let sites = geometry.siteCount
    let upCount = (sites + example.magnetization) / 2
    let exact = try LatticeExactDiagonalization(hamiltonian, upCount: upCount).solve(levels: 1)
    let permutations = try #require(hamiltonian.siteSymmetries(limit: 1024))
    let flips = example.magnetization == 0 ? [false, true] : [false]
    let operations = flips.flatMap { flip in
      permutations.map { SpinSymmetry(permutation: $0, flipsSpins: flip) }
    }
    let settings = SectorComparison(cutoff: 0)
    let found = try #require(
      try LatticeSectors.compare(
        operations, of: hamiltonian, upCount: upCount, settings: settings))
    #expect(SpinSymmetry.isGroup(found.imposed))
    #expect(found.imposed.count >= example.order)
    #expect(found.comparison.upperBound > exact.energies[0] - 1e-8)
    let space = ConfigurationSpace<UInt64>(
      upCount: upCount, order: Array(0..<sites), symmetries: found.imposed)
    let lowest = try #require(
      try settings.solve(SectorCandidate(label: "imposed", space: space), of: hamiltonian))
    #expect(abs(lowest.energy - exact.energies[0]) < 1e-6)
  }

  /// Where nothing can be decided, only what the close sectors share is imposed.
  @Test func undecidedSectorsImposeWhatTheyShare() throws {
    let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(
      on: LatticeGeometry(.chain, size: "16"), j2: 0.8)
    let permutations = try #require(hamiltonian.siteSymmetries(limit: 1024))
    let operations = [false, true].flatMap { flip in
      permutations.map { SpinSymmetry(permutation: $0, flipsSpins: flip) }
    }
    let found = try #require(
      try LatticeSectors.compare(
        operations, of: hamiltonian, upCount: 8,
        settings: SectorComparison(elementBudget: 0, cutoff: 0)))
    #expect(!found.comparison.isEstablished)
    #expect(found.imposed == [SpinSymmetry(permutation: Array(0..<16))])
    #expect(found.messages[0].hasPrefix("warning: symmetry not established"))
  }
}
