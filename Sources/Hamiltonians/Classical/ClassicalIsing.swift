/// The classical Ising model on a square lattice that closes in itself in both directions.
///
/// ```
/// H(s) = −Σ_⟨ij⟩ J_ij s_i s_j,   s_i = ±1
/// ```
///
/// over the 2 L² bonds of an L × L torus; site `r L + c` is in row `r` and column `c`. Energies are in the
/// unit of the couplings.
public struct ClassicalIsing: Sendable, Hashable {
  /// The couplings.
  public enum Couplings: Sendable, Hashable {
    /// The same `J` for all bonds; positive is ferromagnetic.
    case uniform(Double)
    /// One for each bond: `right[i]` to the next column of the row, `down[i]` to the next row, both
    /// around the torus.
    case bonds(right: [Double], down: [Double])
  }

  /// L.
  public let length: Int
  /// The couplings.
  public let couplings: Couplings

  /// The number of sites, L².
  public var siteCount: Int { length * length }

  /// Creates a model.
  ///
  /// - Parameters:
  ///   - length: L, at least 3: below that two bonds would join the same sites.
  ///   - couplings: The couplings, finite.
  public init(length: Int, couplings: Couplings = .uniform(1)) {
    precondition(length >= 3, "a torus of length \(length) has doubled bonds")
    if case .bonds(let right, let down) = couplings {
      precondition(
        right.count == length * length && down.count == length * length,
        "\(right.count) and \(down.count) bonds on \(length * length) sites")
    }
    self.length = length
    self.couplings = couplings
  }

  /// J where it is the same for all bonds.
  public var uniformCoupling: Double? {
    if case .uniform(let coupling) = couplings { coupling } else { nil }
  }

  /// The same model, with one coupling where all bonds have the same.
  public var simplified: ClassicalIsing {
    guard case .bonds(let right, let down) = couplings, let first = right.first,
      right.allSatisfy({ $0 == first }), down.allSatisfy({ $0 == first })
    else { return self }
    return ClassicalIsing(length: length, couplings: .uniform(first))
  }

  /// The largest modulus of a coupling.
  public var largestCoupling: Double {
    switch couplings {
    case .uniform(let coupling): abs(coupling)
    case .bonds(let right, let down): (right + down).reduce(0) { max($0, abs($1)) }
    }
  }

  /// Returns the coupling of a site to the next column.
  @inlinable
  public func right(of site: Int) -> Double {
    switch couplings {
    case .uniform(let coupling): coupling
    case .bonds(let right, _): right[site]
    }
  }

  /// Returns the coupling of a site to the next row.
  @inlinable
  public func down(of site: Int) -> Double {
    switch couplings {
    case .uniform(let coupling): coupling
    case .bonds(_, let down): down[site]
    }
  }

  /// Returns the site in a row and a column, both taken around the torus.
  @inlinable
  public func site(row: Int, column: Int) -> Int {
    let r = (row % length + length) % length
    let c = (column % length + length) % length
    return r * length + c
  }

  /// Returns the energy of one configuration.
  ///
  /// - Parameter spins: `[L²]`, each 1 or −1.
  /// - Returns: `H(s)`.
  public func energy(of spins: [Int8]) -> Double {
    precondition(spins.count == siteCount, "\(spins.count) spins on \(siteCount) sites")
    var energy = 0.0
    for r in 0..<length {
      for c in 0..<length {
        let site = r * length + c
        let east = spins[r * length + (c + 1) % length]
        let south = spins[(r + 1) % length * length + c]
        energy -= right(of: site) * Double(spins[site] * east)
        energy -= down(of: site) * Double(spins[site] * south)
      }
    }
    return energy
  }
}
