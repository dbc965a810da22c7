public import Configurations
public import LinearAlgebra
public import Parallelism

/// A small selected configuration interaction: the most important configurations, their vector,
/// and the first-order amplitudes of what they connect to.
///
/// Perturbative selection after B. Huron, J. P. Malrieu, P. Rancurel (CIPSI, J. Chem. Phys. 58,
/// 5745 (1973)), for any operator given by its rows. From the present vector `c` of energy `E`,
/// each outside configuration `y` has the coupling `V_y = Σ_x H_yx c_x` and the gap
/// `Δ_y = H_yy − E`; those that lower the energy most in the 2 × 2 problem,
/// `½(√(Δ² + 4V²) − Δ)`, join. That measure equals Epstein–Nesbet's `V²/Δ` for large gaps and
/// stays finite for small ones.
///
/// The operator conserves what it conserves: all configurations have the irreps and particle
/// numbers of the starts. The result is deterministic.
public struct SelectedCI<Word: ConfigurationWord>: Sendable {
  /// The most configurations of the variational space.
  public var maximumConfigurations: Int
  /// The factor by which the space grows in each round, above 1.
  public var growth: Double
  /// Whether a determinant and its spin-flipped partner always join together; for determinants
  /// with as many α as β electrons and a Hamiltonian that treats both alike.
  public var keepsSpinFlips: Bool
  /// The magnitude at or below which matrix elements are left out, in units of the scale.
  public var cutoff: Double
  /// The energy gain below which a configuration is not worth adding, in units of the scale.
  public var smallestGain: Double
  /// What energies are measured by.
  public var energyScale: Double
  /// The threads of its rows.
  public var execution: Execution

  /// Creates a selection.
  ///
  /// - Parameters:
  ///   - maximumConfigurations: The most configurations of the variational space.
  ///   - growth: The factor by which the space grows in each round, above 1.
  ///   - keepsSpinFlips: Whether spin-flipped partners join together.
  ///   - cutoff: The magnitude at or below which matrix elements are left out, in units of the scale.
  ///   - smallestGain: The energy gain below which a configuration is not added, in units of the scale.
  ///   - energyScale: What energies are measured by.
  ///   - execution: The threads to use.
  public init(
    maximumConfigurations: Int, growth: Double = 3, keepsSpinFlips: Bool = false,
    cutoff: Double = 0, smallestGain: Double = 1e-14, energyScale: Double = 1,
    execution: Execution = Execution()
  ) {
    precondition(growth > 1, "a space that grows by a factor of \(growth) does not grow")
    self.maximumConfigurations = maximumConfigurations
    self.growth = growth
    self.keepsSpinFlips = keepsSpinFlips
    self.cutoff = cutoff
    self.smallestGain = smallestGain
    self.energyScale = energyScale
    self.execution = execution
  }

  /// What a selection found.
  public struct Result: Sendable {
    /// The variational space, starts first.
    public var configurations: [Configuration<Word>]
    /// The normalised vector over ``configurations``, its largest coefficient positive.
    public var coefficients: [Double]
    /// The variational energy, an upper bound.
    public var energy: Double
    /// The configurations outside that couple to the vector.
    public var perturbers: [Configuration<Word>]
    /// The first-order amplitudes `V_y/(E − H_yy)` of ``perturbers``; where the gap is smaller
    /// than the coupling, the amplitude of the 2 × 2 problem.
    public var amplitudes: [Double]
    /// The second-order Epstein–Nesbet correction `Σ V_y²/(E − H_yy)`, with the same exception.
    public var secondOrderEnergy: Double
    /// `Σ c_x c_x̄` with `x̄` the spin-flipped `x`: +1 for even and −1 for odd total spin, nil
    /// where partners are not kept.
    public var spinFlipParity: Double?
    /// Whether every diagonalisation converged.
    public var isConverged: Bool
  }

  /// Grows a space from start configurations.
  ///
  /// - Parameters:
  ///   - starts: Configurations of one sector, at least one; repeated ones count once.
  ///   - hamiltonian: The operator.
  /// - Returns: The variational vector and its perturbers.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func run(
    from starts: [Configuration<Word>], _ hamiltonian: any Hamiltonian<Word>
  ) throws(LinearAlgebraError) -> Result {
    precondition(!starts.isEmpty, "a selection needs a start")
    var space = SelectedSpace<Word>(energyScale: energyScale, execution: execution)
    for start in starts {
      space.insert(start)
      if keepsSpinFlips { space.insert(start.spinFlipped) }
    }
    var converged = true
    while true {
      space.addRows(hamiltonian, cutoff: cutoff * energyScale)
      converged = try space.diagonalise() && converged
      if keepsSpinFlips { space.purifyParity() }
      let perturbers = space.perturbers()
      let target = min(
        maximumConfigurations, max(space.count + 1, Int(Double(space.count) * growth)))
      let chosen =
        space.count >= maximumConfigurations
        ? [] : select(target - space.count, perturbers: perturbers)
      if chosen.isEmpty {
        return space.result(
          perturbers, isConverged: converged,
          parity: keepsSpinFlips ? space.spinFlipParity : nil)
      }
      for configuration in chosen { space.insert(configuration) }
    }
  }

  /// Returns the perturbers of largest gain, at most `count`, partners together.
  @inline(__always)
  private func select(_ count: Int, perturbers: [Perturber<Word>]) -> [Configuration<Word>] {
    // Partners have the same gain up to rounding; the one with the smaller α string stands for
    // both.
    var candidates: [(gain: Double, configuration: Configuration<Word>)] = []
    for perturber in perturbers
    where !keepsSpinFlips || perturber.configuration.alpha <= perturber.configuration.beta {
      let gain = perturber.gain
      if gain > smallestGain * energyScale { candidates.append((gain, perturber.configuration)) }
    }
    keepLargest(count, of: &candidates)
    var chosen: [Configuration<Word>] = []
    for candidate in candidates {
      let x = candidate.configuration
      let partners = keepsSpinFlips && x.alpha != x.beta
      // A round without room for a pair ends the growth.
      if chosen.count + (partners ? 2 : 1) > count { break }
      chosen.append(x)
      if partners { chosen.append(x.spinFlipped) }
    }
    return chosen
  }
}

/// Keeps the candidates of largest gain, at least `count` of them where there are, sorted.
@inline(__always)
func keepLargest<Word: ConfigurationWord>(
  _ count: Int, of candidates: inout [(gain: Double, configuration: Configuration<Word>)]
) {
  // Of many only the best are sorted: a histogram over the leading bits of the gains finds a bound
  // below which none is needed.
  let shift: UInt64 = 48
  if candidates.count > 4096 {
    var histogram = [Int](repeating: 0, count: 1 << 16)
    for candidate in candidates { histogram[Int(candidate.gain.bitPattern >> shift)] += 1 }
    var bound = histogram.count
    var above = 0
    while bound > 0, above < count {
      bound -= 1
      above += histogram[bound]
    }
    candidates.removeAll { Int($0.gain.bitPattern >> shift) < bound }
  }
  candidates.sort { first, second in
    if first.gain != second.gain { return first.gain > second.gain }
    let x = first.configuration
    let y = second.configuration
    return (x.alpha, x.beta) < (y.alpha, y.beta)
  }
}

/// An outside configuration with its coupling to the present vector.
struct Perturber<Word: ConfigurationWord> {
  var configuration: Configuration<Word>
  /// `V = Σ_x H_yx c_x`.
  var coupling: Double
  /// `Δ = H_yy − E`.
  var gap: Double

  /// The energy that the 2 × 2 problem gains.
  var gain: Double { SecondOrder.gain(coupling: coupling, gap: gap) }

  /// The first-order amplitude `−V/Δ`, for small gaps that of the 2 × 2 problem.
  var amplitude: Double {
    if gap > abs(coupling) { return -coupling / gap }
    return coupling == 0 ? 0 : -gain / coupling
  }

  /// The second-order energy `−V²/Δ`, for small gaps what the 2 × 2 problem gains.
  var energy: Double { SecondOrder.energy(coupling: coupling, gap: gap) }
}

/// What a state gains from one coupled to it by `V`, higher by `Δ`.
package enum SecondOrder {
  /// Returns what the 2 × 2 problem gains, `½(√(Δ² + 4V²) − Δ)`.
  @inlinable
  package static func gain(coupling: Double, gap: Double) -> Double {
    // Without cancellation for large positive gaps.
    let root = (gap * gap + 4 * coupling * coupling).squareRoot()
    return gap > 0 ? 2 * coupling * coupling / (root + gap) : (root - gap) / 2
  }

  /// Returns the second-order energy `−V²/Δ`, for small gaps what the 2 × 2 problem gains.
  @inlinable
  package static func energy(coupling: Double, gap: Double) -> Double {
    gap > abs(coupling) ? -coupling * coupling / gap : -gain(coupling: coupling, gap: gap)
  }
}
