import Configurations
import Hamiltonians
import Testing

@Suite struct DiagonalSumsTests {
  /// Tables over groups of orbitals, against one pair of electrons after the other.
  @Test(arguments: [(7, 3, 2, false), (12, 6, 6, false), (12, 7, 5, true), (23, 12, 11, false)])
  func agreesWithTheDiagonal(_ n: Int, _ alpha: Int, _ beta: Int, _ unrestricted: Bool) {
    check(UInt64.self, n, alpha, beta, unrestricted)
    check(UInt128.self, n, alpha, beta, unrestricted)
  }

  private func check<Word: ConfigurationWord>(
    _: Word.Type, _ n: Int, _ alpha: Int, _ beta: Int, _ unrestricted: Bool
  ) {
    let hamiltonian = MolecularHamiltonian<Word>(
      randomIntegrals(orbitals: n, alpha: alpha, beta: beta, unrestricted: unrestricted, seed: 3))
    var random = RandomSource(seed: 5)
    func string(_ electrons: Int) -> Word {
      (0..<n).shuffled(using: &random).prefix(electrons).reduce(0) { $0 | 1 << Word($1) }
    }
    let determinants = (0..<50).map { _ in
      Configuration(alpha: string(alpha), beta: string(beta))
    }
    let sums = DiagonalSums(hamiltonian)
    var found = [Double](repeating: 0, count: determinants.count)
    determinants.withUnsafeBufferPointer { determinants in
      found.withUnsafeMutableBufferPointer { found in
        if let first = determinants.baseAddress, let elements = found.baseAddress {
          sums.fill(first, count: determinants.count, into: elements)
        }
      }
    }
    for (x, element) in zip(determinants, found) {
      #expect(abs(element - hamiltonian.diagonalElement(x)) < 1e-10)
    }
  }
}
