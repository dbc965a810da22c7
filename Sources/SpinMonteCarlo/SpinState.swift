internal import Foundation
internal import LinearAlgebra
public import NeuralNetworks
public import Parallelism
internal import Synchronization

/// A network with parameters and a projection as a state: log ψ of many configurations, and derivatives.
///
/// Work is cut into blocks that do not depend on the number of threads. Parameters change between calls, never
/// during one, and workspaces are taken by one thread at a time: values are shared between threads for reading only.
public final class SpinState: @unchecked Sendable {
  /// The network.
  public let network: any SpinNetwork
  /// The projection.
  public var projection: SpinProjection { didSet { memory = memory.map { remade($0) } } }
  /// θ, `[P]`.
  public var parameters: [Float] {
    didSet {
      version += 1
      forget()
    }
  }

  /// What every spin that points up adds to arg ψ, by site; empty for nothing.
  private let sitePhases: [Double]
  let execution: Execution
  private var version = 0
  /// What was evaluated at the present parameters; nil where nothing is remembered.
  private var memory: SpinMemory?
  /// How often the network was evaluated so far.
  private let counter = Atomic<Int>(0)
  private let plain: SpinWorkspaces
  private let differentiable: SpinWorkspaces

  /// Creates a state.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - parameters: θ, `[P]`.
  ///   - projection: The projection; nil for none.
  ///   - sitePhases: What every spin that points up adds to arg ψ, by site, in radians; empty for nothing.
  ///   - execution: The threads to use.
  public init(
    _ network: any SpinNetwork, parameters: [Float], projection: SpinProjection? = nil,
    sitePhases: [Double] = [], execution: Execution = .serial
  ) {
    precondition(parameters.count == network.parameterCount, "\(parameters.count) parameters")
    precondition(sitePhases.isEmpty || sitePhases.count == network.siteCount)
    self.sitePhases = sitePhases
    self.network = network
    self.parameters = parameters
    self.projection = projection ?? .none(siteCount: network.siteCount)
    self.execution = execution
    plain = SpinWorkspaces(network, capacity: Self.blockSize, keepsDerivatives: false)
    differentiable = SpinWorkspaces(network, capacity: Self.blockSize, keepsDerivatives: true)
  }

  /// The number of configurations that go through the network together.
  static let blockSize = 48

  /// How often the network was evaluated so far; derivatives count once.
  public var evaluations: Int { counter.load(ordering: .relaxed) }

  /// Whether ``logAmplitudes(of:)`` remembers amplitudes until parameters change.
  var remembers: Bool { memory != nil }

  /// Evaluates configurations of one orbit once from now on.
  ///
  /// The projection must be one on a one-dimensional irrep of a group, as ``LatticeSymmetries`` has them.
  ///
  /// - Parameter shifts: Shifts under which the network is invariant.
  package func remember(invariantUnder shifts: [[Int]]) {
    memory = siteCount <= 64 ? remade(SpinMemory(shifts: shifts)) : nil
  }

  private func remade(_ memory: SpinMemory) -> SpinMemory {
    SpinMemory(
      shifts: memory.shifts, reducer: OrbitReducer(projection, invariantUnder: memory.shifts))
  }

  /// Forgets the amplitudes that were evaluated, so that what comes does not depend on what was.
  func forget() { memory?.memo.withLock { $0.removeAll() } }

  /// N.
  public var siteCount: Int { network.siteCount }
  /// P.
  public var parameterCount: Int { network.parameterCount }

  /// Calls a body with a workspace at the present parameters.
  func withWorkspace<Result>(_ body: (any SpinNetworkBatch) -> Result) -> Result {
    plain.use(parameters, version, body)
  }

  /// Computes log ψ of a batch.
  ///
  /// - Parameter spins: ±1, `[B, N]`.
  /// - Returns: log|ψ| and arg ψ in radians, `[B]` each.
  public func logAmplitudes(of spins: [Int8]) -> (logModulus: [Double], phase: [Double]) {
    precondition(spins.count % siteCount == 0, "\(spins.count) spins of \(siteCount) sites")
    guard let memory else { return evaluate(spins) }
    return memory.logAmplitudes(of: spins, execution: execution) { evaluate($0) }
  }

  /// Returns one configuration of each orbit among some, and which one stands for each.
  ///
  /// Without a memory every configuration stands for itself.
  package func orbits(of spins: [Int8]) -> (spins: [Int8], places: [Int]) {
    memory?.orbits(of: spins, execution: execution)
      ?? (spins, Array(0..<spins.count / siteCount))
  }

  /// Evaluates all of a batch.
  private func evaluate(_ spins: [Int8]) -> (logModulus: [Double], phase: [Double]) {
    let n = siteCount
    let count = spins.count / n
    let block = max(1, Self.blockSize / projection.count)
    let parts = execution.map((count + block - 1) / block) { index in
      let range = index * block..<min(count, (index + 1) * block)
      return self.withWorkspace { batch in
        spins.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return ([Double](), [Double]()) }
          return self.amplitudes(base + range.lowerBound * n, count: range.count, batch: batch)
        }
      }
    }
    return (parts.flatMap(\.0), parts.flatMap(\.1))
  }

  /// Computes log ψ of some configurations in a workspace.
  func amplitudes(
    _ spins: UnsafePointer<Int8>, count: Int, batch: any SpinNetworkBatch
  ) -> ([Double], [Double]) {
    let images = projection.count
    let total = count * images
    var logModulus = [Double](repeating: 0, count: total)
    var phase = logModulus
    let n = siteCount
    var room = images == 1 ? [] : [Int8](repeating: 0, count: min(total, batch.capacity) * n)
    for first in Swift.stride(from: 0, to: total, by: batch.capacity) {
      let part = min(batch.capacity, total - first)
      logModulus.withUnsafeMutableBufferPointer { re in
        phase.withUnsafeMutableBufferPointer { im in
          room.withUnsafeMutableBufferPointer { room in
            guard let re = re.baseAddress, let im = im.baseAddress else { return }
            var source = spins + first * n
            if images > 1, let room = room.baseAddress {
              for index in 0..<part {
                let (configuration, element) = (first + index).quotientAndRemainder(
                  dividingBy: images)
                projection.image(element, of: spins + configuration * n, into: room + index * n)
              }
              source = UnsafePointer(room)
            }
            self.forward(batch, source, count: part, logModulus: re + first, phase: im + first)
          }
        }
      }
    }
    if images == 1 { return (logModulus, phase) }
    let sums = (0..<count).map { index in
      projectedSum(logModulus, phase, first: index * images)
    }
    return (sums.map(\.logModulus), sums.map(\.phase))
  }

  /// Computes log φ of configurations, `[count, N]`, with the phases of sites.
  private func forward(
    _ batch: any SpinNetworkBatch, _ spins: UnsafePointer<Int8>, count: Int,
    logModulus: UnsafeMutablePointer<Double>, phase: UnsafeMutablePointer<Double>
  ) {
    counter.add(count, ordering: .relaxed)
    batch.forward(spins: spins, count: count, logModulus: logModulus, phase: phase)
    if sitePhases.isEmpty { return }
    for index in 0..<count {
      var sum = 0.0
      for (site, angle) in sitePhases.enumerated() where spins[index * siteCount + site] > 0 {
        sum += angle
      }
      phase[index] += sum.remainder(dividingBy: 2 * .pi)
    }
  }

  /// Returns `log Σ_g χ(g)* φ(g s)`.
  private func projectedSum(
    _ logModulus: [Double], _ phase: [Double], first: Int
  ) -> (logModulus: Double, phase: Double) {
    let largest = logModulus[first..<first + projection.count].max() ?? 0
    var (re, im) = (0.0, 0.0)
    for (index, element) in projection.elements.enumerated() {
      let size = exp(logModulus[first + index] - largest)
      let angle = phase[first + index] + element.phase
      re += size * cos(angle)
      im += size * sin(angle)
    }
    let square = re * re + im * im
    return (largest + 0.5 * log(max(square, 1e-24)), atan2(im, re))
  }

  // MARK: - Derivatives

  /// Writes the rows of `∂log|ψ|/∂θ`, then those of `∂arg ψ/∂θ`.
  ///
  /// - Parameters:
  ///   - spins: ±1, `[B, N]`.
  ///   - rows: `[2 B, P]`, overwritten.
  public func derivatives(of spins: [Int8], into rows: UnsafeMutablePointer<Float>) {
    let n = siteCount
    let count = spins.count / n
    let block = projection.count == 1 ? Self.blockSize : 1
    nonisolated(unsafe) let rows = rows
    execution.parallelFor((count + block - 1) / block) { index in
      let range = index * block..<min(count, (index + 1) * block)
      self.differentiable.use(self.parameters, self.version) { batch in
        spins.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          if self.projection.count == 1 {
            self.plainRows(
              base + range.lowerBound * n, count: range.count, batch,
              rows + range.lowerBound * self.parameterCount, count * self.parameterCount)
          } else {
            self.projectedRow(
              base + range.lowerBound * n, batch, rows + range.lowerBound * self.parameterCount,
              count * self.parameterCount)
          }
        }
      }
    }
  }

  private func plainRows(
    _ spins: UnsafePointer<Int8>, count: Int, _ batch: any SpinNetworkBatch,
    _ rows: UnsafeMutablePointer<Float>, _ offset: Int
  ) {
    counter.add(count, ordering: .relaxed)
    var values = [Double](repeating: 0, count: 2 * count)
    values.withUnsafeMutableBufferPointer {
      guard let base = $0.baseAddress else { return }
      batch.forward(spins: spins, count: count, logModulus: base, phase: base + count)
    }
    let (ones, zeros) = (
      [Float](repeating: 1, count: count), [Float](repeating: 0, count: count)
    )
    batch.jacobian(
      modulusWeights: ones, phaseWeights: zeros, rows: rows, rowStride: parameterCount)
    batch.jacobian(
      modulusWeights: zeros, phaseWeights: ones, rows: rows + offset, rowStride: parameterCount)
  }

  /// `d log ψ = Σ_g w_g d log φ(g s)` with `w_g = χ(g)* φ(g s) / ψ(s)`.
  private func projectedRow(
    _ spins: UnsafePointer<Int8>, _ batch: any SpinNetworkBatch,
    _ rows: UnsafeMutablePointer<Float>, _ offset: Int
  ) {
    let images = projection.count
    let n = siteCount
    let (logModulus, phase) = amplitudes(spins, count: 1, batch: batch)
    rows.update(repeating: 0, count: parameterCount)
    (rows + offset).update(repeating: 0, count: parameterCount)
    var room = [Int8](repeating: 0, count: min(images, batch.capacity) * n)
    for first in Swift.stride(from: 0, to: images, by: batch.capacity) {
      let part = min(batch.capacity, images - first)
      var values = [Double](repeating: 0, count: 2 * part)
      room.withUnsafeMutableBufferPointer { room in
        values.withUnsafeMutableBufferPointer { values in
          guard let room = room.baseAddress, let values = values.baseAddress else { return }
          for index in 0..<part {
            projection.image(first + index, of: spins, into: room + index * n)
          }
          self.forward(batch, room, count: part, logModulus: values, phase: values + part)
        }
      }
      var real = [Float](repeating: 0, count: part)
      var imaginary = real
      for index in 0..<part {
        let size = exp(values[index] - logModulus[0])
        let angle = values[part + index] + projection.elements[first + index].phase - phase[0]
        real[index] = Float(size * cos(angle))
        imaginary[index] = Float(size * sin(angle))
      }
      batch.backward(
        modulusWeights: real, phaseWeights: imaginary.map { -$0 }, gradient: rows)
      batch.backward(modulusWeights: imaginary, phaseWeights: real, gradient: rows + offset)
    }
  }
}
