/// The sizes that a causal decoder is made of.
struct DecoderShape: Sendable, Hashable {
  /// T.
  let positions: Int
  /// V.
  let vocabulary: Int
  /// C.
  let width: Int
  /// H.
  let heads: Int
  /// L.
  let layers: Int
  /// F.
  let feedForward: Int
  /// What the feed-forward network's hidden units compute.
  let activation: Activation
  /// Whether a layer norm stands before the output layer.
  let finalNorm: Bool
  /// Whether the output bias depends on the position.
  let positionBias: Bool

  /// D = C / H.
  var headWidth: Int { width / heads }

  init(
    positions: Int, vocabulary: Int, width: Int, heads: Int, layers: Int, feedForward: Int,
    activation: Activation, finalNorm: Bool, positionBias: Bool
  ) {
    precondition(positions > 0, "a network needs at least one position")
    precondition(vocabulary > 1, "a network needs at least two tokens")
    precondition(vocabulary < 256, "tokens are bytes, so there are fewer than 256")
    precondition(width > 0 && layers >= 0 && feedForward > 0 && heads > 0, "sizes are positive")
    precondition(width % heads == 0, "the width \(width) is not a multiple of \(heads) heads")
    self.positions = positions
    self.vocabulary = vocabulary
    self.width = width
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward
    self.activation = activation
    self.finalNorm = finalNorm
    self.positionBias = positionBias
  }
}

extension DecoderShape {
  /// Returns about how many bytes the workspaces take, see ``AutoregressiveNetwork/workspaceBytes(batch:tree:)``.
  ///
  /// - Parameters:
  ///   - batch: The capacity of the batch.
  ///   - tree: The capacity of the tree.
  ///   - state: The number of floats that a mixer keeps of each node.
  /// - Returns: The bytes.
  func workspaceBytes(batch: Int, tree: Int, state: Int) -> Int {
    // Of a block: both norms' inputs and outputs, the mixer's projections and results, and hidden units.
    let block = 12 * width + 2 * feedForward
    let columns = positions * paddedToLanes(batch)
    let level = layers * state + positions
    return 4
      * (columns * (layers * block + 6 * width + feedForward)
        + paddedToLanes(tree) * (positions * level + layers * 4 * width + 4 * width + feedForward))
  }
}

/// Where the parameters of a mixer are: its input projections in one product, and its output's.
struct MixerLayout: Sendable, Hashable {
  let projection: LinearLayer
  let output: LinearLayer
}

/// One residual block: `x + mix(norm x)`, then `x + ffn(norm x)`.
struct BlockLayout: Sendable, Hashable {
  let mixerNorm: LayerNorm
  let mixer: MixerLayout
  let feedForwardNorm: LayerNorm
  let expansion: LinearLayer
  let contraction: LinearLayer
}

/// Where the parameters of a decoder are.
struct DecoderLayout: Sendable, Hashable {
  let shape: DecoderShape
  private(set) var parameters = ParameterLayout()
  /// The place of the token embedding, `[V + 1, C]`, the last row that of the start token.
  let tokenEmbedding: Int
  /// The place of the position embedding, `[T, C]`.
  let positionEmbedding: Int
  let blocks: [BlockLayout]
  let finalNorm: LayerNorm?
  /// The output layer; it has no bias where the bias depends on the position.
  let head: LinearLayer
  /// The place of the output bias, `[T, V]` or `[V]`.
  let headBias: Int

  /// Lays out a decoder.
  ///
  /// - Parameters:
  ///   - shape: The sizes.
  ///   - mixer: The mixer's part of the names.
  ///   - projections: The names of the mixer's input projections, each of width C.
  ///   - deviation: One standard deviation of all initial weights; nil to choose each so that variances
  ///     keep their size.
  init(shape: DecoderShape, mixer: String, projections: [String], deviation: Float? = nil) {
    self.shape = shape
    let width = shape.width
    var layout = ParameterLayout()
    tokenEmbedding = layout.append(
      "embedding/token", shape: [shape.vocabulary + 1, width],
      initializer: .normal(standardDeviation: deviation ?? 0.5))
    positionEmbedding = layout.append(
      "embedding/position", shape: [shape.positions, width],
      initializer: .normal(standardDeviation: deviation ?? 0.5))
    // Weights keep variances as they are; what a block adds shrinks with their number.
    let inner = 1 / Float(width).squareRoot()
    let residual = 1 / Float(2 * max(shape.layers, 1)).squareRoot()
    blocks = (0..<shape.layers).map { layer in
      let path = "layer\(layer)"
      let mixerNorm = layout.appendNorm("\(path)/\(mixer)/norm", width: width)
      let projection = layout.appendLinear(
        "\(path)/\(mixer)", projections, inputs: width, outputs: width,
        deviation: deviation ?? inner)
      let output = layout.appendLinear(
        "\(path)/\(mixer)", ["output"], inputs: width, outputs: width,
        deviation: deviation ?? inner * residual)
      let feedForwardNorm = layout.appendNorm("\(path)/feedforward/norm", width: width)
      let expansion = layout.appendLinear(
        "\(path)/feedforward", ["expansion"], inputs: width, outputs: shape.feedForward,
        deviation: deviation ?? inner)
      let contraction = layout.appendLinear(
        "\(path)/feedforward", ["contraction"], inputs: shape.feedForward, outputs: width,
        deviation: deviation ?? residual / Float(shape.feedForward).squareRoot())
      return BlockLayout(
        mixerNorm: mixerNorm, mixer: MixerLayout(projection: projection, output: output),
        feedForwardNorm: feedForwardNorm, expansion: expansion, contraction: contraction)
    }
    finalNorm = shape.finalNorm ? layout.appendNorm("head/norm", width: width) : nil
    let headWeight = layout.append(
      "head/weight", shape: [shape.vocabulary, width],
      initializer: .normal(standardDeviation: deviation ?? 0.1 * inner))
    headBias = layout.append(
      "head/bias",
      shape: shape.positionBias ? [shape.positions, shape.vocabulary] : [shape.vocabulary],
      initializer: .constant(0))
    head = LinearLayer(
      inputs: width, outputs: shape.vocabulary, weight: headWeight,
      bias: shape.positionBias ? nil : headBias)
    parameters = layout
  }
}
