/// The one thing that physics asks of a wave function: `log ψ` of a batch of configurations.
///
/// Local energies and observables need no more, so Hamiltonians never see a network.
public protocol LogAmplitudes<Word> {
  associatedtype Word: ConfigurationWord

  /// Computes `log ψ(x) = a(x) + i φ(x)` for each configuration of a batch.
  ///
  /// A configuration outside the sector has log-modulus `-infinity` and phase 0.
  ///
  /// - Parameters:
  ///   - configurations: The batch, `[B]`, in any order, without need of being distinct.
  ///   - logModulus: The results `a(x)`, `[B]`, overwritten.
  ///   - phase: The results `φ(x)` in radians, `[B]`, overwritten.
  func logAmplitudes(
    of configurations: [Configuration<Word>], logModulus: inout [Double], phase: inout [Double])
}
