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

  /// What the state's symmetry was measured to be, once it was.
  public private(set) var symmetry: SymmetryFinding?

  let sampler: ChainSampler
  private let estimator: SpinLocalEnergyEstimator
  private let rule: SpinStepRule
  /// What the state may be projected on; nil where nothing is to be.
  private let group: SymmetryGroup?
  private var start = ContinuousClock.now
  private var secondsBefore = 0.0
  /// The derivatives of a step, `[2 M, P]`.
  private var rows: [Float] = []

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
    if snapshot == nil { try settings.checkEffects() }
    let settings = settings.resolved(for: problem)
    try settings.check(problem)
    self.problem = problem
    self.settings = settings
    // Sums of several BLAS threads depend on how many there are, and a process would begin with them.
    BLAS.setThreadCount(1)
    let execution = Execution(threads: settings.threads)
    let network = try settings.makeNetwork(for: problem)
    try settings.checkMemory(network, threads: execution.threads)
    var random = RandomSource(seed: settings.seed)
    state = SpinState(
      network, parameters: network.makeParameters(using: &random), execution: execution)
    sampler = ChainSampler(problem, chains: settings.samples ?? 1, seed: settings.seed)
    estimator = SpinLocalEnergyEstimator(problem.terms)
    rule = SpinStepRule(settings.optimizer ?? .spring, execution: execution)
    if let kind = settings.symmetry, kind != .none {
      let group = Self.group(kind, of: problem, network: network)
      guard group.elements.count > 1 else {
        throw SpinRunError(
          "`project` \(kind.rawValue): the model has no such symmetry; leave it out")
      }
      self.group = group
    } else {
      group = nil
    }
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
    if number > (settings.steps ?? 0) - (settings.symmetrySteps ?? 0), symmetry == nil {
      project()
    }
    var clock = ContinuousClock.now
    func lap() -> Double {
      let now = ContinuousClock.now
      defer { clock = now }
      return clock.duration(to: now).inSeconds
    }
    sampler.refresh(state)
    let proposals =
      number == 1 ? max(settings.burnIn ?? 0, settings.sweep ?? 1) : settings.sweep ?? 1
    let acceptance = sampler.advance(state, proposals: proposals)
    timings.sampling += lap()
    let blur = settings.blur ?? 0
    let draw = sampler.draw(state, blur: blur)
    let local = estimator.compute(draw, state: state, blur: blur)
    timings.localEnergies += lap()
    guard local.mean.isFinite, local.variance.isFinite else {
      throw SpinRunError(diverged(number, "the energy is not a finite number"))
    }
    let samples = sampler.chainCount
    if rows.isEmpty { rows = Array(repeating: 0, count: 2 * samples * parameterCount) }
    rows.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { state.derivatives(of: draw.spins, into: base) }
    }
    timings.derivatives += lap()
    var parameters = state.parameters
    let outcome: SpinStepRule.Outcome
    do {
      outcome = try rule.step(
        rows: &rows, local: local.clipped(to: settings.clip ?? 0),
        options: SpinStepRule.Options(
          learningRate: settings.rate(at: number), momentum: settings.momentum ?? 0,
          memory: settings.memory ?? 0.995, shift: settings.shift ?? 1e-3,
          maximumStep: settings.maximumStep ?? 1), parameters: &parameters)
    } catch {
      throw SpinRunError(diverged(number, "\(error)"))
    }
    state.parameters = parameters
    timings.solution += lap()
    let row = SpinRow(
      step: number, energy: local.mean, error: local.error,
      variance: local.variance, acceptance: acceptance, gradientNorm: outcome.gradientNorm,
      change: outcome.change,
      evaluations: Double(local.evaluations)
        + Double(state.projection.count * samples * (proposals + 3)),
      seconds: seconds)
    trace.append(row)
    return row
  }

  private func diverged(_ step: Int, _ reason: String) -> String {
    "step \(step): \(reason). The run has diverged: start anew with a smaller `learning-rate` or a larger `shift`"
  }

  // MARK: - Symmetries

  /// Projects the state on the irrep that it shows, once.
  private func project() {
    guard let group, symmetry?.phases.isEmpty ?? true else { return }
    sampler.refresh(state)
    let measurement = SymmetryMeasurement(
      state, spins: sampler.spins, elements: group.elements, keptShifts: group.keptShifts)
    let projection = measurement.projection()
    if let projection { state.projection = projection }
    symmetry = SymmetryFinding(
      phases: projection?.elements.map(\.phase) ?? [], purity: measurement.purity)
  }

  /// The elements of a group, and shifts under which the network is invariant.
  private typealias SymmetryGroup = (elements: [SpinProjection.Element], keptShifts: [[Int]])

  private static func group(
    _ kind: SpinProjectionKind, of problem: SpinProblem, network: any SpinNetwork
  ) -> SymmetryGroup {
    let symmetries = LatticeSymmetries(problem)
    var kept: [[Int]] = []
    if let network = network as? VisionTransformer,
      network.patches.classCount == network.patches.count
    {
      // A shift by patches keeps the order of sites in each.
      let patches = Set(network.patches.sites)
      kept = symmetries.shifts.filter { shift in
        patches.allSatisfy { sites in patches.contains(sites.map { shift[$0] }) }
      }
    }
    return (symmetries.elements(kind, keptShifts: kept), kept)
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
    let isDue = snapshot.trace.count > (settings.steps ?? 0) - (settings.symmetrySteps ?? 0)
    // Where more steps come first, what was not found may be found then.
    if let found = snapshot.symmetry, isDue || !found.phases.isEmpty {
      symmetry = found
      let elements = group?.elements ?? []
      guard found.phases.allSatisfy(\.isFinite),
        found.phases.isEmpty || found.phases.count == elements.count
      else {
        throw SpinRunError("the checkpoint's symmetry does not fit the lattice: it is damaged")
      }
      if !found.phases.isEmpty {
        state.projection = SpinProjection(
          zip(elements, found.phases).map {
            SpinProjection.Element(
              permutation: $0.permutation, flipsSpins: $0.flipsSpins, phase: $1)
          })
      }
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
  public func evaluate() -> SpinResult {
    // The run can go on as if it had not been evaluated.
    let (chains, projection, found) = (sampler.snapshot, state.projection, symmetry)
    defer {
      sampler.snapshot = chains
      if !isFinished { (state.projection, symmetry) = (projection, found) }
    }
    project()
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
      symmetry: symmetry)
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

/// How the symmetry of a state was found.
public struct SymmetryFinding: Sendable, Hashable {
  /// The phases of χ* of the group's elements; empty where the state shows no one-dimensional irrep.
  public var phases: [Double]
  /// The smallest |⟨g⟩| of the state before the projection.
  public var purity: Double

  /// Creates a finding.
  public init(phases: [Double], purity: Double) {
    self.phases = phases
    self.purity = purity
  }
}

extension Duration {
  /// The length in seconds.
  var inSeconds: Double {
    Double(components.seconds) + 1e-18 * Double(components.attoseconds)
  }
}
