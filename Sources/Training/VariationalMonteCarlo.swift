internal import Configurations
internal import Dispatch
internal import Hamiltonians
internal import LinearAlgebra
internal import NeuralNetworks
internal import Optimization
internal import Problems
internal import Sampling
internal import WaveFunctions

/// The variational Monte Carlo loop: sample, local energies, step, repeat.
///
/// One class for every problem: it sees a `Hamiltonian`, a ``WaveFunction`` and settings, and neither
/// molecules nor lattices. Its parts are in extensions: the training sample, the update, the
/// start and the final evaluation.
final class VariationalMonteCarlo<H: Hamiltonian>: TrainingRun {
  typealias Word = H.Word

  /// What the loop needs to know about a problem beside its Hamiltonian.
  struct Context: Sendable {
    /// The energy of the reference configuration.
    var referenceEnergy: Double
    /// N of the V-score: electrons or sites.
    var degreesOfFreedom: Int
    /// E∞ of the V-score.
    var infiniteTemperatureEnergy: Double
    /// The Hamiltonian of the final energy where it is not that of training: one without penalty.
    var evaluated: H?
    /// The label of the irrep that is imposed, −1 for none; nil for lattices.
    var irrep: Int?
    /// How the symmetry sector was found; nil where nothing had to be compared.
    var sectors: SectorComparison.Result?
  }

  let settings: Settings
  let resolved: ResolvedSettings
  let context: Context
  let hamiltonian: H
  let waveFunction: WaveFunction<Word>
  let spinOperator: (any Hamiltonian<Word>)?
  let estimator: LocalEnergyEstimator<H>
  let random: RandomSource
  let solver: SampleSpaceSolver

  var trace: [TraceRow] = []
  var optimizer: OptimizerState
  /// The whole sector, where it is small enough to be the sample of every step.
  var wholeSector: [Configuration<Word>]?
  var rows: [Float] = []
  var phaseWorkspaceStorage: PerceptronWorkspace?
  /// What the start is fitted to; nil for random parameters.
  let start: StartVector<Word>?
  /// What was chosen while the run was made, for the log.
  let messages: [String]
  var secondsBefore = 0.0
  private var clock = DispatchTime.now()

  init(
    hamiltonian: H, waveFunction: WaveFunction<Word>, spinOperator: (any Hamiltonian<Word>)?,
    context: Context, start: StartVector<Word>?, messages: [String], settings: Settings,
    resolved: ResolvedSettings
  ) {
    self.hamiltonian = hamiltonian
    self.waveFunction = waveFunction
    self.spinOperator = spinOperator
    self.context = context
    self.start = start
    self.messages = messages
    self.settings = settings
    self.resolved = resolved
    estimator = LocalEnergyEstimator(
      hamiltonian, waveFunction: waveFunction, settings: settings.localEnergy)
    random = RandomSource(seed: settings.seed)
    solver = SampleSpaceSolver(threads: resolved.threads)
    optimizer = OptimizerState(
      kind: settings.optimizer.kind, amplitudeCount: waveFunction.amplitudeParameters.count,
      phaseCount: waveFunction.phaseParameters.count, shift: resolved.shift)
    if waveFunction.space.dimension <= Double(resolved.maximumSamples) {
      wholeSector = waveFunction.space.allRepresentatives()
    }
  }

  var parameterCount: Int { waveFunction.parameterCount }
  var sectorDimension: Double { waveFunction.space.dimension }
  var referenceEnergy: Double { context.referenceEnergy }
  var sectors: SectorComparison.Result? { context.sectors }
  var isFinished: Bool { isConverged || trace.count >= resolved.steps }

  /// Whether the energy has stood still over the last window, at full exponent and T = 0.
  ///
  /// A slow mode, such as the admixture of a nearly degenerate state, changes the energy little in
  /// each window but for many of them. Where the last three windows fall steadily, the change
  /// that is still to come is extrapolated as a geometric series, and must be small too.
  var isConverged: Bool {
    let window = resolved.window
    guard trace.count >= resolved.minimumSteps, trace.count >= 3 * window else { return false }
    let recent = trace.suffix(3 * window)
    guard recent.allSatisfy({ $0.temperature == 0 }) else { return false }
    func mean(_ rows: ArraySlice<TraceRow>) -> Double {
      rows.reduce(0) { $0 + $1.energy } / Double(window)
    }
    let now = mean(recent.suffix(window))
    let before = mean(recent.dropLast(window).suffix(window))
    let earlier = mean(recent.prefix(window))
    let change = before - now
    if abs(change) >= resolved.energyTolerance { return false }
    let ratio = change / (earlier - before)
    guard change > 0, ratio > 0 else { return true }
    return ratio < 1 && change * ratio / (1 - ratio) < resolved.energyTolerance
  }

  /// Seconds since the run began, over all its parts.
  var seconds: Double {
    secondsBefore
      + Double(DispatchTime.now().uptimeNanoseconds - clock.uptimeNanoseconds) * 1e-9
  }

  func restartClock() { clock = DispatchTime.now() }

  func step() throws(TrainingError) -> TraceRow {
    let number = trace.count + 1
    let (sample, energies, temperature) = try drawAndCompute(step: number)
    let gradientNorm = try update(sample, energies: energies, temperature: temperature)

    var entropy = 0.0
    for (index, weight) in sample.weighted.weights.enumerated() {
      entropy -= weight * 2 * estimator.amplitudes.logModulus[Int(energies.numbers[index])]
    }
    let row = TraceRow(
      step: number, energy: energies.energy,
      error: samplingError(variance: energies.variance, in: sample.weighted),
      variance: energies.variance, temperature: temperature, entropy: entropy,
      distinctSamples: sample.weighted.configurations.count, gradientNorm: gradientNorm,
      seconds: seconds)
    trace.append(row)
    return row
  }

  func settle() {
    guard !optimizer.amplitudeBefore.isEmpty else { return }
    let before = optimizer
    do throws(TrainingError) {
      let (sample, energies, temperature) = try drawAndCompute(step: trace.count + 1)
      // A step that stays is judged again by the next one, should the run go on.
      if !judgeLastStep(sample, energies: energies, temperature: temperature) { optimizer = before }
    } catch {
      takeBackLastStep()
    }
    // That of the parameters that are now in force, if the step was taken back.
    optimizer.previousEnergy = before.previousEnergy
  }

  /// Draws a step's sample and computes its local energies.
  private func drawAndCompute(
    step number: Int
  ) throws(TrainingError) -> (TrainingSample<Word>, LocalEnergies, temperature: Double) {
    let stream = random.split(0x5354_4550).split(UInt64(number))
    estimator.table.trim()
    let exponent = resolved.exponent(at: number - 1)
    let sample = drawTrainingSample(exponent: exponent, stream: stream.split(1))
    let energies = estimator.compute(
      sample.weighted, mode: resolved.localEnergyMode, random: stream.split(2))
    guard energies.energy.isFinite, energies.variance.isFinite else {
      throw TrainingError(
        .notFinite,
        "step \(number): the energy is not finite; a smaller --learning-rate or a larger --shift "
          + "keeps the parameters in range")
    }
    return (sample, energies, resolved.temperatures.temperature(at: number - 1))
  }

  /// The error of a sample's mean: of its draws, and of the weight that it is known to miss.
  ///
  /// For the missing weight `d` the estimate of Cauchy and Schwarz, `√(d Var)`, a bound where the
  /// variance is that of the whole state.
  func samplingError(variance: Double, in sample: WeightedSample<Word>) -> Double {
    let drawn = sample.draws > 0 ? variance / sample.draws : 0
    return (drawn + variance * sample.droppedWeight).squareRoot()
  }

  /// The estimator of final results: that of training, unless its cutoff changes the operator.
  private(set) lazy var finalEstimator: LocalEnergyEstimator<H> = {
    var exact = settings.localEnergy
    if exact.cutoff <= 1e-10 && context.evaluated == nil { return estimator }
    exact.cutoff = min(exact.cutoff, 1e-10)
    return LocalEnergyEstimator(
      context.evaluated ?? hamiltonian, waveFunction: waveFunction, settings: exact)
  }()
}
