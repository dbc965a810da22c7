internal import Configurations
internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
public import Integrals
public import Parallelism

/// Integrals in the orbitals that a molecule is solved in.
public struct MolecularOrbitals: Sendable {
  /// The integrals, with their ``Integrals/MolecularIntegrals/basis`` where the orbitals are not the given ones.
  public var integrals: MolecularIntegrals
  /// Which orbitals: never ``OrbitalChoice/auto``.
  public var choice: OrbitalChoice
  /// What was chosen and why, for the log.
  public var messages: [String]

  /// Turns integrals to other orbitals.
  ///
  /// Exact energies do not change. Localised orbitals have no irreps, so that none can be imposed; natural ones keep them.
  ///
  /// - Parameters:
  ///   - integrals: The integrals; those that were turned already stay as they are.
  ///   - choice: Which orbitals.
  ///   - irrep: The irrep of the wanted state.
  ///   - execution: The threads to use.
  /// - Throws: ``TrainingError`` where α and β have different orbitals, or localised ones cannot have the irrep that is
  ///   asked for, and the choice is not left open.
  public init(
    _ integrals: MolecularIntegrals, _ choice: OrbitalChoice, irrep: IrrepChoice = .automatic,
    execution: Execution = Execution()
  ) throws(TrainingError) {
    self =
      integrals.orbitalCount <= UInt64.bitWidth
      ? try OrbitalSelection<UInt64>(integrals, irrep, execution).orbitals(choice)
      : try OrbitalSelection<UInt128>(integrals, irrep, execution).orbitals(choice)
  }

  init(_ integrals: MolecularIntegrals, _ choice: OrbitalChoice, messages: [String] = []) {
    self.integrals = integrals
    self.choice = choice
    self.messages = messages
  }
}

/// Makes and compares orbitals of a molecule.
struct OrbitalSelection<Word: ConfigurationWord> {
  let integrals: MolecularIntegrals
  let irrep: IrrepChoice
  let execution: Execution

  /// The number of determinants of the CIs that natural orbitals are made of where they are asked for.
  private static var naturalSize: Int { 4000 }
  /// The couplings that second orders leave out, in units of the energy's scale: enough to say what is missing.
  private static var threshold: Double { 1e-6 }

  init(_ integrals: MolecularIntegrals, _ irrep: IrrepChoice, _ execution: Execution) {
    self.integrals = integrals
    self.irrep = irrep
    self.execution = execution
  }

  func orbitals(_ choice: OrbitalChoice) throws(TrainingError) -> MolecularOrbitals {
    if let basis = integrals.basis {
      return MolecularOrbitals(integrals, basis.kind == .localised ? .localised : .natural)
    }
    if choice == .given { return MolecularOrbitals(integrals, .given) }
    if choice == .auto { return try compared() }
    if integrals.isUnrestricted {
      throw refusal(choice, "α and β have orbitals of their own, which are not turned")
    }
    if choice == .localised {
      if let reason = symmetryObstacle { throw refusal(choice, reason) }
      return localised()
    }
    return try natural(size: Self.naturalSize, isWanted: true).orbitals
  }

  private func refusal(_ choice: OrbitalChoice, _ reason: String) -> TrainingError {
    TrainingError(
      .invalidSettings,
      "`orbitals` \(choice.rawValue): \(reason); give `orbitals` given\(choice == .localised && !integrals.isUnrestricted ? " or natural" : "")"
    )
  }

  /// Why orbitals without irreps do not do, completing a sentence; nil where they do.
  var symmetryObstacle: String? {
    guard integrals.orbitalIrreps != nil else { return nil }
    switch irrep {
    case .any: return nil
    case .label(let label):
      return
        "orbitals of different irreps mix, so that the state cannot be held to irrep \(label + 1)"
    case .automatic:
      // 1 is also what programs write that know no other.
      guard let target = integrals.targetIrrep, target != 0 else { return nil }
      return
        "orbitals of different irreps mix, so that the state cannot be held to irrep \(target + 1), the file's ISYM"
    }
  }

  // MARK: - One kind

  private func turned(
    _ rotated: MolecularIntegrals, _ rotation: OrbitalRotation, _ kind: OrbitalBasis.Kind
  ) -> MolecularIntegrals {
    var result = rotated
    result.basis = OrbitalBasis(
      kind: kind, rotation: rotation.alpha,
      givenDigest: Problem.molecule(integrals, irrep: irrep).digest)
    return result
  }

  /// Turns to localised orbitals.
  func localised() -> MolecularOrbitals {
    let found = EdmistonRuedenberg().localise(integrals)
    var rotated = found.rotation.rotated(integrals)
    (rotated.orbitalIrreps, rotated.targetIrrep) = (nil, nil)
    (rotated.irrepNumbering, rotated.pointGroup) = (nil, nil)
    let message =
      "orbitals: localised"
      + (found.isConverged ? "" : ", not converged: a gradient of \(found.gradient) Eh is left")
      + (integrals.orbitalIrreps == nil
        ? "" : "; irreps are no longer told apart, and the lowest state of all is sought")
    return MolecularOrbitals(
      turned(rotated, found.rotation, .localised), .localised, messages: [message])
  }

  /// The irrep of the small CIs.
  var wanted: UInt8? {
    switch irrep {
    case .any: nil
    case .label(let label): integrals.orbitalIrreps == nil ? nil : label
    case .automatic: integrals.targetIrrep
    }
  }

  /// Turns to natural orbitals.
  ///
  /// - Parameters:
  ///   - size: The number of determinants of the small CIs.
  ///   - isWanted: Whether the orbitals are changed even where that does not lower their energy.
  /// - Returns: The orbitals, and the energy of a CI in the given ones and of the best; nil without a determinant.
  /// - Throws: ``TrainingError`` where an iteration does not converge.
  func natural(
    size: Int, isWanted: Bool
  ) throws(TrainingError) -> (orbitals: MolecularOrbitals, energies: (given: Double, own: Double)?)
  {
    guard
      let start = MolecularHamiltonian<Word>(integrals).referenceDeterminant(irrep: wanted)
    else { return (MolecularOrbitals(integrals, .given), nil) }
    do throws(EigensolverError) {
      // An eighth of the size is that of the CIs.
      let found = try HeatBathCI(
        size: 8 * size, threshold: Self.threshold * integrals.energyScale, execution: execution
      ).naturalOrbitals(of: integrals, from: [start], isWanted: isWanted)
      guard found.rounds > 0, let first = found.energies.first else {
        return (
          MolecularOrbitals(integrals, .given), found.energies.first.map { ($0, $0) }
        )
      }
      let own = found.energies[found.rounds]
      return (
        MolecularOrbitals(
          turned(found.integrals, found.rotation, .natural), .natural,
          messages: [
            "orbitals: natural ones, in which a CI of \(size) determinants finds \(digits(own)) Eh in place of "
              + "\(digits(first)) Eh"
          ]), (first, own)
      )
    } catch {
      throw TrainingError(.notFinite, "the natural orbitals could not be made: \(error)")
    }
  }

  /// The energy of a CI that begins with the best determinant; nil without one.
  func energy(_ integrals: MolecularIntegrals, size: Int) throws(TrainingError) -> Double? {
    let hamiltonian = MolecularHamiltonian<Word>(integrals)
    let label = integrals.orbitalIrreps == nil ? nil : wanted
    guard let start = hamiltonian.referenceDeterminant(irrep: label) else { return nil }
    do throws(EigensolverError) {
      let result = try HeatBathCI(
        size: size, threshold: Self.threshold * integrals.energyScale, execution: execution
      ).solve(hamiltonian, from: [start])
      return result.stages.last?.energy
    } catch {
      throw TrainingError(.notFinite, "a configuration interaction for the orbitals: \(error)")
    }
  }
}

/// Returns an energy for people.
func digits(_ value: Double, _ count: Int = 6) -> String {
  String(format: "%.\(count)f", value)
}
