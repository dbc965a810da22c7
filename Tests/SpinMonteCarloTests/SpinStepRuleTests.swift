import Configurations
import Foundation
import LinearAlgebra
import Parallelism
import SpinMonteCarlo
import Testing

/// Steps in the space of the sample against dense equations in that of the parameters.
struct SpinStepRuleTests {
  struct Data {
    let samples: Int
    let parameters: Int
    var rows: [Float]
    var local: SpinLocalEnergies
  }

  static func data(samples: Int, parameters: Int, seed: UInt64) -> Data {
    var random = RandomSource(seed: seed)
    let weights = (0..<samples).map { _ in 0.5 + random.uniform() }
    let total = weights.reduce(0, +)
    return Data(
      samples: samples, parameters: parameters,
      rows: (0..<2 * samples * parameters).map { _ in Float(random.normal()) + 0.3 },
      local: SpinLocalEnergies(
        real: (0..<samples).map { _ in random.normal() - 2 },
        imaginary: (0..<samples).map { _ in 0.5 * random.normal() },
        weights: weights.map { $0 / total }))
  }

  /// Solves `(XᵀX + λ D) δ = Xᵀ e + λ D φ` by elimination, λ relative to the mean diagonal of X D⁻¹ Xᵀ.
  static func denseStep(
    _ data: Data, prior: [Double], stiffness: [Double], shift: Double
  ) -> [Double] {
    let (m, p) = (data.samples, data.parameters)
    let w = data.local.weights
    var x = data.rows.map(Double.init)
    for half in 0..<2 {
      for column in 0..<p {
        let mean = (0..<m).reduce(0.0) { $0 + w[$1] * x[(half * m + $1) * p + column] }
        for row in 0..<m {
          let place = (half * m + row) * p + column
          x[place] = (x[place] - mean) * w[row].squareRoot()
        }
      }
    }
    let mean = zip(w, data.local.real).reduce(0) { $0 + $1.0 * $1.1 }
    let e =
      (0..<m).map { -(data.local.real[$0] - mean) * w[$0].squareRoot() }
      + (0..<m).map { -data.local.imaginary[$0] * w[$0].squareRoot() }
    let trace = (0..<2 * m).reduce(0.0) { sum, row in
      sum + (0..<p).reduce(0.0) { $0 + x[row * p + $1] * x[row * p + $1] / stiffness[$1] }
    }
    let ridge = shift * trace / Double(2 * m)
    var a = [Double](repeating: 0, count: p * p)
    var b = [Double](repeating: 0, count: p)
    for i in 0..<p {
      for j in 0..<p {
        a[i * p + j] = (0..<2 * m).reduce(0.0) { $0 + x[$1 * p + i] * x[$1 * p + j] }
      }
      a[i * p + i] += ridge * stiffness[i]
      b[i] =
        (0..<2 * m).reduce(0.0) { $0 + x[$1 * p + i] * e[$1] } + ridge * stiffness[i] * prior[i]
    }
    for i in 0..<p {
      for j in i + 1..<p {
        let factor = a[j * p + i] / a[i * p + i]
        for k in i..<p { a[j * p + k] -= factor * a[i * p + k] }
        b[j] -= factor * b[i]
      }
    }
    for i in (0..<p).reversed() {
      for j in i + 1..<p { b[i] -= a[i * p + j] * b[j] }
      b[i] /= a[i * p + i]
    }
    return b
  }

  /// Blocks of any size, whose rows are computed several times, give the step of all rows at once.
  @Test(arguments: AmplitudeOptimizer.allCases, [1, 4, 7, 23])
  func blocksGiveTheSameStep(_ kind: AmplitudeOptimizer, _ block: Int) throws {
    let (samples, parameters) = (23, 90)
    let (whole, parts) = (SpinStepRule(kind), SpinStepRule(kind))
    var a = [Float](repeating: 0.5, count: parameters)
    var b = a
    let options = SpinStepRule.Options(
      learningRate: 0.1, momentum: 0.9, memory: 0.9, shift: 1e-2, maximumStep: 10)
    for seed in 1...3 {
      let data = Self.data(samples: samples, parameters: parameters, seed: UInt64(seed))
      var rows = data.rows
      let first = try whole.step(rows: &rows, local: data.local, options: options, parameters: &a)
      var computed = 0
      let blocks = DerivativeBlocks(
        count: samples, width: parameters, block: block, execution: .serial
      ) { range, target in
        computed += range.count
        for half in 0..<2 {
          for (place, sample) in range.enumerated() {
            for column in 0..<parameters {
              target[(half * range.count + place) * parameters + column] =
                data.rows[(half * samples + sample) * parameters + column]
            }
          }
        }
      }
      let second = try parts.step(
        blocks: blocks, local: data.local, options: options, parameters: &b)
      #expect(computed >= (block < samples ? 3 : 2) * samples)
      #expect(abs(first.change - second.change) < 1e-4 * first.change)
      #expect(abs(first.gradientNorm - second.gradientNorm) < 1e-4 * first.gradientNorm)
      for index in a.indices { #expect(abs(a[index] - b[index]) < 2e-4) }
    }
  }

  /// Three steps of each rule by its published equations.
  @Test(arguments: AmplitudeOptimizer.allCases)
  func stepsAreThoseOfDenseEquations(_ kind: AmplitudeOptimizer) throws {
    let (samples, parameters) = (9, 25)
    let rule = SpinStepRule(kind)
    let options = SpinStepRule.Options(
      learningRate: 0.01, momentum: 0.8, memory: 0.9, shift: 0.02, maximumStep: 1e9)
    var theta = [Float](repeating: 0, count: parameters)
    var previous = [Double](repeating: 0, count: parameters)
    var squares: [Double] = []
    for number in 0..<3 {
      let data = Self.data(samples: samples, parameters: parameters, seed: UInt64(number + 1))
      // MARCH: v ← β v + (1 − β)(δ − δ_last)², in units of its mean and at least 1e-4 of it.
      var stiffness = [Double](repeating: 1, count: parameters)
      if kind == .march, !squares.isEmpty {
        let mean = squares.reduce(0, +) / Double(parameters)
        stiffness = squares.map { max($0 / mean, 1e-4).squareRoot() }
      }
      let prior = kind == .minSR ? previous.map { _ in 0.0 } : previous.map { 0.8 * $0 }
      let expected = Self.denseStep(data, prior: prior, stiffness: stiffness, shift: 0.02)
      var rows = data.rows
      let before = theta
      _ = try rule.step(
        rows: &rows, local: data.local, options: options,
        parameters: &theta)
      for index in 0..<parameters {
        let step = Double(theta[index] - before[index]) / 0.01
        #expect(abs(step - expected[index]) < 2e-4, "\(kind) \(number): \(step) \(expected[index])")
      }
      if number > 0 {
        if squares.isEmpty { squares = [Double](repeating: 0, count: parameters) }
        for index in 0..<parameters {
          let change = expected[index] - previous[index]
          squares[index] = 0.9 * squares[index] + 0.1 * change * change
        }
      }
      previous = expected
    }
  }

  /// A step is never larger than it may be, and says how large it is.
  @Test func stepsAreBounded() throws {
    let data = Self.data(samples: 9, parameters: 25, seed: 1)
    var theta = [Float](repeating: 0, count: 25)
    var rows = data.rows
    let outcome = try SpinStepRule(.minSR).step(
      rows: &rows, local: data.local,
      options: .init(learningRate: 1, momentum: 0, memory: 0, shift: 1e-3, maximumStep: 0.05),
      parameters: &theta)
    #expect(outcome.change == 0.05)
    // X δ with the rows that the rule has centred.
    let image = (0..<18).map { row in
      (0..<25).reduce(0.0) { $0 + Double(rows[row * 25 + $1]) * Double(theta[$1]) }
    }
    #expect(abs(image.reduce(0) { $0 + $1 * $1 }.squareRoot() - 0.05) < 1e-5)
  }
}
