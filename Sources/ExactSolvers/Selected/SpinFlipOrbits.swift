internal import Configurations

/// How determinants and their spin-flipped partners are joined.
///
/// For as many α as β electrons and a Hamiltonian that treats both alike, `ψ(x̄) = p ψ(x)` with `p = +1` for
/// even and −1 for odd total spin. One of each pair, the one with `α ≥ β`, stands for both:
///
/// ```
/// |r⟩ = (|x⟩ + p |x̄⟩)/√2,  of x = x̄ just |x⟩;   ⟨r|H|s⟩ = √(m_r/m_s) Σ_{y ∈ s} p(y) ⟨x|H|y⟩
/// ```
///
/// with `m` the number of determinants of an orbit. Without the symmetry every determinant is its own.
struct SpinFlipOrbits<Word: ConfigurationWord>: Sendable {
  /// +1 or −1, or 0 where determinants are not joined.
  let parity: Int

  /// The sign of a determinant that is not the representative.
  var sign: Double { parity < 0 ? -1 : 1 }

  /// The number of determinants that a representative stands for.
  @inline(__always)
  func multiplicity(_ representative: Configuration<Word>) -> Int {
    parity != 0 && representative.alpha != representative.beta ? 2 : 1
  }

  /// Whether a determinant has no amplitude: its own partner in an odd state.
  @inline(__always)
  func vanishes(_ configuration: Configuration<Word>) -> Bool {
    parity < 0 && configuration.alpha == configuration.beta
  }

  /// Whether a determinant is the partner of its representative.
  @inline(__always)
  func isPartner(_ configuration: Configuration<Word>) -> Bool {
    parity != 0 && configuration.alpha < configuration.beta
  }

  /// The representative.
  @inline(__always)
  func representative(_ configuration: Configuration<Word>) -> Configuration<Word> {
    isPartner(configuration) ? configuration.spinFlipped : configuration
  }
}
