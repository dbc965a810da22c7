public import ExactSolvers
public import HDF5Files

/// The layout of `/rdm` and `/observables`, described in `docs/file-formats.md`.
public enum ObservableFile {
  /// Writes `/rdm` and `/observables`.
  ///
  /// - Parameters:
  ///   - observables: The density matrices and what they say.
  ///   - root: The group that holds both.
  /// - Throws: `HDF5Error` where they cannot be written.
  public static func write(
    _ observables: StateObservables, to root: HDF5Group
  ) throws(HDF5Error) {
    try writeMatrices(observables, to: try root.group("rdm"))
    let group = try root.group("observables")
    let n = observables.density.orbitalCount
    func write(
      _ values: [Double], _ shape: [Int], _ name: String, _ text: String
    ) throws(HDF5Error) {
      try group.write(values, shape: shape, to: name)
      try ResultFile.describe(name, "1", text, in: group)
    }
    guard let natural = observables.natural, let entropies = observables.entropies else { return }
    if let value = observables.spinSquared {
      try group.setAttribute("spin_squared", .double(value))
    }
    try write(
      natural.occupations, [n], "natural_occupations", "eigenvalues of /rdm/one_particle, falling")
    try write(
      natural.orbitals, [n, n], "natural_orbitals", "natural orbitals as columns over the orbitals")
    if let values = observables.spinCorrelations {
      try write(values, [n, n], "spin_correlations", "S_i . S_j between orbitals")
    }
    try write(entropies.oneOrbital, [n], "one_orbital_entropies", "s(i), natural logarithm")
    try write(
      entropies.twoOrbital, [n, n], "two_orbital_entropies", "s(i,j), s(i) on the diagonal")
    try write(
      entropies.mutualInformation, [n, n], "mutual_information", "(s(i) + s(j) - s(i,j))/2")
  }

  /// Reads what ``write(_:to:)`` wrote.
  ///
  /// - Parameter root: The group that holds both.
  /// - Returns: The density matrices and what they say.
  /// - Throws: `HDF5Error` where they cannot be read or are damaged.
  public static func read(_ root: HDF5Group) throws(HDF5Error) -> StateObservables {
    let matrices = try root.group("rdm")
    let n = try ResultFile.integer("orbital_count", in: matrices)
    guard (0...128).contains(n) else {
      throw ResultFile.damaged("\(n) orbitals", matrices)
    }
    func read(_ name: String, _ group: HDF5Group, _ count: Int) throws(HDF5Error) -> [Double] {
      let values = try group.read(Double.self, name).values
      guard values.count == count else {
        throw ResultFile.damaged("'\(name)' has \(values.count) numbers, not \(count)", group)
      }
      return values
    }
    let two = n * n * n * n
    let density = DensityMatrices(
      orbitalCount: n, alphaCount: try ResultFile.integer("alpha_count", in: matrices),
      betaCount: try ResultFile.integer("beta_count", in: matrices),
      alpha: try read("one_particle_alpha", matrices, n * n),
      beta: try read("one_particle_beta", matrices, n * n),
      alphaAlpha: try read("two_particle_alpha_alpha", matrices, two),
      betaBeta: try read("two_particle_beta_beta", matrices, two),
      alphaBeta: try read("two_particle_alpha_beta", matrices, two))
    let group = try root.group("observables")
    guard group.isDataset("natural_occupations") else {
      return StateObservables(density: density, natural: nil, entropies: nil)
    }
    return StateObservables(
      density: density,
      natural: .init(
        occupations: try read("natural_occupations", group, n),
        orbitals: try read("natural_orbitals", group, n * n)),
      entropies: OrbitalEntropies(
        oneOrbital: try read("one_orbital_entropies", group, n),
        twoOrbital: try read("two_orbital_entropies", group, n * n),
        mutualInformation: try read("mutual_information", group, n * n)))
  }

  private static func writeMatrices(
    _ observables: StateObservables, to group: HDF5Group
  ) throws(HDF5Error) {
    let density = observables.density
    let n = density.orbitalCount
    let pairs = [n, n, n, n]
    func write(
      _ values: [Double], _ shape: [Int], _ name: String, _ text: String
    ) throws(HDF5Error) {
      try group.write(values, shape: shape, to: name)
      try ResultFile.describe(name, "1", text, in: group)
    }
    try group.setAttribute("orbital_count", .int(n))
    try group.setAttribute("alpha_count", .int(density.alphaCount))
    try group.setAttribute("beta_count", .int(density.betaCount))
    try write(density.alpha, [n, n], "one_particle_alpha", "<a+_p a_q> of alpha")
    try write(density.beta, [n, n], "one_particle_beta", "<a+_p a_q> of beta")
    let blocks: [(block: DensityMatrices.SpinBlock, name: String)] = [
      (.alphaAlpha, "alpha_alpha"), (.betaBeta, "beta_beta"), (.alphaBeta, "alpha_beta"),
    ]
    for (block, name) in blocks {
      try write(
        density.twoParticle(block), pairs, "two_particle_\(name)",
        "<a+_p b+_r b_s a_q> at [p, q, r, s], a and b of the spins in the name")
    }
    if observables.natural == nil { return }
    try write(density.oneParticle, [n, n], "one_particle", "the sum over the spins")
    try write(
      density.twoParticle(), pairs, "two_particle",
      "the sum over the spins, at [p, q, r, s] as (pq|rs)")
  }
}
