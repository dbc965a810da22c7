public import Configurations
public import Hamiltonians
public import LinearAlgebra

/// The quantum numbers of a molecular state beside its electrons: irrep and spin-flip parity.
public struct MolecularSector: Sendable, Hashable, CustomStringConvertible {
  /// The XOR label; nil for all irreps.
  public var irrep: UInt8?
  /// +1 for even, −1 for odd total spin of a 2Sz = 0 state; 0 for both.
  public var spinFlipParity: Int

  /// Creates a sector.
  public init(irrep: UInt8?, spinFlipParity: Int) {
    self.irrep = irrep
    self.spinFlipParity = spinFlipParity
  }

  /// The sector in words, such as "irrep 3, even under spin flip".
  public var description: String {
    let parts = [
      irrep.map { "irrep \(Int($0) + 1)" },
      spinFlipParity == 0 ? nil : "\(spinFlipParity > 0 ? "even" : "odd") under spin flip",
    ].compactMap { $0 }
    return parts.isEmpty ? "all states" : parts.joined(separator: ", ")
  }

  /// What two sectors have in common: where they differ, nothing is asked for.
  public func intersection(_ other: MolecularSector) -> MolecularSector {
    MolecularSector(
      irrep: irrep == other.irrep ? irrep : nil,
      spinFlipParity: spinFlipParity == other.spinFlipParity ? spinFlipParity : 0)
  }
}

/// The symmetry sectors of a molecule, compared.
public struct MolecularSectors: Sendable, Hashable {
  /// The quantum numbers, in the order of the comparison's sectors.
  public var candidates: [MolecularSector]
  /// What the comparison found.
  public var comparison: SectorComparison.Result

  /// Compares sectors of a molecule.
  ///
  /// - Parameters:
  ///   - candidates: The sectors.
  ///   - molecule: The molecule's Hamiltonian.
  ///   - operation: The operator whose lowest states are compared: the same, or one with a penalty.
  ///   - settings: The limits of the comparison.
  /// - Returns: What was found, and the determinants of largest weight in the chosen sector's vector;
  ///   nil where no sector has a determinant.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  public static func compare<Word: ConfigurationWord>(
    _ candidates: [MolecularSector], of molecule: MolecularHamiltonian<Word>,
    operation: some Hamiltonian<Word>, settings: SectorComparison = SectorComparison()
  ) throws(LinearAlgebraError) -> (sectors: MolecularSectors, leading: [Configuration<Word>])? {
    var references: [UInt8?: [Configuration<Word>]] = [:]
    for irrep in Set(candidates.map(\.irrep)) {
      references[irrep] = molecule.referenceDeterminant(irrep: irrep).map { [$0] } ?? []
    }
    let order = Array((0..<molecule.orbitalCount).reversed())
    let spaces = candidates.map { sector in
      SectorCandidate(
        label: sector.description,
        space: ConfigurationSpace<Word>(
          alphaCount: molecule.alphaCount, betaCount: molecule.betaCount,
          orbitalIrreps: molecule.orbitalIrreps, irrep: sector.irrep, order: order,
          spinFlipParity: sector.spinFlipParity),
        seeds: references[sector.irrep] ?? [])
    }
    guard
      let (result, leading) = try settings.compare(
        spaces, of: operation, observable: molecule.spinSquared)
    else { return nil }
    return (MolecularSectors(candidates: candidates, comparison: result), leading)
  }

  /// The sector of lowest estimate.
  public var chosen: MolecularSector { candidates[comparison.chosen] }

  /// The sectors that may hold the ground state, lowest estimate first: to be solved one after the other
  /// where the lowest of them is wanted with its symmetry.
  public var close: [MolecularSector] { comparison.close.map { candidates[$0] } }

  /// The quantum numbers that are certain: those that all close sectors share.
  public var established: MolecularSector {
    close.reduce(chosen) { $0.intersection($1) }
  }

  /// The lines of a log that say what was found.
  public var messages: [String] {
    if let warning { return [warning] }
    let others = comparison.sectors.count { $0.configurationCount > 0 }
    guard others > 1, let margin = comparison.margin else { return ["symmetry: \(chosen)"] }
    let best = comparison.best
    let kind =
      best.isWhole
      ? "CI of all \(best.configurationCount) states"
      : "CI of \(best.configurationCount) determinants + PT2"
    return [
      "symmetry: \(chosen): lowest of \(others) sectors by "
        + "\(Self.energy(margin, comparison.marginUncertainty)) (\(kind))"
    ]
  }

  /// What to warn of where several sectors are too close to choose, otherwise nil.
  public var warning: String? {
    if comparison.isEstablished { return nil }
    let names = close.map { "\($0)" }
    let next = comparison.sectors[comparison.close[1]]
    let imposed = established
    let what =
      imposed == MolecularSector(irrep: nil, spinFlipParity: 0)
      ? "nothing is imposed" : "only what they share is imposed: \(imposed)"
    return "warning: symmetry not established: " + names.joined(separator: " and ")
      + " differ by "
      + Self.energy(
        next.estimate - comparison.best.estimate,
        next.uncertainty + comparison.best.energy - comparison.best.estimate)
      + "; \(what)"
  }

  /// An energy with its uncertainty in words.
  private static func energy(_ value: Double, _ uncertainty: Double) -> String {
    func text(_ value: Double) -> String { decimal(value * 1e3, abs(value) < 0.1 ? 3 : 1) }
    return uncertainty > 0 ? "\(text(value)) ± \(text(uncertainty)) mEh" : "\(text(value)) mEh"
  }
}
