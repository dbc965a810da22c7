internal import Foundation
internal import SpinMonteCarlo

/// What has become of the runs of a sweep.
struct SweepReport {
  let folder: String
  /// The rows of the runs that have ended, in the order of the points.
  let rows: [SweepRow?]
  let points: [SweepPoint]
  /// The runs that other processes have.
  let busy: Set<String>
  let isOutOfTime: Bool

  private var done: [SweepRow] { rows.compactMap { $0 }.filter { $0.failure == nil } }
  private var failed: [SweepRow] { rows.compactMap { $0 }.filter { $0.failure != nil } }
  /// Whether every run has ended and none has numbers.
  var hasOnlyFailures: Bool { failed.count == points.count }
  private var left: Int { rows.filter { $0 == nil }.count - busy.count }

  var json: JSONValue {
    .object([
      "program": .string("qchem-nqs"), "version": .string(programVersion),
      "folder": .string(folder), "runs": .integer(points.count), "done": .integer(done.count),
      "failed": .array(
        failed.map {
          .object(["name": .string($0.name), "reason": .string($0.failure ?? "")])
        }),
      "in_other_processes": .integer(busy.count), "left": .integer(left),
      "rows": .array(
        done.map {
          .object([
            "name": .string($0.name), "hamiltonian": .string($0.hamiltonian),
            "sites": .integer($0.sites), "forward_operations": .number($0.forwardOperations),
            "energy_per_site": .number($0.numbers?.energyPerSite),
            "energy_per_site_error": .number($0.numbers?.energyPerSiteError),
            "v_score": .number($0.numbers?.vScore),
            "v_score_error": .number($0.numbers?.vScoreError),
          ])
        }),
    ])
  }

  func text(quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
      let width = max(4, done.map(\.name.count).max() ?? 0)
      lines.append(
        Self.padded("run", width)
          + "      energy/N        error     V-score       error  operations")
      for row in done {
        guard let numbers = row.numbers else { continue }
        lines.append(
          Self.padded(row.name, width)
            + String(
              format: "  %12.8f  %11.2e  %10.4e  %10.2e  %10.3e", numbers.energyPerSite,
              numbers.energyPerSiteError, numbers.vScore, numbers.vScoreError,
              numbers.totalOperations) + (numbers.warnings.isEmpty ? "" : "  *"))
      }
      if done.contains(where: { $0.numbers?.warnings.isEmpty == false }) {
        lines.append("* with warnings, which its file has")
      }
      for row in failed { lines.append("failed: \(row.name): \(row.failure ?? "")") }
    }
    var counts = ["\(done.count) of \(points.count) runs done"]
    if !failed.isEmpty { counts.append("\(failed.count) failed") }
    if !busy.isEmpty { counts.append("\(busy.count) in other processes") }
    if left > 0 { counts.append("\(left) left" + (isOutOfTime ? ", time is up" : "")) }
    lines.append(counts.joined(separator: ", "))
    return lines.joined(separator: "\n")
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  // MARK: - Plans

  /// The runs of a sweep with what they are expected to take.
  static func plan(_ points: [SweepPoint]) -> JSONValue {
    .object([
      "program": .string("qchem-nqs"), "version": .string(programVersion),
      "runs": .array(
        points.map { point in
          let operations = point.operations
          return .object([
            "name": .string(point.name), "hamiltonian": .string(point.hamiltonian),
            "sites": .integer(point.problem.siteCount),
            "architecture": .string(point.architecture), "conditions": .string(point.conditions),
            "parameters": .integer(point.parameterCount),
            "forward_operations": .number(operations.forward),
            "operations": .number(operations.forward * Double(point.settings.steps ?? 0)),
            "operations_with_samples": .number(
              operations.forward * Double(point.settings.steps ?? 0)
                * Double(point.settings.samples ?? 0)),
            "expected_operations": .number(operations.total),
          ])
        }),
      "expected_operations": .number(points.reduce(0) { $0 + $1.operations.total }),
    ])
  }

  static func planText(_ points: [SweepPoint], quiet: Bool) -> String {
    let total = points.reduce(0) { $0 + $1.operations.total }
    let sum = String(format: "%d runs, about %.3g operations in all", points.count, total)
    if quiet { return sum }
    let width = max(4, points.map(\.name.count).max() ?? 0)
    var lines = [
      padded("run", width) + "  parameters      C      C N_opt  C M N_opt   expected"
    ]
    for point in points {
      let f = point.operations.forward * Double(point.settings.steps ?? 0)
      lines.append(
        padded(point.name, width)
          + String(
            format: "  %10d  %8.2e  %8.2e  %8.2e  %8.2e", point.parameterCount,
            point.operations.forward, f, f * Double(point.settings.samples ?? 0),
            point.operations.total))
    }
    return (lines + [sum]).joined(separator: "\n")
  }
}
