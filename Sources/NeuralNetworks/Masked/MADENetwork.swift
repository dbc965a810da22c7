public import Configurations

/// The sizes of a ``MADENetwork`` or of each of the networks of a ``NADENetwork``.
public struct MaskedConfiguration: Codable, Sendable, Hashable {
  /// The widths of the hidden layers, first to last.
  public var hiddenWidths: [Int]
  /// What the hidden units compute.
  public var activation: Activation

  /// Creates a configuration.
  ///
  /// - Parameters:
  ///   - hiddenWidths: The widths of the hidden layers, first to last.
  ///   - activation: What the hidden units compute.
  public init(hiddenWidths: [Int] = [64], activation: Activation = .relu) {
    self.hiddenWidths = hiddenWidths
    self.activation = activation
  }
}

/// A masked autoencoder for distribution estimation: one perceptron whose masks leave each position's
/// logits with the tokens before it.
///
/// ```
/// h = σ((W ⊙ M) x + b),  M[k, t] = 1 where t ≤ m(k)
/// logits[t] = (V ⊙ N) h + c,  N[t, k] = 1 where m(k) < t
/// ```
///
/// with `x` the ±1 of the tokens' bits and a degree `m(k)` in `0 … T − 2` for each hidden unit: the last
/// position that it may see. Layers between hidden ones have `M[k, j] = 1` where `m(j) ≤ m(k)`.
///
/// M. Germain, K. Gregor, I. Murray, H. Larochelle, [arXiv:1502.03509](https://arxiv.org/abs/1502.03509);
/// for molecules T. Zhao, J. Stokes, S. Veerapaneni, [arXiv:2208.05637](https://arxiv.org/abs/2208.05637), with
/// degrees by orbital. There degrees are drawn at random; here they are spread evenly and in order, so that
/// no degree is left out and the units that a row reads lie side by side. Weights that are masked
/// out are parameters, as published, without effect.
public struct MADENetwork: Sendable {
  /// The sizes.
  public let configuration: MaskedConfiguration
  private let masked: MaskedLayout

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - configuration: The sizes.
  ///   - positions: T.
  ///   - vocabulary: V.
  public init(configuration: MaskedConfiguration, positions: Int, vocabulary: Int) {
    precondition(!configuration.hiddenWidths.isEmpty, "a MADE has at least one hidden layer")
    precondition(configuration.hiddenWidths.allSatisfy { $0 > 0 }, "widths are positive")
    self.configuration = configuration
    let bits = MaskedLayout.bits(vocabulary)
    var parameters = ParameterLayout()
    var layers: [MaskedLayer] = []
    var below = bits * positions
    /// The number of rows of the layer below that see positions up to a degree.
    var visible = { (degree: Int) in bits * (degree + 1) }
    for (index, width) in configuration.hiddenWidths.enumerated() {
      // What of these is masked out is zero, see MaskedLayout.makeParameters.
      let weight = parameters.append(
        "layer\(index)/weight", shape: [width, below], initializer: .constant(0))
      let bias = parameters.append(
        "layer\(index)/bias", shape: [width], initializer: .constant(0))
      let degrees = max(positions - 1, 0)
      // The first unit of a degree, out of T − 1 of them.
      let first = { (degree: Int) in (degree * width + degrees - 1) / max(degrees, 1) }
      let blocks = (0..<positions).map { level -> MaskedBlock? in
        if level == 0 { return nil }
        let rows = first(level - 1)..<first(level)
        if rows.isEmpty { return nil }
        return MaskedBlock(
          rows: rows, inputs: 0..<visible(level - 1), weight: weight + rows.lowerBound * below,
          rowStride: below, bias: bias + rows.lowerBound)
      }
      layers.append(MaskedLayer(width: width, blocks: blocks, isReadLater: true))
      visible = { first($0 + 1) }
      below = width
    }
    let outputs = positions * vocabulary
    let weight = parameters.append(
      "output/weight", shape: [outputs, below], initializer: .constant(0))
    let bias = parameters.append("output/bias", shape: [outputs], initializer: .constant(0))
    let blocks = (0..<positions).map { level -> MaskedBlock? in
      let rows = level * vocabulary..<(level + 1) * vocabulary
      return MaskedBlock(
        rows: rows, inputs: 0..<(level > 0 ? visible(level - 1) : 0),
        weight: weight + rows.lowerBound * below, rowStride: below, bias: bias + rows.lowerBound)
    }
    layers.append(MaskedLayer(width: outputs, blocks: blocks, isReadLater: false))
    masked = MaskedLayout(
      positions: positions, vocabulary: vocabulary, activation: configuration.activation,
      layers: layers, parameters: parameters)
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MADENetwork: AutoregressiveNetwork {
  public var positions: Int { masked.positions }
  public var vocabulary: Int { masked.vocabulary }
  public var layout: ParameterLayout { masked.parameters }

  public func makeParameters(using random: inout RandomSource) -> [Float] {
    masked.makeParameters(using: &random)
  }

  public func makeBatch(capacity: Int) -> any NetworkBatch {
    MaskedBatch(layout: masked, capacity: capacity)
  }

  public func makeTree(capacity: Int) -> any NetworkTree {
    MaskedTree(layout: masked, capacity: capacity)
  }

  public func workspaceBytes(batch: Int, tree: Int) -> Int {
    masked.workspaceBytes(batch: batch, tree: tree)
  }
}
