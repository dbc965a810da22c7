internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra
internal import Parallelism

/// The selected configuration interaction of one symmetry sector, on its way to the sector's lowest
/// state.
///
/// It begins from several configurations: those of lowest diagonal element, ends of descents from
/// random ones, and such that no row has reached so far. Starts that no row joins grow apart, each
/// in a ``SectorBlock``, until one reaches the other.
struct SectorSelection<H: Hamiltonian> {
  typealias Word = H.Word

  /// The number of configurations of the first round, or fewer where rows are long.
  static var largestFirstSize: Int { 64 }
  /// The dimension up to which the configurations of a sector are listed.
  static var listedDimension: Double { 50_000 }
  /// The number of configurations that is grown from each start.
  private static var smallSize: Int { 8 }
  /// The most starts of a round.
  private static var mostStarts: Int { 16 }

  let candidate: SectorCandidate<Word>
  /// Whether the space is the whole sector.
  private(set) var isWhole = false
  private(set) var spinSquared: Double?
  /// The configurations of largest weight in the state of lowest estimate.
  private(set) var leading: [Configuration<Word>] = []

  private let operation: any Hamiltonian<Word>
  private let base: H
  private let cutoff: Double
  private let energyScale: Double
  private let execution: Execution
  private var blocks: [SectorBlock<Word>] = []
  /// All configurations by rising diagonal element, where the sector is small enough.
  private var listed: [Configuration<Word>] = []
  private var rounds = 0

  init(
    _ candidate: SectorCandidate<Word>, of hamiltonian: H, cutoff: Double, energyScale: Double,
    execution: Execution
  ) {
    self.candidate = candidate
    self.execution = execution
    self.cutoff = cutoff
    self.energyScale = energyScale
    base = hamiltonian
    let space = candidate.space
    operation =
      space.spinFlipParity == 0 && space.symmetries.isEmpty
      ? hamiltonian : SymmetrizedHamiltonian(base: hamiltonian, space: space)
  }

  // MARK: - What is known

  /// The block of lowest estimate.
  private var best: SectorBlock<Word>? { blocks.min { $0.estimate < $1.estimate } }

  /// An upper bound of the lowest energy.
  var energy: Double { blocks.reduce(.infinity) { min($0, $1.energy) } }
  var estimate: Double { best?.estimate ?? .infinity }
  var lowerEstimate: Double { blocks.reduce(.infinity) { min($0, $1.lowerEstimate) } }
  /// The number of matrix elements of all rows.
  var elementCount: Int { blocks.reduce(0) { $0 + $1.selection.elementCount } }

  /// The number of connections of a configuration of the sector.
  var typicalRowLength: Int {
    let start = SectorStarts(space: candidate.space, hamiltonian: base, energyScale: energyScale)
      .random(1)[0]
    var row = ConnectionList<Word>()
    base.appendConnections(of: start, above: cutoff * energyScale, to: &row)
    return row.count
  }

  /// The state of lowest estimate.
  var vector: SectorVector<Word>? {
    guard let best else { return nil }
    let (configurations, coefficients) = best.selection.leading(best.count, of: best.bestState)
    return SectorVector(
      energy: best.selection.states[best.bestState].energy, configurations: configurations,
      coefficients: coefficients)
  }

  /// Whether two sectors have one lowest energy, so that either is right.
  ///
  /// Where both are solved that is plain. Otherwise they do if each number of their configuration
  /// interactions is the same: then a symmetry takes one to the other, as the components of a
  /// degenerate level. Not so for even and odd spin, which have the same numbers until the space
  /// holds the exchange that tells them apart.
  func isEquivalent(to other: SectorSelection, _ resolution: Double) -> Bool {
    if isWhole && other.isWhole { return abs(energy - other.energy) < resolution }
    guard candidate.space.spinFlipParity == other.candidate.space.spinFlipParity,
      let first = best, let second = other.best
    else { return false }
    return first.isImage(of: second, within: 0.1 * resolution)
  }

  // MARK: - Growth

  /// Grows each block to a number of configurations, or to the whole sector.
  ///
  /// - Parameters:
  ///   - size: The number of configurations.
  ///   - bound: An energy above which no block is of interest.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  mutating func grow(to size: Int, below bound: Double = .infinity) throws(LinearAlgebraError) {
    let space = candidate.space
    rounds += 1
    if space.dimension <= 1.5 * Double(size) {
      var whole = GrowingSelection(
        operation, cutoff: cutoff, energyScale: energyScale, roots: 1, tolerance: 1e-7,
        execution: execution)
      try whole.insert(space.allRepresentatives())
      blocks = [SectorBlock(whole)]
      blocks[0].close()
      isWhole = true
      return
    }
    // Two rounds begin anew: later, all that a block can reach is in sight.
    if rounds <= 2 { try begin(size) }
    for number in blocks.indices where blocks[number].lowerEstimate <= bound {
      try blocks[number].grow(to: size)
    }
    try joinBlocks()
  }

  /// Grows small spaces from starts, which join the blocks that reach them or become new ones.
  private mutating func begin(_ size: Int) throws(LinearAlgebraError) {
    let starts = SectorStarts(space: candidate.space, hamiltonian: base, energyScale: energyScale)
    let room = min(Self.mostStarts, 2 + size / Self.smallSize)
    var spaces: [GrowingSelection<Word>] = []
    if rounds == 1 {
      if candidate.space.dimension <= Self.listedDimension { listed = starts.listed() }
      for start in starts.configurations(listed: listed, seeds: candidate.seeds).prefix(room) {
        spaces.append(try smallSpace(from: start))
      }
    }
    for configuration in listed where spaces.count < room {
      let isReached =
        spaces.contains { $0.reaches(configuration) }
        || blocks.contains { $0.selection.reaches(configuration) }
      if !isReached { spaces.append(try smallSpace(from: configuration)) }
    }
    var joining = [[Configuration<Word>]](repeating: [], count: blocks.count)
    var fresh: [GrowingSelection<Word>] = []
    for space in spaces {
      if let number = blocks.firstIndex(where: { $0.selection.reaches(anyOf: space) }) {
        joining[number] += space.configurations
      } else if let number = fresh.firstIndex(where: { $0.reaches(anyOf: space) }) {
        try fresh[number].insert(space.configurations)
      } else {
        fresh.append(space)
      }
    }
    for (number, members) in joining.enumerated() where !members.isEmpty {
      try blocks[number].insert(members)
    }
    blocks += fresh.map { SectorBlock($0) }
  }

  private func smallSpace(
    from start: Configuration<Word>
  ) throws(LinearAlgebraError) -> GrowingSelection<Word> {
    var space = GrowingSelection(
      operation, cutoff: cutoff, energyScale: energyScale, execution: execution)
    try space.insert([start])
    for size in [3, Self.smallSize] { try space.insert(space.best(size - space.count, for: [0])) }
    return space
  }

  /// Makes one block of those of which one reaches the other.
  private mutating func joinBlocks() throws(LinearAlgebraError) {
    var number = 0
    while number < blocks.count {
      let here = blocks[number]
      if let other = blocks.indices.first(where: {
        $0 > number && here.selection.reaches(anyOf: blocks[$0].selection)
      }) {
        try blocks[number].insert(blocks.remove(at: other).selection.configurations)
      } else {
        number += 1
      }
    }
  }

  // MARK: - The end

  /// Forgets the space and keeps what is known of it.
  mutating func release(_ observable: (any Hamiltonian<Word>)?) {
    guard let best else { return }
    if let observable { spinSquared = expectation(of: observable, in: best) }
    leading = best.selection.leading(64, of: best.bestState).configurations
    listed = []
  }

  private func expectation<O: Hamiltonian<Word>>(
    of observable: O, in block: SectorBlock<Word>
  ) -> Double {
    block.selection.expectation(
      of: SymmetrizedHamiltonian(base: observable, space: candidate.space), in: block.bestState)
  }

  var summary: ComparedSector {
    ComparedSector(
      label: candidate.label, dimension: candidate.space.dimension,
      configurationCount: best?.count ?? 0, energy: energy,
      secondOrderEnergy: best?.secondOrderEnergy ?? 0, estimate: estimate,
      uncertainty: best == nil ? 0 : estimate - lowerEstimate, spinSquared: spinSquared,
      isWhole: isWhole)
  }
}
