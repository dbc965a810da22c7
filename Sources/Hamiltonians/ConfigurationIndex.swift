package import Configurations

/// Numbers distinct configurations in the order in which they come.
///
/// A hash table with open addressing, keyed by the reproducible digest of a configuration; the
/// numbers do not depend on the hash at all.
package struct ConfigurationIndex<Word: ConfigurationWord>: Sendable {
  /// The configurations by number.
  package private(set) var configurations: [Configuration<Word>] = []
  // The number of the configuration in each slot, or −1.
  private var slots: [Int32]

  /// Creates an empty index.
  package init(capacity: Int = 8) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    slots = .init(repeating: -1, count: size)
    configurations.reserveCapacity(capacity)
  }

  /// The number of configurations.
  package var count: Int { configurations.count }

  /// Returns the number of a configuration, or nil where it has none.
  @inline(__always)
  package func number(of configuration: Configuration<Word>) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: configuration.digest) & mask
    while true {
      let number = Int(slots[slot])
      if number < 0 { return nil }
      if configurations[number] == configuration { return number }
      slot = (slot + 1) & mask
    }
  }

  /// Returns the number of a configuration, giving it the next one where it has none.
  @inline(__always)
  package mutating func insert(_ configuration: Configuration<Word>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: configuration.digest) & mask
    while true {
      let number = Int(slots[slot])
      if number < 0 { break }
      if configurations[number] == configuration { return number }
      slot = (slot + 1) & mask
    }
    let number = configurations.count
    configurations.append(configuration)
    if 2 * configurations.count > slots.count {
      grow()
    } else {
      slots[slot] = Int32(truncatingIfNeeded: number)
    }
    return number
  }

  private mutating func grow() {
    slots = .init(repeating: -1, count: 2 * slots.count)
    let mask = slots.count - 1
    for (number, configuration) in configurations.enumerated() {
      var slot = Int(truncatingIfNeeded: configuration.digest) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(truncatingIfNeeded: number)
    }
  }
}
