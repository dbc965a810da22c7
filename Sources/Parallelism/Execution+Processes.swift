extension Execution {
  /// The same threads, of this process alone: for work that every process does by itself.
  public var alone: Execution { Execution(threads: threads) }

  /// Returns the items of `0..<count` that are a process's, as even as whole items allow.
  ///
  /// - Parameters:
  ///   - count: The number of items.
  ///   - rank: The process; nil for this one.
  /// - Returns: Its items.
  public func share(of count: Int, rank: Int? = nil) -> Range<Int> {
    let rank = rank ?? communicator.rank
    return count * rank / communicator.size..<count * (rank + 1) / communicator.size
  }

  /// Gives all processes an array of which each has filled its share of the items.
  ///
  /// - Parameters:
  ///   - values: The whole array.
  ///   - items: The number of items, of which each process has filled its ``share(of:rank:)``.
  ///   - place: Returns where an item begins in the array; of the number of items, where the last one ends.
  public func gather<Value: BitwiseCopyable>(
    _ values: UnsafeMutablePointer<Value>, items: Int, place: (Int) -> Int
  ) {
    if !communicator.isDistributed { return }
    let stride = MemoryLayout<Value>.stride
    let counts = (0..<communicator.size).map { rank in
      let share = share(of: items, rank: rank)
      return (place(share.upperBound) - place(share.lowerBound)) * stride
    }
    communicator.gather(
      UnsafeMutableRawBufferPointer(start: values, count: place(items) * stride), counts: counts)
  }

  /// Returns `value(i)` for every `i` in `0..<count`, found by all processes and threads, in order.
  ///
  /// - Parameters:
  ///   - count: The number of values, the same on all processes.
  ///   - value: Returns a value; is called with each index once, on one of the processes.
  /// - Returns: All values, on every process.
  public func distributedMap<Value: BitwiseCopyable & Sendable>(
    _ count: Int, _ value: @Sendable (Int) -> Value
  ) -> [Value] {
    let share = share(of: count)
    return communicator.gather(map(share.count) { value(share.lowerBound + $0) })
  }
}
