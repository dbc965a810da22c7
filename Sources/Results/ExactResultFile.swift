public import ExactSolvers
public import HDF5Files
internal import Training

/// Files of density matrices and observables of exact vectors, described in `docs/file-formats.md`.
public enum ExactResultFile {
  /// The root attribute `type` of every such file.
  public static let type = "qchem-nqs exact result"
  /// The version of the layout.
  public static let version = 1

  /// What is known of the vector.
  public struct Record: Sendable {
    /// Which program wrote it, and from what.
    public var provenance: RunRecord.Provenance
    /// `full CI` or `selected CI`.
    public var method: String
    /// The digest of the molecule's numbers.
    public var digest: String
    /// The vector's energy, in hartree.
    public var energy: Double
    /// The energy that the density matrices give, in hartree.
    public var densityEnergy: Double
    /// The number of determinants of the vector.
    public var dimension: Int
    /// The irrep's number from 1; nil where orbitals have none.
    public var irrep: Int?
    /// The density matrices and what they say.
    public var observables: StateObservables

    /// Creates a record of its parts.
    public init(
      provenance: RunRecord.Provenance, method: String, digest: String, energy: Double,
      densityEnergy: Double, dimension: Int, irrep: Int?, observables: StateObservables
    ) {
      self.provenance = provenance
      self.method = method
      self.digest = digest
      self.energy = energy
      self.densityEnergy = densityEnergy
      self.dimension = dimension
      self.irrep = irrep
      self.observables = observables
    }
  }

  /// Writes a record in one step: a reader sees the old file or the new one, never a part.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - path: The file, replaced where it exists.
  /// - Throws: `HDF5Error` where it cannot be written; an old file is then untouched.
  public static func write(_ record: Record, to path: String) throws(HDF5Error) {
    try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
      let root = file.root
      try root.setAttribute("type", .string(type))
      try root.setAttribute("version", .int(version))
      try ResultFile.writeOrigin(record.provenance, to: root)
      try root.setAttribute("program", .string(record.provenance.program))
      try root.setAttribute("program_version", .string(record.provenance.version))
      let problem = try root.group("problem")
      try problem.setAttribute("digest", .string(record.digest))
      if let input = record.provenance.input { try problem.setAttribute("input", .string(input)) }
      let final = try root.group("final")
      try final.setAttribute("unit", .string("hartree"))
      try final.setAttribute("method", .string(record.method))
      try final.setAttribute("energy", .double(record.energy))
      try final.setAttribute("rdm_energy", .double(record.densityEnergy))
      try final.setAttribute("dimension", .int(record.dimension))
      if let irrep = record.irrep { try final.setAttribute("irrep", .int(irrep)) }
      try ObservableFile.write(record.observables, to: root)
    }
  }

  /// Whether a file is one of these, as far as can be told.
  public static func isOne(_ path: String) -> Bool { ResultFile.isOf(type, path) }

  /// Reads a record.
  ///
  /// - Parameter path: The file.
  /// - Returns: The record.
  /// - Throws: `HDF5Error` where it cannot be read, is damaged or is not such a result.
  public static func read(_ path: String) throws(HDF5Error) -> Record {
    let root = try HDF5File(readingFrom: path).root
    try ResultFile.check(
      root, type: type, version: version, action: "read it as an exact result",
      origin: "qchem-nqs exact --output")
    let problem = try root.group("problem")
    let final = try root.group("final")
    return Record(
      provenance: try ResultFile.readProvenance(root, root, problem),
      method: try ResultFile.string("method", in: final),
      digest: try ResultFile.string("digest", in: problem),
      energy: try ResultFile.number("energy", in: final),
      densityEnergy: try ResultFile.number("rdm_energy", in: final),
      dimension: try ResultFile.integer("dimension", in: final),
      irrep: try final.attribute("irrep")?.intValue, observables: try ObservableFile.read(root))
  }
}
