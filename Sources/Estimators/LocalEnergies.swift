internal import Parallelism

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
  public var real: [Double] = []
  /// `Im E_loc(x)`, `[M]`.
  public var imaginary: [Double] = []
  /// `H_xx`, `[M]`.
  public var diagonal: [Double] = []
  /// log|ψ(x)|, `[M]`.
  public var logModulus: [Double] = []
  /// arg ψ(x), `[M]`.
  public var phase: [Double] = []
  /// The mean, `Σ w Re E_loc`.
  public var energy = 0.0
  /// `Σ w |E_loc − E|²`.
  public var variance = 0.0
  /// The largest log|ψ| that was met, among connected configurations too: a scale for amplitudes.
  var logScale = -Double.infinity

  /// Computes the averages.
  mutating func average(weights: [Double]) {
    energy = 0
    for row in real.indices { energy += weights[row] * real[row] }
    variance = 0
    for row in real.indices {
      let deviation = real[row] - energy
      variance += weights[row] * (deviation * deviation + imaginary[row] * imaginary[row])
    }
  }
}

/// How local energies are computed.
public struct EstimatorOptions: Sendable, Hashable {
  /// The bytes that rows and amplitudes may take; nil for ``defaultMemoryBudget()``.
  public var memoryBudget: Int?
  /// The magnitude at or below which a matrix element is dropped.
  public var cutoff: Double
  /// `screened`: the magnitude from which on a connection is always kept.
  public var screening: Double
  /// `screened`: the number of draws from the others for each configuration.
  public var screenedDraws: Int

  /// Creates options.
  public init(
    cutoff: Double = 1e-10, screening: Double = 1e-3, screenedDraws: Int = 32,
    memoryBudget: Int? = nil
  ) {
    self.memoryBudget = memoryBudget
    self.cutoff = cutoff
    self.screening = screening
    self.screenedDraws = screenedDraws
  }

  /// A quarter of the memory that this process may use, 4 GiB at most.
  public static func defaultMemoryBudget() -> Int {
    Int(min(AvailableMemory.current().bytes / 4, 4 << 30))
  }

  /// Returns what an estimator takes for a sample, in bytes, where it keeps everything.
  ///
  /// - Parameters:
  ///   - rows: The number of configurations in the sample.
  ///   - connections: The number of connections of a row.
  ///   - dimension: The number of configurations that there are.
  ///   - bytesOfConfiguration: What one takes, ``LocalEnergyEstimator/bytesOfConfiguration``.
  /// - Returns: The bytes of all rows, and of one.
  public static func expectedBytes(
    rows: Double, connections: Double, dimension: Double, bytesOfConfiguration: Int
  ) -> (all: Double, oneRow: Double) {
    func bytes(_ rows: Double) -> Double {
      let elements = rows * connections
      return 12 * elements + Double(bytesOfConfiguration) * min(dimension, rows + elements)
    }
    return (bytes(rows), bytes(1))
  }
}
