internal import Estimators
internal import Optimization
internal import Parallelism
internal import WaveFunctions

extension ResolvedSettings {
  /// Returns the optimiser that the settings name, in its first state.
  func makeStepRule(for blocks: [ParameterBlock], execution: Execution) -> any StepRule {
    switch optimizer {
    case .adam:
      AdamRule(
        parameterCount: blocks.last?.range.upperBound ?? 0, firstDecay: momentum,
        weightDecay: weightDecay, maximumGradient: maximumGradient, energyScale: energyScale)
    case .sr:
      NaturalGradient(
        blocks: blocks,
        options: .init(
          momentum: momentum, shift: shift, maximumStep: maximumStep, energyScale: energyScale),
        execution: execution)
    }
  }

  /// The criterion by which a run stops.
  var convergence: Convergence {
    Convergence(
      window: window, minimumSteps: minimumSteps, energyTolerance: energyTolerance,
      residualTolerance: residualTolerance, frozenShift: 1e3 * shift)
  }
}

extension Settings {
  /// The threads that they ask for, or all that there are.
  var execution: Execution { Execution(threads: threads) }
}

extension LocalEnergySettings {
  /// What the estimator needs to know.
  var options: EstimatorOptions {
    let defaults = EstimatorOptions()
    return EstimatorOptions(
      cutoff: cutoff ?? defaults.cutoff, screening: screening ?? defaults.screening,
      screenedDraws: screenedDraws, memoryBudget: memoryBudget.map { $0 << 20 })
  }
}
