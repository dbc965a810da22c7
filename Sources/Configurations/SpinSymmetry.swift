/// A symmetry of a spin lattice, with its eigenvalue in the wanted states.
///
/// The operation moves the spin of site `i` to site `permutation[i]` and then, if asked, turns all
/// spins over: `ψ(g x) = χ ψ(x)`. Eigenvalues are real, so of the momenta only 0 and π occur.
public struct SpinSymmetry: Sendable, Hashable {
  /// Where the spin of each site goes, `[N]`, 0-based.
  public var permutation: [Int]
  /// Whether all spins are turned over.
  public var flipsSpins: Bool
  /// The eigenvalue χ, +1 or −1.
  public var character: Int

  /// Creates a symmetry.
  public init(permutation: [Int], flipsSpins: Bool = false, character: Int = 1) {
    precondition(
      permutation.sorted() == Array(permutation.indices), "the sites are not permuted")
    precondition(character == 1 || character == -1, "the eigenvalue \(character) is not a sign")
    self.permutation = permutation
    self.flipsSpins = flipsSpins
    self.character = character
  }

  /// Returns the operation's effect on a spin string.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func apply<Word: ConfigurationWord>(
    to configuration: Configuration<Word>
  ) -> Configuration<Word> {
    var moved: Word = 0
    for (site, target) in permutation.enumerated() {
      let isUp = (configuration.alpha &>> Word(truncatingIfNeeded: site)) & 1 != 0
      if isUp != flipsSpins { moved |= 1 &<< Word(truncatingIfNeeded: target) }
    }
    return Configuration(alpha: moved)
  }

  /// Returns "first the other, then this".
  public func composed(with other: SpinSymmetry) -> SpinSymmetry {
    SpinSymmetry(
      permutation: other.permutation.map { permutation[$0] },
      flipsSpins: flipsSpins != other.flipsSpins, character: character * other.character)
  }

  /// Whether symmetries are a group whose eigenvalues multiply as its operations do.
  ///
  /// - Complexity: O(G log G) for G symmetries.
  public static func isGroup(_ symmetries: [SpinSymmetry]) -> Bool {
    guard let first = symmetries.first else { return false }
    let operations = Set(symmetries.map { Operation($0) })
    guard operations.count == symmetries.count else { return false }
    // The list is closed if it is what a few of its members generate. Each one that is not yet
    // generated at least doubles the group.
    let all = Set(symmetries)
    let identity = SpinSymmetry(permutation: Array(first.permutation.indices))
    guard all.contains(identity) else { return false }
    var generators: [SpinSymmetry] = []
    var generated: Set<SpinSymmetry> = [identity]
    for symmetry in symmetries where !generated.contains(symmetry) {
      generators.append(symmetry)
      generated = [identity]
      var fresh = [identity]
      while let next = fresh.popLast() {
        for generator in generators {
          let product = next.composed(with: generator)
          if !all.contains(product) { return false }
          if generated.insert(product).inserted { fresh.append(product) }
        }
      }
    }
    return generated.count == symmetries.count
  }

  private struct Operation: Hashable {
    var permutation: [Int]
    var flipsSpins: Bool

    init(_ symmetry: SpinSymmetry) {
      permutation = symmetry.permutation
      flipsSpins = symmetry.flipsSpins
    }
  }
}

/// Finds the representatives of spin strings under a group of symmetries.
///
/// A string's *key* has its tokens as bits, the first the most significant, so that keys compare
/// as tokens do. The representative of an orbit is the string of largest key.
final class SpinOrbits<Word: ConfigurationWord>: Sendable {
  let symmetries: [SpinSymmetry]
  private let order: [Int]
  private let flipMask: Word
  private let chunks: Int
  /// The key bits of each value of each byte of a string, `[G, chunks, 256]`.
  private let keys: [Word]
  /// The bits of the string for each value of each byte of a key, `[chunks, 256]`.
  private let strings: [Word]

  init(_ symmetries: [SpinSymmetry], order: [Int]) {
    let sites = order.count
    self.symmetries = symmetries
    self.order = order
    flipMask = sites == Word.bitWidth ? ~0 : (1 << Word(sites)) - 1
    let chunks = (sites + 7) / 8
    self.chunks = chunks
    var shift = [Int](repeating: 0, count: sites)
    for (position, site) in order.enumerated() { shift[site] = sites - 1 - position }
    var keys = [Word](repeating: 0, count: symmetries.count * chunks * 256)
    for (number, symmetry) in symmetries.enumerated() {
      Self.fill(&keys, at: number * chunks * 256, symmetry.permutation.map { shift[$0] })
    }
    self.keys = keys
    var inverse = shift
    for (site, bit) in shift.enumerated() { inverse[bit] = site }
    var strings = [Word](repeating: 0, count: chunks * 256)
    Self.fill(&strings, at: 0, inverse)
    self.strings = strings
  }

  /// Tabulates a permutation of bits, `bit → target[bit]`, byte by byte.
  private static func fill(_ table: inout [Word], at offset: Int, _ target: [Int]) {
    for (bit, target) in target.enumerated() {
      let (chunk, place) = bit.quotientAndRemainder(dividingBy: 8)
      for value in 0..<256 where value >> place & 1 != 0 {
        table[offset + chunk * 256 + value] |= 1 << Word(target)
      }
    }
  }

  @inline(__always)
  private func permuted(
    _ word: Word, _ table: UnsafePointer<Word>
  ) -> Word {
    var result: Word = 0
    var rest = word
    for chunk in 0..<chunks {
      result |= table[chunk * 256 + Int(truncatingIfNeeded: rest & 255)]
      rest &>>= 8
    }
    return result
  }

  /// Returns the representative, the sign of the amplitude relative to its, and the orbit's size.
  ///
  /// The sign is 0 where a symmetry of eigenvalue −1 leaves the string alone: the amplitude is zero.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  func canonical(_ word: Word) -> (representative: Word, sign: Int, orbitSize: Int) {
    var best: Word = 0
    var sign = 0
    var count = 0
    keys.withUnsafeBufferPointer { buffer in
      guard var table = buffer.baseAddress else { return }
      for symmetry in symmetries {
        var key = permuted(word, table)
        if symmetry.flipsSpins { key = ~key & flipMask }
        if count == 0 || key > best {
          best = key
          sign = symmetry.character
          count = 1
        } else if key == best {
          count += 1
          if symmetry.character != sign { sign = 0 }
        }
        table += chunks * 256
      }
    }
    let representative = strings.withUnsafeBufferPointer { buffer -> Word in
      guard let table = buffer.baseAddress else { return 0 }
      return permuted(best, table)
    }
    return (representative, sign, symmetries.count / max(1, count))
  }

  /// Returns whether no symmetry leads to a larger key.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  func isRepresentative(_ word: Word) -> Bool {
    keys.withUnsafeBufferPointer { buffer in
      guard var table = buffer.baseAddress else { return true }
      let own = key(of: word)
      for symmetry in symmetries {
        var key = permuted(word, table)
        if symmetry.flipsSpins { key = ~key & flipMask }
        if key > own { return false }
        table += chunks * 256
      }
      return true
    }
  }

  @inline(__always)
  private func key(of word: Word) -> Word {
    var key: Word = 0
    for site in order { key = key &<< 1 | (word &>> Word(site)) & 1 }
    return key
  }
}
