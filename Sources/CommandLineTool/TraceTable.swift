internal import FreeEnergy
internal import SpinMonteCarlo
internal import Training

/// The trace of a run as a table, with the names that the columns have in result files.
struct TraceTable {
  /// One value of each step.
  struct Column {
    let name: String
    let values: [Double?]
    /// Whether all values are whole numbers.
    var isWhole = false
  }

  let columns: [Column]

  /// The trace of autoregressive networks.
  init(_ trace: [TraceRow]) {
    columns = [
      Column(name: "step", values: trace.map { Double($0.step) }, isWhole: true),
      Column(name: "energy", values: trace.map(\.energy)),
      Column(name: "error", values: trace.map(\.error)),
      Column(name: "variance", values: trace.map(\.variance)),
      Column(name: "temperature", values: trace.map(\.temperature)),
      Column(name: "entropy", values: trace.map(\.entropy)),
      Column(name: "free_energy", values: trace.map(\.freeEnergy)),
      Column(
        name: "distinct_samples", values: trace.map { Double($0.distinctSamples) }, isWhole: true),
      Column(name: "gradient_norm", values: trace.map(\.gradientNorm)),
      Column(name: "residual", values: trace.map(\.residual)),
      Column(name: "seconds", values: trace.map(\.seconds)),
    ]
  }

  /// The trace of Markov chains.
  init(_ trace: [SpinRow]) {
    columns = [
      Column(name: "step", values: trace.map { Double($0.step) }, isWhole: true),
      Column(name: "energy", values: trace.map(\.energy)),
      Column(name: "error", values: trace.map(\.error)),
      Column(name: "variance", values: trace.map(\.variance)),
      Column(name: "acceptance", values: trace.map(\.acceptance)),
      Column(name: "gradient_norm", values: trace.map(\.gradientNorm)),
      Column(name: "change", values: trace.map(\.change)),
      Column(name: "evaluations", values: trace.map(\.evaluations), isWhole: true),
      Column(name: "seconds", values: trace.map(\.seconds)),
    ]
  }

  /// The trace of classical spins.
  init(_ trace: [FreeEnergyRow]) {
    columns = [
      Column(name: "step", values: trace.map { Double($0.step) }, isWhole: true),
      Column(name: "length", values: trace.map { Double($0.length) }, isWhole: true),
      Column(name: "beta", values: trace.map(\.beta)),
      Column(name: "free_energy", values: trace.map(\.freeEnergy)),
      Column(name: "error", values: trace.map(\.error)),
      Column(name: "variance", values: trace.map(\.variance)),
      Column(name: "ess", values: trace.map(\.effectiveShare)),
      Column(name: "gradient_norm", values: trace.map(\.gradientNorm)),
      Column(name: "seconds", values: trace.map(\.seconds)),
    ]
  }

  /// The first words of every such table.
  static let beginning = "step,"

  /// The table with commas: names first, numbers as they read back, nothing where there is none.
  var csv: String {
    var lines = [columns.map(\.name).joined(separator: ",")]
    for row in columns[0].values.indices {
      lines.append(columns.map { Self.text($0.values[row], $0.isWhole) }.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func text(_ value: Double?, _ isWhole: Bool) -> String {
    guard let value, value.isFinite else { return "" }
    if isWhole, let whole = Int(exactly: value) { return String(whole) }
    return "\(value)"
  }
}
