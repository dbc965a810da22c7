/// Where a RetNet becomes cheaper than a transformer of the same sizes, in multiply–adds.
///
/// A RetNet pays `C²` for its gate and `2 C D` for its state at every position, whatever T is; a
/// transformer's attention grows with T. Feed-forward network and both ends cost the same.
extension DecoderCost {
  /// The T beyond which the recurrent form is cheaper than attention with a masked matrix.
  ///
  /// `2 C T = C² + 2 C D`, so that `T / C = 1/2 + 1/H`.
  public var maskedThreshold: Double { Double(width) / 2 + Double(headWidth) }

  /// The T beyond which the recurrent form samples at less cost than attention with a cache.
  ///
  /// `C (T + 1) = C² + 2 C D`, so that `T / C = 1 + 2/H` up to one position.
  public var cachedThreshold: Double { Double(width) + 2 * Double(headWidth) - 1 }

  /// The T beyond which the recurrent form samples at less cost than attention without a cache.
  ///
  /// With `a = 4 C + 2 F + e` and `b = a + C + 2 D`, `e = (2 V + 1) / L` for both ends, the positive
  /// root of
  ///
  /// ```
  /// (a / 2) (T + 1) + (T + 1) (2 T + 1) / 3 = b
  /// ```
  ///
  /// It lies between 0 and 3 (for H = 1; between 0 and 2 else).
  public var uncachedThreshold: Double {
    let ends = Double(2 * vocabulary + 1) / Double(layers)
    let a = Double(4 * width + 2 * feedForward) + ends
    let b = a + Double(width + 2 * headWidth)
    let slope = 1 + a / 2
    let constant = 1 / 3 + a / 2 - b
    return 0.75 * ((slope * slope - 8 / 3 * constant).squareRoot() - slope)
  }

  /// The T at which keys and values take the memory of a state, `C / (2 H)`.
  public var memoryThreshold: Double { Double(headWidth) / 2 }

  /// The T from which training by chunks of the best length costs less than a transformer's.
  ///
  /// From `(7/2) C T = 3 C² + (7/2) C c + 6 C D` for long strings about `c + (6 C + 12 D) / 7`; the
  /// value is that of the exact counts.
  public var trainingThreshold: Int {
    // At twice the estimate, and a margin for short strings, the RetNet is cheaper.
    var t = 2 * (width + 2 * headWidth) + 64
    while t > 1, isCheaperInTraining(positions: t - 1) { t -= 1 }
    return t
  }

  private func isCheaperInTraining(positions: Int) -> Bool {
    var other = self
    other.positions = positions
    let retention = other.trainingOperations(.chunkwiseRetention(other.bestChunk))
    return retention.multiplyAdds < other.trainingOperations(.attention).multiplyAdds
  }

  /// The chunk length with the fewest multiply–adds in training; T is the parallel form.
  ///
  /// For each position chunks of c take `(7/2) C c + 6 C D (1 − c / T) + 2 C D / c`, apart from
  /// constants, which is least at `c = 2 √(D / (7 − 12 D / T))`, some `0.76 √D` for long strings,
  /// unless T is so short that one chunk is best.
  public var bestChunk: Int {
    // Beyond this length a chunk is worse than shorter ones or than all positions at once.
    let candidates = Array(1...min(positions, 4 * headWidth + 16)) + [positions]
    let counts = candidates.map { trainingOperations(.chunkwiseRetention($0)).multiplyAdds }
    let least = counts.indices.min { counts[$0] < counts[$1] } ?? 0
    return candidates[least]
  }
}
