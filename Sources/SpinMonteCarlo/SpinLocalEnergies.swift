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
  /// Creates local energies.
  ///
  /// - Parameters:
  ///   - real: Re E_loc, `[M]`.
  ///   - imaginary: Im E_loc, `[M]`.
  ///   - weights: The weights, with sum 1, `[M]`.
  ///   - weightSum: Their sum before that; M if nil.
  public init(
    real: [Double], imaginary: [Double], weights: [Double], weightSum: Double? = nil
  ) {
    self.real = real
    self.imaginary = imaginary
    self.weights = weights
    self.weightSum = weightSum ?? Double(real.count)
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

  /// Returns the energies of distinct configurations, with the weights of all that they stand for.
  ///
  /// - Parameters:
  ///   - places: Which configuration stands for each, `[M]`.
  ///   - count: The number of distinct ones.
  /// - Returns: Their energies and weights.
  package func merged(_ places: [Int], count: Int) -> SpinLocalEnergies {
    var merged = SpinLocalEnergies(
      real: Array(repeating: 0, count: count), imaginary: Array(repeating: 0, count: count),
      weights: Array(repeating: 0, count: count), weightSum: weightSum)
    for (index, place) in places.enumerated() {
      merged.real[place] = real[index]
      merged.imaginary[place] = imaginary[index]
      merged.weights[place] += weights[index]
    }
    return merged
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
    var places = Array(0..<count)
    let rows: [ConnectionRows]
    if state.remembers {
      // E_loc and weights are those of the orbit.
      let orbits = state.orbits(of: draw.spins)
      places = orbits.places
      let (logModulus, phase) = state.logAmplitudes(of: orbits.spins)
      rows = collect(
        SpinDraw(spins: orbits.spins, logModulus: logModulus, phase: phase), state: state)
    } else {
      rows = stream(draw, state: state)
    }
    let (real, imaginary) = (rows.flatMap(\.real), rows.flatMap(\.imaginary))
    let raw = rows.flatMap(\.neighbourhood).map { 1 / (1 - blur + blur * $0) }
    let total = places.reduce(0) { $0 + raw[$1] }
    return SpinLocalEnergies(
      real: places.map { real[$0] }, imaginary: places.map { imaginary[$0] },
      weights: places.map { raw[$0] / total }, weightSum: total)
  }

  /// The rows of configurations, whose connections are evaluated as they come.
  private func stream(_ draw: SpinDraw, state: SpinState) -> [ConnectionRows] {
    let block = max(1, SpinState.blockSize / state.projection.count)
    return rows(of: draw, execution: state.execution, block: block) { spins, count in
      state.withWorkspace { state.amplitudes(spins, count: count, batch: $0) }
    }
  }

  /// The rows of configurations, whose connections are collected first, and evaluated once each.
  private func collect(_ draw: SpinDraw, state: SpinState) -> [ConnectionRows] {
    let n = connections.siteCount
    let count = draw.logModulus.count
    let each = max(1, connections.exchanges.count + connections.flips.count)
    let group = max(1, Self.collectedConnections / each)
    var all: [ConnectionRows] = []
    for first in stride(from: 0, to: count, by: group) {
      let range = first..<min(count, first + group)
      let part = SpinDraw(
        spins: Array(draw.spins[range.lowerBound * n..<range.upperBound * n]),
        logModulus: Array(draw.logModulus[range]), phase: Array(draw.phase[range]))
      var rows = rows(of: part, execution: state.execution, block: Int.max) { _, _ in ([], []) }
      let (logModulus, phase) = state.logAmplitudes(of: rows.flatMap(\.room))
      var place = 0
      for index in rows.indices {
        let range = place..<place + rows[index].connectionCount
        rows[index].absorb(logModulus[range], phase[range])
        place = range.upperBound
      }
      all += rows
    }
    return all
  }

  /// The connections that are there at once, some tens of MB.
  private static let collectedConnections = 400_000

  private func rows(
    of draw: SpinDraw, execution: Execution, block: Int,
    evaluate: @escaping @Sendable (UnsafePointer<Int8>, Int) -> ([Double], [Double])
  ) -> [ConnectionRows] {
    let n = connections.siteCount
    let count = draw.logModulus.count
    // Enough configurations for the last block of a task to be a small part.
    let group = max(1, min(16, count / 16))
    return execution.map((count + group - 1) / group) { index in
      let range = index * group..<min(count, (index + 1) * group)
      var rows = ConnectionRows(
        connections, block: block, base: Array(draw.logModulus[range]),
        phase: Array(draw.phase[range]), evaluate: evaluate)
      draw.spins.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        for (place, configuration) in range.enumerated() {
          rows.take(base + configuration * n, place: place)
        }
      }
      if block < Int.max { rows.flush() }
      return rows
    }
  }
}

/// The connections of some configurations, evaluated block by block.
private struct ConnectionRows: Sendable {
  private let connections: SpinConnections
  private let evaluate: @Sendable (UnsafePointer<Int8>, Int) -> ([Double], [Double])
  private let base: [Double]
  private let phase: [Double]
  private let block: Int
  /// The connections that are not evaluated yet, `[connections, N]`.
  private(set) var room: [Int8] = []
  private var owners: [(place: Int, element: Double, count: Int)] = []
  private(set) var real: [Double]
  private(set) var imaginary: [Double]
  /// `Σ_y |ψ(y)/ψ(x)|² / n(y)`.
  private(set) var neighbourhood: [Double]

  init(
    _ connections: SpinConnections, block: Int, base: [Double], phase: [Double],
    evaluate: @escaping @Sendable (UnsafePointer<Int8>, Int) -> ([Double], [Double])
  ) {
    self.connections = connections
    self.evaluate = evaluate
    self.block = block
    self.base = base
    self.phase = phase
    real = Array(repeating: 0, count: base.count)
    imaginary = real
    neighbourhood = real
    if block < Int.max { room.reserveCapacity(block * connections.siteCount) }
  }

  /// The number of connections that are not evaluated yet.
  var connectionCount: Int { owners.count }

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

  /// Evaluates what was collected.
  mutating func flush() {
    if owners.isEmpty { return }
    let (logModulus, angles) = room.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { evaluate($0, owners.count) } ?? ([], [])
    }
    absorb(logModulus[...], angles[...])
  }

  /// Adds what was collected, at the amplitudes given.
  mutating func absorb(_ logModulus: ArraySlice<Double>, _ angles: ArraySlice<Double>) {
    for (index, owner) in owners.enumerated() {
      let ratio = exp(logModulus[logModulus.startIndex + index] - base[owner.place])
      let size = owner.element * ratio
      let angle = angles[angles.startIndex + index] - phase[owner.place]
      real[owner.place] += size * cos(angle)
      imaginary[owner.place] += size * sin(angle)
      neighbourhood[owner.place] += ratio * ratio / Double(owner.count)
    }
    owners.removeAll(keepingCapacity: true)
    room.removeAll(keepingCapacity: true)
  }
}
