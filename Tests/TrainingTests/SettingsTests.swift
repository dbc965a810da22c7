import Foundation
import Hamiltonians
import Integrals
import Optimization
import Testing
import Training

@Suite struct SettingsTests {
  private static let outOfRange: [(String, @Sendable (inout Settings) -> Void)] = [
    ("`threads`", { $0.threads = 0 }),
    ("`samples`", { $0.sampling.maximumSamples = 1 }),
    ("`minimum-steps`", { $0.convergence.minimumSteps = -1 }),
    ("`draws`", { $0.sampling.draws = 0 }),
    ("`exponent`", { $0.sampling.exponent = 0 }),
    ("`exponent`", { $0.sampling.exponent = 1.5 }),
    ("`exponent`", { $0.sampling.exponent = .nan }),
    ("`learning-rate`", { $0.optimizer.learningRate = 0 }),
    ("`learning-rate`", { $0.optimizer.learningRate = .nan }),
    ("`momentum`", { $0.optimizer.momentum = 1 }),
    ("`momentum`", { $0.optimizer.momentum = -0.1 }),
    ("`shift`", { $0.optimizer.shift = 0 }),
    ("`weight-decay`", { $0.optimizer.weightDecay = -1 }),
    ("`maximum-step`", { $0.optimizer.maximumStep = 0 }),
    ("`t0`", { $0.annealing.initialTemperature = -1 }),
    ("`t0`", { $0.annealing.initialTemperature = .infinity }),
    ("`warm-up-steps`", { $0.annealing.warmUpSteps = -1 }),
    ("`temperature-steps`", { $0.annealing.stepsPerTemperature = 0 }),
    (
      "leave none of the `steps`",
      {
        $0.annealing.kind = .cosine
        $0.annealing.warmUpSteps = 30
        $0.convergence.steps = 30
      }
    ),
    ("`annealing-steps`", { $0.annealing.steps = -1 }),
    ("`steps`", { $0.convergence.steps = 0 }),
    ("`window`", { $0.convergence.window = 0 }),
    ("`energy-tolerance`", { $0.convergence.energyTolerance = -1 }),
    ("`start-determinants`", { $0.start.determinants = 0 }),
    ("`start-determinants`", { $0.start.determinants = -5 }),
    ("`start-steps`", { $0.start.steps = -1 }),
    ("`final-draws`", { $0.evaluation.draws = 0 }),
    ("`final-samples`", { $0.evaluation.maximumSamples = 0 }),
    ("`cutoff`", { $0.localEnergy.cutoff = -1 }),
    ("`screening`", { $0.localEnergy.screening = -1 }),
    ("`leading`", { $0.evaluation.leading = -1 }),
    ("`screened-draws`", { $0.localEnergy.screenedDraws = 0 }),
    ("`width`", { $0.ansatz.width = 9 }),
    ("`width`", { $0.ansatz.width = 0 }),
    ("`heads`", { $0.ansatz.heads = 0 }),
    ("`layers`", { $0.ansatz.layers = 0 }),
    ("`feed-forward`", { $0.ansatz.feedForward = 0 }),
    ("`phase-hidden`", { $0.ansatz.phaseHidden = [4, 0] }),
    ("`order`", { $0.ansatz.order = [0, 0] }),
    ("`samples`", { $0.sampling.maximumSamples = .max }),
    ("`threads`", { $0.threads = .max }),
    ("`start-steps`", { $0.start.steps = .max }),
    ("`phase-hidden`", { $0.ansatz.phaseHidden = [1 << 40] }),
    ("`lattice-symmetry`", { $0.ansatz.latticeSymmetry = true }),
    // Memory: 65,536² parameters in each of 1,000 blocks.
    (
      "smaller network",
      {
        $0.ansatz.width = 1 << 16
        $0.ansatz.heads = 1
        $0.ansatz.layers = 1000
      }
    ),
    ("`order`", { $0.ansatz.order = [0, 1, 2] }),
    (
      "RetNet",
      {
        $0.ansatz.kind = .retnet
        $0.ansatz.width = 6
      }
    ),
  ]

  @Test(arguments: outOfRange.indices) func valuesOutOfRangeAreNamed(_ which: Int) throws {
    let (name, change) = Self.outOfRange[which]
    let problem = Problem.molecule(try bundled("h2_sto3g"), irrep: .automatic)
    #expect {
      _ = try makeTrainingRun(problem, settings: smallSettings(change))
    } throws: { error in
      guard let error = error as? TrainingError else { return false }
      return error.code == .invalidSettings && error.message.contains(name)
    }
  }

  private func code(_ problem: Problem, _ settings: Settings) -> TrainingError.Code? {
    do throws(TrainingError) {
      _ = try makeTrainingRun(problem, settings: settings)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func impossibleSectorsAreRefused() throws {
    let h2 = try bundled("h2_sto3g")
    var crowded = h2
    crowded.alphaCount = 3
    #expect(code(.molecule(crowded, irrep: .any), smallSettings()) == .invalidSector)
    #expect(code(.molecule(h2, irrep: .label(3)), smallSettings()) == .invalidSector)
    let plain = try bundled("h2_uhf_stretched_631g")
    #expect(code(.molecule(plain, irrep: .label(1)), smallSettings()) == .invalidSettings)
    #expect(
      code(.molecule(plain, irrep: .any), smallSettings { $0.ansatz.spinFlipSymmetry = true })
        == .invalidSettings)
    let chain = try LatticeGeometry(.chain, size: "6")
    let heisenberg = LatticeModel.Interaction.heisenberg(j1: 1, j2: 0, anisotropy: 1)
    for magnetization in [1, 8, -7] {
      let model = LatticeModel(
        geometry: chain, interaction: heisenberg, twiceMagnetization: magnetization)
      #expect(code(.lattice(model), smallSettings()) == .invalidSettings)
    }
    let ising = LatticeModel(
      geometry: chain, interaction: .ising(coupling: 1, field: 1), twiceMagnetization: 0)
    #expect(code(.lattice(ising), smallSettings()) == .invalidSettings)
    let square = LatticeModel(
      geometry: try LatticeGeometry(.square, size: "2x3", boundary: .open),
      interaction: heisenberg)
    #expect(
      code(.lattice(square), smallSettings { $0.ansatz.order = [0, 0] }) == .invalidSettings)
    #expect(
      code(.lattice(square), smallSettings { $0.ansatz.order = [3, 1, 0, 5, 2, 4] }) == nil)
    let still = LatticeModel(
      geometry: chain, interaction: .ising(coupling: 1, field: 0), twiceMagnetization: 2)
    #expect(code(.lattice(still), smallSettings()) == nil)
    let model = LatticeModel(geometry: chain, interaction: heisenberg)
    #expect(code(.lattice(model), smallSettings { $0.start.kind = .perturbative }) == nil)
    #expect(code(.lattice(model), smallSettings()) == nil)
  }

  @Test func defaultsLeaveNothingOpen() throws {
    let run = try makeTrainingRun(
      .molecule(try bundled("lih_sto3g"), irrep: .automatic), settings: Settings())
    let settings = run.settings
    #expect(settings.ansatz.order == [5, 4, 3, 2, 1, 0])
    #expect(settings.convergence.steps != nil && settings.sampling.maximumSamples != nil)
    #expect(settings.optimizer.learningRate != nil && settings.start.kind == .perturbative)
    // Settings with nothing open are taken as they are.
    let again = try makeTrainingRun(
      .molecule(try bundled("lih_sto3g"), irrep: .automatic), settings: settings)
    #expect(again.settings == settings)
  }

  /// A run's settings without the JSON keys that the oldest result files have not.
  @Test func settingsOfOlderFilesAreRead() throws {
    let data = try JSONEncoder().encode(Settings())
    var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    // What is optional is not written where it is nil; that is how a new setting looks from before.
    for group in ["sampling", "convergence"] {
      #expect((object[group] as? [String: Any])?.isEmpty == true)
    }
    object["convergence"] = ["steps": 7]
    let read = try JSONDecoder().decode(
      Settings.self, from: JSONSerialization.data(withJSONObject: object))
    var expected = Settings()
    expected.convergence.steps = 7
    #expect(read == expected)
  }

  /// Long strings are computed in chunks, where a RetNet trains them.
  @Test(arguments: [(31, nil), (32, 8)]) func longStringsHaveChunks(
    _ sites: Int, _ chunk: Int?
  ) throws {
    let model = LatticeModel(
      geometry: try LatticeGeometry(.chain, size: "\(sites)"),
      interaction: .ising(coupling: 1, field: 1))
    let settings = smallSettings {
      $0.ansatz.kind = .retnet
      $0.ansatz.latticeSymmetry = false
      $0.ansatz.spinFlipSymmetry = false
    }
    let run = try makeTrainingRun(.lattice(model), settings: settings)
    #expect(run.settings.ansatz.chunk == chunk)
    #expect(run.settings.annealing.kind == .linear)
  }
}
