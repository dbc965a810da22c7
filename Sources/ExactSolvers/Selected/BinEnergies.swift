/// What one bin's determinants add up to.
struct BinEnergies: Sendable {
  static let bucketCount = 2048
  var count = 0
  var unitEnergies: [(unit: Int, energy: Double)] = []
  private var placeOfUnit: [Int: Int] = [:]
  /// The number of gains by exponent and upper bits of the significand.
  private(set) var histogram = [Int](repeating: 0, count: bucketCount)

  mutating func add(_ energy: Double, unit: Int) {
    if let last = unitEnergies.last, last.unit == unit {
      unitEnergies[unitEnergies.count - 1].energy += energy
    } else if let place = placeOfUnit[unit] {
      unitEnergies[place].energy += energy
    } else {
      placeOfUnit[unit] = unitEnergies.count
      unitEnergies.append((unit, energy))
    }
  }

  mutating func note(_ gain: Double) { histogram[Self.bucket(of: gain)] += 1 }

  /// The bucket of a gain: 16 to each power of two from 2⁻¹⁰⁰ on.
  @inline(__always)
  static func bucket(of gain: Double) -> Int {
    let bits = Int(truncatingIfNeeded: gain.bitPattern &>> 48)
    return min(max(bits - ((1023 - 100) << 4), 0), bucketCount - 1)
  }
}
