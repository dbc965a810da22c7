internal import Foundation

/// Judges whether a run has converged: a state at rest is not enough, it must be near an eigenstate.
///
/// - Annealing, tempering and falling learning rates must be over.
/// - The mean energy of the last window may not differ from the one before by more than the tolerance
///   or the noise of the difference, and a steady fall, extrapolated as a geometric series, must have
///   little left: slow modes change the energy little in each window but for many of them.
/// - The residual, what first-order theory says the state would still gain, must be small: a run at
///   rest because its regularisation has grown, or its steps are taken back, has a large one.
public struct Convergence: Sendable {
  /// Something that keeps a run from having converged, as a clause: "the energy still changes".
  public enum Obstacle: Sendable, Hashable, CustomStringConvertible {
    /// There are too few steps, or a schedule is not over.
    case tooFewSteps
    /// The last temperature is not 0.
    case temperature(Double)
    /// The energy still changes.
    case change(Double)
    /// The state is not near an eigenstate.
    case residual(Double)
    /// Steps have been damped to a halt.
    case frozen(shift: Double)

    /// The obstacle as a clause.
    public var description: String {
      switch self {
      case .tooFewSteps: "the run is too short to judge"
      case .temperature(let value): "the last temperature is \(short(value)), not 0"
      case .change(let value): "the energy still changes by \(short(value)) in a window"
      case .residual(let value): "the residual is \(short(value))"
      case .frozen(let shift):
        "the steps have been damped to a halt (regularisation \(short(shift)))"
      }
    }

    private func short(_ value: Double) -> String { String(format: "%.1e", value) }
  }

  /// The number of steps whose mean energies are compared.
  public var window: Int
  /// The number of steps before which schedules are not over.
  public var minimumSteps: Int
  /// The change of the energy between windows that is small enough.
  public var energyTolerance: Double
  /// The residual that is small enough.
  public var residualTolerance: Double
  /// The regularisation from which on a run at rest counts as damped to a halt.
  public var frozenShift: Double

  /// Creates a criterion.
  public init(
    window: Int, minimumSteps: Int, energyTolerance: Double, residualTolerance: Double,
    frozenShift: Double
  ) {
    precondition(window > 0, "a window of \(window) steps")
    self.window = window
    self.minimumSteps = minimumSteps
    self.energyTolerance = energyTolerance
    self.residualTolerance = residualTolerance
    self.frozenShift = frozenShift
  }

  /// Returns what keeps a run from having converged; empty where it has.
  ///
  /// - Parameters:
  ///   - trace: Its rows.
  ///   - shift: The regularisation that its optimiser has come to, or nil where it has none.
  /// - Returns: The obstacles.
  public func obstacles(_ trace: [TraceRow], shift: Double?) -> [Obstacle] {
    guard trace.count >= minimumSteps, trace.count >= 3 * window else {
      return [.tooFewSteps]
    }
    let recent = trace.suffix(3 * window)
    var obstacles: [Obstacle] = []
    if let hot = recent.last(where: { $0.temperature != 0 }) {
      obstacles.append(.temperature(hot.temperature))
    }
    if let change = remainingChange(recent) { obstacles.append(.change(change)) }
    let residual = mean(recent.suffix(window)) { $0.residual ?? .infinity }
    if !(residual <= residualTolerance) {
      obstacles.append(.residual(residual))
      if let shift, shift > frozenShift { obstacles.append(.frozen(shift: shift)) }
    }
    return obstacles
  }

  /// The change of the energy in the last window or that is still to come, where it is too large.
  private func remainingChange(_ recent: ArraySlice<TraceRow>) -> Double? {
    let parts = [
      recent.prefix(window), recent.dropFirst(window).prefix(window), recent.suffix(window),
    ]
    let means = parts.map { mean($0) { $0.energy } }
    // The noise of a difference of two means of `window` rows each.
    let noise = (mean(parts[2]) { $0.error * $0.error } * 2 / Double(window)).squareRoot()
    let tolerance = max(energyTolerance, 2 * noise)
    let change = means[1] - means[2]
    if abs(change) >= tolerance { return change }
    let ratio = change / (means[0] - means[1])
    guard change > noise, ratio > 0 else { return nil }
    let rest = ratio < 1 ? change * ratio / (1 - ratio) : .infinity
    return rest < tolerance ? nil : min(rest, means[0] - means[2])
  }

  private func mean(_ rows: ArraySlice<TraceRow>, _ value: (TraceRow) -> Double) -> Double {
    rows.reduce(0) { $0 + value($1) } / Double(rows.count)
  }
}
