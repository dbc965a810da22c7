import Configurations
import NeuralNetworks
import Testing

private func transformer(
  positions: Int, vocabulary: Int, _ configuration: TransformerConfiguration
) -> NetworkCase {
  let network = TransformerNetwork(
    configuration: configuration, positions: positions, vocabulary: vocabulary)
  let reference = ReferenceDecoder(
    layout: network.layout, mixer: .attention, positions: positions, vocabulary: vocabulary,
    width: configuration.width, heads: configuration.heads, layers: configuration.layers,
    activation: configuration.activation)
  return NetworkCase(
    testDescription: "transformer T=\(positions) V=\(vocabulary) C=\(configuration.width) "
      + "H=\(configuration.heads) L=\(configuration.layers) F=\(configuration.feedForward)",
    network: network, reference: { reference.logits($0, $1) })
}

private func retentive(
  positions: Int, vocabulary: Int, _ configuration: RetNetConfiguration
) -> NetworkCase {
  let network = RetNetNetwork(
    configuration: configuration, positions: positions, vocabulary: vocabulary)
  let reference = ReferenceDecoder(
    layout: network.layout, mixer: .retention, positions: positions, vocabulary: vocabulary,
    width: configuration.width, heads: configuration.heads, layers: configuration.layers,
    activation: configuration.activation,
    groupNormEpsilon: Double(configuration.groupNormEpsilon))
  return NetworkCase(
    testDescription: "RetNet T=\(positions) V=\(vocabulary) C=\(configuration.width) "
      + "H=\(configuration.heads) L=\(configuration.layers) F=\(configuration.feedForward) "
      + "chunk=\(configuration.chunk ?? positions)",
    network: network, reference: { reference.logits($0, $1) })
}

private func masked(
  _ form: ReferenceMasked.Form, positions: Int, vocabulary: Int,
  _ configuration: MaskedConfiguration
) -> NetworkCase {
  let network: any AutoregressiveNetwork =
    form == .made
    ? MADENetwork(configuration: configuration, positions: positions, vocabulary: vocabulary)
    : NADENetwork(configuration: configuration, positions: positions, vocabulary: vocabulary)
  let reference = ReferenceMasked(
    layout: network.layout, form: form, positions: positions, vocabulary: vocabulary,
    hidden: configuration.hiddenWidths, activation: configuration.activation)
  return NetworkCase(
    testDescription: "\(form) T=\(positions) V=\(vocabulary) \(configuration.hiddenWidths) "
      + "\(configuration.activation)",
    network: network, reference: { reference.logits($0, $1) })
}

/// The form of arXiv:2411.03900, of a smaller size.
private let published = RetNetConfiguration(
  width: 16, heads: 2, layers: 2, feedForward: 32, groupNormEpsilon: 1e-6, chunk: 3)

private let cases: [NetworkCase] = [
  masked(.made, positions: 7, vocabulary: 4, MaskedConfiguration()),
  masked(
    .made, positions: 10, vocabulary: 2,
    MaskedConfiguration(hiddenWidths: [20, 31], activation: .silu)),
  masked(
    .made, positions: 6, vocabulary: 3,
    MaskedConfiguration(hiddenWidths: [5, 17, 9], activation: .tanh)),
  masked(.made, positions: 1, vocabulary: 4, MaskedConfiguration(hiddenWidths: [3])),
  masked(.made, positions: 33, vocabulary: 2, MaskedConfiguration(hiddenWidths: [100])),
  masked(.nade, positions: 7, vocabulary: 4, MaskedConfiguration(hiddenWidths: [24])),
  masked(
    .nade, positions: 10, vocabulary: 2,
    MaskedConfiguration(hiddenWidths: [9, 18], activation: .silu)),
  masked(
    .nade, positions: 6, vocabulary: 3,
    MaskedConfiguration(hiddenWidths: [7], activation: .gelu)),
  masked(.nade, positions: 1, vocabulary: 4, MaskedConfiguration(hiddenWidths: [3])),
  masked(.nade, positions: 33, vocabulary: 2, MaskedConfiguration(hiddenWidths: [12])),
  retentive(
    positions: 7, vocabulary: 4,
    RetNetConfiguration(width: 32, heads: 4, layers: 2, feedForward: 64)),
  retentive(
    positions: 10, vocabulary: 2,
    RetNetConfiguration(width: 32, heads: 2, layers: 1, positionBias: true, chunk: 1)),
  retentive(
    positions: 11, vocabulary: 4,
    RetNetConfiguration(
      width: 32, heads: 1, layers: 2, feedForward: 24, finalNorm: true, chunk: 4)),
  retentive(
    positions: 6, vocabulary: 3,
    RetNetConfiguration(
      width: 18, heads: 3, layers: 1, feedForward: 20, activation: .gelu, chunk: 3)),
  retentive(
    positions: 1, vocabulary: 4, RetNetConfiguration(width: 16, heads: 2, layers: 1)),
  retentive(
    positions: 33, vocabulary: 2,
    RetNetConfiguration(width: 16, heads: 2, layers: 2, feedForward: 32, chunk: 8)),
  retentive(positions: 9, vocabulary: 4, published),
  transformer(
    positions: 7, vocabulary: 4,
    TransformerConfiguration(width: 32, heads: 4, layers: 2, feedForward: 64)),
  transformer(
    positions: 8, vocabulary: 4,
    TransformerConfiguration(
      width: 16, heads: 2, layers: 2, feedForward: 32, activation: .relu, positionBias: false,
      finalNorm: false)),
  transformer(
    positions: 10, vocabulary: 2,
    TransformerConfiguration(width: 16, heads: 2, layers: 1, positionBias: false)),
  transformer(
    positions: 6, vocabulary: 4,
    TransformerConfiguration(width: 32, heads: 1, layers: 1, activation: .silu)),
  transformer(
    positions: 5, vocabulary: 3,
    TransformerConfiguration(width: 18, heads: 3, layers: 2, feedForward: 21, activation: .tanh)),
  transformer(
    positions: 5, vocabulary: 4,
    TransformerConfiguration(width: 64, heads: 8, layers: 1, feedForward: 40)),
  transformer(
    positions: 1, vocabulary: 4, TransformerConfiguration(width: 16, heads: 2, layers: 1)),
  transformer(
    positions: 33, vocabulary: 2,
    TransformerConfiguration(width: 16, heads: 4, layers: 2, feedForward: 32)),
]

@Suite struct AutoregressiveNetworkTests {
  @Test(arguments: cases)
  func batchMatchesReference(_ test: NetworkCase) {
    let parameters = test.randomParameters(seed: 1)
    let tokens = test.randomTokens(count: 19, seed: 2)
    let logits = test.batchLogits(tokens, parameters: parameters)
    let size = test.positions * test.vocabulary
    for b in 0..<19 {
      let string = Array(tokens[b * test.positions..<(b + 1) * test.positions])
      let expected = test.reference(string, parameters.map(Double.init))
      #expect(largestDifference(logits[b * size..<(b + 1) * size], expected) < 1e-5)
    }
  }

  @Test(arguments: cases)
  func treeMatchesBatch(_ test: NetworkCase) {
    let parameters = test.randomParameters(seed: 3)
    let tokens = test.randomTokens(count: 50, seed: 4)
    let difference = largestDifference(
      test.treeLogits(tokens, parameters: parameters),
      test.batchLogits(tokens, parameters: parameters))
    #expect(difference < 1e-5)
  }

  /// Levels that are computed again, block by block, see only their own ancestors.
  @Test(arguments: cases)
  func treeBlocksAreIndependent(_ test: NetworkCase) {
    guard test.positions > 2 else { return }
    let parameters = test.randomParameters(seed: 3)
    let vocabulary = test.vocabulary
    let tree = test.network.makeTree(capacity: vocabulary * vocabulary)
    var root = [Float](repeating: 0, count: vocabulary)
    tree.advance(
      level: 0, parents: [], tokens: [], count: 1, parameters: parameters, logits: &root)
    let all = (0..<vocabulary).map { UInt8($0) }
    var first = [Float](repeating: 0, count: vocabulary * vocabulary)
    tree.advance(
      level: 1, parents: [Int32](repeating: 0, count: vocabulary), tokens: all, count: vocabulary,
      parameters: parameters, logits: &first)
    for parent in (0..<vocabulary).reversed() {
      var second = [Float](repeating: 0, count: vocabulary * vocabulary)
      tree.advance(
        level: 2, parents: [Int32](repeating: Int32(parent), count: vocabulary), tokens: all,
        count: vocabulary, parameters: parameters, logits: &second)
      var strings: [UInt8] = []
      for token in all {
        strings += [UInt8(parent), token]
        strings += [UInt8](repeating: 0, count: test.positions - 2)
      }
      let expected = test.batchLogits(strings, parameters: parameters)
      for node in 0..<vocabulary {
        let place = (node * test.positions + 2) * vocabulary
        #expect(
          largestDifference(
            second[node * vocabulary..<(node + 1) * vocabulary],
            expected[place..<place + vocabulary]) < 1e-5)
      }
    }
  }

  @Test(arguments: cases)
  func logitsIgnoreLaterTokens(_ test: NetworkCase) {
    let parameters = test.randomParameters(seed: 5)
    let tokens = test.randomTokens(count: 1, seed: 6)
    let logits = test.batchLogits(tokens, parameters: parameters)
    for t in 0..<test.positions {
      var changed = tokens
      for s in t..<test.positions {
        changed[s] = (changed[s] + 1) % UInt8(test.vocabulary)
      }
      let other = test.batchLogits(changed, parameters: parameters)
      let known = (t + 1) * test.vocabulary
      #expect(largestDifference(logits[..<known], other[..<known]) == 0)
      if t + 1 < test.positions {
        #expect(largestDifference(logits[known...], other[known...]) > 1e-4)
      }
    }
  }

  /// Central differences of the Float64 oracle, along single parameters of every array and along
  /// random directions.
  @Test(arguments: cases)
  func jacobianMatchesDifferences(_ test: NetworkCase) {
    let parameters = test.randomParameters(seed: 7)
    let count = 3
    let size = test.positions * test.vocabulary
    let tokens = test.randomTokens(count: count, seed: 8)
    let gradients = test.randomGradients(count: count, seed: 9)
    let rows = test.jacobian(tokens, gradients: gradients, parameters: parameters)
    var random = RandomSource(seed: 10)

    func difference(_ b: Int, _ direction: [(Int, Double)]) -> Double {
      let string = Array(tokens[b * test.positions..<(b + 1) * test.positions])
      func value(_ step: Double) -> Double {
        var moved = parameters.map(Double.init)
        for (place, weight) in direction { moved[place] += step * weight }
        let logits = test.reference(string, moved)
        return zip(logits, gradients[b * size..<(b + 1) * size]).reduce(0) { sum, pair in
          sum + pair.0 * Double(pair.1)
        }
      }
      // So short that no unit of a ReLU layer passes its kink.
      return (value(1e-7) - value(-1e-7)) / 2e-7
    }

    for b in 0..<count {
      for entry in test.network.layout.entries {
        let place = entry.offset + Int(random.next() % UInt64(entry.count))
        let expected = difference(b, [(place, 1)])
        #expect(
          abs(Double(rows[b][place]) - expected) < 1e-4 * max(1, abs(expected)),
          "\(entry.name) of string \(b)")
      }
      let direction = rows[b].indices.map { ($0, random.normal()) }
      let expected = difference(b, direction)
      let projection = direction.reduce(0) { $0 + Double(rows[b][$1.0]) * $1.1 }
      let norm = rows[b].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(projection - expected) < 1e-5 * norm)
    }
  }

  @Test(arguments: cases)
  func backwardIsTheSumOfJacobianRows(_ test: NetworkCase) {
    let parameters = test.randomParameters(seed: 11)
    for count in [1, 16, 37] {
      let tokens = test.randomTokens(count: count, seed: 12)
      let gradients = test.randomGradients(count: count, seed: 13)
      let rows = test.jacobian(tokens, gradients: gradients, parameters: parameters)
      let batch = test.network.makeBatch(capacity: 40)
      var logits = [Float](repeating: 0, count: gradients.count)
      // A larger batch before, so that stale padding would be seen.
      let other = test.randomTokens(count: 40, seed: 14)
      var otherLogits = [Float](repeating: 0, count: 40 * test.positions * test.vocabulary)
      var gradient = [Float](repeating: 1, count: test.parameterCount)
      batch.forward(tokens: other, count: 40, parameters: parameters, logits: &otherLogits)
      batch.forward(tokens: tokens, count: count, parameters: parameters, logits: &logits)
      batch.backward(
        logitGradients: gradients, parameters: parameters, gradient: &gradient)
      let expected = (0..<test.parameterCount).map { p in
        rows.reduce(1) { $0 + Double($1[p]) }
      }
      let scale = expected.reduce(1) { max($0, abs($1)) }
      #expect(largestDifference(gradient, expected) < 1e-5 * scale)
    }
  }

  /// The recurrent, chunkwise and parallel forms of one function and its gradient, as published and with a
  /// final norm and position biases.
  @Test(arguments: [false, true]) func retentionDoesNotDependOnTheChunk(_ isPublished: Bool) {
    func values(_ chunk: Int?) -> (logits: [Float], rows: [[Float]]) {
      let test = retentive(
        positions: 21, vocabulary: 4,
        RetNetConfiguration(
          width: 32, heads: 4, layers: 2, feedForward: 32, positionBias: !isPublished,
          finalNorm: !isPublished, groupNormEpsilon: isPublished ? 1e-6 : 0.1, chunk: chunk))
      let parameters = test.randomParameters(seed: 17)
      let tokens = test.randomTokens(count: 20, seed: 18)
      let gradients = test.randomGradients(count: 20, seed: 19)
      return (
        test.batchLogits(tokens, parameters: parameters),
        test.jacobian(tokens, gradients: gradients, parameters: parameters)
      )
    }
    let parallel = values(nil)
    for chunk in [1, 2, 5, 20, 21, 100] {
      let other = values(chunk)
      #expect(largestDifference(other.logits, parallel.logits) < 1e-5)
      for (row, expected) in zip(other.rows, parallel.rows) {
        let scale = expected.reduce(1) { max($0, abs($1)) }
        #expect(largestDifference(row, expected) < 1e-5 * Double(scale))
      }
    }
  }

  /// The number of parameters that arXiv:2411.03900's code has at its default sizes, amplitude
  /// only: 39,236 for N = 14 qubits and 39,332 for N = 20.
  @Test(arguments: [
    (7, 39_236), (10, 39_332), (12, 39_396), (14, 39_460), (15, 39_492), (19, 39_620),
  ])
  func retNetHasThePublishedSize(_ positions: Int, _ count: Int) {
    let network = RetNetNetwork(
      configuration: RetNetConfiguration(width: 32, heads: 4, layers: 1, feedForward: 512),
      positions: positions, vocabulary: 4)
    #expect(network.layout.count == count)
  }

  /// The transformer of the same code and sizes, with the phase: 43,432 for N = 14 and 43,912 for N = 20.
  @Test(arguments: [
    (14, 43_432), (20, 43_912), (24, 44_232), (28, 44_552), (30, 44_712), (38, 45_352),
  ])
  func transformerHasThePublishedSize(_ qubits: Int, _ count: Int) {
    let network = TransformerNetwork(
      configuration: TransformerConfiguration(
        width: 32, heads: 4, layers: 1, feedForward: 512, positionBias: false, finalNorm: false),
      positions: qubits / 2, vocabulary: 4)
    let phase = MultilayerPerceptron(
      configuration: PerceptronConfiguration(
        hiddenWidths: [64, 64], activation: .relu, choices: 4),
      inputs: qubits - 1)
    #expect(network.layout.count + phase.layout.count == count)
  }

  /// The number of parameters of arXiv:2208.05637's modulus, one hidden layer of 64: N → 64 → 2N.
  @Test(arguments: [7, 10, 12, 15, 19])
  func madeHasThePublishedSize(_ positions: Int) {
    let network = MADENetwork(
      configuration: MaskedConfiguration(), positions: positions, vocabulary: 4)
    let qubits = 2 * positions
    #expect(network.layout.count == qubits * 64 + 64 + 64 * 2 * qubits + 2 * qubits)
    let phase = MultilayerPerceptron(
      configuration: PerceptronConfiguration(hiddenWidths: [64], activation: .relu, choices: 4),
      inputs: qubits - 1)
    let published = [14: 3872, 20: 5420, 24: 6452, 30: 8000, 38: 10_064]
    #expect(network.layout.count + phase.layout.count == published[qubits])
  }

  /// `Σ_t (2t w + w + 4w + 4)` for one hidden layer of w.
  @Test func nadeHasOneNetworkForEachPosition() {
    let network = NADENetwork(
      configuration: MaskedConfiguration(hiddenWidths: [64]), positions: 7, vocabulary: 4)
    #expect(network.layout.count == (0..<7).reduce(0) { $0 + 2 * $1 * 64 + 64 + 4 * 64 + 4 })
  }

  /// Weights that are masked out have no effect and no derivative, and start at zero.
  @Test func maskedWeightsAreDead() throws {
    let test = masked(.made, positions: 5, vocabulary: 4, MaskedConfiguration(hiddenWidths: [12]))
    var random = RandomSource(seed: 20)
    let initial = test.network.makeParameters(using: &random)
    let tokens = test.randomTokens(count: 4, seed: 21)
    let gradients = test.randomGradients(count: 4, seed: 22)
    let parameters = test.randomParameters(seed: 23)
    let rows = test.jacobian(tokens, gradients: gradients, parameters: parameters)
    let logits = test.batchLogits(tokens, parameters: parameters)
    let weight = try #require(test.network.layout.entries.first { $0.name == "layer0/weight" })
    var dead = 0
    for k in 0..<12 {
      for input in 0..<10 where input / 2 > k * 4 / 12 {
        let place = weight.offset + k * 10 + input
        dead += 1
        #expect(initial[place] == 0)
        #expect(rows.allSatisfy { $0[place] == 0 })
        var moved = parameters
        moved[place] += 5
        #expect(test.batchLogits(tokens, parameters: moved) == logits)
      }
    }
    #expect(dead == 3 * (8 + 6 + 4 + 2))
  }

  @Test(arguments: cases)
  func initialDistributionIsNearUniform(_ test: NetworkCase) {
    var random = RandomSource(seed: 15)
    let parameters = test.network.makeParameters(using: &random)
    let logits = test.batchLogits(test.randomTokens(count: 8, seed: 16), parameters: parameters)
    let largest = logits.reduce(0) { max($0, abs($1)) }
    #expect(largest < 1)
  }
}
