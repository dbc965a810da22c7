import Configurations
import Hamiltonians
import Integrals
import LinearAlgebra
import Problems
import Testing

@Suite struct SymmetrizedHamiltonianTests {
  /// The even and the odd spectrum together are the whole one, and each matrix is symmetric.
  @Test(arguments: [[5, 4, 3, 2, 1, 0], [2, 0, 5, 1, 4, 3]])
  func electronSectorsShareTheSpectrum(_ order: [Int]) throws {
    let integrals = randomCluster(sites: 6, alpha: 2, beta: 2, repulsion: 3, seed: 4)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    func space(_ parity: Int) -> ConfigurationSpace<UInt64> {
      ConfigurationSpace(
        alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil, order: order,
        spinFlipParity: parity)
    }
    try expectSharedSpectrum(hamiltonian, whole: space(0), sectors: [space(1), space(-1)])
  }

  @Test func spinSectorsShareTheSpectrum() throws {
    let chain = try LatticeGeometry(.chain, size: "8")
    let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(on: chain, j2: 0.4)
    let identity = Array(0..<8)
    // The reflection, the half translation and the flip.
    let generators = [
      SpinSymmetry(permutation: identity.reversed()),
      SpinSymmetry(permutation: identity.map { ($0 + 4) % 8 }),
      SpinSymmetry(permutation: identity, flipsSpins: true),
    ]
    let sectors = (0..<8).map { signs in
      var group = [SpinSymmetry(permutation: identity)]
      for (number, generator) in generators.enumerated() {
        var signed = generator
        signed.character = signs >> number & 1 == 0 ? 1 : -1
        group += group.map { $0.composed(with: signed) }
      }
      return ConfigurationSpace<UInt64>(upCount: 4, order: identity, symmetries: group)
    }
    try expectSharedSpectrum(
      hamiltonian, whole: ConfigurationSpace(upCount: 4, order: identity), sectors: sectors)
  }

  private func expectSharedSpectrum<H: Hamiltonian>(
    _ hamiltonian: H, whole: ConfigurationSpace<H.Word>, sectors: [ConfigurationSpace<H.Word>]
  ) throws {
    let all = whole.allRepresentatives()
    let exact = try LAPACK.eigenSymmetric(denseMatrix(hamiltonian, over: all), n: all.count)
    var found: [Double] = []
    for sector in sectors where sector.dimension > 0 {
      let members = sector.allRepresentatives()
      let matrix = denseMatrix(
        SymmetrizedHamiltonian(base: hamiltonian, space: sector), over: members)
      for row in members.indices {
        for column in members.indices {
          let difference =
            matrix[row * members.count + column] - matrix[column * members.count + row]
          #expect(abs(difference) < 1e-12)
        }
      }
      found += try LAPACK.eigenSymmetric(matrix, n: members.count).values
    }
    #expect(found.count == all.count)
    for (first, second) in zip(found.sorted(), exact.values) { #expect(abs(first - second) < 1e-9) }
  }
}
