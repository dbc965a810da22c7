internal import Foundation
public import LinearAlgebra
internal import Optimization
public import Parallelism

/// How the parameters of complex amplitudes are moved.
public enum AmplitudeOptimizer: String, Codable, Sendable, Hashable, CaseIterable {
  /// Natural gradients in the space of the sample.
  case minSR = "minsr"
  /// The same with the last step as prior.
  case spring
  /// The same with a prior whose stiffness differs by parameter.
  case march
}

/// Natural-gradient steps for complex log ψ, in the space of the sample.
///
/// ```
/// minimise over δ:  |X δ − e|² + λ |v^(1/4) (δ − φ)|²,    φ = μ δ_last
/// X = √w [Re Ō; Im Ō],    e = −√w [Re (E_loc − E); Im E_loc]
/// ```
///
/// with the centred derivatives Ō `[M, P]` of log ψ and the weights w of configurations, with sum 1.
/// `δ = −(S + λ)⁻¹ F` for v = 1 and φ = 0, S the real part of the quantum geometric tensor and F that of the force. λ is relative to the mean diagonal of X Xᵀ.
///
/// ### References
///
/// - minSR: A. Chen, M. Heyl, arXiv:2302.01941; stacked for complex amplitudes: R. Rende et al., arXiv:2310.05715.
/// - SPRING, v = 1: G. Goldshlager, N. Abrahamsen, L. Lin, arXiv:2401.10190.
/// - MARCH, `v ← β v + (δ − δ_last)²`: arXiv:2507.02644. Here v is divided by its mean, which λ would make up
///   for otherwise, and bounded from below, as it is zero at the start.
public final class SpinStepRule {
  /// The numbers of a step.
  public struct Options: Sendable, Hashable {
    /// η.
    public var learningRate: Double
    /// μ.
    public var momentum: Double
    /// β of MARCH.
    public var memory: Double
    /// λ, relative to the mean diagonal.
    public var shift: Double
    /// The largest root mean square of the change of log ψ.
    public var maximumStep: Double

    /// Creates numbers.
    public init(
      learningRate: Double, momentum: Double, memory: Double, shift: Double, maximumStep: Double
    ) {
      self.learningRate = learningRate
      self.momentum = momentum
      self.memory = memory
      self.shift = shift
      self.maximumStep = maximumStep
    }
  }

  /// What a step did.
  public struct Outcome: Sendable, Hashable {
    /// The norm of the energy's gradient.
    public var gradientNorm: Double
    /// The root mean square of the change of log ψ that the step should make.
    public var change: Double
  }

  /// The rule.
  public let kind: AmplitudeOptimizer
  /// The last solution δ, `[P]`; empty before the first step.
  public var previous: [Float] = []
  /// v, `[P]`; empty before the second step.
  public var squares: [Float] = []
  private let solver: SampleSpaceSolver
  private let execution: Execution

  /// Creates a rule.
  public init(_ kind: AmplitudeOptimizer, execution: Execution = .serial) {
    self.kind = kind
    self.execution = execution
    solver = SampleSpaceSolver(execution: execution)
  }

  /// Moves parameters by one step.
  ///
  /// - Parameters:
  ///   - rows: The derivatives of log|ψ|, then those of arg ψ, `[2 M, P]`; overwritten.
  ///   - local: E_loc and weights, `[M]`.
  ///   - options: The numbers.
  ///   - parameters: θ, `[P]`, changed in place.
  /// - Returns: What it did.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where the equations have no solution, as where numbers are not
  ///   finite.
  public func step(
    rows: UnsafeMutablePointer<Float>, local: SpinLocalEnergies, options: Options,
    parameters: inout [Float]
  ) throws(LinearAlgebraError) -> Outcome {
    let (count, width) = (local.real.count, parameters.count)
    let aim = StepTarget(local, learningRate: options.learningRate)
    let roots = aim.weights.map { $0.squareRoot() }
    let target = zip(roots, aim.real).map { $0 * $1 } + zip(roots, aim.imaginary).map { $0 * $1 }
    let stiffness = makeStiffness(width)
    centre(rows, weights: aim.weights, width: width, columns: stiffness)
    let gradient = pull(rows, count: 2 * count, width: width, target)
    let (step, image) = try solver.solve(
      rows: rows, count: 2 * count, parameters: width,
      weights: [Double](repeating: 0, count: 2 * count),
      scales: [Double](repeating: 1, count: 2 * count), target: target,
      previous: prior(stiffness), momentum: kind == .minSR ? 0 : options.momentum,
      shift: options.shift)
    return finish(
      step, image: image, gradient: gradient, scale: aim.scale, stiffness: stiffness, options,
      &parameters)
  }

  /// Moves parameters by one step; derivatives are computed block by block.
  ///
  /// The result is that of ``step(rows:local:options:parameters:)`` but for rounding.
  ///
  /// - Parameters:
  ///   - blocks: The derivatives.
  ///   - local: E_loc and weights, `[M]`.
  ///   - options: The numbers.
  ///   - parameters: θ, `[P]`, changed in place.
  /// - Returns: What it did.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where the equations have no solution.
  package func step(
    blocks: DerivativeBlocks, local: SpinLocalEnergies, options: Options,
    parameters: inout [Float]
  ) throws(LinearAlgebraError) -> Outcome {
    let count = local.real.count
    let aim = StepTarget(local, learningRate: options.learningRate)
    let roots = aim.weights.map { $0.squareRoot() }
    let target = blocks.ordered(
      zip(roots, aim.real).map { $0 * $1 }, zip(roots, aim.imaginary).map { $0 * $1 })
    let stiffness = makeStiffness(parameters.count)
    let rows = DerivativeBlocks.Rows(blocks, weights: aim.weights, columns: stiffness)
    let kernel = rows.makeKernel()
    let momentum = kind == .minSR ? 0 : options.momentum
    let prior = momentum == 0 ? [] : prior(stiffness)
    let before = prior.isEmpty ? [] : rows.push(prior)
    let ones = [Double](repeating: 1, count: 2 * count)
    let solution = try solver.solve(
      kernel: kernel, count: 2 * count, weights: [Double](repeating: 0, count: 2 * count),
      scales: ones, target: target, previousImage: before, momentum: momentum,
      shift: options.shift)
    let pulled = rows.pull([solution, target])
    var (step, image) = (pulled[0], kernelProduct(kernel, solution))
    if !prior.isEmpty {
      for index in step.indices { step[index] += Float(momentum) * prior[index] }
      for index in image.indices { image[index] += momentum * before[index] }
    }
    return finish(
      step, image: image, gradient: pulled[1], scale: aim.scale, stiffness: stiffness, options,
      &parameters)
  }

  /// φ/μ in the units of the scaled columns.
  private func prior(_ stiffness: [Float]) -> [Float] {
    if kind == .minSR { return [] }
    if stiffness.isEmpty || previous.isEmpty { return previous }
    return zip(previous, stiffness).map { $0 / $1 }
  }

  /// Multiplies a symmetric matrix, of which the lower triangle is there, with a vector.
  private func kernelProduct(_ kernel: [Float], _ vector: [Double]) -> [Double] {
    let size = vector.count
    var result = [Double](repeating: 0, count: size)
    kernel.withUnsafeBufferPointer { kernel in
      for row in 0..<size {
        var sum = 0.0
        for column in 0..<row {
          let value = Double(kernel[row * size + column])
          sum += value * vector[column]
          result[column] += value * vector[row]
        }
        result[row] += sum + Double(kernel[row * size + row]) * vector[row]
      }
    }
    return result
  }

  /// Moves parameters by a solution.
  private func finish(
    _ solution: [Float], image: [Double], gradient: [Float], scale: Double, stiffness: [Float],
    _ options: Options, _ parameters: inout [Float]
  ) -> Outcome {
    let gradientNorm = 2 * scale * norm(gradient, unscaledBy: stiffness)
    var step = solution
    if !stiffness.isEmpty { for index in step.indices { step[index] *= stiffness[index] } }
    let length = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
    remember(step, options)
    let change = options.learningRate * length
    let factor = options.learningRate * min(1, options.maximumStep / max(change, 1e-300))
    for index in step.indices { parameters[index] += Float(factor) * step[index] }
    return Outcome(gradientNorm: gradientNorm, change: min(change, options.maximumStep))
  }

  /// v^(−1/4) of each parameter, or nothing where it is 1.
  private func makeStiffness(_ width: Int) -> [Float] {
    guard kind == .march, squares.count == width else { return [] }
    let mean = max(squares.reduce(0) { $0 + Double($1) } / Double(width), 1e-300)
    return squares.map { Float(pow(max(Double($0) / mean, 1e-4), -0.25)) }
  }

  private func remember(_ step: [Float], _ options: Options) {
    if kind == .minSR { return }
    if kind == .march, !previous.isEmpty {
      if squares.isEmpty { squares = Array(repeating: 0, count: step.count) }
      let beta = Float(options.memory)
      for index in step.indices {
        let change = step[index] - previous[index]
        squares[index] = beta * squares[index] + (1 - beta) * change * change
      }
    }
    previous = step
  }

  /// Subtracts the mean of each half of the rows, and scales rows and columns.
  private func centre(
    _ rows: UnsafeMutablePointer<Float>, weights: [Double], width: Int, columns: [Float]
  ) {
    let roots = weights.map { Float($0.squareRoot()) }
    for half in 0..<2 {
      let part = rows + half * weights.count * width
      var mean = [Double](repeating: 0, count: width)
      RowCentring.addMeans(of: part, weights: weights, to: &mean, execution)
      RowCentring.centre(
        part, roots: roots, mean: mean.map(Float.init), columns: columns, execution)
    }
  }

  private func pull(
    _ rows: UnsafePointer<Float>, count: Int, width: Int, _ weights: [Double]
  ) -> [Float] {
    var result = [Float](repeating: 0, count: width)
    BLAS.multiply(
      rows, width, rows: count, columns: width, transposed: true, vector: weights.map { Float($0) },
      into: &result)
    return result
  }

  private func norm(_ gradient: [Float], unscaledBy stiffness: [Float]) -> Double {
    var sum = 0.0
    for index in gradient.indices {
      let value = Double(gradient[index]) / (stiffness.isEmpty ? 1 : Double(stiffness[index]))
      sum += value * value
    }
    return sum.squareRoot()
  }
}
