public import Configurations
internal import Foundation

/// A Markov chain whose proposals are independent draws from q: neural Markov chain Monte Carlo.
///
/// A proposal is accepted with min(1, w'/w), `w = exp(−β H)/q`. Averages are those of the Boltzmann
/// distribution whatever q is; how far they can be trusted says the integrated autocorrelation time
/// `τ = 1 + 2 Σ Γ(t)`, up to the first negative Γ (arXiv:2203.10989), in the energy.
public struct IndependenceChain: Codable, Sendable, Hashable {
  /// The share of accepted proposals.
  public var acceptance: Double
  /// τ of the energy.
  public var autocorrelationTime: Double
  /// The length of the chain.
  public var length: Int
  /// ⟨H⟩/N.
  public var energy: ImportanceEstimates.Estimate
  /// β² (⟨H²⟩ − ⟨H⟩²)/N.
  public var specificHeat: ImportanceEstimates.Estimate
  /// ⟨|M|⟩/N.
  public var magnetization: ImportanceEstimates.Estimate

  /// Runs the chain through draws in their order, from the first.
  ///
  /// - Parameters:
  ///   - logWeights: `−β H − ln q`, `[n]`.
  ///   - energies: `H`, `[n]`.
  ///   - magnetizations: `M`, `[n]`.
  ///   - beta: β.
  ///   - sites: N.
  ///   - random: The generator.
  public init(
    logWeights: [Double], energies: [Double], magnetizations: [Double], beta: Double, sites: Int,
    random: inout RandomSource
  ) {
    let count = logWeights.count
    var current = 0
    var accepted = 0
    var states: [Int] = []
    states.reserveCapacity(count)
    for proposal in 0..<count {
      let difference = logWeights[proposal] - logWeights[current]
      if proposal == 0 || difference >= 0 || random.uniform() < exp(difference) {
        current = proposal
        if proposal > 0 { accepted += 1 }
      }
      states.append(current)
    }
    let n = Double(sites)
    let chain = states.map { energies[$0] }
    let absolute = states.map { abs(magnetizations[$0]) }
    let mean = chain.reduce(0, +) / Double(count)
    let squares = chain.map { ($0 - mean) * ($0 - mean) }
    let (tau, error) = Self.error(of: chain)
    let heat = squares.reduce(0, +) / Double(count)
    acceptance = count > 1 ? Double(accepted) / Double(count - 1) : 1
    autocorrelationTime = tau
    length = count
    energy = .init(value: mean / n, error: error / n)
    specificHeat = .init(
      value: beta * beta * heat / n, error: beta * beta * Self.error(of: squares).error / n)
    magnetization = .init(
      value: absolute.reduce(0, +) / Double(count) / n, error: Self.error(of: absolute).error / n)
  }

  /// Returns τ and the standard error of the mean of a series.
  public static func error(of series: [Double]) -> (tau: Double, error: Double) {
    let count = series.count
    let mean = series.reduce(0, +) / Double(count)
    let deviations = series.map { $0 - mean }
    let variance = deviations.reduce(0) { $0 + $1 * $1 } / Double(count)
    guard variance > 0, count > 1 else { return (1, 0) }
    var tau = 1.0
    for lag in 1..<count {
      var sum = 0.0
      for index in 0..<count - lag { sum += deviations[index] * deviations[index + lag] }
      let gamma = sum / Double(count - lag) / variance
      if gamma < 0 { break }
      tau += 2 * gamma
    }
    return (tau, (variance * tau / Double(count)).squareRoot())
  }
}
