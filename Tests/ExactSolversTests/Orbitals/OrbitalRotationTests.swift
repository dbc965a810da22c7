import Configurations
import ExactSolvers
import Hamiltonians
import Integrals
import Testing

@Suite struct OrbitalRotationTests {
  @Test func rotationsFollowEachOther() throws {
    let integrals = try repositoryIntegrals("h4_chain_r18_sto6g")
    let first = EdmistonRuedenbergTests.plane(0, 2, 0.3, 4)
    let second = EdmistonRuedenbergTests.plane(1, 2, -0.7, 4)
    let once = first.followed(by: second).rotated(integrals)
    let twice = second.rotated(first.rotated(integrals))
    for (a, b) in zip(once.twoBodyAlphaAlpha, twice.twoBodyAlphaAlpha) {
      #expect(abs(a - b) < 1e-13)
    }
    for (a, b) in zip(once.oneBodyAlpha, twice.oneBodyAlpha) { #expect(abs(a - b) < 1e-13) }
  }

  /// Natural orbitals come with the rotation that makes them.
  @Test func naturalOrbitalsKnowTheirRotation() throws {
    let integrals = try repositoryIntegrals("h8_chain_r18_sto6g")
    let start = try #require(MolecularHamiltonian<UInt64>(integrals).referenceDeterminant())
    let found = try HeatBathCI(size: 1200).naturalOrbitals(of: integrals, from: [start])
    #expect(found.rounds > 0)
    let again = found.rotation.rotated(integrals)
    for (a, b) in zip(again.twoBodyAlphaAlpha, found.integrals.twoBodyAlphaAlpha) {
      #expect(abs(a - b) < 1e-11)
    }
  }

  /// Matrices of a vector in turned orbitals, turned back, are those of the vector in the given ones.
  @Test func densityMatricesAreTurnedBack() throws {
    for name in ["h4_chain_r18_sto6g", "ch2_triplet_sto3g"] {
      var integrals = try repositoryIntegrals(name)
      integrals.orbitalIrreps = nil
      integrals.targetIrrep = nil
      let n = integrals.orbitalCount
      let rotation = EdmistonRuedenberg().localise(integrals).rotation
      let given = try Self.observables(integrals)
      let turned = try Self.observables(rotation.rotated(integrals))
      let back = turned.overRows(of: rotation.alpha)
      // Both vectors have energies to 1e-9 Eh, and so matrices to the root of that over the gap at worst.
      for (a, b) in zip(given.density.alpha, back.density.alpha) { #expect(abs(a - b) < 1e-5) }
      for (a, b) in zip(given.density.beta, back.density.beta) { #expect(abs(a - b) < 1e-5) }
      for block in DensityMatrices.SpinBlock.allCases {
        for (a, b) in zip(given.density.twoParticle(block), back.density.twoParticle(block)) {
          #expect(abs(a - b) < 1e-5)
        }
        if n > 4 { continue }
        // Of one vector the sums of the definition are the oracle.
        let slow = Self.slowlyTurned(turned.density.twoParticle(block), rotation.alpha, n)
        for (a, b) in zip(slow, back.density.twoParticle(block)) { #expect(abs(a - b) < 1e-13) }
      }
      let energy = turned.density.energy(rotation.rotated(integrals))
      #expect(abs(back.density.energy(integrals) - energy) < 1e-10)
      let natural = try #require(back.natural)
      let occupations = try #require(given.natural).occupations
      for (a, b) in zip(natural.occupations, occupations) { #expect(abs(a - b) < 1e-5) }
      // The columns diagonalise the matrix over the given orbitals.
      let density = back.density.oneParticle
      for q in 0..<n {
        for p in 0..<n {
          let image = (0..<n).reduce(0) { $0 + density[p * n + $1] * natural.orbitals[$1 * n + q] }
          #expect(abs(image - natural.occupations[q] * natural.orbitals[p * n + q]) < 1e-9)
        }
      }
    }
  }

  /// `Σ U_pi U_qj U_rk U_sl Γ'_ijkl`.
  static func slowlyTurned(_ elements: [Double], _ u: [Double], _ n: Int) -> [Double] {
    var result = [Double](repeating: 0, count: elements.count)
    for place in result.indices {
      let (p, q, r, s) = (place / (n * n * n), place / (n * n) % n, place / n % n, place % n)
      for inner in elements.indices {
        let (i, j, k, l) = (inner / (n * n * n), inner / (n * n) % n, inner / n % n, inner % n)
        result[place] +=
          u[p * n + i] * u[q * n + j] * u[r * n + k] * u[s * n + l] * elements[inner]
      }
    }
    return result
  }

  static func observables(_ integrals: MolecularIntegrals) throws -> StateObservables {
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let start = try #require(hamiltonian.referenceDeterminant())
    let (configurations, coefficients) = try HeatBathCI(size: 100_000).solve(
      hamiltonian, from: [start]
    ).expanded()
    return try StateObservables(
      configurations, real: coefficients, irreps: nil, orbitals: integrals.orbitalCount,
      isUnrestricted: false)
  }
}
