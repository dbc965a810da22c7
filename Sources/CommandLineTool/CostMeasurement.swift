internal import Configurations
internal import Foundation
package import NeuralNetworks

/// Times transformers and RetNets of equal sizes, beside each other and on one thread.
///
/// - *Sampling*: the tree form along chains of prefixes: at each level the same number of nodes, each
///   with one child, so that every node is one position of one sample. Drawing tokens is left out.
/// - *Training*: logits and their gradient for a batch of sixteen strings, the number that the kernels
///   work on together; the RetNet in parallel and by chunks.
///
/// Times are the thread's processor time. The networks take turns, and medians count, so that what else
/// the machine does to caches and clocks falls on both.
package struct CostMeasurement: Sendable {
  /// The sizes; T and C are replaced by those of the lists.
  package let sizes: DecoderCost
  /// The numbers of positions.
  package let positions: [Int]
  /// The widths.
  package let widths: [Int]
  /// The number of chains that are sampled side by side.
  package let nodes: Int
  /// How often each time is taken.
  package let repetitions: Int
  /// The seed of parameters and strings.
  package let seed: UInt64
  /// The most memory of the networks' workspaces, in bytes.
  package let memoryLimit: Int

  /// The number of strings in a training batch.
  package static let strings = 16

  /// Plans a measurement.
  package init(
    sizes: DecoderCost, positions: [Int], widths: [Int], nodes: Int, repetitions: Int,
    seed: UInt64, memoryLimit: Int
  ) {
    self.sizes = sizes
    self.positions = positions
    self.widths = widths
    self.nodes = nodes
    self.repetitions = repetitions
    self.seed = seed
    self.memoryLimit = memoryLimit
  }

  /// Takes all times.
  ///
  /// - Parameter progress: Receives a line about each pair of width and length.
  /// - Returns: The rows by width, length and task. Points that would take too much memory are left
  ///   out.
  package func rows(progress: (String) -> Void) -> [CostRow] {
    var rows: [CostRow] = []
    for width in widths {
      for positions in positions {
        let cost = DecoderCost(
          positions: positions, vocabulary: sizes.vocabulary, width: width, heads: sizes.heads,
          layers: sizes.layers, feedForward: sizes.feedForward)
        progress("C = \(width), T = \(positions)")
        if let row = sampling(cost) {
          rows.append(row)
        } else {
          progress("  sampling is left out: no 16 chains fit into the memory limit")
        }
        let training = training(cost)
        if training.isEmpty {
          progress(
            "  training is left out: \(Self.strings) strings do not fit into the memory limit")
        }
        rows += training
      }
    }
    return rows
  }

  // MARK: - Networks

  private func transformer(_ cost: DecoderCost) -> TransformerNetwork {
    TransformerNetwork(
      configuration: TransformerConfiguration(
        width: cost.width, heads: cost.heads, layers: cost.layers, feedForward: cost.feedForward,
        activation: .silu),
      positions: cost.positions, vocabulary: cost.vocabulary)
  }

  private func retNet(_ cost: DecoderCost, chunk: Int? = nil) -> RetNetNetwork {
    RetNetNetwork(
      configuration: RetNetConfiguration(
        width: cost.width, heads: cost.heads, layers: cost.layers, feedForward: cost.feedForward,
        positionBias: true, finalNorm: true, chunk: chunk),
      positions: cost.positions, vocabulary: cost.vocabulary)
  }

  // MARK: - Sampling

  private func sampling(_ cost: DecoderCost) -> CostRow? {
    // Both trees are there at the same time.
    let bytes = 4 * (cost.treeMemory(.cachedAttention) + cost.treeMemory(.recurrentRetention))
    var chains = nodes
    if Double(chains) * bytes > Double(memoryLimit) {
      chains = Int(Double(memoryLimit) / bytes) / 16 * 16
    }
    if chains == 0 { return nil }
    let seconds = medians([
      chainRun(transformer(cost), chains: chains), chainRun(retNet(cost), chains: chains),
    ])
    // All chains begin at one root.
    let samples = Double(1 + chains * (cost.positions - 1))
    return CostRow(
      task: .sampling, cost: cost, strings: chains, chunk: nil,
      transformerSeconds: seconds[0] / samples, retNetSeconds: seconds[1] / samples)
  }

  /// Returns one walk from the root to the last level of all chains.
  private func chainRun(_ network: some AutoregressiveNetwork, chains: Int) -> () -> Void {
    var random = RandomSource(seed: seed)
    let parameters = network.makeParameters(using: &random)
    let tokens = (0..<chains).map { _ in UInt8(random.next() % UInt64(network.vocabulary)) }
    let tree = network.makeTree(capacity: chains)
    let root = [Int32](repeating: 0, count: chains)
    let line = (0..<chains).map { Int32($0) }
    var logits = [Float](repeating: 0, count: chains * network.vocabulary)
    return {
      for level in 0..<network.positions {
        tree.advance(
          level: level, parents: level > 1 ? line : root, tokens: tokens,
          count: level == 0 ? 1 : chains, parameters: parameters, logits: &logits)
      }
    }
  }

  // MARK: - Training

  private func training(_ cost: DecoderCost) -> [CostRow] {
    // Beside the chunk of fewest operations longer ones, which keep vectors busier.
    let candidates = Set([cost.bestChunk, 4, 8, 16, 32]).filter { $0 < cost.positions }.sorted()
    guard Self.trainingBytes(cost) < Double(memoryLimit) else { return [] }
    let networks: [any AutoregressiveNetwork] =
      [transformer(cost), retNet(cost)] + candidates.map { retNet(cost, chunk: $0) }
    let seconds = medians(networks.map { batchRun($0) })
    let samples = Double(Self.strings * cost.positions)
    func row(_ task: CostRow.Task, _ index: Int, chunk: Int?) -> CostRow {
      CostRow(
        task: task, cost: cost, strings: Self.strings, chunk: chunk,
        transformerSeconds: seconds[0] / samples, retNetSeconds: seconds[index] / samples)
    }
    let parallel = row(.trainingParallel, 1, chunk: nil)
    guard let best = candidates.indices.min(by: { seconds[$0 + 2] < seconds[$1 + 2] }) else {
      return [parallel]
    }
    return [parallel, row(.trainingChunkwise, best + 2, chunk: candidates[best])]
  }

  /// Returns logits and gradient of one batch.
  private func batchRun(_ network: any AutoregressiveNetwork) -> () -> Void {
    var random = RandomSource(seed: seed)
    let parameters = network.makeParameters(using: &random)
    let places = Self.strings * network.positions
    let tokens = (0..<places).map { _ in UInt8(random.next() % UInt64(network.vocabulary)) }
    let weights = (0..<places * network.vocabulary).map { _ in Float(random.normal()) }
    let batch = network.makeBatch(capacity: Self.strings)
    var logits = [Float](repeating: 0, count: weights.count)
    var gradient = [Float](repeating: 0, count: parameters.count)
    return {
      batch.forward(tokens: tokens, count: Self.strings, parameters: parameters, logits: &logits)
      batch.backward(logitGradients: weights, parameters: parameters, gradient: &gradient)
    }
  }

  /// A generous estimate of the memory of all batches of ``training(_:)`` together.
  private static func trainingBytes(_ cost: DecoderCost) -> Double {
    let (t, lanes) = (Double(cost.positions), Double(strings))
    let activations = Double(16 * cost.width + 4 * cost.feedForward) * t
    // Pairs of positions are kept by the transformer and the parallel form; states of short chunks
    // take at most as much as one state for every second position.
    let pairs = 2 * 2 * t * t
    let states = 5 * t / 2 * Double(cost.width * cost.headWidth)
    return 4 * lanes * Double(cost.layers) * (7 * activations + pairs + states)
  }

  // MARK: - Time

  /// Returns the median seconds of each run; they take turns.
  private func medians(_ runs: [() -> Void]) -> [Double] {
    func seconds(_ run: () -> Void, times: Int) -> Double {
      let start = processorSeconds()
      for _ in 0..<times { run() }
      return (processorSeconds() - start) / Double(times)
    }
    // The first time touches memory and caches; short runs are repeated for 10 ms or more.
    let times = runs.map { run in
      run()
      return max(1, Int(0.01 / max(seconds(run, times: 1), 1e-7)))
    }
    var samples = runs.map { _ in [Double]() }
    for _ in 0..<repetitions {
      for index in runs.indices {
        samples[index].append(seconds(runs[index], times: times[index]))
      }
    }
    return samples.map { $0.sorted()[repetitions / 2] }
  }
}

/// The processor time of this thread so far.
private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
