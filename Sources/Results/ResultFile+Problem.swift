internal import HDF5Files
internal import Integrals
internal import Training

extension ResultFile {
  /// Writes `/problem`: all that defines the problem, so that a run goes on without its input.
  static func writeProblem(_ record: RunRecord, to group: HDF5Group) throws(HDF5Error) {
    try group.setAttribute("digest", .string(record.problem.digest))
    try group.setAttribute("sector_dimension", .double(record.sectorDimension))
    try group.setAttribute("reference_energy", .double(record.referenceEnergy))
    if let input = record.provenance.input { try group.setAttribute("input", .string(input)) }
    switch record.problem {
    case .molecule(let integrals, let irrep):
      try group.setAttribute("kind", .string("molecule"))
      try group.setAttribute("irrep_choice", .string(irrep.name))
      try writeIntegrals(integrals, to: try group.group("integrals"))
      if let basis = integrals.basis { try writeBasis(basis, to: try group.group("orbitals")) }
    case .lattice(let model):
      try group.setAttribute("kind", .string("lattice"))
      try writeLattice(model, to: group)
    }
  }

  /// Reads what ``writeProblem(_:to:)`` wrote.
  static func readProblem(_ group: HDF5Group) throws(HDF5Error) -> Problem {
    let problem: Problem
    switch try string("kind", in: group) {
    case "molecule":
      let name = try string("irrep_choice", in: group)
      guard let irrep = IrrepChoice(name: name) else { throw missing("irrep_choice", group) }
      var integrals = try readIntegrals(try group.group("integrals"))
      if group.isGroup("orbitals") {
        integrals.basis = try readBasis(try group.group("orbitals"), integrals)
      }
      problem = .molecule(integrals, irrep: irrep)
    case "lattice": problem = .lattice(try readLattice(group))
    case let kind:
      throw HDF5Error(
        "read the problem", path: group.file.path, object: group.path,
        reason: "its kind '\(kind)' is unknown", remedy: "Use a newer qchem-nqs")
    }
    guard try string("digest", in: group) == problem.digest else {
      throw HDF5Error(
        "read the problem", path: group.file.path, object: group.path,
        reason: "its numbers do not have the digest that they were stored with",
        remedy: "The file is damaged: use an older copy")
    }
    return problem
  }

  // MARK: - Molecules

  /// Writes integrals under the names of the program's own integral files.
  private static func writeIntegrals(
    _ integrals: MolecularIntegrals, to group: HDF5Group
  ) throws(HDF5Error) {
    try group.setAttribute("orbital_count", .int(integrals.orbitalCount))
    try group.setAttribute("alpha_count", .int(integrals.alphaCount))
    try group.setAttribute("beta_count", .int(integrals.betaCount))
    try group.setAttribute("core_energy", .double(integrals.coreEnergy))
    if let name = integrals.pointGroup { try group.setAttribute("point_group", .string(name)) }
    if let numbering = integrals.irrepNumbering {
      try group.setAttribute("irrep_numbering", .string(numbering.rawValue))
    }
    if let irrep = integrals.targetIrrep {
      try group.setAttribute("target_irrep", .int(Int(irrep)))
    }
    if let irreps = integrals.orbitalIrreps {
      try group.write(irreps, to: "orbital_irreps")
      try describe(
        "orbital_irreps", "1", "irreps of the orbitals, from 0; products are XOR", in: group)
    }
    let packed = "packed lower triangle"
    let arrays: [(name: String, values: [Double]?, description: String)] = [
      ("one_body_alpha", integrals.oneBodyAlpha, "one-electron integrals, \(packed)"),
      (
        "two_body_alpha_alpha", integrals.twoBodyAlphaAlpha,
        "integrals (pq|rs) in chemists' notation, \(packed) of packed pairs"
      ),
      ("one_body_beta", integrals.oneBodyBeta, "one-electron integrals of beta, \(packed)"),
      (
        "two_body_beta_beta", integrals.twoBodyBetaBeta,
        "integrals (pq|rs) of beta, \(packed) of packed pairs"
      ),
    ]
    for case (let name, let values?, let description) in arrays {
      try group.write(values, to: name)
      try describe(name, "hartree", description, in: group)
    }
    if let values = integrals.twoBodyAlphaBeta {
      let pairs = MolecularIntegrals.pairCount(integrals.orbitalCount)
      try group.write(values, shape: [pairs, pairs], to: "two_body_alpha_beta")
      try describe(
        "two_body_alpha_beta", "hartree",
        "integrals (pq|rs) with pq alpha and rs beta, packed pairs",
        in: group)
    }
  }

  private static func readIntegrals(
    _ group: HDF5Group
  ) throws(HDF5Error) -> MolecularIntegrals {
    let count = try integer("orbital_count", in: group)
    let alpha = try integer("alpha_count", in: group)
    let beta = try integer("beta_count", in: group)
    guard (1...128).contains(count), (0...count).contains(alpha), (0...count).contains(beta) else {
      throw damaged("\(alpha) α and \(beta) β electrons in \(count) orbitals", group)
    }
    let pairs = MolecularIntegrals.pairCount(count)
    func read(_ name: String, _ length: Int) throws(HDF5Error) -> [Double] {
      let values = try group.read(Double.self, name).values
      guard values.count == length else {
        throw damaged("'\(name)' has \(values.count) numbers, not \(length)", group)
      }
      return values
    }
    func readIfThere(_ name: String, _ length: Int) throws(HDF5Error) -> [Double]? {
      group.isDataset("one_body_beta") ? try read(name, length) : nil
    }
    let irreps: [UInt8]? =
      group.isDataset("orbital_irreps")
      ? try group.read(UInt8.self, "orbital_irreps").values : nil
    guard irreps.map({ $0.count == count && $0.allSatisfy { $0 < 8 } }) ?? true else {
      throw damaged("'orbital_irreps' does not have \(count) labels below 8", group)
    }
    return MolecularIntegrals(
      orbitalCount: count, alphaCount: alpha, betaCount: beta,
      coreEnergy: try number("core_energy", in: group),
      oneBodyAlpha: try read("one_body_alpha", pairs),
      oneBodyBeta: try readIfThere("one_body_beta", pairs),
      twoBodyAlphaAlpha: try read("two_body_alpha_alpha", MolecularIntegrals.pairCount(pairs)),
      twoBodyBetaBeta: try readIfThere("two_body_beta_beta", MolecularIntegrals.pairCount(pairs)),
      twoBodyAlphaBeta: try readIfThere("two_body_alpha_beta", pairs * pairs),
      orbitalIrreps: irreps,
      targetIrrep: try group.attribute("target_irrep")?.intValue.map {
        UInt8(truncatingIfNeeded: $0)
      },
      pointGroup: try group.attribute("point_group")?.stringValue,
      irrepNumbering: try group.attribute("irrep_numbering")?.stringValue
        .flatMap { IrrepNumbering(rawValue: $0) })
  }

  static func damaged(_ reason: String, _ group: HDF5Group) -> HDF5Error {
    HDF5Error(
      "read the problem", path: group.file.path, object: group.path, reason: reason,
      remedy: "The file is damaged: use an older copy")
  }
}

extension IrrepChoice {
  /// The choice in a word: `automatic`, `any` or the number from 1.
  fileprivate var name: String {
    switch self {
    case .automatic: "automatic"
    case .any: "any"
    case .label(let label): String(Int(label) + 1)
    }
  }

  fileprivate init?(name: String) {
    switch name {
    case "automatic": self = .automatic
    case "any": self = .any
    default:
      guard let number = Int(name), (1...8).contains(number) else { return nil }
      self = .label(UInt8(number - 1))
    }
  }
}
