import Configurations
import Foundation
import LinearAlgebra
import NeuralNetworks
import Parallelism
import Testing

@Suite struct ConditionalDerivativeTests {
  @Test(arguments: ConditionalShape.examples.filter { $0.spins <= 20 })
  func referenceScoresMatchDifferences(_ shape: ConditionalShape) {
    let test = ConditionalCase(shape, count: 2)
    let reference = test.reference
    for string in test.strings.map({ $0.map(Double.init) }) {
      let score = reference.score(string, test.doubles)
      for p in stride(from: 0, to: score.count, by: max(1, score.count / 60)) {
        var (up, down) = (test.doubles, test.doubles)
        up[p] += 1e-6
        down[p] -= 1e-6
        let difference =
          (reference.logProbability(string, up) - reference.logProbability(string, down)) / 2e-6
        #expect(abs(score[p] - difference) < 1e-7, "\(p)")
      }
    }
  }

  @Test(arguments: ConditionalShape.examples)
  func scoresMatchReference(_ shape: ConditionalShape) {
    let test = ConditionalCase(shape, count: 19)
    for (string, row) in zip(test.strings, test.scores()) {
      let expected = test.reference.score(string.map(Double.init), test.doubles)
      #expect(row.count == expected.count)
      #expect(largestDifference(row, expected) < 2e-6)
    }
  }

  @Test(arguments: ConditionalShape.examples)
  func pullAndPushAreProductsWithTheScores(_ shape: ConditionalShape) {
    let test = ConditionalCase(shape, count: 37)
    let scores = test.scores()
    let batch = test.scored(capacity: 50)
    var random = RandomSource(seed: 8)
    let weights = (0..<37).map { _ in Float(random.normal()) }
    let direction = test.parameters.map { _ in Float(random.normal()) }
    var gradient = [Float](repeating: 2, count: direction.count)
    batch.pull(weights, into: &gradient)
    let expectedGradient = direction.indices.map { p in
      scores.indices.reduce(2) { $0 + Double(weights[$1]) * Double(scores[$1][p]) }
    }
    #expect(largestDifference(gradient, expectedGradient) < 2e-5)
    let image = batch.push(direction)
    let expectedImage = scores.map { row in
      zip(row, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    #expect(largestDifference(image, expectedImage) < 1e-4)
  }

  /// Logits and their derivatives share memory; asking twice must not derive derivatives.
  @Test func scoringTwiceChangesNothing() {
    let test = ConditionalCase(ConditionalShape(border: 4, spins: 9), count: 5)
    let batch = test.scored()
    var once = [Float](repeating: 0, count: test.parameters.count)
    batch.pull([1, 2, 3, 4, 5], into: &once)
    batch.score()
    var twice = [Float](repeating: 0, count: test.parameters.count)
    batch.pull([1, 2, 3, 4, 5], into: &twice)
    #expect(once == twice)
  }

  @Test(arguments: ConditionalShape.examples)
  func gramMatrixIsTheScoresTimesTheirTranspose(_ shape: ConditionalShape) {
    // Two whole vectors in one batch, and an unfinished one in another.
    let parts = [32, 11].enumerated().map {
      ConditionalCase(shape, count: $1, seed: UInt64(20 + $0))
    }
    let scores = ConditionalScores(network: parts[0].network, count: 43)
    var rows: [[Float]] = []
    for var part in parts {
      part.parameters = parts[0].parameters
      scores.take(part.scored(capacity: 40), at: rows.count)
      rows += part.scores()
    }
    let stride = 16 * scores.rowBlocks + 3
    var gram = [Float](repeating: .nan, count: 48 * stride)
    for block in 0..<scores.rowBlocks { scores.gram(rowBlock: block, into: &gram, stride: stride) }
    var worst = 0.0
    for a in 0..<43 {
      for b in 0...a {
        let expected = zip(rows[a], rows[b]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let error = abs(Double(gram[a * stride + b]) - expected)
        worst = max(worst, error.isNaN ? .infinity : error / max(1, abs(expected)))
      }
    }
    #expect(worst < 1e-5)
  }

  @Test func logarithmIsExactOverAllMagnitudes() {
    var worst = 0.0
    var x: Float = .leastNormalMagnitude
    while x < .greatestFiniteMagnitude / 1.02 {
      let lanes = naturalLogarithm(SIMD16(repeating: x))
      let exact = log(Double(x))
      worst = max(worst, abs(Double(lanes[5]) - exact) / max(1, abs(exact)))
      x *= 1.003_7
    }
    #expect(worst < 2e-7)
    // Close to 1, where nothing of the exponent is left.
    for step in 0..<2000 {
      let x = 0.7 + Float(step) * 3e-4
      let value = naturalLogarithm(SIMD16(repeating: x))[0]
      #expect(abs(Double(value) - log(Double(x))) < 1.2e-7)
    }
    #expect(naturalLogarithm(SIMD16(repeating: 1)) == SIMD16(repeating: 0))
  }
}
