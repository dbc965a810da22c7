internal import Configurations

extension Configuration {
  /// A quick 64-bit hash, the same in every run, all of whose bits are mixed.
  ///
  /// Cheaper than ``Configurations/Configuration/digest``: there is one for every matrix element that a
  /// perturbative sum visits. The upper bits choose where a determinant belongs, the lower ones its slot.
  @inline(__always)
  var fingerprint: UInt64 {
    var hash =
      alpha.digest &* 0x9E37_79B9_7F4A_7C15 &+ beta.digest &* 0xC2B2_AE3D_27D4_EB4F
    hash ^= hash &>> 32
    hash = hash &* 0xD6E8_FEB8_6659_FD93
    return hash ^ (hash &>> 32)
  }
}

/// The number of each determinant of a list, found by hashing.
///
/// Most determinants that are looked up are not there; a bitmap that fits into the cache says so for nearly
/// all of them.
final class DeterminantNumbers<Word: ConfigurationWord>: @unchecked Sendable {
  // Unchecked: written by its initialiser only.
  let count: Int
  private let keys: UnsafeMutablePointer<Configuration<Word>>
  private let slots: UnsafeMutablePointer<Int32>
  private let slotMask: Int
  private let bits: UnsafeMutablePointer<UInt64>
  private let bitMask: Int

  /// Numbers distinct determinants by their place.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  init(_ configurations: [Configuration<Word>]) {
    count = configurations.count
    var size = 64
    while size < 2 * count { size *= 2 }
    slotMask = size - 1
    bitMask = 8 * size - 1
    keys = .allocate(capacity: max(1, count))
    slots = .allocate(capacity: size)
    bits = .allocate(capacity: 8 * size / 64)
    slots.initialize(repeating: -1, count: size)
    bits.initialize(repeating: 0, count: 8 * size / 64)
    for (number, configuration) in configurations.enumerated() {
      (keys + number).initialize(to: configuration)
      let hash = configuration.fingerprint
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while slots[slot] >= 0 { slot = (slot &+ 1) & slotMask }
      slots[slot] = Int32(truncatingIfNeeded: number)
      let bit = Int(truncatingIfNeeded: hash &>> 20) & bitMask
      bits[bit &>> 6] |= 1 &<< UInt64(bit & 63)
    }
  }

  deinit {
    keys.deallocate()
    slots.deallocate()
    bits.deallocate()
  }

  /// Returns the number of a determinant, or −1.
  @inline(__always)
  func number(of configuration: Configuration<Word>) -> Int {
    let hash = configuration.fingerprint
    let bit = Int(truncatingIfNeeded: hash &>> 20) & bitMask
    if (bits[bit &>> 6] &>> UInt64(bit & 63)) & 1 == 0 { return -1 }
    var slot = Int(truncatingIfNeeded: hash) & slotMask
    while true {
      let number = slots[slot]
      if number < 0 { return -1 }
      if keys[Int(number)] == configuration { return Int(number) }
      slot = (slot &+ 1) & slotMask
    }
  }
}
