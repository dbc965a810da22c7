internal import Foundation
public import Hamiltonians
internal import NeuralNetworks
internal import Parallelism

/// `E_loc(x) = Σ_y H_xy ψ(y) / ψ(x)` of configurations of spins.
public struct SpinLocalEnergies: Sendable {
  /// Re E_loc, `[M]`.
  public var real: [Double]
  /// Im E_loc, `[M]`.
  public var imaginary: [Double]
  /// How often the network was evaluated.
  public var evaluations: Int

  /// The mean of the real parts.
  public var mean: Double { real.reduce(0, +) / Double(max(1, real.count)) }

  /// The mean of `|E_loc − E|²`.
  public var variance: Double {
    let mean = mean
    return zip(real, imaginary).reduce(0) {
      $0 + ($1.0 - mean) * ($1.0 - mean) + $1.1 * $1.1
    } / Double(max(1, real.count))
  }
}

/// Computes local energies; connections of many configurations go through the network together.
public struct SpinLocalEnergyEstimator: Sendable {
  private let connections: SpinConnections

  /// Creates an estimator.
  ///
  /// - Parameter terms: The Hamiltonian.
  public init(_ terms: SpinTerms) { connections = SpinConnections(terms) }

  /// Computes local energies.
  ///
  /// - Parameters:
  ///   - spins: ±1, `[M, N]`.
  ///   - logModulus: log|ψ|, `[M]`.
  ///   - phase: arg ψ, `[M]`.
  ///   - state: ψ.
  /// - Returns: E_loc.
  public func compute(
    _ spins: [Int8], logModulus: [Double], phase: [Double], state: SpinState
  ) -> SpinLocalEnergies {
    let n = connections.siteCount
    let count = logModulus.count
    precondition(spins.count == count * n && phase.count == count)
    // Enough configurations for the last block of a task to be a small part.
    let group = max(1, min(16, count / (4 * state.execution.threads)))
    let parts = state.execution.map((count + group - 1) / group) { index in
      let range = index * group..<min(count, (index + 1) * group)
      return state.withWorkspace { batch in
        spins.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else {
            return SpinLocalEnergies(real: [], imaginary: [], evaluations: 0)
          }
          var rows = ConnectionRows(
            connections, state, batch, base: Array(logModulus[range]), phase: Array(phase[range]))
          for (place, configuration) in range.enumerated() {
            rows.take(base + configuration * n, place: place)
          }
          rows.flush()
          return SpinLocalEnergies(
            real: rows.real, imaginary: rows.imaginary, evaluations: rows.evaluations)
        }
      }
    }
    return SpinLocalEnergies(
      real: parts.flatMap(\.real), imaginary: parts.flatMap(\.imaginary),
      evaluations: parts.reduce(0) { $0 + $1.evaluations })
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
  private var owners: [(place: Int, element: Double)] = []
  var real: [Double]
  var imaginary: [Double]
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
    room.reserveCapacity(block * connections.siteCount)
  }

  mutating func take(_ spins: UnsafePointer<Int8>, place: Int) {
    real[place] += connections.diagonalElement(spins)
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
    room.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { move.apply(to: base + first) }
    }
    owners.append((place, element))
    if owners.count == block { flush() }
  }

  mutating func flush() {
    if owners.isEmpty { return }
    let (logModulus, angles) = room.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { state.amplitudes($0, count: owners.count, batch: batch) }
        ?? ([], [])
    }
    for (index, owner) in owners.enumerated() {
      let size = owner.element * exp(logModulus[index] - base[owner.place])
      let angle = angles[index] - phase[owner.place]
      real[owner.place] += size * cos(angle)
      imaginary[owner.place] += size * sin(angle)
    }
    evaluations += owners.count * state.projection.count
    owners.removeAll(keepingCapacity: true)
    room.removeAll(keepingCapacity: true)
  }
}
