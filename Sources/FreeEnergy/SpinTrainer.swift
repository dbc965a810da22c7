package import Configurations
package import LinearAlgebra
package import SpinDistributions

/// What a training step shows, of the parameters before it.
package struct SpinStepOutcome: Sendable {
  /// The mean of `ln q + β H` over the step's configurations, some of it averaged analytically.
  var mean: Double
  /// Its variance.
  var variance: Double
  /// The effective sample size as a share.
  var effectiveShare: Double
  /// The norm of the free energy's gradient.
  var gradientNorm: Double
}

/// The numbers of one step.
package struct SpinStepNumbers: Sendable {
  var beta: Double
  var learningRate: Double
  var momentum: Double
  var shift: Double
  var maximumStep: Double
  var alpha: Double
}

/// A way to train a hierarchical distribution.
package protocol SpinTrainer: AnyObject {
  /// The parameters of each network.
  var parameters: [[Float]] { get set }
  /// The distribution as it is.
  var snapshot: any NormalizedDistribution { get }
  /// What is carried from step to step, by name.
  var state: [String: [Float]] { get set }
  /// Takes a step with the random numbers of a stream.
  func step(
    _ numbers: SpinStepNumbers, random: RandomSource
  ) throws(LinearAlgebraError) -> SpinStepOutcome
}
