import Configurations
import ExactSolvers
import Hamiltonians
import Testing
import Training

@Suite struct LatticeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var cell: LatticeUnitCell
    var size: String
    var interaction: LatticeModel.Interaction
    var boundary: LatticeGeometry.Boundary = .periodic

    var testDescription: String { "\(cell.name) \(size) \(boundary), \(interaction)" }
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
    return cases
  }

  /// The parity that a run imposes is that of the exact ground state.
  @Test(arguments: cases) func parityIsThatOfTheGroundState(_ example: Case) throws {
    let geometry = try LatticeGeometry(
      example.cell, size: example.size, boundary: example.boundary)
    let sites = geometry.siteCount
    let solver: LatticeExactDiagonalization
    switch example.interaction {
    case .heisenberg(let j1, let j2, let anisotropy):
      solver = try LatticeExactDiagonalization(
        .heisenberg(on: geometry, j1: j1, j2: j2, anisotropy: anisotropy), upCount: sites / 2)
    case .ising(let coupling, let field):
      solver = try LatticeExactDiagonalization(
        .ising(on: geometry, coupling: coupling, field: field), upCount: nil)
    }
    let exact = try solver.solve(levels: 2)
    let run = try makeTrainingRun(
      .lattice(LatticeModel(geometry: geometry, interaction: example.interaction)),
      settings: smallSettings())
    let parity = run.snapshot().spinFlipParity
    // Degenerate levels have states of either parity.
    if parity == 0 || exact.energies[1] - exact.energies[0] < 1e-8 { return }
    let mask = (UInt64(1) << UInt64(sites)) - 1
    var overlap = 0.0
    for index in exact.states[0].indices {
      let flipped = ~solver.basis.spins(at: index) & mask
      overlap += exact.states[0][index] * exact.states[0][solver.basis.index(of: flipped)]
    }
    #expect(abs(overlap - Double(parity)) < 1e-5)
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
