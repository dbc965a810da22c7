import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import LinearAlgebra
import Parallelism
import Testing

/// Every determinant of a sector with a random coefficient, normalised.
private func randomVector(
  orbitals n: Int, alpha: Int, beta: Int, seed: UInt64
) -> (configurations: [Configuration<UInt64>], coefficients: [Double]) {
  func strings(_ electrons: Int) -> [UInt64] {
    (0..<1 << UInt64(n)).filter { $0.nonzeroBitCount == electrons }
  }
  let configurations = strings(alpha).flatMap { alpha in
    strings(beta).map { Configuration(alpha: alpha, beta: $0) }
  }
  var random = RandomSource(seed: seed)
  let values = configurations.map { _ in random.normal() }
  let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  return (configurations, values.map { $0 / norm })
}

@Suite("Density matrices") struct DensityMatricesTests {
  @Test(
    "Every element against creation and annihilation operators",
    arguments: [(2, 2), (3, 1), (1, 0)])
  func bruteForce(_ alpha: Int, _ beta: Int) {
    let n = 4
    let (configurations, real) = randomVector(orbitals: n, alpha: alpha, beta: beta, seed: 3)
    let imaginary = randomVector(orbitals: n, alpha: alpha, beta: beta, seed: 4).coefficients
    let density = DensityMatrices(
      configurations, real: real, imaginary: imaginary, orbitals: n,
      execution: Execution(threads: 2))
    let parts = [real, imaginary].map {
      FockVector(coefficients: .init(uniqueKeysWithValues: zip(configurations, $0)))
    }
    func sum(_ value: (FockVector) -> Double) -> Double { parts.reduce(0) { $0 + value($1) } }
    let blocks = DensityMatrices.SpinBlock.allCases.map { density.twoParticle($0) }
    let summed = density.twoParticle()
    var worst = 0.0
    for p in 0..<n {
      for q in 0..<n {
        let one = [density.alpha, density.beta].map { $0[p * n + q] }
        for (value, beta) in zip(one, [false, true]) {
          worst = max(worst, abs(value - sum { $0.oneParticle(p, q, beta: beta) }))
        }
        for r in 0..<n {
          for s in 0..<n {
            let place = ((p * n + q) * n + r) * n + s
            let spins = [(false, false), (true, true), (false, true), (true, false)]
            let exact = spins.map { spins in sum { $0.twoParticle(p, q, r, s, beta: spins) } }
            for (block, value) in zip(blocks, exact) {
              worst = max(worst, abs(block[place] - value))
            }
            worst = max(worst, abs(summed[place] - exact.reduce(0, +)))
          }
        }
      }
    }
    #expect(worst < 1e-13)
  }

  @Test(
    "Energy, traces and spin of exact states",
    arguments: ["h2o_sto3g", "n2_sto3g", "ch2_triplet_sto3g", "oh_sto3g", "oh_uhf_sto3g"])
  func exactStates(_ name: String) throws {
    let integrals = try MoleculeReference.integrals(name)
    let solution = try FullCI(integrals).solve(keepsVectors: true)
    let state = try #require(solution.states.first)
    let vector = try #require(solution.wavefunctions.first)
    let n = integrals.orbitalCount
    let density = DensityMatrices(
      vector.configurations, real: vector.coefficients, orbitals: n)
    #expect(abs(density.energy(integrals) - state.energy) < 1e-8)
    func trace(_ matrix: [Double]) -> Double { (0..<n).reduce(0) { $0 + matrix[$1 * n + $1] } }
    #expect(abs(trace(density.alpha) - Double(integrals.alphaCount)) < 1e-10)
    #expect(abs(trace(density.beta) - Double(integrals.betaCount)) < 1e-10)
    let two = density.twoParticle()
    let electrons = Double(integrals.electronCount)
    var total = 0.0
    var partial = 0.0
    for p in 0..<n {
      for r in 0..<n { total += two[((p * n + p) * n + r) * n + r] }
      for q in 0..<n {
        // Σ_r Γ_pqrr = (N − 1) γ_pq.
        let sum = (0..<n).reduce(0) { $0 + two[((p * n + q) * n + $1) * n + $1] }
        partial = max(
          partial, abs(sum - (electrons - 1) * density.oneParticle[p * n + q]))
      }
    }
    #expect(abs(total - electrons * (electrons - 1)) < 1e-9 && partial < 1e-10)
    var asymmetry = 0.0
    for place in two.indices {
      let (pq, rs) = place.quotientAndRemainder(dividingBy: n * n)
      asymmetry = max(asymmetry, abs(two[place] - two[rs * n * n + pq]))
    }
    #expect(asymmetry < 1e-14)
    if let spin = state.spinSquared {
      #expect(abs(density.spinSquared - spin) < 1e-8)
      #expect(abs(density.spinCorrelations.reduce(0, +) - spin) < 1e-8)
    }
  }

  /// Of PySCF 2.14.0: `fci.direct_spin1.FCI().make_rdm1` of the same file.
  private static let waterOccupations = [
    1.9999977349893696, 1.9983255751045468, 1.997967361393712, 1.9770996713263556,
    1.9740888302223938, 0.026436217446177412, 0.026084609517449543,
  ]

  @Test func naturalOccupationsOfWater() throws {
    let integrals = try MoleculeReference.integrals("h2o_sto3g")
    let solution = try FullCI(integrals).solve(keepsVectors: true)
    let vector = try #require(solution.wavefunctions.first)
    let density = DensityMatrices(vector.configurations, real: vector.coefficients, orbitals: 7)
    let natural = try density.naturalOccupations(irreps: integrals.orbitalIrreps)
    for (found, expected) in zip(natural.occupations, Self.waterOccupations) {
      #expect(abs(found - expected) < 1e-6)
    }
    // Orthonormal, and eigenvectors.
    for i in 0..<7 {
      for j in 0..<7 {
        let overlap = (0..<7).reduce(0) {
          $0 + natural.orbitals[$1 * 7 + i] * natural.orbitals[$1 * 7 + j]
        }
        #expect(abs(overlap - (i == j ? 1 : 0)) < 1e-12)
      }
    }
  }

  @Test("A selected CI's vector, and its partners under spin flip") func selectedVector() throws {
    let integrals = try MoleculeReference.integrals("n2_sto3g")
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let start = try #require(hamiltonian.referenceDeterminant())
    for parity in [0, 1] {
      let result = try HeatBathCI(size: 500).solve(
        hamiltonian, from: [start], spinFlipParity: parity)
      let (configurations, coefficients) = result.expanded()
      #expect(configurations.count == result.stages.last?.dimension)
      let density = DensityMatrices(
        configurations, real: coefficients, orbitals: integrals.orbitalCount)
      let energy = try #require(result.stages.last?.energy)
      #expect(abs(density.energy(integrals) - energy) < 1e-8)
      let spin = try #require(result.spinSquared)
      #expect(abs(density.spinSquared - spin) < 1e-8)
    }
  }

  @Test("The same with any number of threads, and in wide words") func threadsAndWords() throws {
    let integrals = try MoleculeReference.integrals("n2_sto3g")
    let solution = try FullCI(integrals).solve(keepsVectors: true)
    let vector = try #require(solution.wavefunctions.first)
    let densities = [1, 2, 3].map {
      DensityMatrices(
        vector.configurations, real: vector.coefficients, orbitals: 10,
        execution: Execution(threads: $0))
    }
    #expect(densities[0] == densities[1] && densities[1] == densities[2])
    let wide = DensityMatrices(
      vector.configurations.map {
        Configuration<UInt128>(alpha: .init($0.alpha), beta: .init($0.beta))
      },
      real: vector.coefficients, orbitals: 10)
    #expect(abs(wide.energy(integrals) - solution.energies[0]) < 1e-8)
  }
}

@Suite("Entropies of orbitals") struct OrbitalEntropiesTests {
  private static func entropy(_ matrix: [Double], _ size: Int) throws -> Double {
    try LAPACK.eigenSymmetric(matrix, n: size).values.reduce(0) {
      $1 > 1e-14 ? $0 - $1 * log($1) : $0
    }
  }

  @Test(
    "Against density matrices by reordering all operators", arguments: [(2, 2), (3, 1), (2, 0)])
  func bruteForce(_ alpha: Int, _ beta: Int) throws {
    let n = 5
    let (configurations, values) = randomVector(orbitals: n, alpha: alpha, beta: beta, seed: 5)
    let found = try OrbitalEntropies(
      configurations, real: values, orbitals: n, execution: Execution(threads: 2))
    let vector = FockVector(coefficients: .init(uniqueKeysWithValues: zip(configurations, values)))
    for i in 0..<n {
      let one = try Self.entropy(vector.reduced(to: [i, n + i], orbitals: n), 4)
      #expect(abs(found.oneOrbital[i] - one) < 1e-12)
      for j in 0..<n where j != i {
        let matrix = vector.reduced(to: [i, j, n + i, n + j], orbitals: n)
        let two = try Self.entropy(matrix, 16)
        #expect(abs(found.twoOrbital[i * n + j] - two) < 1e-12)
        #expect(
          abs(
            found.mutualInformation[i * n + j]
              - 0.5 * (found.oneOrbital[i] + found.oneOrbital[j] - two)) < 1e-12)
      }
    }
  }

  /// Two electrons shared by two orbitals as in a broken bond: (|20⟩ − |02⟩)/√2 has one bit for each orbital.
  @Test func brokenBond() throws {
    let half = 0.5.squareRoot()
    let pairs = [Configuration<UInt64>(alpha: 1, beta: 1), Configuration(alpha: 2, beta: 2)]
    let found = try OrbitalEntropies(pairs, real: [half, -half], orbitals: 2)
    #expect(abs(found.oneOrbital[0] - log(2)) < 1e-12)
    #expect(abs(found.twoOrbital[1]) < 1e-12)
    #expect(abs(found.mutualInformation[1] - log(2)) < 1e-12)
  }
}
