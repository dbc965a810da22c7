internal import Foundation
internal import HDF5Files

/// An integral file: what it holds, in which format, and what its reader had to assume.
///
/// ```swift
/// let file = try IntegralFile.read(path: "h2o.fcidump")
/// for warning in file.warnings { print("warning:", warning) }
/// try IntegralFile.write(file.integrals, path: "h2o.h5", format: .hdf5)
/// ```
public struct IntegralFile: Sendable {
  /// A format of integral files.
  public enum Format: String, Sendable, CaseIterable {
    /// Text: a Fortran namelist and lines of values with indices.
    case fcidump = "FCIDUMP"
    /// Text: MRCC's `fort.55`.
    case mrcc = "MRCC fort.55"
    /// This program's own HDF5 layout.
    case hdf5 = "qchem-nqs HDF5"
    /// OpenFermion's `MolecularData`.
    case openFermion = "OpenFermion HDF5"
    /// TREXIO's HDF5 back end.
    case trexio = "TREXIO HDF5"
    /// OpenMolcas' `FCIDUMP.h5`.
    case openMolcas = "OpenMolcas HDF5"
    /// Arrays under common names in an HDF5 file.
    case plainHDF5 = "plain HDF5"

    /// Whether files can be written in this format too.
    public var isWritable: Bool { self == .fcidump || self == .hdf5 }
  }

  /// The integrals.
  public var integrals: MolecularIntegrals
  /// The file's format.
  public var format: Format
  /// The format in words, with its variant, for people.
  public var formatDescription: String
  /// What was assumed or ignored, in sentences.
  public var warnings: [String]

  /// Reads a file, its format recognised by its content.
  ///
  /// A pipe or another file that can be read only once is read to its end first.
  ///
  /// - Parameter path: The file, or `-` for the standard input.
  /// - Returns: The integrals, checked and complete.
  /// - Throws: ``IntegralsError`` with the place, what was expected and what to do.
  public static func read(path: String) throws(IntegralsError) -> IntegralFile {
    let source = try IntegralSource(path: path)
    if source.isHDF5 {
      let (integrals, format, warnings) = try HDF5IntegralReader.read(source)
      let spin = integrals.isUnrestricted ? "unrestricted" : "restricted"
      return IntegralFile(
        integrals: integrals, format: format, formatDescription: "\(format.rawValue), \(spin)",
        warnings: warnings)
    }
    if let (integrals, warnings) = try MRCCReader.read(source) {
      let spin = integrals.isUnrestricted ? "unrestricted" : "restricted"
      return IntegralFile(
        integrals: integrals, format: .mrcc,
        formatDescription: "\(Format.mrcc.rawValue), \(spin)", warnings: warnings)
    }
    let (integrals, layout, warnings) = try FCIDUMPReader.read(source)
    return IntegralFile(
      integrals: integrals, format: .fcidump, formatDescription: "FCIDUMP, \(layout.name)",
      warnings: warnings)
  }

  /// Returns what to call the file of a path in messages: the path, or "standard input" for `-`.
  public static func name(ofPath path: String) -> String {
    path == IntegralSource.standardInput ? "standard input" : path
  }

  /// Writes integrals to a file, which takes an old one's place in one step.
  ///
  /// Both formats give every number back as it was. An FCIDUMP doesn't hold the point group.
  ///
  /// - Parameters:
  ///   - integrals: The integrals.
  ///   - path: The file.
  ///   - format: ``Format/fcidump`` or ``Format/hdf5``.
  /// - Throws: ``IntegralsError`` if the file can't be written; an old one is then untouched.
  /// - Precondition: `format.isWritable`.
  public static func write(
    _ integrals: MolecularIntegrals, path: String, format: Format
  ) throws(IntegralsError) {
    precondition(format.isWritable, "\(format) can only be read")
    if format == .fcidump {
      try FCIDUMPWriter.write(integrals, path: path)
      return
    }
    do throws(HDF5Error) {
      try OwnLayout.write(integrals, path: path)
    } catch {
      throw IntegralsError(error)
    }
  }
}

extension FCIDUMPReader.Layout {
  /// The variant in words.
  var name: String {
    switch self {
    case .restricted: "restricted"
    case .blocks: "unrestricted in blocks (IUHF=1)"
    case .interleaved: "unrestricted in spin orbitals α1 β1 α2 β2 … (UHF=.TRUE.)"
    case .offset: "unrestricted in spin orbitals, all α before all β"
    }
  }
}
