public import Configurations
internal import Foundation
internal import Hamiltonians
internal import Parallelism
internal import Sampling
internal import WaveFunctions

/// How strongly a state pulls on a configuration outside some set.
public struct Pull<Word: ConfigurationWord>: Sendable {
  /// The representative `y`.
  public var configuration: Configuration<Word>
  /// `H_yy`.
  public var diagonal: Double
  /// `m_y |Σ_x H_yx ψ_x|²`.
  public var weight: Double
  /// How many such configurations it stands for: 1, or the inverse of the expected number of times
  /// that it was drawn.
  public var factor: Double

  /// Creates a pull.
  public init(
    configuration: Configuration<Word>, diagonal: Double, weight: Double, factor: Double = 1
  ) {
    self.configuration = configuration
    self.diagonal = diagonal
    self.weight = weight
    self.factor = factor
  }
}

extension LocalEnergyEstimator {
  /// Computes the pull of some configurations on those outside.
  ///
  /// Where the rows or the result do not fit the budget, rows are enumerated several times, each time
  /// for one part of the outside by its digests. Of each part's many configurations those of largest
  /// weight are kept, and of the others draws in proportion to their weights, with
  /// ``Pull/factor`` for an unbiased sum.
  ///
  /// - Parameters:
  ///   - configurations: Distinct representatives, `S`.
  ///   - random: The stream of the draws.
  /// - Returns: For every representative `y` outside that `H` connects to one of them,
  ///   `m_y |Σ_{x ∈ S} H_yx ψ_x|²`, the weight of `H ψ_S` on `y` and those that share it.
  public func pulls(
    on configurations: [Configuration<Word>], random: RandomSource
  ) -> [Pull<Word>] {
    guard let numbers = numbersWithRows(of: configurations) else {
      return streamPulls(
        on: configurations, limit: Pull<Word>.limit(budget: table.budget), random: random)
    }
    useAmplitudes(sampled: numbers, mode: .subspace)
    var isInside = [Bool](repeating: false, count: table.count)
    for number in numbers { isInside[Int(number)] = true }
    var real = [Double](repeating: 0, count: table.count)
    var imaginary = real
    for number in numbers {
      let (psiReal, psiImaginary) = weightedAmplitude(of: number)
      table.withRow(number) { columns, elements in
        for index in 0..<columns.count {
          real[Int(columns[index])] += elements[index] * psiReal
          imaginary[Int(columns[index])] += elements[index] * psiImaginary
        }
      }
    }
    let scale = exp(2 * amplitudes.logScale)
    var result: [Pull<Word>] = []
    for y in 0..<table.count where !isInside[y] {
      let squared = real[y] * real[y] + imaginary[y] * imaginary[y]
      if squared == 0 { continue }
      result.append(
        Pull(
          configuration: table.configurations[y], diagonal: table.diagonal[y],
          weight: scale * squared / table.multiplicities[y]))
    }
    return result
  }

  /// `m_x ψ_x` on the common scale.
  private func weightedAmplitude(of number: Int32) -> (real: Double, imaginary: Double) {
    let x = Int(number)
    let multiplicity = table.multiplicities[x]
    return (multiplicity * amplitudes.real[x], multiplicity * amplitudes.imaginary[x])
  }

  /// The same without storing rows.
  ///
  /// - Parameters:
  ///   - configurations: `S`.
  ///   - limit: The number of pulls to return, roughly.
  ///   - random: The stream of the draws.
  /// - Returns: The pulls, or some of them with their factors.
  package func streamPulls(
    on configurations: [Configuration<Word>], limit: Int, random: RandomSource
  ) -> [Pull<Word>] {
    forget()
    let numbers = configurations.map { table.number(of: $0) }
    useAmplitudes(sampled: numbers, mode: .subspace)
    let scale = exp(2 * amplitudes.logScale)
    let capacity = max(64, table.budget / 2 / PullSums<Word>.bytesOfConfiguration)
    var result: [Pull<Word>] = []
    // Digests from `lower` to below `upper`, of which there are 2³².
    let end = 1 << 32
    var lower = 0
    var width = end
    var part: UInt64 = 0
    while lower < end {
      var sums = PullSums<Word>()
      width = min(width, end - lower)
      table.forEachRow(of: numbers) { index, list, range in
        sums.add(
          list, range, times: weightedAmplitude(of: numbers[index]), digests: lower..<lower + width,
          except: table.index)
        // Too many: half of the part is left to the next pass.
        while sums.count > capacity, width > 1 {
          width /= 2
          sums.keep { Int($0.digest >> 32) < lower + width }
        }
        return true
      }
      let share = max(2, Int(Double(limit) * Double(width) / Double(end)))
      result += thinnedPulls(pulls(of: sums, scale: scale), limit: share, random.split(part))
      part += 1
      lower += width
    }
    forget()
    return result
  }

  /// Turns sums into pulls.
  private func pulls(of sums: PullSums<Word>, scale: Double) -> [Pull<Word>] {
    let hamiltonian = hamiltonian
    let space = space
    let block = 1024
    return execution.map((sums.count + block - 1) / block) { number in
      (number * block..<min(sums.count, (number + 1) * block)).compactMap { index in
        let y = sums.configurations[index]
        let squared =
          sums.real[index] * sums.real[index] + sums.imaginary[index] * sums.imaginary[index]
        return squared == 0
          ? nil
          : Pull(
            configuration: y, diagonal: hamiltonian.diagonalElement(y),
            weight: scale * squared / Double(space.multiplicity(y)))
      }
    }.flatMap { $0 }
  }
}

/// Returns all of some pulls or, where there are more than `limit`, half as many of largest weight and as
/// many draws from the others.
package func thinnedPulls<Word>(
  _ pulls: [Pull<Word>], limit: Int, _ random: RandomSource
) -> [Pull<Word>] {
  // Of a state that has diverged the weights are no numbers: training says so after its step.
  var pulls = pulls.filter { $0.weight > 0 && $0.weight.isFinite }
  if pulls.count <= limit { return pulls }
  pulls.sort {
    $0.weight != $1.weight
      ? $0.weight > $1.weight : $0.configuration.digest < $1.configuration.digest
  }
  let kept = limit / 2
  let rest = pulls[kept...].reduce(0) { $0 + $1.weight }
  guard rest > 0, rest.isFinite else { return Array(pulls[..<kept]) }
  var stream = random
  var sampling = SystematicSampling(spacing: rest / Double(limit - kept), using: &stream)
  return pulls[..<kept]
    + pulls[kept...].compactMap { pull in
      let hits = sampling.hits(weight: pull.weight)
      if hits == 0 { return nil }
      var drawn = pull
      drawn.factor = Double(hits) * sampling.spacing / pull.weight
      return drawn
    }
}

extension Pull {
  /// The number of pulls that may be returned under a budget; as many as do no harm in any case.
  static func limit(budget: Int) -> Int {
    // They are copied and sorted by those who asked.
    max(100_000, budget / 4 / (4 * MemoryLayout<Pull<Word>>.stride))
  }
}

/// Sums over configurations that are found as they come.
private struct PullSums<Word: ConfigurationWord>: Sendable {
  private(set) var real: [Double] = []
  private(set) var imaginary: [Double] = []
  private var index = ConfigurationIndex<Word>()
  private var columns: [Int32] = []
  private var elements: [Double] = []

  /// What a configuration takes, in arrays that double when they grow and up to four slots.
  static var bytesOfConfiguration: Int { 2 * (MemoryLayout<Configuration<Word>>.stride + 16) + 16 }

  var count: Int { index.count }
  var configurations: [Configuration<Word>] { index.configurations }

  /// Adds a multiple of a row's elements to the sums of its configurations.
  ///
  /// - Parameters:
  ///   - list: Holds the row.
  ///   - range: Where.
  ///   - factor: The multiple.
  ///   - digests: The upper halves of the digests that count.
  ///   - others: What is left out.
  mutating func add(
    _ list: ConnectionList<Word>, _ range: Range<Int>,
    times factor: (real: Double, imaginary: Double),
    digests: Range<Int>, except others: ConfigurationIndex<Word>
  ) {
    if columns.count < range.count {
      columns = Array(repeating: 0, count: 2 * range.count)
      elements = Array(repeating: 0, count: 2 * range.count)
    }
    let found = index.insert(
      list, range, digests: digests, except: others, numbers: &columns, elements: &elements)
    if real.count < count {
      real += Array(repeating: 0, count: count - real.count)
      imaginary += Array(repeating: 0, count: count - imaginary.count)
    }
    for place in 0..<found {
      real[Int(columns[place])] += elements[place] * factor.real
      imaginary[Int(columns[place])] += elements[place] * factor.imaginary
    }
  }

  /// Drops the configurations that do not satisfy a condition.
  mutating func keep(_ condition: (Configuration<Word>) -> Bool) {
    let kept = configurations.indices.filter { condition(configurations[$0]) }
    var smaller = ConfigurationIndex<Word>(capacity: kept.count)
    for number in kept { _ = smaller.insert(configurations[number]) }
    index = smaller
    real = kept.map { real[$0] }
    imaginary = kept.map { imaginary[$0] }
  }
}
