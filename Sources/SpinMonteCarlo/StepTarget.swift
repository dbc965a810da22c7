internal import Foundation

/// The change of log ψ that a step aims at, and how much each configuration counts.
///
/// A step of imaginary time η multiplies ψ(x) by `1 + z`, `z = −η (E_loc(x) − E)`, which changes log ψ by z where z is
/// small. Next to nodes of ψ it is not: there E_loc diverges, z means nothing for a logarithm, and log(1 + z) does. Such
/// configurations count by the |ψ|² that they should have.
struct StepTarget {
  /// Re of the change over η, `[M]`, with a weighted mean of zero.
  private(set) var real: [Double]
  /// Im of the change over η.
  private(set) var imaginary: [Double]
  /// The weights, with sum 1.
  private(set) var weights: [Double]

  /// Up to which |z| a step is linear, so that it comes to rest where the energy is lowest.
  private static let linearRange = 0.5

  init(_ local: SpinLocalEnergies, learningRate: Double) {
    let mean = local.mean
    weights = local.weights
    real = []
    imaginary = []
    for index in weights.indices {
      let z = (
        re: -learningRate * (local.real[index] - mean),
        im: -learningRate * local.imaginary[index]
      )
      let size = (z.re * z.re + z.im * z.im).squareRoot()
      if size <= Self.linearRange {
        real.append(z.re / learningRate)
        imaginary.append(z.im / learningRate)
        continue
      }
      let square = (1 + z.re) * (1 + z.re) + z.im * z.im
      // Not to zero at once.
      real.append(max(0.5 * log(square), -1.5) / learningRate)
      imaginary.append(atan2(z.im, 1 + z.re) / learningRate)
      weights[index] *= min(max(1, square), 100)
    }
    let total = weights.reduce(0, +)
    for index in weights.indices { weights[index] /= total }
    let centre = zip(weights, real).reduce(0) { $0 + $1.0 * $1.1 }
    for index in real.indices { real[index] -= centre }
  }
}
