import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import Testing

/// The integrals of a file in the repository's `integrals`.
func repositoryIntegrals(_ name: String) throws -> MolecularIntegrals {
  let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
    url.deletingLastPathComponent()
  }
  return try IntegralFile.read(path: root.appendingPathComponent("integrals/\(name).fcidump").path)
    .integrals
}

@Suite struct EdmistonRuedenbergTests {
  /// `Σ_p (pp|pp)` of integrals.
  static func selfRepulsion(_ integrals: MolecularIntegrals) -> Double {
    let pair = MolecularIntegrals.pair
    return (0..<integrals.orbitalCount).reduce(0) {
      $0 + integrals.twoBodyAlphaAlpha[pair(pair($1, $1), pair($1, $1))]
    }
  }

  /// The rotation of two of n orbitals.
  static func plane(_ p: Int, _ q: Int, _ angle: Double, _ n: Int) -> OrbitalRotation {
    var matrix = OrbitalRotation(identity: n).alpha
    matrix[p * n + p] = cos(angle)
    matrix[q * n + q] = cos(angle)
    matrix[q * n + p] = sin(angle)
    matrix[p * n + q] = -sin(angle)
    return OrbitalRotation(alpha: matrix)
  }

  /// The integrals with orbitals in another order.
  static func permuted(_ integrals: MolecularIntegrals, _ order: [Int]) -> MolecularIntegrals {
    let n = order.count
    var matrix = [Double](repeating: 0, count: n * n)
    for (new, old) in order.enumerated() { matrix[old * n + new] = 1 }
    var result = OrbitalRotation(alpha: matrix).rotated(integrals)
    result.orbitalIrreps = integrals.orbitalIrreps.map { irreps in order.map { irreps[$0] } }
    return result
  }

  static func product(_ a: [Double], transposed b: [Double], _ n: Int) -> [Double] {
    (0..<n * n).map { place in
      (0..<n).reduce(0) { $0 + a[$1 * n + place / n] * b[$1 * n + place % n] }
    }
  }

  @Test(arguments: ["h6_chain_r36_sto6g", "h6_chain_r18_sto6g", "h2o_sto3g", "n2_sto3g"])
  func maximumIsFound(_ name: String) throws {
    let integrals = try repositoryIntegrals(name)
    let n = integrals.orbitalCount
    let found = EdmistonRuedenberg().localise(integrals)
    #expect(found.isConverged)
    for (before, after) in zip(found.selfRepulsions, found.selfRepulsions.dropFirst()) {
      #expect(after > before - 1e-12)
    }
    let overlap = Self.product(found.rotation.alpha, transposed: found.rotation.alpha, n)
    #expect(zip(overlap, OrbitalRotation(identity: n).alpha).allSatisfy { abs($0 - $1) < 1e-12 })
    let rotated = found.rotation.rotated(integrals)
    let value = Self.selfRepulsion(rotated)
    #expect(abs(value - (found.selfRepulsions.last ?? 0)) < 1e-10)
    for q in 0..<n {
      for p in 0..<q {
        // No angle of a pair is better, near or far, and the value is flat.
        for angle in stride(from: 0.0, to: Double.pi / 2, by: 0.1) {
          let turned = Self.plane(p, q, angle, n).rotated(rotated)
          #expect(Self.selfRepulsion(turned) < value + 1e-9)
        }
      }
    }
    let before = try FullCI(integrals).solve().energies[0]
    var free = rotated
    free.orbitalIrreps = nil
    free.targetIrrep = nil
    let after = try FullCI(free).solve().energies[0]
    #expect(abs(before - after) < 1e-10)
  }

  /// The best angle of two orbitals, against a search.
  @Test func pairIsTurnedByTheBestAngle() throws {
    let integrals = try repositoryIntegrals("h4_chain_r18_sto6g")
    for (p, q) in [(0, 1), (1, 3), (0, 3)] {
      var method = EdmistonRuedenberg()
      method.starts = 1
      let found = method.localise(integrals, groups: [[p, q]])
      let best =
        stride(from: 0.0, to: Double.pi / 2, by: 1e-3).map {
          Self.selfRepulsion(Self.plane(p, q, $0, 4).rotated(integrals))
        }.max() ?? 0
      let value = Self.selfRepulsion(found.rotation.rotated(integrals))
      #expect(value > best - 1e-12 && value < best + 1e-5)
    }
  }

  /// In a minimal basis of one orbital for each atom these are the atoms', in the order of the chain.
  @Test(arguments: ["h6_chain_r36_sto6g", "h8_chain_r18_sto6g", "h10_chain_r36_sto6g"])
  func chainHasAnOrbitalForEachAtom(_ name: String) throws {
    let integrals = try repositoryIntegrals(name)
    let n = integrals.orbitalCount
    let rotated = EdmistonRuedenberg().localise(integrals).rotation.rotated(integrals)
    let pair = MolecularIntegrals.pair
    // Repulsions fall with the distance along the chain.
    for i in 0..<n {
      let row = (0..<n).map { rotated.twoBodyAlphaAlpha[pair(pair(i, i), pair($0, $0))] }
      for j in 0..<n - 1 where j >= i { #expect(row[j] > row[j + 1]) }
      for j in 1..<n where j <= i { #expect(row[j] > row[j - 1]) }
    }
    // Atoms at both ends are alike.
    for i in 0..<n {
      let other = n - 1 - i
      #expect(
        abs(rotated.oneBodyAlpha[pair(i, i)] - rotated.oneBodyAlpha[pair(other, other)]) < 1e-7)
    }
  }

  @Test(arguments: ["h6_chain_r36_sto6g", "h2o_sto3g"])
  func orderOfTheInputDoesNotMatter(_ name: String) throws {
    let integrals = try repositoryIntegrals(name)
    let n = integrals.orbitalCount
    let order = (0..<n).map { ($0 * (n - 1) + 2) % n }
    let first = EdmistonRuedenberg().localise(integrals).rotation
    let second = EdmistonRuedenberg().localise(Self.permuted(integrals, order)).rotation
    var back = second.alpha
    for (new, old) in order.enumerated() {
      for q in 0..<n { back[old * n + q] = second.alpha[new * n + q] }
    }
    // Each orbital of one set is one of the other, up to its sign.
    let overlap = Self.product(first.alpha, transposed: back, n)
    for p in 0..<n {
      let row = (0..<n).map { abs(overlap[p * n + $0]) }
      #expect(abs((row.max() ?? 0) - 1) < 1e-6)
    }
  }

  @Test func sitesStayAsTheyAre() throws {
    let integrals = try repositoryIntegrals("hubbard_1d_l6_u4")
    let rotated = EdmistonRuedenberg().localise(integrals).rotation.rotated(integrals)
    #expect(abs(Self.selfRepulsion(rotated) - 6 * 4) < 1e-9)
  }

  /// Groups mix among themselves only.
  @Test func groupsDoNotMix() throws {
    let integrals = try repositoryIntegrals("h2o_sto3g")
    let n = integrals.orbitalCount
    let found = EdmistonRuedenberg().localise(integrals, groups: [[0, 1, 2, 3, 4], [5, 6]])
    #expect(found.isConverged)
    for p in 0..<n {
      for q in 0..<n where (p < 5) != (q < 5) { #expect(found.rotation.alpha[p * n + q] == 0) }
    }
    // The determinant of the occupied ones is that of the input.
    let reference = MolecularHamiltonian<UInt64>(integrals)
    var free = found.rotation.rotated(integrals)
    free.orbitalIrreps = nil
    free.targetIrrep = nil
    let turned = MolecularHamiltonian<UInt64>(free)
    let determinant = try #require(reference.referenceDeterminant())
    #expect(
      abs(reference.diagonalElement(determinant) - turned.diagonalElement(determinant)) < 1e-9)
  }
}
