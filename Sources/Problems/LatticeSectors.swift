public import Configurations
public import Hamiltonians
public import LinearAlgebra

/// The symmetries that a spin lattice's ground state is found to have, without a theorem.
///
/// Operations that commute and are their own inverses, such as reflections, half turns, the spin
/// flip or half of a translation around a ring, have eigenvalues of ±1 only, in every combination of
/// which there is one sector: together these are the whole space, so that the lowest of them holds the
/// ground state. Real eigenvalues of a larger group are not all there are (a ground state may have
/// momentum π/2, or be one of several that a rotation mixes), so those are read off the lowest sector's
/// vector, and imposed only if the lowest state that has them is no higher than the lowest of all.
public struct LatticeSectors: Sendable, Hashable {
  /// The group that may be imposed, with its eigenvalues; the identity alone where nothing is
  /// established.
  public var imposed: [SpinSymmetry]
  /// The comparison of the sectors of commuting involutions.
  public var comparison: SectorComparison.Result
  /// The lines of a log that say what was found.
  public var messages: [String]

  /// Finds the symmetries of a ground state.
  ///
  /// - Parameters:
  ///   - operations: A group that commutes with the Hamiltonian, identity included; eigenvalues are not
  ///     looked at.
  ///   - hamiltonian: The Hamiltonian.
  ///   - upCount: The number of spins up; nil for all configurations.
  ///   - settings: The limits of the comparison.
  /// - Returns: What was found, or nil where there is no configuration.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  public static func compare<Word: ConfigurationWord>(
    _ operations: [SpinSymmetry], of hamiltonian: SpinHamiltonian<Word>, upCount: Int?,
    settings: SectorComparison
  ) throws(LinearAlgebraError) -> LatticeSectors? {
    let order = Array(0..<hamiltonian.siteCount)
    func candidate(_ group: [SpinSymmetry], _ number: Int) -> SectorCandidate<Word> {
      SectorCandidate(
        label: "sector \(number + 1)",
        space: ConfigurationSpace<Word>(upCount: upCount, order: order, symmetries: group))
    }
    let groups = involutionSectors(operations)
    let candidates = groups.enumerated().map { candidate($1, $0) }
    guard let (comparison, _) = try settings.compare(candidates, of: hamiltonian) else {
      return nil
    }
    var found = LatticeSectors(
      imposed: shared(comparison.close.map { groups[$0] }), comparison: comparison, messages: [])
    found.messages = [found.summary(involutions: groups[0].count.trailingZeroBitCount)]
    guard comparison.isEstablished,
      let lowest = try settings.solve(candidates[comparison.chosen], of: hamiltonian)
    else { return found }
    let larger = eigenvalues(operations, in: lowest, candidates[comparison.chosen].space)
    guard larger.count > found.imposed.count, SpinSymmetry.isGroup(larger),
      let symmetric = try settings.solve(candidate(larger, 0), of: hamiltonian)
    else { return found }
    if symmetric.energy < lowest.energy + settings.resolution { found.imposed = larger }
    return found
  }

  /// The sectors of a largest set of commuting involutions that is found by adding one after the
  /// other, each as the group with its eigenvalues.
  static func involutionSectors(_ operations: [SpinSymmetry]) -> [[SpinSymmetry]] {
    // Sectors are as many as operations; more would cost more to list than they save.
    let mostGenerators = 4
    let identity = SpinSymmetry(permutation: Array(operations[0].permutation.indices))
    func plain(_ operation: SpinSymmetry) -> SpinSymmetry {
      SpinSymmetry(permutation: operation.permutation, flipsSpins: operation.flipsSpins)
    }
    var generators: [SpinSymmetry] = []
    var group: Set<SpinSymmetry> = [identity]
    // The flip commutes with all others; of these, those that move more sites make smaller sectors.
    func moved(_ operation: SpinSymmetry) -> Int {
      zip(operation.permutation, identity.permutation).count { $0 != $1 }
    }
    let flip = operations.filter { $0.flipsSpins && moved($0) == 0 }
    let others = operations.filter { !$0.flipsSpins }
      .enumerated().sorted { (-moved($0.element), $0.offset) < (-moved($1.element), $1.offset) }
      .map(\.element)
    for operation in (flip + others).map(plain)
    where generators.count < mostGenerators && !group.contains(operation)
      && operation.composed(with: operation) == identity
      && generators.allSatisfy({ $0.composed(with: operation) == operation.composed(with: $0) })
    {
      generators.append(operation)
      group.formUnion(group.map { $0.composed(with: operation) })
    }
    return (0..<(1 << generators.count)).map { signs in
      var sector = [identity]
      for (number, generator) in generators.enumerated() {
        var signed = generator
        signed.character = signs >> number & 1 == 0 ? 1 : -1
        sector += sector.map { $0.composed(with: signed) }
      }
      return sector
    }
  }

  /// The operations that have one eigenvalue in all of several sectors, which are a group again.
  private static func shared(_ sectors: [[SpinSymmetry]]) -> [SpinSymmetry] {
    sectors[0].indices.filter { index in
      sectors.allSatisfy { $0[index].character == sectors[0][index].character }
    }.map { sectors[0][$0] }
  }

  /// Returns the operations that multiply the heaviest amplitudes of a vector by ±1, with that sign.
  ///
  /// It is a proposal: whether there is a state of these eigenvalues and that energy is then computed.
  private static func eigenvalues<Word: ConfigurationWord>(
    _ operations: [SpinSymmetry], in vector: SectorVector<Word>, _ space: ConfigurationSpace<Word>
  ) -> [SpinSymmetry] {
    var amplitudes: [Configuration<Word>: Double] = [:]
    for (x, coefficient) in zip(vector.configurations, vector.coefficients) {
      amplitudes[x] = coefficient / Double(space.multiplicity(x)).squareRoot()
    }
    let heaviest = vector.configurations.prefix(32)
    return operations.compactMap { operation in
      var sum = 0.0
      var norm = 0.0
      var difference = 0.0
      for x in heaviest {
        let (representative, sign) = space.canonical(operation.apply(to: x))
        let before = amplitudes[x] ?? 0
        let after = Double(sign) * (amplitudes[representative] ?? 0)
        sum += before * after
        norm += before * before
        difference += (abs(after) - abs(before)) * (abs(after) - abs(before))
      }
      guard abs(sum) > 0.99 * norm, difference < 1e-3 * norm else { return nil }
      return SpinSymmetry(
        permutation: operation.permutation, flipsSpins: operation.flipsSpins,
        character: sum > 0 ? 1 : -1)
    }
  }

  private func summary(involutions: Int) -> String {
    let count = comparison.sectors.count { $0.configurationCount > 0 }
    let best = comparison.best
    let kind =
      best.isWhole
      ? "CI of all \(best.configurationCount) states"
      : "CI of \(best.configurationCount) states + PT2"
    guard let margin = comparison.margin else {
      return count > 1
        ? "symmetry: \(count) sectors of \(involutions) commuting involutions have the same lowest energy"
        : "symmetry: no two sectors to compare"
    }
    let uncertainty = comparison.marginUncertainty
    let difference = decimal(margin, 6) + (uncertainty > 0 ? " ± \(decimal(uncertainty, 6))" : "")
    return comparison.isEstablished
      ? "symmetry: lowest of \(count) sectors of \(involutions) commuting involutions by "
        + "\(difference) J (\(kind))"
      : "warning: symmetry not established: \(comparison.close.count) of \(count) sectors of "
        + "\(involutions) commuting involutions are within \(difference) J (\(kind)); only what they "
        + "share is imposed"
  }
}
