public import Configurations

/// A neural autoregressive distribution estimator with a small perceptron of its own for each position.
///
/// ```
/// logits[t] = V_t σ(W_t x_<t + b_t) + c_t
/// ```
///
/// with `x_<t` the ±1 of the bits of the tokens before position `t`. The first position has none, so its
/// hidden units are constants.
///
/// After B. Uria et al., [arXiv:1605.02226](https://arxiv.org/abs/1605.02226), without weights in common, as
/// in T. Barrett, A. Malyshev, A. Lvovsky, [arXiv:2109.12606](https://arxiv.org/abs/2109.12606).
public struct NADENetwork: Sendable {
  /// The sizes of each position's perceptron.
  public let configuration: MaskedConfiguration
  private let masked: MaskedLayout

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - configuration: The sizes of each position's perceptron.
  ///   - positions: T.
  ///   - vocabulary: V.
  public init(configuration: MaskedConfiguration, positions: Int, vocabulary: Int) {
    precondition(!configuration.hiddenWidths.isEmpty, "a NADE has at least one hidden layer")
    precondition(configuration.hiddenWidths.allSatisfy { $0 > 0 }, "widths are positive")
    self.configuration = configuration
    let bits = MaskedLayout.bits(vocabulary)
    let widths = configuration.hiddenWidths + [vocabulary]
    var parameters = ParameterLayout()
    var blocks: [[MaskedBlock?]] = Array(repeating: [], count: widths.count)
    for t in 0..<positions {
      var inputs = 0..<bits * t
      for (index, width) in widths.enumerated() {
        let path = "position\(t)/" + (index + 1 == widths.count ? "output" : "layer\(index)")
        let weight =
          inputs.isEmpty
          ? parameters.count
          : parameters.append(
            "\(path)/weight", shape: [width, inputs.count], initializer: .constant(0))
        let bias = parameters.append("\(path)/bias", shape: [width], initializer: .constant(0))
        let rows = t * width..<(t + 1) * width
        blocks[index].append(
          MaskedBlock(
            rows: rows, inputs: inputs, weight: weight, rowStride: inputs.count, bias: bias))
        inputs = rows
      }
    }
    masked = MaskedLayout(
      positions: positions, vocabulary: vocabulary, activation: configuration.activation,
      layers: zip(widths, blocks).map { width, blocks in
        MaskedLayer(width: positions * width, blocks: blocks, isReadLater: false)
      }, parameters: parameters)
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension NADENetwork: AutoregressiveNetwork {
  public var positions: Int { masked.positions }
  public var vocabulary: Int { masked.vocabulary }
  public var layout: ParameterLayout { masked.parameters }

  public func makeParameters(using random: inout RandomSource) -> [Float] {
    masked.makeParameters(using: &random)
  }

  public func makeBatch(capacity: Int) -> any NetworkBatch {
    MaskedBatch(layout: masked, capacity: capacity)
  }

  public func makeTree(capacity: Int) -> any NetworkTree {
    MaskedTree(layout: masked, capacity: capacity)
  }

  public func workspaceBytes(batch: Int, tree: Int) -> Int {
    masked.workspaceBytes(batch: batch, tree: tree)
  }
}
