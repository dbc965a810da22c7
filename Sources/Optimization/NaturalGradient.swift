internal import Foundation
internal import LinearAlgebra
public import Parallelism
public import WaveFunctions

/// Natural-gradient steps preconditioned by the diagonal of `H − E`, with momentum and control of the
/// regularisation.
///
/// Jacobi's iteration for `(H − E) ψ = 0` replaces `ψ(x)` by `ψ(x) (1 − r)` with
/// `r = (E_loc(x) − E)/D(x)`. The step is the least-squares fit of the parameters to that change of
/// `log ψ`, in the metric `q D`. For `q = |ψ|²` and small residuals its right side is minus half of
/// the energy's gradient, whatever `D` is, so the fixed point is the energy's minimum. Where `q`
/// exceeds |ψ|² (lost configurations) or the target is a logarithm, it differs in second order of
/// the residuals, which vanish where the ansatz can represent the state.
///
/// Where a problem has a ``StepCurvature``, the metric is that and the change its own
/// (``CurvatureSolver``).
///
/// A step that raised the objective lets the regularisation grow; one that raised it much is taken
/// back.
public final class NaturalGradient: StepRule {
  /// The numbers of the method.
  public struct Options: Sendable, Hashable {
    /// SPRING's μ in [0, 1).
    public var momentum: Double
    /// The least regularisation λ, relative to the mean diagonal of its matrix.
    public var shift: Double
    /// The largest norm of a step in the metric of the sample.
    public var maximumStep: Double
    /// What rises of the objective are measured by.
    public var energyScale: Double

    /// Creates options.
    public init(momentum: Double, shift: Double, maximumStep: Double, energyScale: Double) {
      self.momentum = momentum
      self.shift = shift
      self.maximumStep = maximumStep
      self.energyScale = energyScale
    }
  }

  let options: Options
  let blocks: [ParameterBlock]
  let solver: SampleSpaceSolver
  /// The last step of each block.
  var steps: [[Float]]
  /// The present regularisation.
  var shift: Double
  private var previousObjective: Double?
  /// The parameters before the last step; empty where there is none to take back.
  private var before: [Float] = []
  private var rows: [Float] = []

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - blocks: The wave function's blocks.
  ///   - options: The numbers of the method.
  ///   - execution: The threads to use.
  public init(blocks: [ParameterBlock], options: Options, execution: Execution) {
    self.blocks = blocks
    self.options = options
    solver = SampleSpaceSolver(execution: execution)
    steps = blocks.map { Array(repeating: 0, count: $0.range.count) }
    shift = options.shift
  }

  // MARK: - State

  /// The last step and the parameters before it, block by block; the regularisation and the last
  /// objective.
  public var state: StepRuleState {
    get {
      var arrays: [NamedArray] = []
      for (index, block) in blocks.enumerated() {
        arrays.append(NamedArray(name: block.name + "-step", values: steps[index]))
      }
      for block in blocks {
        arrays.append(
          NamedArray(
            name: block.name + "-before", values: before.isEmpty ? [] : Array(before[block.range])))
      }
      var scalars = ["shift": shift]
      if let previousObjective { scalars["previousEnergy"] = previousObjective }
      return StepRuleState(arrays: arrays, scalars: scalars)
    }
    set {
      let arrays = Dictionary(uniqueKeysWithValues: newValue.arrays.map { ($0.name, $0.values) })
      before = []
      for (index, block) in blocks.enumerated() {
        steps[index] = arrays[block.name + "-step"] ?? steps[index]
        before += arrays[block.name + "-before"] ?? []
      }
      if before.count != blocks.last?.range.upperBound { before = [] }
      shift = newValue.scalars["shift"] ?? shift
      previousObjective = newValue.scalars["previousEnergy"]
    }
  }

  /// λ, relative to the mean diagonal of its matrix.
  public var regularisation: Double? { shift }

  // MARK: - Judgement

  /// Adapts the regularisation to what the last step did, and takes a bad step back.
  public func judge(_ outcome: StepOutcome) -> [Float]? {
    defer { previousObjective = outcome.objective }
    guard let previousObjective else { return nil }
    let rise = outcome.objective - (previousObjective + outcome.drift) - 5 * outcome.error
    if rise > 1e-2 * options.energyScale, let parameters = takeBack() { return parameters }
    if rise > 1e-7 * options.energyScale {
      shift = min(shift * 3, 10)
    } else {
      shift = max(shift * 0.7, options.shift)
    }
    return nil
  }

  /// Whether the parameters before the last step are there.
  public var canTakeBack: Bool { !before.isEmpty }

  /// Gives up the last step; the next one starts at rest and is damped.
  public func takeBack() -> [Float]? {
    guard canTakeBack else { return nil }
    defer { before = [] }
    for index in steps.indices { steps[index] = Array(repeating: 0, count: steps[index].count) }
    shift = min(shift * 10, 10)
    return before
  }

  // MARK: - Steps

  /// Solves for one step in each block and takes them.
  public func step(
    _ problem: StepProblem, parameters: inout [Float]
  ) throws(OptimizationError) -> Double {
    before = parameters
    let count = problem.weights.count
    var metric = problem.metric
    for index in 0..<count where !problem.followsTarget && problem.isPulled[index] {
      metric[index] = 0
    }
    for index in 0..<count where problem.followsTarget && !problem.isPulled[index] {
      // A configuration counts by the weight that it has or, if larger, that it should have: else
      // one that was lost would have no say in the step that could bring it back.
      let (x, y) = factor(at: index, of: problem)
      metric[index] *= max(1, x * x + y * y)
    }
    let weights = metric.normalised()
    for index in 0..<count { metric[index] *= problem.denominators[index] }
    metric = metric.normalised()
    let scales = metric.map { $0.squareRoot() }

    let targets = (0..<count).map { target(at: $0, of: problem) }
    let squaredNorm =
      if let curvature = problem.curvature {
        try curvedStep(
          problem, weights: weights, scales: scales, targets: targets, curvature: curvature)
      } else { try diagonalStep(problem, metric: metric, scales: scales, targets: targets) }
    for (index, block) in blocks.enumerated() {
      for offset in 0..<block.range.count {
        parameters[block.range.lowerBound + offset] += steps[index][offset]
      }
    }
    return 2 * squaredNorm.squareRoot()
  }

  /// Solves for a step of each block in the metric `q D` and stores it.
  ///
  /// - Returns: The squared norm of half of the gradient.
  private func diagonalStep(
    _ problem: StepProblem, metric: [Double], scales: [Double],
    targets: [(modulus: Double, phase: Double)]
  ) throws(OptimizationError) -> Double {
    let count = metric.count
    var squaredNorm = 0.0
    for (index, block) in blocks.enumerated() {
      let isPhase = block.part == .phase
      let residuals = isPhase ? problem.imaginary : problem.real
      let system = BlockSystem(
        metric: metric, scales: scales,
        target: (0..<count).map {
          scales[$0] * (isPhase ? targets[$0].phase : targets[$0].modulus)
        },
        gradientWeights: (0..<count).map { Float(problem.weights[$0] * residuals[$0]) })
      do throws(LinearAlgebraError) {
        let derivatives = problem.derivatives(index)
        squaredNorm +=
          derivatives.prefersProducts
          ? try solveByProducts(system, derivatives, block: index)
          : try solveByRows(system, derivatives, block: index)
      } catch {
        throw OptimizationError(block: block.name, reason: "\(error)")
      }
    }
    return squaredNorm
  }

  /// What `ψ(x)` is to be multiplied by: `1 − r`, or `1 + χ/ψ` where the curvature is known.
  private func factor(at index: Int, of problem: StepProblem) -> (real: Double, imaginary: Double) {
    if let curvature = problem.curvature {
      return (1 + curvature.real[index], curvature.imaginary[index])
    }
    return (
      1 - problem.real[index] / problem.denominators[index],
      -problem.imaginary[index] / problem.denominators[index]
    )
  }

  /// The wished change of `log ψ(x)`.
  ///
  /// While `|r|` is small, that is `−r`, the natural-gradient direction. Where it is large, the
  /// logarithm is taken: a wrong sign then asks for a turn of the phase by π, where the linear form
  /// would see no imaginary part and drive the modulus to zero.
  private func target(
    at index: Int, of problem: StepProblem
  ) -> (modulus: Double, phase: Double) {
    let (x, y) = factor(at: index, of: problem)
    let eta = problem.learningRate
    if x > 0.5 && x < 2 { return (eta * (x - 1), eta * y) }
    let logModulus = 0.5 * log(x * x + y * y)
    return (eta * max(-1, min(1, logModulus)), eta * max(-1, min(1, atan2(y, x))))
  }

  /// The least-squares problem of one block.
  private struct BlockSystem {
    /// `q D`, with sum 1.
    var metric: [Double]
    /// `√(q D)`.
    var scales: [Double]
    /// `√(q D) τ`.
    var target: [Double]
    /// `w (E_loc − E)`: pulled, half of the gradient.
    var gradientWeights: [Float]
  }

  /// Solves with the derivatives written out; stores the step and returns the squared norm of half of
  /// the gradient.
  private func solveByRows(
    _ system: BlockSystem, _ derivatives: any DerivativeOperator, block: Int
  ) throws(LinearAlgebraError) -> Double {
    let count = derivatives.rowCount
    let width = derivatives.parameterCount
    let tiles = solver.tiles(count: count, parameters: width)
    let share = tiles.share
    if rows.count < max(1, share.count * width) {
      rows = Array(repeating: 0, count: max(1, share.count * width))
    }
    rows.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress, !share.isEmpty {
        derivatives.rows(share, into: base, stride: width)
      }
    }
    let gradient = tiles.columnSums(of: rows, weights: system.gradientWeights)
    var (step, image) = try solver.solve(
      rows: &rows, count: count, parameters: width, weights: system.metric, scales: system.scales,
      target: system.target, previous: steps[block], momentum: options.momentum, shift: shift)
    limit(&step, norm: image.reduce(0) { $0 + $1 * $1 }.squareRoot())
    steps[block] = step
    return gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
  }

  /// The same by products with the derivatives only.
  private func solveByProducts(
    _ system: BlockSystem, _ derivatives: any DerivativeOperator, block: Int
  ) throws(LinearAlgebraError) -> Double {
    let count = derivatives.rowCount
    var gradient = [Float](repeating: 0, count: derivatives.parameterCount)
    derivatives.pull(system.gradientWeights, into: &gradient)
    var kernel = [Float](repeating: 0, count: count * count)
    derivatives.gram(into: &kernel, stride: count)
    let previousImage = derivatives.push(steps[block])
    let solution = try solver.solve(
      kernel: kernel, count: count, weights: system.metric, scales: system.scales,
      target: system.target, previousImage: previousImage.map(Double.init),
      momentum: options.momentum, shift: shift)
    var step = steps[block].map { Float(options.momentum) * $0 }
    derivatives.pull(solution.map(Float.init), into: &step)
    let image = derivatives.push(step)
    var norm = 0.0
    for index in 0..<count {
      norm += system.metric[index] * Double(image[index]) * Double(image[index])
    }
    limit(&step, norm: norm.squareRoot())
    steps[block] = step
    return gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
  }

  /// Shortens a step whose norm in the metric exceeds the limit.
  func limit(_ step: inout [Float], norm: Double) {
    if norm <= options.maximumStep { return }
    let factor = Float(options.maximumStep / norm)
    for index in step.indices { step[index] *= factor }
  }
}
