internal import Foundation

/// The constants of retention: decays, rotations and the chunk length.
struct RetentionOptions: Sendable {
  /// The number of positions that the batch treats as one parallel block.
  let chunk: Int
  /// What the group norm adds to variances.
  let groupNormEpsilon: Float
  /// `γ_h^n` for `n` in `0...T`, `[H, T + 1]`.
  let decayPowers: [Float]
  /// γ of each head, `[H]`.
  private let decays: [Float]
  /// `cos t θ_j` and `sin t θ_j`, `[T, D / 2]` each.
  let cosines: [Float]
  let sines: [Float]
  private let pairs: Int

  /// Computes the constants.
  ///
  /// `γ_h = 1 − exp(linspace(ln 1/32, ln 1/512))` over heads, `θ_j = 10000^(−linspace(0, 1))` over
  /// pairs of channels.
  init(shape: DecoderShape, chunk: Int, groupNormEpsilon: Float) {
    self.chunk = chunk
    self.groupNormEpsilon = groupNormEpsilon
    let (heads, pairs) = (shape.heads, shape.headWidth / 2)
    self.pairs = pairs
    let decays = (0..<heads).map { head in
      let fraction = heads > 1 ? Double(head) / Double(heads - 1) : 0
      return 1 - exp2(-5 - 4 * fraction)
    }
    decayPowers = decays.flatMap { decay in
      (0...shape.positions).map { Float(pow(decay, Double($0))) }
    }
    self.decays = decays.map { Float($0) }
    let angles = (0..<shape.positions).flatMap { t in
      (0..<pairs).map { j in
        Double(t) * pow(10_000, pairs > 1 ? -Double(j) / Double(pairs - 1) : 0)
      }
    }
    cosines = angles.map { Float(cos($0)) }
    sines = angles.map { Float(sin($0)) }
  }

  /// Returns γ of a head.
  func decay(head: Int) -> Float { decays[head] }

  /// Rotates the channel pairs of columns at one position by its angles, or back.
  ///
  /// - Parameters:
  ///   - x: The columns at the position, `[C, columns]`, updated in place.
  ///   - position: `t`.
  ///   - backwards: Whether to rotate by the negative angles.
  ///   - width: C.
  ///   - columns: The number of columns, a multiple of the lane count.
  ///   - stride: The distance between rows.
  func rotate(
    _ x: UnsafeMutablePointer<Float>, position: Int, backwards: Bool = false, width: Int,
    columns: Int, stride: Int
  ) {
    for pair in 0..<width / 2 {
      let place = position * pairs + pair % pairs
      let cosine = cosines[place]
      let sine = backwards ? -sines[place] : sines[place]
      let even = x + 2 * pair * stride
      let odd = even + stride
      for i in Swift.stride(from: 0, to: columns, by: laneCount) {
        let (a, b) = (even.lanes(i), odd.lanes(i))
        even.store(a * cosine - b * sine, i)
        odd.store(b * cosine + a * sine, i)
      }
    }
  }
}
