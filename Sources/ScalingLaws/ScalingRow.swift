/// One converged run of a scaling study.
public struct ScalingRow: Sendable, Hashable {
  /// The Hamiltonian, as `square:0.5` for the square lattice with J2 = 0.5 J1.
  public var hamiltonian: String
  /// How runs were made, beside what a study varies; runs with different texts are not compared.
  ///
  /// May be empty.
  public var conditions: String
  /// What is varied, as `4 layers`; runs that differ by the seed only have the same text.
  ///
  /// May be empty.
  public var architecture: String
  /// N.
  public var sites: Int
  /// C, the operations of one evaluation of one configuration: twice the multiply–adds.
  public var forwardOperations: Double
  /// M, the configurations of a step.
  public var samples: Int
  /// N_opt.
  public var steps: Int
  /// The seed.
  public var seed: String
  /// `V = N Var(H) / E²`.
  public var vScore: Double
  /// Its statistical standard error; nil where it is not known.
  public var vScoreError: Double?
  /// Whether something speaks against the run, such as a V-score above 0.1.
  public var hasWarnings: Bool

  /// Creates a row.
  public init(
    hamiltonian: String, conditions: String = "", architecture: String = "", sites: Int,
    forwardOperations: Double, samples: Int, steps: Int, seed: String, vScore: Double,
    vScoreError: Double? = nil, hasWarnings: Bool = false
  ) {
    self.hamiltonian = hamiltonian
    self.conditions = conditions
    self.architecture = architecture
    self.sites = sites
    self.forwardOperations = forwardOperations
    self.samples = samples
    self.steps = steps
    self.seed = seed
    self.vScore = vScore
    self.vScoreError = vScoreError
    self.hasWarnings = hasWarnings
  }

  /// f without the number of samples, `C N_opt`.
  public var operations: Double { forwardOperations * Double(steps) }
}
