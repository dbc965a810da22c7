public import Configurations
public import ExactSolvers

/// What one training step found.
public struct TraceRow: Sendable, Hashable, Codable {
  /// The step's number, from 1.
  public var step: Int
  /// The estimated energy, in the problem's unit.
  public var energy: Double
  /// Its statistical error; 0 where the sample is the whole sector.
  public var error: Double
  /// The estimated variance of the energy.
  public var variance: Double
  /// The annealing temperature.
  public var temperature: Double
  /// The estimated entropy −Σ p log p.
  public var entropy: Double
  /// The number of distinct configurations.
  public var distinctSamples: Int
  /// The norm of the energy's gradient.
  public var gradientNorm: Double
  /// Seconds since the run began, over all its parts.
  public var seconds: Double
  /// The first-order estimate of the energy that the state would still gain on the sample, at least
  /// 0; nil in results of earlier versions.
  public var residual: Double?

  /// The free energy, E − T S, that the step lowers.
  public var freeEnergy: Double { temperature > 0 ? energy - temperature * entropy : energy }

  /// Creates a row.
  public init(
    step: Int, energy: Double, error: Double, variance: Double, temperature: Double,
    entropy: Double, distinctSamples: Int, gradientNorm: Double, seconds: Double,
    residual: Double? = nil
  ) {
    self.step = step
    self.energy = energy
    self.error = error
    self.variance = variance
    self.temperature = temperature
    self.entropy = entropy
    self.distinctSamples = distinctSamples
    self.gradientNorm = gradientNorm
    self.seconds = seconds
    self.residual = residual
  }
}

/// One configuration of a state with its amplitude.
public struct LeadingConfiguration: Sendable, Hashable, Codable {
  /// The α (or spin) bit string as low and high 64 bits.
  public var alpha: [UInt64]
  /// The β bit string likewise.
  public var beta: [UInt64]
  /// log|ψ|.
  public var logModulus: Double
  /// arg ψ, in radians.
  public var phase: Double
  /// The number of draws that gave it.
  public var count: Int

  /// Creates a record of its parts.
  public init(
    alpha: [UInt64], beta: [UInt64], logModulus: Double, phase: Double, count: Int
  ) {
    self.alpha = alpha
    self.beta = beta
    self.logModulus = logModulus
    self.phase = phase
    self.count = count
  }
}

/// What the evaluation after training found.
public struct FinalResult: Sendable, Hashable, Codable {
  /// The energy ⟨H⟩, in the problem's unit.
  public var energy: Double
  /// Its statistical standard error; 0 where ``isExactSum``.
  public var error: Double
  /// The variance ⟨H²⟩ − ⟨H⟩².
  public var variance: Double
  /// Whether the energy is a sum over the whole sector, with no statistical error.
  public var isExactSum: Bool
  /// The number of distinct configurations.
  public var distinctSamples: Int
  /// The number of draws that count, those outside the configurations taken exactly; 0 where
  /// ``isExactSum``.
  public var draws: Int
  /// The weight that a cap on distinct configurations dropped.
  public var droppedWeight: Double
  /// V-score, N Var / (E − E∞)².
  public var vScore: Double
  /// The energy that the Epstein–Nesbet sum over configurations outside the sample would gain:
  /// the leak figure, at most 0.
  public var leakEnergy: Double
  /// The weight of the first-order correction outside the sample.
  public var leakWeight: Double
  /// Whether the leak says that the state has lost part of its support.
  public var isCollapsed: Bool
  /// ⟨S²⟩ with its error, for molecules with restricted orbitals.
  public var spinSquared: Double?
  /// The standard error of ``spinSquared``.
  public var spinSquaredError: Double?
  /// The Rayleigh quotient on the sampled configurations: an upper bound.
  public var subspaceEnergy: Double?
  /// The configurations of largest weight.
  public var leading: [LeadingConfiguration]
  /// The first-order estimate of what the whole state would still gain, inside and outside the
  /// sample, at least 0; nil in results of earlier versions.
  public var residual: Double?
  /// How much the energy is estimated to lie above the lowest one of the sector: over the whole sector
  /// what the state would gain if its amplitudes were free, otherwise ``residual``, or what the lowest state
  /// on the heaviest configurations shows to be missing, where that is more.
  public var remainingError: Double?
  /// Whether ``remainingError`` bounds the error from below: the iterations that set the amplitudes free
  /// have not converged.
  public var isRemainingErrorBound = false
  /// Whether the run has converged and the remaining error is below the tolerance.
  public var isConverged = false
  /// Density matrices of a molecule's state that is summed over the whole sector, and what they say; nil where it is
  /// sampled.
  public var observables: StateObservables?
  /// A selected CI that began with the state; nil where there is none.
  public var selected: SelectedInteraction?
  /// What a user must know before using the energy, a sentence each.
  public var warnings: [String] = []

  /// Creates a record of its parts.
  public init(
    energy: Double, error: Double, variance: Double, isExactSum: Bool, distinctSamples: Int,
    draws: Int, droppedWeight: Double, vScore: Double, leakEnergy: Double, leakWeight: Double,
    isCollapsed: Bool, spinSquared: Double? = nil, spinSquaredError: Double? = nil,
    subspaceEnergy: Double? = nil, leading: [LeadingConfiguration]
  ) {
    self.energy = energy
    self.error = error
    self.variance = variance
    self.isExactSum = isExactSum
    self.distinctSamples = distinctSamples
    self.draws = draws
    self.droppedWeight = droppedWeight
    self.vScore = vScore
    self.leakEnergy = leakEnergy
    self.leakWeight = leakWeight
    self.isCollapsed = isCollapsed
    self.spinSquared = spinSquared
    self.spinSquaredError = spinSquaredError
    self.subspaceEnergy = subspaceEnergy
    self.leading = leading
  }
}

/// The numbers that a run needs to go on: what a checkpoint holds beside settings and problem.
public struct Snapshot: Sendable, Hashable {
  /// One named array of Float32.
  public struct Array32: Sendable, Hashable {
    /// The name, with `/` between parts.
    public var name: String
    /// The shape, row-major.
    public var shape: [Int]
    /// The elements.
    public var values: [Float]

    /// Creates a named array.
    public init(name: String, shape: [Int], values: [Float]) {
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// The number of steps done.
  public var step: Int
  /// The parameters of all networks, by name.
  public var parameters: [Array32]
  /// The optimiser's arrays, by name.
  public var optimizer: [Array32]
  /// The optimiser's and the loop's numbers, by name.
  public var scalars: [String: Double]
  /// The trace so far.
  public var trace: [TraceRow]
  /// Whether the state has spin-flip symmetry: 0 no, +1 even, −1 odd.
  public var spinFlipParity: Int
  /// The group of lattice symmetries that the state has, with its eigenvalues; empty for none.
  public var symmetries: [SpinSymmetry]
  /// Whether the start has been fitted; a run whose start has not begins anew.
  public var isPrepared: Bool

  /// Creates a snapshot.
  public init(
    step: Int, parameters: [Array32], optimizer: [Array32], scalars: [String: Double],
    trace: [TraceRow], spinFlipParity: Int, symmetries: [SpinSymmetry] = [],
    isPrepared: Bool = true
  ) {
    self.step = step
    self.parameters = parameters
    self.optimizer = optimizer
    self.scalars = scalars
    self.trace = trace
    self.spinFlipParity = spinFlipParity
    self.symmetries = symmetries
    self.isPrepared = isPrepared
  }
}
