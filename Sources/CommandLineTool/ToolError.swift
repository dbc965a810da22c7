/// A complaint about usage or input, which ends the program with exit code 2.
struct ToolError: Error, CustomStringConvertible {
  /// What, where, what was expected and what to do, in one line.
  let message: String
  /// Whether another process has the output, and it may be free later.
  let isBusy: Bool

  init(_ message: String, isBusy: Bool = false) {
    self.message = message
    self.isBusy = isBusy
  }

  var description: String { message }
}
