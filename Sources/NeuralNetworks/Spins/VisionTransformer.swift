/// The sizes of a ``VisionTransformer``.
public struct VisionTransformerConfiguration: Codable, Sendable, Hashable {
  /// The width of a token's vector, d.
  public var width: Int
  /// The number of heads of the attention, h; divides d.
  public var heads: Int
  /// The number of blocks, n_l.
  public var layers: Int
  /// The number of hidden units of each block's feed-forward network, in units of d.
  public var expansion: Int
  /// Whether attention falls with the distance of patches, `e^(−γ d)`, γ learned for each head and block.
  public var decay: Bool

  /// Creates a configuration.
  public init(
    width: Int = 36, heads: Int = 6, layers: Int = 2, expansion: Int = 4, decay: Bool = true
  ) {
    self.width = width
    self.heads = heads
    self.layers = layers
    self.expansion = expansion
    self.decay = decay
  }
}

/// The vision transformer of spin lattices: patches of spins, attention by place, a complex output.
///
/// ```
/// x_i = W_e s_i + b_e                                       spins of patch i
/// x ← x + W concat_h Σ_j A^h_ij (V LN(x_j))_h + b;   x ← x + FF(LN(x))      n_l times
/// A^h_ij = p_ij α^h_(j−i),   p_ij = e^(−γ d(i, j)) / Σ_j' e^(−γ d(i, j'))
/// z = LN(Σ_i x_i);   log ψ = Σ_a log cosh(LN(W_r z + b_r)_a + i LN(W_m z + b_m)_a)
/// ```
///
/// Attention has no queries and keys; its weights depend on the displacement only. R. Rende, L. L. Viteritti
/// et al., arXiv:2311.16889 and arXiv:2310.05715; the decay with distance is that of arXiv:2602.02665, used for the
/// scaling laws of arXiv:2606.02794. Without decay the number of parameters is
/// `n_l (10 d² + 11 d + h n) + (s d + d) + 2 (d² + d) + 6 d` for n patches of s spins; with it h n_l more.
/// γ is kept positive as the exponential of a parameter, 3 at the start.
public struct VisionTransformer: Sendable {
  /// The sizes.
  public let configuration: VisionTransformerConfiguration
  /// How spins are grouped.
  public let patches: SpinPatches
  /// The names, shapes and offsets of the parameters.
  public let layout: ParameterLayout
  let embedding: LinearLayer
  let blocks: [VisionBlock]
  let head: VisionHead

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - patches: How spins are grouped.
  public init(_ configuration: VisionTransformerConfiguration, patches: SpinPatches) {
    let width = configuration.width
    precondition(width % configuration.heads == 0, "\(configuration.heads) heads of width \(width)")
    precondition(configuration.layers > 0 && configuration.expansion > 0)
    self.configuration = configuration
    self.patches = patches
    var layout = ParameterLayout()
    embedding = layout.appendUniform("embedding", inputs: patches.size, outputs: width)
    blocks = (0..<configuration.layers).map { number in
      let path = "layer\(number)"
      let norm = layout.appendNorm("\(path)/attention/norm", width: width)
      let value = layout.appendUniform("\(path)/attention/value", inputs: width, outputs: width)
      let weights = layout.append(
        "\(path)/attention/weights", shape: [configuration.heads, patches.classCount],
        initializer: .uniform(
          bound: (6 / Float(configuration.heads + patches.count)).squareRoot()))
      let decay =
        configuration.decay
        ? layout.append(
          "\(path)/attention/log-decay", shape: [configuration.heads],
          initializer: .constant(1.098_612_3)) : nil
      let output = layout.appendUniform("\(path)/attention/output", inputs: width, outputs: width)
      let second = layout.appendNorm("\(path)/feed-forward/norm", width: width)
      let hidden = configuration.expansion * width
      return VisionBlock(
        norm: norm, value: value, weights: weights, decay: decay, output: output,
        feedForwardNorm: second,
        expansion: layout.appendUniform(
          "\(path)/feed-forward/in", inputs: width, outputs: hidden),
        contraction: layout.appendUniform(
          "\(path)/feed-forward/out", inputs: hidden, outputs: width))
    }
    head = VisionHead(width: width, layout: &layout)
    self.layout = layout
  }
}

/// Where the parameters of one block are.
struct VisionBlock: Sendable {
  let norm: LayerNorm
  let value: LinearLayer
  /// The place of α, `[h, K]`.
  let weights: Int
  /// The place of ln γ, `[h]`, or nil.
  let decay: Int?
  let output: LinearLayer
  let feedForwardNorm: LayerNorm
  let expansion: LinearLayer
  let contraction: LinearLayer
}

extension ParameterLayout {
  /// Appends a linear layer with the uniform initial weights of Glorot and Bengio (AISTATS 2010).
  mutating func appendUniform(_ name: String, inputs: Int, outputs: Int) -> LinearLayer {
    LinearLayer(
      inputs: inputs, outputs: outputs,
      weight: append(
        "\(name)/weight", shape: [outputs, inputs],
        initializer: .uniform(bound: (6 / Float(inputs + outputs)).squareRoot())),
      bias: append("\(name)/bias", shape: [outputs], initializer: .constant(0)))
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension VisionTransformer: SpinNetwork {
  public var siteCount: Int { patches.count * patches.size }

  public var multiplyAdds: Double {
    let (n, d) = (Double(patches.count), Double(configuration.width))
    let layer = n * (2 + 2 * Double(configuration.expansion)) * d * d + n * n * d
    return Double(configuration.layers) * layer + n * Double(patches.size) * d + 2 * d * d
  }

  public func makeBatch(capacity: Int, keepsDerivatives: Bool) -> any SpinNetworkBatch {
    VisionBatch(self, capacity: capacity, keepsDerivatives: keepsDerivatives)
  }

  public func workspaceBytes(capacity: Int, keepsDerivatives: Bool) -> Int {
    let stride = TokenGrid(positions: patches.count, count: capacity).stride
    let (d, hidden) = (configuration.width, configuration.expansion * configuration.width)
    let rows =
      keepsDerivatives
      ? configuration.layers * (5 * d + 2 * hidden) + 8 * d + 2 * hidden : 4 * d
    let pairs = patches.count * patches.count
    let attention =
      configuration.layers * (2 * configuration.heads * pairs + 20 * patches.classCount)
    return 4 * (stride * rows + attention + layout.count)
  }
}
