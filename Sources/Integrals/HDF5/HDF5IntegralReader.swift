internal import HDF5Files

/// Recognises the layout of an HDF5 file by what is in it, and reads it.
enum HDF5IntegralReader {
  typealias Result = (
    integrals: MolecularIntegrals, format: IntegralFile.Format, warnings: [String]
  )

  static func read(_ source: IntegralSource) throws(IntegralsError) -> Result {
    do {
      return try read(try source.openHDF5())
    } catch let error as IntegralsError {
      throw error
    } catch let error as HDF5Error {
      throw IntegralsError(error)
    } catch {
      throw IntegralsError(.inputOutput, path: source.name, "\(error)")
    }
  }

  private static func read(_ file: HDF5File) throws -> Result {
    let root = file.root
    if let type = try root.attribute("type")?.stringValue, type.hasPrefix("qchem-nqs") {
      guard type == OwnLayout.type else {
        throw IntegralsError(
          .unknownFormat, path: file.path, "This file of the program holds no integrals",
          expected: "'\(OwnLayout.type)'", found: "'\(type)'",
          remedy: "Give the integral file that it was made from")
      }
      return try OwnLayout.read(file)
    }
    if root.isGroup("mo"), root.isGroup("electron") { return try TREXIOLayout.read(file) }
    if root.exists("TWO_EL_INT_VALUES") || root.exists("FOCK_VALUES") {
      return try OpenMolcasLayout.read(file)
    }
    if root.exists("one_body_integrals"), root.exists("two_body_integrals") {
      return try OpenFermionLayout.read(file)
    }
    if let result = try PlainLayout.read(file) { return result }
    let names = try root.names()
    let isCheckpoint = root.isGroup("scf") && root.exists("mol")
    throw IntegralsError(
      .unknownFormat, path: file.path,
      isCheckpoint
        ? "A PySCF checkpoint holds orbitals but no integrals"
        : "The HDF5 file has none of the known layouts of integrals",
      expected: "integrals as qchem-nqs, OpenFermion, TREXIO or OpenMolcas write them, or arrays "
        + "named h1e, eri, ecore and nelec",
      found: names.isEmpty
        ? "an empty file" : names.prefix(12).map { "\($0.prefix(40))" }.joined(separator: ", "),
      remedy: "Write an FCIDUMP, in PySCF by pyscf.tools.fcidump.from_scf")
  }
}

extension IntegralsError {
  /// Says an HDF5 error in this module's type.
  init(_ error: HDF5Error) {
    self.init(
      .inputOutput, path: error.path, object: error.object, "Can't \(error.operation)",
      found: error.reason, remedy: error.remedy)
  }
}

extension HDF5Group {
  /// Reads a dataset of real numbers, or of complex ones whose imaginary parts are all zero.
  func readReal(_ name: String) throws -> (values: [Double], shape: [Int]) {
    guard try elementClass(name) == .complex else { return try read(Double.self, name) }
    let (real, imaginary, shape) = try readComplex(name)
    if let value = imaginary.first(where: { abs($0) > 1e-12 }) {
      throw IntegralsError(
        .unsupported, path: file.path, object: name,
        "Complex integrals whose imaginary parts aren't zero", expected: "real integrals",
        found: "imaginary part \(value)", remedy: "Use real orbitals")
    }
    return (real, shape)
  }

  /// Returns the numbers of a dataset or, where there is none, of an attribute.
  func numbers(_ name: String) throws -> [Double]? {
    if isDataset(name) {
      guard try elementClass(name) != .string else { return nil }
      return try readReal(name).values
    }
    switch try attribute(name) {
    case .doubles(let values): return values
    case let value?:
      return value.intValues.map { $0.map(Double.init) } ?? value.doubleValue.map { [$0] }
    case nil: return nil
    }
  }

  /// Returns the numbers of the first dataset or attribute among `names` that exists.
  func numbers(among names: [String]) throws -> (name: String, values: [Double])? {
    for name in names {
      if let values = try numbers(name) { return (name, values) }
    }
    return nil
  }

  /// Returns the one whole number of the first dataset or attribute among `names` that exists.
  func integer(among names: [String]) throws -> Int? {
    guard let (name, values) = try numbers(among: names) else { return nil }
    guard values.count == 1, let value = Int(exactly: values[0]) else {
      throw IntegralsError(
        .invalidHeader, path: file.path, object: name, "Not one whole number",
        found: "\(values.prefix(4))")
    }
    return value
  }
}
