internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra

/// The symmetries that the state of a lattice is made to have.
struct LatticeSymmetry<Word: ConfigurationWord> {
  /// The group with its eigenvalues; empty where only the flip is imposed, or nothing.
  var operations: [SpinSymmetry] = []
  /// The eigenvalue of the spin flip, 0 where it is not imposed.
  var spinFlipParity = 0
  /// The small configuration interaction that told the eigenvalues.
  var interaction: SelectedCI<Word>.Result?
  /// What the log says.
  var messages: [String] = []
}

/// The number of spin strings up to which a sector is listed to find its representatives.
private let listedStrings = 5e6
/// The largest group that is of use: beyond, orbits cost more than they save.
private let largestGroup = 1024
/// The number of strings of the small configuration interaction that tells eigenvalues.
private let interactionStrings = 4000

/// Chooses the symmetries of a lattice's ground state.
///
/// The group is that of all permutations of the sites that the Hamiltonian does not notice, times
/// the spin flip. Its eigenvalues in the ground state are known for the Ising model (Perron and
/// Frobenius); for the others they are those of the lowest vector of a small configuration
/// interaction in whole orbits. Operations that have no eigenvalue +1 or −1 in it, as in a level of
/// several states, are not imposed.
func latticeSymmetry<Word: ConfigurationWord>(
  of model: LatticeModel, _ hamiltonian: SpinHamiltonian<Word>, upCount: Int?,
  lowest: [Configuration<Word>], _ settings: Settings, _ snapshot: Snapshot?
) throws(TrainingError) -> LatticeSymmetry<Word> {
  let sites = model.geometry.siteCount
  let isFlippable = upCount.map { 2 * $0 == sites } ?? true
  let mayFlip = isFlippable && settings.ansatz.spinFlipSymmetry != false
  var found = LatticeSymmetry<Word>()
  let candidates = candidateOperations(
    hamiltonian, upCount: upCount, withFlips: mayFlip, settings)
  if let snapshot {
    found.spinFlipParity = try spinFlipParity(of: snapshot, isFlippable)
    found.operations = try operations(candidates, snapshot)
  } else if candidates.isEmpty || !model.hasTransverseField && upCount == nil {
    found.spinFlipParity = mayFlip ? groundStateParity(of: model) : 0
  } else if upCount == nil {
    let parity = groundStateParity(of: model)
    found.operations = candidates.filter { parity != 0 || !$0.flipsSpins }
    for index in found.operations.indices where found.operations[index].flipsSpins {
      found.operations[index].character = parity
    }
    found.spinFlipParity = found.operations.contains { $0.flipsSpins } ? parity : 0
  } else {
    let interaction = try orbitInteraction(candidates, lowest, hamiltonian)
    found.operations = withEigenvalues(candidates, in: interaction)
    found.interaction = interaction
    let identity = Array(0..<sites)
    found.spinFlipParity =
      found.operations.first { $0.flipsSpins && $0.permutation == identity }?.character ?? 0
  }
  if settings.ansatz.spinFlipSymmetry == true && found.spinFlipParity == 0 {
    throw TrainingError(
      .invalidSettings,
      "--spin-flip needs as many spins up as down and a model whose ground state has a known parity"
    )
  }
  // A group of one operation says nothing.
  if found.operations.allSatisfy({ $0.permutation == Array(0..<sites) }) { found.operations = [] }
  if settings.ansatz.latticeSymmetry == true && found.operations.isEmpty {
    throw TrainingError(
      .invalidSettings,
      "--lattice-symmetry: the Hamiltonian has no permutation of sites as a symmetry, more than "
        + "\(largestGroup), or a sector of more than \(Int(listedStrings)) strings; leave the option out")
  }
  found.messages = messages(found, candidates)
  return found
}

/// Returns the group that the Hamiltonian has, identity first, all eigenvalues +1; empty where
/// it is not to be used.
private func candidateOperations<Word: ConfigurationWord>(
  _ hamiltonian: SpinHamiltonian<Word>, upCount: Int?, withFlips: Bool, _ settings: Settings
) -> [SpinSymmetry] {
  let sites = hamiltonian.siteCount
  let strings = ConfigurationSpace<Word>(upCount: upCount, order: Array(0..<sites)).dimension
  guard settings.ansatz.latticeSymmetry != false, strings <= listedStrings,
    let permutations = hamiltonian.siteSymmetries(limit: largestGroup), permutations.count > 1
  else { return [] }
  return (withFlips ? [false, true] : [false]).flatMap { flips in
    permutations.map { SpinSymmetry(permutation: $0, flipsSpins: flips) }
  }
}

/// Returns a snapshot's symmetries where the lattice has them.
private func operations(
  _ candidates: [SpinSymmetry], _ snapshot: Snapshot
) throws(TrainingError) -> [SpinSymmetry] {
  if snapshot.symmetries.isEmpty { return [] }
  let known = Set(candidates)
  let isKnown = snapshot.symmetries.allSatisfy {
    known.contains(SpinSymmetry(permutation: $0.permutation, flipsSpins: $0.flipsSpins))
  }
  guard isKnown, SpinSymmetry.isGroup(snapshot.symmetries) else {
    throw TrainingError(
      .snapshotMismatch,
      "the checkpoint's symmetries are not those of this lattice: it belongs to another problem")
  }
  return snapshot.symmetries
}

/// Finds the lowest vector of a small configuration interaction in whole orbits.
private func orbitInteraction<Word: ConfigurationWord>(
  _ operations: [SpinSymmetry], _ lowest: [Configuration<Word>],
  _ hamiltonian: SpinHamiltonian<Word>
) throws(TrainingError) -> SelectedCI<Word>.Result {
  let selected = try smallInteraction(lowest, hamiltonian, limit: interactionStrings / 4)
  let order = selected.coefficients.indices.sorted {
    let sizes = (abs(selected.coefficients[$0]), abs(selected.coefficients[$1]))
    return sizes.0 == sizes.1 ? $0 < $1 : sizes.0 > sizes.1
  }
  var members: [Configuration<Word>] = []
  var seen: Set<Configuration<Word>> = []
  for index in order where !seen.contains(selected.configurations[index]) {
    var orbit: [Configuration<Word>] = []
    for operation in operations {
      let image = operation.apply(to: selected.configurations[index])
      if seen.insert(image).inserted { orbit.append(image) }
    }
    if !members.isEmpty && members.count + orbit.count > interactionStrings { break }
    members += orbit
  }
  return try smallInteraction(members, hamiltonian, limit: members.count)
}

func smallInteraction<Word: ConfigurationWord>(
  _ starts: [Configuration<Word>], _ hamiltonian: SpinHamiltonian<Word>, limit: Int
) throws(TrainingError) -> SelectedCI<Word>.Result {
  do throws(LinearAlgebraError) {
    return try SelectedCI<Word>(maximumConfigurations: limit).run(from: starts, hamiltonian)
  } catch {
    throw TrainingError(.notFinite, "the start's configuration interaction failed: \(error)")
  }
}

/// Returns the operations of which a vector is an eigenvector, with their eigenvalues.
private func withEigenvalues<Word: ConfigurationWord>(
  _ operations: [SpinSymmetry], in interaction: SelectedCI<Word>.Result
) -> [SpinSymmetry] {
  var numbers: [Configuration<Word>: Int] = [:]
  for (number, x) in interaction.configurations.enumerated() { numbers[x] = number }
  let vector = interaction.coefficients
  return operations.compactMap { operation in
    var overlap = 0.0
    for (number, x) in interaction.configurations.enumerated() {
      if let image = numbers[operation.apply(to: x)] { overlap += vector[number] * vector[image] }
    }
    guard abs(abs(overlap) - 1) < 1e-4 else { return nil }
    var operation = operation
    operation.character = overlap > 0 ? 1 : -1
    return operation
  }
}

private func messages<Word>(
  _ symmetry: LatticeSymmetry<Word>, _ candidates: [SpinSymmetry]
) -> [String] {
  var messages: [String] = []
  let permutations = symmetry.operations.filter { !$0.flipsSpins }
  if !permutations.isEmpty {
    let odd = permutations.count { $0.character < 0 }
    messages.append(
      "symmetry: \(permutations.count) permutations of the sites, "
        + (odd == 0 ? "all with eigenvalue +1" : "\(odd) of them with eigenvalue -1"))
  }
  if symmetry.operations.count < candidates.count {
    messages.append(
      "symmetry: \(candidates.count - symmetry.operations.count) operations of the lattice have no "
        + "eigenvalue of +1 or -1 in the start and are not imposed")
  }
  if symmetry.spinFlipParity != 0 {
    messages.append(
      "symmetry: \(symmetry.spinFlipParity > 0 ? "even" : "odd") under spin flip")
  }
  return messages
}

extension LatticeModel {
  fileprivate var hasTransverseField: Bool {
    if case .ising(_, let field) = interaction { return field != 0 }
    return false
  }
}

/// The eigenvalue of the spin flip in the ground state, 0 where it is not known beforehand.
///
/// In the Sᶻ = 0 states of total spin S, turning all spins over gives `(−1)^(N/2 − S)`. An
/// antiferromagnet is taken as a singlet; a ferromagnet has S = N/2. The Ising model's ground
/// state has equal signs for h > 0 (Perron and Frobenius), and `(−1)^N` for h < 0.
private func groundStateParity(of model: LatticeModel) -> Int {
  let sites = model.geometry.siteCount
  switch model.interaction {
  case .ising(_, let field):
    return field == 0 ? 0 : field > 0 || sites % 2 == 0 ? 1 : -1
  case .heisenberg(let j1, let j2, let anisotropy):
    if j1 > 0 && anisotropy > -1 { return sites % 4 == 0 ? 1 : -1 }
    if j1 < 0 && j2 <= 0 && anisotropy == 1 { return 1 }
    return 0
  }
}

