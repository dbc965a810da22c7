public import Configurations
internal import Foundation
internal import LinearAlgebra
public import NeuralNetworks

/// An autoregressive wave function with exact quantum numbers.
///
/// ```
/// ψ(x) = exp(a(x) + i φ(x)),  a(x) = ½ Σ_t log p(x_t | x_<t) − ½ log m(x)
/// ```
///
/// The conditionals are a network's masked softmax, so `Σ_x |ψ(x)|² = 1` over the sector to
/// rounding. With symmetries the network sees representatives only, and `m(x)` is the number
/// of configurations that share one. The phase is a network of its own on the whole string.
///
/// Values are shared between threads for reading only; ``amplitudeParameters`` and
/// ``phaseParameters`` change between calls, never during one.
public final class WaveFunction<Word: ConfigurationWord>: @unchecked Sendable {
  /// The sector and its tokens.
  public let space: ConfigurationSpace<Word>
  /// The network of the modulus.
  public let network: any AutoregressiveNetwork
  /// The network of the phase.
  public let phaseNetwork: MultilayerPerceptron
  /// The parameters of the modulus, `[P_a]`.
  public var amplitudeParameters: [Float]
  /// The parameters of the phase, `[P_φ]`.
  public var phaseParameters: [Float]

  private let threads: Int
  private let evaluators: [PrefixEvaluator]
  private let jacobians: [JacobianWorkspace]
  private let phases: [PerceptronWorkspace]
  private static var evaluationBlock: Int { 2048 }
  private static var jacobianBlock: Int { 64 }

  /// Creates a wave function with random parameters.
  ///
  /// - Parameters:
  ///   - space: The sector and its tokens; not empty.
  ///   - network: The network of the modulus, with the space's T and V.
  ///   - phaseNetwork: The network of the phase, with ``phaseInputCount(of:)`` inputs.
  ///   - threads: The number of threads to use, at least 1.
  ///   - random: The source of the initial parameters.
  public init(
    space: ConfigurationSpace<Word>, network: any AutoregressiveNetwork,
    phaseNetwork: MultilayerPerceptron, threads: Int, random: inout RandomSource
  ) {
    precondition(space.dimension > 0, "the sector is empty")
    precondition(
      network.positions == space.positions && network.vocabulary == space.vocabulary,
      "the network is for \(network.positions) positions of \(network.vocabulary) tokens")
    precondition(threads > 0, "\(threads) threads")
    self.space = space
    self.network = network
    self.phaseNetwork = phaseNetwork
    self.threads = threads
    amplitudeParameters = network.makeParameters(using: &random)
    phaseParameters = phaseNetwork.makeParameters(using: &random)
    evaluators = (0..<threads).map { _ in
      PrefixEvaluator(network: network, capacity: Self.evaluationBlock)
    }
    jacobians = (0..<threads).map { _ in
      JacobianWorkspace(network: network, capacity: Self.jacobianBlock)
    }
    phases = (0..<threads).map { _ in
      PerceptronWorkspace(network: phaseNetwork, capacity: 0)
    }
  }

  /// The number of inputs of a phase network for a space.
  public static func phaseInputCount(of space: ConfigurationSpace<Word>) -> Int {
    space.kind == .electrons ? 2 * space.positions : space.positions
  }

  /// The number of parameters of both networks.
  public var parameterCount: Int { amplitudeParameters.count + phaseParameters.count }

  // MARK: - Work in blocks

  /// Calls `body(thread, range)` for consecutive blocks of `0..<count`, each thread taking every
  /// `threads`-th block, so that which workspace does a block is fixed.
  private func forEachBlock(
    _ count: Int, size: Int, _ body: @Sendable (_ thread: Int, _ range: Range<Int>) -> Void
  ) {
    let blocks = (count + size - 1) / size
    let workers = min(threads, blocks)
    parallelFor(workers) { thread in
      for block in stride(from: thread, to: blocks, by: workers) {
        body(thread, block * size..<min(count, (block + 1) * size))
      }
    }
  }

  /// Writes the phase network's inputs, ±1 for filled and empty, `[2T]` (α then β) or `[T]`.
  private func writePhaseInputs(
    of configuration: Configuration<Word>, to inputs: UnsafeMutablePointer<Float>
  ) {
    let orbitals = space.positions
    for orbital in 0..<orbitals {
      inputs[orbital] = (configuration.alpha &>> Word(orbital)) & 1 != 0 ? 1 : -1
      if space.kind == .electrons {
        inputs[orbitals + orbital] = (configuration.beta &>> Word(orbital)) & 1 != 0 ? 1 : -1
      }
    }
  }

  /// Returns the phase network's inputs for a batch of representatives, `[B, inputs]`.
  public func phaseInputs(of configurations: [Configuration<Word>]) -> [Float] {
    let width = Self.phaseInputCount(of: space)
    return [Float](unsafeUninitializedCapacity: configurations.count * width) { buffer, count in
      if let base = buffer.baseAddress {
        for (row, configuration) in configurations.enumerated() {
          writePhaseInputs(of: configuration, to: base + row * width)
        }
      }
      count = configurations.count * width
    }
  }

  // MARK: - Derivatives

  /// Computes `∂a(x)/∂θ_a` for a batch of representatives.
  ///
  /// - Parameters:
  ///   - configurations: Representatives in the sector, `[B]`.
  ///   - rows: `[B, stride]`, the first P_a columns overwritten.
  ///   - stride: The distance between rows, at least P_a.
  public func amplitudeJacobian(
    of configurations: [Configuration<Word>], into rows: UnsafeMutablePointer<Float>, stride: Int
  ) {
    nonisolated(unsafe) let rows = rows
    let positions = space.positions
    forEachBlock(configurations.count, size: Self.jacobianBlock) { thread, range in
      var tokens = [UInt8](repeating: 0, count: range.count * positions)
      for (row, index) in range.enumerated() {
        tokens.withUnsafeMutableBufferPointer {
          if let base = $0.baseAddress {
            self.space.encode(configurations[index], into: base + row * positions)
          }
        }
      }
      self.jacobians[thread].rows(
        tokens: tokens, count: range.count, automaton: self.space.automaton,
        parameters: self.amplitudeParameters, into: rows + range.lowerBound * stride,
        stride: stride, logModulus: nil)
    }
  }

  /// Returns `Σ_x w_x ∂a(x)/∂θ_a`, `[P_a]`, for a batch of representatives.
  ///
  /// Blocks are added in their order, so the sum does not depend on the number of threads.
  public func amplitudeGradient(
    of configurations: [Configuration<Word>], weights: [Float]
  ) -> [Float] {
    precondition(weights.count == configurations.count, "one weight for each configuration")
    let parameters = amplitudeParameters.count
    let positions = space.positions
    let size = Self.jacobianBlock
    let blocks = (configurations.count + size - 1) / size
    var total = [Float](repeating: 0, count: parameters)
    // A group of blocks at a time bounds the memory of the partial sums.
    let group = 64
    for first in stride(from: 0, to: blocks, by: group) {
      let here = min(group, blocks - first)
      let partial = UnsafeMutablePointer<Float>.allocate(capacity: here * parameters)
      partial.initialize(repeating: 0, count: here * parameters)
      defer { partial.deallocate() }
      nonisolated(unsafe) let sums = partial
      let workers = min(threads, here)
      parallelFor(workers) { thread in
        for block in stride(from: thread, to: here, by: workers) {
          let start = (first + block) * size
          let end = min(configurations.count, start + size)
          var tokens = [UInt8](repeating: 0, count: (end - start) * positions)
          tokens.withUnsafeMutableBufferPointer {
            guard let base = $0.baseAddress else { return }
            for index in start..<end {
              self.space.encode(configurations[index], into: base + (index - start) * positions)
            }
          }
          Array(weights[start..<end]).withUnsafeBufferPointer {
            guard let weights = $0.baseAddress else { return }
            self.jacobians[thread].accumulate(
              tokens: tokens, count: end - start, automaton: self.space.automaton,
              parameters: self.amplitudeParameters, weights: weights,
              gradient: sums + block * parameters)
          }
        }
      }
      for block in 0..<here {
        for index in 0..<parameters { total[index] += partial[block * parameters + index] }
      }
    }
    return total
  }
}

// MARK: - Amplitudes

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension WaveFunction: LogAmplitudes {
  public func logAmplitudes(
    of configurations: [Configuration<Word>], logModulus: inout [Double], phase: inout [Double]
  ) {
    let count = configurations.count
    logModulus = Array(repeating: -Double.infinity, count: count)
    phase = Array(repeating: 0, count: count)
    let positions = space.positions

    // Representatives in the sector, sorted by their leading tokens so that neighbours share
    // prefixes and so nodes.
    var entries: [AmplitudeEntry<Word>] = []
    entries.reserveCapacity(count)
    var tokens = [UInt8](repeating: 0, count: positions)
    tokens.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (index, configuration) in configurations.enumerated() {
        let (representative, sign, size) = space.orbit(of: configuration)
        if sign == 0 { continue }
        space.encode(representative, into: base)
        guard space.automaton.contains(base) else { continue }
        var key: UInt64 = 0
        for position in 0..<min(positions, 32) {
          key |= UInt64(base[position]) << UInt64(62 - 2 * position)
        }
        entries.append(
          AmplitudeEntry(
            key: key, index: index, representative: representative, isOdd: sign < 0, size: size))
      }
    }
    entries.sort { $0.key == $1.key ? $0.index < $1.index : $0.key < $1.key }

    let sorted = entries
    let width = Self.phaseInputCount(of: space)
    logModulus.withUnsafeMutableBufferPointer { logModulusBuffer in
      phase.withUnsafeMutableBufferPointer { phaseBuffer in
        nonisolated(unsafe) let logModulus = logModulusBuffer
        nonisolated(unsafe) let phase = phaseBuffer
        forEachBlock(sorted.count, size: Self.evaluationBlock) { thread, range in
          var tokens = [UInt8](repeating: 0, count: range.count * positions)
          var inputs = [Float](repeating: 0, count: range.count * width)
          tokens.withUnsafeMutableBufferPointer { tokens in
            inputs.withUnsafeMutableBufferPointer { inputs in
              guard let tokens = tokens.baseAddress, let inputs = inputs.baseAddress else { return }
              for (row, entry) in range.enumerated() {
                let representative = sorted[entry].representative
                self.space.encode(representative, into: tokens + row * positions)
                self.writePhaseInputs(of: representative, to: inputs + row * width)
              }
            }
          }
          var logProbabilities = [Double](repeating: 0, count: range.count)
          self.evaluators[thread].logProbabilities(
            tokens: tokens, count: range.count, automaton: self.space.automaton,
            parameters: self.amplitudeParameters, into: &logProbabilities)
          var phases = [Float](repeating: 0, count: range.count)
          self.phases[thread].evaluate(
            inputs: inputs, count: range.count, parameters: self.phaseParameters, outputs: &phases)
          for (row, entry) in range.enumerated() {
            let found = sorted[entry]
            logModulus[found.index] = 0.5 * (logProbabilities[row] - log(Double(found.size)))
            phase[found.index] = Double(phases[row]) + (found.isOdd ? Double.pi : 0)
          }
        }
      }
    }
  }
}

/// A configuration whose amplitude is asked for.
private struct AmplitudeEntry<Word: ConfigurationWord> {
  /// The leading tokens, so that neighbours in order share prefixes.
  var key: UInt64
  /// The place in the batch.
  var index: Int
  var representative: Configuration<Word>
  /// Whether the amplitude is minus the representative's.
  var isOdd: Bool
  /// The number of configurations that share the representative.
  var size: Int
}
