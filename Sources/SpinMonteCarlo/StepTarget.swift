/// The change of log ψ that a step aims at, and how much each configuration counts in its metric.
///
/// A step of imaginary time η changes log ψ(x) by `z = −η (E_loc(x) − E)` where that is small. Next to nodes of ψ it is
/// not: E_loc diverges. There the metric's weight is raised by |z|/c and the change lowered to `c z/|z|`: their product,
/// and so the force, which is zero where the energy is lowest, is what it was, and an amplitude that is wrongly almost
/// zero grows by at most e^c in a step. Leaving such configurations out, or clipping their energies, lets
/// wrong nodes stay.
package struct StepTarget {
  /// Re of the change over η, `[M]`.
  package private(set) var real: [Double]
  /// Im of the change over η.
  package private(set) var imaginary: [Double]
  /// The weights of the metric, with sum 1.
  package private(set) var weights: [Double]

  /// What metric and force were divided by.
  package private(set) var scale: Double

  /// c.
  private static let linearRange = 1.0

  package init(_ local: SpinLocalEnergies, learningRate: Double) {
    let mean = local.mean
    weights = local.weights
    real = local.real.map { mean - $0 }
    let imaginaryMean = zip(local.weights, local.imaginary).reduce(0) { $0 + $1.0 * $1.1 }
    imaginary = local.imaginary.map { imaginaryMean - $0 }
    for index in weights.indices {
      let size = (real[index] * real[index] + imaginary[index] * imaginary[index]).squareRoot()
      let excess = learningRate * size / Self.linearRange
      if excess > 1 {
        weights[index] *= excess
        real[index] /= excess
        imaginary[index] /= excess
      }
    }
    // Force and metric are divided alike.
    let total = weights.reduce(0, +)
    scale = total
    for index in weights.indices { weights[index] /= total }
  }
}
