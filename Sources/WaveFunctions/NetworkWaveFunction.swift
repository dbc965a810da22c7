public import Configurations
internal import Foundation
internal import LinearAlgebra
public import NeuralNetworks
public import Parallelism

/// An autoregressive wave function with exact quantum numbers, made of two networks.
///
/// ```
/// ψ(x) = exp(a(x) + i φ(x)),  a(x) = ½ Σ_t log p(x_t | x_<t) − ½ log m(x)
/// ```
///
/// The conditionals are a network's masked softmax, so `Σ_x |ψ(x)|² = 1` over the sector to
/// rounding. With symmetries the network sees representatives only, and `m(x)` is the number
/// of configurations that share one. The phase is a network of its own on the whole string.
///
/// Its parameters are two blocks: `amplitude`, which acts on log|ψ| only, and `phase`.
public final class NetworkWaveFunction<Word: ConfigurationWord>: @unchecked Sendable {
  /// The sector and its tokens.
  public let space: ConfigurationSpace<Word>
  /// The network of the modulus.
  public let network: any AutoregressiveNetwork
  /// The network of the phase.
  public let phaseNetwork: MultilayerPerceptron
  /// The parameters of both networks, the modulus's first.
  public var parameters: [Float]
  /// `amplitude` and `phase`.
  public let blocks: [ParameterBlock]

  let execution: Execution
  private let evaluators: [PrefixEvaluator]
  let jacobians: [JacobianWorkspace]
  private let phases: [PerceptronWorkspace]
  /// Keeps the batch whose phase derivatives were asked for last.
  var phaseWorkspace: PerceptronWorkspace
  private static var evaluationBlock: Int { 2048 }
  static var jacobianBlock: Int { 64 }

  /// Creates a wave function with random parameters.
  ///
  /// - Parameters:
  ///   - space: The sector and its tokens; not empty.
  ///   - network: The network of the modulus, with the space's T and V.
  ///   - phaseNetwork: The network of the phase, with ``phaseInputCount(of:choosesByLastToken:)`` inputs.
  ///   - execution: The threads to use.
  ///   - random: The source of the initial parameters.
  public init(
    space: ConfigurationSpace<Word>, network: any AutoregressiveNetwork,
    phaseNetwork: MultilayerPerceptron, execution: Execution, random: inout RandomSource
  ) {
    precondition(space.dimension > 0, "the sector is empty")
    precondition(
      network.positions == space.positions && network.vocabulary == space.vocabulary,
      "the network is for \(network.positions) positions of \(network.vocabulary) tokens")
    precondition(
      phaseNetwork.inputs
        == Self.phaseInputCount(
          of: space, choosesByLastToken: phaseNetwork.configuration.choices != nil),
      "the phase network has \(phaseNetwork.inputs) inputs")
    precondition(
      phaseNetwork.configuration.choices ?? space.vocabulary == space.vocabulary,
      "the phase network chooses among other tokens")
    self.space = space
    self.network = network
    self.phaseNetwork = phaseNetwork
    self.execution = execution
    parameters = network.makeParameters(using: &random)
    parameters += phaseNetwork.makeParameters(using: &random)
    blocks = [
      ParameterBlock("amplitude", part: .logModulus, offset: 0, layout: network.layout),
      ParameterBlock(
        "phase", part: .phase, offset: network.layout.count, layout: phaseNetwork.layout),
    ]
    evaluators = (0..<execution.threads).map { _ in
      PrefixEvaluator(network: network, capacity: Self.evaluationBlock)
    }
    jacobians = (0..<execution.threads).map { _ in
      JacobianWorkspace(network: network, capacity: Self.jacobianBlock)
    }
    phases = (0..<execution.threads).map { _ in
      PerceptronWorkspace(network: phaseNetwork, capacity: 0)
    }
    phaseWorkspace = PerceptronWorkspace(
      network: phaseNetwork, capacity: 0, execution: execution)
  }

  /// The number of inputs of a phase network for a space.
  ///
  /// - Parameters:
  ///   - space: The sector and its tokens.
  ///   - choosesByLastToken: Whether the token of the last orbital (site) chooses among outputs. The others'
  ///     are then the network's inputs, and the choice one more.
  /// - Returns: N.
  public static func phaseInputCount(
    of space: ConfigurationSpace<Word>, choosesByLastToken: Bool = false
  ) -> Int {
    let spins = space.kind == .electrons ? 2 : 1
    return choosesByLastToken ? spins * (space.positions - 1) + 1 : spins * space.positions
  }

  /// Returns about how many bytes the workspaces of a network take, besides those of the phase.
  ///
  /// - Parameters:
  ///   - network: The network of the modulus.
  ///   - threads: The number of threads, each of which has its own.
  /// - Returns: The bytes.
  public static func workspaceBytes(of network: any AutoregressiveNetwork, threads: Int) -> Int {
    threads * network.workspaceBytes(batch: jacobianBlock, tree: evaluationBlock)
  }

  /// Calls `body` with the parameters of the modulus and of the phase.
  func withParameters<Result>(
    _ body: (_ amplitude: UnsafePointer<Float>, _ phase: UnsafePointer<Float>) -> Result
  ) -> Result {
    let split = network.layout.count
    return parameters.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("no parameters") }
      return body(base, base + split)
    }
  }

  // MARK: - Work in blocks

  /// Calls `body(thread, range)` for consecutive blocks of `0..<count`, each thread taking every
  /// `threads`-th block, so that which workspace does a block is fixed; of this process's share of the blocks only
  /// where that is wanted.
  func forEachBlock(
    _ count: Int, size: Int, ofShare isShared: Bool = false,
    _ body: @Sendable (_ thread: Int, _ range: Range<Int>) -> Void
  ) {
    let all = (count + size - 1) / size
    let blocks = isShared ? execution.share(of: all) : 0..<all
    let workers = min(execution.threads, blocks.count)
    execution.parallelFor(workers) { thread in
      for block in stride(from: blocks.lowerBound + thread, to: blocks.upperBound, by: workers) {
        body(thread, block * size..<min(count, (block + 1) * size))
      }
    }
  }

  /// Writes the phase network's inputs, ±1 for filled and empty, `[2T]` (α then β) or `[T]`; where the last
  /// orbital's token chooses among outputs, those of the others, then the token.
  private func writePhaseInputs(
    of configuration: Configuration<Word>, to inputs: UnsafeMutablePointer<Float>
  ) {
    let chooses = phaseNetwork.configuration.choices != nil
    let orbitals = chooses ? space.positions - 1 : space.positions
    for orbital in 0..<orbitals {
      inputs[orbital] = (configuration.alpha &>> Word(orbital)) & 1 != 0 ? 1 : -1
      if space.kind == .electrons {
        inputs[orbitals + orbital] = (configuration.beta &>> Word(orbital)) & 1 != 0 ? 1 : -1
      }
    }
    if chooses {
      let alpha = (configuration.alpha &>> Word(orbitals)) & 1 != 0
      let beta = (configuration.beta &>> Word(orbitals)) & 1 != 0
      inputs[phaseNetwork.inputs - 1] = (alpha ? 1 : 0) + (beta ? 2 : 0)
    }
  }

  /// Returns the phase network's inputs for a batch of representatives, `[B, inputs]`.
  public func phaseInputs(of configurations: [Configuration<Word>]) -> [Float] {
    let width = phaseNetwork.inputs
    return [Float](unsafeUninitializedCapacity: configurations.count * width) { buffer, count in
      if let base = buffer.baseAddress {
        for (row, configuration) in configurations.enumerated() {
          writePhaseInputs(of: configuration, to: base + row * width)
        }
      }
      count = configurations.count * width
    }
  }
}

// MARK: - Amplitudes

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension NetworkWaveFunction: AutoregressiveWaveFunction {
  public func logAmplitudes(
    of configurations: [Configuration<Word>], logModulus: inout [Double], phase: inout [Double]
  ) {
    let count = configurations.count
    logModulus = Array(repeating: -Double.infinity, count: count)
    phase = Array(repeating: 0, count: count)
    // Representatives in the sector, sorted by their leading tokens so that neighbours share
    // prefixes and so nodes.
    let keys = keys(of: configurations)
    var order: [AmplitudePlace] = []
    order.reserveCapacity(count)
    for (index, key) in keys.enumerated() where key.size > 0 {
      order.append(AmplitudePlace(key: key.leading, index: index))
    }
    order.sort { $0.key == $1.key ? $0.index < $1.index : $0.key < $1.key }
    let values = evaluate(configurations, keys, order)
    for (place, entry) in order.enumerated() {
      logModulus[entry.index] = values[place].logModulus
      phase[entry.index] = values[place].phase
    }
  }

  /// Finds the leading tokens and the multiplicities of configurations, divided over processes and threads.
  private func keys(of configurations: [Configuration<Word>]) -> [AmplitudeKey] {
    let positions = space.positions
    let size = Self.evaluationBlock
    let count = configurations.count
    var keys = Array(
      repeating: AmplitudeKey(leading: 0, size: 0, isOdd: false), count: count)
    keys.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      nonisolated(unsafe) let target = base
      forEachBlock(count, size: size, ofShare: true) { _, range in
        var tokens = [UInt8](repeating: 0, count: positions)
        tokens.withUnsafeMutableBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          for index in range {
            let (representative, sign, size) = self.space.orbit(of: configurations[index])
            if sign == 0 { continue }
            self.space.encode(representative, into: base)
            guard self.space.automaton.contains(base) else { continue }
            var key: UInt64 = 0
            for position in 0..<min(positions, 32) {
              key |= UInt64(base[position]) << UInt64(62 - 2 * position)
            }
            target[index] = AmplitudeKey(leading: key, size: Int32(size), isOdd: sign < 0)
          }
        }
      }
      execution.gather(base, items: (count + size - 1) / size) { min(count, $0 * size) }
    }
    return keys
  }

  /// Computes the amplitudes of configurations in an order, of which each process takes its share of the blocks.
  private func evaluate(
    _ configurations: [Configuration<Word>], _ keys: [AmplitudeKey], _ order: [AmplitudePlace]
  ) -> [AmplitudeValue] {
    let positions = space.positions
    let width = phaseNetwork.inputs
    let size = Self.evaluationBlock
    return [AmplitudeValue](unsafeUninitializedCapacity: order.count) { buffer, count in
      buffer.initialize(repeating: AmplitudeValue(logModulus: 0, phase: 0))
      count = order.count
      guard let base = buffer.baseAddress else { return }
      nonisolated(unsafe) let values = base
      withParameters { amplitudeParameters, phaseParameters in
        nonisolated(unsafe) let amplitudeParameters = amplitudeParameters
        nonisolated(unsafe) let phaseParameters = phaseParameters
        forEachBlock(order.count, size: size, ofShare: true) { thread, range in
          var tokens = [UInt8](repeating: 0, count: range.count * positions)
          var inputs = [Float](repeating: 0, count: range.count * width)
          tokens.withUnsafeMutableBufferPointer { tokens in
            inputs.withUnsafeMutableBufferPointer { inputs in
              guard let tokens = tokens.baseAddress, let inputs = inputs.baseAddress else {
                return
              }
              for (row, place) in range.enumerated() {
                let x = configurations[order[place].index]
                let representative = self.space.orbit(of: x).representative
                self.space.encode(representative, into: tokens + row * positions)
                self.writePhaseInputs(of: representative, to: inputs + row * width)
              }
            }
          }
          var logProbabilities = [Double](repeating: 0, count: range.count)
          self.evaluators[thread].logProbabilities(
            tokens: tokens, count: range.count, automaton: self.space.automaton,
            parameters: amplitudeParameters, into: &logProbabilities)
          var phases = [Float](repeating: 0, count: range.count)
          self.phases[thread].evaluate(
            inputs: inputs, count: range.count, parameters: phaseParameters, outputs: &phases)
          for (row, place) in range.enumerated() {
            let key = keys[order[place].index]
            values[place] = AmplitudeValue(
              logModulus: 0.5 * (logProbabilities[row] - log(Double(key.size))),
              phase: Double(phases[row]) + (key.isOdd ? Double.pi : 0))
          }
        }
      }
      execution.gather(base, items: (order.count + size - 1) / size) {
        min(order.count, $0 * size)
      }
    }
  }
}

/// log ψ of one configuration.
private struct AmplitudeValue: BitwiseCopyable, Sendable {
  var logModulus: Double
  var phase: Double
}

/// What sorts a configuration whose amplitude is asked for, and what belongs to it.
private struct AmplitudeKey: BitwiseCopyable, Sendable {
  /// The leading tokens, so that neighbours in order share prefixes.
  var leading: UInt64
  /// The number of configurations that share the representative; 0 outside the sector.
  var size: Int32
  /// Whether the amplitude is minus the representative's.
  var isOdd: Bool
}

/// A place in the sorted batch.
private struct AmplitudePlace: Sendable {
  var key: UInt64
  /// The place in the batch as it was given.
  var index: Int
}
