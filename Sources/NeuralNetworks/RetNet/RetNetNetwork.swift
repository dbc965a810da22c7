public import Configurations

/// The sizes of a ``RetNetNetwork``.
public struct RetNetConfiguration: Codable, Sendable, Hashable {
  /// The width of the residual stream, C.
  public var width: Int
  /// The number of retention heads, H; C / H is an even integer.
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
  /// The length of the chunks in which all positions are computed; T positions at once if nil.
  public var chunk: Int?

  /// Creates a configuration.
  ///
  /// - Parameters:
  ///   - width: C.
  ///   - heads: H, such that C / H is an even integer.
  ///   - layers: L.
  ///   - feedForward: F; 4 C if nil.
  ///   - activation: What the hidden units compute.
  ///   - positionBias: Whether the output bias depends on the position.
  ///   - finalNorm: Whether a layer norm stands before the output layer.
  ///   - chunk: The length of the chunks in which all positions are computed; T at once if nil.
  public init(
    width: Int = 32, heads: Int = 4, layers: Int = 1, feedForward: Int? = nil,
    activation: Activation = .silu, positionBias: Bool = false, finalNorm: Bool = false,
    chunk: Int? = nil
  ) {
    self.width = width
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward ?? 4 * width
    self.activation = activation
    self.positionBias = positionBias
    self.finalNorm = finalNorm
    self.chunk = chunk
  }
}

/// A retentive network: a causal decoder whose attention is replaced by multi-scale retention.
///
/// ```
/// x = E[token] + W_pos[t]
/// x ← x + W_o (GroupNorm(Retention(y)) ⊙ silu(W_g y)), y = LayerNorm(x)
/// x ← x + FeedForward(LayerNorm(x))                                      (L times)
/// logits = W_out x + b_out
/// ```
///
/// Y. Sun et al., [arXiv:2307.08621](https://arxiv.org/abs/2307.08621), with values as wide as keys
/// and learned positions as in O. Knitter et al.,
/// [arXiv:2411.03900](https://arxiv.org/abs/2411.03900). For each head, with rotated `q` and `k`,
///
/// ```
/// o[t] = Σ_{s ≤ t} γ^(t−s) (q[t] · k[s]) v[s] / √D  =  q[t] S[t] / √D,  S[t] = γ S[t−1] + k[t]ᵀ v[t]
/// ```
///
/// The tree uses the recurrent form on the right, the batch the parallel or chunkwise form.
public struct RetNetNetwork: Sendable {
  /// The sizes.
  public let configuration: RetNetConfiguration
  private let decoder: DecoderLayout

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - positions: T.
  ///   - vocabulary: V.
  public init(configuration: RetNetConfiguration, positions: Int, vocabulary: Int) {
    precondition(
      configuration.heads > 0 && configuration.width % (2 * configuration.heads) == 0,
      "the width \(configuration.width) over \(configuration.heads) heads is not an even integer")
    precondition(configuration.chunk.map { $0 > 0 } ?? true, "a chunk is at least one position")
    self.configuration = configuration
    let shape = DecoderShape(
      positions: positions, vocabulary: vocabulary, width: configuration.width,
      heads: configuration.heads, layers: configuration.layers,
      feedForward: configuration.feedForward, activation: configuration.activation,
      finalNorm: configuration.finalNorm, positionBias: configuration.positionBias)
    decoder = DecoderLayout(
      shape: shape, mixer: "retention", projections: ["query", "key", "value", "gate"])
  }

  private var options: RetentionOptions {
    RetentionOptions(
      shape: decoder.shape, chunk: min(configuration.chunk ?? positions, positions))
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension RetNetNetwork: AutoregressiveNetwork {
  public var positions: Int { decoder.shape.positions }
  public var vocabulary: Int { decoder.shape.vocabulary }
  public var layout: ParameterLayout { decoder.parameters }

  public func makeParameters(using random: inout RandomSource) -> [Float] {
    layout.makeParameters(using: &random)
  }

  public func makeBatch(capacity: Int) -> any NetworkBatch {
    DecoderBatch<RetentionBatch>(layout: decoder, options: options, capacity: capacity)
  }

  public func makeTree(capacity: Int) -> any NetworkTree {
    DecoderTree<RetentionTree>(layout: decoder, options: options, capacity: capacity)
  }
}
