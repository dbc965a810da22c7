internal import Configurations

/// The room of one row.
final class RowBuffer<Word: ConfigurationWord> {
  private(set) var configurations: UnsafeMutablePointer<Configuration<Word>>
  private(set) var elements: UnsafeMutablePointer<Double>
  private var capacity = 0

  init() {
    configurations = .allocate(capacity: 1)
    elements = .allocate(capacity: 1)
  }

  deinit {
    configurations.deallocate()
    elements.deallocate()
  }

  func reserve(_ count: Int) {
    if count <= capacity { return }
    configurations.deallocate()
    elements.deallocate()
    capacity = count + count / 4
    configurations = .allocate(capacity: capacity)
    elements = .allocate(capacity: capacity)
  }
}

/// Contributions of a block of rows, sorted by bin once it is complete.
final class ContributionBlock<Word: ConfigurationWord>: @unchecked Sendable {
  // Unchecked: one thread fills a block, later ones only read it.
  private(set) var entries: UnsafeMutablePointer<PerturberEntry<Word>>
  private var bins: UnsafeMutablePointer<Int16>
  private var capacity = 0
  @exclusivity(unchecked) private var count = 0
  /// Where each bin starts, `[bins + 1]`.
  private(set) var starts: [Int]
  private let binCount: Int

  init(bins: Int) {
    entries = .allocate(capacity: 1)
    self.bins = .allocate(capacity: 1)
    binCount = bins
    starts = []
  }

  deinit {
    entries.deallocate()
    bins.deallocate()
  }

  /// Makes room for more contributions and one spare.
  func reserve(_ more: Int) {
    if count + more < capacity { return }
    let size = max(2 * capacity, count + more + 1)
    let newEntries = UnsafeMutablePointer<PerturberEntry<Word>>.allocate(capacity: size)
    let newBins = UnsafeMutablePointer<Int16>.allocate(capacity: size)
    newEntries.update(from: entries, count: count)
    newBins.update(from: bins, count: count)
    entries.deallocate()
    bins.deallocate()
    entries = newEntries
    bins = newBins
    capacity = size
  }

  /// Stores without a branch: a contribution of no bin, or of zero, is overwritten by the next.
  @inline(__always)
  func append(_ configuration: Configuration<Word>, _ value: Double, bin: Int16) {
    entries[count] = PerturberEntry(configuration: configuration, value: value)
    bins[count] = bin
    count &+= bin >= 0 && value != 0 ? 1 : 0
  }

  /// Sorts by bin, the order within a bin kept.
  @inline(__always)
  func sort() {
    var starts = [Int](repeating: 0, count: binCount + 1)
    for place in 0..<count { starts[Int(bins[place]) + 1] += 1 }
    for bin in 0..<binCount { starts[bin + 1] += starts[bin] }
    let sorted = UnsafeMutablePointer<PerturberEntry<Word>>.allocate(capacity: max(1, count))
    var next = starts
    next.withUnsafeMutableBufferPointer { next in
      for place in 0..<count {
        let bin = Int(bins[place])
        (sorted + next[bin]).initialize(to: entries[place])
        next[bin] &+= 1
      }
    }
    entries.deallocate()
    bins.deallocate()
    bins = .allocate(capacity: 1)
    entries = sorted
    capacity = count
    self.starts = starts
  }
}
