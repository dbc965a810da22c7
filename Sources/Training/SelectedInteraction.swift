public import ExactSolvers

/// What a selected CI that began with a trained state found, beside the energy of the state itself.
///
/// See ``ExactSolvers/HeatBathCI`` for the method.
public struct SelectedInteraction: Sendable, Hashable, Codable {
  /// One size of the space.
  public struct Stage: Sendable, Hashable, Codable {
    /// The number of determinants.
    public var dimension: Int
    /// The variational energy, an upper bound, in hartree.
    public var energy: Double
    /// The second-order energy, in hartree.
    public var secondOrderEnergy: Double
    /// Its standard error, in hartree; 0 where nothing was sampled.
    public var secondOrderError: Double

    /// Creates a stage of its numbers.
    public init(
      dimension: Int, energy: Double, secondOrderEnergy: Double, secondOrderError: Double
    ) {
      self.dimension = dimension
      self.energy = energy
      self.secondOrderEnergy = secondOrderEnergy
      self.secondOrderError = secondOrderError
    }
  }

  /// The sizes of the space, smallest first; at least one.
  public private(set) var stages: [Stage]
  /// The number of determinants that the trained state gave.
  public var seedCount: Int
  /// The energy where nothing is left outside, in hartree; nil where the stages do not say.
  public var extrapolatedEnergy: Double?
  /// The uncertainty of ``extrapolatedEnergy``, in hartree.
  public var extrapolatedError: Double?
  /// `⟨S²⟩` of the last vector; nil where α and β have different orbitals.
  public var spinSquared: Double?
  /// Density matrices of the last vector, and what they say; nil for too many orbitals, and in results of earlier
  /// versions.
  public var observables: StateObservables?

  /// Creates a record of its parts.
  ///
  /// - Precondition: There is a stage.
  public init(
    stages: [Stage], seedCount: Int, extrapolatedEnergy: Double? = nil,
    extrapolatedError: Double? = nil, spinSquared: Double? = nil,
    observables: StateObservables? = nil
  ) {
    precondition(!stages.isEmpty, "a selected CI without a stage")
    self.stages = stages
    self.seedCount = seedCount
    self.extrapolatedEnergy = extrapolatedEnergy
    self.extrapolatedError = extrapolatedError
    self.spinSquared = spinSquared
    self.observables = observables
  }

  private var last: Stage { stages[stages.count - 1] }

  /// The number of determinants of the last stage.
  public var dimension: Int { last.dimension }
  /// The variational energy of the last stage, an upper bound, in hartree.
  public var energy: Double { last.energy }
  /// The second-order energy of the last stage, in hartree.
  public var secondOrderEnergy: Double { last.secondOrderEnergy }
  /// The standard error of ``secondOrderEnergy``, in hartree.
  public var secondOrderError: Double { last.secondOrderError }
}
