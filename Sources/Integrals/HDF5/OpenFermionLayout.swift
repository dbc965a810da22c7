internal import HDF5Files

/// OpenFermion's `MolecularData` files.
///
/// `two_body_integrals[p, q, r, s]` is `(ps|qr)`: the coefficients of `a†_p a†_q a_r a_s`. What was
/// not computed is stored as a scalar `False`.
enum OpenFermionLayout {
  static func read(_ file: HDF5File) throws -> HDF5IntegralReader.Result {
    let root = file.root
    for name in ["one_body_integrals", "two_body_integrals"]
    where try root.shape(name).isEmpty {
      throw IntegralsError(
        .incomplete, path: file.path, object: name, "The molecule was saved without integrals",
        remedy: "Run an SCF program on it, for example run_pyscf, and save it again")
    }
    let (oneBody, shape) = try root.readReal("one_body_integrals")
    guard shape.count == 2, shape[0] == shape[1] else {
      throw IntegralsError(
        .invalidHeader, path: file.path, object: "one_body_integrals", "Not a square matrix",
        expected: "n × n", found: "\(shape)")
    }
    var builder = try IntegralBuilder(
      path: file.path, orbitalCount: shape[0], isUnrestricted: false)
    try builder.setOneBody(.alpha, from: oneBody[...], "one_body_integrals")
    let twoBodyShape = try root.shape("two_body_integrals")
    guard twoBodyShape == Array(repeating: shape[0], count: 4) else {
      throw IntegralsError(
        .invalidHeader, path: file.path, object: "two_body_integrals",
        "The array doesn't fit one_body_integrals", expected: "n × n × n × n, n = \(shape[0])",
        found: "\(twoBodyShape)")
    }
    let twoBody = try root.readReal("two_body_integrals").values
    try builder.setTwoBody(.alphaAlpha, from: twoBody[...], .openFermion, "two_body_integrals")
    guard let electrons = try root.integer(among: ["n_electrons"]) else {
      throw IntegralsError(
        .invalidHeader, path: file.path, object: "n_electrons", "The number of electrons is missing"
      )
    }
    let multiplicity = try root.integer(among: ["multiplicity"]) ?? electrons % 2 + 1
    let (alpha, beta) = try spinCounts(
      electrons: electrons, multiplicity: multiplicity, path: file.path)
    var warnings: [String] = []
    let core = try root.numbers("nuclear_repulsion")?.first
    if core == nil {
      warnings.append("There is no nuclear_repulsion: the core energy is taken as 0.")
    }
    let integrals = try builder.integrals(
      alphaCount: alpha, betaCount: beta, coreEnergy: core ?? 0)
    return (integrals, .openFermion, warnings)
  }
}
