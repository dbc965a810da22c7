public import Configurations

/// The sizes of a ``TransformerNetwork``.
public struct TransformerConfiguration: Codable, Sendable, Hashable {
  /// The width of the residual stream, C.
  public var width: Int
  /// The number of attention heads, H; divides C.
  public var heads: Int
  /// The number of blocks, L.
  public var layers: Int
  /// The number of hidden units of each block's feed-forward network, F.
  public var feedForward: Int
  /// What the hidden units compute.
  public var activation: Activation
  /// Whether the output bias depends on the position.
  public var positionBias: Bool
  /// Whether a layer norm stands before the output layer.
  public var finalNorm: Bool
  /// The standard deviation of all initial weights; nil to choose each so that variances keep their size.
  public var initialDeviation: Float?

  /// Creates a configuration.
  ///
  /// - Parameters:
  ///   - width: C.
  ///   - heads: H, a divisor of C.
  ///   - layers: L.
  ///   - feedForward: F; 4 C if nil.
  ///   - activation: What the hidden units compute.
  ///   - positionBias: Whether the output bias depends on the position.
  ///   - finalNorm: Whether a layer norm stands before the output layer.
  ///   - initialDeviation: The standard deviation of all initial weights; nil to choose each so that
  ///     variances keep their size.
  public init(
    width: Int = 32, heads: Int = 4, layers: Int = 2, feedForward: Int? = nil,
    activation: Activation = .gelu, positionBias: Bool = true, finalNorm: Bool = true,
    initialDeviation: Float? = nil
  ) {
    self.width = width
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward ?? 4 * width
    self.activation = activation
    self.positionBias = positionBias
    self.finalNorm = finalNorm
    self.initialDeviation = initialDeviation
  }
}

/// A causal decoder with layer norms before its sublayers.
///
/// ```
/// x = E[token] + W_pos[t]
/// x ← x + Attention(LayerNorm(x));  x ← x + FeedForward(LayerNorm(x))     (L times)
/// logits = W_out LayerNorm(x) + b_out
/// ```
///
/// A. Vaswani et al., [arXiv:1706.03762](https://arxiv.org/abs/1706.03762), with the norms of
/// R. Xiong et al., [arXiv:2002.04745](https://arxiv.org/abs/2002.04745), and learned positions; the norm
/// before the output layer and a bias for each position can be left out.
/// The step form keeps the keys and values of every level of the tree; a node reads those of
/// its ancestors in place.
public struct TransformerNetwork: Sendable {
  /// The sizes.
  public let configuration: TransformerConfiguration
  private let decoder: DecoderLayout

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - positions: T.
  ///   - vocabulary: V.
  public init(configuration: TransformerConfiguration, positions: Int, vocabulary: Int) {
    self.configuration = configuration
    let shape = DecoderShape(
      positions: positions, vocabulary: vocabulary, width: configuration.width,
      heads: configuration.heads, layers: configuration.layers,
      feedForward: configuration.feedForward, activation: configuration.activation,
      finalNorm: configuration.finalNorm, positionBias: configuration.positionBias)
    decoder = DecoderLayout(
      shape: shape, mixer: "attention", projections: ["query", "key", "value"],
      deviation: configuration.initialDeviation)
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension TransformerNetwork: AutoregressiveNetwork {
  public var positions: Int { decoder.shape.positions }
  public var vocabulary: Int { decoder.shape.vocabulary }
  public var layout: ParameterLayout { decoder.parameters }

  public func makeParameters(using random: inout RandomSource) -> [Float] {
    layout.makeParameters(using: &random)
  }

  public func makeBatch(capacity: Int) -> any NetworkBatch {
    DecoderBatch<AttentionBatch>(layout: decoder, options: (), capacity: capacity)
  }

  public func makeTree(capacity: Int) -> any NetworkTree {
    DecoderTree<AttentionTree>(layout: decoder, options: (), capacity: capacity)
  }

  public func workspaceBytes(batch: Int, tree: Int) -> Int {
    decoder.shape.workspaceBytes(
      batch: batch, tree: tree, state: 2 * decoder.shape.width)
  }
}
