public import Configurations
internal import Foundation

/// The exact distribution of the inside of a small block given its border, by a transfer matrix.
///
/// Sites are added one by one, row after row; a vector over the 2^l states of the last l spins holds the sum
/// over all earlier ones. Drawing goes back through the vectors. A block of one spin is the usual heat bath.
/// Borders are `[4 l, columns]`, clockwise from the top in the order top, right, bottom, left, each from
/// left to right or from top to bottom; sixteen columns go through every operation together.
///
/// Bonds have the weight 1 where they are satisfied and `exp(−2 β |J|)` where not, so that vectors stay
/// near 1 without taking logarithms at each site.
public final class BlockHeatBath {
  /// The largest side: vectors have 2^l elements, and drawing keeps l² of them.
  public static let largestSide = 7

  typealias Lanes = SIMD16<Float>

  /// l.
  public let side: Int
  private let states: Int
  private let current: UnsafeMutablePointer<Lanes>
  /// The vectors before each site from the second row on, and the last; made when first drawn from.
  private var history: UnsafeMutablePointer<Lanes>?
  private var snapshots: Int { (side - 1) * side + 1 }

  /// Makes room for blocks of a side.
  public init(side: Int) {
    precondition(side >= 1 && side <= Self.largestSide, "blocks of side \(side)")
    self.side = side
    states = 1 << side
    current = .allocate(capacity: states)
    current.initialize(repeating: .zero, count: states)
  }

  deinit {
    current.deallocate()
    history?.deallocate()
  }

  /// The bonds of a block at a temperature, ready for use.
  public struct Weights {
    fileprivate let down: [Bond]
    fileprivate let right: [Bond]
    /// β Σ |J|, which every log-weight is short of.
    fileprivate let constant: Double
    /// Whether vectors have to be scaled after each site, not only after each row.
    fileprivate let isCold: Bool

    /// Prepares the bonds of a block.
    public init(_ couplings: BlockCouplings, beta: Double) {
      down = couplings.down.map { Bond($0, beta: beta) }
      right = couplings.right.map { Bond($0, beta: beta) }
      constant = beta * couplings.total
      let largest = (couplings.down + couplings.right).reduce(0) { max($0, abs($1)) }
      isCold = beta * largest > 1.5
    }
  }

  /// Adds `ln Z` of the inside for each border.
  ///
  /// - Parameters:
  ///   - borders: `[4 l, columns]`.
  ///   - stride: The distance between its rows, at least `count` rounded up to 16.
  ///   - count: The number of columns.
  ///   - weights: The bonds.
  ///   - result: `[count]`, accumulated into.
  public func addLogPartition(
    _ borders: UnsafePointer<Float>, stride: Int, count: Int, weights: Weights,
    to result: UnsafeMutablePointer<Double>
  ) {
    for first in Swift.stride(from: 0, to: count, by: 16) {
      let logs = contract(borders + first, stride, weights, keeps: false)
      for lane in 0..<min(16, count - first) { result[first + lane] += logs[lane] }
    }
  }

  /// Draws the insides and adds `ln Z`.
  ///
  /// - Parameters:
  ///   - borders: `[4 l, columns]`.
  ///   - stride: The distance between its rows, and those of the result.
  ///   - count: The number of columns.
  ///   - weights: The bonds.
  ///   - random: The generator.
  ///   - spins: `[l², columns]`, overwritten, row after row of the block.
  ///   - result: `[count]`, accumulated into.
  public func draw(
    _ borders: UnsafePointer<Float>, stride: Int, count: Int, weights: Weights,
    random: inout RandomSource, spins: UnsafeMutablePointer<Float>,
    logPartition result: UnsafeMutablePointer<Double>
  ) {
    if history == nil {
      let room = UnsafeMutablePointer<Lanes>.allocate(capacity: snapshots * states)
      room.initialize(repeating: .zero, count: snapshots * states)
      history = room
    }
    for first in Swift.stride(from: 0, to: count, by: 16) {
      let logs = contract(borders + first, stride, weights, keeps: true)
      let used = min(16, count - first)
      for lane in 0..<used { result[first + lane] += logs[lane] }
      drawBack(weights, used, &random, spins + first, stride)
    }
  }

  // MARK: - Forwards

  private func contract(
    _ borders: UnsafePointer<Float>, _ stride: Int, _ weights: Weights, keeps: Bool
  ) -> SIMD16<Double> {
    var logs = SIMD16<Double>(repeating: weights.constant)
    func given(_ index: Int) -> Lanes {
      UnsafeRawPointer(borders + index * stride).loadUnaligned(as: Lanes.self)
    }
    current[0] = Lanes(repeating: 1)
    for r in 0..<side {
      for c in 0..<side {
        // Bonds to the border, for spin down and up.
        var low = Lanes(repeating: 1)
        var high = low
        func meet(_ bond: Bond, _ spins: Lanes) {
          low *= bond.beside(spins, up: false)
          high *= bond.beside(spins, up: true)
        }
        if r == 0 { meet(weights.down[c], given(c)) }
        if r == side - 1 { meet(weights.down[side * side + c], given(2 * side + c)) }
        if c == 0 { meet(weights.right[r * (side + 1)], given(3 * side + r)) }
        if c == side - 1 { meet(weights.right[r * (side + 1) + side], given(side + r)) }
        let left = c > 0 ? weights.right[r * (side + 1) + c] : nil
        if r == 0 {
          begin(c, low, high, left)
        } else {
          if keeps { keep((r - 1) * side + c) }
          advance(c, low, high, weights.down[r * side + c], left)
        }
        if weights.isCold { rescale(r == 0 ? 2 << c : states, &logs) }
      }
      if !weights.isCold { rescale(states, &logs) }
    }
    if keeps { keep(snapshots - 1) }
    var sum = Lanes.zero
    for state in 0..<states { sum += current[state] }
    for lane in 0..<16 { logs[lane] += log(Double(sum[lane])) }
    return logs
  }

  private func keep(_ snapshot: Int) {
    guard let history else { return }
    (history + snapshot * states).update(from: current, count: states)
  }

  /// Adds a spin of the first row.
  private func begin(_ c: Int, _ low: Lanes, _ high: Lanes, _ left: Bond?) {
    let half = 1 << c
    for state in 0..<half {
      let value = current[state]
      var (down, up) = (value * low, value * high)
      if let left {
        let isUp = state >> (c - 1) & 1 == 1
        down *= isUp ? left.other : left.same
        up *= isUp ? left.same : left.other
      }
      current[state] = down
      current[state | half] = up
    }
  }

  /// Adds a spin below another, over which it sums.
  private func advance(_ c: Int, _ low: Lanes, _ high: Lanes, _ above: Bond, _ left: Bond?) {
    let half = 1 << c
    // The spin to the left is down in the first half of the lower bits, up in the second.
    let parts = left == nil ? 1 : 2
    let length = half / parts
    for part in 0..<parts {
      let isUp = part == 1
      let downFactor = left.map { isUp ? $0.other : $0.same } ?? 1
      let upFactor = left.map { isUp ? $0.same : $0.other } ?? 1
      let (downSame, downOther) = (
        low * (downFactor * above.same), low * (downFactor * above.other)
      )
      let (upSame, upOther) = (high * (upFactor * above.same), high * (upFactor * above.other))
      var base = part * length
      while base < states {
        for state in base..<base + length {
          let (a, b) = (current[state], current[state + half])
          current[state] = a * downSame + b * downOther
          current[state + half] = a * upOther + b * upSame
        }
        base += 2 * half
      }
    }
  }

  /// Divides by the largest element of each lane.
  private func rescale(_ count: Int, _ logs: inout SIMD16<Double>) {
    var largest = current[0]
    for state in 1..<count {
      let value = current[state]
      largest = largest.replacing(with: value, where: value .> largest)
    }
    let factor = 1 / largest
    for state in 0..<count { current[state] *= factor }
    for lane in 0..<16 { logs[lane] += log(Double(largest[lane])) }
  }

  // MARK: - Backwards

  private func drawBack(
    _ weights: Weights, _ used: Int, _ random: inout RandomSource,
    _ spins: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    guard let history else { return }
    for lane in 0..<used {
      /// Element `state` of a snapshot in this lane.
      func value(_ snapshot: Int, _ state: Int) -> Float {
        history[snapshot * states + state][lane]
      }
      var total: Float = 0
      for state in 0..<states { total += value(snapshots - 1, state) }
      var rest = Float(random.uniform()) * total
      var state = states - 1
      for candidate in 0..<states - 1 {
        rest -= value(snapshots - 1, candidate)
        if rest < 0 {
          state = candidate
          break
        }
      }
      for r in (1..<max(side, 1)).reversed() {
        for c in (0..<side).reversed() {
          let isUp = state >> c & 1 == 1
          spins[(r * side + c) * stride + lane] = isUp ? 1 : -1
          let bond = weights.down[r * side + c]
          let snapshot = (r - 1) * side + c
          let down = value(snapshot, state & ~(1 << c)) * (isUp ? bond.other : bond.same)
          let up = value(snapshot, state | 1 << c) * (isUp ? bond.same : bond.other)
          let drawn = Float(random.uniform()) * (down + up) < up
          state = drawn ? state | 1 << c : state & ~(1 << c)
        }
      }
      for c in 0..<side { spins[c * stride + lane] = state >> c & 1 == 1 ? 1 : -1 }
    }
  }
}

/// A bond's weights where its spins are the same and where they differ.
private struct Bond {
  var same: Float
  var other: Float

  init(_ coupling: Double, beta: Double) {
    let weight = Float(exp(-2 * beta * abs(coupling)))
    (same, other) = coupling >= 0 ? (1, weight) : (weight, 1)
  }

  /// The weight of spin up or down beside given spins.
  @inline(__always)
  func beside(_ given: SIMD16<Float>, up: Bool) -> SIMD16<Float> {
    let (high, low) = up ? (same, other) : (other, same)
    return SIMD16<Float>(repeating: low).replacing(with: high, where: given .> 0)
  }
}
