internal import ArgumentParser

/// What becomes of a run: its files and its end.
struct RunOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      The irrep of the state: its number in the file's ORBSYM, from 1, or any. \
      (default: the file's ISYM, see the user guide)
      """)
  var irrep: IrrepOption?

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

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "End with exit code 3 where the steps run out before convergence. (default: no)")
  var requireConvergence: Bool?

  func validate() throws {
    try require("checkpoint-every", checkpointEvery, "at least 1") { $0 >= 1 }
  }

  /// Returns these options over those of a file.
  func over(_ other: RunOptions) -> RunOptions {
    var merged = self
    merged.irrep = irrep ?? other.irrep
    merged.output = output ?? other.output
    merged.overwrite = overwrite ?? other.overwrite
    merged.checkpointEvery = checkpointEvery ?? other.checkpointEvery
    merged.requireConvergence = requireConvergence ?? other.requireConvergence
    return merged
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
