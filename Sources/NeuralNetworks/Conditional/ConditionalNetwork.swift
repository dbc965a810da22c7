/// The size of a ``ConditionalNetwork``.
public struct ConditionalShape: Codable, Sendable, Hashable {
  /// The number b of spins that are given.
  public var border: Int
  /// The number n of spins that are drawn one after another.
  public var spins: Int
  /// The number of hidden units that see given spins only; nothing where there are none.
  public var borderHidden: Int
  /// The number k of hidden units of each drawn spin.
  public var hiddenPerSpin: Int
  /// Whether outputs see spins also without a hidden layer between.
  public var direct: Bool

  /// Creates a shape.
  ///
  /// - Parameters:
  ///   - border: b.
  ///   - spins: n, at least 1.
  ///   - factor: The number of hidden units for each input: 1 is the published width.
  ///   - direct: Whether outputs see spins directly, too.
  public init(border: Int, spins: Int, factor: Int = 1, direct: Bool = false) {
    precondition(border >= 0 && spins >= 1 && factor >= 1, "a network of no spins or units")
    self.border = border
    self.spins = spins
    borderHidden = factor * border
    hiddenPerSpin = factor
    self.direct = direct
  }

  /// b + n.
  public var inputs: Int { border + spins }
  /// The number of hidden units.
  public var hidden: Int { borderHidden + hiddenPerSpin * spins }
}

/// Conditional probabilities of n spins, one after another, given b others: a masked perceptron.
///
/// ```
/// z = W₁ x + b₁,   a = max(z, 0) + slope · min(z, 0),   o = W₂ a + D x + b₂
/// q(s_j = +1 | border, s_0 … s_{j−1}) = 1 / (1 + exp(−o_j))
/// ```
///
/// The first hidden units see the border only; k further units for each spin j see the border and the spins
/// before j. Output j sees the first ones and those of the spins up to j. That is the network of P. Białas,
/// P. Korcyl, T. Stebel, arXiv:2203.10989, without masked weights in memory; ours are k > 1 and the direct
/// term D. With b = 0 it is that of D. Wu, L. Wang, P. Zhang, arXiv:1809.10606.
public struct ConditionalNetwork: Sendable {
  /// The size.
  public let shape: ConditionalShape
  /// Where the arrays are among the parameters.
  public let layout: ParameterLayout
  let first: StaircaseMatrix
  let second: StaircaseMatrix
  let direct: StaircaseMatrix?
  /// The panels of hidden units that see the border only, and of those of each panel of spins.
  let borderPanels: [StaircaseMatrix.Panel]
  let spinPanels: [StaircaseMatrix.Panel]
  let firstWeight: Int
  let firstBias: Int
  let slope: Int
  let secondWeight: Int
  let secondBias: Int
  let directWeight: Int

  /// The number of spins that are drawn before their influence goes on to later ones in one product.
  static let panelSpins = 16

  /// Lays out a network.
  ///
  /// Weights and biases of a layer start uniform within ±1/√(number of inputs) as by the framework of the
  /// published code, larger by the square root of the mask's share as there; slopes are ½.
  ///
  /// - Parameters:
  ///   - shape: Its size.
  ///   - startsUniform: Whether outputs start at zero instead, so that all spins are drawn with ½.
  public init(_ shape: ConditionalShape, startsUniform: Bool) {
    self.shape = shape
    let (b, n, k, hb) = (shape.border, shape.spins, shape.hiddenPerSpin, shape.borderHidden)
    let cuts = Array(stride(from: 0, to: n, by: Self.panelSpins)) + [n]
    let borderCuts = Array(stride(from: 0, to: hb, by: 64))
    first = StaircaseMatrix(
      widths: Array(repeating: b, count: hb) + (0..<n * k).map { b + $0 / k },
      cuts: borderCuts + cuts.map { hb + $0 * k })
    borderPanels = first.panels.filter { $0.rows.lowerBound < hb }
    spinPanels = first.panels.filter { $0.rows.lowerBound >= hb }
    second = StaircaseMatrix(widths: (0..<n).map { hb + k * ($0 + 1) }, cuts: cuts)
    direct = shape.direct ? StaircaseMatrix(widths: (0..<n).map { b + $0 }, cuts: cuts) : nil
    let enlarged = { (whole: Int, count: Int) in
      (Double(whole) / Double(max(count, 1))).squareRoot()
    }
    let (inputs, hidden) = (shape.inputs, shape.hidden)
    let low = 1 / Double(inputs).squareRoot()
    let high = startsUniform ? 0 : 1 / Double(hidden).squareRoot()
    func uniform(_ bound: Double) -> ParameterInitializer {
      bound == 0 ? .constant(0) : .uniform(bound: Float(bound))
    }
    var layout = ParameterLayout()
    firstWeight = layout.append(
      "hidden_weight", shape: [first.count],
      initializer: uniform(low * enlarged(inputs * hidden, first.count)))
    firstBias = layout.append("hidden_bias", shape: [hidden], initializer: uniform(low))
    slope = layout.append("hidden_slope", shape: [hidden], initializer: .constant(0.5))
    secondWeight = layout.append(
      "output_weight", shape: [second.count],
      initializer: uniform(high * enlarged(n * hidden, second.count)))
    secondBias = layout.append("output_bias", shape: [n], initializer: uniform(high))
    directWeight =
      direct.map {
        layout.append("direct_weight", shape: [$0.count], initializer: .constant(0))
      } ?? 0
    self.layout = layout
  }

  /// The number of parameters.
  public var parameterCount: Int { layout.count }
}
