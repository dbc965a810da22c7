/// The exponents of Table I of arXiv:2606.02794.
///
/// By R. Rende et al.; from L × L lattices, L = 12 to 20, periodic, with vision transformers of 2 to 8 layers, M = 16,384 and N_opt = 10,000. Its ln A
/// goes with `f = C N_opt`: with M in f the law would give V-scores of 10⁻⁶ and below (our reading; the paper has M in f).
public struct PublishedExponents: Sendable, Hashable {
  /// The Hamiltonian, as in ``ScalingRow/hamiltonian``.
  public let hamiltonian: String
  /// α.
  public let alpha: Estimate
  /// β.
  public let beta: Estimate
  /// ln A.
  public let logPrefactor: Estimate

  /// The rows of the table.
  public static let all = [
    PublishedExponents(
      hamiltonian: "square:0", alpha: Estimate(1.29, 0.02), beta: Estimate(1.31, 0.03),
      logPrefactor: Estimate(16.5, 0.5)),
    PublishedExponents(
      hamiltonian: "square:0.5", alpha: Estimate(0.86, 0.03), beta: Estimate(0.93, 0.04),
      logPrefactor: Estimate(12.2, 0.5)),
    PublishedExponents(
      hamiltonian: "triangular:0", alpha: Estimate(0.54, 0.01), beta: Estimate(0.46, 0.02),
      logPrefactor: Estimate(7.2, 0.3)),
    PublishedExponents(
      hamiltonian: "triangular:0.125", alpha: Estimate(0.40, 0.01), beta: Estimate(0.42, 0.02),
      logPrefactor: Estimate(5.2, 0.2)),
  ]

  /// Returns the row of a Hamiltonian, or nil.
  public static func row(of hamiltonian: String) -> PublishedExponents? {
    all.first { $0.hamiltonian == hamiltonian }
  }
}
