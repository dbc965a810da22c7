import Estimators
import Foundation
import Hamiltonians
import Integrals
import Optimization
import Problems
import Testing
import Training

/// `c H + d` is solved in the same steps as `H`.
@Suite struct ScaleTests {
  private func scaled(
    _ integrals: MolecularIntegrals, by c: Double, _ d: Double
  )
    -> MolecularIntegrals
  {
    var result = integrals
    result.coreEnergy = c * integrals.coreEnergy + d
    result.oneBodyAlpha = integrals.oneBodyAlpha.map { c * $0 }
    result.oneBodyBeta = integrals.oneBodyBeta?.map { c * $0 }
    result.twoBodyAlphaAlpha = integrals.twoBodyAlphaAlpha.map { c * $0 }
    result.twoBodyBetaBeta = integrals.twoBodyBetaBeta?.map { c * $0 }
    result.twoBodyAlphaBeta = integrals.twoBodyAlphaBeta?.map { c * $0 }
    return result
  }

  private func run(
    _ problem: Problem, _ change: (inout Settings) -> Void
  ) throws -> (trace: [TraceRow], result: FinalResult) {
    let settings = smallSettings {
      $0.threads = 1
      change(&$0)
    }
    let run = try makeTrainingRun(problem, settings: settings)
    try run.prepare { _ in }
    try finish(run)
    run.settle()
    return (run.trace, try run.evaluate())
  }

  static let ways: [(name: String, change: @Sendable (inout Settings) -> Void)] = [
    ("whole sector", { $0.convergence.steps = 25 }),
    (
      "sampled",
      {
        $0.convergence.steps = 5
        $0.sampling.maximumSamples = 40
        $0.evaluation.exactLimit = 10
        $0.evaluation.maximumSamples = 60
      }
    ),
    (
      "annealed",
      {
        $0.convergence.steps = 10
        $0.annealing.kind = .linear
        $0.localEnergy.mode = .screened
      }
    ),
    (
      "Adam",
      {
        $0.convergence.steps = 30
        $0.optimizer.kind = .adam
      }
    ),
  ]

  /// Whether a run is another one with all energies times a factor.
  ///
  /// Up to three times: other tests of this process may change the number of BLAS's threads, and rounding
  /// with it, while one of the two runs.
  private func agree(
    _ first: () throws -> Problem, _ second: () throws -> Problem, _ factor: Double,
    _ change: (inout Settings) -> Void
  ) throws -> Bool {
    for _ in 0..<3 {
      let plain = try run(try first(), change)
      let other = try run(try second(), change)
      let (x, y) = (plain.result, other.result)
      let areEqual =
        plain.trace.map { $0.energy * factor } == other.trace.map(\.energy)
        && plain.trace.map { ($0.residual ?? 0) * factor } == other.trace.map { $0.residual ?? 1 }
        && [x.energy, x.error, x.remainingError ?? 0, x.leakEnergy].map { $0 * factor }
          == [y.energy, y.error, y.remainingError ?? 1, y.leakEnergy]
        && x.spinSquared == y.spinSquared && x.isConverged == y.isConverged
        && x.isCollapsed == y.isCollapsed && x.warnings.count == y.warnings.count
      if areEqual { return true }
    }
    return false
  }

  /// A power of two scales every number without rounding: all digits stay, at any size.
  @Test(arguments: ways.indices, [0.0625, 0x1p40])
  func powersOfTwoChangeNoDigit(_ way: Int, _ factor: Double) throws {
    for file in ["lih_sto3g", "hubbard_1d_l6_u4", "oh_uhf_sto3g"] {
      let integrals = try bundled(file)
      let isSame = try agree(
        { .molecule(integrals, irrep: .automatic) },
        { .molecule(scaled(integrals, by: factor, 0), irrep: .automatic) }, factor,
        Self.ways[way].change)
      #expect(isSame, "\(file)")
    }
  }

  @Test func latticesScaleWithTheirCoupling() throws {
    func problem(_ factor: Double) throws -> Problem {
      .lattice(
        LatticeModel(
          geometry: try LatticeGeometry(.square, size: "3x4"),
          interaction: .heisenberg(j1: factor, j2: factor / 2, anisotropy: 1)))
    }
    let isSame = try agree(
      { try problem(1) }, { try problem(256) }, 256, { $0.convergence.steps = 12 })
    #expect(isSame)
  }

  /// Other factors and a constant change digits by rounding only.
  @Test(arguments: ["lih_sto3g", "h4_square_sto3g"])
  func factorAndConstantChangeLittle(_ file: String) throws {
    let (c, d) = (0.037, 12.5)
    let integrals = try bundled(file)
    let plain = try run(.molecule(integrals, irrep: .automatic)) { $0.convergence.steps = 200 }
    let other = try run(.molecule(scaled(integrals, by: c, d), irrep: .automatic)) {
      $0.convergence.steps = 200
    }
    for (first, second) in zip(plain.trace, other.trace).prefix(5) {
      #expect(abs(first.energy - (second.energy - d) / c) < 1e-5)
    }
    #expect(abs(plain.trace.count - other.trace.count) <= 5)
    #expect(plain.result.isConverged && other.result.isConverged)
    #expect(abs(plain.result.energy - (other.result.energy - d) / c) < 1e-5)
  }
}
