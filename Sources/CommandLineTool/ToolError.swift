/// A complaint about usage or input, which ends the program with exit code 2.
struct ToolError: Error, CustomStringConvertible {
  /// What, where, what was expected and what to do, in one line.
  let message: String

  init(_ message: String) { self.message = message }

  var description: String { message }
}
