import Configurations
import ExactSolvers
import Hamiltonians
import Parallelism
import Testing

@Suite struct SecondOrderEnergyTests {
  /// A vector with some thousand perturbers.
  private func makePass(
    threshold: Double = 0, roundBytes: Double = 0x1p26
  ) throws -> PerturbationPass<UInt64> {
    let hamiltonian = MolecularHamiltonian<UInt64>(
      try MoleculeReference.integrals("h8_chain_r18_sto6g"))
    let start = try #require(hamiltonian.referenceDeterminant())
    let result = try HeatBathCI(size: 150).solve(hamiltonian, from: [start], spinFlipParity: 1)
    return PerturbationPass(
      hamiltonian, result.configurations, coefficients: result.coefficients,
      energy: try #require(result.stages.last).energy, spinFlipParity: 1, threshold: threshold,
      roundBytes: roundBytes, execution: Execution(threads: 2))
  }

  private func energy(
    _ pass: PerturbationPass<UInt64>, budget: Double, target: Double, seed: UInt64 = 0
  ) -> SecondOrderEnergy<UInt64> {
    SecondOrderEnergy(
      pass, expected: 3000, wanted: 10, smallestGain: 0, budget: budget, targetError: target,
      random: RandomSource(seed: seed))
  }

  @Test func groupsAndRoundsAddUpToTheWhole() throws {
    let pass = try makePass()
    let whole = energy(pass, budget: 1e9, target: 0)
    let groups = energy(pass, budget: 20_000, target: 0)
    let rounds = energy(try makePass(roundBytes: 1), budget: 1e9, target: 0)
    #expect(whole.share == 1 && whole.error == 0 && whole.perturberCount > 500)
    for other in [groups, rounds] {
      #expect(abs(other.energy - whole.energy) < 1e-12)
      #expect(other.perturberCount == whole.perturberCount && other.error == 0)
      #expect(other.best.map(\.configuration) == whole.best.map(\.configuration))
    }
  }

  @Test func thresholdsLeaveOutLittle() throws {
    let whole = energy(try makePass(), budget: 1e9, target: 0)
    let cut = energy(try makePass(threshold: 1e-5), budget: 1e9, target: 0)
    #expect(cut.perturberCount < whole.perturberCount)
    #expect(abs(cut.energy - whole.energy) < 0.01 * abs(whole.energy))
    #expect(cut.energy != whole.energy)
  }

  /// Estimates of many seeds scatter about the complete sum as their errors say.
  @Test func samplesAreUnbiased() throws {
    let pass = try makePass()
    let whole = energy(pass, budget: 1e9, target: 0).energy
    var mean = 0.0
    var squares = 0.0
    let count = 60
    for seed in 0..<count {
      // So large a target that one group of units is enough.
      let sample = energy(pass, budget: 60_000, target: 1, seed: UInt64(seed))
      #expect(sample.share < 0.5 && sample.error > 0)
      let deviation = (sample.energy - whole) / sample.error
      mean += deviation / Double(count)
      squares += deviation * deviation / Double(count)
    }
    // Mean 0 ± 1/√60 and mean square 1 ± √(2/60) for normal deviations; 4 standard deviations.
    #expect(abs(mean) < 4 / Double(count).squareRoot())
    #expect(squares > 0.3 && squares < 1.8)
  }

  @Test func sampleReachesItsTarget() throws {
    let pass = try makePass()
    let whole = energy(pass, budget: 1e9, target: 0).energy
    let loose = energy(pass, budget: 60_000, target: 1)
    let sample = energy(pass, budget: 60_000, target: loose.error / 2)
    #expect(sample.error < 0.7 * loose.error && sample.share > loose.share)
    #expect(abs(sample.energy - whole) < 5 * sample.error)
  }
}
