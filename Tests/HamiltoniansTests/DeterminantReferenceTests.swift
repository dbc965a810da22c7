import Configurations
import Hamiltonians
import Integrals
import Testing

@Suite struct DeterminantReferenceTests {
  /// Descent guarantees only a local minimum; for these small seeded systems it is the lowest.
  @Test(arguments: RandomCase.all)
  func findsTheLowestDeterminant(_ system: RandomCase) throws {
    let hamiltonian = MolecularHamiltonian<UInt64>(system.integrals)
    let sector: [Configuration<UInt64>] = allDeterminants(
      orbitals: system.orbitals, alpha: system.alpha, beta: system.beta)
    let found = try #require(hamiltonian.referenceDeterminant())
    let lowest = hamiltonian.diagonal(of: sector).min() ?? 0
    #expect(hamiltonian.contains(found))
    #expect(abs(hamiltonian.diagonalElement(found) - lowest) < 1e-10)
    for irrep in 0..<UInt8(hamiltonian.irrepCount) {
      let members = sector.filter { hamiltonian.irrep(of: $0) == irrep }
      let reference = hamiltonian.referenceDeterminant(irrep: irrep)
      #expect((reference == nil) == members.isEmpty)
      if let reference {
        #expect(hamiltonian.irrep(of: reference) == irrep)
        let lowest = hamiltonian.diagonal(of: members).min() ?? 0
        #expect(abs(hamiltonian.diagonalElement(reference) - lowest) < 1e-10)
      }
    }
    #expect(hamiltonian.referenceDeterminant(irrep: UInt8(hamiltonian.irrepCount)) == nil)
  }

  /// The lowest orbitals come last here, so the first ones are the worst choice.
  @Test func doesNotAssumeThatOrbitalsAreSorted() throws {
    var integrals = randomIntegrals(orbitals: 8, alpha: 3, beta: 3, seed: 12)
    for p in 0..<8 {
      integrals.oneBodyAlpha[p * (p + 1) / 2 + p] = -5 * Double(p)
    }
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let found = try #require(hamiltonian.referenceDeterminant())
    #expect(found == Configuration(alpha: 0b1110_0000, beta: 0b1110_0000))
  }
}
