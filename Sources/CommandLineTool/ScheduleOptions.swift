internal import ArgumentParser
internal import Training

/// How a run starts, when it stops and what it does at the end.
struct ScheduleOptions: ParsableArguments {
  @Option(
    help: "The first parameters. (default: perturbative; random for the Ising model)")
  var start: StartKind?

  @Option(help: "Determinants in the perturbative start's small CI. (default: by size)")
  var startDeterminants: Int?

  @Option(help: "Steps that fit the network to the start. (default: by size)")
  var startSteps: Int?

  @Option(help: "The largest number of steps. (default: by size)")
  var steps: Int?

  @Option(help: "Stop when the energy changes less than this over the window. (default: by size)")
  var energyTolerance: Double?

  @Option(help: "The number of steps in that window. (default: by size)")
  var window: Int?

  @Option(help: "Draws of the final evaluation. (default: by size)")
  var finalDraws: Int?

  @Option(help: "The largest number of distinct configurations in it. (default: by size)")
  var finalSamples: Int?

  @Option(help: "Sum over the whole sector up to this many configurations. (default: by size)")
  var exactLimit: Int?

  @Option(help: "The number of leading configurations that the result keeps. (default: 100)")
  var leading: Int?

  @Option(help: "The seed of every random number. (default: 1)")
  var seed: UInt64?

  @Option(help: "The number of threads; it changes results by rounding only. (default: see 'info')")
  var threads: Int?

  func validate() throws {
    try require("start-determinants", startDeterminants, "from 1 to 1000000") {
      (1...1_000_000) ~= $0
    }
    try require("start-steps", startSteps, "from 0 to 1000000000") { (0...1_000_000_000) ~= $0 }
    try require("steps", steps, "from 1 to 1000000000") { (1...1_000_000_000) ~= $0 }
    try require("energy-tolerance", energyTolerance, "positive") { $0 > 0 && $0.isFinite }
    try require("window", window, "from 2 to 1000000000") { (2...1_000_000_000) ~= $0 }
    // Counts are kept as Float64, which holds whole numbers up to 2^53.
    try require("final-draws", finalDraws, "from 2 to 2^53") { $0 >= 2 && $0 <= 1 << 53 }
    try require("final-samples", finalSamples, "from 2 to 1000000000") {
      (2...1_000_000_000) ~= $0
    }
    try require("exact-limit", exactLimit, "at least 0") { $0 >= 0 }
    try require("leading", leading, "at least 0") { $0 >= 0 }
    try require("threads", threads, "from 1 to 1024") { $0 >= 1 && $0 <= 1024 }
  }

  func apply(to settings: inout Settings) {
    assign(start, to: &settings.start.kind)
    assign(startDeterminants, to: &settings.start.determinants)
    assign(startSteps, to: &settings.start.steps)
    assign(steps, to: &settings.convergence.steps)
    assign(energyTolerance, to: &settings.convergence.energyTolerance)
    assign(window, to: &settings.convergence.window)
    assign(finalDraws, to: &settings.evaluation.draws)
    assign(finalSamples, to: &settings.evaluation.maximumSamples)
    assign(exactLimit, to: &settings.evaluation.exactLimit)
    assign(leading, to: &settings.evaluation.leading)
    assign(seed, to: &settings.seed)
    assign(threads, to: &settings.threads)
  }
}
