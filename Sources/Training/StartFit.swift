internal import Configurations
internal import Foundation
internal import LinearAlgebra
internal import Optimization
internal import Parallelism
internal import WaveFunctions

/// Fits a wave function to real amplitudes by Levenberg–Marquardt steps on `log ψ`.
///
/// The modulus is fitted to `log |c|` itself, not up to a constant: |ψ|² has sum 1 over the sector,
/// so what the vector leaves out is then left with no weight. Amplitudes weigh by `|c|`, between
/// the `|c|²` that the energy sees and the 1 that signs of small ones need.
struct StartFit<Word: ConfigurationWord> {
  private let waveFunction: any WaveFunction<Word>
  private let configurations: [Configuration<Word>]
  private let solver: SampleSpaceSolver
  /// The most steps for each block.
  private let steps: Int
  /// The weights of the least-squares problem, with sum 1.
  private let metric: [Double]
  /// Their square roots.
  private let scales: [Double]
  /// `|ψ|²` of the target.
  private let born: [Double]
  private let moduli: [Double]
  private let signs: [Double]

  /// Prepares a fit.
  ///
  /// - Parameters:
  ///   - start: What is fitted to.
  ///   - waveFunction: What is fitted.
  ///   - steps: The most steps for each block of parameters.
  ///   - execution: The threads to use.
  init(
    to start: StartVector<Word>, of waveFunction: any WaveFunction<Word>, steps: Int,
    execution: Execution
  ) {
    self.waveFunction = waveFunction
    self.steps = steps
    configurations = start.configurations
    solver = SampleSpaceSolver(execution: execution)
    born = start.amplitudes.indices.map {
      Double(waveFunction.space.multiplicity(start.configurations[$0])) * start.amplitudes[$0]
        * start.amplitudes[$0]
    }
    var metric = start.amplitudes.map { abs($0) }
    let total = metric.reduce(0, +)
    for index in metric.indices { metric[index] /= total }
    self.metric = metric
    scales = metric.map { $0.squareRoot() }
    moduli = start.amplitudes.map { log(abs($0)) }
    signs = start.amplitudes.map { $0 < 0 ? Double.pi : 0 }
  }

  /// Fits all blocks.
  ///
  /// - Returns: The remaining distance, `√(1 − overlap²)` up to second order.
  func run() -> Double {
    waveFunction.blocks.indices.reduce(0) { $0 + fit(block: $1) }.squareRoot()
  }

  /// What is still to be changed in one part of `log ψ`.
  private func differences(_ part: ParameterBlock.Part) -> [Double] {
    let present = waveFunction.logAmplitudes(of: configurations)
    return switch part {
    case .logModulus: moduli.indices.map { moduli[$0] - present.logModulus[$0] }
    case .phase: signs.indices.map { remainder(signs[$0] - present.phase[$0], 2 * Double.pi) }
    }
  }

  /// Repeats damped Gauss–Newton steps on one block; a step that makes the fit worse is taken back.
  ///
  /// - Returns: `Σ |ψ|² difference²` at the end.
  private func fit(block number: Int) -> Double {
    let block = waveFunction.blocks[number]
    func objective(_ difference: [Double]) -> Double {
      difference.indices.reduce(0) { $0 + metric[$1] * difference[$1] * difference[$1] }
    }
    var shift = 0.3
    // For the derivatives of all steps: they are too many to be made anew for each.
    var rows: [Float] = []
    var difference = differences(block.part)
    var value = objective(difference)
    for _ in 0..<steps {
      // The training's own steps are better than a perfect fit to an imperfect vector.
      if value < 0.02 { break }
      let before = waveFunction.parameters
      do throws(LinearAlgebraError) {
        let step = try step(difference, block: number, shift: shift, rows: &rows)
        for index in step.indices {
          waveFunction.parameters[block.range.lowerBound + index] += step[index]
        }
      } catch {
        shift *= 10
        continue
      }
      let next = differences(block.part)
      let nextValue = objective(next)
      if nextValue < value {
        let isDone = nextValue > 0.97 * value && shift <= 1e-5
        difference = next
        value = nextValue
        shift = max(shift * 0.3, 1e-6)
        if isDone { break }
      } else {
        waveFunction.parameters = before
        difference = differences(block.part)
        shift *= 6
      }
    }
    return difference.indices.reduce(0) { $0 + born[$1] * difference[$1] * difference[$1] }
  }

  /// Returns one damped Gauss–Newton step.
  private func step(
    _ difference: [Double], block number: Int, shift: Double, rows: inout [Float]
  ) throws(LinearAlgebraError) -> [Float] {
    let count = configurations.count
    let derivatives = waveFunction.derivatives(of: configurations, block: number)
    let width = derivatives.parameterCount
    let bound: Double = waveFunction.blocks[number].part == .phase ? 1 : 2
    let target = difference.indices.map { scales[$0] * max(-bound, min(bound, difference[$0])) }
    let uncentred = [Double](repeating: 0, count: count)
    if derivatives.prefersProducts {
      var kernel = [Float](repeating: 0, count: count * count)
      derivatives.gram(into: &kernel, stride: count)
      let solution = try solver.solve(
        kernel: kernel, count: count, weights: uncentred, scales: scales, target: target,
        previousImage: [], momentum: 0, shift: shift)
      var step = [Float](repeating: 0, count: width)
      derivatives.pull(solution.map(Float.init), into: &step)
      return step
    }
    let share = solver.tiles(count: count, parameters: width).share
    if rows.isEmpty { rows = Array(repeating: 0, count: max(1, share.count * width)) }
    if !share.isEmpty { derivatives.rows(share, into: &rows, stride: width) }
    return try solver.solve(
      rows: &rows, count: count, parameters: width, weights: uncentred, scales: scales,
      target: target, previous: [], momentum: 0, shift: shift
    ).step
  }
}

extension VariationalMonteCarlo {
  func prepare(log report: (String) -> Void) throws(TrainingError) {
    for line in messages { report(line) }
    shareParameters()
    guard trace.isEmpty, let start else { return }
    try checkStart(start)
    let fit = StartFit(
      to: start, of: waveFunction, steps: resolved.startSteps, execution: execution)
    let distance = fit.run()
    report(
      "start: fitted to \(start.configurations.count) amplitudes of a perturbative vector "
        + "(distance \(distance))")
  }
}
