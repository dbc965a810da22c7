/// The configurations that a wave function is defined on, and how they are written as tokens.
///
/// ### Conventions
///
/// - Electrons: position `t` holds spatial orbital `order[t]`; its token is 0 empty, 1 α, 2 β,
///   3 both (V = 4). Spins: site `order[t]`; 0 down, 1 up (V = 2).
/// - With a ``spinFlipParity`` π ≠ 0, `ψ(x̄) = π ψ(x)` for the string `x̄` with α and β exchanged (all
///   spins turned over). Tokens are then those of the *representative*: of `x` and `x̄` the one whose
///   first unpaired token is 1. For FCI coefficients in the order "all α before all β", a state
///   of spin S with 2Sz = 0 has π = (−1)^S.
/// - With ``symmetries`` of a spin lattice, `ψ(g x) = χ_g ψ(x)` for each of them. The representative is
///   the string of the orbit that comes last in the lexicographic order of the tokens.
public struct ConfigurationSpace<Word: ConfigurationWord>: Sendable {
  /// What the tokens stand for.
  public enum Kind: Sendable, Hashable {
    /// Spatial orbitals with up to two electrons.
    case electrons
    /// Lattice sites with one spin.
    case spins
  }

  /// What the tokens stand for.
  public let kind: Kind
  /// The orbital or site at each position, `[T]`.
  public let order: [Int]
  /// 0 without spin-flip symmetry, otherwise its eigenvalue, +1 or −1.
  public let spinFlipParity: Int
  /// The irrep that electrons are held to, as an XOR label; nil for none.
  public let irrep: UInt8?
  /// The sector of representatives.
  public let automaton: SectorAutomaton
  /// All orbitals or sites.
  private let mask: Word
  /// Whether the order is highest first, for which representatives are found by one comparison.
  private let isDescending: Bool
  /// The orbits of the symmetries of a spin lattice; nil where there are none but the flip.
  private let orbits: SpinOrbits<Word>?

  /// The symmetries of a spin lattice that amplitudes obey, the flip among them; empty for none but
  /// the flip.
  public var symmetries: [SpinSymmetry] { orbits?.symmetries ?? [] }

  /// The number of positions, T.
  public var positions: Int { order.count }
  /// The number of tokens, V.
  public var vocabulary: Int { kind == .electrons ? 4 : 2 }
  /// The number of representatives.
  public var dimension: Double { automaton.dimension }

  /// Creates the space of electrons in orbitals.
  ///
  /// - Parameters:
  ///   - alphaCount: Nα.
  ///   - betaCount: Nβ.
  ///   - orbitalIrreps: XOR labels below 8, `[n]`, or nil for no symmetry.
  ///   - irrep: The label of the wanted states; nil for all of them.
  ///   - order: The orbital at each position, a permutation of `0..<n`.
  ///   - spinFlipParity: 0, +1 or −1; the last two need `alphaCount == betaCount`.
  public init(
    alphaCount: Int, betaCount: Int, orbitalIrreps: [UInt8]?, irrep: UInt8?, order: [Int],
    spinFlipParity: Int = 0
  ) {
    precondition(Self.isPermutation(order), "the order is not a permutation")
    precondition(order.count <= Word.bitWidth, "\(order.count) orbitals do not fit the word")
    precondition(spinFlipParity == 0 || alphaCount == betaCount, "spin flip needs 2Sz = 0")
    let followsIrrep = irrep != nil && orbitalIrreps != nil
    self.kind = .electrons
    self.order = order
    self.spinFlipParity = spinFlipParity
    self.irrep = followsIrrep ? irrep : nil
    mask = order.count == Word.bitWidth ? ~0 : (1 << Word(order.count)) - 1
    isDescending = order == Array((0..<order.count).reversed())
    orbits = nil
    automaton = SectorAutomaton(
      positions: order.count, vocabulary: 4, initial: ElectronLabel(),
      advance: { position, label, token in
        var next = label
        next.alpha += token & 1
        next.beta += token >> 1
        if next.alpha > alphaCount || next.beta > betaCount { return nil }
        if token == 1 || token == 2 {
          if spinFlipParity != 0 {
            if !label.isOpen && token == 2 { return nil }
            next.isOpen = true
          }
          if followsIrrep, let orbitalIrreps { next.irrep ^= orbitalIrreps[order[position]] }
        }
        return next
      },
      accepts: { label in
        if label.alpha != alphaCount || label.beta != betaCount { return false }
        if followsIrrep && label.irrep != irrep { return false }
        // A string that is its own flip has no amplitude in an odd state.
        return spinFlipParity != -1 || label.isOpen
      })
  }

  /// Creates the space of spins on sites.
  ///
  /// - Parameters:
  ///   - upCount: The number of spins up; nil for all configurations.
  ///   - order: The site at each position, a permutation of `0..<N`.
  ///   - spinFlipParity: 0, +1 or −1; the last two need half of the spins up or no `upCount`.
  public init(upCount: Int?, order: [Int], spinFlipParity: Int = 0) {
    precondition(Self.isPermutation(order), "the order is not a permutation")
    precondition(order.count <= Word.bitWidth, "\(order.count) sites do not fit the word")
    precondition(
      spinFlipParity == 0 || upCount.map { 2 * $0 == order.count } ?? true,
      "spin flip needs as many spins up as down")
    kind = .spins
    self.order = order
    self.spinFlipParity = spinFlipParity
    irrep = nil
    mask = order.count == Word.bitWidth ? ~0 : (1 << Word(order.count)) - 1
    isDescending = false
    orbits = nil
    automaton = Self.spinAutomaton(
      upCount: upCount, positions: order.count, startsUp: spinFlipParity != 0)
  }

  /// Creates the space of spins on sites whose amplitudes obey the symmetries of a lattice.
  ///
  /// All strings of the magnetisation are listed to find the representatives, which are then the
  /// sector's automaton.
  ///
  /// - Parameters:
  ///   - upCount: The number of spins up; nil for all configurations.
  ///   - order: The site at each position, a permutation of `0..<N`.
  ///   - symmetries: A group, with eigenvalues that multiply as its operations do.
  /// - Complexity: O(B G) for B strings and G symmetries.
  public init(upCount: Int?, order: [Int], symmetries: [SpinSymmetry]) {
    precondition(Self.isPermutation(order), "the order is not a permutation")
    precondition(order.count <= Word.bitWidth, "\(order.count) sites do not fit the word")
    precondition(
      SpinSymmetry.isGroup(symmetries)
        && symmetries.allSatisfy { $0.permutation.count == order.count },
      "the symmetries are not a group of \(order.count) sites")
    let flip = symmetries.first { $0.flipsSpins && $0.permutation == Array(0..<order.count) }
    precondition(
      !symmetries.contains { $0.flipsSpins } || upCount.map { 2 * $0 == order.count } ?? true,
      "spin flip needs as many spins up as down")
    let orbits = SpinOrbits<Word>(symmetries, order: order)
    let all = Self.spinAutomaton(upCount: upCount, positions: order.count, startsUp: flip != nil)
    var strings: [UInt8] = []
    all.forEachString { tokens in
      var word: Word = 0
      for position in 0..<order.count where tokens[position] != 0 {
        word |= 1 << Word(order[position])
      }
      if orbits.isRepresentative(word), orbits.canonical(word).sign != 0 {
        strings.append(contentsOf: UnsafeBufferPointer(start: tokens, count: order.count))
      }
    }
    kind = .spins
    self.order = order
    spinFlipParity = flip?.character ?? 0
    irrep = nil
    mask = order.count == Word.bitWidth ? ~0 : (1 << Word(order.count)) - 1
    isDescending = false
    self.orbits = orbits
    automaton = SectorAutomaton(positions: order.count, vocabulary: 2, strings: strings)
  }

  /// The strings with a number of spins up, with the first spin up if asked.
  private static func spinAutomaton(
    upCount: Int?, positions: Int, startsUp: Bool
  ) -> SectorAutomaton {
    SectorAutomaton(
      positions: positions, vocabulary: 2, initial: 0,
      advance: { position, label, token in
        if startsUp && position == 0 && token == 0 { return nil }
        guard let upCount else { return 0 }
        return label + token > upCount ? nil : label + token
      },
      accepts: { label in upCount.map { label == $0 } ?? true })
  }

  private static func isPermutation(_ order: [Int]) -> Bool {
    order.sorted() == Array(0..<order.count)
  }

  /// Returns the configuration with every spin turned over.
  @inlinable
  public func flipped(_ configuration: Configuration<Word>) -> Configuration<Word> {
    kind == .electrons ? configuration.spinFlipped : .init(alpha: allSites & ~configuration.alpha)
  }

  @usableFromInline var allSites: Word { mask }

  /// Returns whether a configuration is the representative of those that symmetry joins to it.
  ///
  /// A configuration that is its own flip is its own representative. Always true without
  /// symmetries.
  public func isRepresentative(_ configuration: Configuration<Word>) -> Bool {
    if let orbits { return orbits.isRepresentative(configuration.alpha) }
    if spinFlipParity == 0 { return true }
    if kind == .spins { return configuration.alpha & (1 << Word(order[0])) != 0 }
    if isDescending { return configuration.alpha >= configuration.beta }
    let unpaired = configuration.alpha ^ configuration.beta
    if unpaired == 0 { return true }
    for orbital in order where unpaired & (1 << Word(orbital)) != 0 {
      return configuration.alpha & (1 << Word(orbital)) != 0
    }
    return true
  }

  /// Returns the representative `r` of a configuration and the sign in `ψ(x) = sign · ψ(r)`.
  ///
  /// The sign is 0 where symmetry makes the amplitude zero.
  public func canonical(
    _ configuration: Configuration<Word>
  ) -> (representative: Configuration<Word>, sign: Int) {
    let orbit = orbit(of: configuration)
    return (orbit.representative, orbit.sign)
  }

  /// Returns what ``canonical(_:)`` does and the number of configurations that share the
  /// representative.
  @inline(__always)
  public func orbit(
    of configuration: Configuration<Word>
  ) -> (representative: Configuration<Word>, sign: Int, size: Int) {
    if let orbits {
      let found = orbits.canonical(configuration.alpha)
      return (Configuration(alpha: found.representative), found.sign, found.orbitSize)
    }
    let size = multiplicity(configuration)
    if isRepresentative(configuration) {
      // In an odd state a configuration that is its own flip has no amplitude.
      return (configuration, spinFlipParity == -1 && size == 1 ? 0 : 1, size)
    }
    return (flipped(configuration), spinFlipParity, size)
  }

  /// Returns ``orbit(of:)`` of many configurations.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func orbits(
    of configurations: [Configuration<Word>]
  ) -> [(representative: Configuration<Word>, sign: Int, size: Int)] {
    configurations.map { orbit(of: $0) }
  }

  /// Replaces configurations by their representatives.
  ///
  /// - Parameters:
  ///   - configurations: The configurations, `[N]`.
  ///   - signs: Where to write the signs that ``canonical(_:)`` gives, `[N]`.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func canonicalize(
    _ configurations: UnsafeMutableBufferPointer<Configuration<Word>>,
    signs: UnsafeMutablePointer<Int8>
  ) {
    for index in configurations.indices {
      let orbit = orbit(of: configurations[index])
      configurations[index] = orbit.representative
      signs[index] = Int8(truncatingIfNeeded: orbit.sign)
    }
  }

  /// Returns the representative of a configuration.
  public func representative(_ configuration: Configuration<Word>) -> Configuration<Word> {
    canonical(configuration).representative
  }

  /// Returns the number of configurations that a representative stands for, itself included.
  public func multiplicity(_ configuration: Configuration<Word>) -> Int {
    if let orbits { return orbits.canonical(configuration.alpha).orbitSize }
    if spinFlipParity == 0 { return 1 }
    return kind == .electrons && configuration.alpha == configuration.beta ? 1 : 2
  }

  /// Writes the tokens of a configuration, `[T]`.
  @inline(__always)
  public func encode(_ configuration: Configuration<Word>, into tokens: UnsafeMutablePointer<UInt8>)
  {
    for position in 0..<order.count {
      let shift = Word(truncatingIfNeeded: order[position])
      let up = UInt8(truncatingIfNeeded: (configuration.alpha &>> shift) & 1)
      let down = UInt8(truncatingIfNeeded: (configuration.beta &>> shift) & 1)
      tokens[position] = up | (down << 1)
    }
  }

  /// Returns the configuration of T tokens.
  public func decode(_ tokens: UnsafePointer<UInt8>) -> Configuration<Word> {
    var configuration = Configuration<Word>(alpha: 0)
    for position in 0..<order.count {
      let bit: Word = 1 << Word(order[position])
      if tokens[position] & 1 != 0 { configuration.alpha |= bit }
      if tokens[position] & 2 != 0 { configuration.beta |= bit }
    }
    return configuration
  }

  /// Returns every representative of the sector, in lexicographic order of the tokens.
  ///
  /// - Precondition: ``dimension`` fits in memory.
  public func allRepresentatives() -> [Configuration<Word>] {
    var all: [Configuration<Word>] = []
    all.reserveCapacity(Int(dimension))
    automaton.forEachString { all.append(decode($0)) }
    return all
  }
}

/// What the quantum numbers of electrons remember of a prefix.
private struct ElectronLabel: Hashable {
  var alpha = 0
  var beta = 0
  /// The product of the irreps of the singly occupied orbitals.
  var irrep: UInt8 = 0
  /// Whether an orbital has been singly occupied, which spin flip needs to know.
  var isOpen = false
}
