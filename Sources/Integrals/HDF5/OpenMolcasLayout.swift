internal import HDF5Files

/// OpenMolcas' `FCIDUMP.h5`: values with lists of 1-based indices.
enum OpenMolcasLayout {
  static func read(_ file: HDF5File) throws -> HDF5IntegralReader.Result {
    let root = file.root
    func attribute(_ name: String) throws -> Int {
      guard let value = try root.attribute(name)?.intValue else {
        throw IntegralsError(
          .invalidHeader, path: file.path, object: name, "The root attribute is missing",
          expected: "an integer")
      }
      return value
    }
    var builder = try IntegralBuilder(
      path: file.path, orbitalCount: try attribute("NORB"), isUnrestricted: false)
    let (fock, fockIndices) = try entries(root, "FOCK_VALUES", "FOCK_INDEX", 2)
    for (entry, value) in fock.enumerated() {
      let at = try fockIndices[2 * entry..<2 * entry + 2].map {
        try checked($0, builder, "FOCK_INDEX")
      }
      try builder.setOneBody(.alpha, at[0], at[1], value, "FOCK_VALUES")
    }
    let (values, indices) = try entries(root, "TWO_EL_INT_VALUES", "TWO_EL_INT_INDEX", 4)
    for (entry, value) in values.enumerated() {
      let at = try indices[4 * entry..<4 * entry + 4].map {
        try checked($0, builder, "TWO_EL_INT_INDEX")
      }
      try builder.setTwoBody(
        .alphaAlpha, at[0], at[1], at[2], at[3], value, "TWO_EL_INT_VALUES")
    }
    let electrons = try attribute("NELEC")
    let multiplicity = try root.attribute("MULTIPLICITY")?.intValue ?? electrons % 2 + 1
    let (alpha, beta) = try spinCounts(
      electrons: electrons, multiplicity: multiplicity, path: file.path)
    var warnings: [String] = []
    let core = try root.attribute("CORE_ENERGY")?.doubleValue
    if core == nil { warnings.append("There is no CORE_ENERGY: it is taken as 0.") }
    var integrals = try builder.integrals(
      alphaCount: alpha, betaCount: beta, coreEnergy: core ?? 0)
    // ISYM counts from 0 in some versions and from 1 in others, so no target is taken from it.
    let symmetries = try root.attribute("ORBSYM")?.intValues ?? []
    if symmetries.count == integrals.orbitalCount {
      integrals.orbitalIrreps =
        OrbitalSymmetry(
          symmetries: symmetries, stateSymmetry: nil, integrals: integrals, warnings: &warnings
        ).irreps
    }
    return (integrals, .openMolcas, warnings)
  }

  private static func entries(
    _ root: HDF5Group, _ valuesName: String, _ indicesName: String, _ width: Int
  ) throws -> (values: [Double], indices: [Int32]) {
    guard root.exists(valuesName) else { return ([], []) }
    let values = try root.readReal(valuesName).values
    let (indices, shape) = try root.read(Int32.self, indicesName)
    guard shape == [values.count, width] else {
      throw IntegralsError(
        .invalidHeader, path: root.file.path, object: indicesName,
        "The indices don't fit \(valuesName)", expected: "\([values.count, width])",
        found: "\(shape)")
    }
    return (values, indices)
  }

  private static func checked(
    _ index: Int32, _ builder: IntegralBuilder, _ object: String
  ) throws(IntegralsError) -> Int {
    guard (1...Int32(builder.orbitalCount)).contains(index) else {
      throw IntegralsError(
        .invalidEntry, path: builder.path, object: object, "An orbital index is out of range",
        expected: "1…NORB = \(builder.orbitalCount)", found: "\(index)")
    }
    return Int(index) - 1
  }
}
