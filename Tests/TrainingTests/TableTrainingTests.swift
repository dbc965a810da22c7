import Configurations
import ExactSolvers
import Hamiltonians
import Integrals
import Optimization
import Testing
import Training
import WaveFunctions

/// The whole loop on the stand-in, which can represent every state: it must reach the exact energy.
@Suite struct TableTrainingTests {
  private func settings(_ change: (inout Settings) -> Void = { _ in }) -> Settings {
    var settings = Settings()
    settings.threads = 2
    settings.convergence.steps = 200
    settings.convergence.energyTolerance = 1e-8
    change(&settings)
    return settings
  }

  /// A run of a table with random entries, at its beginning.
  private func run<H: Hamiltonian>(
    _ hamiltonian: H, _ space: ConfigurationSpace<H.Word>, degreesOfFreedom: Int, unit: String,
    seed: UInt64 = 1, _ settings: Settings
  ) throws -> any TrainingRun {
    var random = RandomSource(seed: seed)
    let table = TableWaveFunction(space: space, random: &random)
    let reference = try #require(
      table.configurations.map { hamiltonian.diagonalElement($0) }.min())
    return try makeTrainingRun(
      of: hamiltonian, waveFunction: table,
      context: RunContext(
        referenceEnergy: reference, degreesOfFreedom: degreesOfFreedom, unit: unit),
      settings: settings)
  }

  /// Drives a run to its end and evaluates it.
  private func result(of run: any TrainingRun) throws -> FinalResult {
    try finish(run)
    run.settle()
    return try run.evaluate()
  }

  /// E_FCI of N2 in STO-3G, `integrals/README.md` (PySCF).
  @Test func tableReachesFullCIOfNitrogen() throws {
    let integrals = try bundled("n2_sto3g")
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let space = ConfigurationSpace<UInt64>(
      alphaCount: integrals.alphaCount, betaCount: integrals.betaCount,
      orbitalIrreps: integrals.orbitalIrreps, irrep: integrals.targetIrrep,
      order: Array((0..<integrals.orbitalCount).reversed()), spinFlipParity: 1)
    let result = try result(
      of: run(
        hamiltonian, space, degreesOfFreedom: integrals.electronCount, unit: "Eh", settings()))
    let exact = try FullCI(integrals).solve(irrep: integrals.targetIrrep).energies[0]
    #expect(abs(result.energy - exact) < 1e-6)
    #expect(result.isConverged && !result.isCollapsed)
    #expect((result.remainingError ?? 1) < 1e-6)
  }

  @Test func tableReachesTheFrustratedSquare() throws {
    let geometry = try LatticeGeometry(.square, size: "4x4")
    let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(
      on: geometry, j1: 1, j2: 0.5, anisotropy: 1)
    let symmetries = try #require(hamiltonian.siteSymmetries(limit: 1024))
    // The ground state of this lattice is even under all of its symmetries and the flip.
    let space = ConfigurationSpace<UInt64>(
      upCount: 8, order: Array(0..<16),
      symmetries: [false, true].flatMap { flips in
        symmetries.map { SpinSymmetry(permutation: $0, flipsSpins: flips, character: 1) }
      })
    let result = try result(
      of: run(
        hamiltonian, space, degreesOfFreedom: 16, unit: "J",
        settings { $0.convergence.steps = 400 }))
    let exact = try LatticeExactDiagonalization(hamiltonian, upCount: 8).solve().energies[0]
    #expect(abs(result.energy - exact) < 1e-6)
    #expect(result.isConverged)
  }

  /// Layers, draws and Adam run on the stand-in as they do on networks.
  @Test(arguments: ["layers", "draws", "adam"]) func samplesLeadTheTableDown(_ kind: String) throws
  {
    let integrals = try bundled("h2o_sto3g")
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let space = ConfigurationSpace<UInt64>(
      alphaCount: 5, betaCount: 5, orbitalIrreps: integrals.orbitalIrreps,
      irrep: integrals.targetIrrep, order: [6, 5, 4, 3, 2, 1, 0], spinFlipParity: 1)
    let run = try run(
      hamiltonian, space, degreesOfFreedom: 10, unit: "Eh", seed: 2,
      settings {
        switch kind {
        case "layers": $0.sampling.maximumSamples = 50
        case "draws":
          $0.sampling.draws = 100_000
          $0.sampling.maximumSamples = 60
          $0.sampling.exponent = 0.5
        default:
          $0.optimizer.kind = .adam
          $0.optimizer.learningRate = 0.05
          $0.convergence.steps = 3000
        }
      })
    try finish(run)
    #expect(abs(try run.evaluate().energy + 75.012_403_658_8) < 2e-3)
  }

  /// The last quarter of the steps has other weights in the metric than the steps before.
  @Test func lastQuarterHasPlainWeights() throws {
    let integrals = try bundled("h4_square_sto3g")
    let space = ConfigurationSpace<UInt64>(
      alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil, order: [3, 2, 1, 0],
      spinFlipParity: 1)
    func energies(_ steps: Int) throws -> [Double] {
      let run = try run(
        MolecularHamiltonian<UInt64>(integrals), space, degreesOfFreedom: 4, unit: "Eh",
        settings {
          $0.convergence.steps = steps
          $0.convergence.energyTolerance = 0
          $0.annealing.kind = AnnealingKind.none
        })
      try finish(run)
      return run.trace.map(\.energy)
    }
    let (short, long) = (try energies(8), try energies(32))
    // The step of row 7 is the first in which the two differ, and row 8 shows it.
    #expect(short.count == 8 && short[..<7] == long[..<7])
    #expect(short[7] != long[7])
  }
}
