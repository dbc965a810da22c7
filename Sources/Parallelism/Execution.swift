internal import Dispatch
internal import Synchronization

/// Where work runs: how many threads, and which processes share it.
///
/// A value that is passed in, so that two runs in one process may have different limits. Results never
/// depend on the number of threads: the caller keeps partial results apart by index and reduces
/// them in the order of the index.
public struct Execution: Sendable {
  /// The number of threads, at least 1.
  public let threads: Int
  /// The processes that share the work.
  public let communicator: any Communicator

  /// Creates an execution.
  ///
  /// - Parameters:
  ///   - threads: The number of threads, at least 1; nil for
  ///     ``ProcessorCount/current``.
  ///   - communicator: The processes that share the work.
  public init(threads: Int? = nil, communicator: any Communicator = SerialCommunicator()) {
    let count = threads ?? ProcessorCount.current.count
    precondition(count > 0, "\(count) threads")
    self.threads = count
    self.communicator = communicator
  }

  /// One thread of one process.
  public static var serial: Execution { Execution(threads: 1) }

  /// Runs `body(i)` for every `i` in `0..<count` on the threads and returns when all are done.
  ///
  /// - Parameters:
  ///   - count: The number of calls.
  ///   - body: Is called with each index once.
  public func parallelFor(_ count: Int, body: @Sendable (Int) -> Void) {
    if count <= 1 || threads == 1 {
      for index in 0..<max(0, count) { body(index) }
      return
    }
    if threads >= count {
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
      return
    }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if index >= count { return }
        body(index)
      }
    }
  }

  /// Returns `value(i)` for every `i` in `0..<count`, found in parallel, in order.
  ///
  /// - Parameters:
  ///   - count: The number of values.
  ///   - value: Returns a value; is called with each index once.
  /// - Returns: The values, in the order of the index.
  public func map<Value: Sendable>(
    _ count: Int, _ value: @Sendable (Int) -> Value
  ) -> [Value] {
    let values = UnsafeMutablePointer<Value>.allocate(capacity: max(1, count))
    defer { values.deallocate() }
    nonisolated(unsafe) let target = values
    parallelFor(count) { (target + $0).initialize(to: value($0)) }
    let result = Array(UnsafeBufferPointer(start: values, count: max(0, count)))
    values.deinitialize(count: max(0, count))
    return result
  }

  /// Returns `Σ_i value(i)` over `0..<count`, the values found in parallel and added in order.
  ///
  /// - Parameters:
  ///   - count: The number of terms.
  ///   - value: Returns a term; is called with each index once.
  /// - Returns: The sum.
  public func sum(_ count: Int, _ value: @Sendable (Int) -> Double) -> Double {
    map(count, value).reduce(0, +)
  }
}
