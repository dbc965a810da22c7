internal import ArgumentParser
internal import Foundation
internal import Hamiltonians
internal import SpinMonteCarlo
internal import Training

/// `qchem-nqs scaling run`.
struct ScalingRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Train all networks of a sweep, one result for each in a folder.",
    discussion: """
      Every combination of --cases, --sizes, --layers, --widths and --seeds is one run. A sweep that was \
      stopped goes on by the same command, or by the folder alone; several processes may work on one \
      folder at the same time. A run that fails is recorded with its reason, and the others go on.

      Examples:
        qchem-nqs scaling run sweep --cases square:0.5 --sizes 4x4,6x6 --layers 1,2,4 --seeds 1,2,3
        qchem-nqs scaling run sweep --cases triangular:0 --sizes 6x6 --patch 3 --widths 24,36 --dry-run
        qchem-nqs scaling run sweep
      """)

  @Argument(help: "The folder of the sweep; made where it does not exist.")
  var folder: String

  @Option(
    help: ArgumentHelp(
      """
      The Hamiltonians: Heisenberg's model on a lattice with J1 = 1 and J2, such as square:0.5 or \
      triangular:0.
      """, valueName: "list"))
  var cases: CaseList?

  @Option(help: ArgumentHelp("The sizes of lattices, such as 4x4,6x6.", valueName: "list"))
  var sizes: WordList?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The numbers of blocks. (default: 2)", valueName: "list"))
  var layers: SizeList?

  @Option(
    name: [.customLong("widths"), .customLong("width")], parsing: .unconditional,
    help: ArgumentHelp(
      "The widths of a token's vector. (default: 6 for each head)", valueName: "list"))
  var widths: SizeList?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The seeds. (default: 1,2,3)", valueName: "list"))
  var seeds: SizeList?

  @Option(help: "The edges of both directions. (default: periodic)")
  var boundary: LatticeGeometry.Boundary?

  @OptionGroup(title: "Runs") var settings: ScalingSettingsOptions
  @OptionGroup(title: "Markov chains of spins") var spins: SpinOptions

  @Flag(help: "List the runs with their operations, and do nothing.")
  var dryRun = false

  @Flag(help: "Do runs again that have failed.")
  var retryFailed = false

  @Option(
    parsing: .unconditional,
    help: "Steps between checkpoints. (default: as many as take 20 seconds)")
  var checkpointEvery: Int?

  @Option(
    parsing: .unconditional,
    help: "Begin no step later than this many seconds after the start. (default: no limit)")
  var timeLimit: Double?

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    try require("checkpoint-every", checkpointEvery, "at least 1") { $0 >= 1 }
    try require("time-limit", timeLimit, "a number of seconds from 0 to 1e9") {
      (0...1e9).contains($0)
    }
    try require("seeds", seeds, "whole numbers from 0") { $0.values.allSatisfy { $0 >= 0 } }
  }

  func run() throws {
    let start = ContinuousClock.now
    let signals = SignalWatch()
    let logger = talk.verbosity.makeLogger()
    var files = try RunOptions.parse([])
    (files.checkpointEvery, files.timeLimit) = (checkpointEvery, timeLimit)
    let place = SweepFolder(folder)
    let (sweep, threads) = try makeSweep(place)
    let points = try sweep.points()
    if dryRun {
      return try Console.result(
        talk.json
          ? SweepReport.plan(points).text() : SweepReport.planText(points, quiet: talk.quiet))
    }
    try place.prepare(sweep, points)
    let work = SweepWork(
      folder: place, points: points, threads: threads, retriesFailed: retryFailed, files: files,
      talk: talk, logger: logger, signals: signals, start: start)
    let report = try work.run()
    try Console.result(talk.json ? report.json.text() : report.text(quiet: talk.quiet))
    if report.hasOnlyFailures {
      throw ToolError("all runs of \(folder) have failed; their files say why.")
    }
  }

  /// The sweep that the options say, or that of the folder where they say none, and the threads.
  private func makeSweep(_ place: SweepFolder) throws -> (ScalingSweep, Int?) {
    var shared = SpinSettings()
    _ = try SpinPlan.apply(settings.given, to: &shared)
    let threads = shared.threads
    // Results do not depend on threads.
    shared.threads = nil
    spins.apply(to: &shared)
    let hasSettings = shared != SpinSettings()
    // As published: all sizes are to be made in one way, whatever a lattice's own default is.
    shared.symmetry = shared.symmetry ?? SpinProjectionKind.none
    let isGiven =
      cases != nil || sizes != nil || layers != nil || widths != nil || seeds != nil
      || boundary != nil || hasSettings
    if !isGiven, place.hasSweep { return (try ScalingSweep.read(place.sweepPath), threads) }
    guard let cases else {
      throw ToolError("a new sweep needs --cases, such as --cases square:0,square:0.5.")
    }
    guard let sizes else {
      throw ToolError("a new sweep needs --sizes, such as --sizes 4x4,6x6.")
    }
    let sweep = ScalingSweep(
      cases: cases.values, sizes: sizes.values, layers: layers?.values ?? [],
      widths: widths?.values ?? [], seeds: (seeds?.values ?? [1, 2, 3]).map { UInt64($0) },
      boundary: boundary?.rawValue ?? "periodic", settings: shared)
    return (sweep, threads)
  }
}

/// The settings of a sweep's runs that other networks have under the same names, with their meaning here.
struct ScalingSettingsOptions: SettingGroupOptions {
  @Option(
    parsing: .unconditional,
    help: "The number of heads. (default: 6, of a given width one for about six units)")
  var heads: String?

  @Option(
    parsing: .unconditional,
    help: "The Markov chains, each of which gives one configuration to a step. (default: 1024)")
  var samples: String?

  @Option(parsing: .unconditional, help: "The optimiser: minsr, spring or march. (default: spring)")
  var optimizer: String?

  @Option(
    parsing: .unconditional,
    help: """
      The step of imaginary time at the start, which falls to zero as a cosine. (default: the smaller one of 0.1 and \
      4/N, over the largest coupling)
      """)
  var learningRate: String?

  @Option(parsing: .unconditional, help: "μ of spring and march. (default: 0.8)")
  var momentum: String?

  @Option(
    parsing: .unconditional,
    help: "The regularisation, relative to its matrix's mean diagonal. (default: 0.0001)")
  var shift: String?

  @Option(
    parsing: .unconditional,
    help: "The largest root mean square of a step's change of log ψ. (default: 0.3)")
  var maximumStep: String?

  @Option(parsing: .unconditional, help: "The number of steps. (default: 1000)")
  var steps: String?

  @Option(
    parsing: .unconditional,
    help: "The configurations of the evaluation. (default: 16 for each chain)")
  var finalSamples: String?

  @Option(
    parsing: .unconditional,
    help: "The number of threads, which may change when a sweep goes on. (default: see 'info')")
  var threads: String?
}

/// A list of words such as `4x4,6x6`, in order and without repetitions.
struct WordList: ExpressibleByArgument, Equatable {
  let values: [String]

  init?(argument: String) {
    values = argument.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    if values.contains("") || Set(values).count != values.count { return nil }
  }
}

/// A list of Hamiltonians such as `square:0,triangular:0.125`.
struct CaseList: ExpressibleByArgument, Equatable {
  let values: [String]

  init?(argument: String) {
    guard let words = WordList(argument: argument) else { return nil }
    var values: [String] = []
    for word in words.values {
      let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, !parts[0].isEmpty,
        let coupling = parts.count == 1 ? 0 : Double(parts[1]), coupling.isFinite
      else { return nil }
      // One name for one number, whatever it was written like.
      values.append("\(parts[0]):\(shortText(coupling == 0 ? 0 : coupling))")
    }
    self.values = values
  }
}
