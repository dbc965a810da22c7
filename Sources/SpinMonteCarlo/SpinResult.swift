/// Local energies of chains, round by round.
struct ChainStatistics {
  private var weights: [[Double]] = []
  private var energies: [[Double]] = []
  private var imaginary = 0.0
  /// |Im E_loc|².
  private var imaginarySquares: [[Double]] = []
  /// The sum of all weights.
  private var total = 0.0
  let chains: Int

  init(chains: Int) { self.chains = chains }

  mutating func add(_ local: SpinLocalEnergies) {
    // Normalised once for all rounds: a ratio of sums over few configurations is biased.
    let raw = local.weights.map { $0 * local.weightSum }
    weights.append(raw)
    energies.append(local.real)
    total += local.weightSum
    imaginarySquares.append(local.imaginary.map { $0 * $0 })
    imaginary += zip(raw, local.imaginary).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
  }

  var rounds: Int { energies.count }

  /// The weighted mean of all.
  var mean: Double {
    var sum = 0.0
    for (w, e) in zip(weights, energies) { for chain in 0..<chains { sum += w[chain] * e[chain] } }
    return sum / total
  }

  /// The mean of |E_loc − E|².
  var variance: Double {
    let mean = mean
    var sum = 0.0
    for (w, e) in zip(weights, energies) {
      for chain in 0..<chains { sum += w[chain] * (e[chain] - mean) * (e[chain] - mean) }
    }
    return (sum + imaginary) / total
  }

  /// The standard error of `Var / E²`, from the spread of the chains' means of its linear part.
  var relativeVarianceError: Double {
    let (mean, variance) = (mean, variance)
    let unit = total / Double(chains * rounds)
    let square = max(mean * mean, 1e-300)
    var sum = 0.0
    for chain in 0..<chains {
      let terms = (0..<rounds).map { round -> Double in
        let deviation = energies[round][chain] - mean
        let size = deviation * deviation + imaginarySquares[round][chain]
        return weights[round][chain] / unit
          * ((size - variance) / square - 2 * variance * deviation / (square * mean))
      }
      let centre = terms.reduce(0, +) / Double(rounds)
      sum += centre * centre
    }
    return (sum / (Double(chains) * Double(max(1, chains - 1)))).squareRoot()
  }

  /// The variance of the means of chains, and the mean over chains of the variance inside one, of
  /// `w (E_loc − E)`: the linear part of the weighted mean.
  var variances: (between: Double, inside: Double) {
    let mean = mean
    let n = Double(rounds)
    let unit = total / Double(chains * rounds)
    var (between, inside) = (0.0, 0.0)
    for chain in 0..<chains {
      let terms = (0..<rounds).map { weights[$0][chain] * (energies[$0][chain] - mean) / unit }
      let centre = terms.reduce(0, +) / n
      between += centre * centre
      inside += terms.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    }
    return (
      between / Double(max(1, chains - 1)), inside / (Double(chains) * max(1, n - 1))
    )
  }
}

/// What the evaluation of a state by Markov chains gives.
public struct SpinResult: Sendable, Hashable {
  /// The energy, total.
  public let energy: Double
  /// Its standard error, from the spread of the chains' means.
  public let energyError: Double
  /// The variance of the local energy.
  public let variance: Double
  /// `N Var(E) / E²` (arXiv:2302.04919).
  public let vScore: Double
  /// Its standard error, from the spread of the chains' means.
  public let vScoreError: Double
  /// The number of sites.
  public let siteCount: Int
  /// The number of configurations.
  public let samples: Int
  /// The number of chains.
  public let chains: Int
  /// The share of proposals that were accepted.
  public let acceptance: Double
  /// The autocorrelation time of the local energy in rounds: 1 for independent configurations.
  public let autocorrelationTime: Double
  /// Gelman's and Rubin's R̂: 1 where chains agree.
  public let potentialScaleReduction: Double
  /// What the state's symmetry was measured to be; nil where no projection was asked for.
  public let symmetry: SymmetryFinding?
  /// The energy at zero variance, by a line through the stages of training; nil where they do not give one.
  public let extrapolation: VarianceExtrapolation?
  /// Correlations of spins; nil where they were not asked for.
  public let observables: SpinObservables?
  /// Whether eigenstates have a total spin.
  private let hasTotalSpin: Bool

  init(
    _ statistics: ChainStatistics, siteCount: Int, acceptance: Double, symmetry: SymmetryFinding?,
    extrapolation: VarianceExtrapolation?, observables: SpinObservables?, hasTotalSpin: Bool
  ) {
    self.hasTotalSpin = hasTotalSpin
    self.symmetry = symmetry
    self.extrapolation = extrapolation
    self.observables = observables
    let chains = Double(statistics.chains)
    let rounds = Double(statistics.rounds)
    let (between, inside) = statistics.variances
    energy = statistics.mean
    energyError = (between / chains).squareRoot()
    variance = statistics.variance
    vScore = Double(siteCount) * variance / max(energy * energy, 1e-300)
    vScoreError = Double(siteCount) * statistics.relativeVarianceError
    self.siteCount = siteCount
    samples = statistics.chains * statistics.rounds
    self.chains = statistics.chains
    self.acceptance = acceptance
    let pooled = (rounds - 1) / rounds * inside + between
    autocorrelationTime = pooled > 0 ? rounds * between / pooled : 1
    potentialScaleReduction = inside > 0 ? (pooled / inside).squareRoot() : 1
  }

  /// The effective number of independent configurations.
  public var effectiveSamples: Double { Double(samples) / max(1, autocorrelationTime) }
}

extension SpinLocalEnergies {
  /// Returns local energies that are at most some mean absolute deviations from their mean.
  ///
  /// - Parameter limit: The number of deviations; 0 for no limit.
  /// - Returns: The energies.
  func clipped(to limit: Double) -> SpinLocalEnergies {
    if limit <= 0 || real.isEmpty { return self }
    func clip(_ values: [Double]) -> [Double] {
      let centre = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 }
      let deviation = zip(weights, values).reduce(0) { $0 + $1.0 * abs($1.1 - centre) }
      let range = centre - limit * deviation...centre + limit * deviation
      return values.map { min(max($0, range.lowerBound), range.upperBound) }
    }
    return SpinLocalEnergies(
      real: clip(real), imaginary: clip(imaginary), weights: weights,
      weightSum: weightSum)
  }
}

extension SpinResult {
  /// The numbers of the result by the names that they have in JSON and in result files.
  public var numbers: [(name: String, value: Double)] {
    let n = Double(siteCount)
    return [
      ("energy", energy), ("energy_error", energyError), ("energy_per_site", energy / n),
      ("energy_per_site_error", energyError / n), ("variance", variance), ("v_score", vScore),
      ("v_score_error", vScoreError),
      ("acceptance", acceptance), ("autocorrelation_time", autocorrelationTime),
      ("effective_samples", effectiveSamples), ("r_hat", potentialScaleReduction),
    ]
  }

  /// Whether another sector is unlikely to be lower than that of the projection.
  public var isSymmetryEstablished: Bool { symmetry?.isEstablished(at: energy) ?? true }

  /// Whether the chains support the energy's error bar.
  public var isReliable: Bool { warnings.isEmpty }

  /// What speaks against the numbers, in sentences.
  public var warnings: [String] {
    var warnings: [String] = []
    if !energy.isFinite || !variance.isFinite {
      warnings.append(
        "the energy is not a finite number: amplitudes have left the range of numbers")
    }
    if acceptance < 0.02 {
      warnings.append(
        "the chains accept \(Self.percent(acceptance)) of their moves: they may not have seen all of the state, and the "
          + "energy may be wrong by more than its error")
    }
    // Chains that agree have 1; 1.1 is the customary limit for some hundred rounds, and with few rounds noise alone
    // gives 1 + 1/rounds.
    let rounds = Double(samples) / Double(chains)
    if potentialScaleReduction > 1.1 + 1 / rounds {
      warnings.append(
        "the chains do not agree (R-hat = \((100 * potentialScaleReduction).rounded() / 100)): take a larger `sweep` or "
          + "more `final-samples`")
    }
    if let symmetry, !symmetry.isProjected {
      warnings.append(
        "the state shows no one-dimensional irrep (the largest weight is \(Self.percent(symmetry.weight))): it was not "
          + "projected; train longer before `project-steps`")
    }
    if let symmetry, symmetry.isMissed {
      warnings.append(
        "the state shows no one-dimensional irrep of the last stage of `project`: it stays projected on "
          + symmetry.irrep)
    }
    if let symmetry, !isSymmetryEstablished {
      warnings.append(
        "symmetry not established: the sectors \(symmetry.irrep) and \(symmetry.nextSector?.irrep ?? "") were no further apart "
          + "when they were compared than three standard errors, or than the state has come down since; name one with `project-parity`, `project-momentum` and `project-irrep`, "
          + "and compare")
    }
    if hasTotalSpin, let square = observables?.totalSpinSquared {
      let spin = ((0.25 + max(0, square.value)).squareRoot() - 0.5)
      // Of either parity of N.
      let nearest = siteCount % 2 == 0 ? spin.rounded() : spin.rounded(.down) + 0.5
      let deviation = abs(square.value - nearest * (nearest + 1))
      if deviation > 0.1, deviation > 5 * square.error {
        warnings.append(
          "SPIN CONTAMINATION: <S^2> is \((1000 * square.value).rounded() / 1000), and \(nearest * (nearest + 1)) of the "
            + "nearest multiplet")
      }
    }
    if vScore > 0.1 {
      warnings.append(
        "the V-score is \((100 * vScore).rounded() / 100): the state is far from an eigenstate; take more `steps` or a "
          + "larger network")
    }
    return warnings
  }

  private static func percent(_ share: Double) -> String {
    "\((1000 * share).rounded() / 10) %"
  }
}
