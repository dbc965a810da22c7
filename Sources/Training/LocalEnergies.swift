internal import Configurations
internal import Foundation
internal import Hamiltonians
internal import LinearAlgebra
internal import WaveFunctions

/// The weighted configurations that a step or an evaluation works on.
struct WeightedSample<Word: ConfigurationWord> {
  /// Distinct representatives.
  var configurations: [Configuration<Word>]
  /// Their weights in averages, with sum 1.
  var weights: [Double]
  /// The number of independent draws behind the weights; 0 where they are exact.
  var draws: Double
  /// The part of |ψ|² that is known to be missing.
  var droppedWeight: Double
  /// Whether the sample is the whole sector.
  var isWholeSector: Bool
}

/// Local energies of a sample and their averages.
struct LocalEnergies {
  /// The numbers of the configurations in the connection table.
  var numbers: [Int32]
  /// `Re E_loc(x)`.
  var real: [Double]
  /// `Im E_loc(x)`.
  var imaginary: [Double]
  /// The mean, `Σ w Re E_loc`.
  var energy: Double
  /// `Σ w |E_loc − E|²`.
  var variance: Double
}

/// Computes local energies over a table of connections.
///
/// ```
/// E_loc(x) = H_xx + Σ_{y ≠ x} H_xy ψ(y)/ψ(x)
/// ```
///
/// - `full`: every connected `y`, its amplitude evaluated once for the whole sample.
/// - `subspace`: only `y` in the sample; with weights ∝ |ψ|² the mean is the Rayleigh quotient of ψ
///   restricted to the sample, an upper bound.
/// - `screened`: every `y` with `|H_xy| ≥ ε`, and draws from the others with probability ∝ |H_xy|,
///   each weighted by the inverse of its expected count: unbiased.
final class LocalEnergyEstimator<H: Hamiltonian> {
  typealias Word = H.Word

  let table: RowTable<H>
  private(set) var amplitudes = AmplitudeTable()
  private let waveFunction: WaveFunction<Word>
  private let settings: LocalEnergySettings
  /// `stamp[n] == current` marks the numbers whose amplitude the present call needs.
  private var stamp: [Int32] = []
  private var current: Int32 = 0

  init(
    _ hamiltonian: H, waveFunction: WaveFunction<Word>, settings: LocalEnergySettings
  ) {
    self.waveFunction = waveFunction
    self.settings = settings
    table = RowTable(hamiltonian, space: waveFunction.space, cutoff: settings.cutoff)
  }

  /// Computes the local energies of a sample.
  ///
  /// - Parameters:
  ///   - sample: The sample; weights in `subspace` mode are the caller's to make ∝ |ψ|².
  ///   - mode: The mode.
  ///   - random: The stream of `screened` draws.
  /// - Returns: The local energies and the averages over the sample.
  func compute(
    _ sample: WeightedSample<Word>, mode: LocalEnergyMode, random: RandomSource
  ) -> LocalEnergies {
    let numbers = sample.configurations.map { table.number(of: $0) }
    table.enumerateRows(of: numbers)
    let draws = mode == .screened ? drawScreened(numbers, random) : []
    assignAmplitudes(sampled: numbers, mode: mode, draws: draws)
    return sum(numbers, weights: sample.weights, mode: mode, draws: draws)
  }

  /// Computes the pull of some configurations on those outside.
  ///
  /// - Parameter configurations: Distinct representatives, `S`.
  /// - Returns: For every representative `y` outside that `H` connects to one of them, its number and
  ///   `m_y |Σ_{x ∈ S} H_yx ψ_x|²`, the weight of `H ψ_S` on `y` and its flip; in the order of numbers.
  func pulls(on configurations: [Configuration<Word>]) -> [(number: Int32, weight: Double)] {
    let numbers = configurations.map { table.number(of: $0) }
    table.enumerateRows(of: numbers)
    assignAmplitudes(sampled: numbers, mode: .subspace, draws: [])
    var isInside = [Bool](repeating: false, count: table.count)
    for number in numbers { isInside[Int(number)] = true }
    var real = [Double](repeating: 0, count: table.count)
    var imaginary = real
    for number in numbers {
      let x = Int(number)
      let multiplicity = table.multiplicities[x]
      let psiReal = multiplicity * amplitudes.real[x]
      let psiImaginary = multiplicity * amplitudes.imaginary[x]
      table.withRow(number) { columns, elements in
        for index in 0..<columns.count {
          real[Int(columns[index])] += elements[index] * psiReal
          imaginary[Int(columns[index])] += elements[index] * psiImaginary
        }
      }
    }
    let scale = exp(2 * amplitudes.logScale)
    var result: [(number: Int32, weight: Double)] = []
    for y in 0..<table.count where !isInside[y] {
      let squared = real[y] * real[y] + imaginary[y] * imaginary[y]
      if squared == 0 { continue }
      result.append(
        (Int32(y), scale * squared / table.multiplicities[y]))
    }
    return result
  }

  /// Computes `|((H − E) ψ)_x|²` for each configuration of a sample.
  ///
  /// - Parameters:
  ///   - sample: The configurations.
  ///   - energy: E.
  ///   - logScale: The amplitudes are multiplied by `exp(−logScale)`.
  /// - Returns: The squared moduli, one for each configuration.
  func residuals(
    of sample: WeightedSample<Word>, energy: Double, logScale: Double
  ) -> [Double] {
    let local = compute(sample, mode: .full, random: RandomSource(seed: 0))
    return local.numbers.indices.map { index in
      // In products with ψ(x), so that a vanishing ψ(x) does no harm.
      let number = Int(local.numbers[index])
      let modulus = exp(amplitudes.logModulus[number] - logScale)
      let real = (local.real[index] - energy) * modulus
      let imaginary = local.imaginary[index] * modulus
      return real * real + imaginary * imaginary
    }
  }

  // MARK: - Amplitudes

  private func assignAmplitudes(sampled: [Int32], mode: LocalEnergyMode, draws: [[ScreenedDraw]]) {
    if stamp.count < table.count {
      stamp += Array(repeating: 0, count: table.count - stamp.count)
    }
    current &+= 1
    var needed: [Int32] = []
    func need(_ number: Int32) {
      if stamp[Int(number)] != current {
        stamp[Int(number)] = current
        needed.append(number)
      }
    }
    for number in sampled { need(number) }
    switch mode {
    case .subspace:
      break
    case .full:
      for number in sampled {
        table.withRow(number) { columns, _ in
          for column in columns { need(column) }
        }
      }
    case .screened:
      for (row, number) in sampled.enumerated() {
        table.withRow(number) { columns, elements in
          for index in columns.indices where abs(elements[index]) >= settings.screening {
            need(columns[index])
          }
          for draw in draws[row] { need(columns[draw.index]) }
        }
      }
    }
    var logModulus: [Double] = []
    var phase: [Double] = []
    waveFunction.logAmplitudes(
      of: needed.map { table.configurations[Int($0)] }, logModulus: &logModulus, phase: &phase)
    amplitudes.assign(needed, logModulus: logModulus, phase: phase, count: table.count)
  }

  // MARK: - Sums

  private func sum(
    _ numbers: [Int32], weights: [Double], mode: LocalEnergyMode, draws: [[ScreenedDraw]]
  ) -> LocalEnergies {
    var real = [Double](repeating: 0, count: numbers.count)
    var imaginary = real
    let blocks = min(64, numbers.count)
    let table = table
    let amplitudes = amplitudes
    let screening = mode == .screened ? settings.screening : 0
    real.withUnsafeMutableBufferPointer { realBuffer in
      imaginary.withUnsafeMutableBufferPointer { imaginaryBuffer in
        nonisolated(unsafe) let real = realBuffer
        nonisolated(unsafe) let imaginary = imaginaryBuffer
        nonisolated(unsafe) let table = table
        amplitudes.real.withUnsafeBufferPointer { psiReal in
          amplitudes.imaginary.withUnsafeBufferPointer { psiImaginary in
            nonisolated(unsafe) let psiReal = psiReal
            nonisolated(unsafe) let psiImaginary = psiImaginary
            parallelFor(blocks) { block in
              for row in numbers.count * block / blocks..<numbers.count * (block + 1) / blocks {
                var sumReal = 0.0
                var sumImaginary = 0.0
                table.withRow(numbers[row]) { columns, elements in
                  if screening == 0 {
                    for index in 0..<columns.count {
                      let column = Int(columns[index])
                      sumReal += elements[index] * psiReal[column]
                      sumImaginary += elements[index] * psiImaginary[column]
                    }
                  } else {
                    for index in 0..<columns.count where abs(elements[index]) >= screening {
                      let column = Int(columns[index])
                      sumReal += elements[index] * psiReal[column]
                      sumImaginary += elements[index] * psiImaginary[column]
                    }
                    for draw in draws[row] {
                      let column = Int(columns[draw.index])
                      sumReal += draw.element * psiReal[column]
                      sumImaginary += draw.element * psiImaginary[column]
                    }
                  }
                }
                // Divide by ψ(x): multiply by its conjugate over its squared modulus.
                let number = Int(numbers[row])
                let x = psiReal[number]
                let y = psiImaginary[number]
                let norm = x * x + y * y
                real[row] = table.diagonal[number] + (sumReal * x + sumImaginary * y) / norm
                imaginary[row] = (sumImaginary * x - sumReal * y) / norm
              }
            }
          }
        }
      }
    }
    var energy = 0.0
    for row in numbers.indices { energy += weights[row] * real[row] }
    var variance = 0.0
    for row in numbers.indices {
      let deviation = real[row] - energy
      variance += weights[row] * (deviation * deviation + imaginary[row] * imaginary[row])
    }
    return LocalEnergies(
      numbers: numbers, real: real, imaginary: imaginary, energy: energy, variance: variance)
  }

  // MARK: - Screening

  /// One draw from the small elements of a row.
  private struct ScreenedDraw: Sendable {
    /// The place in the row.
    var index: Int
    /// The element over the expected number of times it is drawn.
    var element: Double
  }

  private func drawScreened(_ numbers: [Int32], _ random: RandomSource) -> [[ScreenedDraw]] {
    numbers.map { number in
      table.withRow(number) { columns, elements in
        var total = 0.0
        var small = 0
        for element in elements where abs(element) < settings.screening {
          total += abs(element)
          small += 1
        }
        if small <= settings.screenedDraws {
          return elements.indices.compactMap {
            abs(elements[$0]) < settings.screening
              ? ScreenedDraw(index: $0, element: elements[$0]) : nil
          }
        }
        // Systematic sampling: equally spaced points on the cumulative |H| after one random
        // offset; each element's expected count is draws · |H|/total.
        var stream = random.split(UInt64(table.configurations[Int(number)].digest))
        let spacing = total / Double(settings.screenedDraws)
        var next = stream.uniform() * spacing
        var passed = 0.0
        var draws: [ScreenedDraw] = []
        for index in elements.indices where abs(elements[index]) < settings.screening {
          passed += abs(elements[index])
          while next < passed {
            draws.append(
              ScreenedDraw(index: index, element: elements[index] > 0 ? spacing : -spacing))
            next += spacing
          }
        }
        return draws
      }
    }
  }
}
