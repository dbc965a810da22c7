public import Configurations
public import Integrals
internal import LinearAlgebra
public import Parallelism

/// The electronic Hamiltonian of a molecule over Slater determinants.
///
/// Matrix elements follow the Slater–Condon rules on bit strings (A. Scemama, E. Giner,
/// arXiv:1311.6244), with the signs of ``Configurations/Configuration``: all α creation operators
/// before all β, lowest orbital leftmost. Energies are in hartree and hold the core energy.
///
/// ### Cost
///
/// - Memory: about `n⁴/2` numbers for restricted and `n⁴` for unrestricted integrals, and as much
///   again for the lists of large doubles (up to 64 orbitals).
/// - A row is a few nanoseconds for each connection and has no allocation but the growing list.
///   Where the orbitals have irreps, forbidden replacements are never visited. With a cutoff, the
///   loop follows lists of doubles by falling magnitude where that visits fewer.
public struct MolecularHamiltonian<Word: ConfigurationWord>: Sendable {
  /// The number of spatial orbitals.
  public let orbitalCount: Int
  /// The number of α electrons of the sector.
  public let alphaCount: Int
  /// The number of β electrons of the sector.
  public let betaCount: Int
  /// The energy of nuclei and frozen electrons, in hartree.
  public let coreEnergy: Double
  /// Whether α and β electrons have different orbitals.
  public let isUnrestricted: Bool
  /// One irrep label for each orbital, products by XOR, or nil where unknown.
  public let orbitalIrreps: [UInt8]?

  let tables: DeterminantTables
  /// The orbitals of each irrep.
  let irrepMasks: [Word]

  /// Expands the integrals into the tables that matrix elements are read from.
  ///
  /// - Parameter integrals: The integrals. Where they have irreps, elements that these forbid are
  ///   taken as zero.
  /// - Precondition: The orbitals fit into `Word`, and the electrons into the orbitals.
  public init(_ integrals: MolecularIntegrals) {
    let n = integrals.orbitalCount
    precondition(n <= Word.bitWidth, "\(n) orbitals do not fit into \(Word.bitWidth) bits")
    precondition(
      (0...n).contains(integrals.alphaCount) && (0...n).contains(integrals.betaCount),
      "\(integrals.alphaCount) α and \(integrals.betaCount) β electrons in \(n) orbitals")
    orbitalCount = n
    alphaCount = integrals.alphaCount
    betaCount = integrals.betaCount
    coreEnergy = integrals.coreEnergy
    isUnrestricted = integrals.isUnrestricted
    orbitalIrreps = integrals.orbitalIrreps
    tables = DeterminantTables(integrals)
    var masks = [Word](repeating: 0, count: tables.irrepCount)
    for p in 0..<n { masks[tables.irreps.base[p]] |= 1 << Word(p) }
    irrepMasks = masks
  }

  /// The energy that thresholds are measured by, `MolecularIntegrals.energyScale`.
  public var energyScale: Double { tables.energyScale }

  /// The number of irreps that products can have: a power of two, 1 without symmetry.
  public var irrepCount: Int { tables.irrepCount }

  /// Returns the irrep of a determinant: the product over its electrons' orbitals.
  public func irrep(of configuration: Configuration<Word>) -> UInt8 {
    // Paired electrons cancel, so only singly occupied orbitals count.
    var open = configuration.alpha ^ configuration.beta
    var product = 0
    while open != 0 {
      product ^= tables.irreps.base[open.trailingZeroBitCount]
      open &= open &- 1
    }
    return UInt8(product)
  }

  /// Whether a determinant has the electrons of the sector, in orbitals that exist.
  public func contains(_ configuration: Configuration<Word>) -> Bool {
    let outside: Word = orbitalCount == Word.bitWidth ? 0 : ~0 << Word(orbitalCount)
    return configuration.alpha & outside == 0 && configuration.beta & outside == 0
      && configuration.alpha.nonzeroBitCount == alphaCount
      && configuration.beta.nonzeroBitCount == betaCount
  }

  /// The mean of the diagonal over the whole sector, `Tr H / D`, irreps disregarded.
  public var sectorMean: Double {
    let n = orbitalCount
    if n == 0 { return coreEnergy }
    let count = Double(n)
    let alpha = Double(alphaCount)
    let beta = Double(betaCount)
    // The chance that both of two orbitals are filled by electrons of one spin.
    let pairs = count * max(count - 1, 1)
    let alphaPair = alpha * (alpha - 1) / pairs
    let betaPair = beta * (beta - 1) / pairs
    var energy = coreEnergy
    for p in 0..<n {
      energy += tables.alpha.oneBody.base[p] * alpha / count
      energy += tables.beta.oneBody.base[p] * beta / count
      for q in 0..<n {
        energy += tables.alpha.sameDiagonal.base[p * n + q] * alphaPair / 2
        energy += tables.beta.sameDiagonal.base[p * n + q] * betaPair / 2
        energy += tables.alpha.mixedDiagonal.base[p * n + q] * alpha * beta / (count * count)
      }
    }
    return energy
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MolecularHamiltonian: Hamiltonian {
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func diagonalElement(_ configuration: Configuration<Word>) -> Double {
    let n = orbitalCount
    let alpha = tables.alpha
    let beta = tables.beta
    var energy = tables.coreEnergy
    var outer = configuration.alpha
    while outer != 0 {
      let p = outer.trailingZeroBitCount
      outer &= outer &- 1
      energy += alpha.oneBody.base[p]
      let same = alpha.sameDiagonal.base + p * n
      let mixed = alpha.mixedDiagonal.base + p * n
      var inner = outer
      while inner != 0 {
        energy += same[inner.trailingZeroBitCount]
        inner &= inner &- 1
      }
      inner = configuration.beta
      while inner != 0 {
        energy += mixed[inner.trailingZeroBitCount]
        inner &= inner &- 1
      }
    }
    outer = configuration.beta
    while outer != 0 {
      let p = outer.trailingZeroBitCount
      outer &= outer &- 1
      energy += beta.oneBody.base[p]
      let same = beta.sameDiagonal.base + p * n
      var inner = outer
      while inner != 0 {
        energy += same[inner.trailingZeroBitCount]
        inner &= inner &- 1
      }
    }
    return energy
  }

  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func appendConnections(
    of configuration: Configuration<Word>, above cutoff: Double,
    to connections: inout ConnectionList<Word>
  ) {
    let scratch = RowScratch<Word>(orbitalCount: orbitalCount, irrepCount: irrepCount)
    let bound = connectionBound(of: configuration) + 1
    if cutoff > 0 {
      // Few may survive: write beside the list, which would have to be cleared in full length.
      let configurations = UnsafeMutablePointer<Configuration<Word>>.allocate(capacity: bound)
      let elements = UnsafeMutablePointer<Double>.allocate(capacity: bound)
      let count = writeRow(
        of: configuration, above: cutoff, scratch: scratch, configurations: configurations,
        elements: elements)
      connections.append(
        UnsafeBufferPointer(start: configurations, count: count),
        UnsafeBufferPointer(start: elements, count: count))
      configurations.deallocate()
      elements.deallocate()
    } else {
      connections.extend(atMost: bound) { configurations, elements in
        writeRow(
          of: configuration, above: cutoff, scratch: scratch, configurations: configurations,
          elements: elements)
      }
    }
  }
}

extension MolecularHamiltonian {
  /// Returns `⟨x|H|x⟩` of each determinant, in hartree.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func diagonal(
    of configurations: [Configuration<Word>], execution: Execution = Execution()
  ) -> [Double] {
    let count = configurations.count
    let block = 256
    return .init(unsafeUninitializedCapacity: count) { buffer, filled in
      nonisolated(unsafe) let output = buffer
      execution.parallelFor((count + block - 1) / block) { index in
        for row in index * block..<min((index + 1) * block, count) {
          output[row] = diagonalElement(configurations[row])
        }
      }
      filled = count
    }
  }

  /// Returns `⟨x|H|y⟩` of any two determinants, in hartree.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func element(_ x: Configuration<Word>, _ y: Configuration<Word>) -> Double {
    if x == y { return diagonalElement(x) }
    let alphaHoles = y.alpha & ~x.alpha
    let betaHoles = y.beta & ~x.beta
    let alphaParticles = x.alpha & ~y.alpha
    let betaParticles = x.beta & ~y.beta
    let alphaDegree = alphaHoles.nonzeroBitCount
    let betaDegree = betaHoles.nonzeroBitCount
    guard alphaDegree == alphaParticles.nonzeroBitCount,
      betaDegree == betaParticles.nonzeroBitCount
    else { return 0 }
    switch (alphaDegree, betaDegree) {
    case (1, 0):
      return single(
        y.alpha, alphaHoles, alphaParticles, other: y.beta, tables.alpha)
    case (0, 1):
      return single(
        y.beta, betaHoles, betaParticles, other: y.alpha, tables.beta)
    case (1, 1):
      let pairs = MolecularIntegrals.pairCount(orbitalCount)
      let i = alphaHoles.trailingZeroBitCount
      let a = alphaParticles.trailingZeroBitCount
      let j = betaHoles.trailingZeroBitCount
      let b = betaParticles.trailingZeroBitCount
      guard
        tables.irreps.base[i] ^ tables.irreps.base[a] == tables.irreps.base[j]
          ^ tables.irreps.base[b]
      else {
        return 0
      }
      let value =
        tables.mixed.base[
          MolecularIntegrals.pair(i, a) * pairs + MolecularIntegrals.pair(j, b)]
      return singleSign(y.alpha, i, a) * singleSign(y.beta, j, b) * value
    case (2, 0):
      return double(y.alpha, alphaHoles, alphaParticles, tables.alpha)
    case (0, 2):
      return double(y.beta, betaHoles, betaParticles, tables.beta)
    default: return 0
    }
  }

  private func single(
    _ word: Word, _ holes: Word, _ particles: Word, other: Word, _ spin: SpinTables
  ) -> Double {
    let i = holes.trailingZeroBitCount
    let a = particles.trailingZeroBitCount
    let index = Int(spin.singleIndex.base[MolecularIntegrals.pair(i, a)])
    if index < 0 { return 0 }
    var value = spin.singleOneBody.base[index]
    var electrons = word
    while electrons != 0 {
      value += spin.singleSame.base[electrons.trailingZeroBitCount * spin.singleCount + index]
      electrons &= electrons &- 1
    }
    electrons = other
    while electrons != 0 {
      value += spin.singleMixed.base[electrons.trailingZeroBitCount * spin.singleCount + index]
      electrons &= electrons &- 1
    }
    return singleSign(word, i, a) * value
  }

  private func double(
    _ word: Word, _ holes: Word, _ particles: Word, _ spin: SpinTables
  ) -> Double {
    let i = holes.trailingZeroBitCount
    let j = (holes & (holes &- 1)).trailingZeroBitCount
    let a = particles.trailingZeroBitCount
    let b = (particles & (particles &- 1)).trailingZeroBitCount
    let strict = orbitalCount * (orbitalCount - 1) / 2
    let value = spin.antisymmetrised.base[strictPair(i, j) * strict + strictPair(a, b)]
    let moved = word ^ (1 << Word(i)) ^ (1 << Word(a))
    return singleSign(word, i, a) * singleSign(moved, j, b) * value
  }
}

/// The sign of moving an electron from `i` to `a`: one factor −1 for each electron between them.
@inline(__always)
func singleSign<Word: ConfigurationWord>(_ word: Word, _ i: Int, _ a: Int) -> Double {
  let low = min(i, a)
  let high = max(i, a)
  let between = (((1 as Word) &<< Word(high)) &- ((1 as Word) &<< Word(low))) &<< 1
  // The mask also holds bit `high`, an end of the move; leave both ends out.
  let inside = word & between & ~((1 as Word) &<< Word(high))
  return inside.nonzeroBitCount & 1 == 0 ? 1 : -1
}
