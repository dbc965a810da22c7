internal import Foundation

/// The runs of one network on one lattice with different seeds, reduced to one V-score.
///
/// ### References
///
/// R. Rende et al., arXiv:2606.02794: of three seeds the worst is dropped, V is the smaller one of the other two and its
/// error their standard deviation. Here of k seeds `⌊k/3⌋` are dropped, so none of one or two; V is the smallest, and the
/// spread that of ln V.
public struct ScalingPoint: Sendable, Hashable {
  /// The runs that count, best first.
  public let kept: [ScalingRow]
  /// The runs that were dropped, best first.
  public let dropped: [ScalingRow]

  /// Reduces runs.
  ///
  /// - Parameter rows: Runs that differ by their seeds only, at least one, with positive V-scores.
  public init(_ rows: [ScalingRow]) {
    precondition(!rows.isEmpty, "a point needs a run")
    precondition(rows.allSatisfy { $0.vScore > 0 }, "V-scores are positive")
    let sorted = rows.sorted { ($0.vScore, $0.seed) < ($1.vScore, $1.seed) }
    let count = rows.count - rows.count / 3
    kept = Array(sorted.prefix(count))
    dropped = Array(sorted.dropFirst(count))
  }

  /// The best run, whose V-score is the point's.
  public var best: ScalingRow { kept[0] }
  /// V.
  public var vScore: Double { best.vScore }

  /// The variance of ln V among the seeds that count, with one degree of freedom less than seeds; nil for one seed.
  public var spread: Double? {
    guard kept.count > 1 else { return nil }
    let values = kept.map { log($0.vScore) }
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }

  /// The statistical variance of ln V of the best run; 0 where it is not known.
  public var statisticalVariance: Double { Self.statisticalVariance(of: best) }

  /// The mean of the statistical variances of the runs that count.
  var meanStatisticalVariance: Double {
    kept.reduce(0) { $0 + Self.statisticalVariance(of: $1) } / Double(kept.count)
  }

  private static func statisticalVariance(of row: ScalingRow) -> Double {
    let relative = (row.vScoreError ?? 0) / row.vScore
    return relative * relative
  }
}

/// The points of one Hamiltonian whose runs were made in one way.
public struct ScalingFamily: Sendable, Hashable {
  /// The Hamiltonian.
  public let hamiltonian: String
  /// How runs were made.
  public let conditions: String
  /// The points, by size and operations.
  public let points: [ScalingPoint]

  /// Sorts runs into families, in the order in which they first occur.
  ///
  /// - Parameter rows: Runs with positive V-scores.
  /// - Returns: The families.
  public static func families(of rows: [ScalingRow]) -> [ScalingFamily] {
    struct Key: Hashable {
      let hamiltonian: String
      let conditions: String
    }
    struct Network: Hashable {
      let sites: Int
      let operations: Double
      let forward: Double
      let architecture: String
    }
    var order: [Key] = []
    var groups: [Key: [Network: [ScalingRow]]] = [:]
    for row in rows {
      let key = Key(hamiltonian: row.hamiltonian, conditions: row.conditions)
      if groups[key] == nil { order.append(key) }
      let network = Network(
        sites: row.sites, operations: row.operations, forward: row.forwardOperations,
        architecture: row.architecture)
      groups[key, default: [:]][network, default: []].append(row)
    }
    return order.map { key in
      let networks = (groups[key] ?? [:]).sorted { a, b in
        (a.key.sites, a.key.operations, a.key.forward, a.key.architecture)
          < (b.key.sites, b.key.operations, b.key.forward, b.key.architecture)
      }
      return ScalingFamily(
        hamiltonian: key.hamiltonian, conditions: key.conditions,
        points: networks.map { ScalingPoint($0.value) })
    }
  }

  /// The numbers of sites, ascending.
  public var sizes: [Int] { Set(points.map(\.best.sites)).sorted() }
  /// M, where it is that of all runs.
  public var samples: Int? {
    let all = Set(points.flatMap { ($0.kept + $0.dropped).map(\.samples) })
    return all.count == 1 ? all.first : nil
  }

  /// The variance of ln V from seed to seed beyond the statistical one, pooled over all points; nil where no point has
  /// two seeds.
  ///
  /// The spread of two or three seeds is itself uncertain by its own size, and weights made of it would be too.
  public var pooledSpread: Double? {
    let spreads = points.compactMap { point in
      // What seeds differ by has their statistical errors in it.
      point.spread.map { ($0 - point.meanStatisticalVariance, Double(point.kept.count - 1)) }
    }
    if spreads.isEmpty { return nil }
    return max(
      0, spreads.reduce(0) { $0 + $1.0 * $1.1 } / spreads.reduce(0) { $0 + $1.1 })
  }

  /// The standard error of ln V of each point: the pooled spread of seeds and the statistical error.
  public var errors: [Double] {
    let pooled = pooledSpread ?? 0
    return points.map { (pooled + $0.statisticalVariance).squareRoot() }
  }
}
