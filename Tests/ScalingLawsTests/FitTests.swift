import Configurations
import Foundation
import ScalingLaws
import Testing

@Suite("Scaling fits") struct FitTests {
  /// Runs that follow a law, with Gaussian noise of ln V from seed to seed.
  private func rows(
    alpha: Double, beta: Double, spread: Double, seeds: Int, depths: [Int] = [2, 4, 6, 8],
    sizes: [Int] = [144, 256, 400], random: inout RandomSource
  ) -> [ScalingRow] {
    var rows: [ScalingRow] = []
    for size in sizes {
      for depth in depths {
        let forward = 1e5 * Double(size * depth)
        let mean = 12 - alpha * log(forward * 1e4) + beta * log(Double(size))
        for seed in 0..<seeds {
          rows.append(
            ScalingRow(
              hamiltonian: "square:0.5", architecture: "\(depth) layers", sites: size,
              forwardOperations: forward, samples: 16_384, steps: 10_000, seed: "\(seed)",
              vScore: exp(mean + spread * random.normal())))
        }
      }
    }
    return rows
  }

  private func fit(_ rows: [ScalingRow], replicas: Int = 1000) throws -> ScalingFit {
    let families = ScalingFamily.families(of: rows)
    try #require(families.count == 1)
    return try ScalingFit(families[0], replicas: replicas)
  }

  @Test func exactPointsGiveTheExactLaw() throws {
    var random = RandomSource(seed: 1)
    let fit = try fit(rows(alpha: 0.86, beta: 0.93, spread: 0, seeds: 1, random: &random))
    #expect(abs(fit.alpha.value - 0.86) < 1e-10)
    #expect(abs(try #require(fit.beta).value - 0.93) < 1e-10)
    #expect(abs(fit.logPrefactor.value - 12) < 1e-9)
    #expect(abs(fit.logPrefactor(samples: 16_384) - 12 - 0.86 * log(16_384)) < 1e-9)
    #expect(fit.alpha.error < 1e-9 && fit.chiSquare == nil && fit.degreesOfFreedom == 9)
    // The collapse: V = A x^(−α).
    let x = fit.collapsed(operations: 1e12, sites: 256)
    #expect(abs(log(fit.vScore(operations: 1e12, sites: 256)) - 12 + 0.86 * log(x)) < 1e-9)
  }

  /// Of errors of one σ some 68 % of fits should cover the truth; the pooled spread and the least of several seeds
  /// are what may go wrong.
  @Test(arguments: [3, 2]) func errorsCoverTheTruth(_ seeds: Int) throws {
    let source = RandomSource(seed: 5).split(UInt64(seeds))
    let count = 400
    var (alphas, betas, pull) = (0, 0, 0.0)
    for number in 0..<count {
      var random = source.split(UInt64(number))
      let fit = try fit(
        rows(alpha: 0.86, beta: 0.93, spread: 0.15, seeds: seeds, random: &random), replicas: 100)
      let beta = try #require(fit.beta)
      if abs(fit.alpha.value - 0.86) < fit.alpha.error { alphas += 1 }
      if abs(beta.value - 0.93) < beta.error { betas += 1 }
      pull += (fit.alpha.value - 0.86) / fit.alpha.error
    }
    #expect((0.60...0.76).contains(Double(alphas) / Double(count)), "\(alphas)")
    #expect((0.60...0.76).contains(Double(betas) / Double(count)), "\(betas)")
    // Not biased: the mean of 400 pulls has the error 0.05.
    #expect(abs(pull / Double(count)) < 0.2, "\(pull / Double(count))")
  }

  /// What seeds differ by is not counted twice where it is statistical.
  @Test func statisticalErrorsAreInTheSpread() throws {
    func point(_ scores: [Double], error: Double) -> [ScalingRow] {
      scores.enumerated().map {
        ScalingRow(
          hamiltonian: "a", sites: 4, forwardOperations: 1, samples: 1, steps: 1,
          seed: "\($0.offset)", vScore: $0.element, vScoreError: error * $0.element)
      }
    }
    let spread = log(2.0) * log(2) / 2
    for (error, expected) in [(0.0, spread), (0.1, spread - 0.01), (3, 0)] {
      let family = ScalingFamily.families(of: point([1, 2], error: error))[0]
      #expect(abs(try #require(family.pooledSpread) - expected) < 1e-12)
      #expect(abs(family.errors[0] - max(spread, error * error).squareRoot()) < 1e-12)
    }
  }

  @Test func statisticalErrorsWeigh() throws {
    var random = RandomSource(seed: 3)
    var rows = rows(alpha: 1, beta: 1, spread: 0, seeds: 1, random: &random)
    for index in rows.indices { rows[index].vScoreError = 0.01 * rows[index].vScore }
    // One point is wrong, and says that it may be.
    rows[0].vScore *= 3
    rows[0].vScoreError = 10 * rows[0].vScore
    let fit = try fit(rows)
    #expect(abs(fit.alpha.value - 1) < 1e-3)
    #expect(try #require(fit.chiSquare) < 0.1)
    // The closed form of the error of a slope, without a scale: χ²/dof is below 1.
    #expect(fit.alphaSeedError == nil && fit.alphaNoiseError > 0.003)
  }

  @Test func oneSizeGivesAlphaOnly() throws {
    var random = RandomSource(seed: 4)
    let rows = rows(alpha: 0.5, beta: 0.5, spread: 0.05, seeds: 3, sizes: [144], random: &random)
    let fit = try fit(rows)
    #expect(fit.beta == nil && fit.degreesOfFreedom == 2)
    #expect(abs(fit.alpha.value - 0.5) < 4 * fit.alpha.error)
    #expect(fit.collapsed(operations: 7, sites: 144) == 7)
  }

  static let undetermined: [(depths: [Int], sizes: [Int], seeds: Int, part: String)] = [
    ([2], [144, 256], 3, "one number of operations only"),
    ([2], [144], 3, "one number of operations"),
    ([2, 4], [144], 1, "without errors"),
  ]

  @Test(arguments: undetermined.indices) func whatIsMissingIsSaid(_ index: Int) throws {
    let (depths, sizes, seeds, part) = Self.undetermined[index]
    var random = RandomSource(seed: 6)
    let rows = rows(
      alpha: 1, beta: 1, spread: 0.1, seeds: seeds, depths: depths, sizes: sizes, random: &random)
    let error = #expect(throws: ScalingFitError.self) { try fit(rows) }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
  }

  @Test func tooFewPointsAndMissingErrorsAreRefused() throws {
    var random = RandomSource(seed: 7)
    var rows = rows(
      alpha: 1, beta: 1, spread: 0, seeds: 1, depths: [2, 4], sizes: [144, 256], random: &random)
    // Two points for three parameters: one size with two depths needs a third point of another.
    var three = rows
    three.removeLast()
    for index in three.indices { three[index].vScoreError = 0.1 * three[index].vScore }
    let fit = try fit(three)
    #expect(fit.degreesOfFreedom == 0 && abs(fit.alpha.value - 1) < 1e-9)
    rows[0].vScoreError = 0.1 * rows[0].vScore
    let error = #expect(throws: ScalingFitError.self) { try self.fit(rows) }
    #expect(error?.description.contains("has no error, and others have") == true)
  }

  @Test func seedsAreReducedAsPublished() {
    func point(_ scores: [Double]) -> ScalingPoint {
      ScalingPoint(
        scores.enumerated().map {
          ScalingRow(
            hamiltonian: "a", sites: 4, forwardOperations: 1, samples: 1, steps: 1,
            seed: "\($0.offset)", vScore: $0.element)
        })
    }
    let three = point([0.3, 0.1, 0.2])
    #expect(three.vScore == 0.1 && three.kept.map(\.vScore) == [0.1, 0.2])
    #expect(three.dropped.map(\.seed) == ["0"])
    // The variance of two numbers is half the square of their difference.
    #expect(abs((three.spread ?? 0) - log(2) * log(2) / 2) < 1e-12)
    #expect(point([0.3, 0.1]).dropped.isEmpty && point([0.3]).spread == nil)
    #expect(point([1, 2, 3, 4, 5, 6]).kept.count == 4)
  }

  @Test func runsMadeInOtherWaysAreApart() {
    var random = RandomSource(seed: 8)
    var rows = rows(alpha: 1, beta: 1, spread: 0.1, seeds: 2, random: &random)
    for index in rows.indices where index % 2 == 0 { rows[index].conditions = "patch 2" }
    let families = ScalingFamily.families(of: rows)
    #expect(families.map(\.conditions) == ["patch 2", ""])
    #expect(families.allSatisfy { $0.points.count == 12 && $0.sizes == [144, 256, 400] })
    #expect(ScalingFamily.families(of: rows.reversed()).map(\.points.count) == [12, 12])
  }

  @Test func publishedTable() throws {
    #expect(PublishedExponents.all.map(\.alpha.value) == [1.29, 0.86, 0.54, 0.40])
    #expect(PublishedExponents.row(of: "triangular:0.125")?.beta == Estimate(0.42, 0.02))
    #expect(PublishedExponents.row(of: "square:0.2") == nil)
    // With f = C N_opt, ln A gives V-scores of other papers with the same network, d = 72 and 8 layers: 0.009 from
    // the variance of 0.0022 a site at -0.49638 (square, J2 = 0.5), 0.013 from 0.004 at -0.5505 (triangular), both of
    // arXiv:2602.02665. With M in f it would be 4,000 and 200 times less.
    for (name, side, patches, known) in [
      ("square:0.5", 20.0, 25.0, 0.009), ("triangular:0", 18, 36, 0.013),
    ] {
      let row = try #require(PublishedExponents.row(of: name))
      let forward = 8 * patches * (20 * 72 * 72 + 2 * patches * 72)
      let score = exp(
        row.logPrefactor.value - row.alpha.value * log(forward * 1e4)
          + row.beta.value * log(side * side))
      #expect(abs(log(score / known)) < 0.2, "\(name): \(score)")
    }
  }
}
