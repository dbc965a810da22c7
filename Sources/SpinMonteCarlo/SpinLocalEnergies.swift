internal import Foundation
public import Hamiltonians
internal import NeuralNetworks
internal import Parallelism

/// `E_loc(x) = Σ_y H_xy ψ(y) / ψ(x)` of configurations of spins, and what they count.
public struct SpinLocalEnergies: Sendable {
  /// Re E_loc, `[M]`.
  public var real: [Double]
  /// Im E_loc, `[M]`.
  public var imaginary: [Double]
  /// |ψ(x)|² over the probability that x was drawn with, with sum 1, `[M]`.
  public var weights: [Double]
  /// The sum of the weights before they were normalised, M on average.
  public var weightSum: Double
  /// How often the network was evaluated.
  public var evaluations: Int

  /// Creates local energies.
  ///
  /// - Parameters:
  ///   - real: Re E_loc, `[M]`.
  ///   - imaginary: Im E_loc, `[M]`.
  ///   - weights: The weights, with sum 1, `[M]`.
  ///   - weightSum: Their sum before that; M if nil.
  ///   - evaluations: How often the network was evaluated.
  public init(
    real: [Double], imaginary: [Double], weights: [Double], weightSum: Double? = nil,
    evaluations: Int
  ) {
    self.real = real
    self.imaginary = imaginary
    self.weights = weights
    self.weightSum = weightSum ?? Double(real.count)
    self.evaluations = evaluations
  }

  /// The mean of the real parts.
  public var mean: Double { zip(weights, real).reduce(0) { $0 + $1.0 * $1.1 } }

  /// The mean of `|E_loc − E|²`.
  public var variance: Double {
    let mean = mean
    return weights.indices.reduce(0) {
      let deviation = real[$1] - mean
      return $0 + weights[$1] * (deviation * deviation + imaginary[$1] * imaginary[$1])
    }
  }

  /// The standard error of the mean, as of independent configurations.
  public var error: Double {
    let mean = mean
    return weights.indices.reduce(0) {
      let term = weights[$1] * (real[$1] - mean)
      return $0 + term * term
    }.squareRoot()
  }
}

/// Computes local energies; connections of many configurations go through the network together.
///
/// Configurations that were drawn with a blur q (``ChainSampler/draw(_:blur:)``) have the weights
/// `w(x) = 1 / [1 − q + q Σ_y |ψ(y)/ψ(x)|² / n(y)]`, which takes no amplitudes that local energies do not. `w E_loc`
/// stays finite where ψ vanishes. Plain samples of |ψ|² never see such configurations, so that a node that ψ should
/// not have costs them nothing: states settle there, with a small variance and a wrong energy. (Blurred sampling:
/// arXiv:2603.18148.)
public struct SpinLocalEnergyEstimator: Sendable {
  private let connections: SpinConnections

  /// Creates an estimator.
  ///
  /// - Parameter terms: The Hamiltonian.
  public init(_ terms: SpinTerms) { connections = SpinConnections(terms) }

  /// Computes local energies.
  ///
  /// - Parameters:
  ///   - draw: The configurations.
  ///   - state: ψ.
  ///   - blur: The q that they were drawn with.
  /// - Returns: E_loc and weights.
  public func compute(
    _ draw: SpinDraw, state: SpinState, blur: Double = 0
  ) -> SpinLocalEnergies {
    let n = connections.siteCount
    let count = draw.logModulus.count
    precondition(draw.spins.count == count * n && draw.phase.count == count)
    // Enough configurations for the last block of a task to be a small part.
    let group = max(1, min(16, count / 16))
    let parts = state.execution.map((count + group - 1) / group) { index in
      let range = index * group..<min(count, (index + 1) * group)
      return state.withWorkspace { batch in
        draw.spins.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else {
            return SpinLocalEnergies(real: [], imaginary: [], weights: [], evaluations: 0)
          }
          var rows = ConnectionRows(
            connections, state, batch, base: Array(draw.logModulus[range]),
            phase: Array(draw.phase[range]))
          for (place, configuration) in range.enumerated() {
            rows.take(base + configuration * n, place: place)
          }
          rows.flush()
          return SpinLocalEnergies(
            real: rows.real, imaginary: rows.imaginary, weights: rows.neighbourhood,
            evaluations: rows.evaluations)
        }
      }
    }
    var weights = parts.flatMap(\.weights).map { 1 / (1 - blur + blur * $0) }
    let total = weights.reduce(0, +)
    for index in weights.indices { weights[index] /= total }
    return SpinLocalEnergies(
      real: parts.flatMap(\.real), imaginary: parts.flatMap(\.imaginary), weights: weights,
      weightSum: total, evaluations: parts.reduce(0) { $0 + $1.evaluations })
  }
}

/// The connections of some configurations, evaluated block by block.
private struct ConnectionRows {
  private let connections: SpinConnections
  private let state: SpinState
  private let batch: any SpinNetworkBatch
  private let base: [Double]
  private let phase: [Double]
  private let block: Int
  private var room: [Int8] = []
  private var owners: [(place: Int, element: Double, count: Int)] = []
  var real: [Double]
  var imaginary: [Double]
  /// `Σ_y |ψ(y)/ψ(x)|² / n(y)`.
  var neighbourhood: [Double]
  var evaluations = 0

  init(
    _ connections: SpinConnections, _ state: SpinState, _ batch: any SpinNetworkBatch,
    base: [Double], phase: [Double]
  ) {
    self.connections = connections
    self.state = state
    self.batch = batch
    self.base = base
    self.phase = phase
    block = max(1, SpinState.blockSize / state.projection.count)
    real = Array(repeating: 0, count: base.count)
    imaginary = real
    neighbourhood = real
    room.reserveCapacity(block * connections.siteCount)
  }

  mutating func take(_ spins: UnsafePointer<Int8>, place: Int) {
    real[place] += connections.diagonalElement(spins)
    // Without a connection a configuration is never moved away from.
    if connections.count(spins) == 0 { neighbourhood[place] = 1 }
    for exchange in connections.exchanges where spins[exchange.first] != spins[exchange.second] {
      add(.exchange(exchange.first, exchange.second), exchange.element, to: spins, place: place)
    }
    for flip in connections.flips { add(.flip(flip.site), flip.element, to: spins, place: place) }
  }

  private mutating func add(
    _ move: SpinMove, _ element: Double, to spins: UnsafePointer<Int8>, place: Int
  ) {
    let first = room.count
    room += UnsafeBufferPointer(start: spins, count: connections.siteCount)
    let count = room.withUnsafeMutableBufferPointer { room -> Int in
      guard let base = room.baseAddress else { return 1 }
      move.apply(to: base + first)
      return connections.count(base + first)
    }
    owners.append((place, element, count))
    if owners.count == block { flush() }
  }

  mutating func flush() {
    if owners.isEmpty { return }
    let (logModulus, angles) = room.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { state.amplitudes($0, count: owners.count, batch: batch) }
        ?? ([], [])
    }
    for (index, owner) in owners.enumerated() {
      let ratio = exp(logModulus[index] - base[owner.place])
      let size = owner.element * ratio
      let angle = angles[index] - phase[owner.place]
      real[owner.place] += size * cos(angle)
      imaginary[owner.place] += size * sin(angle)
      neighbourhood[owner.place] += ratio * ratio / Double(owner.count)
    }
    evaluations += owners.count * state.projection.count
    owners.removeAll(keepingCapacity: true)
    room.removeAll(keepingCapacity: true)
  }
}
