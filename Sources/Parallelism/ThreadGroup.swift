internal import Foundation

/// Stands in for processes: the members are threads of this process, which exchange what processes would send.
///
/// For tests of everything that is divided over processes, without any.
package final class ThreadGroup: Sendable {
  private let size: Int
  private let condition = NSCondition()
  /// What each member shows; not an array, which its members could not write at the same time.
  private nonisolated(unsafe) let buffers: UnsafeMutablePointer<UnsafeMutableRawBufferPointer>
  private nonisolated(unsafe) var arrived = 0
  private nonisolated(unsafe) var generation = 0

  private init(size: Int) {
    self.size = size
    buffers = .allocate(capacity: size)
    buffers.initialize(
      repeating: UnsafeMutableRawBufferPointer(start: nil, count: 0), count: size)
  }

  deinit { buffers.deallocate() }

  /// Runs a body on every member and returns the results by rank.
  ///
  /// - Parameters:
  ///   - size: The number of members.
  ///   - body: Is called once on each with its communicator.
  /// - Returns: What it returned.
  package static func run<Result: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (any Communicator) -> Result
  ) -> [Result] {
    let group = ThreadGroup(size: size)
    let done = DispatchSemaphore(value: 0)
    let results = UnsafeMutablePointer<Result>.allocate(capacity: size)
    defer { results.deallocate() }
    nonisolated(unsafe) let target = results
    for rank in 0..<size {
      // Not the pool of `concurrentPerform`: members wait for each other.
      let thread = Thread {
        (target + rank).initialize(to: body(Member(rank: rank, group: group)))
        done.signal()
      }
      thread.stackSize = 16 << 20
      thread.start()
    }
    for _ in 0..<size { done.wait() }
    defer { results.deinitialize(count: size) }
    return Array(UnsafeBufferPointer(start: results, count: size))
  }

  private func wait() {
    condition.lock()
    defer { condition.unlock() }
    let present = generation
    arrived += 1
    if arrived == size {
      arrived = 0
      generation += 1
      condition.broadcast()
      return
    }
    while generation == present { condition.wait() }
  }

  /// Shows a buffer to the others, and waits until all have done with it.
  private func exchange(
    _ bytes: UnsafeMutableRawBufferPointer, rank: Int,
    _ body: (UnsafeMutablePointer<UnsafeMutableRawBufferPointer>) -> Void
  ) {
    buffers[rank] = bytes
    wait()
    body(buffers)
    wait()
  }

  private struct Member: Communicator {
    let rank: Int
    let group: ThreadGroup
    var size: Int { group.size }
    var localSize: Int { group.size }

    func gather(_ bytes: UnsafeMutableRawBufferPointer, counts: [Int]) {
      precondition(counts.count == size && counts.reduce(0, +) == bytes.count, "parts and whole")
      group.exchange(bytes, rank: rank) { buffers in
        var start = 0
        for (other, count) in counts.enumerated() {
          if other != rank, count > 0, let target = bytes.baseAddress,
            let source = buffers[other].baseAddress
          {
            (target + start).copyMemory(from: source + start, byteCount: count)
          }
          start += count
        }
      }
    }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
      group.exchange(bytes, rank: rank) { buffers in
        precondition(buffers[root].count == bytes.count, "a broadcast of different lengths")
        if rank != root, let target = bytes.baseAddress, let source = buffers[root].baseAddress {
          target.copyMemory(from: source, byteCount: bytes.count)
        }
      }
    }

    func barrier() { group.wait() }
  }
}
