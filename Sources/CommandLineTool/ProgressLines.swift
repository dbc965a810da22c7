internal import Foundation

/// The lines of a run's steps: one drawn over and over on a terminal, plain rows elsewhere.
struct ProgressLines {
  /// Where the lines go; nil for nowhere.
  private let descriptor: Int32?
  private let isLive: Bool
  /// The number of steps that the run may do.
  private let totalSteps: Int
  /// The distance of plain rows, in steps.
  private let stride: Int
  private var recent: [Double] = []
  private var rowsWritten = 0

  init(descriptor: Int32?, totalSteps: Int, verbose: Bool) {
    self.descriptor = descriptor
    self.totalSteps = totalSteps
    isLive = descriptor.map { isatty($0) == 1 } ?? false
    stride = verbose ? 1 : max(1, totalSteps / 50)
  }

  /// Shows one step.
  ///
  /// - Parameters:
  ///   - step: Its number.
  ///   - seconds: The time since the run began.
  ///   - isLast: Whether it is the last one.
  ///   - header: The names of a plain row's columns.
  ///   - plain: The step in columns.
  ///   - live: The step for a terminal, to which the time that is left is added.
  mutating func show(
    step: Int, seconds: Double, isLast: Bool, header: String, plain: @autoclosure () -> String,
    live: @autoclosure () -> String
  ) {
    guard let descriptor else { return }
    recent.append(seconds)
    if recent.count > 11 { recent.removeFirst() }
    if isLive {
      let line = live() + timeLeft(step, seconds)
      // Erased first: a shorter line must not leave the end of a longer one.
      Console.write(
        "\r\u{1B}[K" + String(line.prefix(terminalWidth(of: descriptor) - 1)), to: descriptor)
      if isLast { Console.write("\n", to: descriptor) }
      return
    }
    guard step == 1 || step % stride == 0 || isLast || rowsWritten == 0 else { return }
    if rowsWritten == 0 { Console.write(header + "\n", to: descriptor) }
    rowsWritten += 1
    Console.write(plain() + "\n", to: descriptor)
  }

  private func timeLeft(_ step: Int, _ seconds: Double) -> String {
    guard let first = recent.first, recent.count > 1 else { return "" }
    let perStep = (seconds - first) / Double(recent.count - 1)
    return "  ETA " + Self.duration(perStep * Double(max(0, totalSteps - step)))
  }

  /// Returns a duration such as `42 s` or `3 min 5 s`.
  private static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
  }

  private func terminalWidth(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }
}
