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
/// near 1 without taking logarithms at each site. What a state lacks, the bonds that follow may give back:
/// it can be the one that counts while it is smaller than the largest by the weight of l + 1 broken bonds.
/// Below some temperature that is beyond a Float, and vectors are in Float64.
public final class BlockHeatBath {
  /// The largest side: vectors have 2^l elements, and drawing keeps l² of them.
  public static let largestSide = 7

  /// The largest `β |J|` of a side, for vectors in Float64: 87 of one spin, 58 for l = 3, 35 for l = 7.
  public static func largestReducedCoupling(side: Int) -> Double { 350 / Double(side + 3) }

  /// l.
  public let side: Int
  private lazy var single = BlockContraction<Float>(side: side)
  private lazy var double = BlockContraction<Double>(side: side)

  /// Makes room for blocks of a side.
  public init(side: Int) {
    precondition(side >= 1 && side <= Self.largestSide, "blocks of side \(side)")
    self.side = side
  }

  /// The bonds of a block at a temperature, ready for use.
  public struct Weights {
    fileprivate let side: Int
    fileprivate let down: [Bond]
    fileprivate let right: [Bond]
    /// β Σ |J|, which every log-weight is short of.
    fileprivate let constant: Double
    /// Whether vectors have to be scaled after each site, not only after each row.
    fileprivate let isCold: Bool
    /// Whether a Float does not hold the vectors.
    fileprivate let isFrozen: Bool

    /// Prepares the bonds of a block.
    ///
    /// - Parameters:
    ///   - couplings: The bonds.
    ///   - beta: β, where β |J| is at most ``BlockHeatBath/largestReducedCoupling(side:)``.
    public init(_ couplings: BlockCouplings, beta: Double) {
      side = couplings.side
      down = couplings.down.map { Bond($0, beta: beta) }
      right = couplings.right.map { Bond($0, beta: beta) }
      constant = beta * couplings.total
      let largest =
        beta * (couplings.down + couplings.right).reduce(0) { max($0, abs($1)) }
      precondition(
        largest <= BlockHeatBath.largestReducedCoupling(side: side),
        "β |J| = \(largest) leaves the range of blocks of side \(side)")
      isCold = largest > 1.5
      isFrozen = 2 * largest * Double(side + 1) > 40
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
    precondition(weights.side == side, "bonds of a block of side \(weights.side)")
    if weights.isFrozen {
      double.addLogPartition(borders, stride, count, weights, result)
    } else {
      single.addLogPartition(borders, stride, count, weights, result)
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
    precondition(weights.side == side, "bonds of a block of side \(weights.side)")
    if weights.isFrozen {
      double.draw(borders, stride, count, weights, &random, spins, result)
    } else {
      single.draw(borders, stride, count, weights, &random, spins, result)
    }
  }
}

/// The precision of a block's vectors.
///
/// Operators of vectors are slow where their type is generic, whatever is specialised later: these are not.
private protocol BlockScalar: BinaryFloatingPoint, SIMDScalar, Codable {
  typealias Lanes = SIMD16<Self>

  static func product(_ a: Lanes, _ b: Lanes) -> Lanes
  static func scaled(_ a: Lanes, _ b: Self) -> Lanes
  static func sum(_ a: Lanes, _ b: Lanes) -> Lanes
  static func largest(_ a: Lanes, _ b: Lanes) -> Lanes
  /// Returns `up` where spins are up, else `down`.
  static func choose(_ spins: SIMD16<Float>, up: Self, down: Self) -> Lanes
}

extension Float: BlockScalar {
  @inline(__always)
  fileprivate static func product(_ a: Lanes, _ b: Lanes) -> Lanes { a * b }
  @inline(__always)
  fileprivate static func scaled(_ a: Lanes, _ b: Float) -> Lanes { a * b }
  @inline(__always)
  fileprivate static func sum(_ a: Lanes, _ b: Lanes) -> Lanes { a + b }
  @inline(__always)
  fileprivate static func largest(_ a: Lanes, _ b: Lanes) -> Lanes {
    a.replacing(with: b, where: b .> a)
  }
  @inline(__always)
  fileprivate static func choose(_ spins: SIMD16<Float>, up: Float, down: Float) -> Lanes {
    Lanes(repeating: down).replacing(with: up, where: spins .> 0)
  }
}

extension Double: BlockScalar {
  @inline(__always)
  fileprivate static func product(_ a: Lanes, _ b: Lanes) -> Lanes { a * b }
  @inline(__always)
  fileprivate static func scaled(_ a: Lanes, _ b: Double) -> Lanes { a * b }
  @inline(__always)
  fileprivate static func sum(_ a: Lanes, _ b: Lanes) -> Lanes { a + b }
  @inline(__always)
  fileprivate static func largest(_ a: Lanes, _ b: Lanes) -> Lanes {
    a.replacing(with: b, where: b .> a)
  }
  @inline(__always)
  fileprivate static func choose(_ spins: SIMD16<Float>, up: Double, down: Double) -> Lanes {
    Lanes(repeating: down).replacing(with: up, where: Lanes(spins) .> 0)
  }
}

/// The vectors of a block in one precision.
private final class BlockContraction<Scalar: BlockScalar> {
  typealias Lanes = SIMD16<Scalar>

  private let side: Int
  private let states: Int
  private let current: UnsafeMutablePointer<Lanes>
  /// The vectors before each site from the second row on, and the last; made when first drawn from.
  private var history: UnsafeMutablePointer<Lanes>?
  private var snapshots: Int { (side - 1) * side + 1 }

  init(side: Int) {
    self.side = side
    states = 1 << side
    current = .allocate(capacity: states)
    current.initialize(repeating: .zero, count: states)
  }

  deinit {
    current.deallocate()
    history?.deallocate()
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func addLogPartition(
    _ borders: UnsafePointer<Float>, _ stride: Int, _ count: Int,
    _ weights: BlockHeatBath.Weights, _ result: UnsafeMutablePointer<Double>
  ) {
    for first in Swift.stride(from: 0, to: count, by: 16) {
      let logs = contract(borders + first, stride, weights, keeps: false)
      for lane in 0..<min(16, count - first) { result[first + lane] += logs[lane] }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func draw(
    _ borders: UnsafePointer<Float>, _ stride: Int, _ count: Int,
    _ weights: BlockHeatBath.Weights, _ random: inout RandomSource,
    _ spins: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Double>
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

  @inline(__always)
  private func contract(
    _ borders: UnsafePointer<Float>, _ stride: Int, _ weights: BlockHeatBath.Weights, keeps: Bool
  ) -> SIMD16<Double> {
    var logs = SIMD16<Double>(repeating: weights.constant)
    func given(_ index: Int) -> SIMD16<Float> {
      UnsafeRawPointer(borders + index * stride).loadUnaligned(as: SIMD16<Float>.self)
    }
    current[0] = Lanes(repeating: 1)
    for r in 0..<side {
      for c in 0..<side {
        // Bonds to the border, for spin down and up.
        var low = Lanes(repeating: 1)
        var high = low
        func meet(_ bond: Bond, _ spins: SIMD16<Float>) {
          let (same, other) = (Scalar(bond.same), Scalar(bond.other))
          low = Scalar.product(low, Scalar.choose(spins, up: other, down: same))
          high = Scalar.product(high, Scalar.choose(spins, up: same, down: other))
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
      if !weights.isCold && r + 1 < side { rescale(states, &logs) }
    }
    if keeps { keep(snapshots - 1) }
    var sum = Lanes.zero
    for state in 0..<states { sum = Scalar.sum(sum, current[state]) }
    for lane in 0..<16 { logs[lane] += log(Double(sum[lane])) }
    return logs
  }

  @inline(__always)
  private func keep(_ snapshot: Int) {
    guard let history else { return }
    (history + snapshot * states).update(from: current, count: states)
  }

  /// Adds a spin of the first row.
  @inline(__always)
  private func begin(_ c: Int, _ low: Lanes, _ high: Lanes, _ left: Bond?) {
    let half = 1 << c
    for state in 0..<half {
      let value = current[state]
      var (down, up) = (Scalar.product(value, low), Scalar.product(value, high))
      if let left {
        let isUp = state >> (c - 1) & 1 == 1
        down = Scalar.scaled(down, Scalar(isUp ? left.other : left.same))
        up = Scalar.scaled(up, Scalar(isUp ? left.same : left.other))
      }
      current[state] = down
      current[state | half] = up
    }
  }

  /// Adds a spin below another, over which it sums.
  @inline(__always)
  private func advance(_ c: Int, _ low: Lanes, _ high: Lanes, _ above: Bond, _ left: Bond?) {
    let half = 1 << c
    // The spin to the left is down in the first half of the lower bits, up in the second.
    let parts = left == nil ? 1 : 2
    let length = half / parts
    for part in 0..<parts {
      let isUp = part == 1
      let downFactor = Scalar(left.map { isUp ? $0.other : $0.same } ?? 1)
      let upFactor = Scalar(left.map { isUp ? $0.same : $0.other } ?? 1)
      let (same, other) = (Scalar(above.same), Scalar(above.other))
      let downSame = Scalar.scaled(low, downFactor * same)
      let downOther = Scalar.scaled(low, downFactor * other)
      let upSame = Scalar.scaled(high, upFactor * same)
      let upOther = Scalar.scaled(high, upFactor * other)
      var base = part * length
      while base < states {
        for state in base..<base + length {
          let (a, b) = (current[state], current[state + half])
          current[state] = Scalar.sum(
            Scalar.product(a, downSame), Scalar.product(b, downOther))
          current[state + half] = Scalar.sum(
            Scalar.product(a, upOther), Scalar.product(b, upSame))
        }
        base += 2 * half
      }
    }
  }

  /// Divides by the largest element of each lane.
  @inline(__always)
  private func rescale(_ count: Int, _ logs: inout SIMD16<Double>) {
    var largest = current[0]
    for state in 1..<count { largest = Scalar.largest(largest, current[state]) }
    var factor = Lanes(repeating: 1)
    for lane in 0..<16 { factor[lane] = 1 / largest[lane] }
    for state in 0..<count { current[state] = Scalar.product(current[state], factor) }
    for lane in 0..<16 { logs[lane] += log(Double(largest[lane])) }
  }

  // MARK: - Backwards

  @inline(__always)
  private func drawBack(
    _ weights: BlockHeatBath.Weights, _ used: Int, _ random: inout RandomSource,
    _ spins: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    guard let history else { return }
    for lane in 0..<used {
      /// Element `state` of a snapshot in this lane.
      ///
      /// Comparisons are in Float64: a Float would round some random numbers up to 1, which is beyond
      /// all that is possible.
      func value(_ snapshot: Int, _ state: Int) -> Double {
        Double(history[snapshot * states + state][lane])
      }
      var total = 0.0
      for state in 0..<states { total += value(snapshots - 1, state) }
      var rest = random.uniform() * total
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
          let drawn = random.uniform() * (down + up) < up
          state = drawn ? state | 1 << c : state & ~(1 << c)
        }
      }
      for c in 0..<side { spins[c * stride + lane] = state >> c & 1 == 1 ? 1 : -1 }
    }
  }
}

/// A bond's weights where its spins are the same and where they differ.
private struct Bond {
  var same: Double
  var other: Double

  init(_ coupling: Double, beta: Double) {
    let weight = exp(-2 * beta * abs(coupling))
    (same, other) = coupling >= 0 ? (1, weight) : (weight, 1)
  }
}
