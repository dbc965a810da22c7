import Configurations
import Foundation
import NeuralNetworks
import Parallelism
import Sampling
import Testing
import WaveFunctions

@Suite struct TreeSamplerTests {
  enum Ansatz: CaseIterable {
    case transformer
    case retnet
    case made
    case nade

    func network(_ space: ConfigurationSpace<UInt64>) -> any AutoregressiveNetwork {
      let (positions, vocabulary) = (space.positions, space.vocabulary)
      switch self {
      case .transformer:
        return TransformerNetwork(
          configuration: TransformerConfiguration(width: 8, heads: 2, layers: 1, feedForward: 8),
          positions: positions, vocabulary: vocabulary)
      case .retnet:
        return RetNetNetwork(
          configuration: RetNetConfiguration(width: 8, heads: 2, layers: 1, feedForward: 8),
          positions: positions, vocabulary: vocabulary)
      case .made:
        return MADENetwork(
          configuration: MaskedConfiguration(hiddenWidths: [12]), positions: positions,
          vocabulary: vocabulary)
      case .nade:
        return NADENetwork(
          configuration: MaskedConfiguration(hiddenWidths: [4]), positions: positions,
          vocabulary: vocabulary)
      }
    }
  }

  /// A wave function whose conditionals are far from uniform.
  private static func waveFunction(
    _ space: ConfigurationSpace<UInt64>, _ ansatz: Ansatz = .transformer, spread: Double = 0.4,
    seed: UInt64 = 1
  ) -> NetworkWaveFunction<UInt64> {
    var random = RandomSource(seed: seed)
    let waveFunction = NetworkWaveFunction(
      space: space, network: ansatz.network(space),
      phaseNetwork: MultilayerPerceptron(
        configuration: PerceptronConfiguration(hiddenWidths: [4]),
        inputs: NetworkWaveFunction<UInt64>.phaseInputCount(of: space)),
      execution: .serial, random: &random)
    for index in waveFunction.blocks[0].range {
      waveFunction.parameters[index] += Float(spread * random.normal())
    }
    return waveFunction
  }

  private static func electrons(
    _ orbitals: Int, _ alpha: Int, _ beta: Int, parity: Int = 0
  ) -> ConfigurationSpace<UInt64> {
    ConfigurationSpace(
      alphaCount: alpha, betaCount: beta, orbitalIrreps: nil, irrep: nil,
      order: Array((0..<orbitals).reversed()), spinFlipParity: parity)
  }

  private static let spaces: [ConfigurationSpace<UInt64>] = [
    electrons(5, 2, 3), electrons(5, 2, 2, parity: 1), electrons(5, 2, 2, parity: -1),
    ConfigurationSpace(upCount: 3, order: [3, 0, 6, 1, 5, 2, 4]),
    ConfigurationSpace(upCount: nil, order: [0]),
    ConfigurationSpace(upCount: nil, order: [1, 0], spinFlipParity: 1),
    electrons(1, 1, 0), electrons(2, 1, 1),
  ]

  /// The probability of every representative, pairs counted as one.
  private func exact(_ waveFunction: NetworkWaveFunction<UInt64>) -> [Configuration<UInt64>: Double]
  {
    let all = waveFunction.space.allRepresentatives()
    var logModulus: [Double] = []
    var phase: [Double] = []
    waveFunction.logAmplitudes(of: all, logModulus: &logModulus, phase: &phase)
    return Dictionary(
      uniqueKeysWithValues: all.indices.map {
        let multiplicity = Double(waveFunction.space.multiplicity(all[$0]))
        return (all[$0], multiplicity * exp(2 * logModulus[$0]))
      })
  }

  /// The tempered distribution: conditionals `p^α` normalised token by token, from marginals of
  /// the exact distribution.
  private func tempered(
    _ waveFunction: NetworkWaveFunction<UInt64>, exponent: Double
  ) -> [Configuration<UInt64>: Double] {
    let space = waveFunction.space
    var marginals: [[UInt8]: Double] = [:]
    var strings: [([UInt8], Configuration<UInt64>)] = []
    for (x, probability) in exact(waveFunction) {
      var tokens = [UInt8](repeating: 0, count: space.positions)
      space.encode(x, into: &tokens)
      strings.append((tokens, x))
      for length in 0...space.positions {
        marginals[Array(tokens.prefix(length)), default: 0] += probability
      }
    }
    var result: [Configuration<UInt64>: Double] = [:]
    for (tokens, x) in strings {
      var product = 1.0
      for length in 0..<space.positions {
        let prefix = Array(tokens.prefix(length))
        let parent = marginals[prefix] ?? 0
        var partition = 0.0
        for token in 0..<space.vocabulary {
          if let child = marginals[prefix + [UInt8(token)]] {
            partition += pow(child / parent, exponent)
          }
        }
        let child = marginals[Array(tokens.prefix(length + 1))] ?? 0
        product *= pow(child / parent, exponent) / partition
      }
      result[x] = product
    }
    return result
  }

  private func pValue(
    _ sample: TreeSample<UInt64>, _ distribution: [Configuration<UInt64>: Double]
  ) -> Double {
    var observed = distribution.mapValues { _ in 0.0 }
    for (index, x) in sample.configurations.enumerated() { observed[x] = sample.weights[index] }
    let keys = distribution.keys.sorted { ($0.alpha, $0.beta) < ($1.alpha, $1.beta) }
    return chiSquaredTest(
      observed: keys.map { observed[$0] ?? 0 },
      expected: keys.map { sample.totalWeight * (distribution[$0] ?? 0) })
  }

  @Test(arguments: spaces.indices, Ansatz.allCases)
  func drawsFollowTheSquaredModulus(_ which: Int, _ ansatz: Ansatz) {
    let waveFunction = Self.waveFunction(Self.spaces[which], ansatz)
    let distribution = exact(waveFunction)
    let sampler = TreeSampler(of: waveFunction, execution: Execution(threads: 2))
    var values: [Double] = []
    for seed in 0..<10 {
      let sample = sampler.sample(
        .draws(5000), maximumDistinct: 1000, random: RandomSource(seed: UInt64(seed)))
      #expect(sample.weights.reduce(0, +) == 5000)
      #expect(sample.totalWeight == 5000 && sample.droppedWeight == 0)
      #expect(Set(sample.configurations).count == sample.configurations.count)
      #expect(sample.weights == sample.weights.sorted(by: >))
      for (index, x) in sample.configurations.enumerated() {
        #expect(abs(sample.logProbabilities[index] - log(distribution[x] ?? 0)) < 1e-5)
        #expect(sample.logProposals[index] == sample.logProbabilities[index])
      }
      if distribution.count > 1 { values.append(pValue(sample, distribution)) }
    }
    if !values.isEmpty { #expect(combined(values) > 0.01) }
    // The test itself can fail: the distribution of other parameters is told apart.
    if distribution.count > 10 {
      let other = exact(Self.waveFunction(Self.spaces[which], seed: 2))
      let sample = sampler.sample(
        .draws(5000), maximumDistinct: 1000, random: RandomSource(seed: 0))
      #expect(pValue(sample, other) < 1e-6)
    }
  }

  @Test(arguments: [0.5, 0.8]) func temperedDrawsFollowTheTemperedConditionals(_ exponent: Double) {
    let waveFunction = Self.waveFunction(Self.spaces[0], spread: 0.5)
    let plain = exact(waveFunction)
    let distribution = tempered(waveFunction, exponent: exponent)
    #expect(abs(distribution.values.reduce(0, +) - 1) < 1e-9)
    let sampler = TreeSampler(of: waveFunction, execution: Execution(threads: 1))
    var values: [Double] = []
    for seed in 0..<8 {
      let sample = sampler.sample(
        .draws(4000), maximumDistinct: 1000, exponent: exponent,
        random: RandomSource(seed: UInt64(seed)))
      values.append(pValue(sample, distribution))
      for (index, x) in sample.configurations.enumerated() {
        #expect(abs(sample.logProposals[index] - log(distribution[x] ?? 0)) < 1e-5)
        #expect(abs(sample.logProbabilities[index] - log(plain[x] ?? 0)) < 1e-5)
      }
    }
    #expect(combined(values) > 0.01)
  }

  @Test func hugeNumbersOfDrawsReachEveryString() {
    let waveFunction = Self.waveFunction(Self.spaces[0])
    let distribution = exact(waveFunction)
    let sample = TreeSampler(of: waveFunction, execution: Execution(threads: 2)).sample(
      .draws(1e12), maximumDistinct: 1000, random: RandomSource(seed: 3))
    #expect(sample.weights.reduce(0, +) == 1e12)
    #expect(sample.configurations.count == distribution.count)
    for (index, x) in sample.configurations.enumerated() {
      let expected = 1e12 * (distribution[x] ?? 0)
      #expect(abs(sample.weights[index] - expected) < 5 * expected.squareRoot() + 1e-5 * expected)
    }
  }

  @Test(arguments: [1, 7, 40, 100, 5000]) func topIsTheBruteForceTop(_ count: Int) {
    let waveFunction = Self.waveFunction(Self.spaces[0])
    let ranked = exact(waveFunction).sorted { $0.value > $1.value }
    let sample = TreeSampler(of: waveFunction, execution: Execution(threads: 2), blockSize: 16)
      .sample(
        .probability, maximumDistinct: count, random: RandomSource(seed: 0))
    let expected = ranked.prefix(count)
    #expect(sample.configurations == expected.map(\.key))
    for (weight, pair) in zip(sample.weights, expected) {
      #expect(abs(weight / pair.value - 1) < 1e-5)
    }
    let kept = expected.reduce(0) { $0 + $1.value }
    #expect(abs(sample.droppedWeight - (1 - kept)) < 1e-6)
  }

  /// A sector that overflows the list of strings found, so that the threshold rises on the way.
  @Test func topOfALargeSectorIsTheBruteForceTop() {
    let waveFunction = Self.waveFunction(Self.electrons(8, 4, 4))
    let ranked = exact(waveFunction).sorted { $0.value > $1.value }
    #expect(ranked.count == 4900)
    for threads in [1, 3] {
      let sample = TreeSampler(
        of: waveFunction, execution: Execution(threads: threads), blockSize: 100
      ).sample(
        .probability, maximumDistinct: 50, random: RandomSource(seed: 0))
      #expect(sample.configurations == ranked.prefix(50).map(\.key))
    }
  }

  @Test func blocksAndThreadsDoNotMatter() {
    let waveFunction = Self.waveFunction(Self.electrons(8, 4, 4))
    for (split, cap) in [(TreeSplit.draws(3000), 100_000), (.draws(3000), 40), (.probability, 40)] {
      var first: TreeSample<UInt64>?
      for threads in [1, 2, 5] {
        for blockSize in [3, 64, 1024] {
          let sample = TreeSampler(
            of: waveFunction, execution: Execution(threads: threads), blockSize: blockSize
          )
          .sample(split, maximumDistinct: cap, exponent: 0.9, random: RandomSource(seed: 6))
          guard let first else {
            first = sample
            continue
          }
          // Float32 rounding differs with the block, so counts could move by a draw at most.
          #expect(Set(sample.configurations) == Set(first.configurations))
          #expect(
            abs(sample.weights.reduce(0, +) - first.weights.reduce(0, +)) <= 1e-6)
        }
      }
    }
  }

  @Test func whatTheCapDropsIsCounted() {
    let waveFunction = Self.waveFunction(Self.electrons(8, 4, 4))
    let sampler = TreeSampler(of: waveFunction, execution: Execution(threads: 2))
    let everything = sampler.sample(
      .draws(20_000), maximumDistinct: 100_000, random: RandomSource(seed: 2))
    #expect(everything.droppedWeight == 0)
    for cap in [1, 30, 300] {
      let sample = sampler.sample(
        .draws(20_000), maximumDistinct: cap, random: RandomSource(seed: 2))
      #expect(sample.configurations.count == cap)
      #expect(sample.weights.reduce(0, +) + sample.droppedWeight == 20_000)
      #expect(sample.droppedWeight > 0)
      // The heaviest of the same draws.
      #expect(sample.weights == Array(everything.weights.prefix(cap)))
      #expect(sample.configurations == Array(everything.configurations.prefix(cap)))
    }
  }

  /// Many strings of one draw each: the cap must still be filled, and with no part of the tree
  /// preferred.
  @Test(arguments: [1, 3]) func equalWeightsFillTheCap(_ threads: Int) {
    let space = ConfigurationSpace<UInt64>(upCount: nil, order: Array(0..<40))
    let waveFunction = Self.waveFunction(space, spread: 0)
    let sample = TreeSampler(of: waveFunction, execution: Execution(threads: threads)).sample(
      .draws(6000), maximumDistinct: 400, random: RandomSource(seed: 4))
    #expect(sample.configurations.count == 400)
    #expect(sample.droppedWeight == 5600)
    let up = sample.configurations.count { $0.alpha & 1 == 1 }
    #expect(up > 100 && up < 300)
  }

  /// One string at a time, token by token, with the conditionals from the exact distribution.
  @Test func naiveSamplingGivesTheSameDistribution() {
    let waveFunction = Self.waveFunction(Self.spaces[0])
    let space = waveFunction.space
    var marginals: [[UInt8]: Double] = [:]
    for (x, probability) in exact(waveFunction) {
      var tokens = [UInt8](repeating: 0, count: space.positions)
      space.encode(x, into: &tokens)
      for length in 0...space.positions {
        marginals[Array(tokens.prefix(length)), default: 0] += probability
      }
    }
    var random = RandomSource(seed: 8)
    let draws = 4000
    var naive: [Configuration<UInt64>: Double] = [:]
    for _ in 0..<draws {
      var tokens: [UInt8] = []
      while tokens.count < space.positions {
        var threshold = random.uniform() * (marginals[tokens] ?? 0)
        var chosen: UInt8 = 0
        for token in 0..<UInt8(space.vocabulary) {
          guard let child = marginals[tokens + [token]] else { continue }
          chosen = token
          if threshold < child { break }
          threshold -= child
        }
        tokens.append(chosen)
      }
      naive[space.decode(tokens), default: 0] += 1
    }
    let sample = TreeSampler(of: waveFunction, execution: Execution(threads: 2)).sample(
      .draws(Double(draws)), maximumDistinct: 1000, random: RandomSource(seed: 9))
    // Two samples of one size: Σ (a − b)²/(a + b) is χ² with one degree less than cells.
    var value = 0.0
    var cells = 0
    var tree: [Configuration<UInt64>: Double] = [:]
    for (index, x) in sample.configurations.enumerated() { tree[x] = sample.weights[index] }
    for x in space.allRepresentatives() {
      let a = naive[x] ?? 0
      let b = tree[x] ?? 0
      if a + b < 10 { continue }
      value += (a - b) * (a - b) / (a + b)
      cells += 1
    }
    #expect(cells > 20)
    #expect(chiSquaredTail(value, degrees: cells - 1) > 0.005)
  }

  @Test func oneDrawAndNoDraw() {
    let waveFunction = Self.waveFunction(Self.spaces[0])
    let sampler = TreeSampler(of: waveFunction, execution: Execution(threads: 2))
    let one = sampler.sample(.draws(1), maximumDistinct: 5, random: RandomSource(seed: 1))
    #expect(one.configurations.count == 1 && one.weights == [1])
    let none = sampler.sample(.draws(0), maximumDistinct: 5, random: RandomSource(seed: 1))
    #expect(none.configurations.isEmpty && none.totalWeight == 0 && none.droppedWeight == 0)
  }
}
