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
    self = integrals.orbitalCount <= UInt64.bitWidth
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
private struct OrbitalSelection<Word: ConfigurationWord> {
  let integrals: MolecularIntegrals
  let irrep: IrrepChoice
  let execution: Execution

  /// The most orbitals that are localised for a comparison.
  private static var orbitalLimit: Int { 40 }

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
      return try localised().orbitals
    }
    return try natural(size: 8 * 4000).orbitals
  }

  private func refusal(_ choice: OrbitalChoice, _ reason: String) -> TrainingError {
    TrainingError(
      .invalidSettings,
      "`orbitals` \(choice.rawValue): \(reason); give `orbitals` given\(choice == .localised && !integrals.isUnrestricted ? " or natural" : "")")
  }

  /// Why orbitals without irreps do not do, completing a sentence; nil where they do.
  private var symmetryObstacle: String? {
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

  private func localised() throws(TrainingError) -> (
    orbitals: MolecularOrbitals, isConverged: Bool
  ) {
    let found = EdmistonRuedenberg().localise(integrals)
    var rotated = found.rotation.rotated(integrals)
    (rotated.orbitalIrreps, rotated.targetIrrep) = (nil, nil)
    (rotated.irrepNumbering, rotated.pointGroup) = (nil, nil)
    let before = found.selfRepulsions[0]
    let after = found.selfRepulsions[found.selfRepulsions.count - 1]
    let message =
      "orbitals: localised, of self-repulsion \(digits(after, 4)) Eh in place of \(digits(before, 4)) Eh"
      + (found.isConverged ? "" : ", not converged: a gradient of \(found.gradient) Eh is left")
      + (integrals.orbitalIrreps == nil
        ? "" : "; irreps are no longer told apart, so that the lowest state of all is sought")
    return (
      MolecularOrbitals(turned(rotated, found.rotation, .localised), .localised, messages: [message]),
      found.isConverged
    )
  }

  /// The irrep of the small CIs.
  private var wanted: UInt8? {
    switch irrep {
    case .any: nil
    case .label(let label): integrals.orbitalIrreps == nil ? nil : label
    case .automatic: integrals.targetIrrep
    }
  }

  private func natural(
    size: Int
  ) throws(TrainingError) -> (orbitals: MolecularOrbitals, energies: [Double]) {
    guard
      let start = MolecularHamiltonian<Word>(integrals).referenceDeterminant(irrep: wanted)
    else { return (MolecularOrbitals(integrals, .given), []) }
    do throws(EigensolverError) {
      let found = try HeatBathCI(size: size, threshold: 1e-7, execution: execution)
        .naturalOrbitals(of: integrals, from: [start])
      let energies = found.energies
      guard found.rounds > 0 else {
        return (
          MolecularOrbitals(
            integrals, .given,
            messages: ["orbitals: given, for a small CI is not lower in natural ones"]), energies
        )
      }
      return (
        MolecularOrbitals(
          turned(found.integrals, found.rotation, .natural), .natural,
          messages: [
            "orbitals: natural ones of \(found.rounds) small CIs, the last of \(digits(energies[found.rounds], 6)) Eh in "
              + "place of \(digits(energies[0], 6)) Eh"
          ]), energies
      )
    } catch {
      throw TrainingError(.notFinite, "the natural orbitals could not be made: \(error)")
    }
  }

  // MARK: - Comparison

  private func compared() throws(TrainingError) -> MolecularOrbitals {
    let given = MolecularOrbitals(integrals, .given)
    if integrals.isUnrestricted { return given }
    let clock = ContinuousClock()
    var began = clock.now
    func lap() -> Double {
      let now = clock.now
      defer { began = now }
      let d = now - began
      return Double(d.components.seconds) + Double(d.components.attoseconds) * 1e-18
    }
    var lines: [String] = []
    for size in [50, 100, 200, 500, 1000, 2000] {
      let calculation = HeatBathCI(size: size, threshold: 1e-6, execution: execution)
      func energy(_ integrals: MolecularIntegrals, _ irrep: UInt8?) throws(TrainingError) -> String {
        let hamiltonian = MolecularHamiltonian<Word>(integrals)
        guard let start = hamiltonian.referenceDeterminant(irrep: irrep) else { return "none" }
        do throws(EigensolverError) {
          let r = try calculation.solve(hamiltonian, from: [start])
          let last = r.stages[r.stages.count - 1]
          return "\(last.dimension) \(digits(last.energy, 5)) \(digits(last.secondOrderEnergy, 5))"
        } catch { throw TrainingError(.notFinite, "\(error)") }
      }
      lines.append("DBG \(size) given \(try energy(integrals, wanted)) \(digits(lap(), 2)) s")
      let (natural, es) = try natural(size: 8 * size)
      lines.append("DBG \(size) natural made \(natural.choice.rawValue) \(es.count) \(digits(lap(), 2)) s")
      lines.append("DBG \(size) natural \(try energy(natural.integrals, wanted)) \(digits(lap(), 2)) s")
      let (local, _) = try localised()
      lines.append("DBG \(size) localised made \(digits(lap(), 3)) s")
      lines.append("DBG \(size) localised \(try energy(local.integrals, nil)) \(digits(lap(), 2)) s")
    }
    return MolecularOrbitals(integrals, .given, messages: lines)
  }
}

private func digits(_ value: Double, _ count: Int) -> String {
  String(format: "%.\(count)f", value)
}
