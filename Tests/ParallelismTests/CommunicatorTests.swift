import MessagePassing
import Parallelism
import Testing

@Suite struct CommunicatorTests {
  @Test(arguments: [1, 2, 3, 7]) func partsComeTogetherInOrder(_ size: Int) {
    // Parts of different lengths, one of them empty.
    let whole = (0..<size).flatMap { rank in (0..<rank * 2).map { 100 * rank + $0 } }
    let results = ThreadGroup.run(size) { communicator in
      communicator.gather((0..<communicator.rank * 2).map { 100 * communicator.rank + $0 })
    }
    #expect(results == Array(repeating: whole, count: size))
  }

  /// Numbers whose sum depends on the order: all get that of the ranks.
  @Test func sumsAreOfTheRanksInOrder() {
    let terms = [1e16, 1.0, -1e16, 3.0]
    let expected = terms.reduce(0, +)
    #expect(terms.reversed().reduce(0, +) != expected)
    let sums = ThreadGroup.run(terms.count) { communicator in
      var values = [terms[communicator.rank], Double(communicator.rank)]
      communicator.sum(&values)
      return values
    }
    #expect(sums == Array(repeating: [expected, 6], count: terms.count))
  }

  @Test func broadcastIsOfItsRoot() {
    for root in 0..<3 {
      let values = ThreadGroup.run(3) { communicator in
        var values = [Float(communicator.rank), 7]
        communicator.broadcast(&values, from: root)
        communicator.barrier()
        return values
      }
      #expect(values == Array(repeating: [Float(root), 7], count: 3))
    }
  }

  /// Shares cover all items once, in the order of the ranks.
  @Test(arguments: [0, 1, 2, 5, 64]) func sharesCoverAllItems(_ count: Int) {
    for size in [1, 2, 3, 6] {
      let results = ThreadGroup.run(size) { communicator in
        let execution = Execution(threads: 2, communicator: communicator)
        let own = execution.share(of: count)
        var values = [Int](repeating: -1, count: 3 * count)
        for item in own {
          for offset in 0..<3 { values[3 * item + offset] = 3 * item + offset }
        }
        if count > 0 { execution.gather(&values, items: count) { 3 * $0 } }
        return values
      }
      for values in results { #expect(values == Array(0..<3 * count)) }
    }
  }

  @Test func launchersAreRecognised() {
    #expect(Launch.processCount([:]) == nil)
    #expect(Launch.processCount(["OMPI_COMM_WORLD_SIZE": "4"]) == 4)
    #expect(Launch.processCount(["PMI_SIZE": "2"]) == 2)
    #expect(Launch.processCount(["PMIX_RANK": "1", "SLURM_NTASKS": "8"]) == 8)
    // A batch script's own shell has the number of tasks, too.
    #expect(Launch.processCount(["SLURM_NTASKS": "8"]) == nil)
  }

  @Test func threadsAreSharedByProcesses() {
    let all = ProcessorCount(processors: 16, status: "", quota: nil, environment: [:])
    #expect(all.shared(by: 4, part: 4).count == 4)
    #expect(all.shared(by: 1, part: 16).count == 16)
    let bound = ProcessorCount(
      processors: 16, status: "Cpus_allowed_list: 3\n", quota: nil, environment: [:])
    #expect(bound.shared(by: 2, part: 8).count == 1)
    let asked = ProcessorCount(
      processors: 16, status: "", quota: nil, environment: ["OMP_NUM_THREADS": "6"])
    #expect(asked.shared(by: 4, part: 4).count == 6)
  }
}
