internal import Foundation
internal import Training

/// Shows the steps of a run: one line drawn over and over on a terminal, plain rows elsewhere.
struct ProgressReporter {
  /// Where the lines go; nil for nowhere.
  let descriptor: Int32?
  let isLive: Bool
  /// The number of steps that the run may do.
  let totalSteps: Int
  /// The distance of plain rows, in steps.
  let stride: Int
  let unit: String
  private var recent: [Double] = []
  private var rowsWritten = 0

  /// Creates a reporter.
  init(descriptor: Int32?, totalSteps: Int, verbose: Bool, unit: String) {
    self.descriptor = descriptor
    self.totalSteps = totalSteps
    self.unit = unit
    isLive = descriptor.map { isatty($0) == 1 } ?? false
    stride = verbose ? 1 : max(1, totalSteps / 50)
  }

  /// Shows one step.
  mutating func show(_ row: TraceRow, isLast: Bool) {
    guard let descriptor else { return }
    recent.append(row.seconds)
    if recent.count > 11 { recent.removeFirst() }
    if isLive {
      // Erased first: a shorter line must not leave the end of a longer one.
      Console.write("\r\u{1B}[K" + liveLine(row), to: descriptor)
      if isLast { Console.write("\n", to: descriptor) }
      return
    }
    guard row.step == 1 || row.step % stride == 0 || isLast || rowsWritten == 0 else { return }
    if rowsWritten == 0 { Console.write(Self.header(unit: unit) + "\n", to: descriptor) }
    rowsWritten += 1
    Console.write(Self.plainRow(row) + "\n", to: descriptor)
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

  private func liveLine(_ row: TraceRow) -> String {
    var line = String(
      format: "step %d/%d  E %.8f +/- %.1e %@  var %.1e", row.step, totalSteps, row.energy,
      row.error, unit, row.variance)
    if row.temperature > 0 { line += String(format: "  T %.4f", row.temperature) }
    line += "  distinct \(row.distinctSamples)"
    if let first = recent.first, recent.count > 1 {
      let perStep = (row.seconds - first) / Double(recent.count - 1)
      line += "  ETA " + Self.duration(perStep * Double(max(0, totalSteps - row.step)))
    }
    return String(line.prefix(terminalWidth(of: descriptor) - 1))
  }

  /// Returns a duration such as `42 s` or `3 min 5 s`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
  }
}

/// Returns the width of a terminal, 80 where it does not say.
func terminalWidth(of descriptor: Int32?) -> Int {
  var size = winsize()
  guard let descriptor, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else {
    return 80
  }
  return Int(size.ws_col)
}
