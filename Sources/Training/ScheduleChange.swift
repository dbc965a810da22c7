internal import Foundation

extension Settings {
  /// Returns what another number of steps does to the schedules of a run that goes on, in a sentence
  /// each; empty where nothing changes.
  ///
  /// The falling learning rate of sampled lattices and the exponent's rise follow the number of
  /// steps. A run that goes on follows the new number, so both jump where it changes: at the end of
  /// the old schedule further steps would hardly move.
  ///
  /// - Parameters:
  ///   - old: The settings of the run so far.
  ///   - problem: What it solves.
  ///   - sectorDimension: The number of configurations in its sector.
  ///   - step: The number of steps done.
  /// - Returns: The sentences.
  /// - Throws: ``TrainingError`` where the settings are out of range.
  public func scheduleChanges(
    from old: Settings, problem: Problem, sectorDimension: Double, step: Int
  ) throws(TrainingError) -> [String] {
    var isLattice = false
    if case .lattice = problem { isLattice = true }
    let size = ProblemSize(
      positions: old.ansatz.order?.count ?? 0, dimension: sectorDimension,
      isLattice: isLattice, energyScale: 1, referenceEnergy: 0,
      hasPeakedStart: problem.hasPeakedStart)
    let old = try ResolvedSettings(old.filled(for: size), for: size)
    let new = try ResolvedSettings(filled(for: size), for: size)
    if step >= new.steps || old.steps == new.steps { return [] }
    let metric =
      new.optimizer != .sr || old.followsTarget(at: step) == new.followsTarget(at: step)
      ? []
      : [
        "the last quarter of the \(new.steps) steps, with plain weights in the metric, begins later than "
          + "that of \(old.steps): step \(step + 1) weighs configurations by what they should have again"
      ]
    return metric
      + [
        ("learning rate", old.learningRate(at: step), new.learningRate(at: step)),
        ("exponent", old.exponent(at: step), new.exponent(at: step)),
        (
          "number of draws", Double(old.draws(at: step) ?? 0), Double(new.draws(at: step) ?? 0)
        ),
      ].compactMap { name, before, now in
        before == now
          ? nil
          : "the \(name)'s schedule follows the new number of steps, \(new.steps) in place of "
            + "\(old.steps): in step \(step + 1) it is \(rounded(now)), not \(rounded(before))"
      }
  }
}

/// Returns a number with three significant digits.
private func rounded(_ value: Double) -> String { String(format: "%.3g", value) }
