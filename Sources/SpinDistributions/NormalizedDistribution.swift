public import Configurations
public import Hamiltonians

/// A distribution over the spins of a torus whose probabilities are known and that can be drawn from.
///
/// Parameters belong to networks, one array for each. What computes is a workspace, one for each thread.
public protocol NormalizedDistribution: Sendable {
  /// The model.
  var model: ClassicalIsing { get }
  /// The inverse temperature, on which q may depend.
  var beta: Double { get set }
  /// The parameters of each network.
  var parameters: [[Float]] { get set }
  /// Returns room for up to `capacity` configurations with the present parameters.
  func makeWorkspace(capacity: Int) -> any NormalizedWorkspace
}

extension NormalizedDistribution {
  /// The number of parameters of all networks.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
}

/// Room for some configurations of a distribution; not to be shared between threads.
///
/// Configurations are `[L², R]`: the spins ±1 of one site side by side.
public protocol NormalizedWorkspace: AnyObject {
  /// Takes parameters and the inverse temperature of the same distribution.
  func update(parameters: [[Float]], beta: Double)

  /// Draws configurations.
  ///
  /// - Parameters:
  ///   - count: R, at most the capacity.
  ///   - random: The generator.
  ///   - spins: `[L², R]`, overwritten.
  /// - Returns: log q, `[R]`.
  func sample(
    count: Int, random: inout RandomSource, into spins: UnsafeMutablePointer<Float>
  ) -> [Double]

  /// Evaluates log q; ``pull(_:into:)`` then has its derivatives.
  ///
  /// - Parameters:
  ///   - count: R, at most the capacity.
  ///   - spins: `[L², R]`.
  /// - Returns: log q, `[R]`.
  func evaluate(count: Int, spins: UnsafeMutablePointer<Float>) -> [Double]

  /// Adds `Σ_r v_r ∂ log q/∂θ` of the configurations that were evaluated last.
  ///
  /// - Parameters:
  ///   - weights: `v`, `[R]`.
  ///   - gradients: For each network `[P]`, accumulated into.
  func pull(_ weights: [Float], into gradients: inout [[Float]])
}

extension HierarchicalDistribution: NormalizedDistribution {
  /// Returns room for up to `capacity` configurations.
  public func makeWorkspace(capacity: Int) -> any NormalizedWorkspace {
    HierarchyWorkspace(self, capacity: capacity)
  }
}

extension HierarchyWorkspace: NormalizedWorkspace {}
