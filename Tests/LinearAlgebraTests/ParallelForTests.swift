import LinearAlgebra
import Synchronization
import Testing

@Suite(.serialized) struct ParallelForTests {
  /// Every index is done exactly once, whatever the number of threads.
  @Test(arguments: [0, 1, 2, 3, 50]) func everyIndexIsDoneOnce(_ threads: Int) {
    setParallelThreadCount(threads)
    defer { setParallelThreadCount(0) }
    for count in [0, 1, 2, 7, 1000] {
      let times = Mutex([Int](repeating: 0, count: count))
      parallelFor(count) { index in times.withLock { $0[index] += 1 } }
      #expect(times.withLock { $0 } == [Int](repeating: 1, count: count))
    }
  }
}
