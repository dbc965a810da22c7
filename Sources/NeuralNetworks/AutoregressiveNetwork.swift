public import Configurations

/// A network that gives, for each position, the logits of its token from the tokens before it.
///
/// ```
/// logits[b, t, :] = f_θ(start, x[b, 0], …, x[b, t − 1])
/// ```
///
/// The two forms of one function: ``NetworkBatch`` computes all positions at once and their
/// derivatives, ``NetworkTree`` one position at a time for many strings that share prefixes. Both
/// agree to rounding. Masks, normalisation and sampling are not the network's business.
///
/// Dimensions: B batch, T positions, V vocabulary, P parameters. Row-major, Float32.
public protocol AutoregressiveNetwork: Sendable {
  /// The number of positions, T.
  var positions: Int { get }
  /// The number of tokens, V.
  var vocabulary: Int { get }
  /// The names, shapes and offsets of the parameters.
  var layout: ParameterLayout { get }
  /// Returns random initial parameters, `[P]`.
  func makeParameters(using random: inout RandomSource) -> [Float]
  /// Returns a workspace for up to `capacity` strings at once; not to be shared between threads.
  func makeBatch(capacity: Int) -> any NetworkBatch
  /// Returns a workspace for levels of up to `capacity` prefixes; not to be shared between threads.
  func makeTree(capacity: Int) -> any NetworkTree
  /// Returns about how many bytes a batch of a capacity and a tree of another take once all levels are in use.
  func workspaceBytes(batch: Int, tree: Int) -> Int
}

/// All positions at once, with derivatives.
public protocol NetworkBatch: AnyObject {
  /// Computes the logits of a batch and keeps what the derivatives need.
  ///
  /// - Parameters:
  ///   - tokens: `[B, T]`, each below V.
  ///   - count: B, at most the capacity.
  ///   - parameters: `[P]`.
  ///   - logits: `[B, T, V]`, overwritten.
  func forward(
    tokens: UnsafePointer<UInt8>, count: Int, parameters: UnsafePointer<Float>,
    logits: UnsafeMutablePointer<Float>)

  /// Adds the gradient of `Σ_btv g[b, t, v] logits[b, t, v]` for the last forward batch.
  ///
  /// - Parameters:
  ///   - logitGradients: `g`, `[B, T, V]`.
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - gradient: `[P]`, accumulated into.
  func backward(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>)

  /// Writes one gradient row for each string of the last forward batch.
  ///
  /// - Parameters:
  ///   - logitGradients: `g`, `[B, T, V]`.
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - rows: row `b` starts at `b * rowStride` and holds `Σ_tv g[b, t, v] ∂logits[b, t, v]/∂θ`;
  ///     overwritten.
  ///   - rowStride: the distance between rows, at least P.
  func jacobian(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    rows: UnsafeMutablePointer<Float>, rowStride: Int)
}

/// One position at a time over a tree of prefixes.
///
/// Level `t` holds nodes, each a distinct prefix `x[0..<t]`; its logits are those of position `t`.
/// State of all levels up to the last one computed is kept, so that a caller can expand level
/// `t + 1` block by block (depth-first over blocks) while memory stays bounded: computing level
/// `t` again overwrites it and forgets the levels above.
public protocol NetworkTree: AnyObject {
  /// Computes the logits of one level.
  ///
  /// - Parameters:
  ///   - level: `t`; level 0 has exactly one node, the empty prefix.
  ///   - parents: `[n]`, the node of level `t − 1` that each node extends; ignored at level 0.
  ///   - tokens: `[n]`, the token at position `t − 1` by which it does; ignored at level 0.
  ///   - count: n, at most the capacity.
  ///   - parameters: `[P]`.
  ///   - logits: `[n, V]`, overwritten.
  func advance(
    level: Int, parents: UnsafePointer<Int32>, tokens: UnsafePointer<UInt8>, count: Int,
    parameters: UnsafePointer<Float>, logits: UnsafeMutablePointer<Float>)
}
