internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Plots
internal import ScalingLaws

/// `qchem-nqs scaling fit`.
struct ScalingFitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit V = A f^(-alpha) N^beta to the runs of sweeps, and draw it.",
    discussion: """
      Takes folders of 'scaling run', and tables (.tsv) and rows (.json) of runs made elsewhere. Runs of \
      one Hamiltonian that were made in one way are fitted together. Of three seeds the worst is \
      dropped, and the best one counts.

      Examples:
        qchem-nqs scaling fit sweep --output scaling.svg
        qchem-nqs scaling fit square triangular elsewhere.tsv --table all.tsv --json
      """)

  @Argument(help: "Folders of sweeps, tables (.tsv) and rows (.json).")
  var inputs: [String] = []

  @Option(name: .shortAndLong, help: "The figure, an SVG or PNG file.")
  var output: String?

  @Option(help: ArgumentHelp("A table of all runs, a .tsv file.", valueName: "file"))
  var table: String?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Do not keep earlier files of these names. (default: no)")
  var overwrite: Bool?

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    if inputs.isEmpty {
      throw ValidationError("what is to be fitted? Give folders of 'scaling run', or tables.")
    }
  }

  func run() throws {
    let logger = talk.verbosity.makeLogger()
    let runs = try ScalingInputs.read(inputs)
    guard !runs.rows.isEmpty else {
      let reason = runs.failed.first.map { ": \($0.name): \($0.reason)" } ?? ""
      throw ToolError(
        "\(inputs.joined(separator: ", ")): no run has a V-score\(reason). Finish the sweep by 'scaling run'."
      )
    }
    let figureFile = try output.map { try FigureFile($0, overwrites: overwrite == true) }
    defer { figureFile?.release() }
    let tableFile = try table.map {
      try OutputFile($0, kind: .runs, input: nil, overwrites: overwrite == true)
    }
    defer { tableFile?.release() }
    let report = ScalingReport(ScalingFamily.families(of: runs.rows), failed: runs.failed)
    if report.families.allSatisfy({ $0.fit == nil }), let first = report.families.first {
      throw ToolError("\(first.family.hamiltonian): \(first.refusal ?? "nothing to fit").")
    }
    for line in report.notices { logger.notice("\(line)") }
    try Console.result(talk.json ? report.json.text() : report.text(quiet: talk.quiet))
    if let tableFile {
      let earlier = try tableFile.write(keepsEarlier: true) {
        try SweepFolder.write(runs.text, to: tableFile.path)
      }
      if let earlier { logger.notice("the earlier \(tableFile.path) is kept as \(earlier)") }
    }
    try figureFile?.write(ScalingFigure.make(report), logger: logger)
  }
}

/// The runs of folders and files.
enum ScalingInputs {
  /// Reads all of them.
  ///
  /// - Parameter paths: Folders of sweeps, tables and rows.
  /// - Returns: The runs; those of sweeps that have not ended are among the failed ones.
  /// - Throws: ``ToolError`` where one cannot be read or a run occurs twice.
  static func read(_ paths: [String]) throws(ToolError) -> ScalingTable {
    var all = ScalingTable()
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw ToolError("\(path): no such file or folder.")
      }
      if isFolder.boolValue {
        try read(folder: path, into: &all)
      } else if path.hasSuffix(".json") {
        add(try SweepRow.read(path), to: &all)
      } else if path.hasSuffix(".tsv") {
        try read(table: path, into: &all)
      } else {
        throw ToolError("\(path): give folders of sweeps, tables (.tsv) or rows (.json).")
      }
    }
    do throws(ScalingTableError) { try all.checkRuns() } catch {
      throw ToolError("\(error.description).")
    }
    return all
  }

  private static func add(_ row: SweepRow, to all: inout ScalingTable) {
    if let run = row.scalingRow {
      all.rows.append(run)
    } else {
      all.failed.append(FailedRun(name: row.name, reason: row.failure ?? "it has no numbers"))
    }
  }

  private static func read(folder: String, into all: inout ScalingTable) throws(ToolError) {
    let place = SweepFolder(folder)
    guard place.hasSweep else {
      throw ToolError("\(folder) has no sweep.json; give a folder of 'qchem-nqs scaling run'.")
    }
    let names = try ScalingSweep.readNames(place.sweepPath)
    for name in names {
      let path = "\(folder)/\(name).json"
      if FileManager.default.fileExists(atPath: path) {
        add(try SweepRow.read(path), to: &all)
      } else {
        all.failed.append(FailedRun(name: name, reason: "it has not ended"))
      }
    }
  }

  private static func read(table path: String, into all: inout ScalingTable) throws(ToolError) {
    guard let data = FileManager.default.contents(atPath: path),
      let text = String(data: data, encoding: .utf8)
    else { throw ToolError("\(path) is not UTF-8 text.") }
    do throws(ScalingTableError) {
      let table = try ScalingTable(text: text, name: path)
      all.rows += table.rows
      all.failed += table.failed
    } catch {
      throw ToolError("\(error.description).")
    }
  }
}
