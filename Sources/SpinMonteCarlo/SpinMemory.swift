internal import Parallelism
internal import Synchronization

/// The amplitudes of a state that were evaluated at its present parameters.
///
/// Which entries there are, and in which blocks they were evaluated, does not depend on threads.
final class SpinMemory: Sendable {
  /// Shifts under which the network is invariant.
  let shifts: [[Int]]
  let memo = Mutex(AmplitudeMemo())
  private let reducer: OrbitReducer?

  init(shifts: [[Int]], reducer: OrbitReducer? = nil) {
    self.shifts = shifts
    self.reducer = reducer
  }

  /// Computes log ψ of a batch; `evaluate` is asked for what is not known.
  func logAmplitudes(
    of spins: [Int8], execution: Execution,
    _ evaluate: ([Int8]) -> (logModulus: [Double], phase: [Double])
  ) -> (logModulus: [Double], phase: [Double]) {
    guard let reducer else { return evaluate(spins) }
    let (keys, shifts) = keys(of: spins, reducer, execution)
    return memo.withLock { memo in
      if memo.count > AmplitudeMemo.limit { memo.removeAll() }
      let known = memo.count
      let places = keys.map { memo.place(of: $0) }
      if memo.count > known {
        let (logModulus, phase) = evaluate(configurations(memo.keys(from: known), reducer))
        memo.logModulus += logModulus
        memo.phase += phase
      }
      return (
        places.map { memo.logModulus[$0] },
        zip(places, shifts).map { memo.phase[$0] + $1 }
      )
    }
  }

  /// Returns one configuration of each orbit among some, and which one stands for each.
  func orbits(of spins: [Int8], execution: Execution) -> (spins: [Int8], places: [Int]) {
    guard let reducer else { return (spins, []) }
    var memo = AmplitudeMemo()
    let places = keys(of: spins, reducer, execution).keys.map { memo.place(of: $0) }
    return (configurations(memo.keys(from: 0), reducer), places)
  }

  /// The keys of configurations, and the phases of ψ relative to them.
  private func keys(
    of spins: [Int8], _ reducer: OrbitReducer, _ execution: Execution
  ) -> (keys: [UInt64], phases: [Double]) {
    let n = reducer.siteCount
    let count = spins.count / n
    let block = 256
    let parts = execution.map((count + block - 1) / block) { index in
      spins.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return [(key: UInt64, phase: Double)]() }
        return (index * block..<min(count, (index + 1) * block)).map {
          reducer.reduce(reducer.bits(base + $0 * n))
        }
      }
    }
    return (parts.flatMap { $0.map(\.key) }, parts.flatMap { $0.map(\.phase) })
  }

  private func configurations(_ keys: [UInt64], _ reducer: OrbitReducer) -> [Int8] {
    let n = reducer.siteCount
    var spins = [Int8](repeating: 0, count: keys.count * n)
    spins.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (index, key) in keys.enumerated() { reducer.write(key, to: base + index * n) }
    }
    return spins
  }
}
