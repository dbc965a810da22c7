internal import WaveFunctions

/// Adam as a step rule, over all blocks together.
public final class AdamRule: StepRule {
  private var adam: Adam
  private let firstDecay: Double
  private let weightDecay: Double
  private let maximumGradient: Double?
  private let energyScale: Double

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - parameterCount: P.
  ///   - firstDecay: β₁.
  ///   - weightDecay: The decoupled decay, in units of η.
  ///   - maximumGradient: The norm to which longer gradients are cut, in the energy's unit; nil for none.
  ///   - energyScale: The unit of gradients, beside which Adam's ε is small.
  public init(
    parameterCount: Int, firstDecay: Double, weightDecay: Double, maximumGradient: Double? = nil,
    energyScale: Double = 1
  ) {
    self.energyScale = energyScale
    self.maximumGradient = maximumGradient
    adam = Adam(parameterCount: parameterCount)
    self.firstDecay = firstDecay
    self.weightDecay = weightDecay
  }

  /// Both moments and the number of steps.
  public var state: StepRuleState {
    get {
      StepRuleState(
        arrays: [
          NamedArray(name: "adam-first", values: adam.first),
          NamedArray(name: "adam-second", values: adam.second),
        ], scalars: ["adamSteps": Double(adam.stepCount)])
    }
    set {
      for array in newValue.arrays {
        if array.name == "adam-first" { adam.first = array.values }
        if array.name == "adam-second" { adam.second = array.values }
      }
      adam.stepCount = Int(newValue.scalars["adamSteps"] ?? 0)
    }
  }

  /// Has none.
  public var regularisation: Double? { nil }

  /// Takes every step as it is.
  public func judge(_ outcome: StepOutcome) -> [Float]? { nil }

  /// Never: no step is kept.
  public var canTakeBack: Bool { false }

  /// Has no step to give up.
  public func takeBack() -> [Float]? { nil }

  /// Takes one step along the gradient.
  public func step(
    _ problem: StepProblem, parameters: inout [Float]
  ) throws(OptimizationError) -> Double {
    var gradient: [Float] = []
    for (index, block) in problem.blocks.enumerated() {
      var part = [Float](repeating: 0, count: block.range.count)
      let residuals = block.part == .phase ? problem.imaginary : problem.real
      problem.derivatives(index).pull(
        residuals.indices.map {
          Float(2 * problem.weights[$0] * residuals[$0] / energyScale)
        }, into: &part)
      gradient += part
    }
    let norm = energyScale * gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    if let maximumGradient, norm > maximumGradient {
      let factor = Float(maximumGradient / norm)
      for index in gradient.indices { gradient[index] *= factor }
    }
    adam.update(
      &parameters, gradient: gradient, learningRate: problem.learningRate,
      firstDecay: firstDecay, weightDecay: weightDecay)
    return norm
  }
}
