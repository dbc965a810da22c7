internal import Configurations

/// One determinant outside the variational space with its coupling `V = ⟨s|H|c⟩`.
struct PerturberEntry<Word: ConfigurationWord> {
  var configuration: Configuration<Word>
  var value: Double
}

/// Sums of couplings by determinant: a hash table with open addressing.
///
/// A value of −0 marks an empty slot; a sum of contributions that are not zero never is −0. Determinants of
/// the variational space hold NaN, which stays whatever is added, so that no contribution needs to be looked
/// up in the space. The order of the slots depends on the order of insertion only.
final class PerturberTable<Word: ConfigurationWord>: @unchecked Sendable {
  // Unchecked: one thread at a time works on a table.
  private(set) var entries: UnsafeMutablePointer<PerturberEntry<Word>>
  private(set) var capacity: Int
  @exclusivity(unchecked) private(set) var count = 0

  private static var emptyBits: UInt64 { 0x8000_0000_0000_0000 }

  init() {
    capacity = 64
    entries = Self.allocate(capacity)
  }

  deinit { entries.deallocate() }

  /// The bytes that a number of determinants takes at most, while a table grows.
  static func bytes(of count: Double) -> Double {
    count * Double(MemoryLayout<PerturberEntry<Word>>.stride) * 3.6
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<PerturberEntry<Word>> {
    let entries = UnsafeMutablePointer<PerturberEntry<Word>>.allocate(capacity: capacity)
    entries.initialize(
      repeating: PerturberEntry(
        configuration: Configuration(alpha: 0, beta: 0), value: -0.0), count: capacity)
    return entries
  }

  /// Whether a slot holds nothing.
  @inline(__always)
  static func isEmpty(_ value: Double) -> Bool { value.bitPattern == emptyBits }

  /// Adds a contribution, not zero, to a determinant's sum.
  @inline(__always)
  func add(_ configuration: Configuration<Word>, _ value: Double) {
    let mask = capacity &- 1
    var slot = Int(truncatingIfNeeded: configuration.fingerprint) & mask
    while true {
      let found = entries[slot].value
      if Self.isEmpty(found) { break }
      if entries[slot].configuration == configuration {
        entries[slot].value = found + value
        return
      }
      slot = (slot &+ 1) & mask
    }
    entries[slot] = PerturberEntry(configuration: configuration, value: value)
    count &+= 1
    if 10 &* count > 6 &* capacity { grow() }
  }

  @inline(never)
  private func grow() {
    let old = entries
    let oldCapacity = capacity
    capacity *= 2
    entries = Self.allocate(capacity)
    let mask = capacity - 1
    for place in 0..<oldCapacity where !Self.isEmpty(old[place].value) {
      var slot = Int(truncatingIfNeeded: old[place].configuration.fingerprint) & mask
      while !Self.isEmpty(entries[slot].value) { slot = (slot &+ 1) & mask }
      entries[slot] = old[place]
    }
    old.deallocate()
  }

  /// Moves all occupied slots to the front, in order, and returns how many there are; the table takes no
  /// more contributions then.
  @inline(__always)
  func compact() -> Int {
    var end = 0
    for place in 0..<capacity where !Self.isEmpty(entries[place].value) {
      if entries[place].value.isNaN { continue }
      entries[end] = entries[place]
      end &+= 1
    }
    return end
  }
}
