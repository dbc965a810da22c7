internal import Dispatch
internal import Synchronization

/// The number of threads of ``parallelFor(_:threads:body:)``; 0 for all cores.
private let threadLimit = Atomic<Int>(0)

/// Sets the number of threads that ``parallelFor(_:threads:body:)`` uses, for the whole process.
///
/// The last call wins; results do not depend on it.
///
/// - Parameter count: The number of threads, or 0 for all cores.
public func setParallelThreadCount(_ count: Int) {
  precondition(count >= 0, "\(count) threads")
  threadLimit.store(count, ordering: .relaxed)
}

/// Runs `body(i)` for every `i` in `0..<count` on several threads and returns when all are done.
///
/// The caller keeps results apart by index and reduces them in the order of the index, so that
/// sums do not depend on the number of threads.
///
/// - Parameters:
///   - count: The number of calls.
///   - threads: The number of threads, 0 for all cores; what ``setParallelThreadCount(_:)`` said last
///     if nil.
///   - body: Is called with each index once.
public func parallelFor(_ count: Int, threads: Int? = nil, body: @Sendable (Int) -> Void) {
  let limit = threads ?? threadLimit.load(ordering: .relaxed)
  if count <= 1 || limit == 1 {
    for index in 0..<count { body(index) }
    return
  }
  if limit == 0 || limit >= count {
    DispatchQueue.concurrentPerform(iterations: count, execute: body)
    return
  }
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: limit) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count { return }
      body(index)
    }
  }
}
