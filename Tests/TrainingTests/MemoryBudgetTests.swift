import Configurations
import Estimators
import Foundation
import Hamiltonians
import Integrals
import NeuralNetworks
import Parallelism
import Sampling
import Testing
import Training
import WaveFunctions

/// Local energies, pulls and leak under budgets of memory.
@Suite struct MemoryBudgetTests {
  /// A state on a sector, and a sample that is part of it.
  struct Case<H: Hamiltonian> where H.Word == UInt64 {
    let hamiltonian: H
    let waveFunction: any WaveFunction<UInt64>
    let sample: Sample<UInt64>

    init(_ hamiltonian: H, _ space: ConfigurationSpace<UInt64>, isNetwork: Bool) {
      self.hamiltonian = hamiltonian
      var random = RandomSource(seed: 5)
      if isNetwork {
        let network = TransformerNetwork(
          configuration: TransformerConfiguration(width: 8, heads: 2, layers: 1),
          positions: space.positions, vocabulary: space.vocabulary)
        waveFunction = NetworkWaveFunction(
          space: space, network: network,
          phaseNetwork: MultilayerPerceptron(
            configuration: PerceptronConfiguration(hiddenWidths: [9]),
            inputs: NetworkWaveFunction<UInt64>.phaseInputCount(of: space)),
          execution: Execution(threads: 2), random: &random)
        for index in waveFunction.parameters.indices {
          waveFunction.parameters[index] += Float(0.3 * random.normal())
        }
      } else {
        waveFunction = TableWaveFunction(space: space, spread: 1, random: &random)
      }
      let all = space.allRepresentatives()
      let chosen = all.indices.filter { $0 % 3 != 1 }.map { all[$0] }
      let logModulus = waveFunction.logAmplitudes(of: chosen).logModulus
      sample = Sample(
        configurations: chosen, weights: space.weights(of: chosen, logModulus: logModulus),
        logModulus: logModulus)
    }

    func estimator(budget: Int?) -> LocalEnergyEstimator<H> {
      LocalEnergyEstimator(
        hamiltonian, waveFunction: waveFunction,
        options: EstimatorOptions(screening: 0.05, screenedDraws: 4, memoryBudget: budget),
        execution: Execution(threads: 2))
    }

    /// Compares what a budget gives with what there is without one.
    func check(budget: Int, tolerance: Double) {
      let random = RandomSource(seed: 9)
      func isClose(_ first: [Double], _ second: [Double]) -> Bool {
        let scale = max(1, second.map(abs).max() ?? 0)
        return first.count == second.count
          && zip(first, second).allSatisfy { abs($0 - $1) <= tolerance * scale }
      }
      for mode in LocalEnergyMode.allCases {
        let expected = estimator(budget: nil).compute(sample, mode: mode, random: random)
        // A table that other calls have filled must not matter.
        let tight = estimator(budget: budget)
        for _ in 0..<2 {
          let found = tight.compute(sample, mode: mode, random: random)
          #expect(isClose(found.real, expected.real), "\(mode), budget \(budget)")
          #expect(tight.bytes <= max(budget, 0), "\(mode) leaves more than its budget")
          #expect(isClose(found.imaginary, expected.imaginary))
          #expect(found.diagonal == expected.diagonal)
          #expect(isClose(found.logModulus, expected.logModulus))
          #expect(isClose(found.phase, expected.phase))
          #expect(isClose([found.energy, found.variance], [expected.energy, expected.variance]))
        }
      }
      func pulls(_ estimator: LocalEnergyEstimator<H>) -> [Pull<UInt64>] {
        estimator.pulls(on: sample.configurations, random: random).sorted {
          $0.configuration.digest < $1.configuration.digest
        }
      }
      let expected = pulls(estimator(budget: nil))
      let found = pulls(estimator(budget: budget))
      #expect(!expected.isEmpty && found.map(\.configuration) == expected.map(\.configuration))
      #expect(isClose(found.map(\.weight), expected.map(\.weight)))
      #expect(found.map(\.diagonal) == expected.map(\.diagonal))
      #expect(found.allSatisfy { $0.factor == 1 })

      func leak(_ estimator: LocalEnergyEstimator<H>) -> [Double] {
        let energies = estimator.compute(sample, mode: .full, random: random)
        let leak = estimator.leak(of: sample, energies: energies, floor: 0.3, random: random)
        return [leak.energy, leak.weight, leak.variance]
      }
      let whole = leak(estimator(budget: nil))
      #expect(whole[0] < 0)
      #expect(isClose(leak(estimator(budget: budget)), whole))
    }
  }

  /// Nothing, less than the sample, part of the rows.
  static let budgets = [0, 4000, 60_000]

  @Test(
    arguments: ["lih_sto3g", "h4_square_sto3g", "oh_uhf_sto3g", "hubbard_1d_l6_u4"], [false, true])
  func moleculesDoNotDependOnTheBudget(_ file: String, isNetwork: Bool) throws {
    let integrals = try bundled(file)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let parity = integrals.alphaCount == integrals.betaCount ? 1 : 0
    let space = ConfigurationSpace<UInt64>(
      alphaCount: integrals.alphaCount, betaCount: integrals.betaCount, orbitalIrreps: nil,
      irrep: nil, order: Array((0..<integrals.orbitalCount).reversed()), spinFlipParity: parity)
    let example = Case(hamiltonian, space, isNetwork: isNetwork)
    for budget in Self.budgets {
      example.check(budget: budget, tolerance: isNetwork ? 1e-5 : 1e-11)
    }
  }

  @Test(arguments: [1, 0], [false, true])
  func latticesDoNotDependOnTheBudget(parity: Int, isNetwork: Bool) throws {
    let model = LatticeModel(
      geometry: try LatticeGeometry(.chain, size: "10"),
      interaction: .heisenberg(j1: 1, j2: 0.3, anisotropy: 1))
    let space = ConfigurationSpace<UInt64>(
      upCount: 5, order: Array(0..<10), spinFlipParity: parity)
    let example = Case(
      try model.makeHamiltonian(UInt64.self), space, isNetwork: isNetwork)
    for budget in Self.budgets {
      example.check(budget: budget, tolerance: isNetwork ? 1e-5 : 1e-11)
    }
  }

  /// Where the outside is too large, its heaviest members are exact and sums over it unbiased.
  @Test func thinnedPullsAreUnbiased() {
    var random = RandomSource(seed: 3)
    let pulls = (0..<400).map {
      Pull<UInt64>(
        configuration: Configuration(alpha: UInt64($0)), diagonal: Double($0),
        weight: exp(2 * random.normal()))
    }
    #expect(thinnedPulls(pulls, limit: 400, random).count == 400)
    let heaviest = pulls.sorted { $0.weight > $1.weight }.prefix(20).map(\.configuration)
    func sum(_ pulls: [Pull<UInt64>]) -> Double {
      pulls.reduce(0) { $0 + $1.factor * $1.weight / (1 + $1.diagonal) }
    }
    var deviations: [Double] = []
    for seed in 1...200 {
      let thinned = thinnedPulls(pulls, limit: 40, RandomSource(seed: UInt64(seed)))
      #expect(thinned.count <= 40)
      #expect(thinned.prefix(20).map(\.configuration) == heaviest)
      #expect(thinned.prefix(20).allSatisfy { $0.factor == 1 })
      deviations.append(sum(thinned) - sum(pulls))
    }
    let count = Double(deviations.count)
    let mean = deviations.reduce(0, +) / count
    let spread = (deviations.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    #expect(spread > 0 && abs(mean) < 4 * spread / count.squareRoot())
  }

  /// The passes over parts of the outside leave nothing out and take nothing twice.
  @Test func streamedPullsAreThinnedToTheirLimit() throws {
    let integrals = try bundled("lih_sto3g")
    let space = ConfigurationSpace<UInt64>(
      alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil, order: [5, 4, 3, 2, 1, 0])
    let example = Case(MolecularHamiltonian<UInt64>(integrals), space, isNetwork: false)
    let estimator = example.estimator(budget: 0)
    let random = RandomSource(seed: 1)
    let whole = estimator.streamPulls(
      on: example.sample.configurations, limit: 10_000, random: random)
    #expect(Set(whole.map(\.configuration)).count == whole.count)
    let expected = example.estimator(budget: nil).pulls(
      on: example.sample.configurations, random: random)
    #expect(Set(whole.map(\.configuration)) == Set(expected.map(\.configuration)))
    let total = whole.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    for seed in 1...100 {
      let some = estimator.streamPulls(
        on: example.sample.configurations, limit: 20, random: RandomSource(seed: UInt64(seed)))
      #expect(some.count < whole.count)
      sum += some.reduce(0) { $0 + $1.factor * $1.weight } / 100
    }
    // Draws in proportion to weights have their sum without noise.
    #expect(abs(sum - total) < 1e-9 * total)
  }

  @Test func listsThatDoNotFitAreRefused() throws {
    let small = AvailableMemory(
      physical: 1 << 30, controlGroup: nil, addressSpaceLimit: nil, mapped: 0)
    try checkLists(representatives: 1e6, positions: 20, available: small)
    #expect {
      try checkLists(representatives: 1e7, positions: 20, available: small)
    } throws: { error in
      "\(error)".contains("no `lattice-symmetry`") && "\(error)".contains("1.1 GB")
    }
  }
}
