public import Configurations

/// A real Hamiltonian of spins ½ on a lattice: pair couplings, a transverse and a longitudinal field.
///
/// ```
/// H = Σ_ij [ a_ij σᶻ_i σᶻ_j + e_ij (σ⁺_i σ⁻_j + σ⁻_i σ⁺_j) ] + Σ_i [ t_i σˣ_i + l_i σᶻ_i ]
/// ```
///
/// with Pauli matrices and `σ⁺` the unit raising operator (equal to `S⁺`). The factories speak the
/// models' own parameters:
///
/// - Heisenberg, XXZ, XY (`Δ = 0`), J1–J2–J3: `Σ J [ ½(S⁺S⁻ + S⁻S⁺) + Δ SᶻSᶻ ]` with `S = σ/2`, so
///   `a = JΔ/4` and `e = J/2`; `J > 0` is antiferromagnetic.
/// - Ising in fields: `−J Σ σᶻσᶻ − h Σ σˣ − h_z Σ σᶻ`, so `a = −J`, `t = −h` and `l = −h_z`.
///
/// All matrix elements are real, and no basis rotation (Marshall's sign rule or another) is
/// applied. Without a constant the trace is zero, and so is the energy at infinite temperature. Couplings of a pair
/// that is given more than once add up.
///
/// Bit `i` of ``Configuration/alpha`` is set where site `i` points up; ``Configuration/beta`` is
/// zero. Bonds are grouped by coupling and by the distance `d` of their site numbers: the
/// antiparallel ones of a group are the set bits of `(x ^ (x >> d)) & mask`, which gives the
/// diagonal by counting them and the connections by listing them.
public struct SpinHamiltonian<Word: ConfigurationWord>: Hamiltonian {
  /// Bonds `(i, i + distance)` of equal coupling.
  package struct BondGroup: Sendable, Hashable {
    /// The difference of the two site numbers.
    package let distance: Int
    /// The lower sites `i`.
    package let mask: Word
    /// The coefficient `a` of `σᶻσᶻ`.
    package let parallel: Double
    /// The coefficient `e` of the exchange of two antiparallel spins.
    package let exchange: Double
  }

  /// Sites of equal field.
  package struct FieldGroup: Sendable, Hashable {
    /// The sites.
    package let mask: Word
    /// The coefficient `t` of `σˣ`, or `l` of `σᶻ`.
    package let coefficient: Double
  }

  /// The number of sites, N.
  public let siteCount: Int
  /// The bonds, grouped.
  package let bondGroups: [BondGroup]
  /// The sites in a transverse field, grouped.
  package let fieldGroups: [FieldGroup]
  /// The sites in a longitudinal field, grouped.
  package let longitudinalGroups: [FieldGroup]
  /// The diagonal element of the state with all spins up, `Σ a + Σ l` and the constant.
  private let ferromagneticEnergy: Double

  /// Creates a Hamiltonian from terms; pairs that occur more than once are added up.
  ///
  /// - Parameters:
  ///   - terms: The terms.
  ///   - constant: A multiple of the identity to be added.
  /// - Throws: ``LatticeError`` where there are more sites than bits in a word, a bond is not
  ///   between two different sites of the lattice, or a number is not finite.
  public init(_ terms: SpinTerms, constant: Double = 0) throws(LatticeError) {
    guard (1...Word.bitWidth).contains(terms.siteCount) else {
      throw LatticeError(
        .tooManySites,
        "\(terms.siteCount) sites do not fit a spin string of \(Word.bitWidth) bits; "
          + "expected 1 to \(Word.bitWidth)")
    }
    try terms.check()
    var pairs: [Pair: (parallel: Double, exchange: Double)] = [:]
    for coupling in terms.couplings {
      let lower = min(coupling.first, coupling.second)
      let pair = Pair(distance: max(coupling.first, coupling.second) - lower, lower: lower)
      let sum = pairs[pair] ?? (0, 0)
      pairs[pair] = (sum.parallel + coupling.parallel, sum.exchange + coupling.exchange)
    }
    siteCount = terms.siteCount
    bondGroups = Self.grouped(pairs)
    fieldGroups = Self.grouped(terms.field)
    longitudinalGroups = Self.grouped(terms.longitudinalField)
    let parallel = bondGroups.reduce(constant) {
      $0 + Double($1.mask.nonzeroBitCount) * $1.parallel
    }
    ferromagneticEnergy = longitudinalGroups.reduce(parallel) {
      $0 + Double($1.mask.nonzeroBitCount) * $1.coefficient
    }
  }

  /// Creates a Hamiltonian from its terms, see ``SpinTerms``.
  public init(
    siteCount: Int, couplings: [SpinCoupling], field: [Double] = [],
    longitudinalField: [Double] = [], constant: Double = 0
  ) throws(LatticeError) {
    try self.init(
      SpinTerms(
        siteCount: siteCount, couplings: couplings, field: field,
        longitudinalField: longitudinalField), constant: constant)
  }

  /// Whether the total `Sᶻ` is conserved: no site feels a transverse field.
  public var conservesMagnetization: Bool { fieldGroups.isEmpty }

  /// Whether turning all spins over changes nothing: no site feels a longitudinal field.
  public var conservesSpinFlip: Bool { longitudinalGroups.isEmpty }

  /// The largest number of connections that a configuration can have.
  public var maximumConnectionCount: Int {
    bondGroups.reduce(0) { $0 + ($1.exchange != 0 ? $1.mask.nonzeroBitCount : 0) }
      + fieldGroups.reduce(0) { $0 + $1.mask.nonzeroBitCount }
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func diagonalElement(_ configuration: Configuration<Word>) -> Double {
    let spins = configuration.alpha
    var energy = ferromagneticEnergy
    for group in bondGroups {
      let antiparallel = (spins ^ (spins &>> Word(group.distance))) & group.mask
      energy -= 2 * group.parallel * Double(antiparallel.nonzeroBitCount)
    }
    for group in longitudinalGroups {
      energy -= 2 * group.coefficient * Double((~spins & group.mask).nonzeroBitCount)
    }
    return energy
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func appendConnections(
    of configuration: Configuration<Word>, above cutoff: Double,
    to connections: inout ConnectionList<Word>
  ) {
    let spins = configuration.alpha
    for group in bondGroups where abs(group.exchange) > cutoff {
      let distance = Word(group.distance)
      let pair = (1 as Word) | (1 &<< distance)
      var antiparallel = (spins ^ (spins &>> distance)) & group.mask
      while antiparallel != 0 {
        let site = Word(antiparallel.trailingZeroBitCount)
        connections.append(Configuration(alpha: spins ^ (pair &<< site)), group.exchange)
        antiparallel &= antiparallel &- 1
      }
    }
    for group in fieldGroups where abs(group.coefficient) > cutoff {
      var sites = group.mask
      while sites != 0 {
        let site = sites & (0 &- sites)
        connections.append(Configuration(alpha: spins ^ site), group.coefficient)
        sites ^= site
      }
    }
  }
}

extension SpinHamiltonian {
  private struct Pair: Hashable {
    var distance: Int
    var lower: Int
  }

  private struct GroupKey: Hashable {
    var distance: Int
    var parallel: Double
    var exchange: Double
  }

  /// Joins the pairs of equal distance and coupling, in the order of their first sites.
  private static func grouped(
    _ pairs: [Pair: (parallel: Double, exchange: Double)]
  ) -> [BondGroup] {
    var order: [GroupKey] = []
    var masks: [GroupKey: Word] = [:]
    for (pair, sum) in pairs.sorted(by: {
      ($0.key.distance, $0.key.lower) < ($1.key.distance, $1.key.lower)
    }) where sum.parallel != 0 || sum.exchange != 0 {
      let key = GroupKey(
        distance: pair.distance, parallel: sum.parallel, exchange: sum.exchange)
      if masks[key] == nil { order.append(key) }
      masks[key, default: 0] |= 1 << Word(pair.lower)
    }
    return order.map {
      BondGroup(
        distance: $0.distance, mask: masks[$0, default: 0], parallel: $0.parallel,
        exchange: $0.exchange)
    }
  }

  /// Joins the sites of equal field, in the order of their first sites.
  private static func grouped(_ field: [Double]) -> [FieldGroup] {
    var order: [Double] = []
    var masks: [Double: Word] = [:]
    for (site, value) in field.enumerated() where value != 0 {
      if masks[value] == nil { order.append(value) }
      masks[value, default: 0] |= 1 << Word(site)
    }
    return order.map { FieldGroup(mask: masks[$0, default: 0], coefficient: $0) }
  }
}
