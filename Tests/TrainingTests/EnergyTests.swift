import Configurations
import Estimators
import Foundation
import Hamiltonians
import Integrals
import Optimization
import Testing
import Training

/// Energies of random states against the dense Hamiltonian.
@Suite struct EnergyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var file: String
    var irrep: IrrepChoice
    var parity: Int
    var ansatz: AnsatzKind = .transformer

    var testDescription: String { "\(file), \(irrep), parity \(parity), \(ansatz)" }

    /// A run whose state is random, at its beginning.
    func run(_ change: (inout Settings) -> Void = { _ in }) throws -> any TrainingRun {
      let settings = smallSettings {
        $0.ansatz.kind = ansatz
        $0.ansatz.spinFlipSymmetry = parity == 0 ? false : nil
        $0.start.kind = .random
        $0.annealing.kind = AnnealingKind.none
        $0.evaluation.leading = 100_000
        change(&$0)
      }
      let problem = Problem.molecule(try bundled(file), irrep: irrep)
      let fresh = try makeTrainingRun(problem, settings: settings)
      var snapshot = fresh.snapshot().scrambled(seed: 7, by: 0.3)
      snapshot.spinFlipParity = parity
      return try makeTrainingRun(problem, settings: settings, snapshot: snapshot)
    }
  }

  static let cases = [
    Case(file: "lih_sto3g", irrep: .any, parity: 0),
    Case(file: "lih_sto3g", irrep: .automatic, parity: 0, ansatz: .retnet),
    Case(file: "lih_sto3g", irrep: .automatic, parity: 1),
    Case(file: "lih_sto3g", irrep: .any, parity: -1),
    Case(file: "lih_sto3g", irrep: .label(2), parity: -1, ansatz: .retnet),
    Case(file: "h4_square_sto3g", irrep: .any, parity: 1),
    Case(file: "h4_square_sto3g", irrep: .any, parity: -1),
    Case(file: "oh_sto3g", irrep: .any, parity: 0),
    Case(file: "oh_uhf_sto3g", irrep: .any, parity: 0),
    Case(file: "ch2_triplet_sto3g", irrep: .automatic, parity: 0),
    Case(file: "hubbard_2x2_u4", irrep: .any, parity: 1),
    Case(file: "h_atom_sto3g", irrep: .any, parity: 0),
  ]

  @Test(arguments: cases) func energyAndVarianceAreThoseOfTheDenseMatrix(_ example: Case) throws {
    let integrals = try bundled(example.file)
    let result = try example.run().evaluate()
    #expect(result.isExactSum && result.error == 0)
    let state = DenseState(result, parity: example.parity, integrals: integrals)
    #expect(abs(state.norm - 1) < 1e-9)
    let (energy, variance) = state.moments
    #expect(abs(result.energy - energy) < 1e-8)
    #expect(abs(result.variance - variance) < 1e-7)
    let n = Double(integrals.electronCount)
    let mean = MolecularHamiltonian<UInt64>(integrals).sectorMean
    let gap = energy - mean
    let vScore = variance < 1e-12 ? 0 : n * variance / (gap * gap)
    #expect(abs(result.vScore - vScore) < 1e-6 * max(1, vScore))
    if let spinSquared = result.spinSquared {
      // Random states are mixtures, within the range of possible spins.
      let least = abs(Double(integrals.alphaCount - integrals.betaCount)) / 2
      #expect(spinSquared > least * (least + 1) - 1e-6 && spinSquared < n / 2 * (n / 2 + 1) + 1e-6)
    } else {
      #expect(integrals.isUnrestricted)
    }
  }

  @Test(arguments: cases.filter { !["h_atom_sto3g"].contains($0.file) })
  func stepSeesTheSameEnergyAndEntropy(_ example: Case) throws {
    let integrals = try bundled(example.file)
    let run = try example.run()
    let state = DenseState(try run.evaluate(), parity: example.parity, integrals: integrals)
    let row = try run.step()
    #expect(abs(row.energy - state.moments.energy) < 1e-8)
    #expect(abs(row.variance - state.moments.variance) < 1e-7)
    #expect(row.error == 0 && row.temperature == 0)
    #expect(row.distinctSamples == Int(run.sectorDimension))
    let entropy = state.amplitudes.reduce(0.0) {
      let weight = $1.real * $1.real + $1.imaginary * $1.imaginary
      return weight > 0 ? $0 - weight * log(weight) : $0
    }
    #expect(abs(row.entropy - entropy) < 1e-8)
  }

  /// Over the whole sector every mode is the same sum.
  @Test func subspaceOfTheWholeSectorIsTheWhole() throws {
    let example = Self.cases[2]
    let full = try example.run().step()
    let subspace = try example.run { $0.localEnergy.mode = .subspace }.step()
    #expect(abs(full.energy - subspace.energy) < 1e-9)
  }

  /// On a sample, the bound is the Rayleigh quotient of ψ restricted to it.
  @Test(arguments: [cases[0], cases[2], cases[3]])
  func subspaceIsTheRayleighQuotient(_ example: Case) throws {
    let integrals = try bundled(example.file)
    let result = try example.run {
      $0.evaluation.exactLimit = 0
      $0.evaluation.draws = 60
    }.evaluate()
    #expect(!result.isExactSum && result.draws == 60)
    #expect(result.distinctSamples == result.leading.count)
    #expect(result.leading.reduce(0) { $0 + $1.count } == 60)
    let state = DenseState(result, parity: example.parity, integrals: integrals)
    let bound = try #require(result.subspaceEnergy)
    #expect(abs(bound - state.moments.energy) < 1e-8)
    // A restriction that is one: the whole state has another energy.
    #expect(abs(bound - (try example.run().evaluate()).energy) > 1e-4)
  }

  /// The mean of a sampled energy over seeds is the exact one, and its error bars are honest.
  @Test(arguments: [cases[0], cases[2], cases[7]])
  func drawnEnergiesAreUnbiased(_ example: Case) throws {
    let exact = try example.run().evaluate()
    var deviations: [Double] = []
    let snapshot = try example.run().snapshot()
    let problem = Problem.molecule(try bundled(example.file), irrep: example.irrep)
    for seed in 1...24 {
      var settings = try example.run().settings
      settings.seed = UInt64(seed)
      settings.evaluation.exactLimit = 0
      settings.evaluation.draws = 400
      let result = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).evaluate()
      #expect(result.droppedWeight == 0)
      #expect(abs(result.error / (exact.variance / 400).squareRoot() - 1) < 0.5)
      deviations.append((result.energy - exact.energy) / (exact.variance / 400).squareRoot())
    }
    let count = Double(deviations.count)
    let mean = deviations.reduce(0, +) / count
    let spread = deviations.reduce(0) { $0 + $1 * $1 } / count
    #expect(abs(mean) < 3 / count.squareRoot())
    #expect(abs(spread - 1) < 4 * (2 / count).squareRoot())
  }

  /// Steps on draws from a broader distribution are unbiased too, and know their errors.
  @Test func temperedDrawsAreReweighted() throws {
    let example = Self.cases[0]
    let exact = try example.run().evaluate().energy
    let snapshot = try example.run().snapshot()
    let problem = Problem.molecule(try bundled(example.file), irrep: example.irrep)
    var deviations: [Double] = []
    for seed in 1...40 {
      var settings = try example.run().settings
      settings.seed = UInt64(seed)
      settings.sampling.draws = 400
      settings.sampling.exponent = 0.4
      // Just too small for the sector, and more than is drawn.
      settings.sampling.maximumSamples = 220
      let row = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).step()
      deviations.append((row.energy - exact) / row.error)
      // Weighted draws are worth fewer than plain ones.
      #expect(row.error > 1.1 * (row.variance / 400).squareRoot())
    }
    let count = Double(deviations.count)
    let spread = (deviations.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    #expect(abs(deviations.reduce(0, +) / count) < 4 / count.squareRoot())
    #expect(spread > 0.5 && spread < 1.5)
  }

  /// Error bars hold: over seeded evaluations of one state that is too broad for its room, the exact
  /// energy lies within one of them as often as normal errors let expect.
  @Test(arguments: [cases[0], cases[7]]) func errorBarsCoverTheExactEnergy(_ example: Case) throws {
    let exact = try example.run().evaluate().energy
    let snapshot = try example.run().snapshot()
    let problem = Problem.molecule(try bundled(example.file), irrep: example.irrep)
    let runs = 200
    var covered = 0
    var deviations: [Double] = []
    for seed in 1...runs {
      var settings = try example.run().settings
      settings.seed = UInt64(seed)
      settings.evaluation.exactLimit = 0
      settings.evaluation.maximumSamples = 60
      let run = try makeTrainingRun(problem, settings: settings, snapshot: snapshot)
      let result = try run.evaluate()
      // What the room for the heaviest would have dropped.
      #expect(result.distinctSamples < Int(run.sectorDimension) && result.draws > 0)
      #expect(result.droppedWeight == 0 && result.error > 0)
      if abs(result.energy - exact) < result.error { covered += 1 }
      deviations.append((result.energy - exact) / result.error)
    }
    let fraction = Double(covered) / Double(runs)
    #expect(fraction >= 0.62 && fraction <= 0.74)
    let mean = deviations.reduce(0, +) / Double(runs)
    #expect(abs(mean) < 4 / Double(runs).squareRoot())
  }

  /// A last step that made the energy worse is taken back before it is evaluated.
  @Test func badLastStepsAreTakenBack() throws {
    let problem = Problem.molecule(try bundled("lih_sto3g"), irrep: .automatic)
    let settings = smallSettings { $0.convergence.steps = 12 }
    let run = try makeTrainingRun(problem, settings: settings)
    try finish(run)
    let good = try run.evaluate()
    var snapshot = run.snapshot()
    for (name, prefix) in [("amplitude-before", "amplitude/"), ("phase-before", "phase/")] {
      let index = try #require(snapshot.optimizer.firstIndex { $0.name == name })
      snapshot.optimizer[index].values = snapshot.flat(prefix)
    }
    let bad = snapshot.scrambled(seed: 2, by: 0.5)
    let again = try makeTrainingRun(problem, settings: settings, snapshot: bad)
    #expect(try again.evaluate().energy > good.energy + 0.1)
    again.settle()
    #expect(try again.evaluate() == good)
    // A good one stays.
    run.settle()
    #expect(try run.evaluate() == good)
  }

  /// Screened local energies: the mean over seeds of the energy over the whole sector.
  @Test(arguments: [cases[2], cases[7]])
  func screenedEnergiesAreUnbiased(_ example: Case) throws {
    let exact = try example.run().evaluate().energy
    let snapshot = try example.run().snapshot()
    let problem = Problem.molecule(try bundled(example.file), irrep: example.irrep)
    var energies: [Double] = []
    for seed in 1...24 {
      var settings = try example.run().settings
      settings.seed = UInt64(seed)
      settings.localEnergy.mode = .screened
      settings.localEnergy.screening = 0.05
      settings.localEnergy.screenedDraws = 4
      let row = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).step()
      energies.append(row.energy)
    }
    let count = Double(energies.count)
    let mean = energies.reduce(0, +) / count
    let variance = energies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    #expect(variance > 1e-12)
    #expect(abs(mean - exact) < 4 * (variance / count).squareRoot())
    // With nothing screened out it is the exact sum.
    var settings = try example.run().settings
    settings.localEnergy.mode = .screened
    settings.localEnergy.screening = 0
    let row = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).step()
    #expect(abs(row.energy - exact) < 1e-9)
  }

  /// A layered step sees the strings of largest weight exactly and the rest by draws.
  @Test(arguments: [cases[0], cases[2], cases[7]])
  func layeredEnergiesAreRightWithinTheirErrors(_ example: Case) throws {
    let exact = try example.run().evaluate().energy
    let snapshot = try example.run().snapshot()
    let problem = Problem.molecule(try bundled(example.file), irrep: example.irrep)
    var energies: [Double] = []
    var errors: [Double] = []
    for seed in 1...30 {
      var settings = try example.run().settings
      settings.seed = UInt64(seed)
      settings.sampling.maximumSamples = 30
      let row = try makeTrainingRun(problem, settings: settings, snapshot: snapshot).step()
      #expect(row.distinctSamples <= 30 && row.error > 0)
      energies.append(row.energy)
      errors.append(row.error)
    }
    let count = Double(energies.count)
    let mean = energies.reduce(0, +) / count
    let spread = (energies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
    let error = errors.reduce(0, +) / count
    #expect(spread > 0 && abs(mean - exact) < 4 * spread / count.squareRoot() + 0.1 * error)
    // The reported error is an upper estimate, but not a useless one.
    #expect(spread < 2 * error && spread > 0.1 * error)
  }
}
