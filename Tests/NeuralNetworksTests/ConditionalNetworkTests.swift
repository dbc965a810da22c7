import Configurations
import Foundation
import NeuralNetworks
import Testing

extension ConditionalShape {
  /// Sizes around those of panels and vectors, and one whose given spins have no hidden units.
  static let examples: [ConditionalShape] = {
    var examples = [
      (0, 1, 1), (0, 5, 2), (1, 1, 1), (1, 16, 3), (12, 5, 1), (12, 17, 2), (0, 40, 1), (3, 40, 2),
      (70, 5, 1), (33, 20, 3),
    ].flatMap { border, spins, factor in
      [false, true].map {
        ConditionalShape(border: border, spins: spins, factor: factor, direct: $0)
      }
    }
    for direct in [false, true] {
      var shape = ConditionalShape(border: 0, spins: 11, direct: direct)
      shape.border = 1
      examples.append(shape)
    }
    return examples
  }()

  /// Those with few spins.
  static let small = examples.filter { $0.spins <= 11 }
}

@Suite struct ConditionalNetworkTests {
  /// The third column of the table in section 1.5 of the notes on the published networks.
  @Test(
    arguments: zip(
      [8, 16, 32, 64, 128, 256, 512],
      [1196, 5884, 25_980, 109_148, 447_484, 1_812_252, 7_294_268]))
  func parametersAreThoseOfThePublishedNetworksWithoutMaskedOnes(_ length: Int, _ expected: Int) {
    var count = ConditionalNetwork(
      ConditionalShape(border: 0, spins: 4 * length - 4), startsUniform: false
    ).parameterCount
    var side = length / 2 - 1
    while side >= 3 {
      count +=
        ConditionalNetwork(
          ConditionalShape(border: 4 * side, spins: 2 * side - 1), startsUniform: false
        ).parameterCount
      side = (side - 1) / 2
    }
    #expect(count == expected)
  }

  @Test(arguments: ConditionalShape.examples, [1, 16, 37])
  func evaluationMatchesReference(_ shape: ConditionalShape, _ count: Int) {
    let test = ConditionalCase(shape, count: count)
    let batch = test.batch(capacity: count + 7)
    var logs = [Double](repeating: 3, count: count)
    batch.evaluate(addingTo: &logs)
    let (arrays, reference) = (test.reference.arrays(test.doubles), test.reference)
    let expected = test.strings.map {
      3 + reference.pass($0.map(Double.init), arrays).logProbability
    }
    #expect(largestDifference(logs, expected) < 2e-6 * Double(shape.spins + 4))
  }

  @Test(arguments: ConditionalShape.small)
  func probabilitiesOfAllSpinsSumToOne(_ shape: ConditionalShape) {
    var test = ConditionalCase(shape, count: 1)
    let border = test.strings[0][..<shape.border]
    test.strings = (0..<1 << shape.spins).map { bits in
      border + (0..<shape.spins).map { bits >> $0 & 1 == 1 ? 1 : -1 }
    }
    let sum = test.evaluated(test.batch()).reduce(0) { $0 + exp($1) }
    #expect(abs(sum - 1) < 2e-6)
  }

  @Test(arguments: [ConditionalShape(border: 4, spins: 20, factor: 2, direct: true)])
  func outputsDoNotDependOnLaterSpins(_ shape: ConditionalShape) {
    // ln q is Σ_j f_j(s_0 … s_j): turning spin i over twice, under two later halves, tells f_j, j < i.
    var test = ConditionalCase(shape, count: 1)
    let string = test.strings[0]
    test.strings = (0...shape.spins).flatMap { i in
      [0, 1].map { last in
        var other = string
        for j in shape.border + i..<shape.inputs { other[j] = last == 0 ? 1 : -1 }
        return other
      }
    }
    let batch = test.batch()
    _ = test.evaluated(batch)
    batch.score()
    // The bias of output j has the score of output j alone.
    let bias = test.network.layout.entries.first { $0.name == "output_bias" }?.offset ?? 0
    for i in 0...shape.spins {
      let rows = [2 * i, 2 * i + 1].map { column in
        var row = [Float](repeating: 0, count: test.parameters.count)
        batch.pull((0..<test.count).map { $0 == column ? 1 : 0 }, into: &row)
        return row
      }
      for j in 0..<i { #expect(rows[0][bias + j] == rows[1][bias + j]) }
      if i < shape.spins { #expect(rows[0][bias + i] != rows[1][bias + i]) }
    }
  }

  @Test(arguments: ConditionalShape.examples)
  func startsUniformWhereAskedTo(_ shape: ConditionalShape) {
    let network = ConditionalNetwork(shape, startsUniform: true)
    var random = RandomSource(seed: 5)
    var test = ConditionalCase(shape, count: 19)
    test.parameters = network.layout.makeParameters(using: &random)
    #expect(test.parameters.contains { $0 != 0 })
    for log in test.evaluated(test.batch()) {
      #expect(abs(log + Double(shape.spins) * Foundation.log(2)) < 1e-5)
    }
  }

  @Test func columnsThatOnlyFillAVectorHaveNoInfluence() throws {
    let shape = ConditionalShape(border: 5, spins: 18, factor: 2, direct: true)
    let test = ConditionalCase(shape, count: 21)
    let used = ConditionalBatch(network: test.network, capacity: 40)
    used.setParameters(test.parameters)
    used.begin(count: 40)
    for place in 0..<shape.inputs * used.stride { used.border[place] = 1e30 }
    var logs = [Double](repeating: 0, count: 40)
    used.evaluate(addingTo: &logs)
    used.score()
    test.load(used)
    let fresh = test.batch()
    #expect(test.evaluated(used) == test.evaluated(fresh))
    used.score()
    fresh.score()
    let weights = (0..<21).map { Float($0 - 9) }
    var gradients = [used, fresh].map { batch in
      var gradient = [Float](repeating: 0, count: test.parameters.count)
      batch.pull(weights, into: &gradient)
      return gradient
    }
    #expect(gradients[0] == gradients[1])
    #expect(used.push(gradients[0]) == fresh.push(gradients[0]))
    // After drawing, too, when the columns hold drawn spins.
    var random = RandomSource(seed: 4)
    test.load(used)
    var drawn = [Double](repeating: 0, count: 21)
    used.draw(random: &random, addingTo: &drawn)
    used.score()
    var again = test
    again.strings = (0..<21).map { column in
      (0..<shape.inputs).map { used.border[$0 * used.stride + column] }
    }
    let known = again.scored()
    gradients = [used, known].map { batch in
      var gradient = [Float](repeating: 0, count: test.parameters.count)
      batch.pull(weights, into: &gradient)
      return gradient
    }
    #expect(largestDifference(gradients[0], gradients[1]) < 1e-6)
  }
}

@Suite struct ConditionalDrawingTests {
  @Test(arguments: ConditionalShape.examples)
  func drawnLogProbabilitiesAreThoseOfTheDrawnSpins(_ shape: ConditionalShape) {
    let test = ConditionalCase(shape, count: 37)
    let batch = test.batch(capacity: 48)
    for row in 0..<shape.spins {
      for column in 0..<37 { batch.spins[row * batch.stride + column] = .nan }
    }
    var random = RandomSource(seed: 9)
    var logs = [Double](repeating: 1, count: 37)
    batch.draw(random: &random, addingTo: &logs)
    var drawn = test
    for column in 0..<37 {
      for row in 0..<shape.inputs {
        let spin = batch.border[row * batch.stride + column]
        if row < shape.border { #expect(spin == test.strings[column][row]) }
        #expect(abs(spin) == 1)
        drawn.strings[column][row] = spin
      }
    }
    let expected = drawn.evaluated(drawn.batch()).map { $0 + 1 }
    #expect(largestDifference(logs, expected) < 1e-5)
  }

  private func draws(_ test: ConditionalCase, seed: UInt64) -> [Float] {
    let batch = test.batch()
    var random = RandomSource(seed: seed)
    var logs = [Double](repeating: 0, count: test.count)
    batch.draw(random: &random, addingTo: &logs)
    return (0..<test.network.shape.inputs).flatMap { row in
      (0..<test.count).map { batch.border[row * batch.stride + $0] }
    }
  }

  @Test func drawsDependOnTheSeedOnly() {
    let test = ConditionalCase(ConditionalShape(border: 3, spins: 20), count: 21)
    #expect(draws(test, seed: 3) == draws(test, seed: 3))
    #expect(draws(test, seed: 3) != draws(test, seed: 4))
  }

  @Test(arguments: [
    ConditionalShape(border: 0, spins: 6), ConditionalShape(border: 4, spins: 6, factor: 2),
    ConditionalShape(border: 1, spins: 6, direct: true),
  ])
  func drawsFollowTheProbabilities(_ shape: ConditionalShape) {
    var test = ConditionalCase(shape, count: 1, seed: 6)
    let (border, draws) = (test.strings[0][..<shape.border], 65_536)
    let reference = test.reference
    let expected = (0..<64).map { bits in
      let spins = (0..<6).map { bits >> $0 & 1 == 1 ? 1.0 : -1 }
      return Double(draws)
        * exp(reference.logProbability(border.map(Double.init) + spins, test.doubles))
    }
    test.strings = Array(repeating: Array(test.strings[0]), count: 1024)
    let batch = test.batch()
    var random = RandomSource(seed: 12)
    var observed = [Double](repeating: 0, count: 64)
    for _ in 0..<draws / 1024 {
      var logs = [Double](repeating: 0, count: 1024)
      batch.draw(random: &random, addingTo: &logs)
      for column in 0..<1024 {
        let state = (0..<6).reduce(0) {
          $0 | (batch.spins[$1 * batch.stride + column] > 0 ? 1 << $1 : 0)
        }
        observed[state] += 1
      }
    }
    #expect(expected.allSatisfy { $0 > 5 })
    #expect(abs(chiSquaredDeviate(observed: observed, expected: expected)) < 4)
  }

  /// A probability below the resolution of a coarse random number is no larger for that, on either side:
  /// such draws would have huge weights.
  @Test(arguments: [Float(-25), 25]) func improbableSpinsAreNotDrawnTooOften(_ logit: Float) {
    var test = ConditionalCase(ConditionalShape(border: 0, spins: 1), count: 8192)
    for index in test.parameters.indices { test.parameters[index] = 0 }
    test.parameters[test.parameters.count - 1] = logit
    let batch = test.batch()
    var random = RandomSource(seed: 1)
    var logs = [Double](repeating: 0, count: 8192)
    for _ in 0..<4096 { batch.draw(random: &random, addingTo: &logs) }
    // One improbable draw adds −25; all probable ones together −5e−8.
    #expect(logs.allSatisfy { $0 > -1 })
  }
}
