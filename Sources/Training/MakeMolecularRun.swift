internal import Configurations
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Parallelism
internal import Problems

/// Makes the training run of a molecule.
func makeMolecularRun<Word: ConfigurationWord>(
  _: Word.Type, _ orbitals: MolecularOrbitals, _ choice: IrrepChoice, _ given: Settings,
  _ snapshot: Snapshot?, _ communicator: any Communicator
) throws(TrainingError) -> any TrainingRun {
  let integrals = orbitals.integrals
  var settings = given
  // A run that goes on has its orbitals, and those of earlier versions were the given ones.
  if snapshot == nil { settings.ansatz.orbitals = orbitals.choice }
  if settings.ansatz.latticeSymmetry == true || settings.ansatz.exactLatticeSymmetry == true {
    throw TrainingError(
      .invalidSettings,
      "`lattice-symmetry` and `exact-lattice-symmetry` are for lattices, not molecules; leave them out"
    )
  }
  let determinants = settings.start.determinants ?? 200
  let molecule = MolecularHamiltonian<Word>(integrals)
  let problem = RunProblem(choice: choice, orbitals: orbitals)
  let request = try SectorRequest(integrals, choice, settings, irrepCount: molecule.irrepCount)
  guard let twiceSpin = settings.ansatz.twiceSpin else {
    return try makeMolecularRun(
      molecule, of: molecule, evaluated: nil, request, problem, settings, determinants, snapshot,
      communicator)
  }
  let spin = Double(twiceSpin) / 2
  let penalized = PenalizedHamiltonian(
    base: molecule, observable: SpinSquared<Word>(),
    weight: spinPenalty * molecule.energyScale, target: spin * (spin + 1))
  return try makeMolecularRun(
    penalized, of: molecule, evaluated: penalized.unpenalized, request, problem, settings,
    determinants, snapshot,
    communicator)
}

/// What a molecular run solves, in its orbitals.
private struct RunProblem {
  let choice: IrrepChoice
  let orbitals: MolecularOrbitals
}

/// Returns the orbitals of a run: a new one's by its settings, one's that goes on as they are.
func molecularOrbitals(
  _ integrals: MolecularIntegrals, _ irrep: IrrepChoice, _ settings: Settings,
  _ snapshot: Snapshot?
) throws(TrainingError) -> MolecularOrbitals {
  if snapshot != nil {
    try checkOrbitals(integrals, settings)
    return MolecularOrbitals(integrals, .given)
  }
  // A run that was stopped before its first step begins anew, in the same orbitals.
  let choice = settings.ansatz.orbitals ?? (settings.basis == .paper ? .given : .auto)
  return try MolecularOrbitals(integrals, choice, irrep: irrep, execution: settings.execution)
}

/// Throws where a stored run was in other orbitals than integrals are.
func checkOrbitals(_ integrals: MolecularIntegrals, _ settings: Settings) throws(TrainingError) {
  let own = settings.ansatz.orbitals ?? .given
  let kind = integrals.basis?.kind.rawValue ?? OrbitalChoice.given.rawValue
  guard own == .auto || own.rawValue == kind else {
    throw TrainingError(
      .snapshotMismatch,
      "the checkpoint's state is one of \(own.rawValue) orbitals, and the integrals are over \(kind) ones; go on with the "
        + "problem that the run had")
  }
}

/// Returns a spin in words, such as "3/2".
func spinName(_ twice: Int) -> String { twice % 2 == 0 ? "\(twice / 2)" : "\(twice)/2" }

/// λ of the penalty `λ (Ŝ² − S(S + 1))`, in units of the energy's scale: it lifts the next spin by `2 λ (S + 1)`, above
/// the splittings of magnetic levels, and stays small beside the gaps of a molecule.
private let spinPenalty = 0.1

private func makeMolecularRun<H: Hamiltonian>(
  _ hamiltonian: H, of molecule: MolecularHamiltonian<H.Word>, evaluated: H?,
  _ request: SectorRequest, _ problem: RunProblem, _ settings: Settings,
  _ determinants: Int, _ snapshot: Snapshot?, _ communicator: any Communicator
) throws(TrainingError) -> any TrainingRun {
  let integrals = problem.orbitals.integrals
  var found = try request.sector(of: molecule, operation: hamiltonian, snapshot)
  if let twiceSpin = settings.ansatz.twiceSpin {
    found.messages.append(
      "spin: S = \(spinName(twiceSpin)) by a penalty of \(spinPenalty * molecule.energyScale) Eh (S^2 - S(S+1)), which "
        + "the energies of steps contain and the final one does not")
  }
  func space(_ order: [Int]) -> ConfigurationSpace<H.Word> {
    ConfigurationSpace(
      alphaCount: integrals.alphaCount, betaCount: integrals.betaCount,
      orbitalIrreps: integrals.orbitalIrreps, irrep: found.imposed.irrep, order: order,
      spinFlipParity: found.imposed.spinFlipParity)
  }
  let standard = space(Array((0..<integrals.orbitalCount).reversed()))
  let result = try startingInteraction(
    hamiltonian, molecule, found, standard, determinants: determinants,
    isFlippable: request.isFlippable, execution: settings.execution)
  let referenceEnergy = molecule.diagonalElement(result.configurations[0])
  let size = ProblemSize(
    positions: integrals.orbitalCount, dimension: standard.dimension, isLattice: false,
    energyScale: molecule.energyScale, referenceEnergy: referenceEnergy, hasPeakedStart: true)
  let filled = settings.filled(for: size)
  let resolved = try ResolvedSettings(filled, for: size)
  try checkSelection(filled, orbitals: integrals.orbitalCount)
  let ordered = space(filled.ansatz.order ?? [])
  return try makeRun(
    hamiltonian, evaluated: evaluated, ordered, spinOperator: molecule.spinSquared,
    molecule: molecule,
    context: .init(
      referenceEnergy: referenceEnergy,
      degreesOfFreedom: max(1, integrals.electronCount),
      infiniteTemperatureEnergy: molecule.sectorMean, unit: "Eh",
      irrep: found.imposed.irrep.map { Int($0) } ?? -1, sectors: found.comparison,
      problem: .molecule(integrals, irrep: problem.choice)),
    start: resolved.startKind == .perturbative && snapshot == nil
      ? StartVector(result, space: ordered, limit: resolved.maximumSamples) : nil,
    messages: problem.orbitals.messages + found.messages, settings: filled, resolved: resolved,
    snapshot: snapshot, communicator: communicator)
}

/// Returns the small configuration interaction from which training starts.
///
/// It grows from the best determinant of the irrep, with spin-flipped partners. Where its vector has
/// not the parity of the sector, it is made again between states of that parity, from the leading ones
/// of the comparison's vector.
private func startingInteraction<H: Hamiltonian>(
  _ hamiltonian: H, _ molecule: MolecularHamiltonian<H.Word>, _ found: FoundSector<H.Word>,
  _ space: ConfigurationSpace<H.Word>, determinants: Int, isFlippable: Bool,
  execution: Execution
) throws(TrainingError) -> SelectedCI<H.Word>.Result {
  guard let start = molecule.referenceDeterminant(irrep: found.startIrrep) else {
    let name = found.startIrrep.map { "irrep \($0 + 1)" } ?? "the sector"
    throw TrainingError(
      .invalidSector,
      "\(name) has no determinant with \(molecule.alphaCount) α and \(molecule.betaCount) β "
        + "electrons in \(molecule.orbitalCount) orbitals; choose another `irrep`, or any")
  }
  do throws(LinearAlgebraError) {
    let result = try SelectedCI<H.Word>(
      maximumConfigurations: determinants, keepsSpinFlips: isFlippable, cutoff: 1e-9,
      energyScale: molecule.energyScale, execution: execution
    ).run(from: [start], hamiltonian)
    let parity = Double(space.spinFlipParity)
    if parity == 0 || found.leading.isEmpty || abs((result.spinFlipParity ?? 0) - parity) < 1e-6 {
      return result
    }
    return try SelectedCI<H.Word>(
      maximumConfigurations: max(found.leading.count, determinants / 2), cutoff: 1e-9,
      energyScale: molecule.energyScale, execution: execution
    ).run(from: found.leading, SymmetrizedHamiltonian(base: hamiltonian, space: space))
      .overConfigurations(of: space)
  } catch {
    throw TrainingError(.notFinite, "the start's configuration interaction failed: \(error)")
  }
}

extension SelectedCI.Result {
  /// The vector over normalised symmetric states as amplitudes of their representatives.
  func overConfigurations(of space: ConfigurationSpace<Word>) -> Self {
    var result = self
    for (index, x) in configurations.enumerated() {
      result.coefficients[index] /= Double(space.multiplicity(x)).squareRoot()
    }
    for (index, x) in perturbers.enumerated() {
      result.amplitudes[index] /= Double(space.multiplicity(x)).squareRoot()
    }
    return result
  }
}
