public import Configurations
public import NeuralNetworks

/// A trial state with parameters: `log ψ` of a batch, and its derivatives as operators.
///
/// All that sampling, local energies, optimisers and the training loop know of an ansatz. The
/// parameters are one vector `θ`, `[P]`, that is the concatenation of named blocks; each block's
/// derivatives are a linear operator, so that nobody needs all of them as an array.
///
/// Values are shared between threads for reading only; ``parameters`` change between calls, never
/// during one.
public protocol WaveFunction<Word>: LogAmplitudes, AnyObject, Sendable {
  /// The sector, and how configurations are written as tokens.
  var space: ConfigurationSpace<Word> { get }
  /// `θ`, `[P]`.
  var parameters: [Float] { get set }
  /// The blocks of ``parameters``, in the order of their ranges, which cover it.
  var blocks: [ParameterBlock] { get }

  /// Returns the derivatives of `log ψ` of a batch by the parameters of one block.
  ///
  /// They are those at the present parameters, and only valid until these change or until the
  /// derivatives of another batch are asked for: operators share workspaces.
  ///
  /// - Parameters:
  ///   - configurations: Representatives in the sector, `[M]`.
  ///   - block: The number of the block.
  /// - Returns: The derivatives as an operator.
  func derivatives(
    of configurations: [Configuration<Word>], block: Int
  ) -> any DerivativeOperator
}

extension WaveFunction {
  /// P.
  public var parameterCount: Int { blocks.last?.range.upperBound ?? 0 }

  /// Computes `log ψ` of a batch.
  ///
  /// - Parameter configurations: The batch, `[B]`.
  /// - Returns: log|ψ| and arg ψ in radians, `[B]` each.
  public func logAmplitudes(
    of configurations: [Configuration<Word>]
  ) -> (logModulus: [Double], phase: [Double]) {
    var logModulus: [Double] = []
    var phase: [Double] = []
    logAmplitudes(of: configurations, logModulus: &logModulus, phase: &phase)
    return (logModulus, phase)
  }
}

/// A named part of a wave function's parameters.
public struct ParameterBlock: Sendable, Hashable {
  /// What a block acts on.
  public enum Part: Sendable, Hashable {
    /// log|ψ| only.
    case logModulus
    /// arg ψ only.
    case phase
  }

  /// The name, unique in the wave function: `amplitude`.
  public let name: String
  /// What it acts on.
  public let part: Part
  /// Its place in the parameter vector.
  public let range: Range<Int>
  /// The named arrays in it; offsets count from the block's beginning.
  public let layout: ParameterLayout

  /// Creates a block.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - part: What it acts on.
  ///   - offset: Where it begins in the parameter vector.
  ///   - layout: The arrays in it.
  public init(_ name: String, part: Part, offset: Int, layout: ParameterLayout) {
    self.name = name
    self.part = part
    self.range = offset..<offset + layout.count
    self.layout = layout
  }
}

/// A wave function that is a product of conditionals, so that |ψ|² is normalised over its sector and
/// can be sampled exactly.
///
/// ```
/// |ψ(x)|² m(x) = Π_t p(x_t | x_<t)
/// ```
///
/// for representatives `x` that stand for `m(x)` configurations each.
public protocol AutoregressiveWaveFunction<Word>: WaveFunction {
  /// Returns a workspace that gives the conditionals of levels of up to `capacity` prefixes, at the
  /// present parameters; not to be shared between threads.
  func makePrefixTree(capacity: Int) -> any PrefixTree
}

/// The conditionals of a wave function, one position at a time over a tree of prefixes.
///
/// Level `t` holds nodes, each a distinct prefix `x[0..<t]`. State of all levels up to the last one
/// computed is kept: computing level `t` again overwrites it and forgets the levels above.
public protocol PrefixTree: AnyObject {
  /// Computes the logits of one level: logarithms of the conditionals up to a constant for each
  /// node, tokens that the sector forbids not yet masked.
  ///
  /// - Parameters:
  ///   - level: `t`; level 0 has exactly one node, the empty prefix.
  ///   - parents: `[n]`, the node of level `t − 1` that each node extends; ignored at level 0.
  ///   - tokens: `[n]`, the token at position `t − 1` by which it does; ignored at level 0.
  ///   - count: n, at most the capacity.
  ///   - logits: `[n, V]`, overwritten.
  func advance(
    level: Int, parents: UnsafePointer<Int32>, tokens: UnsafePointer<UInt8>, count: Int,
    logits: UnsafeMutablePointer<Float>)
}
