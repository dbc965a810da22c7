internal import Configurations
public import Hamiltonians
internal import LinearAlgebra
internal import NeuralNetworks
internal import Parallelism
internal import SpinDistributions

/// One row of the trace.
public struct FreeEnergyRow: Sendable, Hashable {
  /// The step, from 1.
  public var step: Int
  /// The length of the torus, shorter than the run's while it grows.
  public var length: Int
  /// β of the step.
  public var beta: Double
  /// The mean of `ln q + β H`, F_q in units of the temperature, before the step.
  public var freeEnergy: Double
  /// Its standard error.
  public var error: Double
  /// The variance of `ln q + β H`.
  public var variance: Double
  /// The effective sample size of the step's configurations as a share.
  public var effectiveShare: Double
  /// The norm of the gradient that the step is made from: of F_q, or of the divergence that is lowered.
  public var gradientNorm: Double
  /// The time since the run began, over all its parts.
  public var seconds: Double

  /// Creates a row.
  public init(
    step: Int, length: Int, beta: Double, freeEnergy: Double, error: Double, variance: Double,
    effectiveShare: Double, gradientNorm: Double, seconds: Double
  ) {
    self.step = step
    self.length = length
    self.beta = beta
    self.freeEnergy = freeEnergy
    self.error = error
    self.variance = variance
    self.effectiveShare = effectiveShare
    self.gradientNorm = gradientNorm
    self.seconds = seconds
  }
}

/// A run that cannot begin or go on.
public struct FreeEnergyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what to do.
  ///
  /// Settings are in backquotes.
  public let description: String

  /// Creates an error.
  public init(_ description: String) { self.description = description }
}

/// The training of a distribution over the spins of a torus by its free energy.
///
/// `F_q = E_q[ln q + β H] ≥ −ln Z`, with equality where q is Boltzmann's distribution. All free energies of
/// this type are in units of the temperature.
public final class FreeEnergyRun {
  /// The model.
  public let model: ClassicalIsing
  /// The inverse temperature.
  public let beta: Double
  /// The settings in force.
  public let settings: FreeEnergySettings
  /// The rows of the steps so far.
  public private(set) var trace: [FreeEnergyRow] = []

  private let stages: [GrowthStage]
  private var training: SpinTraining
  private let execution: Execution
  private var start = ContinuousClock.now
  private var secondsBefore = 0.0

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - model: The model, of a length that is a power of two from 4 to 512 for `han`.
  ///   - beta: β.
  ///   - settings: The settings; what is nil is filled in.
  ///   - snapshot: Where an earlier part of the run stopped; nil to begin.
  /// - Throws: ``FreeEnergyError`` where the model or a setting does not fit, or memory does not suffice.
  public init(
    _ model: ClassicalIsing, beta: Double, settings: FreeEnergySettings,
    snapshot: FreeEnergySnapshot? = nil
  ) throws(FreeEnergyError) {
    // Sums of several BLAS threads depend on how many there are, and a process would begin with them.
    BLAS.setThreadCount(1)
    let isUniform = model.uniformCoupling != nil
    var settings = settings
    if snapshot == nil {
      try settings.checkEffects(length: model.length, isUniform: isUniform)
    } else {
      // What is stored is resolved, and may hold numbers without effect; older files know of no growth.
      settings.growFrom = settings.growFrom ?? 0
      settings.images = settings.images ?? 1
    }
    settings = settings.resolved(length: model.length, isUniform: isUniform)
    try settings.check(model, beta: beta)
    self.model = model
    self.beta = beta
    self.settings = settings
    execution = Execution(threads: settings.threads)
    stages = settings.stages(length: model.length)
    if stages.count > 1 {
      // What needs most memory comes last; that it fits is known before the first step.
      _ = try FreeEnergyMemory(
        settings.hierarchy(length: model.length), model, settings, threads: execution.threads
      ).checkedChunk()
    }
    training = try SpinTraining(
      model, beta: beta, settings, stage: stages[0], execution: execution)
    if let snapshot { try restore(snapshot) }
  }

  /// The number of parameters of all networks of the present length.
  public var parameterCount: Int { training.trainer.parameters.reduce(0) { $0 + $1.count } }
  /// Whether all steps are done.
  public var isFinished: Bool { trace.count >= stepCount }
  /// The number of steps of all lengths.
  public var stepCount: Int { stages.reduce(0) { $0 + $1.steps } }
  /// The time since the run began, over all its parts.
  private var seconds: Double {
    let time = start.duration(to: .now).components
    return secondsBefore + Double(time.seconds) + 1e-18 * Double(time.attoseconds)
  }

  /// Takes one step.
  ///
  /// - Returns: Its row of the trace.
  /// - Throws: ``FreeEnergyError`` where numbers are not finite any more.
  @discardableResult
  public func step() throws(FreeEnergyError) -> FreeEnergyRow {
    let number = trace.count + 1
    try grow(to: stage(of: number))
    let stage = training.stage
    let own = number - stage.offset
    let beta = settings.beta(at: own, of: stage, final: self.beta)
    let numbers = SpinStepNumbers(
      beta: beta, learningRate: settings.rate(at: own, of: stage.steps),
      momentum: settings.momentum ?? 0,
      shift: settings.shift ?? 1e-3, maximumStep: settings.maximumStep ?? 1,
      alpha: settings.alpha ?? 0)
    let outcome: SpinStepOutcome
    do {
      outcome = try training.trainer.step(
        numbers, random: RandomSource(seed: settings.seed).split(UInt64(number)))
    } catch {
      throw FreeEnergyError(diverged(number, "\(error)"))
    }
    guard outcome.mean.isFinite, outcome.gradientNorm.isFinite else {
      throw FreeEnergyError(diverged(number, "the free energy is not a finite number"))
    }
    let row = FreeEnergyRow(
      step: number, length: stage.length, beta: beta, freeEnergy: outcome.mean,
      error: (outcome.variance / Double(settings.samples ?? 1)).squareRoot(),
      variance: outcome.variance, effectiveShare: outcome.effectiveShare,
      gradientNorm: outcome.gradientNorm, seconds: seconds)
    trace.append(row)
    return row
  }

  /// The stage that a step belongs to; where there are no such steps, the last one.
  private func stage(of step: Int) -> GrowthStage {
    stages.first { step <= $0.offset + $0.steps } ?? stages[stages.count - 1]
  }

  /// Goes on to a stage with the networks that there are.
  private func grow(to stage: GrowthStage) throws(FreeEnergyError) {
    if training.stage != stage { training = try training(of: stage) }
  }

  private func training(of stage: GrowthStage) throws(FreeEnergyError) -> SpinTraining {
    let next = try SpinTraining(model, beta: beta, settings, stage: stage, execution: execution)
    next.take(training)
    return next
  }

  private func diverged(_ step: Int, _ reason: String) -> String {
    "step \(step): \(reason). The run has diverged: start anew with a smaller `learning-rate` or a slower "
      + "`beta-steps`"
  }

  // MARK: - Snapshots

  /// The run between two steps.
  public var snapshot: FreeEnergySnapshot {
    FreeEnergySnapshot(
      parameters: training.trainer.parameters, optimizer: training.trainer.state, trace: trace,
      seconds: seconds)
  }

  private func restore(_ snapshot: FreeEnergySnapshot) throws(FreeEnergyError) {
    try grow(to: stage(of: max(1, snapshot.trace.count)))
    let counts = training.trainer.parameters.map(\.count)
    guard snapshot.parameters.map(\.count) == counts else {
      throw FreeEnergyError(
        "the checkpoint has networks of \(snapshot.parameters.map(\.count)) parameters, and the run needs "
          + "\(counts): it is damaged or of another run")
    }
    let empty = training.trainer.state
    for (name, values) in snapshot.optimizer where empty[name]?.count != values.count {
      throw FreeEnergyError("the checkpoint's optimiser array \(name) does not fit: it is damaged")
    }
    let numbers = snapshot.parameters + snapshot.optimizer.values
    guard numbers.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw FreeEnergyError("the checkpoint has numbers that are not finite: it is damaged")
    }
    training.trainer.parameters = snapshot.parameters
    training.trainer.state = snapshot.optimizer
    trace = snapshot.trace
    secondsBefore = snapshot.seconds
    start = .now
  }

  // MARK: - Evaluation

  /// Evaluates the distribution as it is with fresh configurations at the final β.
  ///
  /// Before the run has come to its length, networks that are still to be trained are uniform.
  ///
  /// - Returns: Estimates with errors, and exact values where they are known.
  /// - Throws: ``FreeEnergyError`` where memory does not suffice any more.
  public func evaluate() throws(FreeEnergyError) -> FreeEnergyResult {
    let last = stages[stages.count - 1]
    let training = training.stage == last ? training : try training(of: last)
    var distribution = training.trainer.snapshot
    distribution.beta = beta
    let whole = distribution
    let chunk = training.chunk
    let count = settings.finalDraws ?? 2048
    let images = SpinImages(settings.symmetry ?? .none, length: model.length)
    let pool = WorkspacePool(whole, capacity: chunk, count: execution.threads)
    // A stream that no step has.
    let random = RandomSource(seed: settings.seed).split(0)
    let (beta, model) = (beta, model)
    let chunks = (count + chunk - 1) / chunk
    let kept = settings.leading
    let parts = execution.map(chunks) { index in
      pool.use(whole) { workspace in
        let space = workspace.space
        var generator = random.split(UInt64(index))
        let draws = SpinDraws(
          whole, space, images: images, count: min(chunk, count - index * chunk), beta: beta,
          random: &generator)
        return EvaluationPart(
          draws, kept: max(0, min(kept - index * chunk, draws.energies.count)))
      }
    }
    var chain = random.split(UInt64(chunks))
    return FreeEnergyResult(
      parts, model: model, beta: beta,
      isAnnealed: trace.last.map { abs($0.beta - beta) <= 1e-9 * beta } ?? true,
      isGrown: self.training.stage == last,
      threads: execution.threads, random: &chain)
  }
}

/// The state of a run between two steps.
public struct FreeEnergySnapshot: Sendable {
  /// Of each network.
  public var parameters: [[Float]]
  /// What the optimiser carries, by name.
  public var optimizer: [String: [Float]]
  /// The rows so far.
  public var trace: [FreeEnergyRow]
  /// The time so far.
  public var seconds: Double

  /// Creates a snapshot.
  public init(
    parameters: [[Float]], optimizer: [String: [Float]], trace: [FreeEnergyRow], seconds: Double
  ) {
    self.parameters = parameters
    self.optimizer = optimizer
    self.trace = trace
    self.seconds = seconds
  }
}
