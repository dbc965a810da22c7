internal import Foundation

/// The two output streams.
///
/// Results go to standard output, everything else to standard error.
enum Console {
  /// Whether standard error is a terminal, where a line may be drawn over.
  static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether standard output is a terminal.
  static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Writes a line to standard output.
  static func result(_ line: String) { write(line + "\n", to: stdoutDescriptor) }

  /// Writes a line to standard error.
  static func note(_ line: String) { write(line + "\n", to: stderrDescriptor) }

  /// Writes a complaint to standard error.
  static func error(_ message: String) { note("error: \(message)") }

  /// Writes text as it is.
  static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      // A reader that went away, as `| head` does, is no reason to stop a long run.
      if written < 0, errno != EINTR { return }
      if written > 0 { bytes = bytes.dropFirst(written) }
    }
  }

  static let stdoutDescriptor: Int32 = 1
  static let stderrDescriptor: Int32 = 2
}
