public import Configurations
internal import LinearAlgebra
internal import NeuralNetworks
internal import Parallelism

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension NetworkWaveFunction {
  public func derivatives(
    of configurations: [Configuration<Word>], block: Int
  ) -> any DerivativeOperator {
    switch blocks[block].part {
    case .phase: PhaseDerivatives(of: configurations, self)
    default: AmplitudeDerivatives(of: configurations, self)
    }
  }

  public func makePrefixTree(capacity: Int) -> any PrefixTree {
    NetworkPrefixTree(network.makeTree(capacity: capacity), parameters: parameters)
  }
}

/// A network's tree at fixed parameters.
private final class NetworkPrefixTree: PrefixTree {
  private let tree: any NetworkTree
  private let parameters: [Float]

  init(_ tree: any NetworkTree, parameters: [Float]) {
    self.tree = tree
    self.parameters = parameters
  }

  func advance(
    level: Int, parents: UnsafePointer<Int32>, tokens: UnsafePointer<UInt8>, count: Int,
    logits: UnsafeMutablePointer<Float>
  ) {
    tree.advance(
      level: level, parents: parents, tokens: tokens, count: count, parameters: parameters,
      logits: logits)
  }
}

/// `∂a(x)/∂θ` of the modulus: rows by the network, one string after the other.
final class AmplitudeDerivatives<Word: ConfigurationWord>: DerivativeOperator {
  private let configurations: [Configuration<Word>]
  private let waveFunction: NetworkWaveFunction<Word>

  init(of configurations: [Configuration<Word>], _ waveFunction: NetworkWaveFunction<Word>) {
    self.configurations = configurations
    self.waveFunction = waveFunction
  }

  var rowCount: Int { configurations.count }
  var parameterCount: Int { waveFunction.network.layout.count }
  var prefersProducts: Bool { false }

  func rows(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>, stride: Int) {
    nonisolated(unsafe) let rows = rows
    let waveFunction = waveFunction
    let first = range.lowerBound
    waveFunction.withParameters { parameters, _ in
      nonisolated(unsafe) let parameters = parameters
      let configurations = configurations
      waveFunction.forEachBlock(
        range.count, size: NetworkWaveFunction<Word>.jacobianBlock
      ) { thread, block in
        let tokens = waveFunction.tokens(
          of: configurations[first + block.lowerBound..<first + block.upperBound])
        waveFunction.jacobians[thread].rows(
          tokens: tokens, count: block.count, automaton: waveFunction.space.automaton,
          parameters: parameters, into: rows + block.lowerBound * stride, stride: stride,
          logModulus: nil)
      }
    }
  }

  /// Blocks are added in their order, so the sum does not depend on the number of threads.
  func pull(_ weights: [Float], into result: inout [Float]) {
    precondition(weights.count == rowCount, "\(weights.count) numbers to pull")
    precondition(result.count == parameterCount, "a result of \(result.count) numbers")
    let parameterCount = parameterCount
    let size = NetworkWaveFunction<Word>.jacobianBlock
    let blocks = (configurations.count + size - 1) / size
    let waveFunction = waveFunction
    let configurations = configurations
    // A group of blocks at a time bounds the memory of the partial sums.
    let group = 64
    let partial = UnsafeMutablePointer<Float>.allocate(
      capacity: max(1, min(group, blocks) * parameterCount))
    defer { partial.deallocate() }
    nonisolated(unsafe) let sums = partial
    for first in stride(from: 0, to: blocks, by: group) {
      let here = min(group, blocks - first)
      partial.update(repeating: 0, count: here * parameterCount)
      waveFunction.withParameters { parameters, _ in
        nonisolated(unsafe) let parameters = parameters
        let share = waveFunction.execution.share(of: here)
        let workers = min(waveFunction.execution.threads, share.count)
        waveFunction.execution.parallelFor(workers) { thread in
          for block in Swift.stride(
            from: share.lowerBound + thread, to: share.upperBound, by: workers)
          {
            let start = (first + block) * size
            let end = min(configurations.count, start + size)
            let tokens = waveFunction.tokens(of: configurations[start..<end])
            Array(weights[start..<end]).withUnsafeBufferPointer {
              guard let weights = $0.baseAddress else { return }
              waveFunction.jacobians[thread].accumulate(
                tokens: tokens, count: end - start, automaton: waveFunction.space.automaton,
                parameters: parameters, weights: weights, gradient: sums + block * parameterCount)
            }
          }
        }
      }
      waveFunction.execution.gather(partial, items: here) { $0 * parameterCount }
      for block in 0..<here {
        for index in 0..<parameterCount { result[index] += partial[block * parameterCount + index] }
      }
    }
  }
}

/// `∂φ(x)/∂θ` of the phase: products by the perceptron, without rows.
final class PhaseDerivatives<Word: ConfigurationWord>: DerivativeOperator {
  private let workspace: PerceptronWorkspace
  private let parameters: [Float]
  let rowCount: Int

  init(of configurations: [Configuration<Word>], _ waveFunction: NetworkWaveFunction<Word>) {
    let count = configurations.count
    rowCount = count
    if waveFunction.phaseWorkspace.capacity < count {
      waveFunction.phaseWorkspace = PerceptronWorkspace(
        network: waveFunction.phaseNetwork, capacity: count, execution: waveFunction.execution)
    }
    workspace = waveFunction.phaseWorkspace
    parameters = Array(waveFunction.parameters[waveFunction.network.layout.count...])
    var phases = [Float](repeating: 0, count: count)
    workspace.forward(
      inputs: waveFunction.phaseInputs(of: configurations), count: count, parameters: parameters,
      outputs: &phases)
  }

  var parameterCount: Int { parameters.count }
  var prefersProducts: Bool { true }

  func rows(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>, stride: Int) {
    workspace.jacobian(range, parameters: parameters, rows: rows, rowStride: stride)
  }

  func push(_ direction: [Float]) -> [Float] {
    precondition(direction.count == parameterCount, "\(direction.count) numbers to push")
    var image = [Float](repeating: 0, count: rowCount)
    workspace.tangent(direction: direction, parameters: parameters, result: &image)
    return image
  }

  func pull(_ weights: [Float], into result: inout [Float]) {
    precondition(weights.count == rowCount, "\(weights.count) numbers to pull")
    precondition(result.count == parameterCount, "a result of \(result.count) numbers")
    workspace.backward(weights: weights, parameters: parameters, gradient: &result)
  }

  func gram(into matrix: UnsafeMutablePointer<Float>, stride: Int) {
    workspace.addGram(parameters: parameters, to: matrix, rowStride: stride)
  }
}

extension NetworkWaveFunction {
  /// Returns the tokens of a batch, `[B, T]`.
  func tokens(of configurations: ArraySlice<Configuration<Word>>) -> [UInt8] {
    let positions = space.positions
    var tokens = [UInt8](repeating: 0, count: configurations.count * positions)
    tokens.withUnsafeMutableBufferPointer {
      guard let base = $0.baseAddress else { return }
      for (row, configuration) in configurations.enumerated() {
        space.encode(configuration, into: base + row * positions)
      }
    }
    return tokens
  }
}
