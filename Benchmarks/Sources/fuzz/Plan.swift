import Foundation

/// Prints a line at once, also into a pipe.
func say(_ line: String) {
  print(line)
  fflush(nil)
}

/// What is wrong with the command line.
struct UsageError: Error {
  let message: String
}

/// What a call of the program is to do, from its command line.
struct Plan {
  var target = Target.fcidump
  /// Inputs are numbered from 0; a seed and a number make an input, whatever came before it.
  var seed: UInt64 = 1
  var count = 1_000_000
  var first = 0
  var workers = ProcessInfo.processInfo.activeProcessorCount
  /// Seconds of processor time after which an input counts as a hang.
  var limit = 10
  /// Address space of a worker in GiB; an input that needs more crashes it.
  var memory = 4
  /// Writes input `first` to this file and runs nothing.
  var write: String?
  /// Where inputs that crash are kept.
  var keep = "."
  /// The slot of a worker, which says how far it is in `progress`; nil in the supervisor.
  var slot: Int?
  var progress = ""

  static let usage = """
    usage: fuzz fcidump|hdf5 [--count N] [--seed S] [--first I] [--workers N] [--limit SECONDS]
                             [--memory GIB] [--keep FOLDER] [--write FILE]
    """

  init(arguments: [String]) throws(UsageError) {
    guard let name = arguments.first, let target = Target(rawValue: name) else {
      throw UsageError(message: "the first argument names the target, fcidump or hdf5")
    }
    self.target = target
    var rest = arguments.dropFirst()
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else {
        throw UsageError(message: "\(option) needs a value")
      }
      switch option {
      case "--count": count = try Self.number(value, option)
      case "--seed": seed = UInt64(try Self.number(value, option))
      case "--first": first = try Self.number(value, option)
      case "--workers": workers = max(1, try Self.number(value, option))
      case "--limit": limit = max(1, try Self.number(value, option))
      case "--memory": memory = max(1, try Self.number(value, option))
      case "--write": write = value
      case "--keep": keep = value
      case "--slot": slot = try Self.number(value, option)
      case "--progress": progress = value
      default: throw UsageError(message: "there is no option \(option)")
      }
    }
  }

  private static func number(_ text: String, _ option: String) throws(UsageError) -> Int {
    guard let value = Int(text), value >= 0 else {
      throw UsageError(message: "\(option) needs a whole number, not '\(text)'")
    }
    return value
  }

  /// Does it; false where an input showed a fault.
  func run() -> Bool {
    if let write {
      let inputs = InputSource(target: target, seed: seed)
      return inputs.make(first, at: write)
    }
    if let slot {
      Worker(plan: self, slot: slot).run()
      return true
    }
    return Supervisor(plan: self).run()
  }
}
