internal import Configurations
internal import Estimators
internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import Sampling
internal import WaveFunctions

extension VariationalMonteCarlo {
  /// The most orbitals of which density matrices are made: a file has four arrays of n⁴ numbers.
  private static var observableOrbitals: Int { 40 }

  /// Computes the density matrices of a molecule's state from its amplitudes in the whole sector.
  ///
  /// - Parameters:
  ///   - sample: All representatives of the sector.
  ///   - energies: Their amplitudes.
  /// - Returns: The matrices and what they say; nil for lattices and for too many orbitals.
  /// - Throws: ``TrainingError`` where LAPACK fails.
  func observables(
    _ sample: Sample<Word>, _ energies: LocalEnergies
  ) throws(TrainingError) -> StateObservables? {
    guard let molecule, molecule.orbitalCount <= Self.observableOrbitals else { return nil }
    let parity = waveFunction.space.spinFlipParity
    var configurations: [Configuration<Word>] = []
    var real: [Double] = []
    var imaginary: [Double] = []
    // A phase that all share is free: that of the heaviest is 0.
    let heaviest = energies.logModulus.indices.reduce(0) {
      energies.logModulus[$1] > energies.logModulus[$0] ? $1 : $0
    }
    let phase = energies.phase[heaviest]
    for (place, x) in sample.configurations.enumerated() {
      let modulus = exp(energies.logModulus[place])
      let value = (
        real: modulus * cos(energies.phase[place] - phase),
        imaginary: modulus * sin(energies.phase[place] - phase)
      )
      configurations.append(x)
      real.append(value.real)
      imaginary.append(value.imaginary)
      if parity == 0 || x.alpha == x.beta { continue }
      configurations.append(x.spinFlipped)
      real.append(Double(parity) * value.real)
      imaginary.append(Double(parity) * value.imaginary)
    }
    // The network is normalised to the rounding of Float32.
    let norm = zip(real, imaginary).reduce(0) { $0 + $1.0 * $1.0 + $1.1 * $1.1 }.squareRoot()
    return try observables(
      configurations, real: real.map { $0 / norm }, imaginary: imaginary.map { $0 / norm })
  }

  /// Computes the density matrices of a molecule's vector.
  ///
  /// - Parameters:
  ///   - configurations: The determinants, all different, partners under spin flip both.
  ///   - real: The real parts of their coefficients, normalised together with the imaginary ones.
  ///   - imaginary: The imaginary parts; nil for none.
  /// - Returns: The matrices and what they say; nil for lattices and for too many orbitals.
  /// - Throws: ``TrainingError`` where LAPACK fails.
  func observables(
    _ configurations: [Configuration<Word>], real: [Double], imaginary: [Double]?
  ) throws(TrainingError) -> StateObservables? {
    guard let molecule, molecule.orbitalCount <= Self.observableOrbitals else { return nil }
    do throws(EigensolverError) {
      let found = try StateObservables(
        configurations, real: real, imaginary: imaginary, irreps: molecule.orbitalIrreps,
        orbitals: molecule.orbitalCount,
        isUnrestricted: molecule.isUnrestricted, execution: execution)
      // Who reads the matrices has the orbitals that were given.
      guard case .molecule(let integrals, _)? = problem, let basis = integrals.basis else {
        return found
      }
      return found.overRows(of: basis.rotation)
    } catch {
      throw TrainingError(.notFinite, "the density matrices could not be made: \(error)")
    }
  }
}
