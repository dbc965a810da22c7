internal import Configurations
internal import Dispatch
internal import Estimators
internal import Hamiltonians
internal import LinearAlgebra
internal import Optimization
internal import Parallelism
internal import Problems
internal import Sampling
internal import WaveFunctions

/// The variational Monte Carlo loop: sample, local energies, step, repeat.
///
/// One class for every problem and every ansatz: it sees a `Hamiltonian`, a wave function, a step rule
/// and settings, and neither molecules, lattices nor networks. The start and the final evaluation are
/// in extensions.
final class VariationalMonteCarlo<H: Hamiltonian>: TrainingRun {
  typealias Word = H.Word

  let settings: Settings
  let resolved: ResolvedSettings
  let context: RunContext
  let hamiltonian: H
  /// The Hamiltonian of the final energy where it is not that of training: one without penalty.
  let evaluated: H?
  let waveFunction: any AutoregressiveWaveFunction<Word>
  let spinOperator: (any Hamiltonian<Word>)?
  /// The molecule, of which a selected CI can be made; nil for others.
  let molecule: MolecularHamiltonian<Word>?
  /// The sample of the last evaluation.
  var selectionSeeds: SelectionSeeds<Word>?
  let estimator: LocalEnergyEstimator<H>
  let sampler: TrainingSampler<H>
  let rule: any StepRule
  let random: RandomSource
  let execution: Execution

  var trace: [TraceRow] = []
  /// What the start is fitted to; nil for random parameters.
  let start: StartVector<Word>?
  /// An upper bound of the lowest energy, from the comparison of sectors.
  var upperBound: Double?
  /// The number of sectors that their comparison could not tell apart; 0 where it could.
  var closeSectorCount = 0
  /// What was chosen while the run was made, for the log.
  let messages: [String]
  var secondsBefore = 0.0
  private var clock = DispatchTime.now()

  init(
    hamiltonian: H, evaluated: H? = nil, waveFunction: any AutoregressiveWaveFunction<Word>,
    spinOperator: (any Hamiltonian<Word>)?, molecule: MolecularHamiltonian<Word>? = nil,
    context: RunContext, start: StartVector<Word>?, messages: [String], settings: Settings,
    resolved: ResolvedSettings, execution: Execution
  ) {
    self.hamiltonian = hamiltonian
    self.evaluated = evaluated
    self.waveFunction = waveFunction
    self.spinOperator = spinOperator
    self.molecule = molecule
    self.context = context
    if let sectors = context.sectors {
      upperBound = sectors.upperBound
      if !sectors.isEstablished { closeSectorCount = sectors.close.count }
    }
    self.start = start
    self.messages = messages
    self.settings = settings
    self.resolved = resolved
    self.execution = execution
    estimator = LocalEnergyEstimator(
      hamiltonian, waveFunction: waveFunction, options: settings.localEnergy.options,
      execution: execution)
    sampler = TrainingSampler(
      waveFunction, estimator: estimator, limit: resolved.maximumSamples,
      takesWholeSector: resolved.takesWholeSector, floor: resolved.denominatorFloor,
      execution: execution)
    random = RandomSource(seed: settings.seed)
    rule = resolved.makeStepRule(for: waveFunction.blocks, execution: execution)
  }

  var parameterCount: Int { waveFunction.parameterCount }
  var sectorDimension: Double { waveFunction.space.dimension }
  var referenceEnergy: Double { context.referenceEnergy }
  var sectors: SectorComparison.Result? { context.sectors }
  var isFinished: Bool { isConverged || trace.count >= resolved.steps }

  /// Whether nothing speaks against having converged.
  var isConverged: Bool { obstacles.isEmpty }

  /// What speaks against having converged.
  var obstacles: [Convergence.Obstacle] {
    resolved.convergence.obstacles(trace, shift: rule.regularisation)
  }

  /// Seconds since the run began, over all its parts.
  var seconds: Double {
    secondsBefore
      + Double(DispatchTime.now().uptimeNanoseconds - clock.uptimeNanoseconds) * 1e-9
  }

  func restartClock() { clock = DispatchTime.now() }

  func step() throws(TrainingError) -> TraceRow {
    let number = trace.count + 1
    shareParameters()
    let batch = try drawAndCompute(step: number)
    try checkAgreement(on: batch)
    let gradientNorm = try update(batch)
    let sample = batch.sample.sample
    var entropy = 0.0
    for (index, weight) in sample.weights.enumerated() {
      entropy -= weight * 2 * batch.energies.logModulus[index]
    }
    let row = TraceRow(
      step: number, energy: batch.energies.energy,
      error: sample.meanError(variance: batch.energies.variance),
      variance: batch.energies.variance, temperature: batch.temperature, entropy: entropy,
      distinctSamples: sample.count, gradientNorm: gradientNorm, seconds: seconds,
      residual: batch.energies.residual(
        weights: sample.weights, floor: resolved.denominatorFloor))
    trace.append(row)
    return row
  }

  func settle() {
    // Nothing to judge, so no sample is drawn for it.
    guard rule.canTakeBack else { return }
    let before = rule.state
    do throws(TrainingError) {
      let batch = try drawAndCompute(step: trace.count + 1)
      if let parameters = rule.judge(outcome(of: batch)) {
        waveFunction.parameters = parameters
        // The objective of the parameters that are now in force.
        rule.state.scalars["previousEnergy"] = before.scalars["previousEnergy"]
      } else {
        // A step that stays is judged again by the next one, should the run go on.
        rule.state = before
      }
    } catch {
      if let parameters = rule.takeBack() { waveFunction.parameters = parameters }
    }
  }

  // MARK: - Parts of a step

  /// A step's sample with its local energies.
  struct Batch {
    var sample: TrainingSample<Word>
    var energies: LocalEnergies
    var temperature: Double
    /// `Re E_loc + T log p` minus its mean.
    var centred: [Double]
    /// That mean, the (free) energy.
    var objective: Double
  }

  /// Draws a step's sample and computes its local energies.
  private func drawAndCompute(step number: Int) throws(TrainingError) -> Batch {
    let stream = random.split(0x5354_4550).split(UInt64(number))
    estimator.trim()
    let sample = sampler.draw(
      draws: resolved.draws(at: number - 1), exponent: resolved.exponent(at: number - 1),
      energy: trace.last?.energy ?? context.referenceEnergy, random: stream.split(1))
    let energies = estimator.compute(
      sample.sample, mode: resolved.localEnergyMode, random: stream.split(2))
    guard energies.energy.isFinite, energies.variance.isFinite else {
      throw TrainingError(
        .notFinite,
        "step \(number): the energy is not finite; a smaller `learning-rate` or a larger `shift` "
          + "keeps the parameters in range")
    }
    let temperature = resolved.temperatures.temperature(at: number - 1)
    var centred = energies.real
    if temperature > 0 {
      for index in centred.indices {
        centred[index] += temperature * 2 * energies.logModulus[index]
      }
    }
    var mean = 0.0
    for index in centred.indices { mean += sample.sample.weights[index] * centred[index] }
    for index in centred.indices { centred[index] -= mean }
    return Batch(
      sample: sample, energies: energies, temperature: temperature, centred: centred,
      objective: mean)
  }

  /// What a batch says of the step before it.
  private func outcome(of batch: Batch) -> StepOutcome {
    // At the present temperature: cooling raises F, which is no fault of the step.
    let drift = trace.last.map { ($0.temperature - batch.temperature) * $0.entropy } ?? 0
    return StepOutcome(
      objective: batch.objective,
      error: batch.sample.sample.meanError(variance: batch.energies.variance), drift: drift)
  }

  /// Moves the parameters by one step of the rule, or back where the last step was bad.
  ///
  /// - Returns: The norm of the (free) energy's gradient.
  private func update(_ batch: Batch) throws(TrainingError) -> Double {
    if let parameters = rule.judge(outcome(of: batch)) {
      waveFunction.parameters = parameters
      return trace.last?.gradientNorm ?? 0
    }
    // Until the energy is below the reference's, that is the better guess at the lowest level.
    let level = min(batch.energies.energy, context.referenceEnergy)
    let sample = batch.sample
    let denominators = batch.energies.diagonal.map {
      max($0 - level, resolved.denominatorFloor) + batch.temperature
    }
    let curvature = try curvature(of: batch, denominators: denominators)
    let problem = StepProblem(
      weights: sample.sample.weights, metric: sample.metric, isPulled: sample.isPulled,
      followsTarget: resolved.followsTarget(at: trace.count),
      real: batch.centred, imaginary: batch.energies.imaginary,
      denominators: denominators,
      learningRate: resolved.learningRate(at: trace.count), blocks: waveFunction.blocks,
      curvature: curvature,
      derivatives: { self.waveFunction.derivatives(of: sample.sample.configurations, block: $0) })
    do throws(OptimizationError) {
      // A copy: the derivatives are read at the present parameters.
      var parameters = waveFunction.parameters
      let norm = try rule.step(problem, parameters: &parameters)
      waveFunction.parameters = parameters
      return norm
    } catch {
      throw TrainingError(.notFinite, "\(error); try a larger `shift`")
    }
  }

  /// The energy's curvature on a batch, where steps are taken in its metric.
  private func curvature(
    of batch: Batch, denominators: [Double]
  ) throws(TrainingError) -> StepCurvature? {
    guard resolved.optimizer == .sr, resolved.metric == .hamiltonian else { return nil }
    do throws(LinearAlgebraError) {
      let curvature = try estimator.curvature(
        of: batch.sample.sample, energies: batch.energies, denominators: denominators,
        temperature: batch.temperature, scale: resolved.energyScale,
        keepsGradient: !resolved.followsTarget(at: trace.count))
      let change = curvature.change(real: batch.centred, imaginary: batch.energies.imaginary)
      return StepCurvature(real: change.real, imaginary: change.imaginary) {
        curvature.multiply($0, $1)
      }
    } catch {
      throw TrainingError(
        .notFinite,
        "the Hamiltonian on a step's sample cannot be diagonalised (\(error)); `step-metric` diagonal "
          + "does without")
    }
  }

  /// The estimator of final results: that of training, unless its cutoff changes the operator.
  private(set) lazy var finalEstimator: LocalEnergyEstimator<H> = {
    var exact = settings.localEnergy.options
    let limit = 1e-10 * resolved.energyScale
    if exact.cutoff <= limit && evaluated == nil { return estimator }
    exact.cutoff = min(exact.cutoff, limit)
    return LocalEnergyEstimator(
      evaluated ?? hamiltonian, waveFunction: waveFunction, options: exact,
      execution: execution)
  }()
}
