/// What a causal decoder costs, by its sizes alone.
///
/// Letters: T positions, V tokens, C width, H heads, D = C / H, L layers, F hidden units. For each
/// layer and position, in multiply–adds,
///
/// ```
/// transformer   4 C² + 2 C F + attention                      RetNet   5 C² + 2 C F + retention
/// attention     C (T + 1) on average, 2 C T if masked         parallel C (T + 1), recurrent 2 C D
/// ```
///
/// and `C (2 V + 1)` for each position at both ends, where the embedding is a product with
/// indicators. Norms, rotations, decays and biases, a few operations for each channel, are left out.
/// Counts are those of this module's kernels; ``DecoderForm/maskedAttention`` and
/// ``DecoderForm/uncachedAttention``, which it does not have, are those of common implementations.
///
/// O. Knitter et al., [arXiv:2411.03900](https://arxiv.org/abs/2411.03900), claim a ratio of problem
/// size to model size beyond which RetNets cost less. The counts here are derived in
/// `docs/theory-networks.md` and not taken from there.
public struct DecoderCost: Sendable, Hashable {
  /// T.
  public var positions: Int
  /// V.
  public var vocabulary: Int
  /// C.
  public var width: Int
  /// H.
  public var heads: Int
  /// L.
  public var layers: Int
  /// F.
  public var feedForward: Int

  /// D = C / H.
  public var headWidth: Int { width / heads }

  /// Takes the sizes of a decoder.
  ///
  /// - Precondition: All sizes are positive, and H divides C.
  public init(
    positions: Int, vocabulary: Int, width: Int, heads: Int, layers: Int, feedForward: Int
  ) {
    precondition(
      min(positions, vocabulary, width, heads, layers, feedForward) > 0, "sizes are positive")
    precondition(width % heads == 0, "the width \(width) is not a multiple of \(heads) heads")
    self.positions = positions
    self.vocabulary = vocabulary
    self.width = width
    self.heads = heads
    self.layers = layers
    self.feedForward = feedForward
  }

  // MARK: - Operations

  /// Returns the operations by which one string's logits at all T positions are computed.
  ///
  /// That is log ψ of a string, and with the forms that go position by position one sample.
  public func operations(_ form: DecoderForm) -> OperationCount {
    let (c, d) = (Double(width), Double(headWidth))
    let (t, h) = (Double(positions), Double(heads))
    // The number of positions that go through the layers: prefixes again and again, or each once.
    let columns = form == .uncachedAttention ? t * (t + 1) / 2 : t
    var layer = OperationCount()
    layer.linear = columns * layerWeights(form)
    layer.exponentials = columns * Double(feedForward)
    switch form {
    case .attention, .cachedAttention:
      layer.mixing = c * t * (t + 1)
      layer.exponentials += h * t * (t + 1) / 2
    case .maskedAttention:
      layer.mixing = 2 * c * t * t
      layer.exponentials += h * t * t
    case .uncachedAttention:
      // Σ t² of all prefixes.
      let squares = t * (t + 1) * (2 * t + 1) / 6
      layer.mixing = 2 * c * squares
      layer.exponentials += h * squares
    case .parallelRetention:
      layer.mixing = c * t * (t + 1)
      layer.exponentials += t * c
    case .chunkwiseRetention(let chunk):
      let parts = ChunkParts(positions: positions, chunk: chunk)
      layer.mixing = 2 * c * parts.pairs + c * d * (parts.read + parts.written + parts.decayed)
      layer.exponentials += t * c
    case .recurrentRetention:
      layer.mixing = 2 * c * d * t
      layer.exponentials += t * c
    }
    return OperationCount(
      linear: Double(layers) * layer.linear + columns * (embeddingWeights + outputWeights),
      mixing: Double(layers) * layer.mixing, exponentials: Double(layers) * layer.exponentials)
  }

  /// Returns the operations of one string's logits and of their gradient by all parameters.
  ///
  /// A product with weights takes three times its forward operations: the gradients of its input and
  /// of its weights are products of the same size (the embedding has no input to differentiate by).
  /// Two products over pairs of positions become seven: `q·k` again, `∂o·v`, and the sums of `∂q`,
  /// `∂k` and `∂v`. What goes through the state of a RetNet takes three times its own: `∂q`, `∂k`,
  /// `∂v` and `∂S` beside reading and writing. Exponentials are computed again.
  ///
  /// - Parameter form: A form that computes all positions at once.
  /// - Returns: The operations, forward and backward.
  /// - Precondition: The form is none that goes position by position.
  public func trainingOperations(_ form: DecoderForm) -> OperationCount {
    var count = operations(form)
    count.linear = 3 * count.linear - Double(positions) * embeddingWeights
    count.exponentials *= 2
    switch form {
    case .attention, .maskedAttention, .parallelRetention:
      count.mixing *= 3.5
    case .chunkwiseRetention(let chunk):
      let (c, d) = (Double(width), Double(headWidth))
      let parts = ChunkParts(positions: positions, chunk: chunk)
      let states = 3 * parts.read + 3 * parts.written
      count.mixing = Double(layers) * c * (7 * parts.pairs + d * (states + 2 * parts.decayed))
    case .cachedAttention, .uncachedAttention, .recurrentRetention:
      preconditionFailure("a form without derivatives")
    }
    return count
  }

  /// The weights of one layer that each position meets.
  private func layerWeights(_ form: DecoderForm) -> Double {
    Double(width) * Double((form.isRetention ? 5 : 4) * width + 2 * feedForward)
  }

  private var embeddingWeights: Double { Double(width) * Double(vocabulary + 1) }
  private var outputWeights: Double { Double(width) * Double(vocabulary) }

  // MARK: - Memory

  /// Returns the numbers that one sample in the making has to remember: keys and values, or a state.
  ///
  /// - Parameter form: A form that goes position by position; others remember nothing.
  /// - Returns: The largest number of Float32 numbers.
  public func samplingMemory(_ form: DecoderForm) -> Double {
    switch form {
    case .cachedAttention: 2 * Double(layers) * Double(positions) * Double(width)
    case .recurrentRetention: Double(layers) * Double(width) * Double(headWidth)
    default: 0
    }
  }

  /// Returns the numbers that a tree of prefixes remembers for each node that a level may have.
  ///
  /// A tree may go back to any level, so the states of all of them stay. That is the memory of a
  /// ``NetworkTree`` divided by its capacity, without its scratch.
  ///
  /// - Parameter form: A form that goes position by position; others remember nothing.
  /// - Returns: The number of four-byte numbers.
  public func treeMemory(_ form: DecoderForm) -> Double {
    let t = Double(positions)
    return switch form {
    // The ancestors of each node are listed beside keys and values.
    case .cachedAttention: samplingMemory(form) + t * (t - 1) / 2
    case .recurrentRetention: (t - 1) * samplingMemory(form)
    default: 0
    }
  }
}

/// How chunks share out the positions of a string.
private struct ChunkParts {
  /// Pairs of positions within chunks, each with itself once.
  let pairs: Double
  /// Positions that read a state, those after the first chunk.
  let read: Double
  /// Positions that enter a state, those before the last chunk.
  let written: Double
  /// Chunks with a state before and after them.
  let decayed: Double

  init(positions: Int, chunk: Int) {
    precondition(chunk > 0, "a chunk is at least one position")
    let chunk = min(chunk, positions)
    let chunks = (positions + chunk - 1) / chunk
    let last = positions - (chunks - 1) * chunk
    func pairs(_ n: Int) -> Double { Double(n) * Double(n + 1) / 2 }
    self.pairs = Double(chunks - 1) * pairs(chunk) + pairs(last)
    read = Double(positions - chunk)
    written = Double(positions - last)
    decayed = Double(max(0, chunks - 2))
  }
}
