internal import ExactSolvers
internal import Foundation
internal import Integrals
internal import Training

/// What `inspect` prints of a molecule.
struct MoleculeSummary {
  let molecule: MoleculeInput
  let dimensions: [Double]
  let reference: (energy: Double, irrep: UInt8)
  let oneElectronTerms: Int
  let twoElectronTerms: Int
  /// The names of irreps by their labels, where they are certain.
  let irrepNames: [String]?

  /// Finds out what is printed.
  ///
  /// - Parameters:
  ///   - molecule: The molecule.
  ///   - pointGroup: The point group by whose names irreps are called; nil for that of the file.
  /// - Throws: ``ToolError`` where the irreps are not those of such a group.
  init(_ molecule: MoleculeInput, pointGroup: String?) throws(ToolError) {
    let integrals = molecule.integrals
    irrepNames = try ResultReport.irrepNames(
      .molecule(integrals, irrep: .any), pointGroup, molecule.path)
    self.molecule = molecule
    dimensions = SectorCount.dimensions(integrals)
    reference = molecule.reference(irrep: nil)
    func nonzero(_ arrays: [[Double]?]) -> Int {
      arrays.reduce(0) { $0 + ($1 ?? []).count { $0 != 0 } }
    }
    oneElectronTerms = nonzero([integrals.oneBodyAlpha, integrals.oneBodyBeta])
    twoElectronTerms = nonzero(
      [integrals.twoBodyAlphaAlpha, integrals.twoBodyBetaBeta, integrals.twoBodyAlphaBeta])
  }

  private var integrals: MolecularIntegrals { molecule.integrals }

  /// What `exact` would need for the ground state over all irreps; nil where it takes no so large
  /// molecule.
  private var exactCost: (bytes: Double, seconds: Double)? {
    guard let solver = try? FullCI(integrals) else { return nil }
    // Measured on two cores: some 3 ns for each determinant and connection, all iterations
    // together, to within a factor of three.
    let operations = dimensions.reduce(0, +) * SectorCount.connections(integrals)
    return (solver.memoryEstimate(), 3e-9 * operations)
  }

  var json: JSONValue {
    .object([
      "file": .string(molecule.path),
      "format": .string(molecule.formatDescription),
      "norb": .integer(integrals.orbitalCount),
      "nelec": .integer(integrals.electronCount),
      "nalpha": .integer(integrals.alphaCount),
      "nbeta": .integer(integrals.betaCount),
      "ms2": .integer(integrals.alphaCount - integrals.betaCount),
      "qubits": .integer(2 * integrals.orbitalCount),
      "unrestricted": .bool(integrals.isUnrestricted),
      "point_group": .string(integrals.pointGroup),
      "orbsym": integrals.orbitalIrreps.map { .array($0.map { .integer(Int($0) + 1) }) } ?? .null,
      "irrep_names": irrepNames.map { .array($0.map { .string($0) }) } ?? .null,
      "isym": .integer(integrals.targetIrrep.map { Int($0) + 1 }),
      "core_energy": .number(integrals.coreEnergy),
      "sector_dimension": whole(dimensions.reduce(0, +)),
      "irrep_dimensions": .array(dimensions.map(whole)),
      "one_electron_terms": .integer(oneElectronTerms),
      "two_electron_terms": .integer(twoElectronTerms),
      "connections": whole(SectorCount.connections(integrals)),
      "reference_energy": .number(reference.energy),
      "reference_irrep": .integer(Int(reference.irrep) + 1),
      "exact_memory_bytes": exactCost.map { whole($0.bytes.rounded()) } ?? .null,
      "exact_seconds": .number(exactCost?.seconds),
      "warnings": .array(molecule.warnings.map { .string($0) }),
    ])
  }

  var text: String {
    let spins = "\(integrals.alphaCount) α + \(integrals.betaCount) β"
    var rows: [(String, String)] = [
      ("file", molecule.path),
      ("format", molecule.formatDescription),
      (
        "orbitals",
        "\(integrals.orbitalCount) spatial (\(2 * integrals.orbitalCount) qubits)"
          + (integrals.isUnrestricted ? ", unrestricted" : "")
      ),
      ("electrons", "\(integrals.electronCount) (\(spins))"),
    ]
    if let labels = integrals.orbitalIrreps {
      rows.append(("orbital irreps", labels.map { String($0 + 1) }.joined(separator: " ")))
      if let irrepNames {
        let list = irrepNames.enumerated().map { "\($0 + 1): \($1)" }
        let doubt = integrals.irrepNumbering == nil ? ", if the numbers are Molpro's" : ""
        rows.append(("  by name", list.joined(separator: ", ") + doubt))
      }
    } else {
      rows.append(("orbital irreps", "none"))
    }
    if let group = integrals.pointGroup { rows.append(("point group", group)) }
    if let target = integrals.targetIrrep { rows.append(("state's irrep", "\(target + 1) (ISYM)")) }
    rows += [
      ("core energy", String(format: "%.10f Eh", integrals.coreEnergy)),
      ("integrals", "\(oneElectronTerms) one-electron, \(twoElectronTerms) two-electron, not zero"),
      ("determinants", countText(dimensions.reduce(0, +))),
    ]
    if dimensions.count > 1 {
      let list = dimensions.enumerated().map { "\($0 + 1): \(countText($1))" }
      rows.append(("  of each irrep", list.joined(separator: ", ")))
    }
    rows += [
      (
        "connections",
        "\(countText(SectorCount.connections(integrals))) of each determinant at most"
      ),
      (
        "reference",
        String(format: "%.10f Eh, the lowest determinant found", reference.energy)
          + (dimensions.count > 1 ? ", irrep \(reference.irrep + 1)" : "")
      ),
      ("exact solution", exactText),
    ]
    return tableText(rows)
  }

  private var exactText: String {
    guard let cost = exactCost else { return "out of reach" }
    let time =
      switch cost.seconds {
      case ..<1: "a second"
      case ..<100: String(format: "%.0f s", cost.seconds)
      case ..<6000: String(format: "%.0f min", cost.seconds / 60)
      case ..<1e6: String(format: "%.0f h", cost.seconds / 3600)
      default: "very long"
      }
    return "about \(ByteCount.text(cost.bytes)) and \(time)"
  }
}
