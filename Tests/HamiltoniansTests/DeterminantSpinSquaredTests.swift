import Configurations
import Hamiltonians
import LinearAlgebra
import Testing

@Suite struct DeterminantSpinSquaredTests {
  /// `S²` from `S₊ = Σ_p a†_pα a_pβ`, one operator at a time.
  private func oracle(_ x: Configuration<UInt64>, _ n: Int) -> [Configuration<UInt64>: Double] {
    typealias Ket = [Configuration<UInt64>: Double]
    func raised(_ ket: Ket, lowering: Bool) -> Ket {
      var result: Ket = [:]
      for (state, amplitude) in ket {
        for p in 0..<n {
          let bit: UInt64 = 1 << UInt64(p)
          let below = bit - 1
          let from = lowering ? state.alpha : state.beta
          let to = lowering ? state.beta : state.alpha
          guard from & bit != 0, to & bit == 0 else { continue }
          // a†_pα a_pβ passes all α before the β, then those α below p; a†_pβ a_pα likewise with
          // one α less.
          let alphas = state.alpha.nonzeroBitCount - (lowering ? 1 : 0)
          let passed =
            alphas + (state.alpha & below).nonzeroBitCount + (state.beta & below).nonzeroBitCount
          let next = Configuration<UInt64>(alpha: state.alpha ^ bit, beta: state.beta ^ bit)
          result[next, default: 0] += passed % 2 == 0 ? amplitude : -amplitude
        }
      }
      return result
    }
    var result = raised(raised([x: 1], lowering: false), lowering: true)
    let projection = Double(x.alpha.nonzeroBitCount - x.beta.nonzeroBitCount) / 2
    result[x, default: 0] += projection * (projection + 1)
    return result
  }

  @Test(arguments: [(2, 2), (3, 1), (1, 3), (0, 2), (4, 4), (0, 0)])
  func elementsFollowLadderOperators(_ alpha: Int, _ beta: Int) {
    let operation = SpinSquared<UInt64>()
    for x in allDeterminants(orbitals: 4, alpha: alpha, beta: beta) as [Configuration<UInt64>] {
      let expected = oracle(x, 4)
      #expect(operation.diagonalElement(x) == expected[x] ?? 0)
      var list = ConnectionList<UInt64>()
      operation.appendConnections(of: x, above: 0, to: &list)
      #expect(list.count == expected.filter { $0.key != x && $0.value != 0 }.count)
      for (y, value) in zip(list.configurations, list.elements) { #expect(expected[y] == value) }
    }
  }

  @Test func eigenvaluesAreThoseOfSpin() throws {
    let sector: [Configuration<UInt64>] = allDeterminants(orbitals: 5, alpha: 3, beta: 2)
    let matrix = denseMatrix(SpinSquared(), over: sector)
    let values = try LAPACK.eigenSymmetric(matrix, n: sector.count).values
    // S = 1/2, 3/2, 5/2 by Weyl's formula for five electrons in five orbitals.
    #expect(values.filter { abs($0 - 0.75) < 1e-10 }.count == 75)
    #expect(values.filter { abs($0 - 3.75) < 1e-10 }.count == 24)
    #expect(values.filter { abs($0 - 8.75) < 1e-10 }.count == 1)
  }

  @Test func restrictedHamiltoniansConserveSpin() {
    let integrals = randomIntegrals(orbitals: 4, alpha: 2, beta: 2, seed: 3)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let sector: [Configuration<UInt64>] = allDeterminants(orbitals: 4, alpha: 2, beta: 2)
    let size = sector.count
    let h = denseMatrix(hamiltonian, over: sector)
    let s = denseMatrix(SpinSquared(), over: sector)
    for row in 0..<size {
      for column in 0..<size {
        let commutator = (0..<size).reduce(0.0) {
          $0 + h[row * size + $1] * s[$1 * size + column] - s[row * size + $1]
            * h[$1 * size + column]
        }
        #expect(abs(commutator) < 1e-11)
      }
    }
    #expect(hamiltonian.spinSquared != nil)
    let unrestricted = randomIntegrals(
      orbitals: 3, alpha: 1, beta: 1, unrestricted: true, seed: 3)
    #expect(MolecularHamiltonian<UInt64>(unrestricted).spinSquared == nil)
  }
}
