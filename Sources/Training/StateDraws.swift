public import Configurations
internal import Foundation
internal import Parallelism
internal import Sampling
internal import WaveFunctions

/// Distinct configurations that were drawn from a trained state.
public struct StateDraws: Sendable, Hashable {
  /// The configurations, not only representatives, by falling `|ψ|`.
  public var configurations: [Configuration<UInt128>] = []
  /// How often each was drawn.
  public var counts: [Int] = []
  /// log|ψ| of each, where `|ψ|²` sums to 1 over the sector.
  public var logModulus: [Double] = []
  /// arg ψ of each, in radians.
  public var phase: [Double] = []
  /// The number of draws.
  public var draws = 0
}

extension TrainedState {
  /// The most distinct configurations of ``draw(_:seed:)``.
  public static var drawLimit: Int { 5_000_000 }

  /// Draws configurations from `|ψ|²`, independently of one another.
  ///
  /// Conditionals are followed from the first position to the last, so there is no chain and no autocorrelation. What is
  /// drawn of an orbit is one of its members, each with the same probability.
  ///
  /// - Parameters:
  ///   - draws: The number of draws, from 1 to 10¹².
  ///   - seed: The seed of the draws.
  /// - Returns: The distinct configurations with their counts, whose sum is `draws`.
  /// - Throws: ``TrainingError`` where more than ``drawLimit`` are distinct.
  public func draw(_ draws: Int, seed: UInt64) throws(TrainingError) -> StateDraws {
    precondition((1...1_000_000_000_000).contains(draws), "\(draws) draws")
    return positions <= UInt64.bitWidth
      ? try draw(draws, makeWaveFunction(UInt64.self), seed)
      : try draw(draws, makeWaveFunction(UInt128.self), seed)
  }

  private func draw<Word: ConfigurationWord>(
    _ draws: Int, _ waveFunction: any AutoregressiveWaveFunction<Word>, _ seed: UInt64
  ) throws(TrainingError) -> StateDraws {
    let stream = RandomSource(seed: seed).split(0x4452_4157)
    let drawn = TreeSampler(of: waveFunction, execution: Execution(threads: settings.threads))
      .sample(
        .draws(Double(draws)), maximumDistinct: min(draws, Self.drawLimit), random: stream.split(1))
    guard drawn.droppedWeight == 0 else {
      throw TrainingError(
        .invalidSettings,
        "\(draws) draws give more than \(Self.drawLimit) distinct configurations; ask for fewer `draws`"
      )
    }
    var random = stream.split(2)
    var configurations: [Configuration<Word>] = []
    var counts: [Int] = []
    for (representative, weight) in zip(drawn.configurations, drawn.weights) {
      let members = waveFunction.space.members(of: representative)
      var left = weight
      for (place, member) in members.enumerated() where left > 0 {
        let count = drawBinomial(
          trials: left, probability: 1 / Double(members.count - place), using: &random)
        left -= count
        if count == 0 { continue }
        configurations.append(member)
        counts.append(Int(count))
      }
    }
    let amplitudes = waveFunction.logAmplitudes(of: configurations)
    let order = configurations.indices.sorted {
      amplitudes.logModulus[$0] == amplitudes.logModulus[$1]
        ? $0 < $1 : amplitudes.logModulus[$0] > amplitudes.logModulus[$1]
    }
    return StateDraws(
      configurations: order.map {
        Configuration(
          alpha: UInt128(truncatingIfNeeded: configurations[$0].alpha),
          beta: UInt128(truncatingIfNeeded: configurations[$0].beta))
      },
      counts: order.map { counts[$0] }, logModulus: order.map { amplitudes.logModulus[$0] },
      phase: order.map { amplitudes.phase[$0] }, draws: draws)
  }
}

extension ConfigurationSpace {
  /// The configurations that a representative stands for, itself first.
  fileprivate func members(of representative: Configuration<Word>) -> [Configuration<Word>] {
    var members = [representative]
    if !symmetries.isEmpty {
      for symmetry in symmetries {
        let image = symmetry.apply(to: representative)
        if !members.contains(image) { members.append(image) }
      }
    } else if spinFlipParity != 0 {
      let image = flipped(representative)
      if image != representative { members.append(image) }
    }
    return members
  }
}
