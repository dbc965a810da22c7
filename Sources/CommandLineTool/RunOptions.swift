internal import ArgumentParser

/// What becomes of a run: its files and its end.
struct RunOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      The irrep of the state: its number in the file's ORBSYM, from 1, its name as C2v:B1, or any. \
      (default: the file's ISYM, see the user guide)
      """)
  var irrep: IrrepOption?

  @Option(
    help: """
      The total spin S of a molecule's state, such as 0, 1/2 or 1, held by a penalty. \
      (default: that of the lowest state)
      """)
  var spin: SpinOption?

  @Option(
    name: .shortAndLong,
    help: """
      The result file; an earlier result is kept as FILE.~1~. \
      (default: the input's name with .nqs.h5, in this folder)
      """)
  var output: String?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Do not keep an earlier result of the output's name. (default: no)")
  var overwrite: Bool?

  @Option(
    parsing: .unconditional,
    help: "Steps between checkpoints. (default: as many as take 20 seconds)")
  var checkpointEvery: Int?

  @Option(
    parsing: .unconditional,
    help: """
      Begin no step later than this many seconds after the start and evaluate; the evaluation comes on \
      top. (default: no limit)
      """)
  var timeLimit: Double?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "End with exit code 3 where the steps run out before convergence. (default: no)")
  var requireConvergence: Bool?

  func validate() throws {
    try require("checkpoint-every", checkpointEvery, "at least 1") { $0 >= 1 }
    try require("time-limit", timeLimit, "a number of seconds from 0 to 1e9") {
      (0...1e9).contains($0)
    }
  }

  /// Returns these options over those of a file.
  func over(_ other: RunOptions) -> RunOptions {
    var merged = self
    merged.irrep = irrep ?? other.irrep
    merged.spin = spin ?? other.spin
    merged.output = output ?? other.output
    merged.overwrite = overwrite ?? other.overwrite
    merged.checkpointEvery = checkpointEvery ?? other.checkpointEvery
    merged.timeLimit = timeLimit ?? other.timeLimit
    merged.requireConvergence = requireConvergence ?? other.requireConvergence
    return merged
  }
}

/// A total spin: a whole number or a half, as `3/2` or `1.5`.
struct SpinOption: ExpressibleByArgument, Equatable {
  /// 2S.
  let twice: Int

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    let twice: Double?
    switch parts.count {
    case 1: twice = Double(argument).map { 2 * $0 }
    case 2 where parts[1] == "2": twice = Int(parts[0]).map { Double($0) }
    default: twice = nil
    }
    guard let twice, let whole = Int(exactly: twice), (0...1000).contains(whole) else { return nil }
    self.twice = whole
  }
}

/// How the program talks.
struct TalkOptions: ParsableArguments {
  @Flag(help: "Print one JSON object to standard output, everything else to standard error.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print the result and errors only.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more about what is chosen and done.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
  }

  /// How much is said.
  var verbosity: Verbosity { quiet ? .quiet : verbose ? .verbose : .normal }
}

/// Throws unless an option that was given passes the test.
func require<Value>(
  _ name: String, _ value: Value?, _ expected: String, _ test: (Value) -> Bool
) throws {
  if let value, !test(value) {
    throw ValidationError("--\(name) must be \(expected), not \(value).")
  }
}
