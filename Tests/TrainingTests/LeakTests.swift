import Configurations
import Estimators
import Foundation
import Hamiltonians
import Integrals
import Parallelism
import Sampling
import Testing
import Training
import WaveFunctions

@Suite struct LeakTests {
  private func converged(_ file: String) throws -> (Problem, Settings, Snapshot) {
    let problem = Problem.molecule(try bundled(file), irrep: .automatic)
    let run = try makeTrainingRun(
      problem,
      settings: smallSettings {
        $0.ansatz.width = 16
        $0.convergence.steps = 60
      })
    try finish(run)
    return (problem, run.settings, run.snapshot())
  }

  /// A converged state, and the same with its conditionals sharpened until its support is lost.
  ///
  /// With the larger factor what is lost is smaller than any Float64.
  @Test(arguments: ["lih_sto3g", "h2o_sto3g", "oh_sto3g"], [Float(6), 1e5])
  func lostSupportIsSeen(_ file: String, factor: Float) throws {
    let (problem, settings, snapshot) = try converged(file)
    for exactLimit in [50_000, 0] {
      var settings = settings
      settings.evaluation.exactLimit = exactLimit
      let whole = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).evaluate()
      #expect(!whole.isCollapsed && whole.leakEnergy > -5e-4 && whole.leakEnergy <= 0)
      let sharp = snapshot.changingParameters { name, values in
        guard name.hasPrefix("amplitude/") && name.contains("head/") && !name.contains("norm")
        else { return }
        for index in values.indices { values[index] *= factor }
      }
      let collapsed = try makeTrainingRun(problem, settings: settings, snapshot: sharp).evaluate()
      #expect(collapsed.isCollapsed)
      #expect(collapsed.leakEnergy < -5e-3 && collapsed.leakEnergy.isFinite)
      #expect(collapsed.leakWeight > 1e-4)
      #expect(collapsed.energy.isFinite && collapsed.variance.isFinite)
    }
  }

  /// Training on few plain draws, without the layers, cannot see what it has lost.
  @Test func plainDrawsCollapse() throws {
    let settings = smallSettings {
      $0.sampling.draws = 40
      $0.sampling.maximumSamples = 10
      $0.sampling.exponent = 1
      $0.optimizer.kind = .adam
      $0.optimizer.learningRate = 0.05
      $0.start.kind = .random
      $0.convergence.steps = 150
      $0.convergence.energyTolerance = 0
    }
    let run = try makeTrainingRun(
      .molecule(try bundled("h2o_sto3g"), irrep: .automatic), settings: settings)
    try finish(run)
    let result = try run.evaluate()
    #expect(result.energy > -75.012_403_658_8 + 1e-3)
    #expect(result.isCollapsed)
  }

  /// Where there are too many configurations outside, those drawn give the sums without bias.
  @Test func drawnLeaksAreUnbiased() throws {
    let integrals = try bundled("h2o_sto3g")
    let space = ConfigurationSpace<UInt64>(
      alphaCount: 5, betaCount: 5, orbitalIrreps: nil, irrep: nil,
      order: Array((0..<7).reversed()), spinFlipParity: 1)
    var random = RandomSource(seed: 8)
    let table = TableWaveFunction(space: space, spread: 1, random: &random)
    // A part of the sector: all others are outside.
    let chosen = Array(table.configurations.suffix(30))
    let logModulus = table.logAmplitudes(of: chosen).logModulus
    let sample = Sample(
      configurations: chosen, weights: space.weights(of: chosen, logModulus: logModulus),
      logModulus: logModulus)
    let estimator = LocalEnergyEstimator(
      MolecularHamiltonian<UInt64>(integrals), waveFunction: table, options: EstimatorOptions(),
      execution: Execution(threads: 2))
    let energies = estimator.compute(sample, mode: .full, random: random)
    func leak(_ limit: Int, _ seed: UInt64) -> [Double] {
      let leak = estimator.leak(
        of: sample, energies: energies, floor: 0.3, limit: limit, random: RandomSource(seed: seed))
      return [leak.energy, leak.weight, leak.variance]
    }
    let whole = leak(100_000, 1)
    #expect(leak(100_000, 2) == whole)
    let drawn = (1...300).map { leak(40, $0) }
    for part in 0..<3 {
      let mean = drawn.reduce(0) { $0 + $1[part] } / 300
      let variance = drawn.reduce(0) { $0 + ($1[part] - mean) * ($1[part] - mean) } / 299
      #expect(variance > 0)
      #expect(abs(mean - whole[part]) < 4 * (variance / 300).squareRoot())
    }
  }
}
