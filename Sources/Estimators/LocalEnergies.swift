/// The ways to compute a local energy.
public enum LocalEnergyMode: String, Codable, Sendable, Hashable, CaseIterable {
  /// Every connected configuration.
  case full
  /// Connections inside the sample only: a variational bound.
  case subspace
  /// Every important connection, and a weighted draw from the others: unbiased.
  case screened
}

/// Local energies of a sample and their averages, a value of its own.
public struct LocalEnergies: Sendable {
  /// `Re E_loc(x)`, `[M]`.
  public var real: [Double]
  /// `Im E_loc(x)`, `[M]`.
  public var imaginary: [Double]
  /// `H_xx`, `[M]`.
  public var diagonal: [Double]
  /// log|ψ(x)|, `[M]`.
  public var logModulus: [Double]
  /// arg ψ(x), `[M]`.
  public var phase: [Double]
  /// The mean, `Σ w Re E_loc`.
  public var energy: Double
  /// `Σ w |E_loc − E|²`.
  public var variance: Double
}

/// How local energies are computed.
public struct EstimatorOptions: Sendable, Hashable {
  /// The magnitude at or below which a matrix element is dropped.
  public var cutoff: Double
  /// `screened`: the magnitude from which on a connection is always kept.
  public var screening: Double
  /// `screened`: the number of draws from the others for each configuration.
  public var screenedDraws: Int

  /// Creates options.
  public init(cutoff: Double = 1e-10, screening: Double = 1e-3, screenedDraws: Int = 32) {
    self.cutoff = cutoff
    self.screening = screening
    self.screenedDraws = screenedDraws
  }
}
