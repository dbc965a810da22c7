import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import Testing
import Training

@Suite struct LatticeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var cell: LatticeUnitCell
    var size: String
    var interaction: LatticeModel.Interaction
    var boundary: LatticeGeometry.Boundary = .periodic
    var magnetization: Int?
    /// The order of the group that is at least imposed.
    var order = 1

    var testDescription: String {
      "\(cell.name) \(size) \(boundary), \(interaction), 2Sz \(magnetization ?? 0)"
    }
  }

  static var cases: [Case] {
    var cases: [Case] = []
    for anisotropy in [1, 0.5, 0, -0.5, 3] {
      for (cell, size) in [
        (LatticeUnitCell.chain, "4"), (.chain, "6"), (.chain, "10"), (.square, "4x2"),
        (.triangular, "3x2"), (.triangular, "4x3"), (.kagome, "2x2"),
      ] {
        cases.append(
          Case(
            cell: cell, size: size,
            interaction: .heisenberg(j1: 1, j2: 0, anisotropy: anisotropy), boundary: .open))
      }
    }
    for j2 in [0.3, 0.7, 1.5, -0.5] {
      cases.append(
        Case(
          cell: .chain, size: "10", interaction: .heisenberg(j1: 1, j2: j2, anisotropy: 1)))
      cases.append(
        Case(
          cell: .square, size: "4x3", interaction: .heisenberg(j1: 1, j2: j2, anisotropy: 1),
          boundary: .open))
    }
    for j2 in [0, -0.4] {
      cases.append(
        Case(
          cell: .chain, size: "8", interaction: .heisenberg(j1: -1, j2: j2, anisotropy: 1)))
    }
    for field in [0.5, 2, -0.5, -2] {
      for size in ["5", "6"] {
        for coupling in [1.0, -1] {
          cases.append(
            Case(
              cell: .chain, size: size, interaction: .ising(coupling: coupling, field: field),
              boundary: .open))
        }
      }
    }
    // A longitudinal field leaves no spin flip; ladders and cylinders have a boundary for each direction.
    for field in [0.5, 1.5] {
      for coupling in [1.0, -1] {
        cases.append(
          Case(
            cell: .honeycomb, size: "2x2",
            interaction: .ising(coupling: coupling, field: field, longitudinalField: 0.4),
            boundary: .periodicOpen, order: 4))
      }
    }
    for j3 in [0.2, -0.2] {
      cases.append(
        Case(
          cell: .ladder, size: "5x2",
          interaction: .heisenberg(j1: 1, j2: 0.3, j3: j3, anisotropy: 1)))
    }
    cases.append(
      Case(
        cell: .square, size: "4x3", interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 0),
        boundary: .periodicOpen, order: 32))
    return cases
  }

  /// Periodic lattices, with what frustration and anisotropy do to their ground states.
  static var periodicCases: [Case] {
    var cases: [Case] = []
    func heisenberg(
      _ cell: LatticeUnitCell, _ size: String, j1: Double = 1, j2: Double = 0,
      anisotropy: Double = 1, magnetization: Int? = nil, order: Int = 1
    ) {
      cases.append(
        Case(
          cell: cell, size: size,
          interaction: .heisenberg(j1: j1, j2: j2, anisotropy: anisotropy),
          magnetization: magnetization, order: order))
    }
    for sites in [4, 6, 8, 10, 12, 14] { heisenberg(.chain, "\(sites)", order: 2 * sites) }
    heisenberg(.chain, "7")
    for j2 in [0.3, 0.5, 0.7, 0.8, 1.5] {
      for sites in [12, 14] { heisenberg(.chain, "\(sites)", j2: j2) }
    }
    for anisotropy in [0.5, 2, -0.5] {
      heisenberg(.chain, "12", anisotropy: anisotropy, order: 48)
      heisenberg(.chain, "10", j2: 0.6, anisotropy: anisotropy)
    }
    for j2 in [0, 0.4] { heisenberg(.chain, "12", j1: -1, j2: j2) }
    heisenberg(.square, "4x4", order: 768)
    for j2 in [0.5, 1] { heisenberg(.square, "4x4", j2: j2, order: 256) }
    heisenberg(.square, "4x4", j2: 0.3, magnetization: -2)
    heisenberg(.square, "4x3", j2: 0.4)
    heisenberg(.kagome, "2x2", order: 48)
    // An open ladder whose ground state is a triplet: even under flip with ten sites.
    cases.append(
      Case(
        cell: .square, size: "2x5", interaction: .heisenberg(j1: 1, j2: 1, anisotropy: 1),
        boundary: .open, order: 4))
    heisenberg(.triangular, "3x4")
    heisenberg(.triangular, "4x4", order: 384)
    for magnetization in stride(from: -12, through: 12, by: 2) {
      heisenberg(.chain, "12", magnetization: magnetization, order: 24)
      heisenberg(.chain, "12", j2: 0.8, magnetization: magnetization)
      heisenberg(.triangular, "4x3", magnetization: magnetization)
    }
    for (cell, size) in [(LatticeUnitCell.chain, "10"), (.square, "3x3"), (.square, "4x3")] {
      for field in [0.5, 1, 3, -1] {
        for coupling in [1.0, -1] {
          cases.append(
            Case(
              cell: cell, size: size, interaction: .ising(coupling: coupling, field: field),
              order: 36))
        }
      }
    }
    return cases
  }

  /// The sector that a run chooses holds an exact ground state.
  ///
  /// The projector `1/G Σ_g χ_g g` on the sector has, within the lowest level, a trace of at least 1.
  @Test(arguments: cases + periodicCases) func sectorHoldsTheGroundState(_ example: Case) throws {
    let geometry = try LatticeGeometry(
      example.cell, size: example.size, boundary: example.boundary)
    let sites = geometry.siteCount
    let model = LatticeModel(
      geometry: geometry, interaction: example.interaction,
      twiceMagnetization: example.magnetization)
    let solver = try LatticeExactDiagonalization(
      model.makeHamiltonian(UInt64.self), upCount: model.upCount)
    let exact = try solver.solve(levels: min(4, solver.dimension))
    let run = try makeTrainingRun(.lattice(model), settings: smallSettings())
    let snapshot = run.snapshot()
    var symmetries = snapshot.symmetries
    // With no transverse field, up and down may be exchanged where 2Sz = 0.
    #expect(max(1, symmetries.count) >= example.order)
    if symmetries.isEmpty {
      let identity = Array(0..<sites)
      symmetries = [SpinSymmetry(permutation: identity)]
      if snapshot.spinFlipParity != 0 {
        symmetries.append(
          SpinSymmetry(
            permutation: identity, flipsSpins: true, character: snapshot.spinFlipParity))
      }
    }
    var trace = 0.0
    for (state, energy) in zip(exact.states, exact.energies)
    where energy - exact.energies[0] < 1e-8 {
      for symmetry in symmetries {
        var overlap = 0.0
        for index in state.indices {
          let image = symmetry.apply(to: Configuration(alpha: solver.basis.spins(at: index)))
          overlap += state[index] * state[solver.basis.index(of: image.alpha)]
        }
        trace += Double(symmetry.character) * overlap / Double(symmetries.count)
      }
    }
    #expect(trace > 1 - 1e-5)
    if snapshot.symmetries.isEmpty { return }
    let strings = ConfigurationSpace<UInt64>(
      upCount: solver.basis.upCount, order: Array(0..<sites)
    ).dimension
    #expect(run.sectorDimension <= strings && (run.sectorDimension < strings || strings < 10))
  }

  /// Of a random state ⟨S²⟩ is that of no spin, which only means something where spin is conserved.
  @Test(arguments: [1.0, 0.5]) func spinIsJudgedWhereItIsConserved(_ anisotropy: Double) throws {
    let problem = Problem.lattice(
      LatticeModel(
        geometry: try LatticeGeometry(.chain, size: "6"),
        interaction: .heisenberg(j1: 1, j2: 0, anisotropy: anisotropy)))
    let settings = smallSettings {
      $0.start.kind = .random
      $0.ansatz.latticeSymmetry = false
      $0.ansatz.spinFlipSymmetry = false
    }
    let result = try makeTrainingRun(problem, settings: settings).evaluate()
    let warns = result.warnings.contains { $0.hasPrefix("SPIN CONTAMINATION") }
    #expect(result.spinSquared != nil && warns == (anisotropy == 1))
  }

  /// A symmetric random state's energy is that of its amplitudes on all strings.
  @Test(arguments: [AnsatzKind.transformer, .retnet])
  func symmetricEnergyIsThatOfTheDenseMatrix(_ ansatz: AnsatzKind) throws {
    // Ten sites: momentum π and odd under flip, so that signs matter.
    let geometry = try LatticeGeometry(.chain, size: "10")
    let problem = Problem.lattice(
      LatticeModel(
        geometry: geometry, interaction: .heisenberg(j1: 1, j2: 0.2, anisotropy: 1)))
    let settings = smallSettings {
      $0.ansatz.kind = ansatz
      $0.start.kind = .random
      $0.evaluation.leading = 1000
    }
    let snapshot = try makeTrainingRun(problem, settings: settings).snapshot()
      .scrambled(seed: 5, by: 0.3)
    #expect(snapshot.symmetries.count == 40)
    #expect(snapshot.symmetries.contains { $0.character == -1 })
    let run = try makeTrainingRun(problem, settings: settings, snapshot: snapshot)
    let result = try run.evaluate()
    var amplitudes: [Configuration<UInt64>: (real: Double, imaginary: Double)] = [:]
    for entry in result.leading {
      let x = Configuration<UInt64>(alpha: entry.alpha[0])
      for symmetry in snapshot.symmetries {
        let modulus = exp(entry.logModulus) * Double(symmetry.character)
        amplitudes[symmetry.apply(to: x)] = (
          modulus * cos(entry.phase), modulus * sin(entry.phase)
        )
      }
    }
    let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(on: geometry, j1: 1, j2: 0.2)
    var norm = 0.0
    var energy = 0.0
    var square = 0.0
    for (x, psi) in amplitudes {
      let diagonal = hamiltonian.diagonalElement(x)
      var image = (real: diagonal * psi.real, imaginary: diagonal * psi.imaginary)
      var row = ConnectionList<UInt64>()
      hamiltonian.appendConnections(of: x, above: 0, to: &row)
      for (y, element) in zip(row.configurations, row.elements) {
        image.real += element * (amplitudes[y]?.real ?? 0)
        image.imaginary += element * (amplitudes[y]?.imaginary ?? 0)
      }
      norm += psi.real * psi.real + psi.imaginary * psi.imaginary
      energy += psi.real * image.real + psi.imaginary * image.imaginary
      square += image.real * image.real + image.imaginary * image.imaginary
    }
    #expect(abs(norm - 1) < 1e-9)
    #expect(abs(result.energy - energy) < 1e-8)
    #expect(abs(result.variance - (square - energy * energy)) < 1e-7)
    // A sampled step of the same state sees that energy too.
    let small = smallSettings {
      $0.ansatz.kind = ansatz
      $0.start.kind = .random
      $0.sampling.maximumSamples = 5
    }
    let row = try makeTrainingRun(problem, settings: small, snapshot: snapshot).step()
    #expect(row.error > 0 && abs(row.energy - energy) < 6 * row.error)
  }

  /// Frustration in a sector too large for certainty leaves no lattice symmetry, and no others fewer.
  @Test func largeFrustratedSectorsAreNotGuessed() throws {
    func run(j2: Double, flip: Bool? = nil) throws -> Snapshot {
      let model = LatticeModel(
        geometry: try LatticeGeometry(.chain, size: "22"),
        interaction: .heisenberg(j1: 1, j2: j2, anisotropy: 1))
      let settings = smallSettings { $0.ansatz.spinFlipSymmetry = flip }
      return try makeTrainingRun(.lattice(model), settings: settings).snapshot()
    }
    let frustrated = try run(j2: 0.3)
    #expect(frustrated.symmetries.isEmpty && frustrated.spinFlipParity == 0)
    // Unless asked for: as in a singlet.
    #expect(try run(j2: 0.3, flip: true).spinFlipParity == -1)
    #expect(try run(j2: -0.3).symmetries.count == 88)
  }

  /// The start is a state of the symmetric sector, below its best single orbit.
  @Test(arguments: [0, 0.2]) func startIsBelowTheReference(_ j2: Double) throws {
    let model = LatticeModel(
      geometry: try LatticeGeometry(.chain, size: "14"),
      interaction: .heisenberg(j1: 1, j2: j2, anisotropy: 1))
    var settings = Settings()
    settings.threads = 2
    let run = try makeTrainingRun(.lattice(model), settings: settings)
    try run.prepare { _ in }
    #expect(try run.evaluate().energy < run.referenceEnergy - 0.5)
  }

  @Test func longitudinalFieldsLeaveNoSpinFlip() throws {
    let model = LatticeModel(
      geometry: try LatticeGeometry(.chain, size: "8"),
      interaction: .ising(coupling: 1, field: 1, longitudinalField: 0.1))
    let snapshot = try makeTrainingRun(.lattice(model), settings: smallSettings()).snapshot()
    #expect(snapshot.spinFlipParity == 0)
    #expect(snapshot.symmetries.count == 16 && snapshot.symmetries.allSatisfy { !$0.flipsSpins })
    let settings = smallSettings { $0.ansatz.spinFlipSymmetry = true }
    #expect(throws: TrainingError.self) {
      try makeTrainingRun(.lattice(model), settings: settings)
    }
  }

  /// Stored runs go on only where digests stay what they were.
  @Test func digestsStay() throws {
    func digest(
      _ cell: LatticeUnitCell, _ size: String, _ boundary: LatticeGeometry.Boundary,
      _ interaction: LatticeModel.Interaction, _ magnetization: Int? = nil,
      bonds: [BondCoupling]? = nil
    ) throws -> String {
      Problem.lattice(
        LatticeModel(
          geometry: try LatticeGeometry(cell, size: size, boundary: boundary),
          interaction: interaction, bonds: bonds, twiceMagnetization: magnetization)
      ).digest
    }
    #expect(
      try digest(.square, "4x4", .periodic, .heisenberg(j1: 1, j2: 0.5, anisotropy: 1))
        == "fnv1a64:2d04f60894d6bac1")
    #expect(
      try digest(.chain, "6", .open, .ising(coupling: 1, field: 0.5)) == "fnv1a64:03e74e0474f52d9b")
    #expect(
      try digest(.kagome, "2x2", .periodic, .heisenberg(j1: 1, j2: 0, anisotropy: 0.5), 2)
        == "fnv1a64:eb5f8b6c11b0e02e")
    // What is new tells problems apart.
    let bond = BondCoupling(0, 1, strength: 1)
    let digests = [
      try digest(.chain, "6", .open, .ising(coupling: 1, field: 0.5)),
      try digest(.chain, "6", .open, .ising(coupling: 1, field: 0.5, longitudinalField: 1)),
      try digest(.chain, "6", .open, .ising(coupling: 1, field: 0.5), bonds: [bond]),
      try digest(
        .chain, "6", .open, .ising(coupling: 1, field: 0.5),
        bonds: [BondCoupling(0, 1, strength: 1, transverse: 2)]),
      try digest(.chain, "6", .open, .heisenberg(j1: 1, j2: 0, anisotropy: 1)),
      try digest(.chain, "6", .open, .heisenberg(j1: 1, j2: 0, j3: 1, anisotropy: 1)),
    ]
    #expect(Set(digests).count == digests.count)
  }

  @Test func largeLatticesAreNotForTheseNetworks() throws {
    let model = LatticeModel(
      geometry: try LatticeGeometry(.square, size: "20x20"),
      interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1))
    #expect(try model.makeTerms().couplings.count == 800)
    let error = #expect(throws: TrainingError.self) {
      try makeTrainingRun(.lattice(model), settings: smallSettings())
    }
    #expect(error?.code == .invalidSettings)
  }

  @Test func snapshotsOfOtherSymmetriesAreRefused() throws {
    func problem(_ size: String) throws -> Problem {
      .lattice(
        LatticeModel(
          geometry: try LatticeGeometry(.chain, size: size),
          interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1)))
    }
    let settings = smallSettings()
    let snapshot = try makeTrainingRun(try problem("8"), settings: settings).snapshot()
    #expect(throws: Never.self) {
      try makeTrainingRun(try problem("8"), settings: settings, snapshot: snapshot)
    }
    var missing = snapshot
    missing.symmetries.removeLast()
    var foreign = snapshot
    foreign.symmetries = [
      SpinSymmetry(permutation: Array(0..<8)), SpinSymmetry(permutation: [1, 0, 2, 3, 4, 5, 6, 7]),
    ]
    for wrong in [missing, foreign] {
      #expect(throws: TrainingError.self) {
        try makeTrainingRun(try problem("8"), settings: settings, snapshot: wrong)
      }
    }
    #expect(throws: TrainingError.self) {
      try makeTrainingRun(try problem("10"), settings: settings, snapshot: snapshot)
    }
    // Asked for where there are too many strings to list.
    #expect(throws: TrainingError.self) {
      try makeTrainingRun(
        try problem("40"), settings: smallSettings { $0.ansatz.latticeSymmetry = true })
    }
  }

  /// More sites than a 64-bit word holds.
  @Test func wideLatticesRun() throws {
    let geometry = try LatticeGeometry(.chain, size: "66")
    let settings = smallSettings {
      $0.sampling.maximumSamples = 24
      $0.sampling.draws = 200
      $0.convergence.steps = 2
      $0.evaluation.draws = 100
    }
    let run = try makeTrainingRun(
      .lattice(
        LatticeModel(
          geometry: geometry, interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1))),
      settings: settings)
    try finish(run)
    let result = try run.evaluate()
    #expect(!result.isExactSum && result.draws == 100 && result.error > 0)
    // Above the energy of Bethe's infinite chain, ¼ − log 2 for each site.
    #expect(result.energy > -0.443_147_2 * 66 - 5 * result.error)
    #expect(result.energy.isFinite && run.sectorDimension > 1e18)
    #expect(
      result.leading.allSatisfy {
        ($0.alpha[0].nonzeroBitCount + $0.alpha[1].nonzeroBitCount) == 33
      })
  }
}
