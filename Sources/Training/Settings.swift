public import Estimators
public import Optimization

/// Everything about a run that a user can choose.
///
/// A value that is nil is decided by the problem's size when the run is made;
/// ``TrainingRun/settings`` then has no nil left among them, and that is what a result file stores.
/// ``Setting/all`` has the name, range, default and meaning of each, and reads them from text.
///
/// Result files store settings as JSON and must stay readable: a setting that is added has to be
/// optional, and none may change its type.
public struct Settings: Codable, Sendable, Hashable {
  /// The preset; nil for `default`.
  private var preset: Preset?
  /// The wave function.
  public var ansatz = AnsatzSettings()
  /// The training sample.
  public var sampling = SamplingSettings()
  /// The optimiser.
  public var optimizer = OptimizerSettings()
  /// The entropy term of variational neural annealing.
  public var annealing = AnnealingSettings()
  /// How local energies are computed.
  public var localEnergy = LocalEnergySettings()
  /// The start.
  public var start = StartSettings()
  /// When to stop.
  public var convergence = ConvergenceSettings()
  /// The last evaluation.
  public var evaluation = EvaluationSettings()
  /// The seed of every random number.
  public var seed: UInt64 = 1
  /// The number of threads; nil for all cores.
  public var threads: Int?

  /// Creates the defaults of a preset.
  public init(_ preset: Preset = .default) { basis = preset }

  /// The preset, whose defaults fill what is nil.
  ///
  /// Setting it sets the network and the optimiser, too, which every preset has its own of.
  public var basis: Preset {
    get { preset ?? .default }
    set {
      preset = newValue == .default ? nil : newValue
      ansatz.kind = newValue == .paper ? .retnet : .transformer
      optimizer.kind = newValue == .paper ? .adam : .sr
    }
  }
}

/// A set of defaults.
public enum Preset: String, Codable, Sendable, Hashable, CaseIterable {
  /// What is fastest and most accurate here.
  case `default`
  /// That of O. Knitter et al., arXiv:2411.03900, and its code.
  ///
  /// Published networks, no symmetries but the numbers of electrons, random start, Adam with gradients cut
  /// at 1, draws from |ψ|² that grow from 10² to 10¹², local energies among them. What neither says is our
  /// choice: 10,000 steps, a rate of 0.001 with that code's warm-up and cosine, 500 distinct
  /// configurations (as of its predecessor), annealing on a line over half of the steps.
  case paper
}

/// The sample that a training step works on.
public struct SamplingSettings: Codable, Sendable, Hashable {
  /// The largest number of distinct configurations in a step.
  public var maximumSamples: Int?
  /// The number of draws that the distinct configurations stand for.
  public var draws: Int?
  /// The exponent α of the tempered training distribution |ψ|^(2α) at the start, in (0, 1].
  ///
  /// Below 1 the sample covers configurations whose weight is small but wrong; α goes to 1 over
  /// the second half of the steps. 1 is plain |ψ|² sampling.
  public var exponent: Double?
  /// Whether a sector that fits is taken whole.
  public var wholeSector: Bool?
  /// The number of draws in the first step, from where it grows in a geometric series to ``draws`` at nine
  /// tenths of the steps; nil for the same number in all.
  public var firstDraws: Int?

  /// Creates the defaults.
  public init() {}
}

/// The optimisers.
public enum OptimizerKind: String, Codable, Sendable, Hashable, CaseIterable {
  /// Natural gradient in sample space with momentum, in the metric of ``StepMetric`` (``NaturalGradient``).
  ///
  /// Called after stochastic reconfiguration, which it is with that metric in place of |ψ|².
  case sr
  /// Adam with decoupled weight decay.
  case adam
}

/// The metric of the natural gradient, in which changes of ψ are measured.
public enum StepMetric: String, Codable, Sendable, Hashable, CaseIterable {
  /// The diagonal of `H − E`: steps are Jacobi's iteration.
  case diagonal
  /// `H − τ` between the configurations of the sample: steps are inverse iteration.
  case hamiltonian
}

/// The optimiser's numbers.
public struct OptimizerSettings: Codable, Sendable, Hashable {
  /// The method.
  public var kind: OptimizerKind = .sr
  /// The metric of `sr`.
  public var metric: StepMetric?
  /// The step length η; for `sr` a fraction of the full step.
  public var learningRate: Double?
  /// How it changes over the steps; nil for constant, where steps have no noise.
  public var schedule: LearningRateSchedule?
  /// SPRING's momentum μ in [0, 1), or Adam's β₁.
  public var momentum: Double?
  /// The regularisation λ of the natural gradient, relative to the mean diagonal of its matrix.
  public var shift: Double?
  /// Adam's decoupled weight decay.
  public var weightDecay: Double = 0
  /// The largest norm of one natural-gradient step in the metric of the sample.
  public var maximumStep: Double?
  /// Adam: the norm to which longer gradients are cut, in the energy's unit; nil for none.
  public var maximumGradient: Double?

  /// Creates the defaults.
  public init() {}
}

/// The temperature's schedule over the annealing steps.
public typealias AnnealingKind = TemperatureSchedule.Shape

/// Variational neural annealing: the objective is F = E − T S.
public struct AnnealingSettings: Codable, Sendable, Hashable {
  /// The schedule.
  public var kind: AnnealingKind?
  /// The highest temperature T₀, in the energy's unit; nil for 0.3 of the problem's scale.
  public var initialTemperature: Double?
  /// The number of steps from the schedule's beginning to its end; nil for 20, of Adam half of the run.
  public var steps: Int?
  /// Steps at its first temperature before that.
  public var warmUpSteps = 0
  /// The number of steps at each temperature; nil for 1.
  public var stepsPerTemperature: Int?

  /// Creates the defaults.
  public init() {}
}

/// How local energies are computed in training.
public struct LocalEnergySettings: Codable, Sendable, Hashable {
  /// The mode; nil to choose the fastest for the problem.
  public var mode: LocalEnergyMode?
  /// The magnitude of a matrix element below which it is dropped, in the energy's unit;
  /// nil for 1e-10 of the problem's scale.
  public var cutoff: Double?
  /// `screened`: the importance |H_xy| above which a connection is always kept, in the energy's unit;
  /// nil for 1e-3 of the problem's scale.
  public var screening: Double?
  /// `screened`: the number of draws from the others for each configuration.
  public var screenedDraws = 32
  /// The memory of connected configurations, in MiB; nil for
  /// ``Estimators/EstimatorOptions/defaultMemoryBudget()``.
  public var memoryBudget: Int?

  /// Creates the defaults.
  public init() {}
}

/// The starts.
public enum StartKind: String, Codable, Sendable, Hashable, CaseIterable {
  /// Random parameters.
  case random
  /// Fitted to a small configuration interaction and its first-order correction.
  case perturbative
}

/// How the parameters start.
public struct StartSettings: Codable, Sendable, Hashable {
  /// The start; nil for `perturbative`, and `random` for the Ising model.
  public var kind: StartKind?
  /// The number of determinants in the small configuration interaction.
  public var determinants: Int?
  /// The number of fitting steps.
  public var steps: Int?

  /// Creates the defaults.
  public init() {}
}

/// When a run stops.
public struct ConvergenceSettings: Codable, Sendable, Hashable {
  /// The largest number of steps.
  public var steps: Int?
  /// The number of steps before which a run does not stop as converged.
  public var minimumSteps: Int?
  /// The change of the energy over a window below which the run may stop, in the energy's unit.
  public var energyTolerance: Double?
  /// The number of steps in the window.
  public var window: Int?

  /// Creates the defaults.
  public init() {}
}

/// The evaluation after training.
public struct EvaluationSettings: Codable, Sendable, Hashable {
  /// The number of draws.
  public var draws: Int?
  /// The largest number of distinct configurations.
  public var maximumSamples: Int?
  /// The sector dimension up to which the energy is summed over the whole sector.
  public var exactLimit: Int?
  /// The number of leading configurations that the result keeps.
  public var leading = 100
  /// The number of determinants of the selected CI that begins with the trained state: 0 for none, nil for as many as
  /// cost little, and none where the energy of a small sector is an exact sum.
  public var selectedDeterminants: Int?

  /// Creates the defaults.
  public init() {}
}
