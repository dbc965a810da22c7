public import HDF5Files

/// The evaluation of a run with classical spins as its result file holds it.
public struct ClassicalEvaluation: Sendable, Hashable {
  /// Free energies, errors and what is known of the draws.
  public var evaluation: StoredEvaluation
  /// Some configurations of the evaluation, `[L²]` each, +1 and −1.
  public var configurations: [[Int8]]
}

extension ClassicalResultFile {
  /// Reads the evaluation.
  ///
  /// - Parameter path: The file.
  /// - Returns: The evaluation; nil where the run has not ended.
  /// - Throws: `HDF5Error` where it cannot be read or is damaged.
  public static func readEvaluation(_ path: String) throws(HDF5Error) -> ClassicalEvaluation? {
    let root = try HDF5File(readingFrom: path).root
    guard root.isGroup("final") else { return nil }
    let length = try ResultFile.integer("length", in: try root.group("problem"))
    let samples = try root.group("samples")
    let (values, shape) = try samples.read(UInt8.self, "configurations")
    guard shape.count == 3, shape[1] == length, shape[2] == length else {
      throw HDF5Error(
        "read the evaluation", path: path, object: samples.path,
        reason:
          "the configurations have the shape \(shape), not that of \(length) x \(length) spins",
        remedy: "The file is damaged: use an older copy")
    }
    let sites = length * length
    return ClassicalEvaluation(
      evaluation: try StoredEvaluation(try root.group("final")),
      configurations: (0..<shape[0]).map { row in
        values[row * sites..<(row + 1) * sites].map { $0 > 0 ? 1 : -1 }
      })
  }
}
