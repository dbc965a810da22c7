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

  /// The oracle: dense damped blocks, one row of a layer after another, in Float64.
  private func preconditioned(
    _ test: ConditionalCase, strings: [[Float]], _ gradient: [Double], damping: Double
  ) -> [Double] {
    let reference = test.reference
    let arrays = reference.arrays(test.doubles)
    let passes = strings.map { reference.pass($0.map(Double.init), arrays) }
    let inputs = strings.map { $0.map(Double.init) }
    let shape = reference.shape
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    func solve(_ features: [[Double]], _ kept: [Int], _ right: [Double]) -> [Double] {
      let all = features[0].indices
      let ridge = damping * mean(all.map { i in mean(features.map { $0[i] * $0[i] }) })
      var matrix = kept.map { i in
        kept.map { j in
          mean(features.map { $0[i] * $0[j] }) + (i == j ? ridge : 0)
        }
      }
      var x = right
      for pivot in x.indices {
        for row in pivot + 1..<x.count {
          let factor = matrix[row][pivot] / matrix[pivot][pivot]
          for column in pivot..<x.count { matrix[row][column] -= factor * matrix[pivot][column] }
          x[row] -= factor * x[pivot]
        }
      }
      for row in x.indices.reversed() {
        for column in row + 1..<x.count { x[row] -= matrix[row][column] * x[column] }
        x[row] /= matrix[row][row]
      }
      return x
    }
    func scales(_ scores: [[Double]], _ damping: Double) -> [Double] {
      let squares = scores[0].indices.map { r in mean(scores.map { $0[r] * $0[r] }) }
      return squares.map { 1 / ($0 + damping * mean(squares)) }
    }
    let g = reference.arrays(gradient)
    var result = g
    let hidden = scales(passes.map(\.sumScores), damping)
    let seen = inputs.map { [1] + $0 }
    for unit in 0..<shape.hidden {
      let kept = (0..<shape.inputs).filter { reference.sees(unit, input: $0) }
      let x = solve(
        seen, [0] + kept.map { $0 + 1 }, [g.firstBias[unit]] + kept.map { g.first[unit][$0] })
      result.firstBias[unit] = hidden[unit] * x[0]
      for (place, input) in kept.enumerated() {
        result.first[unit][input] = hidden[unit] * x[place + 1]
      }
    }
    let slopeScores = passes.map { pass in
      pass.sums.indices.map {
        pass.sums[$0] < 0 ? pass.sumScores[$0] / arrays.slope[$0] * pass.sums[$0] : 0
      }
    }
    let slopes = scales(slopeScores, max(damping, 1e-2))
    for unit in 0..<shape.hidden { result.slope[unit] = slopes[unit] * g.slope[unit] }
    let outputs = scales(passes.map(\.outputScores), damping)
    // Inputs that some output sees come after the hidden units.
    let direct = shape.direct ? shape.inputs - 1 : 0
    let heard = zip(passes, inputs).map { [1] + $0.activations + $1[..<direct] }
    for j in 0..<shape.spins {
      let units = (0..<shape.hidden).filter { reference.hears(j, unit: $0) }
      let known = Array(0..<(shape.direct ? shape.border + j : 0))
      let right = units.map { g.second[j][$0] } + known.map { g.direct[j][$0] }
      let x = solve(
        heard, [0] + units.map { 1 + $0 } + known.map { 1 + shape.hidden + $0 },
        [g.secondBias[j]] + right)
      result.secondBias[j] = outputs[j] * x[0]
      for (place, unit) in units.enumerated() { result.second[j][unit] = outputs[j] * x[place + 1] }
      for input in known { result.direct[j][input] = outputs[j] * x[1 + units.count + input] }
    }
    return reference.flat(result)
  }

  @Test(arguments: ConditionalShape.small + [ConditionalShape(border: 7, spins: 18, direct: true)])
  func curvatureSolvesTheDampedBlocks(_ shape: ConditionalShape) throws {
    let parts = [48, 37].enumerated().map {
      ConditionalCase(shape, count: $1, seed: UInt64(1 + $0))
    }
    let curvature = ConditionalCurvature(
      network: parts[0].network, execution: Execution(threads: 2))
    let batches = parts.map { part in
      var part = part
      part.parameters = parts[0].parameters
      return part.scored(capacity: 60)
    }
    curvature.update(batches, decay: 0.9)
    var random = RandomSource(seed: 3)
    let gradient = parts[0].parameters.map { _ in Float(random.normal()) }
    let found = try curvature.inverse(times: gradient, damping: 0.05)
    let expected = preconditioned(
      parts[0], strings: parts.flatMap(\.strings), gradient.map(Double.init), damping: 0.05)
    let size = expected.reduce(0) { max($0, abs($1)) }
    #expect(largestDifference(found, expected) < 1e-4 * size)
  }

  /// Averages forget: after many steps with another sample only that counts, and one sample twice is one.
  @Test func curvatureIsAnAverageOverSteps() throws {
    let shape = ConditionalShape(border: 2, spins: 4, direct: true)
    let (old, new) = (ConditionalCase(shape, count: 40), ConditionalCase(shape, count: 40, seed: 2))
    let gradient = old.parameters
    func inverse(_ cases: [(ConditionalCase, Float)]) throws -> [Float] {
      let curvature = ConditionalCurvature(network: old.network, execution: Execution(threads: 1))
      for (part, decay) in cases {
        var part = part
        part.parameters = old.parameters
        curvature.update([part.scored()], decay: decay)
      }
      return try curvature.inverse(times: gradient, damping: 0.1)
    }
    let once = try inverse([(old, 0.9)])
    #expect(largestDifference(try inverse([(old, 0.9), (old, 0.5)]), once) < 1e-4)
    let both = try inverse([(old, 0.9), (new, 0.5)])
    #expect(largestDifference(both, once) > 1e-2)
    #expect(largestDifference(try inverse([(old, 0), (new, 0)]), try inverse([(new, 0)])) < 1e-5)
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
