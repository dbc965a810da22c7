import Configurations
import Foundation
import NeuralNetworks
import Testing

/// A network beside its oracle.
struct NetworkCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let network: any AutoregressiveNetwork
  let reference: @Sendable ([UInt8], [Double]) -> [Double]
}

extension NetworkCase {
  var positions: Int { network.positions }
  var vocabulary: Int { network.vocabulary }
  var parameterCount: Int { network.layout.count }

  /// Returns parameters that are all of ordinary size, so that every term of a gradient counts.
  func randomParameters(seed: UInt64) -> [Float] {
    var random = RandomSource(seed: seed)
    var parameters = network.makeParameters(using: &random)
    for i in parameters.indices { parameters[i] += 0.1 * Float(random.normal()) }
    return parameters
  }

  func randomTokens(count: Int, seed: UInt64) -> [UInt8] {
    var random = RandomSource(seed: seed)
    return (0..<count * positions).map { _ in
      UInt8(random.next() % UInt64(vocabulary))
    }
  }

  func batchLogits(_ tokens: [UInt8], parameters: [Float]) -> [Float] {
    let count = tokens.count / positions
    var logits = [Float](repeating: .nan, count: count * positions * vocabulary)
    network.makeBatch(capacity: count).forward(
      tokens: tokens, count: count, parameters: parameters, logits: &logits)
    return logits
  }

  /// Computes the logits of strings by the tree of their distinct prefixes.
  func treeLogits(_ tokens: [UInt8], parameters: [Float]) -> [Float] {
    let count = tokens.count / positions
    let tree = network.makeTree(capacity: count)
    var logits = [Float](repeating: .nan, count: count * positions * vocabulary)
    var nodes = [Int32](repeating: 0, count: count)
    for t in 0..<positions {
      var parents: [Int32] = []
      var last: [UInt8] = []
      if t == 0 {
        parents = [0]
        last = [0]
      } else {
        var known: [[UInt8]: Int32] = [:]
        for b in 0..<count {
          let prefix = Array(tokens[b * positions..<b * positions + t])
          if let node = known[prefix] {
            nodes[b] = node
          } else {
            let node = Int32(parents.count)
            known[prefix] = node
            parents.append(nodes[b])
            last.append(prefix[t - 1])
            nodes[b] = node
          }
        }
      }
      var level = [Float](repeating: .nan, count: parents.count * vocabulary)
      tree.advance(
        level: t, parents: parents, tokens: last, count: parents.count, parameters: parameters,
        logits: &level)
      for b in 0..<count {
        for v in 0..<vocabulary {
          logits[(b * positions + t) * vocabulary + v] = level[Int(nodes[b]) * vocabulary + v]
        }
      }
    }
    return logits
  }

  func randomGradients(count: Int, seed: UInt64) -> [Float] {
    var random = RandomSource(seed: seed)
    return (0..<count * positions * vocabulary).map { _ in Float(random.normal()) }
  }

  /// The Jacobian rows of a batch, `[B, P]`, with a stride that is larger than P.
  func jacobian(_ tokens: [UInt8], gradients: [Float], parameters: [Float]) -> [[Float]] {
    let count = tokens.count / positions
    let batch = network.makeBatch(capacity: count)
    var logits = [Float](repeating: 0, count: count * positions * vocabulary)
    batch.forward(tokens: tokens, count: count, parameters: parameters, logits: &logits)
    let stride = parameterCount + 3
    var rows = [Float](repeating: .nan, count: count * stride)
    batch.jacobian(
      logitGradients: gradients, parameters: parameters, rows: &rows, rowStride: stride)
    for b in 0..<count {
      let untouched = rows[b * stride + parameterCount..<(b + 1) * stride].allSatisfy { $0.isNaN }
      #expect(untouched)
    }
    return (0..<count).map { Array(rows[$0 * stride..<$0 * stride + parameterCount]) }
  }
}

/// Returns the largest difference between two arrays.
func largestDifference<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
  _ a: some Sequence<A>, _ b: some Sequence<B>
) -> Double {
  zip(a, b).reduce(0) { worst, pair in
    let difference = abs(Double(pair.0) - Double(pair.1))
    return difference.isNaN ? .infinity : max(worst, difference)
  }
}

extension Activation {
  /// The nonlinearity in Float64.
  func reference(_ x: Double) -> Double {
    switch self {
    case .silu: x / (1 + exp(-x))
    case .gelu:
      0.5 * x
        * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .tanh: Foundation.tanh(x)
    case .relu: max(0, x)
    }
  }
}
