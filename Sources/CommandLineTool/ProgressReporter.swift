internal import Foundation
internal import Training

/// Shows the steps of a run.
struct ProgressReporter {
  private var lines: ProgressLines
  private let totalSteps: Int
  private let unit: String

  /// Creates a reporter.
  init(descriptor: Int32?, totalSteps: Int, verbose: Bool, unit: String) {
    lines = ProgressLines(descriptor: descriptor, totalSteps: totalSteps, verbose: verbose)
    self.totalSteps = totalSteps
    self.unit = unit
  }

  /// Shows one step.
  mutating func show(_ row: TraceRow, isLast: Bool) {
    let live = { [totalSteps, unit] in Self.liveLine(row, totalSteps, unit) }
    lines.show(
      step: row.step, seconds: row.seconds, isLast: isLast, header: Self.header(unit: unit),
      plain: Self.plainRow(row), live: live())
  }

  /// The names of a plain row's columns.
  static func header(unit: String) -> String {
    "  step       energy / \(unit.padding(toLength: 2, withPad: " ", startingAt: 0))        error"
      + "    variance       T   distinct   seconds"
  }

  /// One step in columns.
  static func plainRow(_ row: TraceRow) -> String {
    String(
      format: "%6d  %17.10f  %11.2e  %10.2e  %6.4f  %9d  %8.1f", row.step, row.energy, row.error,
      row.variance, row.temperature, row.distinctSamples, row.seconds)
  }

  private static func liveLine(_ row: TraceRow, _ totalSteps: Int, _ unit: String) -> String {
    var line = String(
      format: "step %d/%d  E %.8f +/- %.1e %@  var %.1e", row.step, totalSteps, row.energy,
      row.error, unit, row.variance)
    if row.temperature > 0 { line += String(format: "  T %.4f", row.temperature) }
    return line + "  distinct \(row.distinctSamples)"
  }
}
