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
  /// The standard deviation of all initial weights; nil to choose each so that variances keep their size.
  public var initialDeviation: Float?
  /// Whether a layer norm stands before the output layer.
  public var finalNorm: Bool
  /// What the group norm adds to the variances of a head's output.
  ///
  /// With little, the norm keeps only the direction of a retained vector: at the first position, where that
  /// is `(q · k) v`, the sign of `q · k`. The derivative then diverges where `q · k` passes through
  /// zero, and one such string governs the natural gradient. The published code has 1e-6.
  public var groupNormEpsilon: Float
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
  ///   - groupNormEpsilon: What the group norm adds to variances.
  ///   - chunk: The length of the chunks in which all positions are computed; T at once if nil.
  ///   - initialDeviation: The standard deviation of all initial weights; nil to choose each so that
  ///     variances keep their size.
  public init(
    width: Int = 32, heads: Int = 4, layers: Int = 1, feedForward: Int? = nil,
    activation: Activation = .silu, positionBias: Bool = false, finalNorm: Bool = false,
    groupNormEpsilon: Float = 0.1, chunk: Int? = nil, initialDeviation: Float? = nil
  ) {
    self.width = width
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward ?? 4 * width
    self.activation = activation
    self.positionBias = positionBias
    self.finalNorm = finalNorm
    self.groupNormEpsilon = groupNormEpsilon
    self.chunk = chunk
    self.initialDeviation = initialDeviation
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
/// [arXiv:2411.03900](https://arxiv.org/abs/2411.03900); a norm before the output layer and a bias for each
/// position can be added. For each head, with rotated `q` and `k`,
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
      shape: shape, mixer: "retention", projections: ["query", "key", "value", "gate"],
      deviation: configuration.initialDeviation)
  }

  private var options: RetentionOptions {
    RetentionOptions(
      shape: decoder.shape, chunk: min(configuration.chunk ?? positions, positions),
      groupNormEpsilon: configuration.groupNormEpsilon)
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

  public func workspaceBytes(batch: Int, tree: Int) -> Int {
    decoder.shape.workspaceBytes(
      batch: batch, tree: tree, state: decoder.shape.width * decoder.shape.headWidth)
  }
}
