public import Configurations

/// The sizes of a ``MultilayerPerceptron``.
public struct PerceptronConfiguration: Codable, Sendable, Hashable {
  /// The widths of the hidden layers, first to last; none leaves the linear part alone.
  public var hiddenWidths: [Int]
  /// What the hidden units compute.
  public var activation: Activation
  /// The standard deviation of the initial output weights times the root of their number.
  public var outputScale: Float

  /// Creates a configuration.
  ///
  /// - Parameters:
  ///   - hiddenWidths: The widths of the hidden layers, first to last.
  ///   - activation: What the hidden units compute.
  ///   - outputScale: The standard deviation of the initial output weights times the root of
  ///     their number.
  public init(
    hiddenWidths: [Int] = [64, 64], activation: Activation = .silu, outputScale: Float = 0.1
  ) {
    self.hiddenWidths = hiddenWidths
    self.activation = activation
    self.outputScale = outputScale
  }
}

/// A scalar function of N numbers: hidden layers and a linear skip from the inputs.
///
/// ```
/// a_0 = x,  z_l = W_l a_{l−1} + b_l,  a_l = σ(z_l),  f(x) = w · a_L + s · x + c
/// ```
///
/// The skip makes sign rules that multiply a factor for each site, such as Marshall's,
/// exactly representable when `f` is a phase. It starts at zero.
public struct MultilayerPerceptron: Sendable {
  /// The sizes.
  public let configuration: PerceptronConfiguration
  /// The number of inputs, N.
  public let inputs: Int
  /// The names, shapes and offsets of the parameters.
  public let layout: ParameterLayout
  let hidden: [LinearLayer]
  /// The places of `w`, `c` and `s`.
  let outputWeight: Int
  let outputBias: Int
  let skip: Int

  /// The width of the last hidden layer, 0 if there is none.
  var lastWidth: Int { hidden.last?.outputs ?? 0 }

  /// Creates a network of `inputs` inputs.
  public init(configuration: PerceptronConfiguration, inputs: Int) {
    precondition(inputs > 0, "a network needs at least one input")
    precondition(configuration.hiddenWidths.allSatisfy { $0 > 0 }, "widths are positive")
    self.configuration = configuration
    self.inputs = inputs
    var layout = ParameterLayout()
    var width = inputs
    hidden = configuration.hiddenWidths.enumerated().map { index, next in
      defer { width = next }
      return LinearLayer(
        inputs: width, outputs: next,
        weight: layout.append(
          "layer\(index)/weight", shape: [next, width],
          initializer: .normal(standardDeviation: 1 / Float(width).squareRoot())),
        bias: layout.append("layer\(index)/bias", shape: [next], initializer: .constant(0)))
    }
    let last = hidden.last?.outputs ?? 0
    outputWeight = layout.append(
      "output/weight", shape: [last],
      initializer: .normal(
        standardDeviation: configuration.outputScale / Float(max(last, 1)).squareRoot()))
    outputBias = layout.append("output/bias", shape: [1], initializer: .constant(0))
    skip = layout.append("skip/weight", shape: [inputs], initializer: .constant(0))
    self.layout = layout
  }

  /// Returns random initial parameters, `[P]`.
  public func makeParameters(using random: inout RandomSource) -> [Float] {
    layout.makeParameters(using: &random)
  }
}
