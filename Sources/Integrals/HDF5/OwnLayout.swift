internal import HDF5Files

/// This program's own layout, as `docs/integral-files.md` specifies it.
enum OwnLayout {
  static let type = "qchem-nqs integrals"
  static let version = 1

  static func write(_ integrals: MolecularIntegrals, path: String) throws(HDF5Error) {
    try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
      let root = file.root
      let pairs = MolecularIntegrals.pairCount(integrals.orbitalCount)
      try root.setAttribute("type", .string(type))
      try root.setAttribute("version", .int(version))
      try root.setAttribute("orbital_count", .int(integrals.orbitalCount))
      try root.setAttribute("alpha_count", .int(integrals.alphaCount))
      try root.setAttribute("beta_count", .int(integrals.betaCount))
      try root.setAttribute("core_energy", .double(integrals.coreEnergy))
      try root.setAttribute("unrestricted", .bool(integrals.isUnrestricted))
      if let group = integrals.pointGroup { try root.setAttribute("point_group", .string(group)) }
      if let numbering = integrals.irrepNumbering {
        try root.setAttribute("irrep_numbering", .string(numbering.rawValue))
      }
      if let irrep = integrals.targetIrrep {
        try root.setAttribute("target_irrep", .int(Int(irrep)))
      }
      if let irreps = integrals.orbitalIrreps { try root.write(irreps, to: "orbital_irreps") }
      try root.write(integrals.oneBodyAlpha, to: "one_body_alpha")
      try root.write(integrals.twoBodyAlphaAlpha, to: "two_body_alpha_alpha")
      if let oneBody = integrals.oneBodyBeta, let twoBody = integrals.twoBodyBetaBeta,
        let mixed = integrals.twoBodyAlphaBeta
      {
        try root.write(oneBody, to: "one_body_beta")
        try root.write(twoBody, to: "two_body_beta_beta")
        try root.write(mixed, shape: [pairs, pairs], to: "two_body_alpha_beta")
      }
    }
  }

  static func read(_ file: HDF5File) throws -> HDF5IntegralReader.Result {
    let root = file.root
    func integer(_ name: String) throws -> Int {
      guard let value = try root.attribute(name)?.intValue else {
        throw IntegralsError(
          .invalidHeader, path: file.path, object: name, "The root attribute is missing",
          expected: "an integer", remedy: "The file may be damaged: write it again")
      }
      return value
    }
    let found = try integer("version")
    guard found == version else {
      throw IntegralsError(
        .unsupported, path: file.path, object: "version", "The layout is of another version",
        expected: "\(version)", found: "\(found)", remedy: "Use a newer qchem-nqs")
    }
    let isUnrestricted = root.exists("one_body_beta")
    var builder = try IntegralBuilder(
      path: file.path, orbitalCount: try integer("orbital_count"), isUnrestricted: isUnrestricted)
    let oneBody = try root.readReal("one_body_alpha").values
    try builder.setOneBody(.alpha, from: oneBody[...], "one_body_alpha")
    let twoBody = try root.readReal("two_body_alpha_alpha").values
    try builder.setTwoBody(.alphaAlpha, from: twoBody[...], .chemists, "two_body_alpha_alpha")
    if isUnrestricted {
      let oneBody = try root.readReal("one_body_beta").values
      try builder.setOneBody(.beta, from: oneBody[...], "one_body_beta")
      let twoBody = try root.readReal("two_body_beta_beta").values
      try builder.setTwoBody(.betaBeta, from: twoBody[...], .chemists, "two_body_beta_beta")
      let mixed = try root.readReal("two_body_alpha_beta").values
      try builder.setTwoBody(.alphaBeta, from: mixed[...], .chemists, "two_body_alpha_beta")
    }
    guard let core = try root.attribute("core_energy")?.doubleValue else {
      throw IntegralsError(
        .invalidHeader, path: file.path, object: "core_energy", "The root attribute is missing",
        expected: "a number")
    }
    var warnings: [String] = []
    var integrals = try builder.integrals(
      alphaCount: try integer("alpha_count"), betaCount: try integer("beta_count"),
      coreEnergy: core)
    integrals.pointGroup = try root.attribute("point_group")?.stringValue
    try readSymmetry(root, into: &integrals, warnings: &warnings)
    return (integrals, .hdf5, warnings)
  }

  private static func readSymmetry(
    _ root: HDF5Group, into integrals: inout MolecularIntegrals, warnings: inout [String]
  ) throws {
    guard root.exists("orbital_irreps") else { return }
    let labels = try root.read(UInt8.self, "orbital_irreps").values
    guard labels.count == integrals.orbitalCount, labels.allSatisfy({ $0 < 8 }) else {
      throw IntegralsError(
        .invalidHeader, path: root.file.path, object: "orbital_irreps",
        "Not one irrep for each orbital",
        expected: "\(integrals.orbitalCount) labels 0…7", found: "\(labels.prefix(8))")
    }
    if let violation = OrbitalSymmetry.firstViolation(of: labels, in: integrals) {
      warnings.append(
        "orbital_irreps is ignored: the integrals break that symmetry, first \(violation).")
      return
    }
    integrals.orbitalIrreps = labels
    integrals.irrepNumbering = try root.attribute("irrep_numbering")?.stringValue
      .flatMap { IrrepNumbering(rawValue: $0) }
    if let target = try root.attribute("target_irrep")?.intValue, (0..<8).contains(target) {
      integrals.targetIrrep = UInt8(target)
    }
  }
}
