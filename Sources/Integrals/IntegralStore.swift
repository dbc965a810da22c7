/// Packed integrals under construction, each entry NaN until it is set.
///
/// Setting an entry again is allowed with the same value up to rounding, so that files with any
/// choice of permutations are read, and refused with another, so that contradictions are found.
struct IntegralStore {
  enum Spin {
    case alpha
    case beta
  }

  let orbitalCount: Int
  private let pairCount: Int
  private(set) var oneBodyAlpha: [Double]
  private(set) var oneBodyBeta: [Double] = []
  private(set) var twoBodyAlphaAlpha: [Double]
  private(set) var twoBodyBetaBeta: [Double] = []
  private(set) var twoBodyAlphaBeta: [Double] = []

  /// Values of one integral that differ by more than this, relative and absolute, contradict.
  static let relativeTolerance = 1e-9
  static let absoluteTolerance = 1e-10

  init(orbitalCount: Int, isUnrestricted: Bool) {
    self.orbitalCount = orbitalCount
    pairCount = MolecularIntegrals.pairCount(orbitalCount)
    oneBodyAlpha = Array(repeating: .nan, count: pairCount)
    twoBodyAlphaAlpha = Array(
      repeating: .nan, count: MolecularIntegrals.pairCount(pairCount))
    if isUnrestricted { makeUnrestricted() }
  }

  var isUnrestricted: Bool { !oneBodyBeta.isEmpty }

  /// Adds storage for β.
  mutating func makeUnrestricted() {
    if isUnrestricted { return }
    oneBodyBeta = Array(repeating: .nan, count: pairCount)
    twoBodyBetaBeta = Array(repeating: .nan, count: twoBodyAlphaAlpha.count)
    twoBodyAlphaBeta = Array(repeating: .nan, count: pairCount * pairCount)
  }

  /// Returns the store without β.
  consuming func restricted() -> IntegralStore {
    oneBodyBeta = []
    twoBodyBetaBeta = []
    twoBodyAlphaBeta = []
    return self
  }

  /// Whether `h_pp` of every β orbital was set.
  var hasAllBetaDiagonals: Bool {
    (0..<orbitalCount).allSatisfy { !oneBodyBeta[MolecularIntegrals.pair($0, $0)].isNaN }
  }

  /// Makes the two-electron integrals of β, and of α with β, those of α.
  mutating func copyAlphaTwoBodyToBeta() {
    twoBodyBetaBeta = twoBodyAlphaAlpha
    for row in 0..<pairCount {
      for column in 0..<pairCount {
        twoBodyAlphaBeta[row * pairCount + column] =
          twoBodyAlphaAlpha[MolecularIntegrals.pair(row, column)]
      }
    }
  }

  /// Sets `h_pq`, 0-based; returns the earlier value if it contradicts.
  mutating func setOneBody(_ spin: Spin, _ p: Int, _ q: Int, _ value: Double) -> Double? {
    let pair = MolecularIntegrals.pair(p, q)
    return switch spin {
    case .alpha: Self.assign(&oneBodyAlpha, pair, value)
    case .beta: Self.assign(&oneBodyBeta, pair, value)
    }
  }

  /// Sets `(pq|rs)` of one spin, 0-based; returns the earlier value if it contradicts.
  @inline(__always)
  mutating func setTwoBody(
    _ spin: Spin, _ p: Int, _ q: Int, _ r: Int, _ s: Int, _ value: Double
  ) -> Double? {
    let index = MolecularIntegrals.pair(
      MolecularIntegrals.pair(p, q), MolecularIntegrals.pair(r, s))
    return switch spin {
    case .alpha: Self.assign(&twoBodyAlphaAlpha, index, value)
    case .beta: Self.assign(&twoBodyBetaBeta, index, value)
    }
  }

  /// Sets `(pq|rs)` with `pq` α and `rs` β; returns the earlier value if it contradicts.
  mutating func setMixedTwoBody(
    _ p: Int, _ q: Int, _ r: Int, _ s: Int, _ value: Double
  ) -> Double? {
    let row = MolecularIntegrals.pair(p, q)
    return Self.assign(
      &twoBodyAlphaBeta, row * pairCount + MolecularIntegrals.pair(r, s), value)
  }

  @inline(__always)
  private static func assign(_ values: inout [Double], _ index: Int, _ value: Double) -> Double? {
    let earlier = values[index]
    if earlier.isNaN {
      values[index] = value
      return nil
    }
    if earlier == value { return nil }
    let scale = max(abs(earlier), abs(value))
    return abs(earlier - value) <= absoluteTolerance + relativeTolerance * scale ? nil : earlier
  }

  /// Returns the integrals, zero where nothing was set.
  ///
  /// Mutating rather than consuming, so that the gaps are filled in place and no array is copied.
  mutating func integrals(
    alphaCount: Int, betaCount: Int, coreEnergy: Double
  ) -> MolecularIntegrals {
    Self.fillGaps(&oneBodyAlpha)
    Self.fillGaps(&twoBodyAlphaAlpha)
    Self.fillGaps(&oneBodyBeta)
    Self.fillGaps(&twoBodyBetaBeta)
    Self.fillGaps(&twoBodyAlphaBeta)
    let hasBeta = isUnrestricted
    return MolecularIntegrals(
      orbitalCount: orbitalCount, alphaCount: alphaCount, betaCount: betaCount,
      coreEnergy: coreEnergy,
      oneBodyAlpha: oneBodyAlpha, oneBodyBeta: hasBeta ? oneBodyBeta : nil,
      twoBodyAlphaAlpha: twoBodyAlphaAlpha, twoBodyBetaBeta: hasBeta ? twoBodyBetaBeta : nil,
      twoBodyAlphaBeta: hasBeta ? twoBodyAlphaBeta : nil)
  }

  private static func fillGaps(_ values: inout [Double]) {
    values.withUnsafeMutableBufferPointer { buffer in
      for index in buffer.indices where buffer[index].isNaN { buffer[index] = 0 }
    }
  }
}
