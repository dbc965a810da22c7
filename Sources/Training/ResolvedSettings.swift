internal import Estimators
internal import Foundation
internal import Optimization

/// The settings of a run with every default filled in, in the form the loop uses.
struct ResolvedSettings: Sendable {
  var threads: Int
  var optimizer: OptimizerKind
  var metric: StepMetric
  var maximumSamples: Int
  /// Draws for stochastic samples; nil for the strings of largest probability.
  var draws: Int?
  /// Draws of the first step, where their number grows.
  var firstDraws: Int?
  var takesWholeSector: Bool
  var firstExponent: Double
  var learningRate: Double
  var schedule: LearningRateSchedule
  var momentum: Double
  var shift: Double
  var weightDecay: Double
  var maximumStep: Double
  /// The norm to which Adam's gradients are cut, in the energy's unit.
  var maximumGradient: Double?
  var temperatures: TemperatureSchedule
  var localEnergyMode: LocalEnergyMode
  var startKind: StartKind
  var startDeterminants: Int
  var startSteps: Int
  var steps: Int
  /// Steps before which a run does not count as converged: annealing and tempering must be over.
  var minimumSteps: Int
  var energyTolerance: Double
  /// The remaining error up to which a run counts as converged.
  var residualTolerance: Double
  var window: Int
  /// nil to choose the number by how many distinct strings come out.
  var evaluationDraws: Int?
  var evaluationMaximumSamples: Int
  var exactLimit: Int
  /// What the energy's thresholds are measured by, in its unit.
  var energyScale: Double
  /// The smallest denominator of the preconditioned step, in the energy's unit.
  var denominatorFloor: Double
  /// The leak energy above which a state counts as collapsed, in the energy's unit.
  var leakLimit: Double

  /// Whether steps see sampling noise, which a falling learning rate averages out.
  var isNoisy: Bool

  /// Reads settings whose nils have been filled in, and checks what no range says.
  init(_ settings: Settings, for size: ProblemSize) throws(TrainingError) {
    func value<T>(_ path: KeyPath<Settings, T?>) -> T {
      guard let value = settings[keyPath: path] else {
        preconditionFailure("the setting \(path) has no default")
      }
      return value
    }
    try Self.checkNetwork(settings.ansatz)
    try Self.checkOrder(value(\.ansatz.order), positions: size.positions)
    threads = value(\.threads)
    optimizer = settings.optimizer.kind
    metric = value(\.optimizer.metric)
    maximumSamples = value(\.sampling.maximumSamples)
    draws = settings.sampling.draws
    firstDraws = settings.sampling.firstDraws
    takesWholeSector = value(\.sampling.wholeSector)
    firstExponent = value(\.sampling.exponent)
    learningRate = value(\.optimizer.learningRate)
    schedule = value(\.optimizer.schedule)
    momentum = value(\.optimizer.momentum)
    shift = value(\.optimizer.shift)
    weightDecay = settings.optimizer.weightDecay
    maximumStep = value(\.optimizer.maximumStep)
    maximumGradient = settings.optimizer.maximumGradient
    localEnergyMode = value(\.localEnergy.mode)
    startKind = value(\.start.kind)
    startDeterminants = value(\.start.determinants)
    startSteps = value(\.start.steps)
    steps = value(\.convergence.steps)
    energyTolerance = value(\.convergence.energyTolerance)
    residualTolerance = 10 * energyTolerance
    window = value(\.convergence.window)
    evaluationDraws = settings.evaluation.draws
    evaluationMaximumSamples = value(\.evaluation.maximumSamples)
    exactLimit = value(\.evaluation.exactLimit)
    temperatures = TemperatureSchedule(
      value(\.annealing.kind), initial: value(\.annealing.initialTemperature),
      hold: settings.annealing.warmUpSteps, steps: value(\.annealing.steps),
      stepsPerTemperature: value(\.annealing.stepsPerTemperature))
    if temperatures.shape != .none, temperatures.shape != .constant, temperatures.hold >= steps {
      throw TrainingError(
        .invalidSettings,
        "`warm-up-steps` (\(temperatures.hold)) leave none of the `steps` (\(steps)) for the schedule; "
          + "choose fewer, or `annealing` constant")
    }
    if let firstDraws, let draws, firstDraws > draws {
      throw TrainingError(
        .invalidSettings,
        "`first-draws` (\(firstDraws)) must not exceed `draws` (\(draws)), to which they grow")
    }
    isNoisy = size.hasNoisySteps(settings)
    minimumSteps = max(
      value(\.convergence.minimumSteps), isNoisy ? steps : firstExponent < 1 ? steps * 3 / 4 : 0,
      firstDraws == nil || draws == nil ? 0 : min(steps, Int(0.9 * Double(steps)) + 3 * window),
      schedule.stepsToRest(of: steps),
      // Some schedules begin cold.
      temperatures.shape == .none ? 0 : min(steps, temperatures.hold + temperatures.steps))
    energyScale = size.energyScale
    denominatorFloor = (size.isLattice ? 1 : 0.3) * energyScale
    leakLimit = 5e-4 * (size.isLattice ? max(energyScale, abs(size.referenceEnergy)) : energyScale)
  }

  /// Throws unless a network can have this shape, as far as it is decided.
  static func checkNetwork(_ ansatz: AnsatzSettings) throws(TrainingError) {
    if ansatz.phaseForm == .published && ansatz.phaseHidden == [] {
      throw TrainingError(
        .invalidSettings, "`phase-form` published needs at least one layer in `phase-hidden`")
    }
    guard let width = ansatz.width, let heads = ansatz.heads else { return }
    if width % heads != 0 {
      throw TrainingError(
        .invalidSettings, "`width` must be a multiple of `heads`, but \(width) is not of \(heads)")
    }
    if ansatz.kind == .retnet && width / heads % 2 != 0 {
      throw TrainingError(
        .invalidSettings,
        "`width` (\(width)) over `heads` (\(heads)) must be even for a RetNet, whose rotation pairs "
          + "the components")
    }
  }

  /// Throws unless an order of sampling is a permutation.
  static func checkOrder(_ order: [Int], positions: Int) throws(TrainingError) {
    if order.sorted() == Array(0..<positions) { return }
    let named = Set(order).intersection(0..<positions).count
    throw TrainingError(
      .invalidSettings,
      "`order` must name each of the \(positions) orbitals or sites once; it names \(named) "
        + "of them in \(order.count) numbers")
  }

  /// Returns the learning rate at a step counted from 0.
  func learningRate(at step: Int) -> Double {
    learningRate * schedule.factor(at: step, of: steps)
  }

  /// Returns the number of draws at a step counted from 0; nil where there are none.
  func draws(at step: Int) -> Int? {
    guard let draws, let firstDraws else { return draws }
    let progress = min(1, Double(step) / max(1, 0.9 * Double(steps)))
    return Int((Double(firstDraws) * pow(Double(draws) / Double(firstDraws), progress)).rounded())
  }

  /// Returns whether a step counted from 0 weighs configurations by what they should have.
  ///
  /// The first three quarters do; the last steps seek the lowest energy that the ansatz has, whatever is
  /// out of its reach.
  func followsTarget(at step: Int) -> Bool { step < steps - steps / 4 }

  /// Returns α at a step counted from 0: constant over the first half, then linear up to 1 at
  /// three quarters of the steps.
  func exponent(at step: Int) -> Double {
    let fraction = Double(step) / Double(max(1, steps))
    let ramp = min(1, max(0, (fraction - 0.5) / 0.25))
    return firstExponent + (1 - firstExponent) * ramp
  }
}
