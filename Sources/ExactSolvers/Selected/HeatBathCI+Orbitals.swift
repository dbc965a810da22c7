public import Configurations
public import Hamiltonians
public import Integrals
internal import LinearAlgebra

extension HeatBathCI {
  /// Integrals in orbitals in which a selected CI needs fewer determinants.
  public struct RotatedIntegrals: Sendable {
    /// The integrals; the exact energies are those of the original ones.
    public var integrals: MolecularIntegrals
    /// The orbitals in terms of the original ones.
    public var rotation: OrbitalRotation
    /// The number of times that orbitals were changed.
    public var rounds: Int
    /// The variational energies of the small CIs, in hartree, one before and one after each change that was
    /// tried.
    public var energies: [Double]
  }

  /// The most changes of orbitals.
  private static var roundLimit: Int { 8 }
  /// The most determinants of the CIs that orbitals are found from.
  private static var orbitalSize: Int { 4000 }

  /// Returns the integrals in natural orbitals.
  ///
  /// The natural orbitals of a small CI take the place of the orbitals as long as that lowers the energy of
  /// a CI of the same size by more than a tenth of what is missing by second order. CIs from a reference with
  /// open shells are left free to break the spin symmetry, which tells orbitals of different centres apart.
  ///
  /// - Parameters:
  ///   - integrals: The molecule.
  ///   - starts: Determinants of the sector, for the first CI; later ones start from the determinant of
  ///     lowest energy.
  ///   - spinFlipParity: The parity of the state; 0 where unknown.
  ///   - isWanted: Whether orbitals are to be changed once even where that does not lower the energy, as where the CI
  ///     is exact already.
  /// - Returns: The integrals of the lowest energy, unless `isWanted` perhaps those given.
  /// - Throws: ``EigensolverError`` as ``solve(_:from:weights:spinFlipParity:progress:)`` does.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func naturalOrbitals<Word: ConfigurationWord>(
    of integrals: MolecularIntegrals, from starts: [Configuration<Word>], spinFlipParity: Int = 0,
    isWanted: Bool = false
  ) throws(EigensolverError) -> RotatedIntegrals {
    precondition(!starts.isEmpty, "a selection needs a start")
    var small = self
    small.size = max(1, min(size / 8, Self.orbitalSize))
    small.selectionThreshold = 0
    var best = RotatedIntegrals(
      integrals: integrals, rotation: OrbitalRotation(identity: integrals.orbitalCount), rounds: 0,
      energies: [])
    if small.size < 100 && !isWanted { return best }
    var current = integrals
    var rotation = best.rotation
    var from = starts
    let first = MolecularHamiltonian<Word>(integrals)
    let irrep = integrals.orbitalIrreps == nil ? nil : first.irrep(of: starts[0])
    let irreps = integrals.orbitalIrreps ?? .init(repeating: 0, count: integrals.orbitalCount)
    var lowest = Double.infinity
    for round in 0...Self.roundLimit {
      let hamiltonian = round == 0 ? first : MolecularHamiltonian<Word>(current)
      if let reference = hamiltonian.referenceDeterminant(irrep: irrep) {
        // A mixture of spins as the start would keep the spins of open shells from separating.
        if round > 0 || reference.alpha != reference.beta { from = [reference] }
      }
      let parity = from.allSatisfy { $0.alpha == $0.beta } ? spinFlipParity : 0
      let result = try small.solve(hamiltonian, from: from, spinFlipParity: parity)
      guard let last = result.stages.last else { return best }
      best.energies.append(last.energy)
      let gain = lowest - last.energy
      if gain > 0 || isWanted && round == 1 {
        lowest = last.energy
        best.integrals = current
        best.rotation = rotation
        best.rounds = round
      }
      if result.isWhole && !(isWanted && round == 0)
        || gain < max(0.1 * abs(last.secondOrderEnergy), 1e-6)
      {
        break
      }
      let density = SelectedDensity(
        result.configurations, result.coefficients, orbitals: integrals.orbitalCount,
        SpinFlipOrbits(parity: parity))
      do {
        let next = try NaturalOrbitals.rotation(
          density, irreps: irreps, isUnrestricted: integrals.isUnrestricted)
        current = next.rotated(current)
        rotation = rotation.followed(by: next)
      } catch {
        throw EigensolverError(.numericalFailure, error.description)
      }
    }
    return best
  }
}
