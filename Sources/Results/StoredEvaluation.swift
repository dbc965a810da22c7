internal import HDF5Files

/// The numbers of an evaluation as a result of spins holds them, by the names of `docs/file-formats.md`.
public struct StoredEvaluation: Sendable, Hashable {
  /// Every number, by its name.
  public var numbers: [String: Double]
  /// Whether the numbers and their errors can be trusted, as far as the run shows.
  public var isReliable: Bool
  /// What to know before using them, a sentence each.
  public var warnings: [String]

  /// Reads the attributes of `/final`.
  ///
  /// - Parameter group: The group.
  /// - Throws: `HDF5Error` where they cannot be read.
  init(_ group: HDF5Group) throws(HDF5Error) {
    numbers = [:]
    for name in try group.attributeNames() {
      guard let attribute = try group.attribute(name) else { continue }
      if case .bool = attribute { continue }
      if let value = attribute.doubleValue { numbers[name] = value }
    }
    isReliable = try ResultFile.integer("reliable", in: group) != 0
    warnings = try group.attribute("warnings")?.stringValues ?? []
  }
}

/// A mean with its standard error, as a file holds it.
public struct StoredEstimate: Sendable, Hashable {
  /// The mean.
  public var value: Double
  /// Its standard error.
  public var error: Double

  /// Reads an array of means and that of their errors, `name` and `name_errors`.
  ///
  /// - Parameters:
  ///   - name: The name of the means.
  ///   - count: How many there are.
  ///   - group: Where they are.
  /// - Returns: The estimates.
  /// - Throws: `HDF5Error` where one is missing or has another length.
  static func read(
    _ name: String, count: Int, in group: HDF5Group
  ) throws(HDF5Error) -> [StoredEstimate] {
    let values = try ResultFile.readColumn(Double.self, name, count, group)
    let errors = try ResultFile.readColumn(Double.self, name + "_errors", count, group)
    return zip(values, errors).map { StoredEstimate(value: $0, error: $1) }
  }
}
