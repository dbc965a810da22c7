import Configurations

/// Damage that knows nothing of the format: flipped bits, lost, doubled and foreign pieces.
enum ByteMutation {
  /// Numbers at which sizes and offsets go wrong, as little-endian words of 1 to 8 bytes.
  private static let words: [UInt64] = [
    0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF,
    0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000,
    0xFFFF_FFFF_FFFF_FFFF,
  ]

  /// Applies one mutation.
  static func apply(
    to bytes: inout [UInt8], other: [UInt8], using random: inout RandomSource
  ) {
    guard !bytes.isEmpty else {
      bytes = other
      return
    }
    let place = random.number(below: bytes.count)
    let rest = bytes.count - place
    switch random.number(below: 12) {
    case 0, 1, 2: bytes[place] ^= 1 << UInt8(random.number(below: 8))
    case 3, 4: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 5, 6:
      let word = random.element(of: words)
      let width = min(rest, 1 << random.number(below: 4))
      for offset in 0..<width {
        bytes[place + offset] = UInt8(truncatingIfNeeded: word >> UInt64(8 * offset))
      }
    case 7:
      let delta = UInt8(truncatingIfNeeded: random.number(below: 9) - 4)
      bytes[place] &+= delta
    case 8: bytes.removeSubrange(place..<place + random.length(upTo: rest))
    case 9:
      let piece = bytes[place..<place + random.length(upTo: min(rest, 4096))]
      bytes.insert(contentsOf: Array(piece), at: random.number(below: bytes.count))
    case 10:
      guard !other.isEmpty else { return }
      let start = random.number(below: other.count)
      let length = random.length(upTo: min(other.count - start, rest))
      bytes.replaceSubrange(place..<place + length, with: other[start..<start + length])
    default: bytes.removeSubrange(place...)
    }
  }
}
