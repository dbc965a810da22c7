import Foundation
import Hamiltonians
import SpinMonteCarlo
import Testing

/// One-dimensional irreps of the groups of lattices.
struct SpinGroupTests {
  private func group(
    _ cell: LatticeUnitCell, _ extents: [Int], _ kind: SpinProjectionKind, open: Bool = false
  ) throws -> SpinGroup {
    let geometry = try LatticeGeometry(
      cell, extents: extents, boundary: open ? .open : .periodic)
    return SpinGroup(
      kind,
      of: LatticeSymmetries(
        SpinProblem(
          geometry: geometry, terms: try .heisenberg(on: geometry),
          upCount: geometry.siteCount / 2)))
  }

  /// Counted by hand: the one-dimensional irreps of p4m are those of C4v at Γ and M; of a chain, those of
  /// its reflections at 0 and π.
  @Test func irrepsAreComplete() throws {
    #expect(try group(.square, [6, 6], .all).irreps().count == 2 * 4 * 2)
    #expect(try group(.square, [6, 6], .translations).irreps().count == 36 * 2)
    #expect(try group(.square, [6, 4], .all).irreps().count == 4 * 4 * 2)
    #expect(try group(.square, [6, 6], .flip).irreps().count == 2)
    #expect(try group(.chain, [10], .all).irreps().count == 2 * 2 * 2)
    // C6v at Γ has four; at K, of group C3v, two irreps of a star of two: none.
    #expect(try group(.triangular, [6, 6], .all).irreps().count == 4 * 2)
    // An odd number of spins has no flip, and C4v a two-dimensional irrep besides.
    #expect(try group(.square, [5, 5], .all, open: true).irreps().count == 4)
    let names = Set(try group(.square, [6, 6], .all).irreps().map(\.label.description))
    #expect(names.contains("momentum 3,3 B1 odd") && names.contains("momentum 0,0 A2 even"))
    #expect(names.count == 16)
  }

  /// Characters are homomorphisms and orthogonal, over the whole multiplication table.
  @Test(arguments: [SpinProjectionKind.translations, .all])
  func charactersAreOrthogonal(_ kind: SpinProjectionKind) throws {
    let group = try group(.square, [4, 2], kind)
    let irreps = group.irreps()
    var places: [[Int]: Int] = [:]
    for (index, element) in group.elements.enumerated() {
      places[element.permutation + [element.flipsSpins ? 1 : 0]] = index
    }
    for irrep in irreps {
      for (i, a) in group.elements.enumerated() {
        for (j, b) in group.elements.enumerated() {
          let product =
            a.permutation.map { b.permutation[$0] } + [a.flipsSpins != b.flipsSpins ? 1 : 0]
          let place = try #require(places[product])
          let difference = irrep.phases[i] + irrep.phases[j] - irrep.phases[place]
          #expect(abs(remainder(difference, 2 * .pi)) < 1e-9)
        }
      }
    }
    for (i, a) in irreps.enumerated() {
      for (j, b) in irreps.enumerated() {
        let overlap = zip(a.phases, b.phases).reduce(0) { $0 + cos($1.0 - $1.1) }
        #expect(abs(overlap - (i == j ? Double(group.elements.count) : 0)) < 1e-9)
      }
    }
  }

  /// Momenta of a star are equivalent: of 36 there are ten stars on 6 x 6.
  @Test func starsHoldEquivalentIrreps() throws {
    let group = try group(.square, [6, 6], .translations)
    var kept: [SpinIrrep] = []
    for irrep in group.irreps() where irrep.label.parity == .even {
      if !kept.contains(where: { group.areEquivalent($0, irrep) }) { kept.append(irrep) }
    }
    #expect(kept.count == 10)
    let whole = try self.group(.square, [6, 6], .all)
    let irreps = whole.irreps()
    for (i, a) in irreps.enumerated() {
      for (j, b) in irreps.enumerated() where whole.areEquivalent(a, b) { #expect(i == j) }
    }
  }

  /// Of cosets of kept shifts only irreps are left that these do not change.
  @Test func keptShiftsHaveCharacterOne() throws {
    let geometry = try LatticeGeometry(.chain, extents: [12])
    let problem = SpinProblem(
      geometry: geometry, terms: try .heisenberg(on: geometry), upCount: 6)
    let symmetries = LatticeSymmetries(problem)
    let kept = symmetries.shifts.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
    let irreps = SpinGroup(.translations, of: symmetries, keptShifts: kept).irreps()
    #expect(Set(irreps.map(\.label.momentum)) == [[0], [4], [8]])
  }
}
