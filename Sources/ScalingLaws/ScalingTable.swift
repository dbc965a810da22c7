internal import Foundation

/// A table of runs that cannot be read.
public struct ScalingTableError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What, where, what was expected and what to do.
  public let description: String
}

/// A run without a V-score that a fit could take.
public struct FailedRun: Sendable, Hashable {
  /// Its name, or its line.
  public var name: String
  /// Why.
  public var reason: String

  /// Creates a record.
  public init(name: String, reason: String) { (self.name, self.reason) = (name, reason) }
}

/// Runs as text: a table with tabs, one run on a line.
///
/// The first line that is neither blank nor a comment (`#`) names the columns, which come in any order: those of
/// ``required`` and any of ``optional``. A run that failed has text in `failure` and may have no V-score.
public struct ScalingTable: Sendable, Hashable {
  /// The columns that every table has.
  public static let required = [
    "hamiltonian", "sites", "forward_operations", "samples", "steps", "seed", "v_score",
  ]
  /// The columns that a table may have.
  public static let optional = [
    "v_score_error", "conditions", "architecture", "warnings", "failure",
  ]

  /// The runs with a V-score.
  public var rows: [ScalingRow]
  /// The others.
  public var failed: [FailedRun]

  /// Creates a table.
  public init(rows: [ScalingRow] = [], failed: [FailedRun] = []) {
    (self.rows, self.failed) = (rows, failed)
  }

  /// The text of the table.
  public var text: String {
    let columns = Self.required + Self.optional
    let lines = rows.map { row in
      [
        row.hamiltonian, "\(row.sites)", "\(row.forwardOperations)", "\(row.samples)",
        "\(row.steps)", row.seed, "\(row.vScore)", row.vScoreError.map { "\($0)" } ?? "",
        row.conditions, row.architecture, row.hasWarnings ? "yes" : "no", "",
      ].map { $0.replacing("\t", with: " ") }.joined(separator: "\t")
    }
    let missing = failed.map { "# left out: \($0.name): \($0.reason)".replacing("\n", with: " ") }
    return ([columns.joined(separator: "\t")] + lines + missing).joined(separator: "\n") + "\n"
  }

  /// Reads a table.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - name: The file's name, for messages.
  /// - Throws: ``ScalingTableError`` with the line and the column that are at fault.
  public init(text: String, name: String) throws(ScalingTableError) {
    rows = []
    failed = []
    var columns: [String]?
    // A file of another system may end its lines by two characters.
    let lines = text.replacing("\r\n", with: "\n").split(
      separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let place = "\(name), line \(index + 1)"
      if line.allSatisfy(\.isWhitespace) || line.hasPrefix("#") { continue }
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard let columns else {
        columns = try Self.header(cells, place)
        continue
      }
      guard cells.count == columns.count else {
        throw ScalingTableError(
          description:
            "\(place): \(cells.count) columns, and the head has \(columns.count); separate them by tabs"
        )
      }
      try add(Line(place: place, values: Dictionary(zip(columns, cells)) { first, _ in first }))
    }
    guard columns != nil else {
      throw ScalingTableError(
        description: "\(name) is empty; it needs a line with the names of columns: "
          + Self.required.joined(separator: ", "))
    }
  }

  private static func header(
    _ cells: [String], _ place: String
  ) throws(ScalingTableError) -> [String] {
    if let missing = required.first(where: { !cells.contains($0) }) {
      throw ScalingTableError(
        description: "\(place): there is no column '\(missing)'; the head needs "
          + required.joined(separator: ", ") + ", separated by tabs")
    }
    if let unknown = cells.first(where: { !(required + optional).contains($0) }) {
      throw ScalingTableError(
        description:
          "\(place): the column '\(unknown)' is unknown; optional ones are "
          + optional.joined(separator: ", "))
    }
    if Set(cells).count != cells.count {
      throw ScalingTableError(description: "\(place): a column occurs twice")
    }
    return cells
  }

  /// The cells of one line by their columns.
  private struct Line {
    let place: String
    let values: [String: String]

    func text(_ column: String) -> String { values[column] ?? "" }

    func number(_ column: String) throws(ScalingTableError) -> Double {
      guard let value = Double(text(column)), value.isFinite else {
        throw wrong(column, "a number")
      }
      return value
    }

    func count(_ column: String) throws(ScalingTableError) -> Int {
      guard let value = Int(text(column)), value > 0 else {
        throw wrong(column, "a whole number above 0")
      }
      return value
    }

    func flag(_ column: String) throws(ScalingTableError) -> Bool {
      switch text(column) {
      case "yes": return true
      case "no", "": return false
      default: throw wrong(column, "yes or no")
      }
    }

    func wrong(_ column: String, _ expected: String) -> ScalingTableError {
      ScalingTableError(
        description: "\(place): '\(column)' must be \(expected), not '\(text(column))'")
    }
  }

  private mutating func add(_ line: Line) throws(ScalingTableError) {
    if !line.text("failure").isEmpty {
      failed.append(FailedRun(name: line.place, reason: line.text("failure")))
      return
    }
    let score = try line.number("v_score")
    guard score > 0 else { throw line.wrong("v_score", "a number above 0") }
    var error: Double?
    if !line.text("v_score_error").isEmpty {
      let value = try line.number("v_score_error")
      guard value >= 0 else { throw line.wrong("v_score_error", "a number of at least 0") }
      error = value
    }
    let forward = try line.number("forward_operations")
    guard forward > 0 else { throw line.wrong("forward_operations", "a number above 0") }
    guard !line.text("hamiltonian").isEmpty else {
      throw line.wrong("hamiltonian", "a name such as square:0.5")
    }
    rows.append(
      ScalingRow(
        hamiltonian: line.text("hamiltonian"), conditions: line.text("conditions"),
        architecture: line.text("architecture"), sites: try line.count("sites"),
        forwardOperations: forward, samples: try line.count("samples"),
        steps: try line.count("steps"), seed: line.text("seed"), vScore: score, vScoreError: error,
        hasWarnings: try line.flag("warnings")))
  }

  /// Throws where a run occurs twice.
  ///
  /// - Throws: ``ScalingTableError`` with the run.
  public func checkRuns() throws(ScalingTableError) {
    struct Key: Hashable {
      let texts: [String]
      let numbers: [Double]
    }
    var seen: Set<Key> = []
    for row in rows {
      let key = Key(
        texts: [row.hamiltonian, row.conditions, row.architecture, row.seed],
        numbers: [
          Double(row.sites), row.forwardOperations, Double(row.samples), Double(row.steps),
        ])
      guard seen.insert(key).inserted else {
        throw ScalingTableError(
          description:
            "the run of \(row.hamiltonian), \(row.sites) sites, \(row.architecture), seed \(row.seed) occurs twice; give "
            + "every run once")
      }
    }
  }
}
