internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra

/// A part of a sector that a selected configuration interaction grows in, with what it has found.
///
/// The operator may have symmetries that nobody told, such as the irreps of a file without ORBSYM. Then
/// no row leads from one part of the sector to another, and each has a lowest state of its own.
struct SectorBlock<Word: ConfigurationWord> {
  /// The factor by which the second-order correction may fall short, and that by which the last
  /// doubling's change of the estimate may.
  static var safetyFactor: Double { 3 }

  private(set) var selection: GrowingSelection<Word>
  /// The second-order correction of the state of lowest estimate.
  private(set) var secondOrderEnergy = 0.0
  private(set) var estimate = Double.infinity
  private(set) var lowerEstimate = -Double.infinity
  /// The state of lowest estimate.
  private(set) var bestState = 0
  /// Whether nothing couples to the space from outside: its states are the operator's.
  private(set) var isClosed = false
  /// The last size that counts as half of the present one, with its estimate.
  private var smaller: (count: Int, estimate: Double)?
  /// By how much the estimate fell since; nil where there is no smaller size yet.
  private var fall: Double?

  /// Takes a space over.
  init(_ selection: GrowingSelection<Word>) {
    self.selection = selection
    update()
  }

  /// An upper bound of the lowest energy.
  var energy: Double { selection.states[0].energy }
  /// The number of configurations.
  var count: Int { selection.count }

  /// Puts configurations in that are known to belong to the block.
  mutating func insert(_ configurations: [Configuration<Word>]) throws(LinearAlgebraError) {
    try selection.insert(configurations)
    // The next growth starts a trend of its own.
    (smaller, fall) = (nil, nil)
    update()
  }

  /// Lets the space grow to a number of configurations by what its lowest states need.
  mutating func grow(to size: Int) throws(LinearAlgebraError) {
    if isClosed || count >= size { return }
    let states = selection.states
    let open = states.indices.filter {
      $0 == 0
        || states[$0].energy + Self.safetyFactor * states[$0].secondOrderEnergy < states[0].energy
    }
    var chosen = selection.best(size - count, for: open)
    if chosen.isEmpty { chosen = selection.best(size - count, for: Array(states.indices)) }
    isClosed = chosen.isEmpty
    if !isClosed { try selection.insert(chosen) }
    update()
    if smaller.map({ 2 * count >= 3 * $0.count }) ?? true {
      fall = smaller.map { max(0, $0.estimate - estimate) }
      smaller = (count, estimate)
      update()
    }
  }

  /// Declares the space to be the whole sector.
  mutating func close() {
    isClosed = true
    update()
  }

  /// The estimates from the states of the space.
  private mutating func update() {
    var lowest = Double.infinity
    estimate = .infinity
    for (number, state) in selection.states.enumerated() {
      if state.energy + state.secondOrderEnergy < estimate {
        estimate = state.energy + state.secondOrderEnergy
        secondOrderEnergy = state.secondOrderEnergy
        bestState = number
      }
      lowest = min(lowest, state.energy + Self.safetyFactor * state.secondOrderEnergy)
    }
    if isClosed {
      (estimate, secondOrderEnergy, lowerEstimate, bestState) = (energy, 0, energy, 0)
      return
    }
    // Without a trend nothing is known of how far the estimate has to go.
    lowerEstimate = fall.map { lowest - Self.safetyFactor * $0 } ?? -.infinity
  }

  /// Whether every number of two blocks is the same, as if a symmetry took one to the other.
  func isImage(of other: SectorBlock, within tolerance: Double) -> Bool {
    count == other.count && lowerEstimate.isFinite && other.lowerEstimate.isFinite
      && abs(energy - other.energy) < tolerance
      && abs(secondOrderEnergy - other.secondOrderEnergy) < tolerance
  }
}
