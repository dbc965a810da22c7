internal import Foundation

/// The two output streams.
///
/// Results go to standard output, everything else to standard error.
enum Console {
  /// Whether standard error is a terminal, where a line may be drawn over.
  static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether standard output is a terminal.
  static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Writes a result to standard output.
  ///
  /// - Parameter line: The result; a line feed follows.
  /// - Throws: ``ToolError`` where it cannot be written, as on a full disk. A reader that went away is
  ///   no error.
  static func result(_ line: String) throws(ToolError) { try text(line + "\n") }

  /// Writes a result to standard output as it is.
  ///
  /// - Parameter text: The result.
  /// - Throws: ``ToolError`` where it cannot be written.
  static func text(_ text: String) throws(ToolError) {
    let failure = write(text, to: stdoutDescriptor)
    if failure != 0 && failure != EPIPE {
      throw ToolError(
        "the result could not be written to standard output: \(String(cString: strerror(failure)))."
      )
    }
  }

  /// Writes a line to standard error.
  static func note(_ line: String) { write(line + "\n", to: stderrDescriptor) }

  /// Writes a complaint to standard error.
  static func error(_ message: String) {
    Job.waitForFirst()
    send("error: \(Job.name)\(message)\n", to: stderrDescriptor)
  }

  /// Writes text as it is; of several processes only the first writes to the two streams.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - descriptor: Where to.
  /// - Returns: 0, or the number of the error that ended the writing.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Int32 {
    let isStream = descriptor == stdoutDescriptor || descriptor == stderrDescriptor
    return isStream && !Job.isFirst ? 0 : send(text, to: descriptor)
  }

  @discardableResult
  private static func send(_ text: String, to descriptor: Int32) -> Int32 {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      // A reader that went away, as `| head` does, is no reason to stop a long run.
      if written < 0, errno != EINTR { return errno }
      if written > 0 { bytes = bytes.dropFirst(written) }
    }
    return 0
  }

  static let stdoutDescriptor: Int32 = 1
  static let stderrDescriptor: Int32 = 2
}
