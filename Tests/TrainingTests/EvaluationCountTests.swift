import Configurations
import Estimators
import Foundation
import Hamiltonians
import Parallelism
import Sampling
import Testing
import WaveFunctions

/// A table that counts how often the amplitude of each configuration is asked for.
final class CountingWaveFunction: WaveFunction, @unchecked Sendable {
  typealias Word = UInt64

  let table: TableWaveFunction<UInt64>
  private(set) var counts: [Configuration<UInt64>: Int] = [:]
  /// The size of the largest batch.
  private(set) var largestBatch = 0

  init(_ table: TableWaveFunction<UInt64>) { self.table = table }

  var space: ConfigurationSpace<UInt64> { table.space }
  var blocks: [ParameterBlock] { table.blocks }
  var parameters: [Float] {
    get { table.parameters }
    set { table.parameters = newValue }
  }

  func reset() { counts = [:] }

  func logAmplitudes(
    of configurations: [Configuration<UInt64>], logModulus: inout [Double], phase: inout [Double]
  ) {
    for x in configurations { counts[x, default: 0] += 1 }
    largestBatch = max(largestBatch, configurations.count)
    table.logAmplitudes(of: configurations, logModulus: &logModulus, phase: &phase)
  }

  func derivatives(
    of configurations: [Configuration<UInt64>], block: Int
  ) -> any DerivativeOperator { table.derivatives(of: configurations, block: block) }
}

/// What is known is not evaluated again, and what has changed is.
@Suite struct EvaluationCountTests {
  private let random = RandomSource(seed: 4)

  private func make(
    budget: Int? = nil
  ) throws -> (
    CountingWaveFunction, Sample<UInt64>, LocalEnergyEstimator<MolecularHamiltonian<UInt64>>
  ) {
    let space = ConfigurationSpace<UInt64>(
      alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil, order: [5, 4, 3, 2, 1, 0],
      spinFlipParity: 1)
    var random = random
    let waveFunction = CountingWaveFunction(
      TableWaveFunction(space: space, spread: 1, random: &random))
    let chosen = space.allRepresentatives().enumerated().filter { $0.offset % 3 == 0 }
      .map(\.element)
    let sample = Sample(
      configurations: chosen,
      weights: Array(repeating: 1 / Double(chosen.count), count: chosen.count),
      logModulus: Array(repeating: 0, count: chosen.count))
    let estimator = LocalEnergyEstimator(
      MolecularHamiltonian<UInt64>(try bundled("lih_sto3g")), waveFunction: waveFunction,
      options: EstimatorOptions(memoryBudget: budget), execution: .serial)
    return (waveFunction, sample, estimator)
  }

  @Test func eachAmplitudeIsEvaluatedOnceForEachSetOfParameters() throws {
    let (waveFunction, sample, estimator) = try make()
    func useAll() -> LocalEnergies {
      _ = estimator.logAmplitudes(of: Array(sample.configurations.prefix(9)))
      _ = estimator.pulls(on: Array(sample.configurations.prefix(20)), random: random)
      let energies = estimator.compute(sample, mode: .full, random: random)
      _ = estimator.compute(sample, mode: .subspace, random: random)
      _ = estimator.leak(of: sample, energies: energies, floor: 0.3, random: random)
      return energies
    }
    let first = useAll()
    #expect(waveFunction.counts.count > sample.count)
    #expect(waveFunction.counts.values.allSatisfy { $0 == 1 })
    // Nothing has changed.
    waveFunction.reset()
    #expect(useAll().real == first.real && waveFunction.counts.isEmpty)
    // One parameter has: nothing old may be seen.
    waveFunction.parameters[3] += 0.5
    let changed = useAll()
    #expect(waveFunction.counts.values.allSatisfy { $0 == 1 } && !waveFunction.counts.isEmpty)
    #expect(changed.real != first.real)
    let (other, _, fresh) = try make()
    other.parameters = waveFunction.parameters
    #expect(changed.real == fresh.compute(sample, mode: .full, random: random).real)
    // A new step or evaluation begins without what the last one knew.
    waveFunction.reset()
    estimator.trim()
    _ = useAll()
    #expect(waveFunction.counts.values.allSatisfy { $0 == 1 } && !waveFunction.counts.isEmpty)
  }

  @Test func batchesStayWithinTheBudget() throws {
    let (whole, sample, estimator) = try make()
    _ = estimator.compute(sample, mode: .full, random: random)
    let size = LocalEnergyEstimator<MolecularHamiltonian<UInt64>>.bytesOfConfiguration
    let budget = 60 * size
    #expect(whole.largestBatch > 60 && sample.count > 30)
    let (parts, _, tight) = try make(budget: budget)
    _ = tight.compute(sample, mode: .full, random: random)
    _ = tight.pulls(on: sample.configurations, random: random)
    #expect(parts.largestBatch <= max(60, sample.count))
    // The sample's own amplitudes are evaluated once for all parts, but for the pulls.
    #expect(sample.configurations.allSatisfy { parts.counts[$0] == 2 })
  }
}
