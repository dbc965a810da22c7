/// An integral file: what it holds, in which format, and what its reader had to assume.
public struct IntegralFile: Sendable {
  /// What is read or written.
  public enum Format: String, Sendable, CaseIterable {
    /// Text: a Fortran namelist and lines of values with indices.
    case fcidump
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
  /// - Parameter path: The file.
  /// - Returns: The integrals, checked and complete.
  /// - Throws: ``IntegralsError`` with the place, what was expected and what to do.
  public static func read(path: String) throws(IntegralsError) -> IntegralFile {
    let (integrals, layout, warnings) = try FCIDUMPReader.read(path: path)
    return IntegralFile(
      integrals: integrals, format: .fcidump, formatDescription: "FCIDUMP, \(layout.name)",
      warnings: warnings)
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
