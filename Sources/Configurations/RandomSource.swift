/// A small, splittable random generator whose streams depend only on their keys.
///
/// This is SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): the state is a counter and each
/// output a scrambled count, so a stream can be opened for any key, such as a seed, a step and a
/// prefix, without drawing the numbers before it. That keeps results independent of the
/// number of threads and of the order in which blocks are worked on.
public struct RandomSource: RandomNumberGenerator, Sendable {
  /// The counter; storing it and restoring it continues the stream.
  public var state: UInt64

  /// Opens the stream of a seed.
  @inlinable
  public init(seed: UInt64) {
    state = mixBits(seed &+ 0x9E37_79B9_7F4A_7C15)
  }

  /// Returns the stream that belongs to `key` below this one, without advancing this one.
  @inlinable
  public func split(_ key: UInt64) -> RandomSource {
    RandomSource(seed: mixBits(state &+ 0xD1B5_4A32_D192_ED03) ^ mixBits(key &+ 1))
  }

  /// Returns the next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    return mixBits(state)
  }

  /// Returns a number that is uniform on [0, 1), with 53 random bits.
  @inlinable
  public mutating func uniform() -> Double {
    Double(next() &>> 11) * 0x1p-53
  }

  /// Returns a number from the normal distribution of mean 0 and variance 1.
  ///
  /// The polar method of G. Marsaglia and T. Bray (SIAM Rev. 6, 260, 1964); the second number of
  /// each pair is dropped so that the generator has no state but its counter.
  @inlinable
  public mutating func normal() -> Double {
    while true {
      let first = 2 * uniform() - 1
      let second = 2 * uniform() - 1
      let squared = first * first + second * second
      if squared > 0, squared < 1 {
        return first * (-2 * logarithm(squared) / squared).squareRoot()
      }
    }
  }
}
