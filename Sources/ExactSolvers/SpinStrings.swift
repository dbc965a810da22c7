internal import Configurations
internal import Integrals

/// All occupation strings of one spin, sorted by irrep, with their single replacements.
///
/// The addressing of P. J. Knowles and N. C. Handy, Chem. Phys. Lett. 111, 315 (1984), within
/// irreps as in J. Olsen, B. O. Roos, P. Jørgensen, H. J. Aa. Jensen, J. Chem. Phys. 89, 2185
/// (1988).
final class SpinStrings: Sendable {
  /// A single replacement `E_pq |source⟩ = sign |string⟩`, seen from the string it leads to.
  struct Replacement: Sendable {
    /// The place of the source string.
    var source: Int32
    /// The place of the pair `pq` among the pairs of its irrep.
    var pair: UInt16
    /// +1 or −1.
    var sign: Int16
  }

  let electrons: Int
  /// The strings, by irrep and then by value.
  let strings: [UInt64]
  /// Where each irrep starts, `[irreps + 1]`.
  let starts: [Int]
  /// The irrep of each string.
  let irreps: [UInt8]
  /// The replacements that lead to each string, by irrep of the pair.
  let replacements: [Replacement]
  /// Where the replacements of string `s` and irrep `h` start, at `s · irrepCount + h`.
  let replacementStarts: [Int]

  // The place of the string of each combinatorial rank.
  private let places: [Int32]
  // binomials[p * (electrons + 1) + k] = C(p, k).
  private let binomials: [Int]

  init(orbitals n: Int, electrons: Int, irreps orbitalIrreps: [Int], irrepCount: Int) {
    let pairPlaces = Self.pairPlaces(orbitalIrreps, irrepCount: irrepCount)
    self.electrons = electrons
    let width = electrons + 1
    var binomials = [Int](repeating: 0, count: (n + 1) * width)
    for p in 0...n {
      binomials[p * width] = 1
      if p > 0 {
        for k in 1..<max(width, 1) where k < width {
          let sum = binomials[(p - 1) * width + k - 1]
            .addingReportingOverflow(binomials[(p - 1) * width + k])
          // Only reached by sizes that are refused before; ranks in use stay exact.
          binomials[p * width + k] = sum.overflow ? Int.max : sum.partialValue
        }
      }
    }
    self.binomials = binomials
    let total = binomials[n * width + electrons]

    func irrep(_ string: UInt64) -> Int {
      var product = 0
      var bits = string
      while bits != 0 {
        product ^= orbitalIrreps[bits.trailingZeroBitCount]
        bits &= bits &- 1
      }
      return product
    }
    // Ranks follow the order of the values, so counting sort by irrep keeps that order.
    var byRank: [UInt64] = []
    byRank.reserveCapacity(total)
    var string: UInt64 = electrons == 0 ? 0 : ~0 >> UInt64(64 - electrons)
    for rank in 0..<total {
      byRank.append(string)
      if rank + 1 < total {
        let low = string & (~string &+ 1)
        let ripple = string &+ low
        string = ripple | (((string ^ ripple) / low) >> 2)
      }
    }
    var starts = [Int](repeating: 0, count: irrepCount + 1)
    for string in byRank { starts[irrep(string) + 1] += 1 }
    for irrep in 0..<irrepCount { starts[irrep + 1] += starts[irrep] }
    var next = starts
    var places = [Int32](repeating: 0, count: total)
    var strings = [UInt64](repeating: 0, count: total)
    var irreps = [UInt8](repeating: 0, count: total)
    for (rank, string) in byRank.enumerated() {
      let group = irrep(string)
      places[rank] = Int32(next[group])
      strings[next[group]] = string
      irreps[next[group]] = UInt8(group)
      next[group] += 1
    }
    self.starts = starts
    self.places = places
    self.strings = strings
    self.irreps = irreps

    let empty = n - electrons
    var replacements: [Replacement] = []
    replacements.reserveCapacity(total * electrons * (empty + 1))
    var replacementStarts: [Int] = []
    replacementStarts.reserveCapacity(total * irrepCount + 1)
    func place(_ string: UInt64) -> Int32 {
      var rank = 0
      var bits = string
      var k = 1
      while bits != 0 {
        rank += binomials[bits.trailingZeroBitCount * width + k]
        bits &= bits &- 1
        k += 1
      }
      return places[rank]
    }
    for (number, string) in strings.enumerated() {
      for product in 0..<irrepCount {
        replacementStarts.append(replacements.count)
        for p in 0..<n where string >> UInt64(p) & 1 == 1 {
          if product == 0 {
            replacements.append(
              Replacement(
                source: Int32(number), pair: pairPlaces[MolecularIntegrals.pair(p, p)], sign: 1))
          }
          for q in 0..<n
          where string >> UInt64(q) & 1 == 0 && orbitalIrreps[p] ^ orbitalIrreps[q] == product {
            let source = string ^ (1 << UInt64(p)) ^ (1 << UInt64(q))
            let low = UInt64(min(p, q))
            let high = UInt64(max(p, q))
            let between = string & ((1 << high) - 1) & ~((2 << low) - 1)
            replacements.append(
              Replacement(
                source: place(source), pair: pairPlaces[MolecularIntegrals.pair(p, q)],
                sign: between.nonzeroBitCount % 2 == 0 ? 1 : -1))
          }
        }
      }
    }
    replacementStarts.append(replacements.count)
    self.replacements = replacements
    self.replacementStarts = replacementStarts
  }

  /// Returns the place of a string.
  @inline(__always)
  func place(of string: UInt64) -> Int {
    var rank = 0
    var bits = string
    var k = 1
    while bits != 0 {
      rank += binomials[bits.trailingZeroBitCount * (electrons + 1) + k]
      bits &= bits &- 1
      k += 1
    }
    return Int(places[rank])
  }

  /// Returns the place of each pair `p ≥ q` among the pairs of the same irrep.
  static func pairPlaces(_ irreps: [Int], irrepCount: Int) -> [UInt16] {
    var counts = [UInt16](repeating: 0, count: irrepCount)
    var places: [UInt16] = []
    for p in irreps.indices {
      for q in 0...p {
        places.append(counts[irreps[p] ^ irreps[q]])
        counts[irreps[p] ^ irreps[q]] += 1
      }
    }
    return places
  }

  /// Returns the number of strings of each irrep, without listing them.
  static func counts(
    orbitals n: Int, electrons: Int, irreps: [Int], irrepCount: Int
  ) -> [Double] {
    var table = [Double](repeating: 0, count: (electrons + 1) * irrepCount)
    table[0] = 1
    for p in 0..<n {
      for count in stride(from: electrons, to: 0, by: -1) {
        for irrep in 0..<irrepCount {
          table[count * irrepCount + (irrep ^ irreps[p])] += table[(count - 1) * irrepCount + irrep]
        }
      }
    }
    return Array(table[(electrons * irrepCount)...])
  }
}
