extension MolecularIntegrals {
  /// The energy that thresholds are measured by, in the unit of the integrals: about one hartree for
  /// molecules, two to four hoppings for Hubbard models.
  ///
  /// ```
  /// U = median of |(pp|pp)|
  /// S = 5/3 · min(U, max(σ(h), U/20))
  /// ```
  ///
  /// over the orbitals whose repulsion is not zero, with `σ(h)` the standard deviation of the
  /// eigenvalues of `h`: what is smaller of repulsion and kinetic energy sets
  /// the gaps, but of sites far apart, between which nothing hops, some part of the repulsion is left. The
  /// factor makes it 1 for valence orbitals of 0.6 Eh. Ours, so that `c H + d` is solved
  /// in the same steps as `H`: S is proportional to `c` and does not depend on `d`.
  ///
  /// ### Edge cases
  ///
  /// - Without repulsion σ decides, without both it is 1.
  public var energyScale: Double {
    let diagonals = (0..<orbitalCount).map { Self.pair(Self.pair($0, $0), Self.pair($0, $0)) }
    var repulsions: [Double] = []
    for packed in [twoBodyAlphaAlpha, twoBodyBetaBeta ?? []] where !packed.isEmpty {
      repulsions += diagonals.map { abs(packed[$0]) }.filter { $0 > 0 }
    }
    repulsions.sort()
    let spread = max(
      Self.deviation(oneBodyAlpha, orbitalCount),
      oneBodyBeta.map { Self.deviation($0, orbitalCount) } ?? 0)
    guard !repulsions.isEmpty else { return spread > 0 ? 5 * spread / 3 : 1 }
    let repulsion = repulsions[repulsions.count / 2]
    return 5 * min(repulsion, max(spread, repulsion / 20)) / 3
  }

  /// The standard deviation of a matrix's eigenvalues, from its elements; 0 where it is rounding.
  private static func deviation(_ packed: [Double], _ count: Int) -> Double {
    if count == 0 { return 0 }
    let mean = (0..<count).reduce(0) { $0 + packed[pair($1, $1)] } / Double(count)
    var squares = 0.0
    var largest = 0.0
    for p in 0..<count {
      for q in 0...p {
        let element = packed[pair(p, q)]
        let centred = p == q ? element - mean : element
        squares += (p == q ? 1 : 2) * centred * centred
        largest = max(largest, abs(element))
      }
    }
    let deviation = (squares / Double(count)).squareRoot()
    return deviation > 1e-10 * largest ? deviation : 0
  }
}
