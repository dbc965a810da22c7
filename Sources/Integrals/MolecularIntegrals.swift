/// The numbers that define an electronic Hamiltonian: what an integral file holds.
///
/// ```
/// H = E_core + Σ_σ Σ_pq h^σ_pq a†_pσ a_qσ
///   + ½ Σ_στ Σ_pqrs (pq|rs)^στ a†_pσ a†_rτ a_sτ a_qσ
/// ```
///
/// ### Conventions
///
/// - Energies in hartree; orbitals 0-based, real and orthonormal; chemists' notation `(pq|rs)`.
/// - Restricted integrals share one set of orbitals between α and β; unrestricted ones have
///   separate sets and three blocks of two-electron integrals.
/// - `pair(p, q)` is `max(max + 1)/2 + min`, the row of the packed lower triangle.
///
/// A value only: readers fill it, Hamiltonians use it, and neither knows the other.
public struct MolecularIntegrals: Sendable, Equatable {
  /// The number of spatial orbitals of each spin, `n`.
  public var orbitalCount: Int
  /// The number of α electrons.
  public var alphaCount: Int
  /// The number of β electrons.
  public var betaCount: Int
  /// The energy of nuclei and frozen electrons, in hartree.
  public var coreEnergy: Double
  /// The α one-electron integrals, packed lower triangle, `[n(n+1)/2]`.
  public var oneBodyAlpha: [Double]
  /// The β one-electron integrals, or nil where they equal the α ones.
  public var oneBodyBeta: [Double]?
  /// `(pq|rs)` of α with α, packed eight-fold: pair row of the two pairs, `[m(m+1)/2]` with
  /// `m = n(n+1)/2`.
  public var twoBodyAlphaAlpha: [Double]
  /// `(pq|rs)` of β with β, packed likewise, or nil where restricted.
  public var twoBodyBetaBeta: [Double]?
  /// `(pq|rs)` with `pq` α and `rs` β, four-fold: `[m, m]` row-major, or nil where restricted.
  public var twoBodyAlphaBeta: [Double]?
  /// One irrep label for each orbital, 0 the totally symmetric one, whose products are XOR; nil
  /// where the file has none that its integrals obey.
  public var orbitalIrreps: [UInt8]?
  /// The irrep of the state that the file asks for, in the labels of ``orbitalIrreps``, or nil.
  public var targetIrrep: UInt8?
  /// The point group's name, where the file says it.
  public var pointGroup: String?
  /// Whose numbers the labels of ``orbitalIrreps`` are, where that is certain; names of irreps need it.
  public var irrepNumbering: IrrepNumbering?
  /// What the orbitals are in terms of those that were given; nil for the given ones themselves.
  public var basis: OrbitalBasis?

  /// Creates integrals from their parts.
  public init(
    orbitalCount: Int, alphaCount: Int, betaCount: Int, coreEnergy: Double,
    oneBodyAlpha: [Double], oneBodyBeta: [Double]? = nil,
    twoBodyAlphaAlpha: [Double], twoBodyBetaBeta: [Double]? = nil,
    twoBodyAlphaBeta: [Double]? = nil,
    orbitalIrreps: [UInt8]? = nil, targetIrrep: UInt8? = nil, pointGroup: String? = nil,
    irrepNumbering: IrrepNumbering? = nil, basis: OrbitalBasis? = nil
  ) {
    let pairs = Self.pairCount(orbitalCount)
    precondition(oneBodyAlpha.count == pairs, "oneBodyAlpha has \(oneBodyAlpha.count) elements")
    precondition(twoBodyAlphaAlpha.count == Self.pairCount(pairs))
    precondition(
      (oneBodyBeta == nil) == (twoBodyBetaBeta == nil)
        && (oneBodyBeta == nil) == (twoBodyAlphaBeta == nil),
      "unrestricted integrals need all of h_β, (ββ|ββ) and (αα|ββ)")
    self.orbitalCount = orbitalCount
    self.alphaCount = alphaCount
    self.betaCount = betaCount
    self.coreEnergy = coreEnergy
    self.oneBodyAlpha = oneBodyAlpha
    self.oneBodyBeta = oneBodyBeta
    self.twoBodyAlphaAlpha = twoBodyAlphaAlpha
    self.twoBodyBetaBeta = twoBodyBetaBeta
    self.twoBodyAlphaBeta = twoBodyAlphaBeta
    self.orbitalIrreps = orbitalIrreps
    self.targetIrrep = targetIrrep
    self.pointGroup = pointGroup
    self.irrepNumbering = irrepNumbering
    self.basis = basis
  }

  /// Whether α and β electrons have different orbitals.
  public var isUnrestricted: Bool { oneBodyBeta != nil }

  /// The number of electrons.
  public var electronCount: Int { alphaCount + betaCount }

  /// Returns `n(n+1)/2`.
  @inlinable
  public static func pairCount(_ count: Int) -> Int { count * (count + 1) / 2 }

  /// Returns the row of `(p, q)` in a packed lower triangle.
  @inlinable
  public static func pair(_ first: Int, _ second: Int) -> Int {
    first >= second ? first * (first + 1) / 2 + second : second * (second + 1) / 2 + first
  }
}

/// Whose numbers irrep labels are: the same label stands for different irreps.
public enum IrrepNumbering: String, Sendable, Hashable, CaseIterable {
  /// Molpro's numbers, less one.
  case molpro
  /// PySCF's labels.
  case pyscf
}
