import Configurations
import Estimators
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import Parallelism
import Sampling
import Testing
import WaveFunctions

/// What a state would gain if its amplitudes were free.
@Suite struct RelaxationTests {
  /// A random state on the whole sector of four electrons.
  private struct Case {
    let integrals: MolecularIntegrals
    let waveFunction: TableWaveFunction<UInt64>
    let sample: Sample<UInt64>

    init(_ file: String = "h4_square_sto3g", spread: Float, spinFlipParity: Int) throws {
      integrals = try bundled(file)
      let space = ConfigurationSpace<UInt64>(
        alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil,
        order: Array((0..<integrals.orbitalCount).reversed()), spinFlipParity: spinFlipParity)
      var random = RandomSource(seed: 12)
      waveFunction = TableWaveFunction(space: space, spread: spread, random: &random)
      sample = WholeSectorSampler(of: waveFunction).sample(random: random)
    }

    func estimator(budget: Int? = nil) -> LocalEnergyEstimator<MolecularHamiltonian<UInt64>> {
      LocalEnergyEstimator(
        MolecularHamiltonian<UInt64>(integrals), waveFunction: waveFunction,
        options: EstimatorOptions(memoryBudget: budget), execution: Execution(threads: 2))
    }
  }

  /// Over the whole sector the gain is the distance from full CI.
  @Test(arguments: [0, 1, -1]) func gainIsTheDistanceFromFullCI(parity: Int) throws {
    let example = try Case(spread: 1, spinFlipParity: parity)
    let estimator = example.estimator()
    let energies = estimator.compute(example.sample, mode: .full, random: RandomSource(seed: 0))
    let relaxation = try estimator.relaxation(
      of: example.sample, energies: energies, limit: 1000, scale: 1, iterations: 60)
    // Odd under the exchange of spins are triplets, even singlets and quintets.
    let exact = try FullCI(example.integrals).solve(roots: 20)
    let lowest = try #require(
      exact.states.first { state in
        parity == 0 || (abs((state.spinSquared ?? 0) - 2) < 1e-3) == (parity < 0)
      }
    ).energy
    #expect(relaxation.isConverged)
    #expect(energies.energy - lowest > 0.1)
    #expect(abs(relaxation.gain - (energies.energy - lowest)) < 1e-8)
  }

  /// One iteration is not enough, and what it finds is a lower bound that says so.
  @Test func unconvergedGainIsABound() throws {
    let example = try Case(spread: 1, spinFlipParity: 1)
    let estimator = example.estimator()
    let energies = estimator.compute(example.sample, mode: .full, random: RandomSource(seed: 0))
    func gain(_ iterations: Int) throws -> Relaxation {
      try estimator.relaxation(
        of: example.sample, energies: energies, limit: 1000, scale: 1, iterations: iterations)
    }
    let (few, many) = (try gain(1), try gain(60))
    #expect(!few.isConverged && many.isConverged)
    #expect(few.gain < many.gain)
  }

  /// Rows that are found again at each product give the same as rows that are kept.
  @Test func budgetDoesNotMatter() throws {
    // 225 determinants in blocks of 64: all, none or some of them have room.
    let example = try Case("lih_sto3g", spread: 0.5, spinFlipParity: 0)
    let energies = example.estimator().compute(
      example.sample, mode: .full, random: RandomSource(seed: 0))
    let (configurations, execution) = (example.sample.configurations, Execution(threads: 2))
    let vector = configurations.indices.map { 1 / Double(1 + $0) }
    var products: [[Double]] = []
    for (budget, stored) in [(Int.max, 225), (0, 0), (60_000, 128)] {
      let matrix = SampleOperator(
        MolecularHamiltonian<UInt64>(example.integrals), on: configurations,
        space: example.waveFunction.space, cutoff: 0, budget: budget, execution: execution)
      #expect(matrix.storedRows == stored)
      var product = vector
      matrix.multiply(vector, &product, execution)
      products.append(product)
    }
    #expect(products[1] == products[0] && products[2] == products[0])

    let gains = try [nil, 0, 60_000].map {
      try example.estimator(budget: $0).relaxation(
        of: example.sample, energies: energies, limit: 200, scale: 1
      ).gain
    }
    // Other tests of this process may change the number of BLAS's threads, and rounding with it.
    #expect(gains[0] > 0.01 && gains.allSatisfy { abs($0 - gains[0]) < 1e-9 }, "\(gains)")
  }
}
