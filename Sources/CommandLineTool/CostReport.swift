internal import Foundation
package import NeuralNetworks

/// Both networks' times of one task at one width and length.
package struct CostRow: Sendable {
  /// What was timed.
  package enum Task: String, Sendable, CaseIterable {
    case sampling
    case trainingParallel = "training, parallel"
    case trainingChunkwise = "training, chunkwise"
  }

  package let task: Task
  /// The sizes of both networks.
  package let cost: DecoderCost
  /// The number of strings that went through together.
  package let strings: Int
  /// The chunk length, where there are chunks.
  package let chunk: Int?
  /// Seconds of a position of a string.
  package let transformerSeconds: Double
  package let retNetSeconds: Double

  package init(
    task: Task, cost: DecoderCost, strings: Int, chunk: Int?, transformerSeconds: Double,
    retNetSeconds: Double
  ) {
    self.task = task
    self.cost = cost
    self.strings = strings
    self.chunk = chunk
    self.transformerSeconds = transformerSeconds
    self.retNetSeconds = retNetSeconds
  }

  /// The transformer's time over the RetNet's.
  package var ratio: Double { transformerSeconds / retNetSeconds }

  /// The ratio of the counted multiply–adds.
  package var countedRatio: Double {
    counts.transformer.multiplyAdds / counts.retNet.multiplyAdds
  }

  /// The ratio of the counted work, exponentials among it.
  package var workRatio: Double { counts.transformer.work / counts.retNet.work }

  private var counts: (transformer: OperationCount, retNet: OperationCount) {
    switch task {
    case .sampling:
      (cost.operations(.cachedAttention), cost.operations(.recurrentRetention))
    case .trainingParallel:
      (cost.trainingOperations(.attention), cost.trainingOperations(.parallelRetention))
    case .trainingChunkwise:
      (
        cost.trainingOperations(.attention),
        cost.trainingOperations(.chunkwiseRetention(chunk ?? cost.positions))
      )
    }
  }
}

/// Where a ratio that grows with T crosses 1.
package enum Crossover: Sendable, Equatable {
  /// It is above 1 at the least T.
  case below(Int)
  case at(Double)
  /// It is below 1 at the largest T.
  case above(Int)

  /// Finds the last crossing, interpolated in `log T`.
  ///
  /// - Parameter points: Pairs of T and a ratio, by T; at least one.
  package init?(_ points: [(positions: Int, ratio: Double)]) {
    guard let first = points.first, let last = points.last else { return nil }
    guard let index = points.lastIndex(where: { $0.ratio < 1 }) else {
      self = .below(first.positions)
      return
    }
    guard index + 1 < points.count else {
      self = .above(last.positions)
      return
    }
    let (a, b) = (points[index], points[index + 1])
    let share = (1 - a.ratio) / (b.ratio - a.ratio)
    let (logA, logB) = (log(Double(a.positions)), log(Double(b.positions)))
    self = .at(exp(logA + share * (logB - logA)))
  }

  var text: String {
    switch self {
    case .below(let positions): "below \(positions)"
    case .at(let positions): String(format: "%.0f", positions)
    case .above(let positions): "above \(positions)"
    }
  }

  var number: Double? {
    if case .at(let positions) = self { positions } else { nil }
  }
}

/// What `cost --measure` prints and writes.
struct CostReport {
  let measurement: CostMeasurement
  let rows: [CostRow]

  /// The names of the table's columns.
  static let columns = [
    "task", "width", "positions", "heads", "layers", "feed_forward", "vocabulary", "strings",
    "chunk", "transformer_seconds", "retnet_seconds", "ratio", "counted_ratio", "work_ratio",
  ]

  init(_ measurement: CostMeasurement, rows: [CostRow]) {
    self.measurement = measurement
    self.rows = rows
  }

  private struct Crossing {
    let task: CostRow.Task
    let width: Int
    let measured: Crossover
    let counted: Crossover
    let work: Crossover
  }

  private var crossings: [Crossing] {
    CostRow.Task.allCases.flatMap { task in
      measurement.widths.compactMap { width -> Crossing? in
        let rows = rows.filter { $0.task == task && $0.cost.width == width }
        guard let measured = Crossover(rows.map { ($0.cost.positions, $0.ratio) }),
          let counted = Crossover(rows.map { ($0.cost.positions, $0.countedRatio) }),
          let work = Crossover(rows.map { ($0.cost.positions, $0.workRatio) })
        else { return nil }
        return Crossing(
          task: task, width: width, measured: measured, counted: counted, work: work)
      }
    }
  }

  // MARK: - Table and JSON

  /// The rows, tab-separated, with a head.
  var table: String {
    let lines = rows.map { row -> String in
      let cost = row.cost
      let sizes = [
        cost.width, cost.positions, cost.heads, cost.layers, cost.feedForward, cost.vocabulary,
        row.strings,
      ].map { String($0) }
      let numbers = [row.transformerSeconds, row.retNetSeconds].map { String(format: "%.4e", $0) }
      let ratios = [row.ratio, row.countedRatio, row.workRatio].map { String(format: "%.4f", $0) }
      let all =
        [row.task.rawValue] + sizes + [row.chunk.map { String($0) } ?? ""] + numbers + ratios
      return all.joined(separator: "\t")
    }
    return ([Self.columns.joined(separator: "\t")] + lines).joined(separator: "\n") + "\n"
  }

  var json: JSONValue {
    .object([
      "seed": .integer(Int(measurement.seed)), "repetitions": .integer(measurement.repetitions),
      "heads": .integer(measurement.sizes.heads), "layers": .integer(measurement.sizes.layers),
      "feed_forward": .integer(measurement.sizes.feedForward),
      "vocabulary": .integer(measurement.sizes.vocabulary),
      "rows": .array(
        rows.map { row in
          .object([
            "task": .string(row.task.rawValue), "width": .integer(row.cost.width),
            "positions": .integer(row.cost.positions), "strings": .integer(row.strings),
            "chunk": .integer(row.chunk),
            "transformer_seconds": .number(row.transformerSeconds),
            "retnet_seconds": .number(row.retNetSeconds), "ratio": .number(row.ratio),
            "counted_ratio": .number(row.countedRatio), "work_ratio": .number(row.workRatio),
          ])
        }),
      "crossovers": .array(
        crossings.map {
          .object([
            "task": .string($0.task.rawValue), "width": .integer($0.width),
            "measured": .number($0.measured.number), "measured_text": .string($0.measured.text),
            "counted": .number($0.counted.number), "counted_text": .string($0.counted.text),
            "work": .number($0.work.number), "work_text": .string($0.work.text),
          ])
        }),
    ])
  }

  // MARK: - Text

  var text: String {
    var lines = [
      "Nanoseconds of a position of a string, one thread; H = \(measurement.sizes.heads), "
        + "L = \(measurement.sizes.layers), F = \(measurement.sizes.feedForward), "
        + "V = \(measurement.sizes.vocabulary).",
      "Ratios are the transformer's over the RetNet's: measured, by multiply-adds, and with "
        + "exponentials.",
      "",
      line([
        "task", "C", "T", "strings", "chunk", "transf.", "RetNet", "ratio", "counted", "with exp",
      ]),
    ]
    for row in rows {
      lines.append(
        line([
          row.task.rawValue, "\(row.cost.width)", "\(row.cost.positions)", "\(row.strings)",
          row.chunk.map { "\($0)" } ?? "", String(format: "%.0f", 1e9 * row.transformerSeconds),
          String(format: "%.0f", 1e9 * row.retNetSeconds), String(format: "%.2f", row.ratio),
          String(format: "%.2f", row.countedRatio), String(format: "%.2f", row.workRatio),
        ]))
    }
    lines += [
      "", "The RetNet is faster beyond this T:", "",
      line(["task", "C", "measured", "counted", "with exp"], width: 11),
    ]
    for crossing in crossings {
      lines.append(
        line(
          [
            crossing.task.rawValue, "\(crossing.width)", crossing.measured.text,
            crossing.counted.text, crossing.work.text,
          ], width: 11))
    }
    lines += [
      "",
      "Sampled strings had no prefixes in common here. A prefix that several share is computed once in "
        + "either network, which divides both costs by the same number.",
    ]
    return lines.joined(separator: "\n")
  }

  private func line(_ cells: [String], width: Int = 8) -> String {
    let first = cells.first ?? ""
    let head = first + String(repeating: " ", count: max(0, 20 - first.count))
    return cells.dropFirst().enumerated().reduce(head) { text, cell in
      let size = cell.offset == 0 ? 4 : width
      return text + String(repeating: " ", count: max(1, size - cell.element.count)) + cell.element
    }
  }
}
