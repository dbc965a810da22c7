internal import Foundation
internal import HDF5Files
internal import Results

/// What `inspect` says of a result file.
struct ResultReport {
  /// Lines under a title.
  struct Section {
    /// The title; nil for the first section.
    var title: String?
    var lines: [String]
  }

  var sections: [Section] = []
  /// The members of the JSON object.
  var members: [JSONValue.Member] = []
  /// The steps; nil where there were none to take.
  var trace: TraceTable?
  /// When the file was written.
  private var date: String?

  /// Reports on a result.
  ///
  /// - Parameters:
  ///   - result: The result.
  ///   - path: The file.
  ///   - pointGroup: The point group that irreps are named by; nil for that of the file.
  ///   - leading: How many configurations are shown.
  /// - Throws: ``ToolError`` where the irreps are not those of the point group.
  init(_ result: StoredResult, path: String, pointGroup: String?, leading: Int) throws(ToolError) {
    add("file", .string(path))
    do throws(HDF5Error) { date = try ResultFile.date(of: path) } catch {
      throw ToolError("\(error)")
    }
    addOrigin(result.provenance)
    switch result {
    case .run(let record): try addRun(record, path, pointGroup, leading)
    case .spins(let record, let evaluation): addSpins(record, evaluation, path)
    case .classical(let record, let evaluation): addClassical(record, evaluation, path)
    case .exact(let record): addExact(record)
    }
  }

  private mutating func addOrigin(_ provenance: RunRecord.Provenance) {
    add("program", .string(provenance.program))
    add("version", .string(provenance.version))
    add("libraries", .array(provenance.libraries.map { .string($0) }))
    add("date", .string(date))
    add("host", .string(provenance.host))
    add("command_line", .string(provenance.commandLine))
    add("input", .string(provenance.input))
  }

  mutating func add(_ key: String, _ value: JSONValue) {
    members.append(.init(key: key, value: value))
  }

  mutating func add(section title: String?, _ lines: [String]) {
    if !lines.isEmpty { sections.append(Section(title: title, lines: lines)) }
  }

  mutating func add(section title: String?, rows: [(String, String)]) {
    if !rows.isEmpty { add(section: title, [tableText(rows, width: 20)]) }
  }

  /// The rows that all results begin with.
  func originRows(
    _ provenance: RunRecord.Provenance, path: String, problem: String
  ) -> [(String, String)] {
    var rows = [("file", path), ("problem", problem)]
    let host = provenance.host.map { " on \($0)" } ?? ""
    if let date {
      rows.append(("written", "\(date)\(host) by \(provenance.program) \(provenance.version)"))
    }
    if let line = provenance.commandLine { rows.append(("command", line)) }
    return rows
  }

  /// Adds settings, by their options.
  mutating func addSettings(_ entries: [StoredSettings.Entry]) {
    add(
      "settings",
      .object(entries.map { .init(key: $0.option, value: .string($0.value)) }))
    let width = (entries.map(\.option.count).max() ?? 0) + 4
    add(
      section: "settings",
      entries.map { entry in
        "  --\(entry.option)".padding(toLength: width + 2, withPad: " ", startingAt: 0)
          + entry.value
      })
  }

  /// Adds what to know before using the numbers.
  mutating func addWarnings(_ warnings: [String]) {
    add("warnings", .array(warnings.map { .string(withFlags($0)) }))
    add(section: "warnings", warnings.map { "  " + withFlags($0) })
  }

  /// Says that a run has not been evaluated, and how it goes on.
  static func unfinished(_ steps: Int, _ path: String) -> String {
    "none yet: stopped after step \(steps), not evaluated; go on by: qchem-nqs solve --resume \(path)"
  }

  /// The report for people.
  var text: String {
    sections.map { section in
      ((section.title.map { [$0] } ?? []) + section.lines).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  /// The report as one JSON object.
  var json: JSONValue { .object(members) }
}
