public import Configurations

/// Draws from a list in proportion to weights, with the least noise: equally spaced points on the
/// cumulative weights, after one random offset.
///
/// An item of weight `w` is hit `w/spacing` times on average, and less than one from that.
public struct SystematicSampling: Sendable {
  /// The distance between points.
  public let spacing: Double
  private var next: Double
  private var passed = 0.0

  /// Places the points.
  ///
  /// - Parameters:
  ///   - spacing: The distance between points, positive: the total weight over the number of draws.
  ///   - random: The source of the offset.
  public init(spacing: Double, using random: inout RandomSource) {
    precondition(spacing > 0, "a spacing of \(spacing)")
    self.spacing = spacing
    next = random.uniform() * spacing
  }

  /// Passes the next item and returns how many points hit it.
  public mutating func hits(weight: Double) -> Int {
    passed += weight
    var hits = 0
    while next < passed {
      hits += 1
      next += spacing
    }
    return hits
  }
}
