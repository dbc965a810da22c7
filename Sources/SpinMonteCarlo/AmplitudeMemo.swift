/// log ψ of configurations that were evaluated already, by their bits.
///
/// Markov chains and the connections of their configurations come back to the same ones again and again on small
/// lattices. Open addressing with linear probing; entries keep the order in which they came.
struct AmplitudeMemo: Sendable {
  private var slots: [Int32]
  private(set) var keys: [UInt64] = []
  /// log|ψ| of each entry.
  var logModulus: [Double] = []
  /// arg ψ of each entry.
  var phase: [Double] = []

  /// The largest number of entries: some 200 MB.
  static let limit = 1 << 22

  init() { slots = Array(repeating: -1, count: 1 << 12) }

  /// Forgets everything.
  mutating func removeAll() {
    keys.removeAll(keepingCapacity: true)
    logModulus.removeAll(keepingCapacity: true)
    phase.removeAll(keepingCapacity: true)
    for index in slots.indices { slots[index] = -1 }
  }

  /// Returns the place of a key's entry, which is made where there is none; its values are the caller's to append.
  mutating func place(of key: UInt64) -> Int {
    if 2 * keys.count >= slots.count { grow() }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if keys[entry] == key { return entry }
      slot = (slot + 1) & mask
    }
    slots[slot] = Int32(keys.count)
    keys.append(key)
    return keys.count - 1
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: 2 * slots.count)
    let mask = slots.count - 1
    for (entry, key) in keys.enumerated() {
      var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(entry)
    }
  }

  /// Steele's and Vigna's mixer of SplitMix64.
  @inline(__always)
  private static func hash(_ key: UInt64) -> UInt64 {
    var z = key &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
