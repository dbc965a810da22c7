internal import Dispatch
internal import Synchronization

/// The number of threads of ``parallelFor(_:body:)``; 0 for all cores.
private let threadLimit = Atomic<Int>(0)

/// Sets the number of threads that ``parallelFor(_:body:)`` uses, for the whole process.
public func setParallelThreadCount(_ count: Int) {
  precondition(count >= 0, "\(count) threads")
  threadLimit.store(count, ordering: .relaxed)
}

/// Runs `body(i)` for every `i` in `0..<count` on the process's threads.
public func parallelFor(_ count: Int, body: @Sendable (Int) -> Void) {
  let limit = threadLimit.load(ordering: .relaxed)
  Execution(threads: limit == 0 ? nil : limit).parallelFor(count, body: body)
}
