internal import Configurations
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Parallelism
internal import Problems

/// The sector that a molecular run is made in.
struct FoundSector<Word: ConfigurationWord> {
  /// The quantum numbers that are imposed.
  var imposed: MolecularSector
  /// The irrep of the start, where none is imposed that of the best candidate.
  var startIrrep: UInt8?
  /// The determinants of largest weight in the best candidate's vector.
  var leading: [Configuration<Word>] = []
  var messages: [String] = []
  var comparison: SectorComparison.Result?
}

/// What is asked of a molecular state's symmetry.
struct SectorRequest {
  /// The irreps that the state may have; one nil where none is to be told apart.
  private let irreps: [UInt8?]
  /// The irrep that the file asks for, among several.
  private let wanted: UInt8?
  /// The spin-flip parities that the state may have; 0 where none is to be told apart.
  private let parities: [Int]
  /// Whether one of the parities is imposed even if it is not certain.
  private let imposesParity: Bool
  /// Whether states have a spin-flip parity.
  let isFlippable: Bool
  private let execution: Execution

  init(
    _ integrals: MolecularIntegrals, _ choice: IrrepChoice, _ settings: Settings, irrepCount: Int
  ) throws(TrainingError) {
    isFlippable =
      integrals.alphaCount == integrals.betaCount && !integrals.isUnrestricted
      && integrals.electronCount > 0
    execution = settings.execution
    imposesParity = settings.ansatz.spinFlipSymmetry == true
    if imposesParity && !isFlippable {
      throw TrainingError(
        .invalidSettings, "`spin-flip` needs as many α as β electrons and restricted integrals")
    }
    if let twiceSpin = settings.ansatz.twiceSpin {
      try Self.checkSpin(
        twiceSpin, integrals, hasParity: isFlippable && settings.ansatz.spinFlipSymmetry != false)
    }
    parities =
      !isFlippable || settings.ansatz.spinFlipSymmetry == false
      ? [0] : settings.ansatz.twiceSpin.map { [$0 % 4 == 0 ? 1 : -1] } ?? [1, -1]
    guard integrals.orbitalIrreps != nil else {
      if case .label(let label) = choice, label != 0 {
        throw TrainingError(
          .invalidSettings,
          "`irrep` \(label + 1): the integrals carry no orbital symmetry; leave it out")
      }
      irreps = [nil]
      wanted = nil
      return
    }
    switch choice {
    case .any: (irreps, wanted) = ([nil], nil)
    case .label(let label): (irreps, wanted) = ([label], nil)
    case .automatic:
      irreps = (0..<irrepCount).map { UInt8($0) }
      wanted = integrals.targetIrrep
    }
  }

  /// Throws unless a linear penalty can hold the electrons to a total spin.
  private static func checkSpin(
    _ twiceSpin: Int, _ integrals: MolecularIntegrals, hasParity: Bool
  ) throws(TrainingError) {
    func refuse(_ reason: String) -> TrainingError {
      TrainingError(.invalidSettings, "`spin` \(spinName(twiceSpin)): \(reason)")
    }
    let electrons = integrals.electronCount
    let projection = abs(integrals.alphaCount - integrals.betaCount)
    let largest = min(electrons, 2 * integrals.orbitalCount - electrons)
    if integrals.isUnrestricted {
      throw refuse("unrestricted orbitals have no operator S^2; leave it out")
    }
    guard twiceSpin % 2 == electrons % 2 else {
      throw refuse(
        "\(electrons) electrons have \(electrons % 2 == 0 ? "whole" : "half-integer") spin")
    }
    guard twiceSpin >= projection else {
      throw refuse("2Sz = \(projection) needs a spin of at least \(spinName(projection))")
    }
    guard twiceSpin <= largest else {
      throw refuse(
        "\(electrons) electrons in \(integrals.orbitalCount) orbitals have at most spin "
          + "\(spinName(largest))")
    }
    guard twiceSpin == projection || hasParity && twiceSpin == 2 else {
      throw refuse(
        "a penalty holds the lowest spin that 2Sz = \(projection) allows; write MS2=\(twiceSpin) into "
          + "the integral file, whose lowest spin this is")
    }
  }

  /// Finds the sector, or takes a checkpoint's.
  func sector<H: Hamiltonian>(
    of molecule: MolecularHamiltonian<H.Word>, operation: H, _ snapshot: Snapshot?
  ) throws(TrainingError) -> FoundSector<H.Word> {
    if let snapshot, let irrep = snapshot.scalars["irrep"].flatMap({ Int(exactly: $0) }) {
      let label = (0..<8).contains(irrep) ? UInt8(irrep) : nil
      let parity = try spinFlipParity(of: snapshot, isFlippable)
      guard molecule.referenceDeterminant(irrep: label) != nil else {
        throw TrainingError(
          .snapshotMismatch,
          "the checkpoint's state is of irrep \(irrep + 1), which no configuration of this problem has: it "
            + "belongs to another problem")
      }
      return FoundSector(
        imposed: MolecularSector(irrep: label, spinFlipParity: parity), startIrrep: label)
    }
    var found = try compare(molecule, operation)
    if let snapshot {
      found.imposed.spinFlipParity = try spinFlipParity(of: snapshot, isFlippable)
    }
    return found
  }

  private func compare<H: Hamiltonian>(
    _ molecule: MolecularHamiltonian<H.Word>, _ operation: H
  ) throws(TrainingError) -> FoundSector<H.Word> {
    func compare(
      _ irreps: [UInt8?]
    ) throws(TrainingError) -> (
      MolecularSectors, [Configuration<H.Word>]
    )? {
      let candidates = irreps.flatMap { irrep in
        parities.map { MolecularSector(irrep: irrep, spinFlipParity: $0) }
      }
      do throws(LinearAlgebraError) {
        return try MolecularSectors.compare(
          candidates, of: molecule, operation: operation,
          settings: SectorComparison(
            energyScale: molecule.energyScale, execution: execution))
      } catch {
        throw TrainingError(.notFinite, "the comparison of symmetries failed: \(error)")
      }
    }
    guard var (sectors, leading) = try compare(irreps) else {
      // Without a determinant; what follows says so.
      let irrep = wanted ?? irreps[0]
      return FoundSector(
        imposed: MolecularSector(irrep: irrep, spinFlipParity: 0), startIrrep: irrep)
    }
    var messages: [String] = []
    if let wanted, sectors.close.contains(where: { $0.irrep != wanted }) {
      let all = sectors
      guard let own = try compare([wanted]) else {
        return FoundSector(
          imposed: MolecularSector(irrep: wanted, spinFlipParity: 0), startIrrep: wanted)
      }
      (sectors, leading) = own
      messages += Self.warning(wanted, sectors, all, scale: molecule.energyScale)
    }
    messages += sectors.messages
    if wanted != nil { messages[messages.count - 1] += "; the irrep is the file's ISYM" }
    var imposed = sectors.established
    if imposesParity && imposed.spinFlipParity == 0 {
      imposed.spinFlipParity = sectors.chosen.spinFlipParity
      messages.append("symmetry: \(imposed), for `spin-flip` asks for one")
    }
    return FoundSector(
      imposed: imposed, startIrrep: sectors.chosen.irrep, leading: leading, messages: messages,
      comparison: sectors.comparison)
  }

  /// What to say where another irrep than the one that the file asks for may be lower.
  private static func warning(
    _ wanted: UInt8, _ own: MolecularSectors, _ all: MolecularSectors, scale: Double
  ) -> [String] {
    guard let other = all.chosen.irrep, other != wanted else { return [] }
    let gain = own.comparison.best.estimate - all.comparison.best.estimate
    if gain < 1e-6 * scale { return [] }
    let isCertain = all.comparison.upperBound < own.comparison.best.lowerEstimate
    return [
      "warning: the file asks for irrep \(wanted + 1) (ISYM), but irrep \(other + 1) "
        + "\(isCertain ? "is" : "may be") lower by \(gain) Eh; `irrep` \(other + 1) solves for that"
    ]
  }
}
