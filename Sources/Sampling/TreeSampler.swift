public import Configurations
internal import Foundation
public import Parallelism
public import WaveFunctions

/// Distinct configurations with the number of draws that gave each.
public struct TreeSample<Word: ConfigurationWord>: Sendable {
  /// The distinct representatives, by decreasing weight.
  public var configurations: [Configuration<Word>] = []
  /// The draws of each (whole numbers), or its probability under the proposal in a top-K sample.
  public var weights: [Double] = []
  /// `log p` of each under the wave function's |ψ|², its multiplicity included.
  public var logProbabilities: [Double] = []
  /// `log q` of each under the distribution it was drawn from.
  public var logProposals: [Double] = []
  /// The weight asked for: the number of draws, or 1.
  public var totalWeight = 0.0
  /// The weight of what the cap left out.
  public var droppedWeight = 0.0
}

/// How a prefix's weight is split over its next tokens.
public enum TreeSplit: Sendable, Hashable {
  /// By an exact multinomial draw of this many draws in all.
  case draws(Double)
  /// In proportion to the probabilities: the strings of largest probability, without noise.
  case probability
}

/// Samples distinct configurations from an autoregressive wave function, with counts.
///
/// From the root on, each prefix hands its draws to its children by one multinomial draw, and
/// prefixes that got none are dropped, so 10¹² draws cost no more than their distinct strings.
/// The tree is expanded depth-first in blocks of prefixes, which bounds memory by
/// block × positions.
///
/// At most `maximumDistinct` strings are kept: those of largest weight. A threshold on the
/// weight rises as strings are found; a prefix below it is cut, because no string under it can
/// weigh more than it does. What is cut is counted in ``TreeSample/droppedWeight``.
///
/// A top-K sample of a distribution so flat that no string stands out may hold fewer than K strings;
/// see ``sample(_:maximumDistinct:exponent:random:)``.
///
/// The draw at a prefix comes from a stream keyed by the prefix, and the tree is walked in a fixed number of
/// shares, for logits depend on the prefixes beside them by rounding: so a sample depends on the seed and the size
/// of blocks only, not on threads or processes.
///
/// ### References
///
/// T. D. Barrett, A. Malyshev, A. I. Lvovsky, *Nat. Mach. Intell.* 4, 351 (2022), batched
/// autoregressive sampling. The threshold, instead of keeping a number of prefixes at each
/// position, is ours: it makes what is kept exactly the strings of largest weight.
public struct TreeSampler<Word: ConfigurationWord>: Sendable {
  private let waveFunction: any AutoregressiveWaveFunction<Word>
  private let execution: Execution
  private let blockSize: Int
  /// The parts in which the tree is walked: more would walk the prefixes above them more often.
  private static var shareCount: Int { 8 }

  /// Creates a sampler of a wave function.
  ///
  /// - Parameters:
  ///   - waveFunction: The wave function; its present parameters count at each call.
  ///   - execution: The threads to use.
  ///   - blockSize: The number of prefixes that the network sees at once.
  public init(
    of waveFunction: any AutoregressiveWaveFunction<Word>, execution: Execution,
    blockSize: Int = 1024
  ) {
    precondition(blockSize > 0, "blocks of \(blockSize)")
    self.waveFunction = waveFunction
    self.execution = execution
    self.blockSize = blockSize
  }

  /// Draws a sample.
  ///
  /// The distribution is the one whose conditionals are `p(token | prefix)^α`, normalised over the
  /// alive tokens; `α = 1` gives |ψ|².
  ///
  /// - Parameters:
  ///   - split: How many draws, or top-K.
  ///   - maximumDistinct: The largest number of distinct configurations to keep.
  ///   - exponent: α, positive.
  ///   - random: The stream of the draws.
  /// - Returns: The distinct configurations, by decreasing weight.
  public func sample(
    _ split: TreeSplit, maximumDistinct: Int, exponent: Double = 1, random: RandomSource
  ) -> TreeSample<Word> {
    precondition(maximumDistinct > 0, "no room for a sample")
    precondition(exponent > 0, "the exponent \(exponent) is not positive")
    let total =
      switch split {
      case .draws(let draws): draws.rounded()
      case .probability: 1.0
      }
    let own = execution.share(of: Self.shareCount)
    let threads = min(execution.threads, own.count)
    let workers = (0..<threads).map { _ in
      TreeWorker(
        waveFunction: waveFunction, split: split, exponent: exponent,
        maximumDistinct: maximumDistinct, random: random, blockSize: blockSize)
    }
    func walk(floor: Double) {
      execution.parallelFor(threads) { thread in
        workers[thread].forget()
        for share in stride(from: own.lowerBound + thread, to: own.upperBound, by: threads) {
          workers[thread].run(share: (share, Self.shareCount), total: total, floor: floor)
        }
      }
    }
    switch split {
    case .draws:
      // Counts below one draw are none.
      walk(floor: 0.5)
    case .probability:
      // The least probability that is wanted is not known beforehand, and a guess that is far too
      // low has no bound on the prefixes to walk. It is lowered step by step, until there are
      // enough strings or a pass has become dear: a flat distribution has no heaviest strings.
      var floor = 1 / (4 * Double(maximumDistinct))
      while true {
        walk(floor: floor)
        var counts = [
          workers.reduce(0) { $0 + $1.found.count }, workers.reduce(0) { $0 + $1.visited },
        ]
        execution.communicator.sum(&counts)
        if counts[0] >= maximumDistinct || floor < 1e-30 { break }
        if counts[1] > 60 * maximumDistinct + 4096 { break }
        floor /= 64
      }
    }

    // Each share kept its own heaviest strings, so the heaviest of all are among them.
    var found = execution.communicator.gather(workers.flatMap(\.found).map(LeafRecord.init))
      .map { TreeLeaf<Word>($0) }
    found.sort { $0.precedes($1) }
    if found.count > maximumDistinct { found.removeLast(found.count - maximumDistinct) }
    var sample = TreeSample<Word>()
    sample.configurations = found.map(\.configuration)
    sample.weights = found.map(\.weight)
    sample.logProbabilities = found.map(\.logProbability)
    sample.logProposals = found.map(\.logProposal)
    sample.totalWeight = total
    sample.droppedWeight = max(0, total - found.reduce(0) { $0 + $1.weight })
    return sample
  }
}

/// A string that a worker found.
private struct TreeLeaf<Word: ConfigurationWord>: Sendable {
  var configuration: Configuration<Word>
  var weight: Double
  var logProbability: Double
  var logProposal: Double

  /// Whether this string is kept rather than the other.
  ///
  /// By weight, and among equal weights, of which counts have many, by digest: that favours no part
  /// of the tree and depends on nothing but the strings.
  func precedes(_ other: TreeLeaf) -> Bool {
    if weight != other.weight { return weight > other.weight }
    let digests = (configuration.digest, other.configuration.digest)
    return digests.0 == digests.1
      ? (configuration.alpha, configuration.beta)
        < (other.configuration.alpha, other.configuration.beta)
      : digests.0 < digests.1
  }
}

/// A string that a worker found, as processes send it.
private struct LeafRecord: BitwiseCopyable {
  /// The lower and upper words of α, then of β.
  var words: (UInt64, UInt64, UInt64, UInt64)
  var weight: Double
  var logProbability: Double
  var logProposal: Double

  init<Word>(_ leaf: TreeLeaf<Word>) {
    func upper(_ word: Word) -> UInt64 {
      Word.bitWidth > 64 ? UInt64(truncatingIfNeeded: word >> 64) : 0
    }
    let (alpha, beta) = (leaf.configuration.alpha, leaf.configuration.beta)
    words = (
      UInt64(truncatingIfNeeded: alpha), upper(alpha), UInt64(truncatingIfNeeded: beta),
      upper(beta)
    )
    weight = leaf.weight
    logProbability = leaf.logProbability
    logProposal = leaf.logProposal
  }
}

extension TreeLeaf {
  fileprivate init(_ record: LeafRecord) {
    func word(_ lower: UInt64, _ upper: UInt64) -> Word {
      Word(truncatingIfNeeded: lower)
        | (Word.bitWidth > 64 ? Word(truncatingIfNeeded: upper) << 64 : 0)
    }
    let words = record.words
    configuration = Configuration(
      alpha: word(words.0, words.1), beta: word(words.2, words.3))
    weight = record.weight
    logProbability = record.logProbability
    logProposal = record.logProposal
  }
}

/// A prefix that waits for expansion.
private struct TreeNode<Word: ConfigurationWord> {
  var configuration: Configuration<Word>
  var weight: Double
  var logProbability: Double
  var logProposal: Double
  var state: Int32
  var parent: Int32
  var token: UInt8
}

/// One thread's depth-first walks over shares of the tree.
///
/// All shares have the few prefixes above the level where there are enough of them to share out;
/// below, each has every `count`-th prefix only.
private final class TreeWorker<Word: ConfigurationWord>: @unchecked Sendable {
  /// The strings of all its shares.
  private(set) var found: [TreeLeaf<Word>] = []
  /// Those of the present share.
  private var leaves: [TreeLeaf<Word>] = []
  private let space: ConfigurationSpace<Word>
  private let tree: any PrefixTree
  private let split: TreeSplit
  private let exponent: Double
  private let maximumDistinct: Int
  private let random: RandomSource
  private let blockSize: Int
  private var share = (index: 0, count: 1)
  /// The number of prefixes that were expanded, in all its shares.
  private(set) var visited = 0
  /// The weight below which a string is not wanted from the start.
  private var floor = 0.0
  /// The weight below which a string is no longer wanted.
  private var threshold = 0.0
  private var logits: [Float]
  private var proposal: [Double]
  private var target: [Double]

  init(
    waveFunction: any AutoregressiveWaveFunction<Word>, split: TreeSplit, exponent: Double,
    maximumDistinct: Int,
    random: RandomSource, blockSize: Int
  ) {
    space = waveFunction.space
    self.split = split
    self.exponent = exponent
    self.maximumDistinct = maximumDistinct
    self.random = random
    self.blockSize = blockSize
    tree = waveFunction.makePrefixTree(capacity: blockSize)
    logits = Array(repeating: 0, count: blockSize * space.vocabulary)
    proposal = Array(repeating: 0, count: space.vocabulary)
    target = proposal
  }

  func forget() {
    found.removeAll(keepingCapacity: true)
    visited = 0
  }

  func run(share: (Int, Int), total: Double, floor: Double) {
    self.share = share
    self.floor = floor
    threshold = floor
    leaves.removeAll(keepingCapacity: true)
    defer { found += leaves }
    let root = TreeNode<Word>(
      configuration: Configuration(alpha: 0), weight: total, logProbability: 0, logProposal: 0,
      state: 0, parent: 0, token: 0)
    expand([root][...], position: 0, isShared: self.share.count == 1)
  }

  private func expand(_ nodes: ArraySlice<TreeNode<Word>>, position: Int, isShared: Bool) {
    let vocabulary = space.vocabulary
    // Once, where all shares walk together.
    if isShared || share.index == 0 { visited += nodes.count }
    tree.advance(
      level: position, parents: nodes.map(\.parent), tokens: nodes.map(\.token),
      count: nodes.count, logits: &logits)
    let orbital = Word(space.order[position])
    let isLast = position == space.positions - 1
    let transitions = space.automaton.transitions[position]
    // Where the shares still walk together, all must see the same prefixes to share them out.
    let lowest = isShared ? threshold : floor
    var children: [TreeNode<Word>] = []
    children.reserveCapacity(isLast ? 0 : nodes.count * 2)
    for (index, node) in nodes.enumerated() {
      conditionals(of: index, state: node.state, transitions: transitions)
      // The prefix's own stream: it does not depend on who expands it, or when.
      var stream = random.split(node.configuration.digest &+ UInt64(position) &* 0x9E37_79B9)
      var remainingWeight = node.weight
      var remainingProbability = 1.0
      for token in 0..<vocabulary {
        let next = transitions[Int(node.state) * vocabulary + token]
        if next < 0 { continue }
        let probability = exp(proposal[token])
        let weight: Double
        switch split {
        case .probability:
          weight = node.weight * probability
        case .draws:
          let share = remainingProbability > 0 ? min(1, probability / remainingProbability) : 1
          weight =
            isFinalAlive(token, node.state, transitions)
            ? remainingWeight
            : drawBinomial(trials: remainingWeight, probability: share, using: &stream)
          remainingWeight -= weight
          remainingProbability -= probability
        }
        if weight < lowest { continue }
        var child = node
        child.weight = weight
        child.logProbability += target[token]
        child.logProposal += proposal[token]
        child.state = next
        child.parent = Int32(index)
        child.token = UInt8(token)
        if token & 1 != 0 { child.configuration.alpha |= 1 << orbital }
        if token & 2 != 0 { child.configuration.beta |= 1 << orbital }
        if !isLast {
          children.append(child)
        } else if isShared || share.index == 0 {
          keep(child)
        }
      }
    }
    if isLast { return }
    var mine = children[...]
    var isShared = isShared
    if !isShared && (children.count >= 32 * share.count || position + 2 >= space.positions) {
      isShared = true
      mine =
        children.enumerated().filter { $0.offset % share.count == share.index }
        .map(\.element)[...]
    }
    while !mine.isEmpty {
      let block = mine.prefix(blockSize)
      mine = mine.dropFirst(block.count)
      // The threshold may have risen since these were made.
      let alive = isShared ? block.filter { $0.weight >= threshold }[...] : block
      if !alive.isEmpty { expand(alive, position: position + 1, isShared: isShared) }
    }
  }

  private func isFinalAlive(_ token: Int, _ state: Int32, _ transitions: [Int32]) -> Bool {
    let vocabulary = space.vocabulary
    for later in (token + 1)..<max(vocabulary, token + 1)
    where transitions[Int(state) * vocabulary + later] >= 0 {
      return false
    }
    return true
  }

  /// Fills `target` with log p and `proposal` with log q of the alive tokens.
  private func conditionals(of node: Int, state: Int32, transitions: [Int32]) {
    let vocabulary = space.vocabulary
    logNormalize(node, state, transitions, vocabulary, 1, &target)
    if exponent == 1 {
      proposal = target
    } else {
      logNormalize(node, state, transitions, vocabulary, exponent, &proposal)
    }
  }

  private func logNormalize(
    _ node: Int, _ state: Int32, _ transitions: [Int32], _ vocabulary: Int, _ scale: Double,
    _ result: inout [Double]
  ) {
    var largest = -Double.infinity
    for token in 0..<vocabulary where transitions[Int(state) * vocabulary + token] >= 0 {
      largest = max(largest, scale * Double(logits[node * vocabulary + token]))
    }
    var sum = 0.0
    for token in 0..<vocabulary where transitions[Int(state) * vocabulary + token] >= 0 {
      sum += exp(scale * Double(logits[node * vocabulary + token]) - largest)
    }
    let shift = largest + log(sum)
    for token in 0..<vocabulary {
      result[token] = scale * Double(logits[node * vocabulary + token]) - shift
    }
  }

  private func keep(_ node: TreeNode<Word>) {
    leaves.append(
      TreeLeaf(
        configuration: node.configuration, weight: node.weight,
        logProbability: node.logProbability, logProposal: node.logProposal))
    if leaves.count < 2 * maximumDistinct + 1024 { return }
    leaves.sort { $0.precedes($1) }
    leaves.removeLast(leaves.count - maximumDistinct)
    threshold = max(threshold, leaves[maximumDistinct - 1].weight)
  }
}
