internal import ArgumentParser
internal import Foundation
internal import HDF5Files
internal import Integrals
internal import Logging
internal import NeuralNetworks

/// `qchem-nqs cost`.
struct CostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost",
    abstract: "Compare what transformers and RetNets cost, by count or by measurement.",
    discussion: """
      Counts the operations and the memory of a transformer and a RetNet of equal sizes, and says from \
      which number of positions (orbitals) on the RetNet is cheaper. With --measure both are timed \
      over many lengths, and the measured crossovers stand beside the counted ones.

      Examples:
        qchem-nqs cost n2.fcidump
        qchem-nqs cost --positions 60 --width 32 --heads 4
        qchem-nqs cost --measure --widths 16,32 --output cost.tsv
      """)

  @Argument(help: "The integral file, or - for standard input; its orbitals are the positions.")
  var input: String?

  @Option(
    parsing: .unconditional, help: "The number of positions T of a problem without a file.")
  var positions: Int?

  @OptionGroup(title: "Networks") var sizes: DecoderSizeOptions

  @OptionGroup(title: "Measurement") var measurement: CostMeasurementOptions

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    try require("positions", positions, "from 1 to 1000000") { (1...1_000_000).contains($0) }
    if measurement.measure {
      if input != nil || positions != nil {
        throw ValidationError(
          "--measure goes over the lengths of --positions-list; leave the file and --positions out."
        )
      }
      if sizes.width != nil {
        throw ValidationError("--measure goes over the widths of --widths; leave --width out.")
      }
      if sizes.chunk != nil {
        throw ValidationError("--measure tries several chunks; leave --chunk out.")
      }
      for width in measurement.chosenWidths { try sizes.check(width: width) }
    } else {
      if let name = measurement.given.first {
        throw ValidationError("--\(name) has an effect only with --measure.")
      }
      if input != nil && positions != nil {
        throw ValidationError("give an integral file or --positions, not both.")
      }
      if input == nil && positions == nil {
        throw ValidationError(
          "the cost of what? Give an integral file, --positions, or --measure.")
      }
      try sizes.check(width: sizes.width ?? DecoderSizeOptions.standardWidth)
    }
  }

  func run() throws {
    if measurement.measure { return try measure() }
    var source: String?
    var positions = positions ?? 0
    if let input {
      let molecule = try MoleculeInput.read(input, logger: talk.verbosity.makeLogger())
      source = molecule.path
      positions = molecule.integrals.orbitalCount
    }
    if let chunk = sizes.chunk, chunk > positions {
      throw ToolError(
        "--chunk must be at most the number of positions, \(positions), not \(chunk).")
    }
    let summary = CostSummary(
      source: source, cost: sizes.cost(positions: positions), chunk: sizes.chunk)
    try Console.result(talk.json ? summary.json.text() : summary.text)
  }

  private func measure() throws {
    let signals = SignalWatch()
    let file = try measurement.output.map {
      try OutputFile($0, kind: .measurement, input: nil, overwrites: measurement.overwrite)
    }
    defer { file?.release() }
    signals.setLeave { signal in
      Console.note("stopped by \(SignalWatch.name(of: signal))")
      if let file { file.leave(128 + signal) } else { _exit(128 + signal) }
    }
    let logger = talk.verbosity.makeLogger()
    let plan = measurement.plan(sizes: sizes)
    let report = CostReport(plan, rows: plan.rows { logger.notice("\($0)") })
    try Console.result(talk.json ? report.json.text() : report.text)
    guard let file else { return }
    do {
      let earlier = try file.write(keepsEarlier: true) {
        let replacement = try FileReplacement(of: file.path)
        try replacement.write(Array(report.table.utf8))
        try replacement.commit()
      }
      if let earlier { logger.notice("the earlier \(file.path) is kept as \(earlier)") }
    } catch let error as HDF5Error {
      throw ToolError("the file cannot be written. \(error)")
    }
  }
}
