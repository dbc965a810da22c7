import Estimators
import Foundation
import Hamiltonians
import Integrals
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

  /// A power of two scales every number without rounding: all digits stay, at any size.
  @Test(arguments: ways.indices, [0.0625, 1024])
  func powersOfTwoChangeNoDigit(_ way: Int, _ factor: Double) throws {
    for file in ["lih_sto3g", "hubbard_1d_l6_u4", "oh_uhf_sto3g"] {
      let integrals = try bundled(file)
      let plain = try run(.molecule(integrals, irrep: .automatic), Self.ways[way].change)
      let other = try run(
        .molecule(scaled(integrals, by: factor, 0), irrep: .automatic), Self.ways[way].change)
      #expect(plain.trace.map { $0.energy * factor } == other.trace.map(\.energy), "\(file)")
      #expect(
        plain.trace.map { ($0.residual ?? 0) * factor } == other.trace.map { $0.residual ?? 1 })
      #expect(plain.result.energy * factor == other.result.energy)
      #expect(plain.result.error * factor == other.result.error)
      #expect(plain.result.remainingError.map { $0 * factor } == other.result.remainingError)
      #expect(plain.result.isConverged == other.result.isConverged)
      #expect(plain.result.isCollapsed == other.result.isCollapsed)
      #expect(plain.result.warnings.count == other.result.warnings.count)
    }
  }

  @Test func latticesScaleWithTheirCoupling() throws {
    func problem(_ factor: Double) throws -> Problem {
      .lattice(
        LatticeModel(
          geometry: try LatticeGeometry(.square, size: "3x4"),
          interaction: .heisenberg(j1: factor, j2: factor / 2, anisotropy: 1)))
    }
    let change: (inout Settings) -> Void = { $0.convergence.steps = 12 }
    let plain = try run(problem(1), change)
    let other = try run(problem(256), change)
    #expect(plain.trace.map { $0.energy * 256 } == other.trace.map(\.energy))
    #expect(plain.result.energy * 256 == other.result.energy)
    #expect(plain.result.isConverged == other.result.isConverged)
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
