/// The distributions of classical spins that can be trained.
public enum SpinAnsatz: String, Codable, Sendable, Hashable, CaseIterable {
  /// Hierarchical autoregressive networks (arXiv:2203.10989).
  case han
  /// One masked network over all spins (arXiv:1809.10606).
  case van
  /// A transformer over the spins row by row.
  case transformer
  /// A RetNet over the spins row by row.
  case retnet
  /// A MADE over the spins row by row, as of wave functions.
  case made

  /// Whether spins are the tokens of a network of wave functions.
  public var isDecoder: Bool { self != .han && self != .van }
}

/// The symmetries that a distribution of classical spins is given.
public enum SpinSymmetry: String, Codable, Sendable, Hashable, CaseIterable {
  /// None.
  case none
  /// Flips of all spins, by networks that see relative spins.
  case gauge
  /// Flips, as an average `(q(s) + q(−s))/2`.
  case z2
  /// The same, also over the L shifts by rows.
  case z2Rows = "z2-rows"
  /// The same, also over all L² shifts.
  case z2Translations = "z2-translations"

  /// Whether log q is that of an average over images.
  public var isAverage: Bool { self != .none && self != .gauge }
}

/// How parameters are moved.
public enum SpinOptimizer: String, Codable, Sendable, Hashable, CaseIterable {
  /// Natural gradients in the space of the sample, network by network.
  case sr
  /// Adam.
  case adam
}

/// What a network's gradient is made from.
public enum SpinRewards: String, Codable, Sendable, Hashable, CaseIterable {
  /// What lies inside a block, given its border.
  case local
  /// `ln q + β H` of the whole configuration.
  case whole
}

/// How β rises to its final value.
public enum BetaAnnealing: String, Codable, Sendable, Hashable, CaseIterable {
  /// It is there from the first step.
  case none
  /// On a line.
  case linear
  /// `β (1 − rⁿ)`, as published.
  case geometric
}

/// Everything about the training of classical spins that a user can choose.
///
/// What is nil is decided by the model's size (``resolved(length:isUniform:)``).
public struct FreeEnergySettings: Codable, Sendable, Hashable {
  /// A set of defaults.
  public enum Preset: String, Codable, Sendable, Hashable, CaseIterable {
    /// What is fastest and most accurate here.
    case `default`
    /// That of arXiv:2203.10989: single spins in the heat bath, whole rewards, flips averaged, Adam, 1,024
    /// configurations in a step, β(1 − 0.996ⁿ), 40,000 steps. Adam's rate, which it does not give, is 0.001.
    case paper
  }

  /// Where the defaults come from.
  public var preset: Preset = .default
  /// The distribution.
  public var ansatz: SpinAnsatz = .han
  /// `van`: whether every other spin is left to the heat bath.
  public var checkerboard = false
  /// `han`: the largest side of the blocks that are drawn exactly: 1, 3 or 7.
  public var heatBathSide: Int?
  /// The number of hidden units for each input.
  public var hiddenFactor: Int?
  /// Whether outputs see spins directly, too.
  public var direct: Bool?
  /// `transformer` and `retnet`: the width of a token's vector.
  public var width: Int?
  /// `transformer` and `retnet`: the number of heads.
  public var heads: Int?
  /// `transformer` and `retnet`: the number of blocks.
  public var layers: Int?
  /// The symmetries.
  public var symmetry: SpinSymmetry?
  /// The optimiser.
  public var optimizer: SpinOptimizer?
  /// What gradients are made from.
  public var rewards: SpinRewards?
  /// η.
  public var learningRate: Double?
  /// What is left of η at the end; it falls geometrically over the second half of the steps.
  public var learningRateEnd: Double?
  /// SPRING's μ, or Adam's β₁.
  public var momentum: Double?
  /// The regularisation of natural gradients, relative to the mean diagonal of their matrix.
  public var shift: Double?
  /// The largest root mean square of the change of ln q in a natural step.
  public var maximumStep: Double?
  /// The divergence α that natural steps lower, from 0 for the free energy to 1.
  public var alpha: Double?
  /// The number of configurations in a step.
  public var samples: Int?
  /// Local rewards: how many rows of the first level each configuration makes: its images under symmetries of the
  /// torus, and itself.
  public var images: Int?
  /// Local rewards: the number of blocks of each level in a step.
  public var blockSamples: Int?
  /// Local rewards: how often the spins of a block are drawn for one border.
  public var repeats: Int?
  /// The number of steps, of those at the length asked for.
  public var steps: Int?
  /// The length at which training begins, to be doubled until it is the one asked for; 0 for no growth.
  public var growFrom: Int?
  /// The number of steps at each shorter length.
  public var growSteps: Int?
  /// How β rises.
  public var annealing: BetaAnnealing?
  /// `linear`: the number of steps until β is there.
  public var annealingSteps: Int?
  /// `geometric`: r.
  public var annealingBase: Double?
  /// The number of configurations of the evaluation.
  public var finalDraws: Int?
  /// The number of configurations that the result keeps.
  public var leading = 16
  /// The seed.
  public var seed: UInt64 = 1
  /// The number of threads; nil for all cores.
  public var threads: Int?

  /// Creates the defaults of a preset.
  public init(_ preset: Preset = .default) { self.preset = preset }

  /// Returns the settings with every default filled in.
  ///
  /// - Parameters:
  ///   - length: L.
  ///   - isUniform: Whether all couplings are the same.
  /// - Returns: The settings; of what has no effect in them nothing is said.
  public func resolved(length: Int, isUniform: Bool = true) -> FreeEnergySettings {
    var all = self
    let isPaper = preset == .paper
    let isVAN = ansatz == .van
    all.heatBathSide = heatBathSide ?? (isPaper ? 1 : min(7, length / 2 - 1))
    let isLarge = length > Self.smallLength
    // nil stands for a size by the side of the blocks.
    all.hiddenFactor = hiddenFactor ?? (isPaper || isVAN ? 1 : nil)
    all.direct = direct ?? (!isPaper && isLarge)
    all.symmetry = symmetry ?? (isPaper ? .z2 : .gauge)
    let averages = all.symmetry?.isAverage == true
    let isWhole = isPaper || averages || optimizer == .adam || ansatz.isDecoder
    all.rewards = rewards ?? (isWhole ? .whole : .local)
    if ansatz == .transformer || ansatz == .retnet {
      all.width = width ?? 32
      all.heads = heads ?? 4
      all.layers = layers ?? 2
    }
    all.optimizer = optimizer ?? (all.rewards == .whole ? .adam : .sr)
    let isNatural = all.optimizer == .sr
    all.learningRate = learningRate ?? (isNatural ? (isLarge ? 0.05 : 0.1) : 1e-3)
    all.learningRateEnd = learningRateEnd ?? (isPaper ? 1 : 0.1)
    all.momentum = momentum ?? (isNatural ? 0.95 : 0.9)
    all.shift = shift ?? (isLarge ? 1e-2 : 1e-3)
    all.maximumStep = maximumStep ?? 0.5
    all.alpha = alpha ?? 0.5
    // What lies below the first level costs most where blocks are many, and is the same for all images.
    let rows = length > 256 ? 256 : 1024
    all.images = images ?? (all.rewards == .local && isUniform && isLarge ? 2 : 1)
    all.samples = samples ?? max(16, rows / max(1, all.images ?? 1) / 16 * 16)
    all.repeats = repeats ?? 4
    all.blockSamples = blockSamples ?? samples ?? rows
    all.steps = steps ?? (isPaper ? 40_000 : Self.defaultSteps(length, isNatural: isNatural))
    let canGrow = ansatz == .han && all.rewards == .local && isUniform && steps != 0
    // In longer lattices new lines learn too slowly where β is there from the first step.
    all.growFrom = growFrom ?? (canGrow && length == 2 * Self.smallLength ? Self.smallLength : 0)
    let isGrown = all.growFrom != 0
    all.growSteps = growSteps ?? (isGrown ? 1500 : nil)
    all.annealing = annealing ?? (isPaper ? .geometric : .linear)
    let rising = all.growSteps.map { $0 / 3 } ?? (all.steps ?? 1) * (isLarge ? 2 : 1) / 5
    all.annealingSteps = annealingSteps ?? max(1, rising)
    all.annealingBase = annealingBase ?? 0.996
    let images =
      all.symmetry == .z2Translations ? length * length : all.symmetry == .z2Rows ? length : 1
    all.finalDraws =
      finalDraws ?? max(4096, min(1 << 19, (1 << 29) / (length * length * images)))
    return all
  }

  /// The length up to which networks are larger: many more parameters than configurations in a step make natural
  /// gradients noisy.
  static let smallLength = 32

  private static func defaultSteps(_ length: Int, isNatural: Bool) -> Int {
    if !isNatural { return 10_000 }
    return switch length {
    case ...8: 500
    case ...16: 1600
    case ...32: 4000
    case ...64: 6000
    case ...128: 10_000
    default: 2000
    }
  }

  /// β at a step, counted from 1.
  public func beta(at step: Int, final beta: Double) -> Double {
    switch annealing ?? .none {
    case .none: beta
    case .linear: beta * min(1, Double(step) / Double(max(1, annealingSteps ?? 1)))
    case .geometric: beta * (1 - power(annealingBase ?? 0.996, step))
    }
  }

  /// η at a step of so many, counted from 1.
  public func rate(at step: Int, of steps: Int) -> Double {
    let progress = Double(step) / Double(max(1, steps))
    let rate = learningRate ?? 0
    return progress <= 0.5 ? rate : rate * power(learningRateEnd ?? 1, 2 * progress - 1)
  }
}
