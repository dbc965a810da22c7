/// An unsigned integer that holds one bit for each spatial orbital or lattice site.
///
/// `UInt64` serves up to 64 orbitals, `UInt128` up to 128.
public protocol ConfigurationWord: FixedWidthInteger, UnsignedInteger, Sendable {
  /// A 64-bit digest of the word, the same in every run and on every machine.
  var digest: UInt64 { get }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension UInt64: ConfigurationWord {
  @inlinable public var digest: UInt64 { self }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension UInt128: ConfigurationWord {
  @inlinable public var digest: UInt64 {
    UInt64(truncatingIfNeeded: self)
      ^ mixBits(UInt64(truncatingIfNeeded: self >> 64) &+ 0x9E37_79B9_7F4A_7C15)
  }
}

/// One basis state: a Slater determinant or a string of lattice spins.
///
/// ### Conventions
///
/// - Determinant: bit `p` of ``alpha`` (``beta``) is set where spatial orbital `p` (0-based) holds
///   an α (β) electron. The state is its creation operators applied to the vacuum, all α before
///   all β, lowest orbital leftmost.
/// - Spin string: bit `i` of ``alpha`` is set where site `i` points up; ``beta`` is zero.
public struct Configuration<Word: ConfigurationWord>: Hashable, Sendable {
  /// The orbitals that hold an α electron, or the sites that point up.
  public var alpha: Word
  /// The orbitals that hold a β electron; zero for a spin string.
  public var beta: Word

  /// Creates a configuration from its two bit strings.
  @inlinable
  public init(alpha: Word, beta: Word = 0) {
    self.alpha = alpha
    self.beta = beta
  }

  // Written out to be inlinable: hash tables in other modules live on it.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  @inlinable
  public static func == (first: Configuration, second: Configuration) -> Bool {
    first.alpha == second.alpha && first.beta == second.beta
  }

  /// The configuration with α and β exchanged.
  @inlinable public var spinFlipped: Configuration { .init(alpha: beta, beta: alpha) }

  /// A well-mixed 64-bit digest, the same in every run.
  ///
  /// Hash tables keyed by it have a reproducible order, which `Hashable`'s seeded hash has not.
  @inlinable public var digest: UInt64 {
    mixBits(mixBits(alpha.digest &+ 0x9E37_79B9_7F4A_7C15) &+ beta.digest)
  }
}

/// Scrambles 64 bits so that every input bit reaches every output bit.
///
/// The finaliser of SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014, variant 13 of
/// D. Stafford).
@inlinable
public func mixBits(_ value: UInt64) -> UInt64 {
  var bits = value
  bits = (bits ^ (bits &>> 30)) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ (bits &>> 27)) &* 0x94D0_49BB_1331_11EB
  return bits ^ (bits &>> 31)
}
