public import Configurations

/// The sizes of a ``MultilayerPerceptron``.
public struct PerceptronConfiguration: Codable, Sendable, Hashable {
  /// The widths of the hidden layers, first to last; none leaves the linear part alone.
  public var hiddenWidths: [Int]
  /// What the hidden units compute.
  public var activation: Activation
  /// The standard deviation of the initial output weights times the root of their number.
  public var outputScale: Float
  /// The number of outputs, of which the last input says which one is `f`; nil for one output and a
  /// linear part.
  public var choices: Int?

  /// Creates a configuration.
  ///
  /// - Parameters:
  ///   - hiddenWidths: The widths of the hidden layers, first to last.
  ///   - activation: What the hidden units compute.
  ///   - outputScale: The standard deviation of the initial output weights times the root of
  ///     their number.
  ///   - choices: The number of outputs, of which the last input says which one is `f`; nil for one
  ///     output and a linear part.
  public init(
    hiddenWidths: [Int] = [64, 64], activation: Activation = .silu, outputScale: Float = 0.1,
    choices: Int? = nil
  ) {
    self.hiddenWidths = hiddenWidths
    self.activation = activation
    self.outputScale = outputScale
    self.choices = choices
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
///
/// With ``PerceptronConfiguration/choices``, as in the code of O. Knitter et al.,
/// [arXiv:2411.03900](https://arxiv.org/abs/2411.03900), the last input is a number `v`, and
///
/// ```
/// f(x, v) = w_v · a_L + c_v
/// ```
///
/// All initial numbers are then uniform up to one over the root of a layer's number of inputs.
public struct MultilayerPerceptron: Sendable {
  /// The sizes.
  public let configuration: PerceptronConfiguration
  /// The number of inputs, N, with the choice among outputs.
  public let inputs: Int
  /// The number of inputs that the layers read.
  let features: Int
  /// The names, shapes and offsets of the parameters.
  public let layout: ParameterLayout
  let hidden: [LinearLayer]
  /// The places of `w`, `c` and `s`; there is no `s` where outputs are chosen.
  let outputWeight: Int
  let outputBias: Int
  let skip: Int
  /// The number of outputs.
  var outputs: Int { configuration.choices ?? 1 }

  /// The width of the last hidden layer, 0 if there is none.
  var lastWidth: Int { hidden.last?.outputs ?? 0 }

  /// Creates a network of `inputs` inputs.
  public init(configuration: PerceptronConfiguration, inputs: Int) {
    precondition(inputs > 0, "a network needs at least one input")
    precondition(
      configuration.choices == nil || inputs > 1 && !configuration.hiddenWidths.isEmpty,
      "outputs can be chosen only above a hidden layer with inputs of its own")
    precondition(configuration.hiddenWidths.allSatisfy { $0 > 0 }, "widths are positive")
    self.configuration = configuration
    self.inputs = inputs
    features = configuration.choices == nil ? inputs : inputs - 1
    var layout = ParameterLayout()
    var width = features
    /// Initial weights of rows with some inputs.
    func weights(_ width: Int, scale: Float = 1) -> ParameterInitializer {
      let size = 1 / Float(max(width, 1)).squareRoot()
      return configuration.choices == nil
        ? .normal(standardDeviation: scale * size) : .uniform(bound: size)
    }
    func biases(_ width: Int) -> ParameterInitializer {
      configuration.choices == nil ? .constant(0) : weights(width)
    }
    hidden = configuration.hiddenWidths.enumerated().map { index, next in
      defer { width = next }
      return LinearLayer(
        inputs: width, outputs: next,
        weight: layout.append(
          "layer\(index)/weight", shape: [next, width], initializer: weights(width)),
        bias: layout.append("layer\(index)/bias", shape: [next], initializer: biases(width)))
    }
    let last = hidden.last?.outputs ?? 0
    outputWeight = layout.append(
      "output/weight", shape: configuration.choices.map { [$0, last] } ?? [last],
      initializer: weights(last, scale: configuration.outputScale))
    outputBias = layout.append(
      "output/bias", shape: [configuration.choices ?? 1], initializer: biases(last))
    skip =
      configuration.choices == nil
      ? layout.append("skip/weight", shape: [inputs], initializer: .constant(0)) : 0
    self.layout = layout
  }

  /// Returns random initial parameters, `[P]`.
  public func makeParameters(using random: inout RandomSource) -> [Float] {
    layout.makeParameters(using: &random)
  }
}
