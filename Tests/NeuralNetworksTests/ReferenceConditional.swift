import Configurations
import Foundation
import NeuralNetworks

/// The oracle of a conditional network: whole matrices with masks, in Float64, string by string.
struct ReferenceConditional {
  let shape: ConditionalShape
  let layout: ParameterLayout

  init(_ network: ConditionalNetwork) {
    shape = network.shape
    layout = network.layout
  }

  /// Whether a hidden unit sees an input.
  func sees(_ unit: Int, input: Int) -> Bool {
    input < shape.border
      || (unit >= shape.borderHidden
        && input - shape.border < (unit - shape.borderHidden) / shape.hiddenPerSpin)
  }

  /// Whether an output hears a hidden unit.
  func hears(_ output: Int, unit: Int) -> Bool {
    unit < shape.borderHidden || (unit - shape.borderHidden) / shape.hiddenPerSpin <= output
  }

  /// The arrays, masked ones as whole matrices; also takes a gradient apart.
  struct Arrays {
    var first: [[Double]]
    var firstBias: [Double]
    var slope: [Double]
    var second: [[Double]]
    var secondBias: [Double]
    var direct: [[Double]]
  }

  func arrays(_ parameters: [Double]) -> Arrays {
    var next = 0
    func take() -> Double {
      defer { next += 1 }
      return parameters[next]
    }
    func matrix(_ rows: Int, _ columns: Int, _ mask: (Int, Int) -> Bool) -> [[Double]] {
      (0..<rows).map { row in (0..<columns).map { mask(row, $0) ? take() : 0 } }
    }
    let (inputs, hidden, n) = (shape.inputs, shape.hidden, shape.spins)
    let arrays = Arrays(
      first: matrix(hidden, inputs) { sees($0, input: $1) },
      firstBias: (0..<hidden).map { _ in take() }, slope: (0..<hidden).map { _ in take() },
      second: matrix(n, hidden) { hears($0, unit: $1) }, secondBias: (0..<n).map { _ in take() },
      direct: shape.direct ? matrix(n, inputs) { $1 < shape.border + $0 } : [])
    precondition(next == parameters.count, "\(parameters.count) parameters, \(next) used")
    return arrays
  }

  /// The inverse of ``arrays(_:)``.
  func flat(_ arrays: Arrays) -> [Double] {
    func list(_ matrix: [[Double]], _ mask: (Int, Int) -> Bool) -> [Double] {
      matrix.indices.flatMap { row in
        matrix[row].indices.filter { mask(row, $0) }.map { matrix[row][$0] }
      }
    }
    return list(arrays.first) { sees($0, input: $1) } + arrays.firstBias + arrays.slope
      + list(arrays.second) { hears($0, unit: $1) } + arrays.secondBias
      + list(arrays.direct) { $1 < shape.border + $0 }
  }

  /// What one string leads to.
  struct Pass {
    var sums: [Double]
    var activations: [Double]
    var logits: [Double]
    var logProbability: Double
    /// `∂ ln q/∂o` and `∂ ln q/∂z`.
    var outputScores: [Double]
    var sumScores: [Double]
  }

  func pass(_ x: [Double], _ parameters: [Double]) -> Pass {
    pass(x, arrays(parameters))
  }

  func pass(_ x: [Double], _ arrays: Arrays) -> Pass {
    func product(_ row: [Double], _ values: [Double]) -> Double {
      var sum = 0.0
      for i in row.indices { sum += row[i] * values[i] }
      return sum
    }
    let z = arrays.first.indices.map { arrays.firstBias[$0] + product(arrays.first[$0], x) }
    let a = z.indices.map { z[$0] < 0 ? arrays.slope[$0] * z[$0] : z[$0] }
    let o = arrays.second.indices.map { j in
      arrays.secondBias[j] + product(arrays.second[j], a)
        + (shape.direct ? product(arrays.direct[j], x) : 0)
    }
    let spins = x[shape.border...].map { $0 }
    let log = o.indices.reduce(0) { $0 - log1p(exp(-spins[$1] * o[$1])) }
    let g = o.indices.map { spins[$0] / (1 + exp(spins[$0] * o[$0])) }
    let h = z.indices.map { unit in
      (z[unit] < 0 ? arrays.slope[unit] : 1)
        * g.indices.reduce(0) { $0 + g[$1] * arrays.second[$1][unit] }
    }
    return Pass(
      sums: z, activations: a, logits: o, logProbability: log, outputScores: g, sumScores: h)
  }

  func logProbability(_ x: [Double], _ parameters: [Double]) -> Double {
    pass(x, parameters).logProbability
  }

  /// `∂ ln q/∂θ`, `[P]`.
  func score(_ x: [Double], _ parameters: [Double]) -> [Double] {
    let arrays = arrays(parameters)
    let pass = pass(x, arrays)
    let (g, h) = (pass.outputScores, pass.sumScores)
    return flat(
      Arrays(
        first: h.map { score in x.map { score * $0 } }, firstBias: h,
        slope: h.indices.map {
          pass.sums[$0] < 0 ? h[$0] / arrays.slope[$0] * pass.sums[$0] : 0
        },
        second: g.map { score in pass.activations.map { score * $0 } }, secondBias: g,
        direct: shape.direct ? g.map { score in x.map { score * $0 } } : []))
  }
}

/// A conditional network with random parameters and strings.
struct ConditionalCase {
  let network: ConditionalNetwork
  var parameters: [Float]
  /// `[count][inputs]`, ±1.
  var strings: [[Float]]

  var reference: ReferenceConditional { ReferenceConditional(network) }
  var doubles: [Double] { parameters.map(Double.init) }
  var count: Int { strings.count }

  init(_ shape: ConditionalShape, count: Int, seed: UInt64 = 1) {
    network = ConditionalNetwork(shape, startsUniform: false)
    var random = RandomSource(seed: seed)
    parameters = network.layout.makeParameters(using: &random)
    // All of ordinary size, also those that start alike.
    for index in parameters.indices { parameters[index] += 0.1 * Float(random.normal()) }
    strings = (0..<count).map { _ in
      (0..<shape.inputs).map { _ in random.next() % 2 == 0 ? 1 : -1 }
    }
  }

  /// A batch that holds the strings.
  func batch(capacity: Int? = nil) -> ConditionalBatch {
    let batch = ConditionalBatch(network: network, capacity: capacity ?? count)
    batch.setParameters(parameters)
    load(batch)
    return batch
  }

  func load(_ batch: ConditionalBatch) {
    batch.begin(count: count)
    for (column, string) in strings.enumerated() {
      for (row, spin) in string.enumerated() { batch.border[row * batch.stride + column] = spin }
    }
  }

  func evaluated(_ batch: ConditionalBatch) -> [Double] {
    var logs = [Double](repeating: 0, count: batch.count)
    batch.evaluate(addingTo: &logs)
    return logs
  }

  /// A batch with scores.
  func scored(capacity: Int? = nil) -> ConditionalBatch {
    let batch = batch(capacity: capacity)
    _ = evaluated(batch)
    batch.score()
    return batch
  }

  /// The scores of all strings from ``ConditionalBatch/pull(_:into:)``, `[count][P]`.
  func scores() -> [[Float]] {
    let batch = scored()
    return (0..<count).map { column in
      var row = [Float](repeating: 0, count: parameters.count)
      batch.pull((0..<count).map { $0 == column ? 1 : 0 }, into: &row)
      return row
    }
  }
}

/// How many standard deviations a χ² variable lies above what is usual, after Wilson and Hilferty.
func chiSquaredDeviate(observed: [Double], expected: [Double]) -> Double {
  let value = zip(observed, expected).reduce(0) {
    $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1
  }
  let degrees = Double(observed.count - 1)
  let width = 2 / (9 * degrees)
  return (pow(value / degrees, 1.0 / 3) - (1 - width)) / width.squareRoot()
}
