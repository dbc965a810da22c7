/// Scratch that the layers of one workspace share.
final class DecoderScratch {
  /// `[max(F, 4 C), columns]`.
  let wide: FloatBuffer
  /// `[C, columns]`.
  let narrow: FloatBuffer
  /// `[C, columns]`.
  let mixed: FloatBuffer
  let products: OuterProducts

  init(shape: DecoderShape, stride: Int) {
    wide = FloatBuffer(max(shape.feedForward, 4 * shape.width) * stride)
    narrow = FloatBuffer(shape.width * stride)
    mixed = FloatBuffer(shape.width * stride)
    products = OuterProducts(
      positions: shape.positions, widest: max(shape.feedForward, 4 * shape.width))
  }
}

/// The part of a block that moves information between positions, at all positions at once.
protocol BatchMixer: AnyObject {
  /// The configuration that the mixers of all layers share.
  associatedtype Options: Sendable

  /// Creates a mixer for one layer with memory for batches up to `capacity`.
  init(shape: DecoderShape, options: Options, layout: MixerLayout, capacity: TokenGrid)

  /// Adds `mix(x)` to `y`, both `[C, columns]`, and keeps what the derivatives need.
  func forward(
    _ x: UnsafePointer<Float>, addingTo y: UnsafeMutablePointer<Float>,
    parameters: UnsafePointer<Float>, grid: TokenGrid, scratch: DecoderScratch)

  /// Computes the gradient of the input, `dx`, overwritten, and gives those of the parameters to
  /// the sink.
  func backward(
    _ dy: UnsafePointer<Float>, input x: UnsafePointer<Float>,
    inputGradient dx: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    sink: GradientSink, grid: TokenGrid, scratch: DecoderScratch)
}

/// The part of a block that moves information between positions, one level of a tree at a time.
protocol TreeMixer: AnyObject {
  /// The configuration that the mixers of all layers share.
  associatedtype Options: Sendable

  /// Whether it reads more of a node's ancestors than the parent.
  static var readsAncestors: Bool { get }

  /// Creates a mixer for one layer with memory for levels of up to `capacity` prefixes.
  init(shape: DecoderShape, options: Options, layout: MixerLayout, capacity: Int)

  /// Adds `mix(x)` of one level to `y`, both `[C, columns]`, and keeps the level's state.
  ///
  /// - Parameters:
  ///   - x: The input.
  ///   - y: The output, accumulated into.
  ///   - level: `t`.
  ///   - parents: `[n]`, the node of level `t − 1` that each node extends.
  ///   - ancestors: `[n, t]`, for each node its ancestors at the levels below; of any content where
  ///     the mixer does not read them.
  ///   - count: n.
  ///   - stride: The distance between the rows of `x` and `y`.
  ///   - parameters: `[P]`.
  func advance(
    _ x: UnsafePointer<Float>, addingTo y: UnsafeMutablePointer<Float>, level: Int,
    parents: UnsafePointer<Int32>, ancestors: UnsafePointer<Int32>, count: Int, stride: Int,
    parameters: UnsafePointer<Float>)
}
