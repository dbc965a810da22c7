import Configurations
import Testing

@Suite struct RandomSourceTests {
  @Test func uniformNumbersHaveTheMomentsOfTheUniformDistribution() {
    var random = RandomSource(seed: 11)
    let count = 200_000
    var moments = [Double](repeating: 0, count: 4)
    var isInRange = true
    for _ in 0..<count {
      let value = random.uniform()
      isInRange = isInRange && value >= 0 && value < 1
      for power in 0..<4 { moments[power] += integerPower(value, power + 1) / Double(count) }
    }
    #expect(isInRange)
    // The mean of uᵏ is 1/(k + 1), its variance 1/(2k + 1) − 1/(k + 1)².
    for power in 1...4 {
      let k = Double(power)
      let error = ((1 / (2 * k + 1) - 1 / ((k + 1) * (k + 1))) / Double(count)).squareRoot()
      #expect(abs(moments[power - 1] - 1 / (k + 1)) < 4 * error)
    }
  }

  @Test func normalNumbersHaveTheMomentsOfTheNormalDistribution() {
    var random = RandomSource(seed: 12)
    let count = 200_000
    var moments = [Double](repeating: 0, count: 4)
    for _ in 0..<count {
      let value = random.normal()
      for power in 0..<4 { moments[power] += integerPower(value, power + 1) / Double(count) }
    }
    let expected = [0.0, 1, 0, 3]
    // ⟨x²ᵏ⟩ − ⟨xᵏ⟩² for k = 1 to 4.
    let variances = [1.0, 2, 15, 96]
    for power in 0..<4 {
      let error = (variances[power] / Double(count)).squareRoot()
      #expect(abs(moments[power] - expected[power]) < 4 * error)
    }
  }

  @Test func bitsAreBalanced() {
    var random = RandomSource(seed: 13)
    var ones = [Int](repeating: 0, count: 64)
    let count = 20_000
    for _ in 0..<count {
      let bits = random.next()
      for bit in 0..<64 where bits >> UInt64(bit) & 1 == 1 { ones[bit] += 1 }
    }
    let deviation = Double(count).squareRoot() / 2
    for bit in 0..<64 { #expect(abs(Double(ones[bit] - count / 2)) < 5 * deviation) }
  }

  @Test func streamsOfNeighbouringKeysAreUncorrelated() {
    let root = RandomSource(seed: 14)
    let count = 20_000
    // Between streams of neighbouring keys, and between a stream and the one a level below.
    let pairs: [(RandomSource, RandomSource)] = [
      (root.split(0), root.split(1)), (root.split(1), root.split(2)), (root, root.split(0)),
      (root.split(3), root.split(3).split(0)), (root.split(0).split(1), root.split(1).split(0)),
      (RandomSource(seed: 1), RandomSource(seed: 2)),
    ]
    for (first, second) in pairs {
      var first = first
      var second = second
      var correlation = 0.0
      for _ in 0..<count {
        correlation += 12 * (first.uniform() - 0.5) * (second.uniform() - 0.5)
      }
      #expect(abs(correlation / Double(count)) < 4 / Double(count).squareRoot())
    }
  }

  @Test func firstNumbersOfManyStreamsAreUniform() {
    let root = RandomSource(seed: 15)
    let bins = 50
    let count = 50_000
    var counts = [Double](repeating: 0, count: bins)
    for key in 0..<count {
      var stream = root.split(UInt64(key))
      counts[Int(stream.uniform() * Double(bins))] += 1
    }
    let expected = Double(count) / Double(bins)
    let chiSquared = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    // 49 degrees of freedom: mean 49, standard deviation 9.9.
    #expect(chiSquared > 20 && chiSquared < 90)
  }

  @Test func splittingDoesNotAdvanceAndStateContinuesAStream() {
    var random = RandomSource(seed: 16)
    var twin = random
    _ = random.split(7)
    #expect(random.next() == twin.next())
    var resumed = RandomSource(seed: 99)
    resumed.state = random.state
    #expect(resumed.next() == random.next())
  }

  private func integerPower(_ value: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * value }
  }
}
