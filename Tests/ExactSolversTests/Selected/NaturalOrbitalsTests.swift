import ExactSolvers
import Hamiltonians
import Integrals
import Testing

@Suite struct NaturalOrbitalsTests {
  /// Rotations leave the exact energies as they are, and the small CI is better in its own orbitals.
  @Test(arguments: ["h8_chain_r18_sto6g", "n2_sto3g_r300", "oh_uhf_sto3g", "ch2_triplet_sto3g"])
  func energiesAreKept(_ name: String) throws {
    let integrals = try MoleculeReference.integrals(name)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let start = try #require(hamiltonian.referenceDeterminant())
    let found = try HeatBathCI(size: 1200).naturalOrbitals(of: integrals, from: [start])
    let rotated = found.integrals
    #expect(rotated.isUnrestricted == integrals.isUnrestricted)
    #expect(rotated.orbitalIrreps == integrals.orbitalIrreps)
    let before = try FullCI(integrals).solve().energies[0]
    let after = try FullCI(rotated).solve().energies[0]
    #expect(abs(before - after) < 1e-9)
    #expect(found.energies.count > found.rounds)
    #expect((found.energies.min() ?? 0) == found.energies[found.rounds])
    if name.hasPrefix("h8") {
      #expect(found.rounds > 0 && rotated != integrals)
      let again = MolecularHamiltonian<UInt64>(rotated)
      let energies = try [hamiltonian, again].map { hamiltonian in
        try HeatBathCI(size: 300).solve(
          hamiltonian, from: [try #require(hamiltonian.referenceDeterminant())], spinFlipParity: 1
        ).stages.map(\.energy).min() ?? 0
      }
      #expect(energies[1] < energies[0])
    }
  }
}
