import Foundation
import Parallelism
import Synchronization
import Testing

@Suite struct ExecutionTests {
  /// Every index is done exactly once, by no more threads than allowed.
  @Test(arguments: [1, 2, 3, 50]) func everyIndexIsDoneOnce(_ threads: Int) {
    for count in [0, 1, 2, 7, 1000] {
      let state = Mutex((times: [Int](repeating: 0, count: count), running: 0, most: 0))
      Execution(threads: threads).parallelFor(count) { index in
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
      #expect(most <= threads)
    }
  }

  /// Terms of very different size, whose sum depends on the order.
  @Test func sumsDoNotDependOnTheNumberOfThreads() {
    @Sendable func term(_ index: Int) -> Double {
      pow(-1.7, Double(index % 80)) / Double(index + 1)
    }
    let expected = (0..<1000).reduce(0.0) { $0 + term($1) }
    for threads in [1, 2, 5] {
      #expect(Execution(threads: threads).sum(1000) { term($0) } == expected)
    }
    #expect((0..<1000).reversed().reduce(0.0) { $0 + term($1) } != expected)
  }

  @Test func oneProcessKeepsItsValues() {
    let communicator = Execution().communicator
    #expect(communicator.rank == 0 && communicator.size == 1)
    var values = [1.5, -2]
    communicator.sum(&values)
    communicator.broadcast(&values, from: 0)
    #expect(values == [1.5, -2] && communicator.gather(values) == values)
    communicator.barrier()
  }
}
