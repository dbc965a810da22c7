internal import Dispatch

/// Runs `body(i)` for every `i` in `0..<count` on all cores and returns when all are done.
///
/// The caller keeps results apart by index and reduces them in the order of the index, so that
/// sums do not depend on the number of threads.
public func parallelFor(_ count: Int, body: @Sendable (Int) -> Void) {
  if count <= 1 {
    for index in 0..<count { body(index) }
    return
  }
  DispatchQueue.concurrentPerform(iterations: count, execute: body)
}
