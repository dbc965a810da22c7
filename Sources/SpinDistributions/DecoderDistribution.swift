public import Configurations
public import Hamiltonians
public import NeuralNetworks

/// Spins row by row as the tokens of an autoregressive network: transformers, RetNets, MADEs.
///
/// With ``SpinFlipTreatment/gauge`` tokens are relative to the first spin, whose sign is drawn with ½.
public struct DecoderDistribution: NormalizedDistribution {
  /// The model.
  public let model: ClassicalIsing
  /// Has no effect on q.
  public var beta: Double
  /// The parameters of the network.
  public var parameters: [[Float]]
  /// The symmetry under flips.
  public let spinFlip: SpinFlipTreatment
  /// The network, of L² positions and two tokens.
  public let network: any AutoregressiveNetwork

  /// Creates a distribution with random parameters.
  public init(
    model: ClassicalIsing, beta: Double, network: any AutoregressiveNetwork,
    spinFlip: SpinFlipTreatment, random: inout RandomSource
  ) {
    precondition(
      network.positions == model.siteCount && network.vocabulary == 2,
      "a network of \(network.positions) positions for \(model.siteCount) spins")
    self.model = model
    self.beta = beta
    self.network = network
    self.spinFlip = spinFlip
    parameters = [network.makeParameters(using: &random)]
  }

  /// Returns room for up to `capacity` configurations.
  public func makeWorkspace(capacity: Int) -> any NormalizedWorkspace {
    DecoderWorkspace(self, capacity: capacity)
  }
}

/// Room for some configurations of a ``DecoderDistribution``.
final class DecoderWorkspace: NormalizedWorkspace {
  private let network: any AutoregressiveNetwork
  private let isRelative: Bool
  private let capacity: Int
  private var parameters: [Float]
  private let batch: any NetworkBatch
  private lazy var tree = network.makeTree(capacity: capacity)
  /// `[R, L²]`, 1 for up.
  private var tokens: [UInt8] = []
  /// `[R, L², 2]`.
  private var logits: [Float] = []
  private var count = 0

  init(_ distribution: DecoderDistribution, capacity: Int) {
    network = distribution.network
    isRelative = distribution.spinFlip == .gauge
    self.capacity = capacity
    parameters = distribution.parameters[0]
    batch = network.makeBatch(capacity: capacity)
  }

  func update(parameters: [[Float]], beta: Double) { self.parameters = parameters[0] }

  func sample(
    count: Int, random: inout RandomSource, into spins: UnsafeMutablePointer<Float>
  ) -> [Double] {
    precondition(count > 0 && count <= capacity, "\(count) configurations, room for \(capacity)")
    let positions = network.positions
    var logs = [Double](repeating: isRelative ? -0.693_147_180_559_945_3 : 0, count: count)
    let signs = (0..<count).map { _ in isRelative && random.next() & 1 == 0 ? Float(-1) : 1 }
    var last = [UInt8](repeating: 0, count: count)
    var own = [Float](repeating: 0, count: 2 * count)
    let first = [Int32](repeating: 0, count: count)
    let each = (0..<count).map { Int32($0) }
    for position in 0..<positions {
      // One node, the empty prefix; then a node for each configuration.
      let nodes = position == 0 ? 1 : count
      tree.advance(
        level: position, parents: position == 1 ? first : each, tokens: last, count: nodes,
        parameters: parameters, logits: &own)
      for row in 0..<count {
        let node = position == 0 ? 0 : row
        let up = Double(own[2 * node + 1]) - Double(own[2 * node])
        let isUp: Bool
        if position == 0 && isRelative {
          isUp = true
        } else {
          isUp = random.uniform() < 1 / (1 + exponential(-up))
          logs[row] += logistic(isUp ? up : -up)
        }
        last[row] = isUp ? 1 : 0
        spins[position * count + row] = isUp ? signs[row] : -signs[row]
      }
    }
    return logs
  }

  func evaluate(count: Int, spins: UnsafeMutablePointer<Float>) -> [Double] {
    precondition(count > 0 && count <= capacity, "\(count) configurations, room for \(capacity)")
    self.count = count
    let positions = network.positions
    tokens = Array(repeating: 0, count: count * positions)
    logits = Array(repeating: 0, count: 2 * count * positions)
    for row in 0..<count {
      let sign: Float = isRelative ? spins[row] : 1
      for position in 0..<positions {
        tokens[row * positions + position] = spins[position * count + row] * sign > 0 ? 1 : 0
      }
    }
    batch.forward(tokens: tokens, count: count, parameters: parameters, logits: &logits)
    return (0..<count).map { row in
      var sum = isRelative ? -0.693_147_180_559_945_3 : 0
      for position in (isRelative ? 1 : 0)..<positions {
        let place = row * positions + position
        let up = Double(logits[2 * place + 1]) - Double(logits[2 * place])
        sum += logistic(tokens[place] == 1 ? up : -up)
      }
      return sum
    }
  }

  func pull(_ weights: [Float], into gradients: inout [[Float]]) {
    precondition(weights.count == count, "\(weights.count) weights for \(count) configurations")
    let positions = network.positions
    var slopes = [Float](repeating: 0, count: logits.count)
    for row in 0..<count {
      for position in (isRelative ? 1 : 0)..<positions {
        let place = row * positions + position
        let up = Double(logits[2 * place + 1]) - Double(logits[2 * place])
        let isUp = tokens[place] == 1
        // ∂ ln σ(x)/∂x = σ(−x).
        let slope = Float(1 / (1 + exponential(isUp ? up : -up))) * weights[row]
        slopes[2 * place + 1] = isUp ? slope : -slope
        slopes[2 * place] = isUp ? -slope : slope
      }
    }
    batch.backward(logitGradients: slopes, parameters: parameters, gradient: &gradients[0])
  }
}
