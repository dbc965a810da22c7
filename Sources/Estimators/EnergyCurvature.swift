internal import Configurations
internal import Foundation
package import Hamiltonians
package import LinearAlgebra
internal import Parallelism
package import Sampling

/// The energy's curvature in `log ψ` on the configurations of a sample, scaled by the diagonal of
/// preconditioned steps.
///
/// ```
/// B = D^(−1/2) U† (A − τ + T) U D^(−1/2),   U = diag(e^{iφ})
/// ```
///
/// with the Hamiltonian `A` between the sample's normalised symmetric states (``SampleOperator``), the
/// phases φ of the amplitudes, and a level `τ` below the lowest of `A`: then `B` is positive definite, and
/// a step in its metric is one of inverse iteration. The weights of the sample cancel. For complex
/// `v = v_m + i v_p`, `v_m` and `v_p` stand one below the other.
///
/// Where inverse iteration leads is ``change(real:imaginary:)``. Its level lies below the lowest one `λ` by
/// `0.01 s + 3 (E − λ)`, with the energy's scale `s`: a state far away is approached in steps that the
/// parameters can follow, and a near one at a rate that gaps down to `0.01 s` do not slow down. The metric
/// has at least `0.05 s`, so that it sees how much of the lowest state is added.
///
/// With two levels, and amplitudes other than the roots of a sample's weights, small changes pulled back to
/// the parameters are not along the energy's gradient, and an ansatz that cannot represent the state would
/// come to rest elsewhere than in its minimum. Where the gradient is to be kept, the change has the metric's
/// level and the weights' roots: then `√w D^(1/2) B D^(1/2) √w χ/ψ = −w e` exactly.
package final class EnergyCurvature<H: Hamiltonian> {
  /// The lowest level of `A`, as well as the iterations found it.
  package let lowest: Double
  /// The most iterations, and the relative residual that ends them.
  private static var iterations: Int { 100 }
  private static var tolerance: Double { 1e-3 }
  private let matrix: SampleOperator<H>
  private let cosines: [Double]
  private let sines: [Double]
  private let roots: [Double]
  /// `T − τ` of the metric.
  private let constant: Double
  /// `T − τ` of the change.
  private let changeConstant: Double
  /// `√m ψ(x)` up to a factor common to all, or `√w e^{iφ}`.
  private var amplitudes: (real: [Double], imaginary: [Double]) = ([], [])
  private let execution: Execution
  private var input: [Double]
  private var output: [Double]

  init(
    _ matrix: SampleOperator<H>, energies: LocalEnergies, multiplicities: [Int],
    weights: [Double]?, denominators: [Double], temperature: Double, scale: Double,
    execution: Execution
  ) throws(LinearAlgebraError) {
    let count = multiplicities.count
    self.matrix = matrix
    self.execution = execution
    cosines = energies.phase.map(cos)
    sines = energies.phase.map(sin)
    roots = denominators.map { 1 / $0.squareRoot() }
    input = Array(repeating: 0, count: count)
    output = input
    let largest = energies.logModulus.max() ?? 0
    var real: [Double] = []
    var imaginary: [Double] = []
    for index in 0..<count {
      let modulus =
        Double(multiplicities[index]).squareRoot() * exp(energies.logModulus[index] - largest)
      real.append(modulus * cosines[index])
      imaginary.append(modulus * sines[index])
    }
    let result = try Davidson(
      roots: 1, tolerance: 1e-4 * scale, guardTolerance: scale, smallestGap: 1e-3 * scale,
      maximumIterations: 30
    ).solve(
      diagonal: matrix.diagonal, starts: [real, imaginary],
      multiply: { matrix.multiply($0, $1, execution) })
    lowest = result.values.first ?? energies.energy
    let base = min(lowest, energies.energy)
    let margin = 0.01 * scale + 3 * max(0, energies.energy - lowest)
    constant = temperature - base + max(margin, 0.05 * scale)
    changeConstant = weights == nil ? temperature - base + margin : constant
    if let weights {
      for index in 0..<count {
        real[index] = weights[index].squareRoot() * cosines[index]
        imaginary[index] = weights[index].squareRoot() * sines[index]
      }
    }
    amplitudes = (real, imaginary)
  }

  /// Where inverse iteration on the sample leads: solves `(A − τ + T) χ = −r` for residuals
  /// `r(x) = ψ(x) e(x)`, which know what lies outside the sample, and scales `ψ + χ` to overlap 1 with `ψ`.
  ///
  /// - Parameters:
  ///   - real: `Re e(x)`: the local energy minus its mean.
  ///   - imaginary: `Im e(x)`.
  /// - Returns: `(ψ + χ)(x)/ψ(x) − 1` after scaling.
  package func change(
    real: [Double], imaginary: [Double]
  ) -> (real: [Double], imaginary: [Double]) {
    var (first, second) = ([Double](), [Double]())
    for index in real.indices {
      let (a, b) = (amplitudes.real[index], amplitudes.imaginary[index])
      let (u, v) = (a * real[index] - b * imaginary[index], a * imaginary[index] + b * real[index])
      // Lost amplitudes have no finite local energy; their neighbours say what they should be.
      first.append(u.isFinite ? -u : 0)
      second.append(v.isFinite ? -v : 0)
    }
    solve(&first)
    solve(&second)
    // The changed state is normalised on the present one: a multiple of it is no change.
    var (overlap, turn, norm) = (0.0, 0.0, 0.0)
    for index in real.indices {
      let (a, b) = (amplitudes.real[index], amplitudes.imaginary[index])
      overlap += a * (a + first[index]) + b * (b + second[index])
      turn += a * (b + second[index]) - b * (a + first[index])
      norm += a * a + b * b
    }
    (overlap, turn) = (overlap / norm, turn / norm)
    let length = overlap * overlap + turn * turn
    var (x, y) = (first, second)
    for index in x.indices {
      let (a, b) = (amplitudes.real[index], amplitudes.imaginary[index])
      let square = max(a * a + b * b, 1e-300)
      let u = 1 + (first[index] * a + second[index] * b) / square
      let v = (second[index] * a - first[index] * b) / square
      x[index] = (u * overlap + v * turn) / length - 1
      y[index] = (v * overlap - u * turn) / length
    }
    return (x, y)
  }

  /// Replaces `b` by the solution of `(A − τ + T) x = b`: conjugate gradients preconditioned by the
  /// diagonal.
  ///
  /// Where they end too soon, the change is a part of the whole one, and the next step goes on.
  private func solve(_ rightSide: inout [Double]) {
    var residual = rightSide
    let size = residual.count
    // Positive: the diagonal of a matrix is nowhere below its lowest level.
    let inverse = matrix.diagonal.map { 1 / ($0 + changeConstant) }
    rightSide = Array(repeating: 0, count: size)
    var direction = [Double](repeating: 0, count: size)
    var product = 0.0
    let norm = residual.reduce(0) { $0 + $1 * $1 }
    if norm == 0 { return }
    for _ in 0..<Self.iterations {
      var next = 0.0
      for index in 0..<size { next += residual[index] * residual[index] * inverse[index] }
      let ratio = product > 0 ? next / product : 0
      product = next
      for index in 0..<size {
        direction[index] = residual[index] * inverse[index] + ratio * direction[index]
      }
      matrix.multiply(direction, &output, execution)
      var curvature = 0.0
      for index in 0..<size {
        output[index] += changeConstant * direction[index]
        curvature += direction[index] * output[index]
      }
      if !(curvature > 0) { return }
      var left = 0.0
      for index in 0..<size {
        rightSide[index] += product / curvature * direction[index]
        residual[index] -= product / curvature * output[index]
        left += residual[index] * residual[index]
      }
      if left < Self.tolerance * Self.tolerance * norm { return }
    }
  }

  /// Computes `y ← B x` for `x`, `[2 M]`.
  package func multiply(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    let count = roots.count
    for part in 0..<2 {
      // Re and Im of U D^(−1/2) v, one after the other: the Hamiltonian is real.
      for index in 0..<count {
        let (modulus, phase) = (roots[index] * x[index], roots[index] * x[count + index])
        input[index] =
          part == 0
          ? cosines[index] * modulus - sines[index] * phase
          : sines[index] * modulus + cosines[index] * phase
      }
      matrix.multiply(input, &output, execution)
      for index in 0..<count {
        let value = roots[index] * (output[index] + constant * input[index])
        if part == 0 {
          y[index] = cosines[index] * value
          y[count + index] = -sines[index] * value
        } else {
          y[index] += sines[index] * value
          y[count + index] += cosines[index] * value
        }
      }
    }
  }
}

extension LocalEnergyEstimator {
  /// Returns the energy's curvature on a sample.
  ///
  /// - Parameters:
  ///   - sample: The configurations with their weights.
  ///   - energies: Their local energies.
  ///   - denominators: `D`, positive.
  ///   - temperature: `T`.
  ///   - scale: What energies are measured by.
  ///   - keepsGradient: Whether small changes must be along the energy's gradient.
  /// - Returns: The curvature, which serves as long as the sample's phases do.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  package func curvature(
    of sample: Sample<Word>, energies: LocalEnergies, denominators: [Double], temperature: Double,
    scale: Double, keepsGradient: Bool
  ) throws(LinearAlgebraError) -> EnergyCurvature<H> {
    let matrix = SampleOperator(
      hamiltonian, on: sample.configurations, space: space, cutoff: 1e-10 * scale,
      budget: max(table.budget - table.bytes, table.budget / 4), execution: execution)
    return try EnergyCurvature(
      matrix, energies: energies,
      multiplicities: sample.configurations.map { space.multiplicity($0) },
      weights: keepsGradient ? sample.weights : nil, denominators: denominators,
      temperature: temperature, scale: scale, execution: execution)
  }
}
