internal import Configurations
internal import Foundation

/// A law that points do not determine.
public struct ScalingFitError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is missing.
  public let description: String
}

/// A number with its standard error.
public struct Estimate: Sendable, Hashable {
  /// The number.
  public var value: Double
  /// Its standard error.
  public var error: Double

  /// Creates an estimate.
  public init(_ value: Double, _ error: Double) { (self.value, self.error) = (value, error) }
}

/// The law `V = A f^(−α) N^β` with `f = C N_opt`, fitted to the points of a family.
///
/// ```
/// ln V = ln A − α ln f + β ln N,    χ² = Σ_i (ln V_i − …)² / σ_i²  least
/// ```
///
/// with σ of ``ScalingFamily/errors``; f is in operations. With M samples in f as well, `f_M = C M N_opt`, ln A is
/// larger by `α ln M` and the rest the same. Of one size, β is not known: then `ln V = ln A − α ln f`, and ln A holds `β ln N`.
///
/// **Errors.** The larger one of two: that of refits with Gaussian noise of σ on the points, as in the paper, times
/// `√(χ²/dof)` where that is above 1; and that of refits with seeds drawn with replacement for each point. Replicas
/// are drawn from streams of their own, so the same points give the same errors.
///
/// ### References
///
/// R. Rende et al., arXiv:2606.02794. Its collapse by an optimiser is replaced by the least squares that minimises the same
/// distances in ln V; weights from the spread pooled over points are this program's.
public struct ScalingFit: Sendable, Hashable {
  /// α.
  public let alpha: Estimate
  /// β; nil where all points have one size.
  public let beta: Estimate?
  /// ln A.
  public let logPrefactor: Estimate
  /// The least sum of squares; nil where no point has an error.
  public let chiSquare: Double?
  /// Points less parameters.
  public let degreesOfFreedom: Int
  /// The part of the error of α that Gaussian noise gives, scaled.
  public let alphaNoiseError: Double
  /// The part of the error of α that drawing seeds again gives; nil for one seed each.
  public let alphaSeedError: Double?

  /// ln A with M in f.
  public func logPrefactor(samples: Int) -> Double {
    logPrefactor.value + alpha.value * log(Double(samples))
  }

  /// The law's V at f and N.
  public func vScore(operations: Double, sites: Int) -> Double {
    exp(
      logPrefactor.value - alpha.value * log(operations)
        + (beta?.value ?? 0) * log(Double(sites)))
  }

  /// The variable that sizes collapse in, `f N^(−β/α)`; f where β is not known.
  public func collapsed(operations: Double, sites: Int) -> Double {
    guard let beta else { return operations }
    return operations * pow(Double(sites), -beta.value / alpha.value)
  }

  /// Fits the law.
  ///
  /// - Parameters:
  ///   - family: The points.
  ///   - replicas: The number of refits for each of the errors.
  /// - Throws: ``ScalingFitError`` where the points do not determine α, or some of them have no error.
  public init(_ family: ScalingFamily, replicas: Int = 1000) throws(ScalingFitError) {
    try Self.check(family)
    let points = family.points
    let hasSizes = family.sizes.count > 1
    let errors = family.errors
    let isWeighted = errors.contains { $0 > 0 }
    let weights = errors.map { isWeighted ? 1 / ($0 * $0) : 1 }
    let system = LeastSquares(
      columns: [points.map { -log($0.best.operations) }]
        + (hasSizes ? [points.map { log(Double($0.best.sites)) }] : []), weights: weights)
    let values = points.map { log($0.vScore) }
    let solution = system.solve(values)
    let dof = points.count - solution.count
    let sum = system.residual(values, solution)
    // Without errors of their own the points' scatter has to do.
    let scale =
      dof > 0
      ? (isWeighted ? max(1, (sum / Double(dof)).squareRoot()) : (sum / Double(dof)).squareRoot())
      : 1
    let sigma = isWeighted ? errors : errors.map { _ in 1 }
    let source = RandomSource(seed: 0x7363_616C)
    let noise = Self.deviations(replicas, around: solution) { replica in
      var random = source.split(0).split(UInt64(replica))
      return system.solve(zip(values, sigma).map { $0 + $1 * random.normal() })
    }.map { scale * $0 }
    var drawn: [Double]?
    if points.contains(where: { $0.kept.count > 1 }) {
      drawn = Self.deviations(replicas, around: nil) { replica in
        var random = source.split(1).split(UInt64(replica))
        return system.solve(points.map { log(Self.redraw($0, &random)) })
      }
    }
    func estimate(_ index: Int) -> Estimate {
      Estimate(solution[index], max(noise[index], drawn?[index] ?? 0))
    }
    logPrefactor = estimate(0)
    alpha = estimate(1)
    beta = hasSizes ? estimate(2) : nil
    chiSquare = isWeighted ? sum : nil
    degreesOfFreedom = dof
    alphaNoiseError = noise[1]
    alphaSeedError = drawn?[1]
  }

  private static func check(_ family: ScalingFamily) throws(ScalingFitError) {
    let points = family.points
    let sizes = Dictionary(grouping: points, by: \.best.sites).mapValues {
      Set($0.map(\.best.operations)).count
    }
    guard sizes.values.contains(where: { $0 > 1 }) else {
      throw ScalingFitError(
        description:
          "every size has one number of operations only, so α is not determined: add runs with other depths or widths"
      )
    }
    let needed = sizes.count > 1 ? 3 : 2
    guard points.count >= needed else {
      throw ScalingFitError(
        description:
          "\(points.count) points do not determine \(needed) parameters: add runs with other depths, widths or sizes"
      )
    }
    let errors = family.errors
    if errors.contains(where: { $0 > 0 }), let index = errors.firstIndex(of: 0) {
      let best = points[index].best
      throw ScalingFitError(
        description:
          "the point of \(best.sites) sites and \(best.operations) operations has no error, and others have: give its "
          + "v_score_error or a second seed")
    }
    guard errors.contains(where: { $0 > 0 }) || points.count > needed else {
      throw ScalingFitError(
        description:
          "\(points.count) points without errors determine \(needed) parameters, but not how well: add points, seeds or "
          + "v_score_error")
    }
  }

  /// Draws the seeds of a point with replacement and reduces them; of one seed its statistical noise is drawn.
  private static func redraw(_ point: ScalingPoint, _ random: inout RandomSource) -> Double {
    let rows = point.kept + point.dropped
    if rows.count == 1 {
      return point.vScore * exp(point.statisticalVariance.squareRoot() * random.normal())
    }
    return ScalingPoint(
      rows.indices.map { _ in rows[Int(random.next() % UInt64(rows.count))] }
    ).vScore
  }

  /// The standard deviations of the parameters over replicas, around given ones or their means.
  private static func deviations(
    _ count: Int, around center: [Double]?, _ make: (Int) -> [Double]
  ) -> [Double] {
    let all = (0..<count).map(make)
    guard let first = all.first else { return center?.map { _ in 0 } ?? [] }
    return first.indices.map { index in
      let mean = center?[index] ?? all.reduce(0) { $0 + $1[index] } / Double(count)
      return (all.reduce(0) { $0 + ($1[index] - mean) * ($1[index] - mean) } / Double(count))
        .squareRoot()
    }
  }
}
