/// The spin strings of a lattice, numbered: all `2^N`, or those of one magnetisation.
///
/// Strings of a sector are numbered in ascending order by two small tables (H. Q. Lin, Phys. Rev. B
/// 42, 6561 (1990)): the high half of the bits gives the offset of a block, the low half the place
/// among the low halves of equal weight.
public struct LatticeBasis: Sendable {
  /// The largest number of sites; beyond it no vector fits any memory.
  public static let siteLimit = 40

  /// The number of sites, N.
  public let siteCount: Int
  /// The number of sites that point up, or nil where all strings belong.
  public let upCount: Int?
  /// The number of strings.
  public let dimension: Int

  /// The number of bits of the low half.
  let lowBits: Int
  /// The low halves by weight, ascending within each.
  let lowStates: [[UInt64]]
  /// The place of a low half among those of its weight, `[2^lowBits]`.
  let lowRanks: [UInt32]
  /// The number of the first string of each block, and the dimension, `[2^(N − lowBits) + 1]`.
  let blockOffsets: [Int]

  /// Numbers the strings of a sector.
  ///
  /// - Parameters:
  ///   - siteCount: The number of sites, N.
  ///   - upCount: The number of sites that point up, 0 to N, or nil for all strings.
  /// - Throws: ``EigensolverError`` above ``siteLimit`` sites or for an empty sector.
  public init(siteCount: Int, upCount: Int?) throws(EigensolverError) {
    precondition(siteCount >= 1, "a lattice has at least one site")
    guard siteCount <= Self.siteLimit else {
      throw EigensolverError(
        .tooLarge,
        "\(siteCount) sites are too many for exact diagonalisation, which takes at most "
          + "\(Self.siteLimit); choose a smaller lattice")
    }
    if let upCount, !(0...siteCount).contains(upCount) {
      throw EigensolverError(
        .invalidSector,
        "\(upCount) spins up do not fit \(siteCount) sites; expected 0 to \(siteCount)")
    }
    self.siteCount = siteCount
    self.upCount = upCount
    lowBits = (siteCount + 1) / 2

    var states = [[UInt64]](repeating: [], count: lowBits + 1)
    var ranks = [UInt32](repeating: 0, count: 1 << lowBits)
    for low in 0..<UInt64(1 << lowBits) {
      let weight = low.nonzeroBitCount
      ranks[Int(low)] = UInt32(states[weight].count)
      states[weight].append(low)
    }
    var offsets = [0]
    var total = 0
    for high in 0..<UInt64(1 << (siteCount - lowBits)) {
      if let upCount {
        let weight = upCount - high.nonzeroBitCount
        total += states.indices.contains(weight) ? states[weight].count : 0
      } else {
        total += 1 << lowBits
      }
      offsets.append(total)
    }
    lowStates = states
    lowRanks = ranks
    blockOffsets = offsets
    dimension = total
  }

  /// Returns the number of a string that belongs to the sector.
  public func index(of spins: UInt64) -> Int {
    if upCount == nil { return Int(spins) }
    let low = spins & ((1 << UInt64(lowBits)) - 1)
    return blockOffsets[Int(spins >> UInt64(lowBits))] + Int(lowRanks[Int(low)])
  }

  /// Returns the string of a number below ``dimension``.
  public func spins(at index: Int) -> UInt64 {
    precondition((0..<dimension).contains(index), "there is no string \(index)")
    guard let upCount else { return UInt64(index) }
    var block = 0
    var end = blockOffsets.count - 1
    while end - block > 1 {
      let middle = (block + end) / 2
      if blockOffsets[middle] <= index { block = middle } else { end = middle }
    }
    let lows = lowStates[upCount - UInt64(block).nonzeroBitCount]
    return UInt64(block) << UInt64(lowBits) | lows[index - blockOffsets[block]]
  }
}
