public import ArgumentParser
public import FreeEnergy

extension SpinSymmetry: ExpressibleByArgument {}
extension SpinRewards: ExpressibleByArgument {}
extension BetaAnnealing: ExpressibleByArgument {}

/// The options that only `solve --lattice classical-ising` has.
struct ClassicalOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "van: leave every other spin to the heat bath. (default: no)")
  var checkerboard: Bool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "han: the largest blocks that are drawn exactly: 1, 3 or 7. (default: 7; with --preset paper 1)",
      valueName: "side"))
  var heatBath: Int?

  @Option(
    parsing: .unconditional,
    help: """
      Hidden units for each input. (default: 2 for lines and blocks up to 32, 1 for longer ones, for van and with \
      --preset paper)
      """)
  var hiddenFactor: Int?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Let outputs see spins without a hidden layer, too. (default: from length 64 on)")
  var direct: Bool?

  @Option(
    help: """
      none; gauge: networks see relative spins; z2, z2-rows, z2-translations: averages over flips and shifts. \
      (default: gauge; with --preset paper z2)
      """)
  var symmetry: SpinSymmetry?

  @Option(
    help: "Gradients from local rewards or from those of whole configurations. (default: local)")
  var rewards: SpinRewards?

  @Option(
    parsing: .unconditional,
    help: """
      Local rewards: as how many images under the torus's symmetries the first level learns each configuration. \
      (default: 2 from length 64 on, else 1)
      """)
  var images: Int?

  @Option(
    parsing: .unconditional,
    help:
      "Local rewards: blocks of each level in a step. (default: 1024, from length 512 on 256, or as --samples)"
  )
  var blockSamples: Int?

  @Option(
    parsing: .unconditional,
    help: "Local rewards: how often a block is drawn for one border. (default: 4)")
  var repeats: Int?

  @Option(
    help: """
      How β rises to its value: none, linear, or geometric as published. \
      (default: linear; with --preset paper geometric)
      """)
  var betaAnnealing: BetaAnnealing?

  @Option(
    parsing: .unconditional,
    help: """
      linear: the steps until β is there. (default: a third of --grow-steps; without growth a fifth of --steps, \
      from length 64 on two)
      """
  )
  var betaSteps: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      han: the length at which training begins, to be doubled until it is that of --size; 0: no growth. (default: \
      32 for length 64, else 0)
      """,
      valueName: "length"))
  var growFrom: Int?

  @Option(
    parsing: .unconditional, help: "The steps at each length before that of --size. (default: 1500)"
  )
  var growSteps: Int?

  @Option(
    parsing: .unconditional, help: "geometric: r of β(1 - r^step). (default: 0.996)")
  var betaBase: Double?

  @Option(
    parsing: .unconditional,
    help: """
      What is left of --learning-rate at the end; it falls over the second half. (default: 0.1; with \
      --preset paper 1)
      """)
  var learningRateEnd: Double?

  @Option(
    parsing: .unconditional,
    help: """
      The divergence that natural steps lower: 0 is the free energy; larger ones, up to 1, hold on to what is \
      rarely drawn. (default: 0.5)
      """)
  var alpha: Double?

  /// The options that were given, by name.
  var given: [String] { givenOptions(of: self) }

  /// Returns these options over those of a file.
  func over(_ other: ClassicalOptions) -> ClassicalOptions {
    var merged = self
    merged.checkerboard = checkerboard ?? other.checkerboard
    merged.heatBath = heatBath ?? other.heatBath
    merged.hiddenFactor = hiddenFactor ?? other.hiddenFactor
    merged.direct = direct ?? other.direct
    merged.symmetry = symmetry ?? other.symmetry
    merged.rewards = rewards ?? other.rewards
    merged.images = images ?? other.images
    merged.blockSamples = blockSamples ?? other.blockSamples
    merged.repeats = repeats ?? other.repeats
    merged.betaAnnealing = betaAnnealing ?? other.betaAnnealing
    merged.betaSteps = betaSteps ?? other.betaSteps
    merged.betaBase = betaBase ?? other.betaBase
    merged.growFrom = growFrom ?? other.growFrom
    merged.growSteps = growSteps ?? other.growSteps
    merged.alpha = alpha ?? other.alpha
    merged.learningRateEnd = learningRateEnd ?? other.learningRateEnd
    return merged
  }

  /// Sets what was given.
  func apply(to settings: inout FreeEnergySettings) {
    settings.checkerboard = checkerboard ?? settings.checkerboard
    settings.heatBathSide = heatBath ?? settings.heatBathSide
    settings.hiddenFactor = hiddenFactor ?? settings.hiddenFactor
    settings.direct = direct ?? settings.direct
    settings.symmetry = symmetry ?? settings.symmetry
    settings.rewards = rewards ?? settings.rewards
    settings.images = images ?? settings.images
    settings.blockSamples = blockSamples ?? settings.blockSamples
    settings.repeats = repeats ?? settings.repeats
    settings.annealing = betaAnnealing ?? settings.annealing
    settings.annealingSteps = betaSteps ?? settings.annealingSteps
    settings.annealingBase = betaBase ?? settings.annealingBase
    settings.growFrom = growFrom ?? settings.growFrom
    settings.growSteps = growSteps ?? settings.growSteps
    settings.alpha = alpha ?? settings.alpha
    settings.learningRateEnd = learningRateEnd ?? settings.learningRateEnd
  }

  /// Throws where an option was given: another problem is solved.
  func refuse() throws(ToolError) {
    if let name = given.first {
      throw ToolError("--\(name) is for --lattice classical-ising.")
    }
  }
}
