import Estimators
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import Optimization
import Testing
import Training

/// Runs from beginning to end against exact energies.
///
/// The molecular energies are `E_FCI` of `integrals/README.md`, from PySCF.
@Suite struct GroundStateTests {
  struct Molecule: Sendable, CustomTestStringConvertible {
    var file: String
    var exact: Double
    /// E_HF, where its determinant is the lowest of the irrep.
    var reference: Double?
    var spinSquared: Double?
    var ansatz: AnsatzKind = .transformer

    var testDescription: String { "\(file), \(ansatz)" }
  }

  static let molecules = [
    Molecule(
      file: "h2_sto3g", exact: -1.137_270_174_7, reference: -1.116_684_387_1, spinSquared: 0),
    Molecule(
      file: "h2_sto3g", exact: -1.137_270_174_7, reference: -1.116_684_387_1, spinSquared: 0,
      ansatz: .retnet),
    Molecule(
      file: "lih_sto3g", exact: -7.882_403_410_3, reference: -7.862_026_959_4, spinSquared: 0),
    Molecule(
      file: "lih_sto3g", exact: -7.882_403_410_3, reference: -7.862_026_959_4, spinSquared: 0,
      ansatz: .retnet),
    Molecule(
      file: "h2o_sto3g", exact: -75.012_403_658_8, reference: -74.962_928_246_4, spinSquared: 0),
    Molecule(
      file: "h2o_sto3g", exact: -75.012_403_658_8, reference: -74.962_928_246_4, spinSquared: 0,
      ansatz: .retnet),
    Molecule(
      file: "h2o_sto3g", exact: -75.012_403_658_8, reference: -74.962_928_246_4, spinSquared: 0,
      ansatz: .made),
    Molecule(
      file: "h2o_sto3g", exact: -75.012_403_658_8, reference: -74.962_928_246_4, spinSquared: 0,
      ansatz: .nade),
    Molecule(
      file: "oh_sto3g", exact: -74.387_134_127_2, reference: -74.361_530_726_1, spinSquared: 0.75),
    Molecule(file: "oh_uhf_sto3g", exact: -74.387_134_127_2, reference: -74.362_637_518_7),
    Molecule(
      file: "ch2_triplet_sto3g", exact: -38.472_137_046_0, reference: -38.429_203_773_7,
      spinSquared: 2),
    Molecule(
      file: "h4_square_sto3g", exact: -1.915_106_549_5, spinSquared: 0),
    Molecule(file: "h_atom_sto3g", exact: -0.466_581_849_6, reference: -0.466_581_849_6),
  ]

  @Test(arguments: molecules) func moleculesReachFullCI(_ molecule: Molecule) throws {
    var settings = Settings()
    settings.ansatz.kind = molecule.ansatz
    settings.threads = 2
    let run = try makeTrainingRun(
      .molecule(try bundled(molecule.file), irrep: .automatic), settings: settings)
    if let reference = molecule.reference {
      #expect(abs(run.referenceEnergy - reference) < 1e-6)
    }
    try finish(run)
    let result = try run.evaluate()
    #expect(abs(result.energy - molecule.exact) < 1e-4)
    #expect(result.energy > molecule.exact - 1e-8)
    #expect(result.isExactSum && run.isConverged && !result.isCollapsed)
    #expect(result.leakEnergy <= 0 && result.leakEnergy > -5e-5)
    if let spinSquared = molecule.spinSquared {
      #expect(abs((result.spinSquared ?? .nan) - spinSquared) < 0.01)
    }
  }

  /// The preset of arXiv:2411.03900: its networks and sizes, and draws although the sector would fit.
  @Test(arguments: [
    (AnsatzKind.retnet, 39_236 + 5_252), (.transformer, 43_432), (.made, 3_872),
    // Σ (2t 64 + 64 + 4 · 64 + 4) and 12 → 512 → 512 → 4.
    (.nade, 4_956 + 12 * 512 + 512 + 512 * 513 + 4 * 513),
  ])
  func thePaperPresetIsThePapers(_ ansatz: AnsatzKind, _ parameters: Int) throws {
    var settings = Settings(.paper)
    #expect(settings.ansatz.kind == .retnet)
    settings.ansatz.kind = ansatz
    settings.convergence.steps = 4
    settings.threads = 2
    let run = try makeTrainingRun(
      .molecule(try bundled("h2o_sto3g"), irrep: .automatic), settings: settings)
    #expect(run.parameterCount == parameters)
    let resolved = run.settings
    #expect(resolved.optimizer.kind == .adam && resolved.optimizer.maximumGradient == 1)
    #expect(resolved.localEnergy.mode == .subspace && resolved.start.kind == .random)
    #expect(resolved.sampling.firstDraws == 100 && resolved.sampling.draws == 1_000_000_000_000)
    try finish(run)
    #expect(run.trace.count == 4)
    // A hundred draws of a state that is near uniform over 441 determinants: no symmetry is imposed.
    #expect(run.sectorDimension == 441)
    let first = try #require(run.trace.first)
    #expect(first.distinctSamples <= 100 && first.distinctSamples > 20)
    let last = try #require(run.trace.last)
    #expect(Double(last.distinctSamples) == run.sectorDimension)
    #expect(first.error > 0)
  }

  /// One orbital leaves the phase nothing to be chosen from.
  @Test(arguments: ["he_sto3g", "h_atom_sto3g"]) func thePaperPresetTakesOneOrbital(
    _ file: String
  ) throws {
    var settings = Settings(.paper)
    settings.convergence.steps = 3
    settings.threads = 1
    let run = try makeTrainingRun(
      .molecule(try bundled(file), irrep: .automatic), settings: settings)
    try finish(run)
    #expect(abs(try run.evaluate().energy - run.referenceEnergy) < 1e-6)
    settings.ansatz.phaseHidden = []
    #expect(throws: TrainingError.self) {
      try makeTrainingRun(
        .molecule(try bundled("lih_sto3g"), irrep: .automatic), settings: settings)
    }
  }

  /// While draws grow, or a rate rises and falls, a run has not converged.
  @Test(arguments: ["draws", "rate"]) func schedulesAreOverFirst(_ which: String) throws {
    let settings = smallSettings {
      $0.convergence.steps = 60
      if which == "draws" {
        $0.sampling.wholeSector = false
        $0.sampling.draws = 1_000_000
        $0.sampling.firstDraws = 2
      } else {
        $0.optimizer.schedule = .trapezoid
      }
    }
    let run = try makeTrainingRun(
      .molecule(try bundled("h2_sto3g"), irrep: .automatic), settings: settings)
    try finish(run)
    #expect(run.trace.count >= 54)
  }

  /// A cap far below the dimension of the sector, and plain draws.
  @Test(arguments: ["layers", "draws", "subspace", "screened"])
  func samplesAreEnough(_ kind: String) throws {
    let settings = smallSettings {
      $0.ansatz.width = 16
      $0.ansatz.phaseHidden = [32]
      $0.convergence.steps = 120
      switch kind {
      case "layers": $0.sampling.maximumSamples = 60
      case "draws":
        $0.sampling.draws = 1_000_000
        $0.sampling.maximumSamples = 100
        $0.sampling.exponent = 0.5
      case "subspace": $0.localEnergy.mode = .subspace
      default:
        $0.localEnergy.mode = .screened
        $0.localEnergy.screening = 0.01
        $0.localEnergy.screenedDraws = 16
      }
    }
    let run = try makeTrainingRun(
      .molecule(try bundled("h2o_sto3g"), irrep: .automatic), settings: settings)
    try finish(run)
    #expect(run.trace.allSatisfy { $0.distinctSamples <= (kind == "layers" ? 60 : 133) })
    let result = try run.evaluate()
    #expect(abs(result.energy + 75.012_403_658_8) < 1e-3)
    #expect(!result.isCollapsed)
  }

  struct Lattice: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var interaction: LatticeModel.Interaction
    var size: String
    var boundary: LatticeGeometry.Boundary
    var ansatz: AnsatzKind = .transformer
  }

  static let lattices = [
    Lattice(
      testDescription: "Heisenberg ring", interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1),
      size: "8", boundary: .periodic),
    Lattice(
      testDescription: "Heisenberg chain of odd length",
      interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1), size: "7", boundary: .open,
      ansatz: .retnet),
    Lattice(
      testDescription: "Ising ring", interaction: .ising(coupling: 1, field: 1), size: "8",
      boundary: .periodic),
    Lattice(
      testDescription: "Ising chain in a negative field",
      interaction: .ising(coupling: 1, field: -0.7), size: "7", boundary: .open),
  ]

  @Test(arguments: lattices) func latticesReachTheExactEnergy(_ lattice: Lattice) throws {
    let geometry = try LatticeGeometry(.chain, size: lattice.size, boundary: lattice.boundary)
    let model = LatticeModel(geometry: geometry, interaction: lattice.interaction)
    let exact = try LatticeExactDiagonalization(
      model.makeHamiltonian(UInt64.self), upCount: model.upCount
    ).solve().energies[0]
    var settings = Settings()
    settings.threads = 2
    settings.ansatz.kind = lattice.ansatz
    let run = try makeTrainingRun(
      .lattice(model), settings: settings)
    try finish(run)
    let result = try run.evaluate()
    #expect(abs(result.energy - exact) < 1e-3)
    #expect(result.energy > exact - 1e-8)
    #expect(!result.isCollapsed)
  }

  /// Thresholds go with the coupling: the energy of J H is J times that of H.
  @Test(arguments: [0.001, 1e6]) func energiesScaleWithTheCoupling(_ coupling: Double) throws {
    let model = LatticeModel(
      geometry: try LatticeGeometry(.chain, size: "10"),
      interaction: .heisenberg(j1: coupling, j2: 0, anisotropy: 1))
    var settings = Settings()
    settings.threads = 2
    let run = try makeTrainingRun(.lattice(model), settings: settings)
    try finish(run)
    #expect(run.isConverged)
    let result = try run.evaluate()
    // Bethe's chain of ten sites.
    #expect(abs(result.energy / coupling + 4.515446354492) < 1e-4)
    #expect(!result.isCollapsed)
  }

  @Test func startIsNearTheReference() throws {
    for file in ["lih_sto3g", "h2o_sto3g", "ch2_triplet_sto3g"] {
      let run = try makeTrainingRun(
        .molecule(try bundled(file), irrep: .automatic), settings: Settings())
      var lines: [String] = []
      try run.prepare { lines.append($0) }
      #expect(lines.contains { $0.contains("start: fitted") })
      let fitted = try run.evaluate().energy
      let random = try makeTrainingRun(
        .molecule(try bundled(file), irrep: .automatic),
        settings: smallSettings { $0.start.kind = .random }
      ).evaluate().energy
      // The fit stops early; from random parameters the way is twenty times as far.
      let distance = fitted - run.referenceEnergy
      #expect(distance < 0.1 && distance < 0.05 * (random - run.referenceEnergy))
      // Preparing again changes nothing once there are steps.
      _ = try run.step()
      let parameters = run.snapshot().parameters
      try run.prepare { _ in }
      #expect(run.snapshot().parameters == parameters)
    }
  }

  @Test func adamLowersTheEnergy() throws {
    let settings = smallSettings {
      $0.optimizer.kind = .adam
      $0.optimizer.learningRate = 0.01
      $0.start.kind = .random
      $0.convergence.steps = 150
    }
    let run = try makeTrainingRun(
      .molecule(try bundled("lih_sto3g"), irrep: .automatic), settings: settings)
    try finish(run)
    let first = try #require(run.trace.first)
    let result = try run.evaluate()
    #expect(result.energy < first.energy - 0.5)
    #expect(result.energy > -7.882_403_410_3 - 1e-8)
  }
}
