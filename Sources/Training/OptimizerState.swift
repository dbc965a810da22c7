internal import Optimization

/// What an optimiser carries from step to step.
struct OptimizerState {
  var kind: OptimizerKind
  /// The previous natural-gradient steps, SPRING's momentum.
  var amplitudeStep: [Float]
  var phaseStep: [Float]
  /// The present regularisation.
  var shift: Double
  /// Adam's moments over both networks.
  var adam: Adam?
  /// The (free) energy of the previous step, for the control of `shift`; nil before the first.
  var previousEnergy: Double?
  /// The parameters before the last step, to go back to if it raised the energy.
  var amplitudeBefore: [Float] = []
  var phaseBefore: [Float] = []

  init(kind: OptimizerKind, amplitudeCount: Int, phaseCount: Int, shift: Double) {
    self.kind = kind
    amplitudeStep = Array(repeating: 0, count: kind == .sr ? amplitudeCount : 0)
    phaseStep = Array(repeating: 0, count: kind == .sr ? phaseCount : 0)
    self.shift = shift
    adam = kind == .adam ? Adam(parameterCount: amplitudeCount + phaseCount) : nil
  }
}
