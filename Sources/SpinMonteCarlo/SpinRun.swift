internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra
internal import NeuralNetworks
internal import Parallelism

/// A run that cannot begin or go on.
public struct SpinRunError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what to do.
  ///
  /// Settings are in backquotes.
  public let description: String

  /// Creates an error.
  public init(_ description: String) { self.description = description }
}

/// One row of the trace.
public struct SpinRow: Sendable, Hashable {
  /// The step, from 1.
  public var step: Int
  /// The energy before the step, total.
  public var energy: Double
  /// Its standard error, as of independent configurations.
  public var error: Double
  /// The variance of the local energy.
  public var variance: Double
  /// The share of proposals that were accepted.
  public var acceptance: Double
  /// The norm of the energy's gradient.
  public var gradientNorm: Double
  /// The root mean square of the change of log ψ that the step made.
  public var change: Double
  /// How often the network was evaluated in the step, derivatives included once.
  public var evaluations: Double
  /// The time since the run began, over all its parts.
  public var seconds: Double

  /// Creates a row.
  public init(
    step: Int, energy: Double, error: Double, variance: Double, acceptance: Double,
    gradientNorm: Double, change: Double, evaluations: Double, seconds: Double
  ) {
    self.step = step
    self.energy = energy
    self.error = error
    self.variance = variance
    self.acceptance = acceptance
    self.gradientNorm = gradientNorm
    self.change = change
    self.evaluations = evaluations
    self.seconds = seconds
  }
}

/// The time of the parts of steps, in seconds.
public struct SpinTimings: Sendable, Hashable {
  /// Markov chains.
  public var sampling = 0.0
  /// Local energies.
  public var localEnergies = 0.0
  /// Derivatives.
  public var derivatives = 0.0
  /// The equations of the step.
  public var solution = 0.0
}

/// The training of complex amplitudes of spins by Markov chains.
public final class SpinRun {
  /// The model.
  public let problem: SpinProblem
  /// The settings in force.
  public let settings: SpinSettings
  /// The state.
  public let state: SpinState
  /// The rows of the steps so far.
  public private(set) var trace: [SpinRow] = []
  /// The time of the parts of the steps of this process.
  public private(set) var timings = SpinTimings()

  /// What the state's symmetry was found to be, once it was looked for.
  public internal(set) var symmetry: SymmetryFinding?

  let sampler: ChainSampler
  let estimator: SpinLocalEnergyEstimator
  let rule: SpinStepRule
  /// What the state may be projected on in the end; empty where nothing is to be.
  let sectors: SpinSectors
  private var start = ContinuousClock.now
  private var secondsBefore = 0.0
  /// The derivatives of a step, `[2 M, P]`; unused where they are computed in blocks.
  private var rows: [Float] = []
  /// The configurations whose derivatives are there at once.
  private let blockSize: Int

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - problem: The model.
  ///   - settings: The settings; what is nil is filled in.
  ///   - snapshot: Where an earlier part of the run stopped; nil to begin.
  /// - Throws: ``SpinRunError`` where the model or a setting does not fit, or memory does not suffice.
  public init(
    _ problem: SpinProblem, settings: SpinSettings, snapshot: SpinSnapshot? = nil
  ) throws(SpinRunError) {
    // Sums of several BLAS threads depend on how many there are, and these get in the way of our own.
    BLAS.setThreadCount(1)
    if snapshot == nil { try settings.checkEffects() }
    let settings = settings.resolved(for: problem)
    try settings.check(problem)
    self.problem = problem
    self.settings = settings
    let execution = Execution(threads: settings.threads)
    let network = try settings.makeNetwork(for: problem)
    blockSize = try settings.checkMemory(network, threads: execution.threads)
    var random = RandomSource(seed: settings.seed)
    let phases = try settings.sitePhases(problem)
    state = SpinState(
      network, parameters: network.makeParameters(using: &random), sitePhases: phases,
      execution: execution)
    sampler = ChainSampler(problem, chains: settings.samples ?? 1, seed: settings.seed)
    estimator = SpinLocalEnergyEstimator(problem.terms)
    rule = SpinStepRule(settings.optimizer ?? .spring, execution: execution)
    // Shifts that exchange sublattices change ψ by more than a constant, or by one that depends on the sector.
    let kept = SpinSectors.keptShifts(of: problem, network: network).filter { shift in
      phases.isEmpty || shift.indices.allSatisfy { phases[shift[$0]] == phases[$0] }
    }
    sectors = try SpinSectors(problem, settings: settings, keptShifts: kept)
    state.remember(invariantUnder: kept)
    if let snapshot { try restore(snapshot) }
  }

  /// P.
  public var parameterCount: Int { state.parameterCount }
  /// Whether all steps are done.
  public var isFinished: Bool { trace.count >= (settings.steps ?? 0) }
  /// The time since the run began, over all its parts.
  private var seconds: Double { secondsBefore + start.duration(to: .now).inSeconds }

  /// Takes one step.
  ///
  /// - Returns: Its row of the trace.
  /// - Throws: ``SpinRunError`` where numbers are not finite any more.
  @discardableResult
  public func step() throws(SpinRunError) -> SpinRow {
    let number = trace.count + 1
    let evaluated = state.evaluations
    if let stage = settings.stage(at: number), symmetry?.stage != stage {
      try choose(stage: stage, at: number)
    }
    var row = try move(number)
    // Those of a comparison of sectors count, too.
    row.evaluations = Double(state.evaluations - evaluated)
    row.seconds = seconds
    trace.append(row)
    return row
  }

  /// Moves parameters as a step does.
  func move(_ number: Int) throws(SpinRunError) -> SpinRow {
    var clock = ContinuousClock.now
    func lap() -> Double {
      let now = ContinuousClock.now
      defer { clock = now }
      return clock.duration(to: now).inSeconds
    }
    sampler.refresh(state)
    let proposals =
      sampler.proposals == 0
      ? max(settings.burnIn ?? 0, settings.sweep ?? 1) : settings.sweep ?? 1
    let acceptance = sampler.advance(state, proposals: proposals)
    timings.sampling += lap()
    let blur = settings.blur ?? 0
    let draw = sampler.draw(state, blur: blur)
    let local = estimator.compute(draw, state: state, blur: blur)
    timings.localEnergies += lap()
    guard local.mean.isFinite, local.variance.isFinite else {
      throw SpinRunError(diverged(number, "the energy is not a finite number"))
    }
    let (spins, places) = state.orbits(of: draw.spins)
    let count = spins.count / problem.siteCount
    let options = SpinStepRule.Options(
      learningRate: settings.rate(at: number), momentum: settings.momentum ?? 0,
      memory: settings.memory ?? 0.995, shift: settings.shift ?? 1e-3,
      maximumStep: settings.maximumStep ?? 1)
    let energies = local.clipped(to: settings.clip ?? 0).merged(places, count: count)
    var parameters = state.parameters
    let outcome: SpinStepRule.Outcome
    do {
      if count <= blockSize {
        computeRows(of: spins, count: count)
        timings.derivatives += lap()
        outcome = try rule.step(
          rows: &rows, local: energies, options: options, parameters: &parameters)
      } else {
        outcome = try rule.step(
          blocks: makeBlocks(of: spins, count: count), local: energies, options: options,
          parameters: &parameters)
      }
    } catch {
      throw SpinRunError(diverged(number, "\(error)"))
    }
    state.parameters = parameters
    timings.solution += lap()
    return SpinRow(
      step: number, energy: local.mean, error: local.error,
      variance: local.variance, acceptance: acceptance, gradientNorm: outcome.gradientNorm,
      change: outcome.change, evaluations: 0, seconds: 0)
  }

  /// The derivatives of configurations, `[2 count, P]`.
  private func computeRows(of spins: [Int8], count: Int) {
    if rows.count < 2 * count * parameterCount {
      rows = Array(repeating: 0, count: 2 * count * parameterCount)
    }
    rows.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { state.derivatives(of: spins, into: base) }
    }
  }

  private func makeBlocks(of spins: [Int8], count: Int) -> DerivativeBlocks {
    let (state, n) = (state, problem.siteCount)
    // Two blocks are there at once.
    return DerivativeBlocks(
      count: count, width: parameterCount, block: max(1, blockSize / 2),
      execution: Execution(threads: settings.threads)
    ) { range, rows in
      state.derivatives(of: Array(spins[range.lowerBound * n..<range.upperBound * n]), into: rows)
    }
  }

  private func diverged(_ step: Int, _ reason: String) -> String {
    "step \(step): \(reason). The run has diverged: start anew with a smaller `learning-rate` or a larger `shift`"
  }

  // MARK: - Snapshots

  /// The run between two steps.
  public var snapshot: SpinSnapshot {
    SpinSnapshot(
      parameters: state.parameters, previous: rule.previous, squares: rule.squares,
      chains: sampler.spins, proposals: sampler.proposals, symmetry: symmetry, trace: trace,
      seconds: seconds)
  }

  private func restore(_ snapshot: SpinSnapshot) throws(SpinRunError) {
    let count = parameterCount
    guard snapshot.parameters.count == count else {
      throw SpinRunError(
        "the checkpoint has \(snapshot.parameters.count) parameters, and the run needs \(count): it is damaged or of "
          + "another run")
    }
    let arrays = [snapshot.previous, snapshot.squares]
    guard arrays.allSatisfy({ $0.isEmpty || $0.count == count }),
      snapshot.chains.count == sampler.spins.count,
      snapshot.chains.allSatisfy({ $0 == 1 || $0 == -1 }), snapshot.proposals >= 0,
      isInSector(snapshot.chains)
    else {
      throw SpinRunError("the checkpoint's arrays do not fit its settings: it is damaged")
    }
    guard ([snapshot.parameters] + arrays).allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw SpinRunError("the checkpoint has numbers that are not finite: it is damaged")
    }
    state.parameters = snapshot.parameters
    rule.previous = snapshot.previous
    rule.squares = snapshot.squares
    sampler.snapshot = (snapshot.chains, snapshot.proposals)
    // Where more steps come first, what was not found may be found then.
    let isDue = settings.stage(at: max(1, snapshot.trace.count)) != nil
    if let found = snapshot.symmetry, isDue || found.isProjected {
      symmetry = found
      guard let projection = sectors.projection(of: found) else {
        throw SpinRunError("the checkpoint's symmetry does not fit the lattice: it is damaged")
      }
      state.projection = projection
    }
    trace = snapshot.trace
    secondsBefore = snapshot.seconds
    start = .now
  }

  /// Whether every chain has as many spins up as the sector.
  private func isInSector(_ chains: [Int8]) -> Bool {
    guard let up = problem.upCount else { return true }
    let n = problem.siteCount
    return stride(from: 0, to: chains.count, by: n).allSatisfy { first in
      chains[first..<first + n].reduce(0) { $0 + ($1 > 0 ? 1 : 0) } == up
    }
  }

  // MARK: - Evaluation

  /// Evaluates the state as it is with fresh configurations.
  ///
  /// The chains go on from where they are, and are put back; their means are independent of one another,
  /// whatever the autocorrelation.
  ///
  /// - Returns: Energy, variance and diagnostics.
  /// - Throws: ``SpinRunError`` where amplitudes are not finite.
  public func evaluate() throws(SpinRunError) -> SpinResult {
    // The run can go on as if it had not been evaluated.
    let (chains, projection, found) = (sampler.snapshot, state.projection, symmetry)
    defer {
      sampler.snapshot = chains
      if !isFinished { (state.projection, symmetry) = (projection, found) }
    }
    if let last = settings.stages.indices.last, !(symmetry?.isProjected ?? false) {
      try choose(stage: last, at: nil)
    }
    sampler.refresh(state)
    let rounds = max(
      2, ((settings.finalSamples ?? 0) + sampler.chainCount - 1) / sampler.chainCount)
    var statistics = ChainStatistics(chains: sampler.chainCount)
    var acceptance = 0.0
    // The last step has moved the state away from where the chains are; without steps they have not begun.
    let proposals = sampler.proposals == 0 ? settings.burnIn ?? 0 : 2 * (settings.sweep ?? 1)
    sampler.advance(state, proposals: proposals)
    for _ in 0..<rounds {
      acceptance += sampler.advance(state, proposals: settings.sweep ?? 1)
      let blur = settings.blur ?? 0
      statistics.add(
        estimator.compute(sampler.draw(state, blur: blur), state: state, blur: blur))
    }
    return SpinResult(
      statistics, siteCount: problem.siteCount, acceptance: acceptance / Double(rounds),
      symmetry: symmetry, extrapolation: VarianceExtrapolation(extrapolatedRows),
      observables: observe(spending: rounds * sampler.chainCount),
      hasTotalSpin: problem.hasTotalSpin)
  }

  /// The rows that the energy may be extrapolated from: those with the present projection, or the last three quarters.
  private var extrapolatedRows: ArraySlice<SpinRow> {
    guard let last = settings.stages.last, last.steps > 0 else {
      return trace.suffix(trace.count * 3 / 4)
    }
    // Of a run that ended early only those that were projected.
    return trace.suffix(max(0, trace.count - ((settings.steps ?? 0) - last.steps)))
  }

  /// Measures correlations at about the cost of the energy.
  private func observe(spending samples: Int) -> SpinObservables? {
    guard settings.observables ?? true,
      problem.siteCount <= ObservablePlan.largestWithoutShifts
        || problem.isInvariant(underShiftsBy: 1)
    else { return nil }
    let estimator = ObservableEstimator(problem)
    // About as many amplitudes as the energy took, of chains that are independent.
    let energies = samples * (problem.terms.couplings.count + problem.siteCount)
    let wanted = energies / max(1, estimator.connections)
    let count = min(sampler.chainCount, max(64, wanted))
    let n = problem.siteCount
    let blur = settings.blur ?? 0
    var draw = sampler.draw(state, blur: blur)
    draw.spins = Array(draw.spins.prefix(count * n))
    draw.logModulus = Array(draw.logModulus.prefix(count))
    draw.phase = Array(draw.phase.prefix(count))
    let weights = self.estimator.compute(draw, state: state, blur: blur).weights
    return estimator.estimate(draw, weights: weights, state: state)
  }
}

/// The state of a run between two steps.
public struct SpinSnapshot: Sendable {
  /// θ.
  public var parameters: [Float]
  /// The last solution of the optimiser.
  public var previous: [Float]
  /// v of MARCH.
  public var squares: [Float]
  /// The chains, ±1, `[chains, N]`.
  public var chains: [Int8]
  /// Their proposals so far.
  public var proposals: Int
  /// What the state's symmetry was measured to be, once it was.
  public var symmetry: SymmetryFinding?
  /// The rows so far.
  public var trace: [SpinRow]
  /// The time so far.
  public var seconds: Double

  /// Creates a snapshot.
  public init(
    parameters: [Float], previous: [Float], squares: [Float], chains: [Int8], proposals: Int,
    symmetry: SymmetryFinding?, trace: [SpinRow], seconds: Double
  ) {
    self.parameters = parameters
    self.previous = previous
    self.squares = squares
    self.chains = chains
    self.proposals = proposals
    self.symmetry = symmetry
    self.trace = trace
    self.seconds = seconds
  }
}

extension Duration {
  /// The length in seconds.
  var inSeconds: Double {
    Double(components.seconds) + 1e-18 * Double(components.attoseconds)
  }
}
