public import Configurations
public import Parallelism

/// What the density matrices of a vector of determinants say.
public struct StateObservables: Sendable, Hashable, Codable {
  /// The density matrices.
  public let density: DensityMatrices
  /// Natural orbitals and their occupations; nil where α and β have different orbitals.
  public let natural: DensityMatrices.NaturalOccupations?
  /// Entropies of orbitals; nil where α and β have different orbitals.
  public let entropies: OrbitalEntropies?
  /// `⟨S²⟩`; nil where α and β have different orbitals.
  public var spinSquared: Double? { natural == nil ? nil : density.spinSquared }
  /// `⟨S_i·S_j⟩`, `[n, n]`; nil where α and β have different orbitals.
  public var spinCorrelations: [Double]? { natural == nil ? nil : density.spinCorrelations }

  /// Puts stored parts together.
  package init(
    density: DensityMatrices, natural: DensityMatrices.NaturalOccupations?,
    entropies: OrbitalEntropies?
  ) {
    self.density = density
    self.natural = natural
    self.entropies = entropies
  }

  /// Computes the observables of a vector.
  ///
  /// - Parameters:
  ///   - configurations: The determinants, all different and of one sector; partners under spin flip both.
  ///   - real: The real parts of their coefficients, normalised together with the imaginary ones.
  ///   - imaginary: The imaginary parts; nil for none.
  ///   - irreps: The irreps of the orbitals, which natural orbitals then have; nil for none.
  ///   - orbitals: The number of spatial orbitals.
  ///   - isUnrestricted: Whether α and β have different orbitals.
  ///   - execution: The threads to use.
  /// - Throws: ``EigensolverError`` where LAPACK fails.
  /// - Precondition: There is a determinant, and a coefficient for each.
  public init<Word: ConfigurationWord>(
    _ configurations: [Configuration<Word>], real: [Double], imaginary: [Double]? = nil,
    irreps: [UInt8]?, orbitals: Int, isUnrestricted: Bool, execution: Execution = Execution()
  ) throws(EigensolverError) {
    density = DensityMatrices(
      configurations, real: real, imaginary: imaginary, orbitals: orbitals, execution: execution)
    if isUnrestricted {
      natural = nil
      entropies = nil
      return
    }
    natural = try density.naturalOccupations(irreps: irreps)
    entropies = try OrbitalEntropies(
      configurations, real: real, imaginary: imaginary, orbitals: orbitals, execution: execution)
  }
}
