internal import Estimators
internal import NeuralNetworks
internal import Optimization
internal import Parallelism

/// What the defaults depend on.
struct ProblemSize {
  /// T.
  var positions: Int
  /// The number of representatives in the sector.
  var dimension: Double
  /// Whether the problem is a lattice.
  var isLattice: Bool
  /// The energy that thresholds are measured by: a hartree, or the lattice's coupling.
  var energyScale: Double
  /// The energy of the reference configuration.
  var referenceEnergy: Double
  /// Whether few configurations dominate the ground state, so that a small configuration
  /// interaction is a good start.
  var hasPeakedStart: Bool
}

extension Settings {
  /// Returns these settings with every nil that depends on the problem filled in.
  ///
  /// The values are those that did best over the benchmark set; `docs/performance.md` has the
  /// measurements.
  func filled(for size: ProblemSize) -> Settings {
    var filled = self
    let isAdam = optimizer.kind == .adam
    filled.threads = threads ?? ProcessorCount.current.count
    filled.ansatz.width = ansatz.width ?? 32
    filled.ansatz.heads = ansatz.heads ?? 4
    filled.ansatz.layers = ansatz.layers ?? 2
    filled.ansatz.feedForward = ansatz.feedForward ?? 64
    filled.ansatz.phaseHidden = ansatz.phaseHidden ?? [128, 128]
    filled.ansatz.order =
      ansatz.order
      ?? (size.isLattice ? Array(0..<size.positions) : Array((0..<size.positions).reversed()))
    filled.sampling.maximumSamples = sampling.maximumSamples ?? Self.defaultSamples(for: size)
    filled.sampling.exponent = sampling.exponent ?? 1
    filled.optimizer.learningRate = optimizer.learningRate ?? (isAdam ? 1e-3 : 0.5)
    filled.optimizer.momentum = optimizer.momentum ?? (isAdam || size.isLattice ? 0.9 : 0.8)
    filled.optimizer.shift = optimizer.shift ?? 1e-4
    filled.optimizer.maximumStep = optimizer.maximumStep ?? 0.3
    filled.annealing.kind = annealing.kind ?? AnnealingKind.none
    filled.localEnergy.mode = localEnergy.mode ?? .full
    filled.start.kind = start.kind ?? (size.hasPeakedStart ? .perturbative : .random)
    filled.start.determinants = start.determinants ?? (size.isLattice ? 1000 : 200)
    filled.start.steps = start.steps ?? 20
    filled.convergence.steps = convergence.steps ?? (isAdam ? 5000 : size.isLattice ? 600 : 200)
    filled.convergence.energyTolerance = convergence.energyTolerance ?? 1e-5 * size.energyScale
    filled.convergence.window = convergence.window ?? 5
    filled.annealing.steps = annealing.steps ?? (filled.convergence.steps ?? 0) / 2
    filled.evaluation.maximumSamples = evaluation.maximumSamples ?? 20_000
    filled.evaluation.exactLimit = evaluation.exactLimit ?? 50_000
    return filled
  }

  /// The room for distinct configurations: a whole sector where that is affordable.
  ///
  /// Lattice states are spread out. Steps on the whole sector converge in a fraction of the steps that
  /// sampled ones need, but cost more: from some thousand representatives on, steps on changing parts
  /// of the sector get further in the same time.
  private static func defaultSamples(for size: ProblemSize) -> Int {
    if size.isLattice { return size.dimension <= 4000 ? 4000 : 2000 }
    return size.dimension > 6000 ? 3000 : 2000
  }
}

extension ResolvedSettings {
  /// The largest space of the start.
  static var mostDeterminants: Int { 1_000_000 }

  /// Throws unless an order of sampling is a permutation.
  static func checkOrder(_ order: [Int], positions: Int) throws(TrainingError) {
    if order.sorted() != Array(0..<positions) {
      throw TrainingError(
        .invalidSettings, "--order must be a permutation of 0 to \(positions - 1)")
    }
  }

  /// Reads settings whose nils have been filled in, and checks their ranges.
  init(_ settings: Settings, for size: ProblemSize) throws(TrainingError) {
    func value<T>(_ value: T?, _ name: String) throws(TrainingError) -> T {
      guard let value else {
        throw TrainingError(.invalidSettings, "the setting \(name) has no value")
      }
      return value
    }
    func check(_ condition: Bool, _ message: String) throws(TrainingError) {
      if !condition { throw TrainingError(.invalidSettings, message) }
    }
    threads = try value(settings.threads, "threads")
    optimizer = settings.optimizer.kind
    maximumSamples = try value(settings.sampling.maximumSamples, "samples")
    draws = settings.sampling.draws
    firstExponent = try value(settings.sampling.exponent, "exponent")
    learningRate = try value(settings.optimizer.learningRate, "learning-rate")
    momentum = try value(settings.optimizer.momentum, "momentum")
    shift = try value(settings.optimizer.shift, "shift")
    weightDecay = settings.optimizer.weightDecay
    maximumStep = try value(settings.optimizer.maximumStep, "maximum-step")
    localEnergyMode = try value(settings.localEnergy.mode, "local-energy")
    startKind = try value(settings.start.kind, "start")
    startDeterminants = try value(settings.start.determinants, "start-determinants")
    startSteps = try value(settings.start.steps, "start-steps")
    steps = try value(settings.convergence.steps, "steps")
    energyTolerance = try value(settings.convergence.energyTolerance, "energy-tolerance")
    residualTolerance = 10 * energyTolerance
    window = try value(settings.convergence.window, "window")
    evaluationDraws = settings.evaluation.draws
    evaluationMaximumSamples = try value(
      settings.evaluation.maximumSamples, "final-samples")
    exactLimit = try value(settings.evaluation.exactLimit, "exact-limit")
    let annealingSteps = try value(settings.annealing.steps, "annealing-steps")
    let initial = settings.annealing.initialTemperature
    let warmUp = settings.annealing.warmUpSteps
    switch try value(settings.annealing.kind, "annealing") {
    case .none: temperatures = .none
    case .linear: temperatures = .linear(initial: initial, warmUp: warmUp, steps: annealingSteps)
    case .exponential:
      temperatures = .exponential(initial: initial, warmUp: warmUp, steps: annealingSteps)
    }
    isNoisy = size.isLattice && size.dimension > Double(maximumSamples)
    minimumSteps = isNoisy ? steps : firstExponent < 1 ? steps * 3 / 4 : 0
    energyScale = size.energyScale
    denominatorFloor = size.isLattice ? energyScale : 0.3
    leakLimit = 5e-4 * (size.isLattice ? max(energyScale, abs(size.referenceEnergy)) : 1)

    let counts: [(name: String, value: Int, limit: Int)] = [
      ("threads", threads, 1024), ("samples", maximumSamples, 1_000_000_000),
      ("draws", draws ?? 1, 1 << 53), ("final-draws", evaluationDraws ?? 1, 1 << 53),
      ("final-samples", evaluationMaximumSamples, 1_000_000_000),
      ("steps", steps, 1_000_000_000), ("window", window, 1_000_000_000),
      ("start-determinants", startDeterminants, Self.mostDeterminants),
      ("screened-draws", settings.localEnergy.screenedDraws, 1_000_000_000),
      ("width", settings.ansatz.width ?? 1, 1 << 16),
      ("feed-forward", settings.ansatz.feedForward ?? 1, 1 << 16),
      ("layers", settings.ansatz.layers ?? 1, 1000),
      ("phase-hidden", settings.ansatz.phaseHidden?.max() ?? 1, 1 << 16),
    ]
    for (name, value, limit) in counts {
      try check(value <= limit, "--\(name) must be at most \(limit), not \(value)")
    }
    for (name, value) in [
      ("start-steps", startSteps), ("warm-up-steps", warmUp), ("annealing-steps", annealingSteps),
    ] {
      try check(value <= 1_000_000_000, "--\(name) must be at most 1000000000, not \(value)")
    }
    try check(threads > 0, "--threads must be at least 1, not \(threads)")
    try check(maximumSamples > 0, "--samples must be at least 1, not \(maximumSamples)")
    try check((draws ?? 1) > 0, "--draws must be at least 1, not \(draws ?? 0)")
    try check(
      firstExponent > 0 && firstExponent <= 1, "--exponent must be in (0, 1], not \(firstExponent)")
    try check(learningRate > 0, "--learning-rate must be positive, not \(learningRate)")
    try check(momentum >= 0 && momentum < 1, "--momentum must be in [0, 1), not \(momentum)")
    try check(shift > 0, "--shift must be positive, not \(shift)")
    try check(weightDecay >= 0, "--weight-decay must be at least 0, not \(weightDecay)")
    try check(maximumStep > 0, "--maximum-step must be positive, not \(maximumStep)")
    try check(initial >= 0 && initial.isFinite, "--t0 must be at least 0, not \(initial)")
    try check(warmUp >= 0, "--warm-up-steps must be at least 0, not \(warmUp)")
    try check(annealingSteps >= 0, "--annealing-steps must be at least 0, not \(annealingSteps)")
    try check(steps > 0, "--steps must be at least 1, not \(steps)")
    try check(window > 0, "--window must be at least 1, not \(window)")
    try check(energyTolerance >= 0, "--energy-tolerance must be at least 0, not \(energyTolerance)")
    try check(startDeterminants > 0, "--start-determinants must be at least 1")
    try check(startSteps >= 0, "--start-steps must be at least 0")
    try check((evaluationDraws ?? 1) > 0, "--final-draws must be at least 1")
    try check(evaluationMaximumSamples > 0, "--final-samples must be at least 1")
    try check(settings.localEnergy.cutoff >= 0, "--cutoff must be at least 0")
    let screening = settings.localEnergy.screening
    try check(screening >= 0, "--screening must be at least 0, not \(screening)")
    try check(
      settings.evaluation.leading >= 0,
      "--leading must be at least 0, not \(settings.evaluation.leading)")
    try check(settings.localEnergy.screenedDraws > 0, "--screened-draws must be at least 1")
    let width = settings.ansatz.width ?? 0
    let heads = settings.ansatz.heads ?? 0
    try check(
      heads > 0 && width > 0 && width % heads == 0,
      "--width (\(width)) must be a positive multiple of --heads (\(heads))")
    try check(
      settings.ansatz.kind != .retnet || width / heads % 2 == 0,
      "--width (\(width)) over --heads (\(heads)) must be even for a RetNet, whose rotation pairs "
        + "the components")
    try check((settings.ansatz.layers ?? 0) > 0, "--layers must be at least 1")
    try check((settings.ansatz.feedForward ?? 0) > 0, "--feed-forward must be at least 1")
    try check(
      (settings.ansatz.phaseHidden ?? []).allSatisfy { $0 > 0 },
      "--phase-hidden must list positive widths")
    try Self.checkOrder(settings.ansatz.order ?? [], positions: size.positions)
  }
}
