/// `y = W x + b` on columns; where it sits among the parameters.
struct LinearLayer: Sendable, Hashable {
  let inputs: Int
  let outputs: Int
  /// The place of `W`, `[outputs, inputs]`.
  let weight: Int
  /// The place of `b`, `[outputs]`, or nil.
  let bias: Int?

  /// Computes `y = W x + b`, or `y ← y + W x + b`.
  ///
  /// - Parameters:
  ///   - x: `[inputs, columns]`.
  ///   - y: `[outputs, columns]`.
  ///   - accumulating: Whether to add to `y`.
  ///   - parameters: `[P]`.
  ///   - columns: The number of columns, a multiple of the lane count.
  ///   - stride: The distance between rows of `x` and of `y`.
  func forward(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, accumulating: Bool = false,
    parameters: UnsafePointer<Float>, columns: Int, stride: Int
  ) {
    assert(columns % laneCount == 0 && columns <= stride, "\(columns) columns of \(stride)")
    let start: ProductStart
    if let bias {
      start = accumulating ? .contentAndBias(parameters + bias) : .bias(parameters + bias)
    } else {
      start = accumulating ? .content : .zero
    }
    multiplyColumns(
      parameters + weight, rowStride: inputs, columnStride: 1, x, stride, into: y, stride,
      m: outputs, n: columns, k: inputs, start: start)
  }

  /// Computes `dx = Wᵀ g`, or adds it to `dx`.
  func inputGradient(
    _ g: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, accumulating: Bool = false,
    parameters: UnsafePointer<Float>, columns: Int, stride: Int
  ) {
    multiplyColumns(
      parameters + weight, rowStride: 1, columnStride: inputs, g, stride, into: dx, stride,
      m: inputs, n: columns, k: outputs, start: accumulating ? .content : .zero)
  }

  /// Gives `dW = g xᵀ` and `db = Σ g` to the sink.
  func parameterGradient(
    input x: UnsafePointer<Float>, outputGradient g: UnsafePointer<Float>, sink: GradientSink,
    grid: TokenGrid, products: OuterProducts
  ) {
    switch sink {
    case .sum(let gradient):
      accumulateOuterProducts(
        g, m: outputs, x, k: inputs, stride: grid.stride, n: grid.columns, into: gradient + weight)
    case .rows(let rows, let rowStride):
      products.write(
        g, m: outputs, x, k: inputs, rows: rows + weight, rowStride: rowStride, grid: grid)
    }
    if let bias { reduceColumns(g, features: outputs, offset: bias, sink: sink, grid: grid) }
  }
}

extension ParameterLayout {
  /// Appends several linear layers with common inputs, so that one product serves all of them.
  ///
  /// - Parameters:
  ///   - prefix: The path before each name.
  ///   - names: The layers; their weights come first, then their biases.
  ///   - inputs: The width of the input.
  ///   - outputs: The width of each layer's output.
  ///   - deviation: The standard deviation of the initial weights.
  /// - Returns: The layer of `names.count · outputs` outputs.
  mutating func appendLinear(
    _ prefix: String, _ names: [String], inputs: Int, outputs: Int, deviation: Float
  ) -> LinearLayer {
    let weight = count
    for name in names {
      append(
        "\(prefix)/\(name)/weight", shape: [outputs, inputs],
        initializer: .normal(standardDeviation: deviation))
    }
    let bias = count
    for name in names {
      append("\(prefix)/\(name)/bias", shape: [outputs], initializer: .constant(0))
    }
    return LinearLayer(
      inputs: inputs, outputs: names.count * outputs, weight: weight, bias: bias)
  }
}
