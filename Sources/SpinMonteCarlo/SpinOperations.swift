public import NeuralNetworks

/// The floating-point operations of the training of amplitudes, two for each multiply–add of matrix products.
///
/// With C for one evaluation of one configuration, G images of a projection (1 without), M configurations and P parameters:
///
/// ```
/// evaluations    C times their number, which the run counts: proposals, connected configurations, one for derivatives
/// derivatives    4 C M G a step: two backward passes (of log|ψ| and arg ψ), each by inputs and by parameters
/// gram           2 · ½ · 2M (2M + 1) P a step
/// solution       (2M)³/3 + 2 (2M)² + 4 · 2 · 2M · P a step: Cholesky's factorisation, products of rows with vectors
/// ```
///
/// Layer norms, activations, biases and random numbers are not counted, as they are not in C. Where P is below 2M the rule works in
/// the space of parameters: the Gram matrix and its factorisation then have P for 2M and 2M for P.
public struct SpinOperations: Sendable, Hashable {
  /// C, of one evaluation of one configuration.
  public let forward: Double
  /// Of all evaluations.
  public let evaluations: Double
  /// Of derivatives.
  public let derivatives: Double
  /// Of Gram matrices.
  public let gram: Double
  /// Of the steps' equations.
  public let solution: Double

  /// Of all that is counted.
  public var total: Double { evaluations + derivatives + gram + solution }

  /// Counts.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - samples: M.
  ///   - steps: The number of steps without a projection.
  ///   - projectedSteps: The number of steps with one.
  ///   - images: G of these.
  ///   - evaluations: The number of evaluations in all steps.
  public init(
    _ network: any SpinNetwork, samples: Int, steps: Int, projectedSteps: Int = 0, images: Int = 1,
    evaluations: Double
  ) {
    forward = 2 * network.multiplyAdds
    self.evaluations = forward * evaluations
    let (all, m) = (Double(steps + projectedSteps), Double(samples))
    derivatives = 4 * forward * m * (Double(steps) + Double(projectedSteps) * Double(images))
    let (rows, parameters) = (2 * m, Double(network.parameterCount))
    let (size, length) = rows <= parameters ? (rows, parameters) : (parameters, rows)
    gram = all * size * (size + 1) * length
    solution = all * (size * size * size / 3 + 2 * size * size + 8 * rows * parameters)
  }
}

extension SpinRun {
  /// The operations of all steps so far, by the count of evaluations in the trace.
  ///
  /// Derivatives and equations are counted for M configurations: where several are of one orbit, fewer are done. All steps
  /// with a projection are counted with the images of the last.
  public var operations: SpinOperations {
    let images = state.projection.count
    let first = (settings.steps ?? 0) - settings.stages.reduce(0) { $0 + $1.steps }
    let projected = images == 1 ? 0 : max(0, trace.count - first)
    return SpinOperations(
      state.network, samples: settings.samples ?? 0, steps: trace.count - projected,
      projectedSteps: projected, images: images,
      evaluations: trace.reduce(0) { $0 + $1.evaluations })
  }
}

extension SpinSettings {
  /// Returns the network that a run with these settings would have, without room for the run itself.
  ///
  /// - Parameter problem: The model.
  /// - Returns: The network.
  /// - Throws: ``SpinRunError`` where a setting is out of range, has no effect or does not fit the lattice.
  public func checkedNetwork(for problem: SpinProblem) throws(SpinRunError) -> any SpinNetwork {
    try checkEffects()
    let all = resolved(for: problem)
    try all.check(problem)
    return try all.makeNetwork(for: problem)
  }

  /// About how many operations a run will take, before it begins.
  ///
  /// Of bonds that exchange seven in ten are taken to be antiparallel, as about in ground states.
  ///
  /// - Parameters:
  ///   - problem: The model.
  ///   - network: The network of ``checkedNetwork(for:)``.
  /// - Returns: The operations; a projection is not counted.
  public func expectedOperations(
    for problem: SpinProblem, network: any SpinNetwork
  ) -> SpinOperations {
    let all = resolved(for: problem)
    let connections = SpinConnections(problem.terms)
    let share = problem.upCount == nil ? 0.5 : 0.7
    let count = Double(connections.flips.count) + share * Double(connections.exchanges.count)
    let (m, steps) = (Double(all.samples ?? 0), Double(all.steps ?? 0))
    let proposals = max(0, steps - 1) * Double(all.sweep ?? 1) + Double(all.burnIn ?? 0)
    return SpinOperations(
      network, samples: all.samples ?? 0, steps: all.steps ?? 0,
      evaluations: m * (steps * (count + 3) + proposals))
  }
}
