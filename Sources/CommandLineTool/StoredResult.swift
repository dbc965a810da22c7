internal import HDF5Files
internal import Results

/// A result file of any kind, for commands that show what is in it.
enum StoredResult {
  /// A run of autoregressive networks.
  case run(RunRecord)
  /// A run of Markov chains.
  case spins(SpinRecord, SpinEvaluation?)
  /// A run with classical spins.
  case classical(ClassicalRecord, ClassicalEvaluation?)
  /// Observables of an exact vector.
  case exact(ExactResultFile.Record)

  /// Whether a file is a result, as far as can be told.
  static func isOne(_ path: String) -> Bool {
    guard HDF5File.isHDF5(path), let file = try? HDF5File(readingFrom: path),
      let type = (try? file.root.attribute("type"))??.stringValue
    else { return false }
    return [
      ResultFile.type, SpinResultFile.type, ClassicalResultFile.type, ExactResultFile.type,
    ].contains(type)
  }

  /// Reads a result.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``ToolError`` where it is no result, or is damaged.
  init(reading path: String) throws(ToolError) {
    do throws(HDF5Error) {
      if SpinResultFile.isOne(path) {
        self = .spins(
          try SpinResultFile.read(path), try SpinResultFile.readEvaluation(path))
      } else if ClassicalResultFile.isOne(path) {
        self = .classical(
          try ClassicalResultFile.read(path), try ClassicalResultFile.readEvaluation(path))
      } else if ExactResultFile.isOne(path) {
        self = .exact(try ExactResultFile.read(path))
      } else {
        self = .run(try ResultFile.read(path))
      }
    } catch {
      throw ToolError("\(error)")
    }
  }

  /// Which program wrote it, and from what.
  var provenance: RunRecord.Provenance {
    switch self {
    case .run(let record): record.provenance
    case .spins(let record, _): record.provenance
    case .classical(let record, _): record.provenance
    case .exact(let record): record.provenance
    }
  }
}
