public import Configurations
public import Hamiltonians
public import LinearAlgebra
public import Parallelism

/// A sector that the ground state may lie in.
public struct SectorCandidate<Word: ConfigurationWord>: Sendable {
  /// Its name, such as "irrep 3, even under spin flip".
  public var label: String
  /// Its configurations and symmetries.
  public var space: ConfigurationSpace<Word>
  /// Configurations of low energy from which those of the sector are looked for; they need not be of
  /// the sector, and there may be none where it is small enough to be listed.
  public var seeds: [Configuration<Word>]

  /// Creates a candidate.
  public init(
    label: String, space: ConfigurationSpace<Word>, seeds: [Configuration<Word>] = []
  ) {
    self.label = label
    self.space = space
    self.seeds = seeds
  }
}

/// The lowest state of a sector.
public struct SectorVector<Word: ConfigurationWord>: Sendable {
  /// Its energy.
  public var energy: Double
  /// The representatives, heaviest first.
  public var configurations: [Configuration<Word>]
  /// The coefficients over the normalised states of the representatives, `√m ψ`.
  public var coefficients: [Double]
}

/// Finds out in which of several symmetry sectors a Hamiltonian's ground state lies.
///
/// A wrong sector has a perfect eigenstate of a wrong energy, which no diagnostic of the state
/// shows, so a sector may only be imposed where it is known to be the right one. In each candidate a
/// selected configuration interaction grows by factors of two (``SectorSelection``), whose lowest
/// energy is an upper bound and whose second-order correction estimates what is missing. A candidate
/// is given up when even its lower estimate lies above the best upper bound.
///
/// ```
/// estimate        T_n = min_r (E_r + E2_r)           over the states r of the CI of n configurations
/// lower estimate  min_r (E_r + c E2_r) − c (T_{n/2} − T_n)₊,     c = 3
/// ```
///
/// The factor is measured, not proven (`docs/theory.md`); a CI that holds its whole
/// sector has none. The cost is counted in matrix elements, so that the result does not depend on
/// the machine.
public struct SectorComparison: Sendable {
  /// The number of matrix elements that may be computed, over all candidates.
  public var elementBudget: Int
  /// The most configurations of one candidate's configuration interaction.
  public var maximumConfigurations: Int
  /// The magnitude at or below which matrix elements are left out, in units of the scale.
  public var cutoff: Double
  /// The energy below which a difference means nothing, in units of the scale.
  public var resolution: Double
  /// What energies are measured by.
  public var energyScale: Double
  /// The threads of rows; results do not depend on them.
  public var execution: Execution

  /// Creates a comparison.
  ///
  /// - Parameters:
  ///   - elementBudget: The number of matrix elements that may be computed, over all candidates.
  ///   - maximumConfigurations: The most configurations of one candidate.
  ///   - cutoff: The magnitude at or below which matrix elements are left out, in units of the scale.
  ///   - resolution: The energy below which a difference means nothing, in units of the scale: of sectors
  ///     that are this close either may be imposed.
  ///   - energyScale: What energies are measured by.
  ///   - execution: The threads to use.
  public init(
    elementBudget: Int = 12_000_000, maximumConfigurations: Int = 1 << 20, cutoff: Double = 1e-9,
    resolution: Double = 1e-6, energyScale: Double = 1, execution: Execution = Execution()
  ) {
    self.elementBudget = elementBudget
    self.maximumConfigurations = maximumConfigurations
    self.cutoff = cutoff
    self.resolution = resolution
    self.energyScale = energyScale
    self.execution = execution
  }

  /// What a comparison found.
  public struct Result: Sendable, Hashable {
    /// All candidates, in the order in which they were given.
    public var sectors: [ComparedSector]
    /// The candidate of lowest estimate.
    public var chosen: Int
    /// The candidates that may hold the ground state, lowest estimate first: the chosen one and those
    /// that could not be given up.
    ///
    /// Those that differ from the chosen one by less than the resolution are not among them.
    public var close: [Int]
    /// By how much the next candidate lies above the chosen one; nil where there is no other.
    public var margin: Double?
    /// By how much that may be too large: the decision stands where the margin is larger.
    public var marginUncertainty: Double
    /// The number of matrix elements that were computed.
    public var elementCount: Int

    /// Whether the chosen sector is known to hold the ground state, within the stated uncertainty.
    public var isEstablished: Bool { close.count == 1 }
    /// The candidate of lowest estimate.
    public var best: ComparedSector { sectors[chosen] }
    /// The lowest variational energy of all candidates: no ground state lies above it.
    public var upperBound: Double { sectors.reduce(.infinity) { min($0, $1.energy) } }
  }

  /// Compares candidates.
  ///
  /// - Parameters:
  ///   - candidates: The sectors.
  ///   - hamiltonian: The operator, which commutes with what distinguishes them.
  ///   - observable: The operator `Ŝ²`, for the expectation value of each candidate.
  /// - Returns: The result, and the configurations of largest weight in the chosen sector's vector,
  ///   heaviest first; nil where no candidate has a configuration.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  public func compare<H: Hamiltonian>(
    _ candidates: [SectorCandidate<H.Word>], of hamiltonian: H,
    observable: (any Hamiltonian<H.Word>)? = nil
  ) throws(LinearAlgebraError) -> (result: Result, leading: [Configuration<H.Word>])? {
    var sectors = candidates.map {
      SectorSelection(
        $0, of: hamiltonian, cutoff: cutoff, energyScale: energyScale, execution: execution)
    }
    var active = sectors.indices.filter { sectors[$0].candidate.space.dimension > 0 }
    if active.isEmpty { return nil }
    var elements = 0
    var size = firstSize(of: sectors[active[0]], among: active.count)
    var bound = Double.infinity
    while true {
      for index in active where !sectors[index].isWhole {
        let before = sectors[index].elementCount
        try sectors[index].grow(to: size, below: bound + absoluteResolution)
        elements += max(0, sectors[index].elementCount - before)
      }
      bound = active.reduce(bound) { min($0, sectors[$1].energy) }
      active.removeAll { index in
        let isAbove = sectors[index].lowerEstimate > bound + absoluteResolution
        if isAbove { sectors[index].release(observable) }
        return isAbove
      }
      let open = active.filter { !sectors[$0].isWhole }
      let rivals = rivals(active, sectors)
      // Also of a candidate without rivals the uncertainty is wanted.
      if open.isEmpty || rivals.count == 1 && sectors[rivals[0]].lowerEstimate.isFinite { break }
      // A round about doubles what there is.
      let next = open.reduce(0) { $0 + sectors[$1].elementCount }
      if elements + next > elementBudget || 2 * size > maximumConfigurations { break }
      size *= 2
    }
    for index in active { sectors[index].release(observable) }
    let found = result(sectors, active, elements)
    return (found, Array(sectors[found.chosen].leading))
  }

  /// The resolution in the energy's unit.
  private var absoluteResolution: Double { resolution * energyScale }

  /// Returns the number of configurations to begin with: fewer where rows are so long that the budget
  /// would not last for the first round.
  private func firstSize<H>(of sector: SectorSelection<H>, among count: Int) -> Int {
    let affordable = elementBudget / (count * max(1, sector.typicalRowLength))
    return min(SectorSelection<H>.largestFirstSize, max(4, affordable))
  }

  /// Solves one sector, where it is small enough.
  ///
  /// - Parameters:
  ///   - candidate: The sector.
  ///   - hamiltonian: The operator.
  /// - Returns: The lowest state of the whole sector, or nil where it is empty or too large.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  public func solve<H: Hamiltonian>(
    _ candidate: SectorCandidate<H.Word>, of hamiltonian: H
  ) throws(LinearAlgebraError) -> SectorVector<H.Word>? {
    let dimension = candidate.space.dimension
    guard dimension > 0, dimension <= SectorSelection<H>.listedDimension else { return nil }
    var sector = SectorSelection(
      candidate, of: hamiltonian, cutoff: cutoff, energyScale: energyScale, execution: execution)
    try sector.grow(to: Int(dimension))
    return sector.vector
  }

  /// Returns the candidate of lowest estimate and those of the others that are not as good as it.
  private func rivals<H>(_ active: [Int], _ sectors: [SectorSelection<H>]) -> [Int] {
    let sorted = active.sorted {
      (sectors[$0].estimate, $0) < (sectors[$1].estimate, $1)
    }
    let best = sorted[0]
    return [best]
      + sorted.dropFirst().filter {
        !sectors[best].isEquivalent(to: sectors[$0], absoluteResolution)
      }
  }

  private func result<H>(
    _ sectors: [SectorSelection<H>], _ active: [Int], _ elements: Int
  ) -> Result {
    let close = rivals(active, sectors)
    let best = sectors[close[0]]
    // Of the others the one that comes nearest.
    let others = sectors.indices.filter {
      $0 != close[0] && sectors[$0].summary.configurationCount > 0
        && !best.isEquivalent(to: sectors[$0], absoluteResolution)
    }
    let next = others.min { sectors[$0].lowerEstimate < sectors[$1].lowerEstimate }
    return Result(
      sectors: sectors.map(\.summary), chosen: close[0], close: close,
      margin: next.map { sectors[$0].estimate - best.estimate },
      marginUncertainty: next.map {
        sectors[$0].estimate - sectors[$0].lowerEstimate + best.energy - best.estimate
      } ?? 0,
      elementCount: elements)
  }
}
