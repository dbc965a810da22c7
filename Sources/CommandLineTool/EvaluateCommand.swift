internal import ArgumentParser
internal import Foundation
internal import HDF5Files
internal import Logging
internal import Results
internal import Training

/// `qchem-nqs evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a trained state anew, with more samples or another seed.",
    discussion: """
      Computes energy, variance, observables and selected CI of the state in a result file without training it, as \
      'solve' does at its end, and prints the same summary. The result file stays as it is; --output writes a new one \
      with the new numbers.

      Examples:
        qchem-nqs evaluate h2o_631g.nqs.h5 --final-samples 200000 --seed 7
        qchem-nqs evaluate h2o_631g.nqs.h5 --selected-ci 500000 --json
      """)

  @Argument(help: "The result file of 'solve'.")
  var result: String

  @Argument(help: "The integral file, to check that the state is its; may be left out.")
  var input: String?

  @OptionGroup var evaluation: EvaluationOptions

  @Option(
    name: .shortAndLong, help: "A result file to write; an earlier one is kept as FILE.~1~.")
  var output: String?

  @Flag(help: "Do not keep an earlier result of the output's name.")
  var overwrite = false

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    if overwrite && output == nil {
      throw ValidationError("--overwrite belongs to --output; add it, or leave --overwrite out.")
    }
    if evaluation.withoutSelectedCi, evaluation.selectedCi != nil {
      throw ValidationError("--selected-ci and --no-selected-ci exclude each other.")
    }
  }

  func run() throws {
    let start = ContinuousClock.now
    _ = SignalWatch()
    let logger = talk.verbosity.makeLogger()
    let state = try StateInput(reading: result, input: input, command: "evaluate", logger: logger)
    let record = state.record
    var given = evaluation.given
    if evaluation.withoutSelectedCi {
      given.append(GivenSetting(setting: .selectedCI, text: "0", file: nil))
    }
    var settings = record.settings
    try given.apply(to: &settings, positions: record.problem.positions)
    var warnings = try given.checkEffects(in: settings, problem: record.problem)
    let file = try output.map {
      try OutputFile($0, kind: .result, input: result, overwrites: overwrite)
    }
    defer { file?.release() }
    let run: any TrainingRun
    var final: FinalResult
    do {
      run = try makeTrainingRun(record.problem, settings: settings, snapshot: record.snapshot)
      warnings += given.warnings(
        in: run.settings, problem: record.problem, sectorDimension: run.sectorDimension)
      for warning in warnings { logger.warning("\(withFlags(warning))") }
      logger.notice("evaluating the state of \(result) after step \(record.snapshot.step)")
      final = try run.evaluate()
      run.addSelectedInteraction(to: &final) { logger.notice("\($0)") }
    } catch {
      throw ToolError(error)
    }
    var failure: (any Error)?
    if let file {
      let evaluated = RunRecord(
        provenance: SolvePlan.makeProvenance(input: record.provenance.input),
        problem: record.problem, run: run, snapshot: record.snapshot, final: final)
      do {
        let earlier = try file.write(keepsEarlier: true) {
          try ResultFile.write(evaluated, to: file.path)
        }
        if let earlier { logger.notice("the earlier \(file.path) is kept as \(earlier)") }
      } catch {
        failure = error
      }
    }
    for warning in final.warnings { logger.warning("\(withFlags(warning))") }
    let summary = SolveSummary(
      run: RunFacts(run), final: final, problem: record.problem, problemName: record.problemName,
      warnings: warnings, output: failure == nil ? output : nil, seconds: seconds(since: start))
    try Console.result(talk.json ? summary.json.text() : summary.text(quiet: talk.quiet))
    if let failure { throw ToolError("the result could not be written. \(failure)") }
  }
}

/// The settings that an evaluation depends on.
struct EvaluationOptions: SettingGroupOptions {
  @Option(.finalDraws) var finalDraws: String?
  @Option(.finalSamples) var finalSamples: String?
  @Option(.exactLimit) var exactLimit: String?
  @Option(.leading) var leading: String?
  @Option(.selectedCI) var selectedCi: String?
  @Flag(name: .customLong("no-selected-ci"), help: "The same as --selected-ci 0.")
  var withoutSelectedCi = false
  @Option(.memoryBudget) var memoryBudget: String?
  @Option(.seed) var seed: String?
  @Option(.threads) var threads: String?
}
