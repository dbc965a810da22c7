internal import ArgumentParser
internal import Foundation
internal import HDF5Files
internal import Logging
internal import Results
internal import Training

/// `qchem-nqs sample`.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw configurations from a trained state.",
    discussion: """
      Draws from |psi|^2 without Markov chains, so that draws are independent, and writes the distinct \
      configurations with their counts and amplitudes to an HDF5 file.

      Examples:
        qchem-nqs sample h2o_sto3g.nqs.h5 --draws 100000 --output draws.h5
      """)

  @Argument(help: "The result file of 'solve'.")
  var result: String

  @Argument(help: "The integral file, to check that the state is its; may be left out.")
  var input: String?

  @Option(parsing: .unconditional, help: "The number of draws. (default: 100000)")
  var draws = 100_000

  @Option(parsing: .unconditional, help: "The seed of the draws. (default: 1)")
  var seed: UInt64 = 1

  @Option(name: .shortAndLong, help: "The file to write; an earlier one is kept as FILE.~1~.")
  var output: String

  @Flag(help: "Do not keep an earlier file of the output's name.")
  var overwrite = false

  @Option(help: "The number of threads. (default: see 'info')")
  var threads: Int?

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    try require("draws", draws, "from 1 to 1000000000000") { (1...1_000_000_000_000).contains($0) }
    try require("threads", threads, "from 1 to 1024") { (1...1024).contains($0) }
  }

  func run() throws {
    let start = ContinuousClock.now
    _ = SignalWatch()
    let logger = talk.verbosity.makeLogger()
    let state = try StateInput(reading: result, input: input, command: "sample", logger: logger)
    let file = try OutputFile(output, kind: .draws, input: result, overwrites: overwrite)
    defer { file.release() }
    let drawn: StateDraws
    do {
      drawn = try TrainedState(state.record, threads: threads).draw(draws, seed: seed)
    } catch {
      throw ToolError("\(result): \(withFlags(error.message)).")
    }
    do {
      let earlier = try file.write(keepsEarlier: true) {
        try DrawFile.write(
          drawn, seed: seed, of: state.record,
          provenance: SolvePlan.makeProvenance(input: result), to: output)
      }
      if let earlier { logger.notice("the earlier \(output) is kept as \(earlier)") }
    } catch let error as HDF5Error {
      throw ToolError("the draws could not be written. \(error)")
    }
    let weight = drawn.logModulus.reduce(0) { $0 + exp(2 * $1) }
    if talk.json {
      let summary = JSONValue.object([
        "program": .string("qchem-nqs"), "version": .string(programVersion),
        "problem": .string(state.record.problemName), "result": .string(result),
        "draws": .integer(drawn.draws), "distinct": .integer(drawn.configurations.count),
        "weight": .number(weight),
        "seed": Int(exactly: seed).map { .integer($0) } ?? .string("\(seed)"),
        "wall_seconds": .number(seconds(since: start)), "output": .string(output),
      ])
      try Console.result(summary.text())
    } else if !talk.quiet {
      try Console.result(
        "\(drawn.draws) draws of \(result): \(drawn.configurations.count) distinct configurations of weight "
          + String(format: "%.6f", weight) + " in \(output)")
    }
  }
}
