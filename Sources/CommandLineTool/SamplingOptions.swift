internal import ArgumentParser
internal import Estimators
internal import Training

/// The training sample.
struct SamplingOptions: ParsableArguments {
  @Option(help: "The largest number of distinct configurations in a step. (default: by size)")
  var samples: Int?

  @Option(help: "The number of draws that they stand for; costs no more. (default: by size)")
  var draws: Int?

  @Option(
    help: """
      The exponent α of the training distribution |ψ|^(2α) at the start, in (0, 1]; 1 is plain \
      |ψ|² sampling. (default: by size)
      """)
  var exponent: Double?

  func validate() throws {
    try require("samples", samples, "from 2 to 1000000000") { (2...1_000_000_000) ~= $0 }
    // Counts are kept as Float64, which holds whole numbers up to 2^53.
    try require("draws", draws, "from 1 to 2^53") { $0 >= 1 && $0 <= 1 << 53 }
    try require("exponent", exponent, "in (0, 1]") { $0 > 0 && $0 <= 1 }
  }

  func apply(to settings: inout SamplingSettings) {
    assign(samples, to: &settings.maximumSamples)
    assign(draws, to: &settings.draws)
    assign(exponent, to: &settings.exponent)
  }
}

/// The optimiser's numbers.
struct OptimizerOptions: ParsableArguments {
  @Option(help: "Natural gradient with momentum (sr), or adam. (default: sr)")
  var optimizer: OptimizerKind?

  @Option(help: "The step length; for sr a fraction of the full step. (default: by method)")
  var learningRate: Double?

  @Option(help: "The momentum of sr, or Adam's first decay, in [0, 1). (default: by method)")
  var momentum: Double?

  @Option(help: "The relative regularisation of the natural gradient. (default: by size)")
  var shift: Double?

  @Option(help: "Adam's decoupled weight decay. (default: 0)")
  var weightDecay: Double?

  @Option(help: "The largest norm of one natural-gradient step. (default: by size)")
  var maximumStep: Double?

  func validate() throws {
    try require("learning-rate", learningRate, "positive") { $0 > 0 && $0.isFinite }
    try require("momentum", momentum, "in [0, 1)") { $0 >= 0 && $0 < 1 }
    try require("shift", shift, "positive") { $0 > 0 && $0.isFinite }
    try require("weight-decay", weightDecay, "at least 0") { $0 >= 0 && $0.isFinite }
    try require("maximum-step", maximumStep, "positive") { $0 > 0 && $0.isFinite }
  }

  func apply(to settings: inout OptimizerSettings) {
    assign(optimizer, to: &settings.kind)
    assign(learningRate, to: &settings.learningRate)
    assign(momentum, to: &settings.momentum)
    assign(shift, to: &settings.shift)
    assign(weightDecay, to: &settings.weightDecay)
    assign(maximumStep, to: &settings.maximumStep)
  }
}

/// The entropy term of variational neural annealing.
struct AnnealingOptions: ParsableArguments {
  @Option(help: "The temperature's schedule. (default: by problem)")
  var annealing: AnnealingKind?

  @Option(help: "The first temperature, in the energy's unit. (default: 0.3)")
  var t0: Double?

  @Option(help: "The number of steps from there to zero. (default: half of --steps)")
  var annealingSteps: Int?

  @Option(help: "Steps at the first temperature before that. (default: 0)")
  var warmUpSteps: Int?

  func validate() throws {
    try require("t0", t0, "at least 0") { $0 >= 0 && $0.isFinite }
    try require("annealing-steps", annealingSteps, "from 1 to 1000000000") {
      (1...1_000_000_000) ~= $0
    }
    try require("warm-up-steps", warmUpSteps, "from 0 to 1000000000") { (0...1_000_000_000) ~= $0 }
  }

  func apply(to settings: inout AnnealingSettings) {
    assign(annealing, to: &settings.kind)
    assign(t0, to: &settings.initialTemperature)
    assign(annealingSteps, to: &settings.steps)
    assign(warmUpSteps, to: &settings.warmUpSteps)
  }
}

/// How local energies are computed in training.
struct LocalEnergyOptions: ParsableArguments {
  @Option(help: "How local energies are computed in training. (default: by size)")
  var localEnergy: LocalEnergyMode?

  @Option(help: "Matrix elements smaller than this are dropped. (default: 1e-10)")
  var cutoff: Double?

  @Option(help: "screened: elements larger than this are always kept. (default: 1e-3)")
  var screening: Double?

  @Option(help: "screened: draws from the others for each configuration. (default: 32)")
  var screenedDraws: Int?

  func validate() throws {
    try require("cutoff", cutoff, "at least 0") { $0 >= 0 && $0.isFinite }
    try require("screening", screening, "at least 0") { $0 >= 0 && $0.isFinite }
    try require("screened-draws", screenedDraws, "at least 1") { $0 >= 1 }
  }

  func apply(to settings: inout LocalEnergySettings) {
    assign(localEnergy, to: &settings.mode)
    assign(cutoff, to: &settings.cutoff)
    assign(screening, to: &settings.screening)
    assign(screenedDraws, to: &settings.screenedDraws)
  }
}
