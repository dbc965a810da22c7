import Foundation
import LinearAlgebra
import Synchronization
import Testing

@Suite struct ParallelForTests {
  /// Every index is done exactly once, by no more threads than allowed.
  @Test(arguments: [0, 1, 2, 3, 50]) func everyIndexIsDoneOnce(_ threads: Int) {
    for count in [0, 1, 2, 7, 1000] {
      let state = Mutex((times: [Int](repeating: 0, count: count), running: 0, most: 0))
      parallelFor(count, threads: threads) { index in
        state.withLock {
          $0.times[index] += 1
          $0.running += 1
          $0.most = max($0.most, $0.running)
        }
        if index % 50 == 0 { usleep(1000) }
        state.withLock { $0.running -= 1 }
      }
      let (times, _, most) = state.withLock { $0 }
      #expect(times == [Int](repeating: 1, count: count))
      #expect(threads == 0 || most <= threads)
    }
  }
}
