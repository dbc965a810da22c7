internal import Configurations
internal import NeuralNetworks

/// Computes derivatives of the log-modulus `a = ½ log p` for blocks of strings.
///
/// Dimensions: B strings, T positions, V vocabulary, P parameters. One thread only.
final class JacobianWorkspace {
  let capacity: Int
  private let batch: any NetworkBatch
  private let vocabulary: Int
  private let positions: Int
  private var logits: [Float]
  private var logitGradients: [Float]

  init(network: any AutoregressiveNetwork, capacity: Int) {
    self.capacity = capacity
    vocabulary = network.vocabulary
    positions = network.positions
    batch = network.makeBatch(capacity: capacity)
    logits = Array(repeating: 0, count: capacity * positions * vocabulary)
    logitGradients = logits
  }

  /// Runs the network forward and turns its logits into `∂a/∂logits`, each string's scaled by its
  /// weight where `weights` are given.
  private func prepare(
    tokens: UnsafePointer<UInt8>, count: Int, automaton: SectorAutomaton,
    parameters: UnsafePointer<Float>, weights: UnsafePointer<Float>?,
    logModulus: UnsafeMutablePointer<Double>?
  ) {
    precondition(count <= capacity, "\(count) strings exceed the capacity \(capacity)")
    batch.forward(tokens: tokens, count: count, parameters: parameters, logits: &logits)
    var row = [Double](repeating: 0, count: vocabulary)
    logits.withUnsafeBufferPointer { logits in
      logitGradients.withUnsafeMutableBufferPointer { gradients in
        guard let logits = logits.baseAddress, let gradients = gradients.baseAddress else { return }
        for string in 0..<count {
          var state: Int32 = 0
          var sum = 0.0
          for position in 0..<positions {
            let token = Int(tokens[string * positions + position])
            let offset = (string * positions + position) * vocabulary
            automaton.transitions[position].withUnsafeBufferPointer { table in
              guard let table = table.baseAddress else { return }
              let transitions = table + Int(state) * vocabulary
              maskedLogSoftmax(logits + offset, transitions, vocabulary, &row)
              state = transitions[token]
            }
            sum += row[token]
            halfLogSoftmaxGradient(row, token, vocabulary, gradients + offset)
            if let weights {
              for index in 0..<vocabulary { gradients[offset + index] *= weights[string] }
            }
          }
          logModulus?[string] = 0.5 * sum
        }
      }
    }
  }

  /// Writes `∂a(x_b)/∂θ` to row `b` and `a(x_b)` to `logModulus`.
  func rows(
    tokens: UnsafePointer<UInt8>, count: Int, automaton: SectorAutomaton,
    parameters: UnsafePointer<Float>, into rows: UnsafeMutablePointer<Float>, stride: Int,
    logModulus: UnsafeMutablePointer<Double>?
  ) {
    prepare(
      tokens: tokens, count: count, automaton: automaton, parameters: parameters, weights: nil,
      logModulus: logModulus)
    batch.jacobian(
      logitGradients: logitGradients, parameters: parameters, rows: rows, rowStride: stride)
  }

  /// Adds `Σ_b w_b ∂a(x_b)/∂θ` to `gradient`.
  func accumulate(
    tokens: UnsafePointer<UInt8>, count: Int, automaton: SectorAutomaton,
    parameters: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    prepare(
      tokens: tokens, count: count, automaton: automaton, parameters: parameters, weights: weights,
      logModulus: nil)
    batch.backward(logitGradients: logitGradients, parameters: parameters, gradient: gradient)
  }
}
