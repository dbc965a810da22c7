internal import Configurations
internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import LinearAlgebra
internal import Parallelism
internal import Problems

/// The symmetries that the state of a lattice is made to have.
struct LatticeSymmetry {
  /// The group with its eigenvalues; empty where only the flip is imposed, or nothing.
  var operations: [SpinSymmetry] = []
  /// The eigenvalue of the spin flip, 0 where it is not imposed.
  var spinFlipParity = 0
  /// What the log says.
  var messages: [String] = []
  /// How the sectors compared; nil where a theorem tells, or nothing was compared.
  var comparison: SectorComparison.Result?
}

/// The number of spin strings up to which a sector is listed to find its representatives.
private let listedStrings = 5e6
/// The number of spin strings up to which sectors are compared where no theorem tells, or
/// diagonalised where the user asks for that.
private let comparedStrings = 2e5
/// The largest group that is of use: beyond, orbits cost more than they save.
private let largestGroup = 1024

/// Chooses the symmetries of a lattice's ground state.
///
/// The group is that of all permutations of the sites that the Hamiltonian does not notice, times
/// the spin flip. Without frustration its eigenvalues in the ground state are known (Perron and
/// Frobenius). A frustrated model's may be anything, and a wrong sector has a perfect state of a wrong
/// energy. So its sectors are compared where there are few enough strings (``LatticeSectors``), and
/// beyond none is imposed unless the user asks for the flip.
func latticeSymmetry<Word: ConfigurationWord>(
  of model: LatticeModel, _ hamiltonian: SpinHamiltonian<Word>, upCount: Int?,
  lowest: [Configuration<Word>], _ settings: Settings, _ snapshot: Snapshot?
) throws(TrainingError) -> LatticeSymmetry {
  let sites = model.geometry.siteCount
  let identity = Array(0..<sites)
  let isFlippable = hamiltonian.conservesSpinFlip && (upCount.map { 2 * $0 == sites } ?? true)
  let flip = isFlippable && settings.ansatz.spinFlipSymmetry != false ? [false, true] : [false]
  var found = LatticeSymmetry()
  let strings = ConfigurationSpace<Word>(upCount: upCount, order: identity).dimension
  var permutations = [identity]
  if settings.ansatz.latticeSymmetry != false && strings <= listedStrings {
    permutations = hamiltonian.siteSymmetries(limit: largestGroup) ?? permutations
  }
  let candidates = flip.flatMap { flips in
    permutations.map { SpinSymmetry(permutation: $0, flipsSpins: flips) }
  }
  if let snapshot {
    found.spinFlipParity = try spinFlipParity(of: snapshot, isFlippable)
    found.operations = try operations(candidates, snapshot)
  } else {
    if let rule = hamiltonian.signRule {
      found.operations = withEigenvalues(candidates, by: rule, at: lowest[0])
    } else if upCount != nil, candidates.count > 1, strings <= comparedStrings {
      if settings.ansatz.exactLatticeSymmetry == true {
        guard let narrow = hamiltonian as? SpinHamiltonian<UInt64> else {
          throw TrainingError(
            .invalidSettings, "`exact-lattice-symmetry` takes at most 64 sites; leave it out")
        }
        found.operations = withExactEigenvalues(
          candidates, narrow, upCount: upCount, execution: settings.execution)
        found.messages = ["symmetry: eigenvalues from exact diagonalisation"]
      } else {
        try found.compare(
          candidates, model, hamiltonian, upCount: upCount, execution: settings.execution)
      }
    }
    found.spinFlipParity =
      found.operations.first { $0.flipsSpins && $0.permutation == identity }?.character ?? 0
    if found.operations.isEmpty && isFlippable && settings.ansatz.spinFlipSymmetry == true {
      found.spinFlipParity = singletParity(of: model)
    }
    found.messages += messages(found)
    if settings.ansatz.latticeSymmetry != false
      && found.operations.count(where: { !$0.flipsSpins }) < 2
    {
      found.messages.append(
        "symmetry: no permutation of the sites is known to hold, none is imposed")
    }
    // The flip alone needs no list of strings.
    if found.operations.allSatisfy({ $0.permutation == identity }) { found.operations = [] }
  }
  if settings.ansatz.spinFlipSymmetry == true && found.spinFlipParity == 0 {
    throw TrainingError(
      .invalidSettings,
      "`spin-flip` needs as many spins up as down, no longitudinal field, and a ground state that is "
        + "even or odd; leave it out"
    )
  }
  if settings.ansatz.exactLatticeSymmetry == true && snapshot == nil && hamiltonian.signRule == nil
    && strings > comparedStrings
  {
    throw TrainingError(
      .invalidSettings,
      "`exact-lattice-symmetry`: \(String(format: "%.3g", strings)) strings are too many to diagonalise, "
        + "at most \(Int(comparedStrings)) are not; leave it out")
  }
  if settings.ansatz.latticeSymmetry == true && found.operations.isEmpty {
    throw TrainingError(
      .invalidSettings,
      "`lattice-symmetry`: there are more than \(Int(listedStrings)) strings to list (of a frustrated "
        + "model \(Int(comparedStrings))), more than \(largestGroup) permutations of the sites, or "
        + "none with a certain eigenvalue; leave it out")
  }
  return found
}

extension LatticeSymmetry {
  /// Takes what a comparison of sectors establishes.
  fileprivate mutating func compare<Word: ConfigurationWord>(
    _ candidates: [SpinSymmetry], _ model: LatticeModel, _ hamiltonian: SpinHamiltonian<Word>,
    upCount: Int?, execution: Execution
  ) throws(TrainingError) {
    do throws(LinearAlgebraError) {
      let found = try LatticeSectors.compare(
        candidates, of: hamiltonian, upCount: upCount,
        settings: SectorComparison(
          cutoff: 0, energyScale: model.energyScale, execution: execution))
      guard let found else { return }
      operations = found.imposed.count > 1 ? found.imposed : []
      comparison = found.comparison
      messages = found.messages
    } catch {
      throw TrainingError(.notFinite, "the comparison of symmetries failed: \(error)")
    }
  }
}

/// Returns operations with their eigenvalues in a state of signs `(−1)^|x ∩ A|`, for `x` any
/// configuration of the sector.
private func withEigenvalues<Word: ConfigurationWord>(
  _ operations: [SpinSymmetry], by rule: Word, at x: Configuration<Word>
) -> [SpinSymmetry] {
  operations.map { operation in
    let moved = (operation.apply(to: x).alpha & rule).nonzeroBitCount
    let sum = moved + (x.alpha & rule).nonzeroBitCount
    return SpinSymmetry(
      permutation: operation.permutation, flipsSpins: operation.flipsSpins,
      character: sum % 2 == 0 ? 1 : -1)
  }
}

/// Returns those operations that have an eigenvalue of +1 or −1 in the exact lowest level, with it;
/// none where that level cannot be found.
///
/// Several states of one level must share it. Lanczos' method may not show all of them, but then the
/// sector of those it shows is no worse.
private func withExactEigenvalues(
  _ operations: [SpinSymmetry], _ hamiltonian: SpinHamiltonian<UInt64>, upCount: Int?,
  execution: Execution
) -> [SpinSymmetry] {
  let basis: LatticeBasis
  let states: [[Double]]
  do throws(EigensolverError) {
    let solver = try LatticeExactDiagonalization(
      hamiltonian, upCount: upCount, execution: execution)
    let result = try solver.solve(levels: min(3, solver.dimension))
    basis = solver.basis
    states = zip(result.energies, result.states).filter {
      $0.0 < result.energies[0] + 1e-7 * max(1e-3, abs(result.energies[0]))
    }.map(\.1)
  } catch {
    return []
  }
  var images = [Int](repeating: 0, count: basis.dimension)
  let found = operations.compactMap { operation -> SpinSymmetry? in
    for index in images.indices {
      let image = operation.apply(to: Configuration(alpha: basis.spins(at: index)))
      images[index] = basis.index(of: image.alpha)
    }
    var eigenvalues: Set<Int> = []
    for state in states {
      var overlap = 0.0
      for index in images.indices { overlap += state[index] * state[images[index]] }
      guard abs(abs(overlap) - 1) < 1e-4 else { return nil }
      eigenvalues.insert(overlap > 0 ? 1 : -1)
    }
    guard let character = eigenvalues.first, eigenvalues.count == 1 else { return nil }
    return SpinSymmetry(
      permutation: operation.permutation, flipsSpins: operation.flipsSpins, character: character)
  }
  // They are one but for rounding.
  return SpinSymmetry.isGroup(found) ? found : []
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

private func messages(_ symmetry: LatticeSymmetry) -> [String] {
  var messages: [String] = []
  let permutations = symmetry.operations.filter { !$0.flipsSpins }
  if permutations.count > 1 {
    let odd = permutations.count { $0.character < 0 }
    messages.append(
      "symmetry: \(permutations.count) permutations of the sites, "
        + (odd == 0 ? "all with eigenvalue +1" : "\(odd) of them with eigenvalue -1"))
  }
  if symmetry.spinFlipParity != 0 {
    messages.append(
      "symmetry: \(symmetry.spinFlipParity > 0 ? "even" : "odd") under spin flip"
        + (symmetry.operations.isEmpty ? ", which takes the ground state for a singlet" : ""))
  }
  return messages
}

/// The eigenvalue of the spin flip in a singlet with 2Sz = 0, 0 where there can be none.
///
/// In the Sᶻ = 0 states of total spin S, turning all spins over gives `(−1)^(N/2 − S)`. That the ground
/// state of a frustrated antiferromagnet is a singlet is a guess: an open ladder of 2 × 5 sites with
/// J2 = J1 has a triplet.
private func singletParity(of model: LatticeModel) -> Int {
  guard model.conservesSpin, model.geometry.siteCount % 2 == 0 else { return 0 }
  return model.geometry.siteCount % 4 == 0 ? 1 : -1
}
