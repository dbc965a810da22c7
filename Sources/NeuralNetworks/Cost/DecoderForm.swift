/// How a causal decoder is computed, for counting what that costs.
///
/// Forms of one kind of network give the same numbers; they differ in their operations and in what
/// they remember.
public enum DecoderForm: Sendable, Hashable {
  /// A transformer at all positions; a position meets those up to itself only.
  case attention
  /// A transformer at all positions with the whole `T × T` matrix, half of it masked.
  case maskedAttention
  /// A transformer position by position, with the keys and values of earlier ones kept.
  case cachedAttention
  /// A transformer position by position, each time from the whole prefix with a masked matrix.
  case uncachedAttention
  /// A RetNet at all positions, without states.
  case parallelRetention
  /// A RetNet at all positions, by chunks of this many, at least 1, with a state between chunks.
  case chunkwiseRetention(Int)
  /// A RetNet position by position, with a state.
  case recurrentRetention

  /// Whether the decoder is a RetNet.
  public var isRetention: Bool {
    switch self {
    case .attention, .maskedAttention, .cachedAttention, .uncachedAttention: false
    case .parallelRetention, .chunkwiseRetention, .recurrentRetention: true
    }
  }
}

/// What computing a decoder takes.
public struct OperationCount: Sendable, Hashable {
  /// Multiply–adds with weights: embedding, projections, feed-forward network, output.
  public var linear = 0.0
  /// Multiply–adds between positions: attention or retention.
  public var mixing = 0.0
  /// Exponentials: of softmax, hidden units and gates.
  public var exponentials = 0.0

  /// Creates a count.
  public init(linear: Double = 0, mixing: Double = 0, exponentials: Double = 0) {
    self.linear = linear
    self.mixing = mixing
    self.exponentials = exponentials
  }

  /// All multiply–adds.
  public var multiplyAdds: Double { linear + mixing }

  /// All operations in units of a multiply–add.
  ///
  /// An exponential takes ``exponentialWeight`` of them.
  public var work: Double { multiplyAdds + Self.exponentialWeight * exponentials }

  /// The multiply–adds that an exponential takes the time of.
  ///
  /// The polynomial and the reduction of the argument are some 24 vector instructions, and softmax
  /// passes over its scores twice more; a multiply–add is two instructions.
  public static let exponentialWeight = 14.0
}
