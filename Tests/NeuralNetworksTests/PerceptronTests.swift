import Configurations
import Foundation
import NeuralNetworks
import Testing

/// A perceptron with random parameters and a random batch of ±1.
private struct PerceptronCase {
  let network: MultilayerPerceptron
  let parameters: [Float]
  let inputs: [Float]
  let count: Int

  init(
    _ widths: [Int], _ activation: Activation = .silu, choices: Int? = nil, inputs width: Int = 11,
    count: Int
  ) {
    network = MultilayerPerceptron(
      configuration: PerceptronConfiguration(
        hiddenWidths: widths, activation: activation, choices: choices),
      inputs: width)
    var random = RandomSource(seed: 1)
    parameters = (0..<network.layout.count).map { _ in Float(0.4 * random.normal()) }
    inputs = (0..<count * width).map { place in
      if let choices, place % width == width - 1 { return Float(random.next() % UInt64(choices)) }
      return random.next() % 2 == 0 ? 1 : -1
    }
    self.count = count
  }

  /// The oracle: `f(x_b)` in Float64.
  func reference(_ b: Int, _ parameters: [Double]) -> Double {
    var offset = 0
    func take(_ count: Int) -> ArraySlice<Double> {
      defer { offset += count }
      return ArraySlice(Array(parameters[offset..<offset + count]))
    }
    var x = inputs[b * network.inputs..<(b + 1) * network.inputs].map(Double.init)
    let choice = network.configuration.choices.map { _ in Int(x.removeLast()) }
    var a = x
    for width in network.configuration.hiddenWidths {
      let (weight, bias) = (take(width * a.count), take(width))
      a = (0..<width).map { o in
        let z = bias[o] + a.indices.reduce(0) { $0 + weight[o * a.count + $1] * a[$1] }
        return network.configuration.activation.reference(z)
      }
    }
    if network.configuration.hiddenWidths.isEmpty { a = [] }
    if let choice, let choices = network.configuration.choices {
      let weight = Array(take(choices * a.count))
      return Array(take(choices))[choice]
        + a.indices.reduce(0) { $0 + weight[choice * a.count + $1] * a[$1] }
    }
    let weight = take(a.count)
    let bias = take(1)
    let skip = take(x.count)
    return bias[0] + zip(weight, a).reduce(0) { $0 + $1.0 * $1.1 }
      + zip(skip, x).reduce(0) { $0 + $1.0 * $1.1 }
  }

  func workspace() -> PerceptronWorkspace {
    let workspace = PerceptronWorkspace(network: network, capacity: count + 5)
    var outputs = [Float](repeating: .nan, count: count)
    workspace.forward(inputs: inputs, count: count, parameters: parameters, outputs: &outputs)
    return workspace
  }

  func jacobian() -> [[Float]] {
    let width = network.layout.count
    var rows = [Float](repeating: .nan, count: count * width)
    workspace().jacobian(parameters: parameters, rows: &rows, rowStride: width)
    return (0..<count).map { Array(rows[$0 * width..<($0 + 1) * width]) }
  }
}

@Suite struct PerceptronTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var widths: [Int]
    var activation = Activation.silu
    var choices: Int?

    var testDescription: String {
      "\(widths) \(activation)" + (choices.map { ", \($0) outputs" } ?? "")
    }
  }

  static let shapes: [Shape] = [
    Shape(widths: []), Shape(widths: [7]), Shape(widths: [32, 16], activation: .tanh),
    Shape(widths: [16, 24, 5]), Shape(widths: [9], activation: .tanh, choices: 4),
    Shape(widths: [32, 16], activation: .relu, choices: 4), Shape(widths: [7, 5], choices: 2),
  ]

  @Test(arguments: shapes)
  func forwardMatchesReference(_ shape: Shape) {
    // More than one block of the evaluation.
    let test = PerceptronCase(
      shape.widths, shape.activation, choices: shape.choices, count: 1100)
    let workspace = PerceptronWorkspace(network: test.network, capacity: test.count)
    var kept = [Float](repeating: .nan, count: test.count)
    var evaluated = kept
    workspace.forward(
      inputs: test.inputs, count: test.count, parameters: test.parameters, outputs: &kept)
    workspace.evaluate(
      inputs: test.inputs, count: test.count, parameters: test.parameters, outputs: &evaluated)
    let expected = (0..<test.count).map { test.reference($0, test.parameters.map(Double.init)) }
    #expect(largestDifference(kept, expected) < 1e-5)
    #expect(largestDifference(evaluated, expected) < 1e-5)
  }

  @Test(arguments: shapes)
  func jacobianMatchesDifferences(_ shape: Shape) {
    let test = PerceptronCase(
      shape.widths, shape.activation, choices: shape.choices, count: 5)
    let rows = test.jacobian()
    for b in 0..<test.count {
      for p in stride(from: 0, to: test.network.layout.count, by: 3) {
        var (up, down) = (test.parameters.map(Double.init), test.parameters.map(Double.init))
        up[p] += 1e-5
        down[p] -= 1e-5
        let expected = (test.reference(b, up) - test.reference(b, down)) / 2e-5
        #expect(abs(Double(rows[b][p]) - expected) < 1e-5)
      }
    }
  }

  @Test(arguments: shapes)
  func backwardAndTangentMatchJacobian(_ shape: Shape) {
    let test = PerceptronCase(
      shape.widths, shape.activation, choices: shape.choices, count: 37)
    let rows = test.jacobian()
    var random = RandomSource(seed: 2)
    let weights = (0..<test.count).map { _ in Float(random.normal()) }
    let direction = (0..<test.network.layout.count).map { _ in Float(random.normal()) }
    let workspace = test.workspace()

    var gradient = [Float](repeating: 2, count: direction.count)
    workspace.backward(weights: weights, parameters: test.parameters, gradient: &gradient)
    let expectedGradient = direction.indices.map { p in
      rows.indices.reduce(2) { $0 + Double(weights[$1]) * Double(rows[$1][p]) }
    }
    #expect(largestDifference(gradient, expectedGradient) < 1e-4)

    var result = [Float](repeating: .nan, count: test.count)
    workspace.tangent(direction: direction, parameters: test.parameters, result: &result)
    let expectedResult = rows.map { row in
      zip(row, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    #expect(largestDifference(result, expectedResult) < 1e-4)
  }

  @Test(arguments: shapes)
  func gramIsJacobianTimesItsTranspose(_ shape: Shape) {
    // Several blocks, the last of them partly filled.
    let test = PerceptronCase(
      shape.widths, shape.activation, choices: shape.choices, inputs: 6, count: 530)
    let rows = test.jacobian().map { $0.map(Double.init) }
    let stride = test.count + 3
    var matrix = [Double](repeating: 0.5, count: test.count * stride)
    var single = [Float](repeating: 0.5, count: test.count * stride)
    let workspace = test.workspace()
    workspace.addGram(parameters: test.parameters, to: &matrix, rowStride: stride)
    workspace.addGram(parameters: test.parameters, to: &single, rowStride: stride)
    var worst = 0.0
    var worstSingle = 0.0
    for b in 0..<test.count {
      for c in Swift.stride(from: b % 7, through: b, by: 7) {
        let expected = zip(rows[b], rows[c]).reduce(0.5) { $0 + $1.0 * $1.1 }
        worst = max(worst, abs(matrix[b * stride + c] - expected) / max(1, abs(expected)))
        worstSingle = max(
          worstSingle, abs(Double(single[b * stride + c]) - expected) / max(1, abs(expected)))
      }
    }
    #expect(worst < 1e-5)
    #expect(worstSingle < 1e-5)
  }

  @Test func skipRepresentsASignRule() {
    let network = MultilayerPerceptron(
      configuration: PerceptronConfiguration(hiddenWidths: [8]), inputs: 4)
    var parameters = [Float](repeating: 0, count: network.layout.count)
    let skip = network.layout.entries.first { $0.name == "skip/weight" }?.offset ?? 0
    parameters[skip + 1] = .pi / 2
    parameters[skip + 3] = .pi / 2
    var output: [Float] = [0]
    PerceptronWorkspace(network: network, capacity: 1).evaluate(
      inputs: [1, -1, 1, 1], count: 1, parameters: parameters, outputs: &output)
    #expect(output == [0])
  }
}
