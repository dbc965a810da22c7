public import WaveFunctions

/// What one step of an optimiser is made from: a sample's residuals, and the derivatives there.
///
/// All arrays are over the sample's M configurations.
public struct StepProblem {
  /// The weights of averages, with sum 1.
  public var weights: [Double]
  /// The weights of the natural gradient's metric, positive; a factor common to all has no effect.
  public var metric: [Double]
  /// Whether a configuration was drawn by the weight that it should have, which ``metric`` is then.
  public var isPulled: [Bool]
  /// Whether configurations may count by the weight that they should have, where that is larger than what
  /// they have, in the metric: it brings lost ones back, and moves the rest point of an ansatz that is too
  /// small away from the lowest energy.
  public var followsTarget: Bool
  /// `Re (E_loc(x) + T log p(x))` minus its mean.
  public var real: [Double]
  /// `Im E_loc(x)`.
  public var imaginary: [Double]
  /// `D = H_xx − E + T`, kept positive: how stiff the energy is in ψ(x).
  public var denominators: [Double]
  /// The step length η, a fraction of the full step.
  public var learningRate: Double
  /// The wave function's blocks.
  public var blocks: [ParameterBlock]
  /// The energy's curvature at the sample; nil where ``denominators`` are all that is known of it.
  public var curvature: StepCurvature?
  /// Returns the derivatives by one block; asks for the next one invalidate it.
  public var derivatives: (_ block: Int) -> any DerivativeOperator

  /// Creates a problem.
  public init(
    weights: [Double], metric: [Double], isPulled: [Bool], followsTarget: Bool = true,
    real: [Double], imaginary: [Double], denominators: [Double], learningRate: Double,
    blocks: [ParameterBlock],
    curvature: StepCurvature? = nil,
    derivatives: @escaping (_ block: Int) -> any DerivativeOperator
  ) {
    let count = weights.count
    precondition(
      [metric.count, isPulled.count, real.count, imaginary.count, denominators.count]
        .allSatisfy { $0 == count }, "arrays of different lengths")
    self.weights = weights
    self.metric = metric
    self.isPulled = isPulled
    self.followsTarget = followsTarget
    self.real = real
    self.imaginary = imaginary
    self.denominators = denominators
    self.learningRate = learningRate
    self.blocks = blocks
    self.curvature = curvature
    self.derivatives = derivatives
  }
}

/// The energy's curvature at the configurations of a sample, and the change of the amplitudes by which the
/// sample alone would lower its energy.
public struct StepCurvature {
  /// Computes `y ← B x` for log|ψ| and arg ψ one below the other, `[2 M]`: symmetric, positive
  /// semidefinite, and scaled by the problem's denominators so that its diagonal is near 1.
  public var multiply: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  /// `Re χ(x)/ψ(x)` of the change χ.
  public var real: [Double]
  /// `Im χ(x)/ψ(x)`.
  public var imaginary: [Double]

  /// Creates a curvature.
  public init(
    real: [Double], imaginary: [Double],
    multiply: @escaping (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) {
    precondition(real.count == imaginary.count, "arrays of different lengths")
    self.real = real
    self.imaginary = imaginary
    self.multiply = multiply
  }
}

/// The objective that a sample shows, by which the step before is judged.
public struct StepOutcome: Sendable {
  /// The energy, or the free energy E − T S.
  public var objective: Double
  /// Its standard error.
  public var error: Double
  /// What a change of the temperature since the step before has added to the objective: no fault of
  /// the step.
  public var drift: Double

  /// Creates an outcome.
  public init(objective: Double, error: Double, drift: Double) {
    self.objective = objective
    self.error = error
    self.drift = drift
  }
}

/// A state array of an optimiser, as snapshots store it.
public struct NamedArray: Sendable, Hashable {
  /// The name, unique in the optimiser.
  public var name: String
  /// The numbers.
  public var values: [Float]

  /// Creates a named array.
  public init(name: String, values: [Float]) {
    self.name = name
    self.values = values
  }
}

/// What an optimiser carries from step to step, in a form that can be stored without knowing it.
public struct StepRuleState: Sendable, Hashable {
  /// Arrays over parameters.
  public var arrays: [NamedArray]
  /// Numbers by name.
  public var scalars: [String: Double]

  /// Creates a state.
  public init(arrays: [NamedArray] = [], scalars: [String: Double] = [:]) {
    self.arrays = arrays
    self.scalars = scalars
  }
}

/// A way to move parameters by what a sample says.
///
/// It knows neither networks nor problems: blocks of parameters with derivatives as operators, and
/// residuals.
public protocol StepRule: AnyObject {
  /// What it carries from step to step.
  ///
  /// Setting it needs the arrays of ``state`` with their lengths; an array that may be empty may have
  /// any of its lengths.
  var state: StepRuleState { get set }

  /// The regularisation that it has come to, or nil where it has none.
  var regularisation: Double? { get }

  /// Judges the last step by the objective that it led to, and adapts.
  ///
  /// - Parameter outcome: The objective at the present parameters.
  /// - Returns: The parameters before the last step where it is to be taken back, else nil.
  func judge(_ outcome: StepOutcome) -> [Float]?

  /// Whether there is a last step that can be taken back.
  var canTakeBack: Bool { get }

  /// Gives up the last step, whatever it led to.
  ///
  /// - Returns: The parameters before it, or nil where there is none to give up.
  func takeBack() -> [Float]?

  /// Moves parameters by one step.
  ///
  /// - Parameters:
  ///   - problem: What the sample says.
  ///   - parameters: All parameters, changed in place.
  /// - Returns: The norm of the objective's gradient.
  /// - Throws: ``OptimizationError`` where the step cannot be found.
  func step(
    _ problem: StepProblem, parameters: inout [Float]
  ) throws(OptimizationError) -> Double
}

/// A step that cannot be found.
public struct OptimizationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The block of parameters.
  public let block: String
  /// What went wrong.
  public let reason: String

  /// What went wrong, and where.
  public var description: String { "the step of the \(block) cannot be solved for (\(reason))" }
}
