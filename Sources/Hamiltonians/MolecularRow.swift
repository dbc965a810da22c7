package import Configurations
internal import Integrals

/// The work space of one row: orbital lists and replacements of one determinant.
///
/// One for each thread; sized by the orbitals, so a row allocates nothing.
package final class RowScratch<Word: ConfigurationWord> {
  let alpha: SpinScratch<Word>
  let beta: SpinScratch<Word>

  /// Creates room for the rows of Hamiltonians of this size.
  package init(orbitalCount: Int, irrepCount: Int) {
    alpha = SpinScratch(orbitalCount: orbitalCount, irrepCount: irrepCount)
    beta = SpinScratch(orbitalCount: orbitalCount, irrepCount: irrepCount)
  }
}

/// One spin's part of the work space.
final class SpinScratch<Word: ConfigurationWord> {
  /// The occupied orbitals, ascending, and how many there are.
  let occupied: UnsafeMutablePointer<Int>
  // Unchecked: a scratch belongs to one thread and one call.
  @exclusivity(unchecked) var occupiedCount = 0
  /// The empty orbitals by irrep, and where each irrep starts.
  let empty: UnsafeMutablePointer<Int>
  let emptyStarts: UnsafeMutablePointer<Int>
  /// The single replacements by irrep, as structures of arrays, and where each irrep starts.
  let singleWords: UnsafeMutablePointer<Word>
  let singlePairs: UnsafeMutablePointer<Int32>
  let singleSigns: UnsafeMutablePointer<UInt64>
  let singleStarts: UnsafeMutablePointer<Int>
  /// The pairs of empty orbitals `a < b` by irrep of the product.
  let emptyPairs: UnsafeMutablePointer<EmptyPair<Word>>
  let emptyPairStarts: UnsafeMutablePointer<Int>
  /// The generalised Fock elements of the allowed single replacements.
  let fock: UnsafeMutablePointer<Double>
  /// Bit `p` tells whether an odd number of electrons is below `p`.
  @exclusivity(unchecked) var parity: Word = 0

  private let storage: UnsafeMutableRawPointer

  init(orbitalCount n: Int, irrepCount: Int) {
    let singles = n * n / 4 + 1
    let pairs = n * (n - 1) / 2 + 1
    let sizes = [
      n * MemoryLayout<Int>.stride, n * MemoryLayout<Int>.stride,
      (irrepCount + 1) * MemoryLayout<Int>.stride,
      singles * MemoryLayout<Word>.stride, singles * MemoryLayout<Int32>.stride,
      singles * MemoryLayout<UInt64>.stride, (irrepCount + 1) * MemoryLayout<Int>.stride,
      pairs * MemoryLayout<EmptyPair<Word>>.stride,
      (irrepCount + 1) * MemoryLayout<Int>.stride, pairs * MemoryLayout<Double>.stride,
    ].map { ($0 + 63) / 64 * 64 }
    var offset = 0
    var offsets: [Int] = []
    for size in sizes {
      offsets.append(offset)
      offset += size
    }
    storage = .allocate(byteCount: max(offset, 64), alignment: 64)
    occupied = (storage + offsets[0]).assumingMemoryBound(to: Int.self)
    empty = (storage + offsets[1]).assumingMemoryBound(to: Int.self)
    emptyStarts = (storage + offsets[2]).assumingMemoryBound(to: Int.self)
    singleWords = (storage + offsets[3]).assumingMemoryBound(to: Word.self)
    singlePairs = (storage + offsets[4]).assumingMemoryBound(to: Int32.self)
    singleSigns = (storage + offsets[5]).assumingMemoryBound(to: UInt64.self)
    singleStarts = (storage + offsets[6]).assumingMemoryBound(to: Int.self)
    emptyPairs = (storage + offsets[7]).assumingMemoryBound(to: EmptyPair<Word>.self)
    emptyPairStarts = (storage + offsets[8]).assumingMemoryBound(to: Int.self)
    fock = (storage + offsets[9]).assumingMemoryBound(to: Double.self)
  }

  deinit { storage.deallocate() }
}

/// Two empty orbitals `a < b` that a pair of electrons may move to.
struct EmptyPair<Word: ConfigurationWord> {
  /// The bits of `a` and `b`.
  var bits: Word
  /// The column of the antisymmetrised integrals.
  var column: Int32
  var a: UInt8
  var b: UInt8
}

/// Returns the word whose bit `p` is the parity of the bits of `word` below `p`.
@inline(__always)
func prefixParity<Word: ConfigurationWord>(_ word: Word) -> Word {
  var result = word &<< 1
  var shift = 1
  while shift < Word.bitWidth {
    result ^= result &<< Word(truncatingIfNeeded: shift)
    shift &*= 2
  }
  return result
}

@inline(__always)
private func bit<Word: ConfigurationWord>(_ position: Int) -> Word {
  (1 as Word) &<< Word(truncatingIfNeeded: position)
}

@inline(__always)
private func hasBit<Word: ConfigurationWord>(_ word: Word, _ position: Int) -> UInt64 {
  UInt64(truncatingIfNeeded: word &>> Word(truncatingIfNeeded: position)) & 1
}

/// Where a row is written: each element is stored, and kept only if it is above the cutoff.
private struct RowWriter<Word: ConfigurationWord> {
  let configurations: UnsafeMutablePointer<Configuration<Word>>
  let elements: UnsafeMutablePointer<Double>
  let cutoff: Double
  var count = 0

  /// Stores without a branch: a rejected element is overwritten by the next.
  @inline(__always)
  mutating func write(
    _ alpha: Word, _ beta: Word, _ value: Double, negated sign: UInt64, if allowed: Bool = true
  ) {
    configurations[count] = Configuration(alpha: alpha, beta: beta)
    elements[count] = Double(bitPattern: value.bitPattern ^ sign)
    count &+= (abs(value) > cutoff && allowed) ? 1 : 0
  }
}

extension MolecularHamiltonian {
  /// Returns the number of determinants that symmetry lets `x` connect to.
  package func connectionBound(of x: Configuration<Word>) -> Int {
    let groups = irrepCount
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: 8 * groups) { counts in
      guard let counts = counts.baseAddress else { return 0 }
      var total = 0
      for (spin, word) in [x.alpha, x.beta].enumerated() {
        let occupied = counts + 4 * groups * spin
        let empty = occupied + groups
        let singles = empty + groups
        for irrep in 0..<groups {
          occupied[irrep] = (word & irrepMasks[irrep]).nonzeroBitCount
          empty[irrep] = irrepMasks[irrep].nonzeroBitCount - occupied[irrep]
        }
        for product in 0..<groups {
          var single = 0
          var occupiedPairs = 0
          var emptyPairs = 0
          for irrep in 0..<groups {
            let other = irrep ^ product
            single += occupied[irrep] * empty[other]
            occupiedPairs += occupied[irrep] * (occupied[other] - (product == 0 ? 1 : 0))
            emptyPairs += empty[irrep] * (empty[other] - (product == 0 ? 1 : 0))
          }
          singles[product] = single
          total += occupiedPairs / 2 * (emptyPairs / 2)
        }
        total += singles[0]
      }
      for product in 0..<groups {
        total += counts[2 * groups + product] * counts[6 * groups + product]
      }
      return total
    }
  }

  /// Writes the connections of `x` through bare pointers.
  ///
  /// - Parameters:
  ///   - x: The determinant.
  ///   - cutoff: The magnitude at or below which elements are left out, in hartree.
  ///   - scratch: The work space.
  ///   - configurations: Room for `connectionBound(of: x) + 1`, the last as a spare.
  ///   - elements: Likewise.
  /// - Returns: The number of connections.
  @inline(never)
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func writeRow(
    of x: Configuration<Word>, above cutoff: Double, scratch: RowScratch<Word>,
    configurations: UnsafeMutablePointer<Configuration<Word>>,
    elements: UnsafeMutablePointer<Double>
  ) -> Int {
    var writer = RowWriter(
      configurations: configurations, elements: elements, cutoff: max(cutoff, 0))
    prepare(x.alpha, scratch.alpha)
    prepare(x.beta, scratch.beta)
    accumulateFock(tables.alpha, scratch.alpha, other: scratch.beta)
    accumulateFock(tables.beta, scratch.beta, other: scratch.alpha)
    writeSingles(of: x, scratch, &writer)
    writeSameSpin(of: x, isAlpha: true, scratch.alpha, tables.alpha, &writer)
    writeSameSpin(of: x, isAlpha: false, scratch.beta, tables.beta, &writer)
    writeMixed(of: x, scratch, &writer)
    return writer.count
  }

  /// Lists the occupied and empty orbitals of one spin and its single replacements by irrep.
  @inline(__always)
  private func prepare(_ word: Word, _ spin: SpinScratch<Word>) {
    let groups = irrepCount
    let irreps = tables.irreps.base
    var count = 0
    var bits = word
    while bits != 0 {
      spin.occupied[count] = bits.trailingZeroBitCount
      count &+= 1
      bits &= bits &- 1
    }
    spin.occupiedCount = count
    let parity = prefixParity(word)
    spin.parity = parity

    irrepMasks.withUnsafeBufferPointer { masks in
      var place = 0
      for irrep in 0..<groups {
        spin.emptyStarts[irrep] = place
        var bits = masks[irrep] & ~word
        while bits != 0 {
          spin.empty[place] = bits.trailingZeroBitCount
          place &+= 1
          bits &= bits &- 1
        }
      }
      spin.emptyStarts[groups] = place
    }

    var single = 0
    var pair = 0
    for product in 0..<groups {
      spin.singleStarts[product] = single
      for place in 0..<count {
        let i = spin.occupied[place]
        let target = irreps[i] ^ product
        // Moving up, the electron itself is among those below its target.
        let signs = parity ^ (~0 &<< Word(truncatingIfNeeded: i))
        let sign = hasBit(parity, i)
        for other in spin.emptyStarts[target]..<spin.emptyStarts[target + 1] {
          let a = spin.empty[other]
          spin.singleWords[single] = word ^ bit(i) ^ bit(a)
          spin.singlePairs[single] = Int32(truncatingIfNeeded: MolecularIntegrals.pair(i, a))
          spin.singleSigns[single] = (hasBit(signs, a) ^ sign) &<< 63
          single &+= 1
        }
      }
      spin.emptyPairStarts[product] = pair
      if count >= 2 {
        for irrep in 0..<groups {
          for high in spin.emptyStarts[irrep]..<spin.emptyStarts[irrep + 1] {
            let b = spin.empty[high]
            let target = irrep ^ product
            for low in spin.emptyStarts[target]..<spin.emptyStarts[target + 1] {
              let a = spin.empty[low]
              if a >= b { break }
              spin.emptyPairs[pair] = EmptyPair(
                bits: bit(a) | bit(b),
                column: Int32(truncatingIfNeeded: strictPair(a, b)),
                a: UInt8(truncatingIfNeeded: a), b: UInt8(truncatingIfNeeded: b))
              pair &+= 1
            }
          }
        }
      }
    }
    spin.singleStarts[groups] = single
    spin.emptyPairStarts[groups] = pair
  }

  /// Computes `F_pq = h_pq + Σ_k∈σ [(pq|kk) − (pk|kq)] + Σ_k∈τ (pq|kk)` of the allowed pairs.
  @inline(__always)
  private func accumulateFock(
    _ table: SpinTables, _ spin: SpinScratch<Word>, other: SpinScratch<Word>
  ) {
    if spin.singleStarts[1] == 0 { return }
    let count = table.singleCount
    let fock = spin.fock
    let oneBody = table.singleOneBody.base
    for s in 0..<count { fock[s] = oneBody[s] }
    for place in 0..<spin.occupiedCount {
      let row = table.singleSame.base + spin.occupied[place] * count
      for s in 0..<count { fock[s] += row[s] }
    }
    for place in 0..<other.occupiedCount {
      let row = table.singleMixed.base + other.occupied[place] * count
      for s in 0..<count { fock[s] += row[s] }
    }
  }

  @inline(__always)
  private func writeSingles(
    of x: Configuration<Word>, _ scratch: RowScratch<Word>, _ writer: inout RowWriter<Word>
  ) {
    let alpha = scratch.alpha
    for single in 0..<alpha.singleStarts[1] {
      let index = Int(tables.alpha.singleIndex.base[Int(alpha.singlePairs[single])])
      writer.write(
        alpha.singleWords[single], x.beta, alpha.fock[index], negated: alpha.singleSigns[single])
    }
    let beta = scratch.beta
    for single in 0..<beta.singleStarts[1] {
      let index = Int(tables.beta.singleIndex.base[Int(beta.singlePairs[single])])
      writer.write(
        x.alpha, beta.singleWords[single], beta.fock[index], negated: beta.singleSigns[single])
    }
  }

  /// Writes the doubles `ij → ab` within one spin.
  ///
  /// The sign of `a†_a a†_b a_j a_i`, `i < j`, `a < b`, is the parity of the electrons below each
  /// of the four orbitals, plus one for `i < j`, plus one for each of `a`, `b` that lies between
  /// `i` and `j`, below which only one electron has left.
  @inline(__always)
  private func writeSameSpin(
    of x: Configuration<Word>, isAlpha: Bool, _ spin: SpinScratch<Word>, _ table: SpinTables,
    _ writer: inout RowWriter<Word>
  ) {
    let count = spin.occupiedCount
    if count < 2 { return }
    let n = orbitalCount
    let strict = n * (n - 1) / 2
    let word = isAlpha ? x.alpha : x.beta
    let other = isAlpha ? x.beta : x.alpha
    let parity = spin.parity
    let irreps = tables.irreps.base
    let useLists = prefersLists(table.doubles, spin, cutoff: writer.cutoff)
    for upper in 1..<count {
      let j = spin.occupied[upper]
      for lower in 0..<upper {
        let i = spin.occupied[lower]
        let signs = parity ^ (bit(j) &- bit(i))
        let sign = hasBit(parity, i) ^ hasBit(parity, j) ^ 1
        let base = word ^ bit(i) ^ bit(j)
        if useLists, let lists = table.doubles {
          let row = strictPair(i, j)
          for entry in lists.starts.base[row]..<lists.starts.base[row + 1] {
            let value = lists.elements.base[entry]
            if abs(value) <= writer.cutoff { break }
            let target = lists.targets.base[entry]
            let a = Int(target & 0xFF)
            let b = Int(target >> 8)
            let moved = base | bit(a) | bit(b)
            let negated = (hasBit(signs, a) ^ hasBit(signs, b) ^ sign) &<< 63
            writer.write(
              isAlpha ? moved : other, isAlpha ? other : moved, value, negated: negated,
              if: hasBit(word, a) | hasBit(word, b) == 0)
          }
        } else {
          let row = table.antisymmetrised.base + strictPair(i, j) * strict
          let product = irreps[i] ^ irreps[j]
          for place in spin.emptyPairStarts[product]..<spin.emptyPairStarts[product + 1] {
            let pair = spin.emptyPairs[place]
            let moved = base | pair.bits
            let negated =
              (hasBit(signs, Int(pair.a)) ^ hasBit(signs, Int(pair.b)) ^ sign) &<< 63
            writer.write(
              isAlpha ? moved : other, isAlpha ? other : moved, row[Int(pair.column)],
              negated: negated)
          }
        }
      }
    }
  }

  /// Whether following the lists visits fewer doubles than trying all that symmetry allows.
  @inline(__always)
  private func prefersLists(
    _ lists: HeatBathLists?, _ spin: SpinScratch<Word>, cutoff: Double
  ) -> Bool {
    guard let lists, cutoff >= lists.floor else { return false }
    let irreps = tables.irreps.base
    let bounds = lists.rowBounds(above: cutoff)
    var listed = 0
    var direct = 0
    for upper in 0..<spin.occupiedCount {
      let j = spin.occupied[upper]
      for lower in 0..<upper {
        let i = spin.occupied[lower]
        let product = irreps[i] ^ irreps[j]
        listed += Int(bounds[strictPair(i, j)])
        direct += spin.emptyPairStarts[product + 1] - spin.emptyPairStarts[product]
      }
    }
    return listed < direct
  }

  /// Writes the doubles that move one α and one β electron.
  @inline(__always)
  private func writeMixed(
    of x: Configuration<Word>, _ scratch: RowScratch<Word>, _ writer: inout RowWriter<Word>
  ) {
    let alpha = scratch.alpha
    let beta = scratch.beta
    let groups = irrepCount
    let n = orbitalCount
    let pairs = MolecularIntegrals.pairCount(n)
    var direct = 0
    for product in 0..<groups {
      direct +=
        (alpha.singleStarts[product + 1] - alpha.singleStarts[product])
        * (beta.singleStarts[product + 1] - beta.singleStarts[product])
    }
    if direct == 0 { return }
    if let lists = tables.mixedDoubles, writer.cutoff >= lists.floor {
      let bounds = lists.rowBounds(above: writer.cutoff)
      var listed = 0
      for upper in 0..<alpha.occupiedCount {
        let row = alpha.occupied[upper] * n
        for lower in 0..<beta.occupiedCount {
          listed += Int(bounds[row + beta.occupied[lower]])
        }
      }
      // A listed entry costs about twice a direct one.
      if listed * 2 < direct {
        writeMixedFromLists(of: x, alpha, beta, lists, &writer)
        return
      }
    }
    for product in 0..<groups {
      let start = beta.singleStarts[product]
      let count = beta.singleStarts[product + 1] - start
      if count == 0 { continue }
      let words = beta.singleWords + start
      let columns = beta.singlePairs + start
      let signs = beta.singleSigns + start
      for single in alpha.singleStarts[product]..<alpha.singleStarts[product + 1] {
        let row = tables.mixed.base + Int(alpha.singlePairs[single]) * pairs
        let word = alpha.singleWords[single]
        let sign = alpha.singleSigns[single]
        for place in 0..<count {
          writer.write(
            word, words[place], row[Int(columns[place])], negated: sign ^ signs[place])
        }
      }
    }
  }

  @inline(__always)
  private func writeMixedFromLists(
    of x: Configuration<Word>, _ alpha: SpinScratch<Word>, _ beta: SpinScratch<Word>,
    _ lists: HeatBathLists, _ writer: inout RowWriter<Word>
  ) {
    let n = orbitalCount
    for upper in 0..<alpha.occupiedCount {
      let i = alpha.occupied[upper]
      let alphaSigns = alpha.parity ^ (~0 &<< Word(truncatingIfNeeded: i))
      let alphaBase = x.alpha ^ bit(i)
      for lower in 0..<beta.occupiedCount {
        let j = beta.occupied[lower]
        let betaSigns = beta.parity ^ (~0 &<< Word(truncatingIfNeeded: j))
        let betaBase = x.beta ^ bit(j)
        let sign = hasBit(alpha.parity, i) ^ hasBit(beta.parity, j)
        let row = i * n + j
        for entry in lists.starts.base[row]..<lists.starts.base[row + 1] {
          let value = lists.elements.base[entry]
          if abs(value) <= writer.cutoff { break }
          let target = lists.targets.base[entry]
          let a = Int(target & 0xFF)
          let b = Int(target >> 8)
          let negated = (hasBit(alphaSigns, a) ^ hasBit(betaSigns, b) ^ sign) &<< 63
          writer.write(
            alphaBase | bit(a), betaBase | bit(b), value, negated: negated,
            if: hasBit(x.alpha, a) | hasBit(x.beta, b) == 0)
        }
      }
    }
  }
}
