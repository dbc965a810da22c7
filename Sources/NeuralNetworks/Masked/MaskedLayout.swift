internal import Configurations

/// Rows of a layer that become known at one level, and what they read.
struct MaskedBlock: Sendable, Hashable {
  /// The rows of the layer.
  let rows: Range<Int>
  /// The rows of the layer below that they read.
  let inputs: Range<Int>
  /// The place of the weight between the first row and the first input.
  let weight: Int
  /// The distance between rows of weights.
  let rowStride: Int
  /// The place of the first row's bias.
  let bias: Int
}

/// One layer of a masked perceptron.
struct MaskedLayer: Sendable, Hashable {
  /// The number of rows.
  let width: Int
  /// For each level `t`, the rows that depend on the tokens before position `t` and on no later one.
  ///
  /// Each row is in one block; nil where a level has none.
  let blocks: [MaskedBlock?]
  /// Whether rows are read at later levels than their own.
  let isReadLater: Bool

  /// The number of rows in the blocks of levels up to `level`.
  func known(at level: Int) -> Int {
    blocks[...level].reduce(0) { $0 + ($1?.rows.count ?? 0) }
  }
}

/// A perceptron whose layers are made of blocks, so that the logits of a position depend on the tokens
/// before it alone.
///
/// Inputs are ±1, one for each bit of a token: input `t · bits + j` is bit `j` of token `t`. Outputs are
/// logits, row `t · V + v`. What no block reads has no weight, or a weight without effect.
struct MaskedLayout: Sendable, Hashable {
  let positions: Int
  let vocabulary: Int
  let activation: Activation
  /// The hidden layers and the output layer.
  let layers: [MaskedLayer]
  let parameters: ParameterLayout

  /// The number of bits of a token.
  var bits: Int { Self.bits(vocabulary) }
  /// The number of inputs.
  var inputs: Int { bits * positions }

  init(
    positions: Int, vocabulary: Int, activation: Activation, layers: [MaskedLayer],
    parameters: ParameterLayout
  ) {
    precondition(positions > 0, "a network needs at least one position")
    precondition(vocabulary > 1 && vocabulary < 256, "tokens are bytes, and at least two")
    self.positions = positions
    self.vocabulary = vocabulary
    self.activation = activation
    self.layers = layers
    self.parameters = parameters
  }

  /// The number of bits of the largest token.
  static func bits(_ vocabulary: Int) -> Int {
    Int.bitWidth - (vocabulary - 1).leadingZeroBitCount
  }

  /// Returns random initial parameters, `[P]`, zero where they have no effect.
  ///
  /// Weights keep variances as they are: their deviation is the root of one over the number that a row
  /// reads, and a tenth of it in the output layer, so that the first distribution is near uniform.
  func makeParameters(using random: inout RandomSource) -> [Float] {
    var values = [Float](repeating: 0, count: parameters.count)
    for (index, layer) in layers.enumerated() {
      for case let block? in layer.blocks {
        let deviation =
          (index + 1 == layers.count ? 0.1 : 1) / Float(max(block.inputs.count, 1)).squareRoot()
        for row in 0..<block.rows.count {
          let first = block.weight + row * block.rowStride
          for place in first..<first + block.inputs.count {
            values[place] = Float(random.normal()) * deviation
          }
        }
      }
    }
    return values
  }

  /// See ``AutoregressiveNetwork/workspaceBytes(batch:tree:)``.
  func workspaceBytes(batch: Int, tree: Int) -> Int {
    let widths = layers.map(\.width)
    let kept = inputs + layers.reduce(0) { $0 + ($1.isReadLater ? $1.width : 0) }
    let all = inputs + widths.reduce(0, +)
    return 4 * (3 * all * paddedToLanes(batch) + (positions * kept + all) * paddedToLanes(tree))
  }

  /// Writes the ±1 of a token's bits.
  @inline(__always)
  func encode(_ token: UInt8, stride: Int, into target: UnsafeMutablePointer<Float>) {
    precondition(Int(token) < vocabulary, "token \(token) of \(vocabulary)")
    for bit in 0..<bits { target[bit * stride] = token >> UInt8(bit) & 1 == 0 ? -1 : 1 }
  }
}

extension MaskedBlock {
  /// Computes the block's rows, `y ← W x + b`.
  ///
  /// - Parameters:
  ///   - x: The first row that is read, rows `stride` apart.
  ///   - y: The block's first row, rows `stride` apart.
  ///   - parameters: `[P]`.
  ///   - columns: The number of columns, a multiple of the lane count.
  ///   - stride: The distance between rows.
  func forward(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    columns: Int, stride: Int
  ) {
    multiplyColumns(
      parameters + weight, rowStride: rowStride, columnStride: 1, x, stride, into: y, stride,
      m: rows.count, n: columns, k: inputs.count, start: .bias(parameters + bias))
  }
}
