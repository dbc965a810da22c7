public import Configurations

/// A network that gives the complex logarithm of an amplitude of spins, with derivatives.
///
/// Not normalised: what needs only ratios of amplitudes, as Metropolis's algorithm does, takes any of these.
/// Parameters are real; Float32, sums of the output in Float64.
public protocol SpinNetwork: Sendable {
  /// The number of spins, N.
  var siteCount: Int { get }
  /// The names, shapes and offsets of the parameters.
  var layout: ParameterLayout { get }
  /// The multiply–adds of one evaluation of one configuration.
  var multiplyAdds: Double { get }
  /// Returns a workspace for up to `capacity` configurations at once; not to be shared between threads.
  ///
  /// - Parameters:
  ///   - capacity: The largest number of configurations.
  ///   - keepsDerivatives: Whether derivatives will be asked for, which takes more memory.
  /// - Returns: The workspace.
  func makeBatch(capacity: Int, keepsDerivatives: Bool) -> any SpinNetworkBatch
  /// Returns about how many bytes a workspace takes.
  func workspaceBytes(capacity: Int, keepsDerivatives: Bool) -> Int
}

extension SpinNetwork {
  /// P.
  public var parameterCount: Int { layout.count }
  /// Returns random initial parameters, `[P]`.
  public func makeParameters(using random: inout RandomSource) -> [Float] {
    layout.makeParameters(using: &random)
  }
}

/// Room for some configurations of a spin network.
public protocol SpinNetworkBatch: AnyObject {
  /// The largest number of configurations.
  var capacity: Int { get }

  /// Takes parameters, `[P]`.
  func setParameters(_ parameters: [Float])

  /// Computes `log ψ` of a batch and keeps what derivatives need, where they will be asked for.
  ///
  /// - Parameters:
  ///   - spins: ±1, `[B, N]`.
  ///   - count: B, at most the capacity.
  ///   - logModulus: log|ψ|, `[B]`, overwritten.
  ///   - phase: arg ψ in radians, not reduced, `[B]`, overwritten.
  func forward(
    spins: UnsafePointer<Int8>, count: Int, logModulus: UnsafeMutablePointer<Double>,
    phase: UnsafeMutablePointer<Double>)

  /// Adds `Σ_b u_b ∂log|ψ_b|/∂θ + v_b ∂arg ψ_b/∂θ` of the last forward batch.
  ///
  /// - Parameters:
  ///   - modulusWeights: `u`, `[B]`.
  ///   - phaseWeights: `v`, `[B]`.
  ///   - gradient: `[P]`, accumulated into.
  func backward(
    modulusWeights: UnsafePointer<Float>, phaseWeights: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>)

  /// Writes `u_b ∂log|ψ_b|/∂θ + v_b ∂arg ψ_b/∂θ` of each configuration of the last forward batch.
  ///
  /// - Parameters:
  ///   - modulusWeights: `u`, `[B]`.
  ///   - phaseWeights: `v`, `[B]`.
  ///   - rows: Row `b` starts at `b · rowStride`; overwritten.
  ///   - rowStride: The distance between rows, at least P.
  func jacobian(
    modulusWeights: UnsafePointer<Float>, phaseWeights: UnsafePointer<Float>,
    rows: UnsafeMutablePointer<Float>, rowStride: Int)
}
