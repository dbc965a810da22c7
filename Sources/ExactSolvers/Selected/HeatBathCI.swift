public import Configurations
public import Hamiltonians
internal import LinearAlgebra
public import Parallelism

/// Selected configuration interaction of molecules with Epstein–Nesbet perturbation theory.
///
/// The variational space grows in stages. In each one the lowest vector is found by Davidson's method; a pass
/// over what it couples to, with matrix elements from lists by falling magnitude so that those with
/// `|H_yx c_x| ≤ ε` are never visited (heat-bath CI, A. Holmes, N. Tubman, C. Umrigar, J. Chem. Theory
/// Comput. 12, 3674 (2016)), gives the second-order energy and the determinants that the next stage takes.
/// Unlike there these are ranked by what the 2 × 2 problem with the whole coupling `V_y` gains,
/// `½(√(Δ² + 4V²) − Δ)` (as in CIPSI), because the pass has it anyway, and as many are taken as are asked for.
///
/// ### Accuracy
///
/// - ``Stage/energy`` is an upper bound to the sector's lowest energy, to some 1e-9 Eh (1e-8 where elements
///   had to be stored in Float32).
/// - `E_var + E2` is no bound. Contributions at or below ``threshold`` are left out of `E2`.
/// - Nothing depends on the number of threads. Where `E2` is sampled it depends on ``seed``.
public struct HeatBathCI: Sendable {
  /// The number of determinants of the last stage.
  public var size: Int
  /// The magnitude `ε₁` of `H_yx c_x`, in hartree, at or below which a coupling selects nothing; 0 leaves the
  /// choice to ``size``.
  public var selectionThreshold: Double
  /// The magnitude `ε₂` of `H_yx c_x`, in hartree, at or below which it is left out of the second order.
  public var threshold: Double
  /// The standard error, in hartree, that is enough where the second order does not fit into memory; 0 asks
  /// for complete sums.
  public var targetError: Double
  /// The second-order energy, in hartree, below whose magnitude a space grows no more; 0 for none.
  public var sufficientSecondOrder = 0.0
  /// The most memory to use, in bytes.
  public var memoryLimit: UInt64
  /// The seed of the second order's sample.
  public var seed: UInt64
  /// The threads to use.
  public var execution: Execution

  /// The default of ``threshold``.
  public static let defaultThreshold = 1e-9
  /// The default of ``targetError``.
  public static let defaultTargetError = 2e-5

  /// Creates a calculation.
  ///
  /// - Parameters:
  ///   - size: The number of determinants of the last stage, at least 1.
  ///   - selectionThreshold: The couplings that select nothing, in hartree; 0 for none.
  ///   - threshold: The couplings that the second order leaves out, in hartree.
  ///   - targetError: The standard error that is enough, in hartree; 0 asks for complete sums.
  ///   - memoryLimit: The most memory to use, in bytes.
  ///   - seed: The seed of samples.
  ///   - execution: The threads to use.
  public init(
    size: Int, selectionThreshold: Double = 0, threshold: Double = HeatBathCI.defaultThreshold,
    targetError: Double = HeatBathCI.defaultTargetError, memoryLimit: UInt64 = 8 << 30,
    seed: UInt64 = 0, execution: Execution = Execution()
  ) {
    precondition(size >= 1, "a space of \(size) determinants")
    precondition(
      selectionThreshold >= 0 && threshold >= 0 && targetError >= 0, "a threshold below 0")
    self.size = size
    self.selectionThreshold = selectionThreshold
    self.threshold = threshold
    self.targetError = targetError
    self.memoryLimit = memoryLimit
    self.seed = seed
    self.execution = execution
  }

  /// One size of the space.
  public struct Stage: Sendable, Hashable {
    /// The number of determinants.
    public var dimension: Int
    /// The variational energy, an upper bound, in hartree.
    public var energy: Double
    /// The second-order energy, in hartree.
    public var secondOrderEnergy: Double
    /// Its standard error, in hartree; 0 where nothing was sampled.
    public var secondOrderError: Double
    /// The norm of `(H − E) c` inside the space, in hartree.
    public var residual: Double
    /// The number of determinants outside that couple to the vector, estimated where sampled; partners
    /// under spin flip count once.
    public var perturberCount: Double
    /// `⟨S²⟩` of the vector; nil where α and β have different orbitals.
    public var spinSquared: Double?
  }

  /// What a calculation found.
  public struct Result<Word: ConfigurationWord>: Sendable {
    /// The stages, smallest first.
    public var stages: [Stage]
    /// The limit of the stages' energies; nil where there are too few of them, or nothing is left outside.
    public var extrapolation: EnergyExtrapolation?
    /// `⟨S²⟩` of the last vector; nil where α and β have different orbitals.
    public var spinSquared: Double?
    /// The determinants of the last stage; of partners under spin flip the one with the larger α string.
    public var configurations: [Configuration<Word>]
    /// Their coefficients `√m ψ`, normalised, the largest positive, with `m` the number of partners.
    public var coefficients: [Double]
    /// The parity under spin flip that was imposed; 0 for none.
    public var spinFlipParity: Int
    /// Whether nothing outside couples to the space any more.
    public var isWhole: Bool

    /// Returns the last vector over determinants, partners under spin flip both.
    ///
    /// - Returns: The determinants, all different, and their coefficients, normalised.
    public func expanded() -> (configurations: [Configuration<Word>], coefficients: [Double]) {
      let orbits = SpinFlipOrbits<Word>(parity: spinFlipParity)
      var all: [Configuration<Word>] = []
      var values: [Double] = []
      for (x, coefficient) in zip(configurations, coefficients) {
        let multiplicity = orbits.multiplicity(x)
        let value = coefficient / Double(multiplicity).squareRoot()
        all.append(x)
        values.append(value)
        if multiplicity == 2 {
          all.append(x.spinFlipped)
          values.append(orbits.sign * value)
        }
      }
      return (all, values)
    }
  }

  /// Returns the memory that a space takes beside matrix and perturbers, whose room is the rest.
  ///
  /// - Parameters:
  ///   - size: The number of determinants.
  ///   - orbitals: The number of orbitals.
  /// - Returns: An estimate in bytes.
  public static func memoryEstimate(size: Int, orbitals: Int) -> Double {
    let n = Double(orbitals)
    // Davidson's basis with products, starts and Ritz vectors, strings, hash tables, and a little matrix;
    // the Hamiltonian's tables.
    return 700 * Double(size) + (orbitals > 64 ? 8 : 20) * n * n * n * n + Double(16 << 20)
  }

  /// Returns a size whose calculation takes some ten seconds on two cores, in half of the memory at most.
  ///
  /// - Parameters:
  ///   - connections: The number of connections of a determinant.
  ///   - orbitals: The number of orbitals.
  ///   - memoryLimit: The most memory to use, in bytes.
  /// - Returns: The number of determinants.
  public static func defaultSize(
    connections: Double, orbitals: Int, memoryLimit: UInt64
  ) -> Int {
    let byTime = 2.5e8 / max(1, connections)
    let own = memoryEstimate(size: 0, orbitals: orbitals)
    let byMemory = (Double(memoryLimit) / 2 - own) / 700
    return Int(max(100, min(byTime, byMemory, 1e6)))
  }

  /// Grows a space from determinants.
  ///
  /// - Parameters:
  ///   - hamiltonian: The molecule.
  ///   - starts: Determinants of one sector, at least one; repeated ones count once.
  ///   - weights: What they are ranked by where they are more than ``size``, such as the probabilities of a
  ///     wave function; nil for the order in which they come.
  ///   - amplitudes: Guesses of their coefficients, from which the first vector is iterated; nil for none.
  ///   - firstSize: The most determinants that the starts make up; nil for ``size``.
  ///   - spinFlipParity: +1 or −1 where the state is known to be even or odd under spin flip, else 0.
  ///   - progress: Receives each stage.
  /// - Returns: The stages and the last vector.
  /// - Throws: ``EigensolverError`` where the size does not fit into memory, where a parity is asked for that
  ///   the Hamiltonian does not have, or where an iteration does not converge.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func solve<Word: ConfigurationWord>(
    _ hamiltonian: MolecularHamiltonian<Word>, from starts: [Configuration<Word>],
    weights: [Double]? = nil, amplitudes: [Double]? = nil, firstSize: Int? = nil,
    spinFlipParity: Int = 0, progress: (Stage) -> Void = { _ in }
  ) throws(EigensolverError) -> Result<Word> {
    precondition(!starts.isEmpty, "a selection needs a start")
    precondition(weights == nil || weights?.count == starts.count, "one weight for each start")
    precondition(amplitudes == nil || amplitudes?.count == starts.count, "one guess for each start")
    precondition(starts.allSatisfy(hamiltonian.contains), "a start outside the sector")
    try check(hamiltonian, spinFlipParity)
    BLAS.setThreadCount(1)
    let orbits = SpinFlipOrbits<Word>(parity: spinFlipParity)
    var space = SelectedDeterminants(orbits)
    var vector: [Double] = []
    for place in Self.order(starts, weights) where space.dimension < min(size, firstSize ?? size) {
      let before = space.representatives.count
      space.insert(starts[place])
      guard let amplitudes, space.representatives.count > before else { continue }
      let isPartner = orbits.isPartner(starts[place])
      let multiplicity = Double(orbits.multiplicity(orbits.representative(starts[place])))
      vector.append((isPartner ? orbits.sign : 1) * amplitudes[place] * multiplicity.squareRoot())
    }
    guard space.dimension > 0 else {
      throw EigensolverError(
        .invalidSector, "no start has an amplitude in a state that is odd under spin flip")
    }
    var stages: [Stage] = []
    var perturbersOfRow = 1.0
    let available =
      Double(memoryLimit) - Self.memoryEstimate(size: size, orbitals: hamiltonian.orbitalCount)
    while true {
      let numbers = DeterminantNumbers(space.representatives)
      let state = try lowest(
        space, numbers, hamiltonian, previous: vector, budget: available)
      vector = state.vector
      let isLast = space.dimension >= size
      let pass = PerturbationPass(
        hamiltonian, space.representatives, coefficients: vector, energy: state.energy,
        spinFlipParity: spinFlipParity, threshold: threshold,
        roundBytes: min(max(0.2 * available, 0x1p23), 0x1p28), execution: execution)
      let bound = pass.contributionBound()
      let wanted = isLast ? 0 : nextDimension(space.dimension) - space.dimension
      let second = SecondOrderEnergy(
        pass, expected: perturbersOfRow * bound, wanted: wanted,
        smallestGain: 1e-14 * hamiltonian.energyScale, budget: 0.75 * available,
        targetError: targetError,
        random: RandomSource(seed: seed).split(UInt64(stages.count)))
      perturbersOfRow = min(1, (second.perturberCount + 1000) / max(1, bound))
      let stage = Stage(
        dimension: space.dimension, energy: state.energy, secondOrderEnergy: second.energy,
        secondOrderError: second.error, residual: state.residual,
        perturberCount: second.perturberCount,
        spinSquared: hamiltonian.spinSquared.map { spinSquared($0, space, numbers, vector) })
      stages.append(stage)
      progress(stage)
      let chosen =
        abs(second.energy) < sufficientSecondOrder ? [] : select(pass, second, wanted)
      let before = space.dimension
      for configuration in chosen where space.dimension < size { space.insert(configuration) }
      if space.dimension > before { continue }
      var extrapolation =
        second.perturberCount == 0
        ? EnergyExtrapolation(whole: state.energy)
        : EnergyExtrapolation(
          variational: stages.map(\.energy), secondOrder: stages.map(\.secondOrderEnergy),
          errors: stages.map(\.secondOrderError))
      if let distance = Self.spinDistance(
        stages, twiceProjection: hamiltonian.alphaCount - hamiltonian.betaCount)
      {
        let depth = extrapolation.map { abs(state.energy - $0.energy) } ?? 0
        extrapolation?.widen(by: max(distance, depth))
      }
      return Result(
        stages: stages, extrapolation: extrapolation, spinSquared: stage.spinSquared,
        configurations: space.representatives, coefficients: vector,
        spinFlipParity: spinFlipParity,
        isWhole: second.perturberCount == 0)
    }
  }

  /// Whether a value of ⟨S²⟩ is off that of every single spin by more than 0.1.
  ///
  /// - Parameters:
  ///   - spinSquared: The value.
  ///   - twiceProjection: 2Sz.
  /// - Returns: Whether a vector of this value has no single spin.
  public static func mixesSpins(_ spinSquared: Double, twiceProjection: Int) -> Bool {
    var spin = Double(abs(twiceProjection)) / 2
    while spin * (spin + 1) < spinSquared - 0.1 { spin += 1 }
    return abs(spin * (spin + 1) - spinSquared) > 0.1
  }

  /// How far the state of a single spin may lie below a vector that mixes spins, in hartree; nil where it
  /// does not.
  ///
  /// While spins separate, `E_var + E2` falls with ⟨S²⟩; the last two stages say how fast.
  private static func spinDistance(_ stages: [Stage], twiceProjection: Int) -> Double? {
    guard let last = stages.last, let spin = last.spinSquared,
      mixesSpins(spin, twiceProjection: twiceProjection)
    else { return nil }
    guard stages.count > 1, let before = stages[stages.count - 2].spinSquared, before != spin
    else { return 0 }
    let previous = stages[stages.count - 2]
    let fall =
      last.energy + last.secondOrderEnergy - previous.energy - previous.secondOrderEnergy
    let lowest = Double(abs(twiceProjection)) / 2
    return abs(fall / (before - spin)) * (spin - lowest * (lowest + 1))
  }

  private func check<Word: ConfigurationWord>(
    _ hamiltonian: MolecularHamiltonian<Word>, _ parity: Int
  ) throws(EigensolverError) {
    guard
      parity == 0
        || abs(parity) == 1 && hamiltonian.alphaCount == hamiltonian.betaCount
          && !hamiltonian.isUnrestricted
    else {
      throw EigensolverError(
        .invalidSector,
        "a spin-flip parity of \(parity) needs as many α as β electrons and restricted integrals")
    }
    let needed = Self.memoryEstimate(size: size, orbitals: hamiltonian.orbitalCount)
    guard needed <= 0.9 * Double(memoryLimit), size < Int(Int32.max) / 2 else {
      throw .tooLarge(
        "a selected CI of \(size) determinants",
        neededBytes: needed < 0x1p62 ? UInt64(needed / 0.9) : .max, allowedBytes: memoryLimit,
        remedy: "choose fewer determinants or raise the limit")
    }
  }

  /// The starts' places, heaviest first.
  private static func order<Word>(
    _ starts: [Configuration<Word>], _ weights: [Double]?
  ) -> [Int] {
    guard let weights else { return Array(starts.indices) }
    return starts.indices.sorted {
      weights[$0] == weights[$1] ? $0 < $1 : weights[$0] > weights[$1]
    }
  }

  /// The size of the next stage: factors of four up to an eighth of the last size, then of two.
  private func nextDimension(_ dimension: Int) -> Int {
    for divisor in [8, 4, 2, 1] where size / divisor > dimension {
      return divisor == 8 ? min(size / 8, 4 * dimension) : size / divisor
    }
    return size
  }

  /// The perturbers that join.
  private func select<Word: ConfigurationWord>(
    _ pass: PerturbationPass<Word>, _ second: SecondOrderEnergy<Word>, _ wanted: Int
  ) -> [Configuration<Word>] {
    if wanted == 0 { return [] }
    guard selectionThreshold > threshold else { return second.best.map(\.configuration) }
    // Those that some single coupling above the threshold reaches.
    let reached = pass.with(threshold: selectionThreshold).run(
      units: Array(0..<PerturbationPass<Word>.unitCount), wanted: wanted, smallestGain: 0)
    return reached.best.map(\.configuration)
  }
}
