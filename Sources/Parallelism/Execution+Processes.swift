extension Execution {
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
}
