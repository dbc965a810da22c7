internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra

/// The selected configuration interaction of one symmetry sector, on its way to the sector's lowest
/// state.
///
/// A single start may lie in a part of the sector that the operator does not leave, for it may have
/// symmetries that nobody told, such as the momentum of a lattice in an FCIDUMP. So small spaces are
/// grown from several starts, and their union, in which four states are followed, grows on. What no
/// perturber leads to is put in by hand where there is room.
struct SectorSelection<H: Hamiltonian> {
  typealias Word = H.Word

  /// The number of configurations of the first round, or fewer where rows are long.
  static var largestFirstSize: Int { 64 }
  /// The number of configurations that is grown from each start.
  private static var smallSize: Int { 8 }
  /// The dimension up to which the configurations of a sector are listed.
  static var listedDimension: Double { 50_000 }
  /// The factor by which the second-order correction may fall short, and that by which the last
  /// doubling's change of the estimate may.
  static var safetyFactor: Double { 3 }

  let candidate: SectorCandidate<Word>
  /// An upper bound of the lowest energy.
  private(set) var energy = Double.infinity
  /// The second-order correction of the state of lowest estimate.
  private(set) var secondOrderEnergy = 0.0
  private(set) var estimate = Double.infinity
  private(set) var lowerEstimate = -Double.infinity
  private(set) var spinSquared: Double?
  /// The configurations of largest weight in the state of lowest estimate.
  private(set) var leading: [Configuration<Word>] = []
  private var bestState = 0
  /// Whether the space is the whole sector.
  private(set) var isWhole = false
  private(set) var count = 0
  private(set) var elementCount = 0

  private let operation: any Hamiltonian<Word>
  private let base: H
  private let cutoff: Double
  private var selection: GrowingSelection<Word>?
  /// The last size that counts as half of the present one, with its estimate.
  private var smaller: (count: Int, estimate: Double)?
  /// By how much the estimate fell since; nil where there is no smaller size yet.
  private var fall: Double?
  /// All configurations by rising diagonal element, where the sector is small enough.
  private var listed: [Configuration<Word>] = []

  init(_ candidate: SectorCandidate<Word>, of hamiltonian: H, cutoff: Double) {
    self.candidate = candidate
    self.cutoff = cutoff
    base = hamiltonian
    let space = candidate.space
    operation =
      space.spinFlipParity == 0 && space.symmetries.isEmpty
      ? hamiltonian : SymmetrizedHamiltonian(base: hamiltonian, space: space)
  }

  /// The number of connections of a configuration of the sector.
  var typicalRowLength: Int {
    let start = SectorStarts(space: candidate.space, hamiltonian: base).random(1)[0]
    var row = ConnectionList<Word>()
    base.appendConnections(of: start, above: cutoff, to: &row)
    return row.count
  }

  /// Grows the space to a number of configurations, or to the whole sector.
  mutating func grow(to size: Int) throws(LinearAlgebraError) {
    let space = candidate.space
    let starts = SectorStarts(space: space, hamiltonian: base)
    var grown = selection ?? GrowingSelection(operation, cutoff: cutoff)
    selection = nil
    if space.dimension <= 1.5 * Double(size) {
      try grown.insert(space.allRepresentatives())
    } else {
      if grown.count == 0 {
        if space.dimension <= Self.listedDimension { listed = starts.listed() }
        let all = starts.configurations(listed: listed, seeds: candidate.seeds)
        try grown.insert(try union(all.prefix(2 + size / Self.smallSize)))
      }
      let wanted = size - grown.count
      if wanted > 0 {
        var chosen = grown.best(wanted, for: openStates(of: grown))
        if chosen.count < wanted {
          let known = Set(chosen)
          let others = listed.isEmpty ? starts.random(8, stream: UInt64(grown.count)) : listed
          chosen += others.filter { !grown.contains($0) && !known.contains($0) }
            .prefix(wanted - chosen.count)
        }
        try grown.insert(chosen)
      }
    }
    isWhole = Double(grown.count) == space.dimension
    selection = grown
    update(from: grown)
  }

  /// Returns the configurations of small spaces that are grown from each start.
  private func union(
    _ starts: ArraySlice<Configuration<Word>>
  ) throws(LinearAlgebraError) -> [Configuration<Word>] {
    var all: [Configuration<Word>] = []
    for start in starts {
      var small = GrowingSelection(operation, cutoff: cutoff)
      try small.insert([start])
      for size in [3, Self.smallSize] { try small.insert(small.best(size - small.count, for: [0])) }
      all += small.configurations
    }
    return all
  }

  /// The states that may still turn out to be the lowest.
  private func openStates(of grown: GrowingSelection<Word>) -> [Int] {
    let states = grown.states
    return states.indices.filter {
      $0 == 0
        || states[$0].energy + Self.safetyFactor * states[$0].secondOrderEnergy < states[0].energy
    }
  }

  private mutating func update(from grown: GrowingSelection<Word>) {
    count = grown.count
    elementCount = grown.elementCount
    energy = grown.states[0].energy
    if isWhole {
      (estimate, secondOrderEnergy, lowerEstimate, bestState) = (energy, 0, energy, 0)
      return
    }
    var lowest = Double.infinity
    estimate = .infinity
    for (number, state) in grown.states.enumerated() {
      if state.energy + state.secondOrderEnergy < estimate {
        estimate = state.energy + state.secondOrderEnergy
        secondOrderEnergy = state.secondOrderEnergy
        bestState = number
      }
      lowest = min(lowest, state.energy + Self.safetyFactor * state.secondOrderEnergy)
    }
    if let smaller, 2 * count >= 3 * smaller.count {
      fall = max(0, smaller.estimate - estimate)
      self.smaller = (count, estimate)
    } else if smaller == nil {
      smaller = (count, estimate)
    }
    // Without a trend nothing is known of how far the estimate has to go.
    lowerEstimate = fall.map { lowest - Self.safetyFactor * $0 } ?? -.infinity
  }

  /// Forgets the space and keeps what is known of it.
  mutating func release(_ observable: (any Hamiltonian<Word>)?) {
    guard let grown = selection else { return }
    if let observable { spinSquared = expectation(of: observable, in: grown) }
    leading = grown.leading(64, of: bestState).configurations
    selection = nil
    listed = []
  }

  private func expectation<O: Hamiltonian<Word>>(
    of observable: O, in grown: GrowingSelection<Word>
  ) -> Double {
    grown.expectation(
      of: SymmetrizedHamiltonian(base: observable, space: candidate.space), in: bestState)
  }

  /// The state of lowest estimate, while the space is held.
  var vector: SectorVector<Word>? {
    guard let selection else { return nil }
    let (configurations, coefficients) = selection.leading(selection.count, of: bestState)
    return SectorVector(
      energy: selection.states[bestState].energy, configurations: configurations,
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
    let isPartner = candidate.space.spinFlipParity == other.candidate.space.spinFlipParity
    return isPartner && count == other.count && fall != nil && other.fall != nil
      && abs(energy - other.energy) < 0.1 * resolution
      && abs(secondOrderEnergy - other.secondOrderEnergy) < 0.1 * resolution
  }

  var summary: ComparedSector {
    ComparedSector(
      label: candidate.label, dimension: candidate.space.dimension, configurationCount: count,
      energy: energy, secondOrderEnergy: secondOrderEnergy, estimate: estimate,
      uncertainty: count == 0 ? 0 : estimate - lowerEstimate, spinSquared: spinSquared,
      isWhole: isWhole)
  }
}
