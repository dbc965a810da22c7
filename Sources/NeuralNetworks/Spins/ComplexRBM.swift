/// A restricted Boltzmann machine with complex parameters, summed over its hidden spins.
///
/// ```
/// log ψ(s) = Σ_i a_i s_i + Σ_k log cosh(b_k + Σ_i W_ki s_i)
/// ```
///
/// G. Carleo, M. Troyer, [arXiv:1606.02318](https://arxiv.org/abs/1606.02318), up to a constant; the real and the
/// imaginary parts of all parameters are trained as real numbers. The baseline of the literature.
public struct ComplexRBM: Sendable {
  /// N.
  public let siteCount: Int
  /// The number of hidden spins.
  public let hidden: Int
  /// The names, shapes and offsets of the parameters.
  public let layout: ParameterLayout
  /// The places of Re a and Im a.
  let visible: [Int]
  /// Re and Im of the hidden layer.
  let layers: [LinearLayer]

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - siteCount: N.
  ///   - density: The number of hidden spins for each visible one.
  public init(siteCount: Int, density: Int = 1) {
    self.siteCount = siteCount
    hidden = density * siteCount
    var layout = ParameterLayout()
    let parts = ["real", "imaginary"]
    // Small, as of independent spins, so that the start is a nearly uniform state.
    let start = ParameterInitializer.normal(standardDeviation: 0.05)
    visible = parts.map { layout.append("visible/\($0)", shape: [siteCount], initializer: start) }
    let (hidden, inputs) = (hidden, siteCount)
    layers = parts.map {
      LinearLayer(
        inputs: inputs, outputs: hidden,
        weight: layout.append("hidden/\($0)/weight", shape: [hidden, inputs], initializer: start),
        bias: layout.append("hidden/\($0)/bias", shape: [hidden], initializer: start))
    }
    self.layout = layout
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension ComplexRBM: SpinNetwork {
  public var multiplyAdds: Double { 2 * Double(hidden) * Double(siteCount) }

  public func makeBatch(capacity: Int, keepsDerivatives: Bool) -> any SpinNetworkBatch {
    RBMBatch(self, capacity: capacity, keepsDerivatives: keepsDerivatives)
  }

  public func workspaceBytes(capacity: Int, keepsDerivatives: Bool) -> Int {
    4 * (TokenGrid(positions: 1, count: capacity).stride * (siteCount + 4 * hidden) + layout.count)
  }
}

/// A batch of a ``ComplexRBM``; columns are configurations.
final class RBMBatch: SpinNetworkBatch {
  let capacity: Int
  private let network: ComplexRBM
  private var parameters: [Float]
  private var grid: TokenGrid
  private let spins: FloatBuffer
  /// Re and Im of the hidden layer's argument.
  private let arguments: [FloatBuffer]
  private let gradients: [FloatBuffer]
  private let products: OuterProducts

  init(_ network: ComplexRBM, capacity: Int, keepsDerivatives: Bool) {
    let stride = TokenGrid(positions: 1, count: capacity).stride
    self.network = network
    self.capacity = capacity
    parameters = Array(repeating: 0, count: network.layout.count)
    grid = TokenGrid(positions: 1, count: 0)
    spins = FloatBuffer(network.siteCount * stride)
    arguments = (0..<2).map { _ in FloatBuffer(network.hidden * stride) }
    gradients = (0..<2).map { _ in FloatBuffer(keepsDerivatives ? network.hidden * stride : 0) }
    products = OuterProducts(
      positions: keepsDerivatives ? 1 : 0, widest: max(network.hidden, network.siteCount))
  }

  func setParameters(_ parameters: [Float]) {
    precondition(parameters.count == network.layout.count, "\(parameters.count) parameters")
    self.parameters = parameters
  }

  func forward(
    spins source: UnsafePointer<Int8>, count: Int, logModulus: UnsafeMutablePointer<Double>,
    phase: UnsafeMutablePointer<Double>
  ) {
    precondition(count <= capacity, "a batch of \(count) exceeds the capacity \(capacity)")
    grid = TokenGrid(positions: 1, count: count)
    if count == 0 { return }
    for site in 0..<network.siteCount {
      let row = spins.pointer + site * grid.stride
      for b in 0..<count { row[b] = Float(source[b * network.siteCount + site]) }
      for b in count..<grid.lanes { row[b] = 0 }
    }
    parameters.withUnsafeBufferPointer { buffer in
      guard let parameters = buffer.baseAddress else { return }
      for (layer, argument) in zip(network.layers, arguments) {
        layer.forward(
          spins.pointer, argument.pointer, parameters: parameters, columns: grid.columns,
          stride: grid.stride)
      }
    }
    sumLogCosh(
      arguments[0].pointer, arguments[1].pointer, terms: network.hidden, stride: grid.stride,
      count: count, logModulus: logModulus, phase: phase)
    for site in 0..<network.siteCount {
      let row = spins.pointer + site * grid.stride
      let (re, im) = (
        Double(parameters[network.visible[0] + site]), Double(parameters[network.visible[1] + site])
      )
      for b in 0..<count {
        logModulus[b] += re * Double(row[b])
        phase[b] += im * Double(row[b])
      }
    }
  }

  func backward(
    modulusWeights: UnsafePointer<Float>, phaseWeights: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    differentiate(modulusWeights, phaseWeights, sink: .sum(gradient))
  }

  func jacobian(
    modulusWeights: UnsafePointer<Float>, phaseWeights: UnsafePointer<Float>,
    rows: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    precondition(rowStride >= network.layout.count, "rows \(rowStride) apart")
    differentiate(modulusWeights, phaseWeights, sink: .rows(rows, stride: rowStride))
  }

  private func differentiate(
    _ modulusWeights: UnsafePointer<Float>, _ phaseWeights: UnsafePointer<Float>,
    sink: GradientSink
  ) {
    for k in 0..<network.hidden {
      let place = k * grid.stride
      for b in 0..<grid.lanes {
        let (u, v) = b < grid.count ? (modulusWeights[b], phaseWeights[b]) : (0, 0)
        let slope = complexTanh(arguments[0].pointer[place + b], arguments[1].pointer[place + b])
        gradients[0].pointer[place + b] = u * slope.real + v * slope.imaginary
        gradients[1].pointer[place + b] = v * slope.real - u * slope.imaginary
      }
    }
    for (layer, gradient) in zip(network.layers, gradients) {
      layer.parameterGradient(
        input: spins.pointer, outputGradient: gradient.pointer, sink: sink, grid: grid,
        products: products)
    }
    for (part, weights) in [modulusWeights, phaseWeights].enumerated() {
      for site in 0..<network.siteCount {
        let row = spins.pointer + site * grid.stride
        let place = network.visible[part] + site
        for b in 0..<grid.count {
          switch sink {
          case .sum(let gradient): gradient[place] += weights[b] * row[b]
          case .rows(let rows, let stride): rows[b * stride + place] = weights[b] * row[b]
          }
        }
      }
    }
  }
}
