public import Configurations
internal import Foundation
public import Hamiltonians
public import Parallelism
public import Sampling
public import WaveFunctions

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
///
/// Rows are kept from call to call within a budget of memory, amplitudes as long as the parameters stay
/// what they are and until ``trim()``. A sample whose rows do not fit is taken in parts (`Streaming.swift`).
public final class LocalEnergyEstimator<H: Hamiltonian> {
  /// The word of the configurations.
  public typealias Word = H.Word

  let hamiltonian: H
  let space: ConfigurationSpace<Word>
  let table: ConnectedRows<H>
  let amplitudes = AmplitudeTable()
  let waveFunction: any WaveFunction<Word>
  private let options: EstimatorOptions
  /// The parameters at which amplitudes are known.
  private var parameters: [Float] = []
  let execution: Execution
  /// `stamp[n] == current` marks the numbers whose amplitude the present call needs.
  private var stamp: [Int32] = []
  private var current: Int32 = 0

  /// Creates an estimator.
  ///
  /// - Parameters:
  ///   - hamiltonian: The operator.
  ///   - waveFunction: The state; its present parameters count at each call.
  ///   - options: Cutoffs and the budget of memory.
  ///   - execution: The threads to use.
  public init(
    _ hamiltonian: H, waveFunction: any WaveFunction<Word>, options: EstimatorOptions,
    execution: Execution
  ) {
    self.hamiltonian = hamiltonian
    self.waveFunction = waveFunction
    self.options = options
    self.execution = execution
    space = waveFunction.space
    table = ConnectedRows(
      hamiltonian, space: waveFunction.space, cutoff: options.cutoff,
      budget: options.memoryBudget ?? EstimatorOptions.defaultMemoryBudget(), execution: execution)
  }

  /// What a configuration takes in the table, in bytes.
  public static var bytesOfConfiguration: Int { ConnectedRows<H>.bytesOfConfiguration }

  /// The bytes that rows and amplitudes take at present.
  package var bytes: Int { table.bytes }

  /// Forgets amplitudes, and rows if they have outgrown their budget.
  ///
  /// To be called at the beginning of a step and of an evaluation: an amplitude depends, within
  /// rounding, on the batch that it was evaluated in, so what comes after must not see what was known
  /// before, or a resumed run would differ from an uninterrupted one.
  public func trim() {
    amplitudes.invalidate()
    if table.bytes > table.budget { forget() }
  }

  /// Forgets everything where it takes more than half of the budget, for another estimator to have room.
  public func makeRoom() {
    if table.bytes > table.budget / 2 { forget() }
  }

  /// Forgets all rows and amplitudes.
  func forget() {
    table.forget()
    amplitudes.forget()
    stamp = []
  }

  /// Computes the local energies of a sample.
  ///
  /// - Parameters:
  ///   - sample: The sample; weights in `subspace` mode are the caller's to make ∝ |ψ|².
  ///   - mode: The mode.
  ///   - random: The stream of `screened` draws.
  /// - Returns: The local energies and the averages over the sample.
  public func compute(
    _ sample: Sample<Word>, mode: LocalEnergyMode, random: RandomSource
  ) -> LocalEnergies {
    var energies = LocalEnergies()
    if let numbers = numbersWithRows(of: sample.configurations) {
      appendLocalEnergies(of: numbers, mode: mode, random: random, to: &energies)
    } else if mode == .subspace {
      streamSubspace(sample.configurations, into: &energies)
    } else {
      stream(sample.configurations, mode: mode, random: random, into: &energies)
    }
    energies.average(weights: sample.weights)
    return energies
  }

  /// Appends the local energies of configurations whose rows are there, and which are the sample in
  /// `subspace` mode.
  func appendLocalEnergies(
    of numbers: [Int32], mode: LocalEnergyMode, random: RandomSource,
    to energies: inout LocalEnergies
  ) {
    let draws = mode == .screened ? drawScreened(numbers, random) : []
    useAmplitudes(sampled: numbers, mode: mode, draws: draws)
    appendSums(numbers, mode: mode, draws: draws, to: &energies)
  }

  // MARK: - Amplitudes

  /// Puts the amplitudes that a call needs on a common scale.
  func useAmplitudes(sampled: [Int32], mode: LocalEnergyMode, draws: [[ScreenedDraw]] = []) {
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
          for index in columns.indices where abs(elements[index]) >= options.screening {
            need(columns[index])
          }
          for draw in draws[row] { need(columns[draw.index]) }
        }
      }
    }
    evaluate(needed)
    amplitudes.use(needed)
  }

  /// Makes sure that the amplitudes of these numbers are known at the present parameters.
  func evaluate(_ numbers: [Int32]) {
    noticeParameters()
    amplitudes.reserve(table.count)
    let unknown = numbers.filter { !amplitudes.isKnown($0) }
    if unknown.isEmpty { return }
    let (logModulus, phase) = waveFunction.logAmplitudes(
      of: unknown.map { table.configurations[Int($0)] })
    for (index, number) in unknown.enumerated() {
      amplitudes.set(number, logModulus: logModulus[index], phase: phase[index])
    }
  }

  /// Forgets the amplitudes where the parameters are no longer those of the last call.
  func noticeParameters() {
    // A comparison of references where nobody has written to them.
    let present = waveFunction.parameters
    if present != parameters {
      parameters = present
      amplitudes.invalidate()
    }
  }

  // MARK: - Sums

  /// Appends the local energies of rows whose amplitudes are in use.
  func appendSums(
    _ numbers: [Int32], mode: LocalEnergyMode, draws: [[ScreenedDraw]],
    to energies: inout LocalEnergies
  ) {
    let blocks = min(64, numbers.count)
    let screening = mode == .screened ? options.screening : 0
    nonisolated(unsafe) let estimator = self
    var values = [Double](repeating: 0, count: 2 * numbers.count)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      nonisolated(unsafe) let target = base
      let count = numbers.count
      @Sendable func first(_ block: Int) -> Int { count * block / blocks }
      let share = execution.share(of: blocks)
      execution.parallelFor(share.count) { offset in
        let block = share.lowerBound + offset
        for row in first(block)..<first(block + 1) {
          let value =
            screening == 0
            ? estimator.localEnergy(of: numbers[row])
            : estimator.localEnergy(of: numbers[row], above: screening, draws: draws[row])
          target[2 * row] = value.real
          target[2 * row + 1] = value.imaginary
        }
      }
      execution.gather(base, items: blocks) { 2 * first($0) }
    }
    for row in numbers.indices {
      energies.real.append(values[2 * row])
      energies.imaginary.append(values[2 * row + 1])
    }
    for number in numbers {
      energies.diagonal.append(table.diagonal[Int(number)])
      energies.logModulus.append(amplitudes.logModulus(number))
      energies.phase.append(amplitudes.phase[Int(number)])
    }
    energies.logScale = max(energies.logScale, amplitudes.logScale)
  }

  /// `H_xx + Σ_y H_xy ψ(y)/ψ(x)` over a whole row.
  @inline(__always)
  private func localEnergy(of number: Int32) -> (real: Double, imaginary: Double) {
    let (psiReal, psiImaginary) = (amplitudes.real, amplitudes.imaginary)
    var real = 0.0
    var imaginary = 0.0
    table.withRow(number) { columns, elements in
      for index in 0..<columns.count {
        let column = Int(columns[index])
        real += elements[index] * psiReal[column]
        imaginary += elements[index] * psiImaginary[column]
      }
    }
    return quotient(real, imaginary, number)
  }

  /// The same over the large elements of a row and the draws from the others.
  private func localEnergy(
    of number: Int32, above screening: Double, draws: [ScreenedDraw]
  ) -> (real: Double, imaginary: Double) {
    let (psiReal, psiImaginary) = (amplitudes.real, amplitudes.imaginary)
    var real = 0.0
    var imaginary = 0.0
    table.withRow(number) { columns, elements in
      for index in 0..<columns.count where abs(elements[index]) >= screening {
        let column = Int(columns[index])
        real += elements[index] * psiReal[column]
        imaginary += elements[index] * psiImaginary[column]
      }
      for draw in draws {
        let column = Int(columns[draw.index])
        real += draw.element * psiReal[column]
        imaginary += draw.element * psiImaginary[column]
      }
    }
    return quotient(real, imaginary, number)
  }

  /// `H_xx + s/ψ(x)` for a sum `s`: multiplied by the conjugate of ψ over its squared modulus.
  @inline(__always)
  private func quotient(
    _ sumReal: Double, _ sumImaginary: Double, _ number: Int32
  ) -> (real: Double, imaginary: Double) {
    let x = amplitudes.real[Int(number)]
    let y = amplitudes.imaginary[Int(number)]
    let norm = x * x + y * y
    return (
      table.diagonal[Int(number)] + (sumReal * x + sumImaginary * y) / norm,
      (sumImaginary * x - sumReal * y) / norm
    )
  }

  // MARK: - Screening

  /// One draw from the small elements of a row.
  struct ScreenedDraw: Sendable {
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
        for element in elements where abs(element) < options.screening {
          total += abs(element)
          small += 1
        }
        if small <= options.screenedDraws {
          return elements.indices.compactMap {
            abs(elements[$0]) < options.screening
              ? ScreenedDraw(index: $0, element: elements[$0]) : nil
          }
        }
        // Systematic sampling: equally spaced points on the cumulative |H| after one random
        // offset; each element's expected count is draws · |H|/total.
        var stream = random.split(UInt64(table.configurations[Int(number)].digest))
        var sampling = SystematicSampling(
          spacing: total / Double(options.screenedDraws), using: &stream)
        var draws: [ScreenedDraw] = []
        for index in elements.indices where abs(elements[index]) < options.screening {
          let element = elements[index] > 0 ? sampling.spacing : -sampling.spacing
          for _ in 0..<sampling.hits(weight: abs(elements[index])) {
            draws.append(ScreenedDraw(index: index, element: element))
          }
        }
        return draws
      }
    }
  }
}
