import Configurations
import LinearAlgebra
import NeuralNetworks

/// The networks' kernels, one workspace on one thread.
let networkTopic = Topic(name: "networks") {
  var cases: [Case] = []
  for (positions, vocabulary) in [(10, 4), (20, 4), (64, 2)] {
    for (width, heads, layers) in [(16, 2, 1), (32, 4, 1), (32, 4, 2), (64, 4, 2)] {
      if positions != 10, width != 32 || layers != 2 { continue }
      let transformer = TransformerNetwork(
        configuration: TransformerConfiguration(width: width, heads: heads, layers: layers),
        positions: positions, vocabulary: vocabulary)
      let retNet = RetNetNetwork(
        configuration: RetNetConfiguration(width: width, heads: heads, layers: layers),
        positions: positions, vocabulary: vocabulary)
      let sizes = "T=\(positions) C=\(width) H=\(heads) L=\(layers)"
      cases += networkCases("transformer \(sizes)", transformer, products: 12)
      cases += networkCases("RetNet \(sizes)", retNet, products: 13)
    }
  }
  return cases + perceptronCases()
}

/// The kernels of one network; a block has `products · C²` weights.
private func networkCases(
  _ name: String, _ network: any AutoregressiveNetwork, products: Int
) -> [Case] {
  let count = 64
  let (positions, vocabulary) = (network.positions, network.vocabulary)
  var random = RandomSource(seed: 1)
  let parameters = network.makeParameters(using: &random)
  let tokens = (0..<count * positions).map { _ in UInt8(random.next() % UInt64(vocabulary)) }
  let gradients = (0..<count * positions * vocabulary).map { _ in Float(random.normal()) }
  let weights = network.layout.entries.reduce(0) {
    $0 + ($1.name.hasSuffix("weight") ? $1.count : 0)
  }
  let flops = 2 * Double(weights * count * positions)
  let logits = buffer(count * positions * vocabulary)

  func makeForward() -> (any NetworkBatch, () -> Void) {
    let batch = network.makeBatch(capacity: count)
    let forward = {
      batch.forward(tokens: tokens, count: count, parameters: parameters, logits: logits)
    }
    return (batch, forward)
  }

  // A tree whose levels have 512 nodes once there are as many prefixes; every node has a child.
  let capacity = 512
  var levels: [(parents: [Int32], tokens: [UInt8])] = []
  var size = 1
  for _ in 0..<positions {
    let next = levels.isEmpty ? 1 : min(size * vocabulary, capacity)
    let parents = (0..<next).map { Int32($0 * size / next) }
    levels.append((parents, (0..<next).map { UInt8($0 % vocabulary) }))
    size = next
  }
  let nodes = levels.reduce(0) { $0 + $1.parents.count }

  return [
    Case(name: "\(name): forward B=\(count)", units: Double(count), unit: "strings", flops: flops) {
      makeForward().1
    },
    Case(
      name: "\(name): forward + backward", units: Double(count), unit: "strings", flops: 3 * flops
    ) {
      let (batch, forward) = makeForward()
      let gradient = buffer(parameters.count)
      return {
        forward()
        batch.backward(logitGradients: gradients, parameters: parameters, gradient: gradient)
      }
    },
    Case(
      name: "\(name): forward + Jacobian P=\(parameters.count)", units: Double(count),
      unit: "strings", flops: 3 * flops
    ) {
      let (batch, forward) = makeForward()
      let rows = buffer(count * parameters.count)
      return {
        forward()
        batch.jacobian(
          logitGradients: gradients, parameters: parameters, rows: rows,
          rowStride: parameters.count)
      }
    },
    Case(
      name: "\(name): tree, \(nodes) nodes", units: Double(nodes), unit: "nodes",
      flops: 2 * Double(weights * nodes)
    ) {
      let tree = network.makeTree(capacity: capacity)
      let logits = buffer(capacity * vocabulary)
      return {
        for (level, item) in levels.enumerated() {
          tree.advance(
            level: level, parents: item.parents, tokens: item.tokens, count: item.parents.count,
            parameters: parameters, logits: logits)
        }
      }
    },
  ]
}

private func perceptronCases() -> [Case] {
  [(20, [64, 64]), (40, [128, 128])].flatMap { inputs, widths -> [Case] in
    let network = MultilayerPerceptron(
      configuration: PerceptronConfiguration(hiddenWidths: widths), inputs: inputs)
    var random = RandomSource(seed: 1)
    let parameters = network.makeParameters(using: &random)
    let (many, count) = (100_000, 2048)
    let weights = network.layout.count
    let name = "perceptron N=\(inputs) \(widths)"
    func signs(_ count: Int) -> [Float] {
      var random = RandomSource(seed: 2)
      return (0..<count * inputs).map { _ in random.next() % 2 == 0 ? 1 : -1 }
    }
    return [
      Case(
        name: "\(name): evaluate B=\(many)", units: Double(many), unit: "strings",
        flops: 2 * Double(weights * many)
      ) {
        let x = signs(many)
        let workspace = PerceptronWorkspace(network: network, capacity: 0)
        let outputs = buffer(many)
        return {
          workspace.evaluate(inputs: x, count: many, parameters: parameters, outputs: outputs)
        }
      },
      Case(
        name: "\(name): forward + gram B=\(count), all cores",
        units: Double(count * count / 2), unit: "elements",
        flops: Double(count * count) * Double(inputs + 2 * widths.reduce(0, +))
      ) {
        let x = signs(count)
        let workspace = PerceptronWorkspace(network: network, capacity: count)
        let outputs = buffer(count)
        let matrix = UnsafeMutablePointer<Double>.allocate(capacity: count * count)
        matrix.initialize(repeating: 0, count: count * count)
        return {
          workspace.forward(inputs: x, count: count, parameters: parameters, outputs: outputs)
          workspace.addGram(parameters: parameters, to: matrix, rowStride: count)
        }
      },
    ]
  }
}

/// Zeros that live as long as the program.
func buffer(_ count: Int) -> UnsafeMutablePointer<Float> {
  let pointer = UnsafeMutablePointer<Float>.allocate(capacity: count)
  pointer.initialize(repeating: 0, count: count)
  return pointer
}
