internal import Configurations
internal import Foundation
internal import Hamiltonians
internal import NeuralNetworks
internal import Parallelism

/// Configurations that were drawn, with their amplitudes.
public struct SpinDraw: Sendable {
  /// ±1, `[M, N]`.
  public var spins: [Int8]
  /// log|ψ|, `[M]`.
  public var logModulus: [Double]
  /// arg ψ, `[M]`.
  public var phase: [Double]

  /// Creates a draw.
  public init(spins: [Int8], logModulus: [Double], phase: [Double]) {
    self.spins = spins
    self.logModulus = logModulus
    self.phase = phase
  }
}

/// Markov chains that sample |ψ|² of spins, many side by side.
///
/// N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953). Where the number of up spins is conserved, two antiparallel
/// spins change places, picked uniformly among the antiparallel pairs that are at most second neighbours; the
/// ratio of the numbers of such pairs corrects for it (W. Hastings, Biometrika 57, 97 (1970)). Else single spins
/// turn. Every chain has its own random stream, so results do not depend on threads.
public final class ChainSampler {
  /// ±1, `[chains, N]`.
  public private(set) var spins: [Int8]
  /// log|ψ| of each chain, at the parameters of the last ``refresh(_:)`` or ``advance(_:proposals:)``.
  public private(set) var logModulus: [Double]
  /// arg ψ of each chain.
  public private(set) var phase: [Double]
  /// The number of chains.
  public let chainCount: Int
  /// The number of proposals of a chain so far.
  public private(set) var proposals: Int

  private let siteCount: Int
  private let connections: SpinConnections
  private let conservesMagnetization: Bool
  /// Pairs that may change places; empty where spins turn.
  private let pairs: [(first: Int, second: Int)]
  private let random: RandomSource

  /// Creates chains from random configurations of the sector.
  ///
  /// - Parameters:
  ///   - problem: The model.
  ///   - chains: How many.
  ///   - seed: The seed.
  public init(_ problem: SpinProblem, chains: Int, seed: UInt64) {
    precondition(chains > 0, "\(chains) chains")
    let n = problem.siteCount
    siteCount = n
    connections = SpinConnections(problem.terms)
    conservesMagnetization = problem.upCount != nil
    chainCount = chains
    random = RandomSource(seed: seed).split(0x6368_6169)
    pairs = problem.upCount == nil ? [] : Self.exchangePairs(problem)
    spins = []
    spins.reserveCapacity(chains * n)
    for chain in 0..<chains {
      var generator = random.split(UInt64(chain)).split(0)
      var one = (0..<n).map { site -> Int8 in
        guard let up = problem.upCount else { return generator.next() % 2 == 0 ? 1 : -1 }
        return site < up ? 1 : -1
      }
      one.shuffle(using: &generator)
      spins += one
    }
    logModulus = Array(repeating: -Double.infinity, count: chains)
    phase = Array(repeating: 0, count: chains)
    proposals = 0
  }

  /// First and second neighbours, and whatever the Hamiltonian couples.
  private static func exchangePairs(_ problem: SpinProblem) -> [(first: Int, second: Int)] {
    var keys = Set<Int>()
    let n = problem.siteCount
    func add(_ first: Int, _ second: Int) {
      keys.insert(min(first, second) * n + max(first, second))
    }
    for coupling in problem.terms.couplings { add(coupling.first, coupling.second) }
    for order in 1...2 {
      // Small lattices have no second neighbours.
      for bond in (try? problem.geometry.bonds(order: order)) ?? [] { add(bond.first, bond.second) }
    }
    return keys.sorted().map { ($0 / n, $0 % n) }
  }

  /// The state of the chains, to go on from.
  public var snapshot: (spins: [Int8], proposals: Int) {
    get { (spins, proposals) }
    set {
      precondition(newValue.spins.count == spins.count, "chains of another run")
      spins = newValue.spins
      proposals = newValue.proposals
    }
  }

  /// Computes log ψ of all chains again: parameters have changed.
  public func refresh(_ state: SpinState) {
    state.forget()
    (logModulus, phase) = state.logAmplitudes(of: spins)
  }

  /// Makes proposals in every chain.
  ///
  /// - Parameters:
  ///   - state: The state whose |ψ|² is sampled; its log ψ of the chains is known (``refresh(_:)``).
  ///   - count: The number of proposals for each chain.
  /// - Returns: The share of proposals that were accepted.
  @discardableResult
  public func advance(_ state: SpinState, proposals count: Int) -> Double {
    if count == 0 { return 1 }
    if state.remembers { return advanceTogether(state, proposals: count) }
    let block = max(1, SpinState.blockSize / state.projection.count)
    let blocks = (chainCount + block - 1) / block
    let (old, n) = (self, siteCount)
    nonisolated(unsafe) let chains = old
    let parts = state.execution.map(blocks) { index in
      let range = index * block..<min(chains.chainCount, (index + 1) * block)
      return state.withWorkspace { batch in
        var walk = Walk(
          spins: Array(chains.spins[range.lowerBound * n..<range.upperBound * n]),
          logModulus: Array(chains.logModulus[range]), phase: Array(chains.phase[range]))
        var generators = range.map {
          chains.random.split(UInt64($0)).split(UInt64(chains.proposals + 1))
        }
        for _ in 0..<count {
          chains.propose(&walk, &generators) { spins, count in
            spins.withUnsafeBufferPointer { buffer in
              buffer.baseAddress.map { state.amplitudes($0, count: count, batch: batch) }
                ?? ([], [])
            }
          }
        }
        return walk
      }
    }
    return finish(parts, proposals: count)
  }

  /// Makes proposals in all chains at once, so that what many of them propose is evaluated once.
  private func advanceTogether(_ state: SpinState, proposals count: Int) -> Double {
    var walk = Walk(spins: spins, logModulus: logModulus, phase: phase)
    var generators = (0..<chainCount).map {
      random.split(UInt64($0)).split(UInt64(proposals + 1))
    }
    for _ in 0..<count {
      propose(&walk, &generators) { spins, _ in state.logAmplitudes(of: spins) }
    }
    return finish([walk], proposals: count)
  }

  /// Takes the chains to where they went; returns the share of proposals that were accepted.
  private func finish(_ parts: [Walk], proposals count: Int) -> Double {
    spins = parts.flatMap(\.spins)
    logModulus = parts.flatMap(\.logModulus)
    phase = parts.flatMap(\.phase)
    proposals += count
    return Double(parts.reduce(0) { $0 + $1.accepted }) / Double(count * chainCount)
  }

  /// Returns where the chains are, some of them one random move away.
  ///
  /// A configuration x of the result has the probability
  /// `(1 − q) |ψ(x)|² + q Σ_y |ψ(y)|² / n(y)`, the sum over the n(x) configurations that the Hamiltonian connects
  /// with it: nodes of ψ are seen, too. ``SpinLocalEnergyEstimator`` has the weights for it.
  ///
  /// - Parameters:
  ///   - state: ψ.
  ///   - blur: q, from 0 to below 1.
  /// - Returns: One configuration of each chain.
  public func draw(_ state: SpinState, blur: Double) -> SpinDraw {
    if blur == 0 { return SpinDraw(spins: spins, logModulus: logModulus, phase: phase) }
    var moved = spins
    moved.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for chain in 0..<chainCount {
        // A stream that no proposal has.
        var generator = random.split(UInt64(chain)).split(UInt64(proposals) | 1 << 63)
        let place = base + chain * siteCount
        if generator.uniform() < blur {
          connections.randomMove(place, &generator)?.apply(to: place)
        }
      }
    }
    let (logModulus, phase) = state.logAmplitudes(of: moved)
    return SpinDraw(spins: moved, logModulus: logModulus, phase: phase)
  }

  /// Some chains on their way.
  private struct Walk: Sendable {
    var spins: [Int8]
    var logModulus: [Double]
    var phase: [Double]
    var accepted = 0
  }

  /// One proposal in each of some chains.
  private func propose(
    _ walk: inout Walk, _ generators: inout [RandomSource],
    amplitudes: ([Int8], Int) -> (logModulus: [Double], phase: [Double])
  ) {
    let count = generators.count
    var next = walk.spins
    var corrections = [Double](repeating: 0, count: count)
    next.withUnsafeMutableBufferPointer { next in
      guard let base = next.baseAddress else { return }
      for chain in 0..<count {
        corrections[chain] = move(base + chain * siteCount, &generators[chain])
      }
    }
    let (logModulus, phase) = amplitudes(next, count)
    for chain in 0..<count {
      let ratio = 2 * (logModulus[chain] - walk.logModulus[chain]) + corrections[chain]
      // NaN is never accepted.
      guard ratio >= 0 || generators[chain].uniform() < exp(ratio) else { continue }
      let range = chain * siteCount..<(chain + 1) * siteCount
      walk.spins.replaceSubrange(range, with: next[range])
      walk.logModulus[chain] = logModulus[chain]
      walk.phase[chain] = phase[chain]
      walk.accepted += 1
    }
  }

  /// Changes a configuration; returns the logarithm of q(y → x) / q(x → y).
  private func move(
    _ spins: UnsafeMutablePointer<Int8>, _ random: inout RandomSource
  ) -> Double {
    if !conservesMagnetization {
      SpinMove.flip(Int(random.next() % UInt64(siteCount))).apply(to: spins)
      return 0
    }
    let before = antiparallelCount(spins)
    // All spins parallel: there is one configuration.
    if before == 0 { return 0 }
    while true {
      let pair = pairs[Int(random.next() % UInt64(pairs.count))]
      if spins[pair.first] == spins[pair.second] { continue }
      SpinMove.exchange(pair.first, pair.second).apply(to: spins)
      return log(Double(before) / Double(antiparallelCount(spins)))
    }
  }

  private func antiparallelCount(_ spins: UnsafePointer<Int8>) -> Int {
    pairs.reduce(0) { $0 + (spins[$1.first] == spins[$1.second] ? 0 : 1) }
  }
}
