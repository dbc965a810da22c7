internal import Foundation
internal import NeuralNetworks

/// What `cost` prints about one problem.
struct CostSummary {
  /// The file that the number of positions comes from.
  let source: String?
  let cost: DecoderCost
  /// The chunk length that was asked for.
  let chunk: Int?

  private struct Row {
    let network: String
    let task: String
    let key: String
    let count: OperationCount
    /// Numbers that a sample in the making remembers; nil where nothing is made.
    let memory: Double?
  }

  private var usedChunk: Int { chunk ?? cost.bestChunk }

  private var rows: [Row] {
    func all(_ form: DecoderForm, _ network: String, _ name: String, _ key: String) -> Row {
      Row(
        network: network, task: name, key: key, count: cost.trainingOperations(form), memory: nil)
    }
    func sampling(_ form: DecoderForm, _ network: String, _ name: String, _ key: String) -> Row {
      Row(
        network: network, task: name, key: key, count: cost.operations(form),
        memory: cost.samplingMemory(form))
    }
    return [
      sampling(
        .cachedAttention, "transformer", "sampling, keys and values kept", "sampling_cached"),
      sampling(.uncachedAttention, "transformer", "sampling, prefix anew", "sampling_uncached"),
      sampling(.recurrentRetention, "RetNet", "sampling, recurrent", "sampling_recurrent"),
      all(.attention, "transformer", "training, causal half", "training_causal"),
      all(.maskedAttention, "transformer", "training, masked matrix", "training_masked"),
      all(.parallelRetention, "RetNet", "training, parallel", "training_parallel"),
      all(
        .chunkwiseRetention(usedChunk), "RetNet", "training, chunks of \(usedChunk)",
        "training_chunkwise"),
    ]
  }

  private struct Threshold {
    let name: String
    let key: String
    let positions: Double
    /// Whether the RetNet is cheaper at the given number of positions.
    let isReached: Bool
  }

  private var thresholds: [Threshold] {
    let t = Double(cost.positions)
    let all: [(String, String, Double)] = [
      ("sampling, keys and values kept", "sampling_cached", cost.cachedThreshold),
      ("log psi, masked matrix", "masked_matrix", cost.maskedThreshold),
      ("sampling, prefix anew", "sampling_uncached", cost.uncachedThreshold),
      ("training, causal half, best chunk", "training", Double(cost.trainingThreshold - 1)),
      ("memory of a sample", "sampling_memory", cost.memoryThreshold),
    ]
    return all.map {
      Threshold(name: $0.0, key: $0.1, positions: $0.2, isReached: t > $0.2)
    }
  }

  // MARK: - JSON

  var json: JSONValue {
    let counts = rows.map { row in
      let count = row.count
      return JSONValue.Member(
        key: row.key,
        value: .object([
          "network": .string(row.network.lowercased()),
          "multiply_adds": .number(count.multiplyAdds),
          "linear": .number(count.linear), "mixing": .number(count.mixing),
          "exponentials": .number(count.exponentials),
          "multiply_adds_per_position": .number(count.multiplyAdds / Double(cost.positions)),
          "memory_numbers": .number(row.memory),
        ]))
    }
    let limits = thresholds.map { limit in
      JSONValue.Member(
        key: limit.key,
        value: .object([
          "positions": .number(limit.positions),
          "positions_per_width": .number(limit.positions / Double(cost.width)),
          "reached": .bool(limit.isReached),
        ]))
    }
    return .object([
      "file": .string(source), "positions": .integer(cost.positions),
      "vocabulary": .integer(cost.vocabulary), "width": .integer(cost.width),
      "heads": .integer(cost.heads), "layers": .integer(cost.layers),
      "feed_forward": .integer(cost.feedForward), "chunk": .integer(usedChunk),
      "best_chunk": .integer(cost.bestChunk), "costs": .object(counts),
      "thresholds": .object(limits), "sampling_ratio": .number(samplingRatio),
      "cheaper_sampler": .string(samplingRatio > 1 ? "retnet" : "transformer"),
    ])
  }

  /// The transformer's multiply–adds of a sample over the RetNet's.
  private var samplingRatio: Double {
    cost.operations(.cachedAttention).multiplyAdds
      / cost.operations(.recurrentRetention).multiplyAdds
  }

  // MARK: - Text

  var text: String {
    let positions = Double(cost.positions)
    let origin = source.map { ", the orbitals of \($0)" } ?? ""
    var lines = [
      "problem   T = \(cost.positions) positions\(origin); V = \(cost.vocabulary) tokens",
      "networks  C = \(cost.width), H = \(cost.heads), L = \(cost.layers), F = \(cost.feedForward)",
      "",
      line("", "", "multiply-adds", "", "memory of"),
      line("", "", "a sample", "a position", "a sample"),
    ]
    for row in rows {
      lines.append(
        line(
          row.network, row.task, Self.scaled(row.count.multiplyAdds),
          Self.scaled(row.count.multiplyAdds / positions),
          row.memory.map { $0 == 0 ? "none" : ByteCount.text(4 * $0) } ?? ""))
    }
    lines += ["", line("the RetNet is cheaper in", "", "from T", "T / C", "here")]
    for limit in thresholds {
      let first = floor(limit.positions) + 1
      lines.append(
        line(
          "  " + limit.name, "", Self.whole(max(first, 1)),
          String(format: "%.2f", limit.positions / Double(cost.width)),
          limit.isReached ? "yes" : "no"))
    }
    lines += ["", verdict]
    return lines.map { $0.replacing(#/ +$/#, with: "") }.joined(separator: "\n")
  }

  /// One sentence that says on which side of the threshold the problem is.
  private var verdict: String {
    let ratio = String(format: "%.2f", cost.ratio)
    let limit = String(format: "%.2f", cost.cachedThreshold / Double(cost.width))
    let first = Self.whole(floor(cost.cachedThreshold) + 1)
    let percent = 100 * abs(1 - 1 / samplingRatio)
    let difference = String(format: percent < 9.95 ? "%.1f" : "%.0f", percent)
    if samplingRatio == 1 {
      return "At T / C = \(ratio), the threshold itself, both networks sample at the same cost."
    }
    return samplingRatio > 1
      ? "With T / C = \(ratio), above the threshold \(limit) (T = \(first)), a RetNet samples with "
        + "\(difference) % fewer operations than a transformer that keeps keys and values."
      : "With T / C = \(ratio), below the threshold \(limit) (T = \(first)), a RetNet samples with "
        + "\(difference) % more operations than a transformer that keeps keys and values."
  }

  private func line(_ a: String, _ b: String, _ c: String, _ d: String, _ e: String) -> String {
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(1, width - text.count)) + text
    }
    let head = b.isEmpty ? left(a, 45) : left(a, 13) + left(b, 32)
    return head + right(c, 14) + right(d, 14) + right(e, 14)
  }

  /// Returns a number with four digits and a metric prefix.
  static func scaled(_ value: Double) -> String {
    let units: [(Double, String)] = [
      (1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"),
    ]
    guard let (factor, unit) = units.first(where: { value >= $0.0 }) else {
      return String(format: "%.4g", value)
    }
    return String(format: "%.4g %@", value / factor, unit)
  }

  private static func whole(_ value: Double) -> String { String(format: "%.0f", value) }
}

extension DecoderCost {
  /// T / C.
  fileprivate var ratio: Double { Double(positions) / Double(width) }
}
