internal import Configurations
internal import Foundation
internal import Hamiltonians
public import LinearAlgebra
internal import Parallelism
public import Sampling

/// How far a state is from the lowest one on its own configurations.
public struct Relaxation: Sendable, Hashable {
  /// The energy that the state would gain if its amplitudes on the sample were free, at least 0.
  public var gain: Double
  /// The energy of the relaxed state: an upper bound of the lowest one.
  public var energy: Double
  /// Whether the iterations that found it have converged; else it is a lower bound.
  public var isConverged: Bool
}

extension LocalEnergies {
  /// The first-order estimate of what a state would still gain on its sample.
  ///
  /// ```
  /// R = Σ_x |((H − E) ψ)_x|²/D(x) / ⟨ψ|ψ⟩ = Σ_x w(x) |E_loc(x) − E|²/D(x)
  /// ```
  ///
  /// with `D = H_xx − E`, not below a floor: Epstein and Nesbet's sum for a state that is its own
  /// reference.
  ///
  /// - Parameters:
  ///   - weights: `w`, with sum 1.
  ///   - floor: The smallest denominator.
  /// - Returns: R, at least 0.
  public func residual(weights: [Double], floor: Double) -> Double {
    var sum = 0.0
    for index in weights.indices {
      let deviation = real[index] - energy
      let squared = deviation * deviation + imaginary[index] * imaginary[index]
      // Lost amplitudes have no finite local energy; they are the leak's business.
      if weights[index] == 0 { continue }
      sum += weights[index] * squared / max(diagonal[index] - energy, floor)
    }
    return sum
  }
}

extension LocalEnergyEstimator {
  /// Lets the amplitudes on a sample relax by Davidson's iterations from the state.
  ///
  /// A residual is small in every eigenstate; this tells a state that is near an excited one, or
  /// halfway, from the lowest. A second, random start vector is followed beside the state, so that a
  /// lower state of another symmetry is found. The energy of the relaxed vector is a variational
  /// bound on its configurations; the gain compares it with the state restricted to them.
  ///
  /// The estimator's budget of memory is that of the matrix too, whose rows are found again at each
  /// product where they do not fit.
  ///
  /// - Parameters:
  ///   - sample: The configurations; the heaviest `limit` of them are used.
  ///   - energies: Their amplitudes.
  ///   - limit: The most configurations.
  ///   - scale: What energies are measured by.
  ///   - iterations: The most iterations.
  /// - Returns: What the state would gain.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  public func relaxation(
    of sample: Sample<Word>, energies: LocalEnergies, limit: Int, scale: Double,
    iterations: Int = 25
  ) throws(LinearAlgebraError) -> Relaxation {
    let order = sample.weights.indices.sorted {
      energies.logModulus[$0] == energies.logModulus[$1]
        ? $0 < $1 : energies.logModulus[$0] > energies.logModulus[$1]
    }.prefix(limit).sorted()
    makeRoom()
    let matrix = SampleOperator(
      hamiltonian, on: order.map { sample.configurations[$0] }, space: space,
      cutoff: 1e-12 * scale, budget: table.budget - table.bytes, execution: execution)
    let largest = order.map { energies.logModulus[$0] }.max() ?? 0
    var real: [Double] = []
    var imaginary: [Double] = []
    for index in order {
      let root = Double(space.multiplicity(sample.configurations[index])).squareRoot()
      let modulus = root * exp(energies.logModulus[index] - largest)
      real.append(modulus * cos(energies.phase[index]))
      imaginary.append(modulus * sin(energies.phase[index]))
    }
    // The Hamiltonian is real: both parts have the energy that they have together, or better.
    func form(_ x: [Double]) -> (energy: Double, norm: Double) {
      var product = [Double](repeating: 0, count: x.count)
      matrix.multiply(x, &product, execution)
      var (energy, norm) = (0.0, 0.0)
      for index in x.indices {
        energy += x[index] * product[index]
        norm += x[index] * x[index]
      }
      return (energy, norm)
    }
    let parts = [form(real), form(imaginary)]
    let present = (parts[0].energy + parts[1].energy) / (parts[0].norm + parts[1].norm)
    var random = RandomSource(seed: 0x5245_4C41)
    let lowest = matrix.diagonal.min() ?? 0
    let probe = matrix.diagonal.map { random.normal() / ($0 - lowest + scale) }
    let result = try Davidson(
      roots: 1, tolerance: 1e-5 * scale, guardTolerance: 1e-3 * scale,
      smallestGap: 1e-4 * scale,
      maximumIterations: iterations
    ).solve(
      diagonal: matrix.diagonal, starts: [real, imaginary, probe],
      multiply: { matrix.multiply($0, $1, execution) })
    let energy = result.values.first ?? present
    return Relaxation(
      gain: max(0, present - energy), energy: energy, isConverged: result.isConverged)
  }
}
