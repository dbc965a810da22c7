internal import Estimators
internal import NeuralNetworks
internal import Optimization
internal import Parallelism

extension Setting {
  /// All settings, in the order in which they are shown.
  public static let all: [Setting] = [
    basis, ansatz, width, heads, layers, feedForward, transformerForm, retnetForm, chunk, hidden,
    activation, phaseHidden, phaseForm, spinFlip, latticeSymmetry, exactLatticeSymmetry, orbitals,
    order,
    samples, draws, firstDraws, wholeSector, exponent,
    optimizer, stepMetric, learningRate, learningRateSchedule, momentum, shift, weightDecay,
    maximumStep,
    maximumGradient,
    annealing, t0, annealingSteps, warmUpSteps, temperatureSteps,
    localEnergy, cutoff, screening, screenedDraws, memoryBudget,
    start, startDeterminants, startSteps, steps, minimumSteps, energyTolerance, window, finalDraws,
    finalSamples, exactLimit, leading, selectedCI, seed, threads,
  ]

  // MARK: - Wave function

  package static let basis = Setting(
    "preset", .waveFunction, \.basis, .choice,
    "The defaults of all other settings: ours, or those of the RetNet paper (arXiv:2411.03900).")
  package static let ansatz = Setting(
    "ansatz", .waveFunction, \.ansatz.kind, .choice,
    "The network of the modulus; with `preset` paper retnet unless given.")
  package static let width = Setting(
    "width", .waveFunction, \.ansatz.width, .integer(1...1 << 16), default: .always(32),
    needs: [.decoder], "The width of a token's vector, a multiple of `heads`.")
  package static let heads = Setting(
    "heads", .waveFunction, \.ansatz.heads, .integer(1...1 << 16), default: .always(4),
    needs: [.decoder], "The number of heads.")
  package static let layers = Setting(
    "layers", .waveFunction, \.ansatz.layers, .integer(1...1000),
    default: .always(2).butInPaper(1), needs: [.decoder], "The number of blocks.")
  package static let feedForward = Setting(
    "feed-forward", .waveFunction, \.ansatz.feedForward, .integer(1...1 << 16),
    default: .always(64).butInPaper(512), needs: [.decoder],
    "The width of the feed-forward layers.")
  package static let transformerForm = Setting(
    "transformer-form", .waveFunction, \.ansatz.transformerForm, .choice,
    default: .always(.default).butInPaper(.published), needs: [.ansatz(.transformer)],
    "With a norm before the output layer and a bias for each position; or with neither, ReLU and small "
      + "initial weights, as far as the published one is known.")
  package static let retnetForm = Setting(
    "retnet-form", .waveFunction, \.ansatz.retnetForm, .choice,
    default: .always(.default).butInPaper(.published), needs: [.ansatz(.retnet)],
    "With a norm before the output layer, a bias for each position and a soft group norm; or, as published, "
      + "with neither, a group norm with 1e-6 and small initial weights.")
  package static let chunk = Setting(
    "chunk", .waveFunction, \.ansatz.chunk, .integer(1...1 << 16),
    default: .by("8 for 32 and more positions, else all at once") { _, size in
      size.positions < 32 ? nil : 8
    }, needs: [.ansatz(.retnet)],
    "The positions that training computes in parallel; it changes results by rounding only.")
  package static let hidden = Setting(
    "hidden", .waveFunction, \.ansatz.hidden, .hiddenWidths, default: .always([64]),
    needs: [.ansatz(.made, .nade)],
    "The widths of the hidden layers; of a NADE, of each orbital's network.")
  package static let activation = Setting(
    "activation", .waveFunction, \.ansatz.activation, .choice,
    default: .always(.silu).butInPaper(.relu), needs: [.ansatz(.made, .nade)],
    "What hidden units compute.")
  package static let phaseHidden = Setting(
    "phase-hidden", .waveFunction, \.ansatz.phaseHidden, .widths,
    default: .by("128,128; with `preset` paper 64,64, of made 64, of nade 512,512") { settings, _ in
      if settings.basis != .paper { return [128, 128] }
      switch settings.ansatz.kind {
      case .transformer, .retnet: return [64, 64]
      case .made: return [64]
      case .nade: return [512, 512]
      }
    }, "The widths of the phase network's hidden layers.")
  package static let phaseForm = Setting(
    "phase-form", .waveFunction, \.ansatz.phaseForm, .choice,
    default: .always(.default).butInPaper(.published),
    "One output, with a linear part; or, as published, one output for each token of the last orbital, "
      + "from all others.")
  package static let spinFlip = Setting(
    "spin-flip", .waveFunction, \.ansatz.spinFlipSymmetry, .flag,
    default: .open("where its eigenvalue is established; with `preset` paper false"),
    "Impose spin-flip symmetry, where 2Sz = 0.")
  package static let latticeSymmetry = Setting(
    "lattice-symmetry", .waveFunction, \.ansatz.latticeSymmetry, .flag,
    default: .open("where their eigenvalues are established; with `preset` paper false"),
    needs: [.lattice],
    "Impose the symmetries of a lattice.")
  package static let exactLatticeSymmetry = Setting(
    "exact-lattice-symmetry", .waveFunction, \.ansatz.exactLatticeSymmetry, .flag,
    default: .open("no, its sectors are compared"), needs: [.lattice],
    "Read the eigenvalues of a frustrated lattice's symmetries off an exact diagonalisation.")
  package static let orbitals = Setting(
    "orbitals", .waveFunction, \.ansatz.orbitals, .choice,
    default: .open("auto; with `preset` paper given"), needs: [.molecule],
    "The orbitals that a molecule is solved in: those of the file, localised or natural ones, or by comparison of small "
      + "CIs.")
  package static let order = Setting(
    "order", .waveFunction, \.ansatz.order, .order,
    default: .by("reverse, of lattices forward") { _, size in
      size.isLattice ? Array(0..<size.positions) : Array((0..<size.positions).reversed())
    }, "The order of sampling: reverse, forward, or all orbitals (sites) from 1, such as 4,3,1,2.")

  // MARK: - Sampling

  // Lattice states are spread out. Steps on the whole sector converge in a fraction of the steps
  // that sampled ones need, but cost more: from some thousand representatives on, steps on changing
  // parts of the sector get further in the same time.
  package static let samples = Setting(
    "samples", .sampling, \.sampling.maximumSamples, .integer(2...1_000_000_000),
    default: .by(
      "2000; 3000 for more than 6000 configurations; up to 3000, of lattices 4000, configurations: all; "
        + "with `preset` paper 500"
    ) { settings, size in
      if settings.basis == .paper { return 500 }
      if size.isLattice { return size.dimension <= 4000 ? 4000 : 2000 }
      return size.dimension > 6000 || size.dimension <= 3000 ? 3000 : 2000
    }, "The largest number of distinct configurations in a step.")
  package static let draws = Setting(
    "draws", .sampling, \.sampling.draws, .draws(from: 1),
    default: .by(
      "none: the heaviest ones with their weight, and some of the others; with `preset` paper 10¹²"
    ) { settings, _ in settings.basis == .paper ? 1_000_000_000_000 : nil },
    needs: [.sampledSteps], "The number of draws that they stand for; costs no more.")
  package static let firstDraws = Setting(
    "first-draws", .sampling, \.sampling.firstDraws, .draws(from: 1),
    default: .by("none; with `preset` paper 100") { settings, _ in
      settings.basis == .paper ? min(100, settings.sampling.draws ?? 100) : nil
    }, needs: [.draws, .sampledSteps],
    "The draws in the first step; from there a geometric series to `draws` at nine tenths of the steps."
  )
  package static let wholeSector = Setting(
    "whole-sector", .sampling, \.sampling.wholeSector, .flag,
    default: .always(true).butInPaper(false),
    "Take a sector of up to `samples` configurations whole.")
  package static let exponent = Setting(
    "exponent", .sampling, \.sampling.exponent, .number("a number in (0, 1]") { $0 > 0 && $0 <= 1 },
    default: .always(1), needs: [.trainingDistribution],
    "The exponent α of the training distribution |ψ|^(2α) at the start; 1 is plain |ψ|² sampling.")

  // MARK: - Optimisation

  package static let optimizer = Setting(
    "optimizer", .optimizer, \.optimizer.kind, .choice,
    "Natural gradient with momentum (sr), or adam.")
  package static let stepMetric = Setting(
    "step-metric", .optimizer, \.optimizer.metric, .choice,
    default: .by("hamiltonian, of lattices diagonal") { _, size in
      size.isLattice ? .diagonal : .hamiltonian
    }, needs: [.sr],
    "What a step takes changes of the state to cost in energy: the Hamiltonian between the configurations of "
      + "the step, which strongly correlated states need, or its diagonal only.")
  package static let learningRate = Setting(
    "learning-rate", .optimizer, \.optimizer.learningRate, .positive,
    default: .by("0.5, of adam 0.001; 1 with `step-metric` hamiltonian on whole sectors") {
      settings, size in
      settings.optimizer.kind == .adam ? 1e-3 : size.iteratesInverse(settings) ? 1 : 0.5
    }, "The step length; for sr a fraction of the full step.")
  package static let learningRateSchedule = Setting(
    "learning-rate-schedule", .optimizer, \.optimizer.schedule, .choice,
    default: .by(
      "constant; of lattices whose steps are sampled, late-cosine; with `preset` paper cosine-warm-up"
    ) { settings, size in
      if settings.basis == .paper { return .cosineWarmUp }
      return size.hasNoisySteps(settings) ? .lateCosine : .constant
    }, "How the learning rate changes over the steps.")
  package static let momentum = Setting(
    "momentum", .optimizer, \.optimizer.momentum,
    .number("a number in [0, 1)") { $0 >= 0 && $0 < 1 },
    default: .by(
      "0.8, of lattices and adam 0.9; 0.5 with `step-metric` hamiltonian on whole sectors"
    ) {
      settings, size in
      settings.optimizer.kind == .adam || size.isLattice
        ? 0.9 : size.iteratesInverse(settings) ? 0.5 : 0.8
    }, "The momentum of sr, or Adam's first decay.")
  package static let shift = Setting(
    "shift", .optimizer, \.optimizer.shift, .positive, default: .always(1e-4), needs: [.sr],
    "The regularisation of the natural gradient, relative to its matrix's mean diagonal.")
  package static let weightDecay = Setting(
    "weight-decay", .optimizer, \.optimizer.weightDecay, .notNegative, needs: [.adam],
    "Adam's decoupled weight decay.")
  package static let maximumStep = Setting(
    "maximum-step", .optimizer, \.optimizer.maximumStep, .positive, default: .always(0.3),
    needs: [.sr], "The largest norm of one natural-gradient step.")
  package static let maximumGradient = Setting(
    "maximum-gradient", .optimizer, \.optimizer.maximumGradient, .positive,
    default: .by("none; with `preset` paper 1") { settings, _ in
      settings.basis == .paper ? 1 : nil
    }, needs: [.adam], "The norm to which longer gradients are cut.")

  // MARK: - Annealing

  package static let annealing = Setting(
    "annealing", .annealing, \.annealing.kind, .choice,
    default: .by("none; linear where `start` is random") { settings, size in
      (settings.start.kind ?? defaultStart(settings, size)) == .random
        ? AnnealingKind.linear : AnnealingKind.none
    }, "The temperature's schedule.")
  package static let t0 = Setting(
    "t0", .annealing, \.annealing.initialTemperature, .notNegative,
    default: .scaled(0.3), needs: [.annealing],
    "The highest temperature, in the energy's unit.")
  package static let annealingSteps = Setting(
    "annealing-steps", .annealing, \.annealing.steps, .steps(from: 0),
    default: .by("20, but at most half of `steps`; of adam half of them") { settings, size in
      let half = (settings.convergence.steps ?? defaultSteps(settings, size)) / 2
      return settings.optimizer.kind == .adam ? half : min(20, half)
    },
    needs: [.schedule], "The number of steps of the schedule, at whose end the temperature is zero."
  )
  package static let warmUpSteps = Setting(
    "warm-up-steps", .annealing, \.annealing.warmUpSteps, .steps(from: 0), needs: [.schedule],
    "Steps at the schedule's first temperature before that.")
  package static let temperatureSteps = Setting(
    "temperature-steps", .annealing, \.annealing.stepsPerTemperature, .steps(from: 1),
    default: .always(1), needs: [.schedule], "The number of steps at each temperature.")

  // MARK: - Local energies

  package static let localEnergy = Setting(
    "local-energy", .localEnergy, \.localEnergy.mode, .choice,
    default: .always(.full).butInPaper(.subspace),
    "How local energies are computed in training.")
  package static let cutoff = Setting(
    "cutoff", .localEnergy, \.localEnergy.cutoff, .notNegative, default: .scaled(1e-10),
    "Matrix elements smaller than this are dropped.")
  package static let screening = Setting(
    "screening", .localEnergy, \.localEnergy.screening, .notNegative, default: .scaled(1e-3),
    needs: [.screened],
    "Elements larger than this are always kept.")
  package static let screenedDraws = Setting(
    "screened-draws", .localEnergy, \.localEnergy.screenedDraws, .steps(from: 1),
    needs: [.screened, .screening], "Draws from the others for each configuration.")
  package static let memoryBudget = Setting(
    "memory-budget", .localEnergy, \.localEnergy.memoryBudget, .integer(1...1 << 24),
    default: .by("a quarter of what the process may use, at most 4096") { _, _ in
      max(1, EstimatorOptions.defaultMemoryBudget() >> 20)
    }, canChange: true,
    "MiB for connected configurations; samples with more are worked on in parts.")

  // MARK: - Start, steps and final evaluation

  package static let start = Setting(
    "start", .schedule, \.start.kind, .choice,
    default: .by(
      "perturbative; of the Ising model and with `preset` paper random", defaultStart),
    "The first parameters.")
  package static let startDeterminants = Setting(
    "start-determinants", .schedule, \.start.determinants, .integer(1...1_000_000),
    default: .by("200, of lattices 1000") { _, size in size.isLattice ? 1000 : 200 },
    needs: [.perturbative], "Determinants in the perturbative start's small CI.")
  package static let startSteps = Setting(
    "start-steps", .schedule, \.start.steps, .steps(from: 0), default: .always(20),
    needs: [.perturbative], "Steps that fit the network to the start.")
  package static let steps = Setting(
    "steps", .schedule, \.convergence.steps, .steps(from: 1),
    default: .by(
      "200, of lattices 600, of adam 5000; with `preset` paper 10000", defaultSteps),
    canChange: true,
    "The largest number of steps.")
  package static let minimumSteps = Setting(
    "minimum-steps", .schedule, \.convergence.minimumSteps, .steps(from: 0),
    default: .by("0; with `preset` paper all") { settings, _ in
      settings.basis == .paper ? settings.convergence.steps : 0
    },
    canChange: true, "The number of steps before which a run does not stop as converged.")
  package static let energyTolerance = Setting(
    "energy-tolerance", .schedule, \.convergence.energyTolerance, .notNegative,
    default: .scaled(1e-5), canChange: true,
    "Stop when the energy changes less than this over the window; 0 for never.")
  package static let window = Setting(
    "window", .schedule, \.convergence.window, .steps(from: 1), default: .always(5),
    canChange: true, "The number of steps in that window.")
  package static let finalDraws = Setting(
    "final-draws", .schedule, \.evaluation.draws, .draws(from: 2),
    default: .open("by the number of distinct ones that come out"), needs: [.sampledEvaluation],
    canChange: true, "Draws of the final evaluation.")
  package static let finalSamples = Setting(
    "final-samples", .schedule, \.evaluation.maximumSamples, .integer(2...1_000_000_000),
    default: .always(20_000), needs: [.sampledEvaluation], canChange: true,
    "The largest number of distinct configurations in it.")
  package static let exactLimit = Setting(
    "exact-limit", .schedule, \.evaluation.exactLimit, .integer(0...Int.max),
    default: .always(50_000), canChange: true,
    "Sum over the whole sector up to this many configurations.")
  package static let leading = Setting(
    "leading", .schedule, \.evaluation.leading, .integer(0...Int.max), canChange: true,
    "The number of leading configurations that the result keeps.")
  package static let selectedCI = Setting(
    "selected-ci", .schedule, \.evaluation.selectedDeterminants, .integer(0...1_000_000_000),
    default: .open(
      "as many as cost little; 0 for sectors of up to 50000 that are summed exactly"),
    needs: [.molecule, .freeSpin], canChange: true,
    "Determinants of the selected CI with second order that begins with the trained state; 0 for none."
  )
  package static let seed = Setting(
    "seed", .schedule, \.seed, .integer(0...UInt64.max), "The seed of every random number.")
  package static let threads = Setting(
    "threads", .schedule, \.threads, .integer(1...1024),
    default: .by("see 'info'") { _, _ in ProcessorCount.current.count },
    canChange: true, "The number of threads; it changes results by rounding only.")

  @Sendable private static func defaultStart(_ settings: Settings, _ size: ProblemSize) -> StartKind
  {
    size.hasPeakedStart && settings.basis != .paper ? .perturbative : .random
  }

  @Sendable private static func defaultSteps(_ settings: Settings, _ size: ProblemSize) -> Int {
    if settings.basis == .paper { return 10_000 }
    return settings.optimizer.kind == .adam ? 5000 : size.isLattice ? 600 : 200
  }
}
