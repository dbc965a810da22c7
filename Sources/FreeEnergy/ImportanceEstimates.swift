internal import Foundation

/// Estimates from independent draws with weights `exp(−β H)/q`: neural importance sampling.
///
/// K. Nicoli et al., Phys. Rev. E 101, 023304 (2020). Errors are those of a jackknife over blocks of draws.
public struct ImportanceEstimates: Codable, Sendable, Hashable {
  /// A number with its standard error.
  public struct Estimate: Codable, Sendable, Hashable {
    /// The number.
    public var value: Double
    /// Its standard error.
    public var error: Double

    /// Creates an estimate.
    public init(value: Double, error: Double) {
      self.value = value
      self.error = error
    }
  }

  /// The effective sample size as a share of the draws: `(Σ w)²/(n Σ w²)`.
  public var effectiveShare: Double
  /// ln Z.
  public var logPartition: Estimate
  /// ⟨H⟩/N.
  public var energy: Estimate
  /// β² (⟨H²⟩ − ⟨H⟩²)/N.
  public var specificHeat: Estimate
  /// ⟨|M|⟩/N.
  public var magnetization: Estimate
  /// (ln Z + β ⟨H⟩)/N.
  public var entropy: Estimate

  /// `ln mean w − mean ln w`: the divergence of q from Boltzmann's distribution, as far as draws show it.
  public var divergence: Estimate

  /// The number of blocks of the jackknife.
  static let blocks = 128

  /// Computes the estimates.
  ///
  /// - Parameters:
  ///   - logWeights: `−β H − ln q`, `[n]`.
  ///   - energies: `H`, `[n]`.
  ///   - magnetizations: `M`, `[n]`.
  ///   - beta: β.
  ///   - sites: N.
  public init(
    logWeights: [Double], energies: [Double], magnetizations: [Double], beta: Double, sites: Int
  ) {
    let count = logWeights.count
    let shift = logWeights.reduce(-Double.infinity, max)
    // Second moments of differences from the mean do not cancel.
    let centre = energies.reduce(0, +) / Double(count)
    let blocks = min(Self.blocks, count)
    var sums = [SIMD8<Double>](repeating: .zero, count: blocks)
    for index in 0..<count {
      let w = exp(logWeights[index] - shift)
      let e = energies[index] - centre
      sums[index * blocks / count] += SIMD8(
        1, w, w * w, w * e, w * e * e, w * abs(magnetizations[index]), logWeights[index] - shift, 0)
    }
    let n = Double(sites)
    func values(_ s: SIMD8<Double>) -> [Double] {
      let logPartition = log(s[1] / s[0]) + shift
      let mean = s[3] / s[1]
      let energy = (mean + centre) / n
      let heat = beta * beta * (s[4] / s[1] - mean * mean) / n
      return [
        logPartition, energy, heat, s[5] / s[1] / n, logPartition / n + beta * energy,
        log(s[1] / s[0]) - s[6] / s[0],
      ]
    }
    let total = sums.reduce(.zero, +)
    let whole = values(total)
    // Sums of all blocks but one without a difference, which one large weight would cancel.
    var before = [SIMD8<Double>.zero]
    var after = before
    for block in sums { before.append(before[before.count - 1] + block) }
    for block in sums.reversed() { after.append(after[after.count - 1] + block) }
    let left = (0..<blocks).map { values(before[$0] + after[blocks - 1 - $0]) }
    func estimate(_ index: Int) -> Estimate {
      let mean = left.reduce(0) { $0 + $1[index] } / Double(blocks)
      let spread = left.reduce(0) { $0 + ($1[index] - mean) * ($1[index] - mean) }
      return Estimate(
        value: whole[index],
        error: (spread * Double(blocks - 1) / Double(blocks)).squareRoot())
    }
    effectiveShare = total[1] * total[1] / (total[0] * total[2])
    logPartition = estimate(0)
    energy = estimate(1)
    specificHeat = estimate(2)
    magnetization = estimate(3)
    entropy = estimate(4)
    divergence = estimate(5)
  }
}
