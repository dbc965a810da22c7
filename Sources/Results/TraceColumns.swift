internal import HDF5Files

/// A column of numbers of a trace.
struct TraceColumn<Row>: Sendable {
  let name: String
  let path: any WritableKeyPath<Row, Double> & Sendable
  let unit: String
  let text: String

  init(
    _ name: String, _ path: any WritableKeyPath<Row, Double> & Sendable, _ unit: String,
    _ text: String
  ) {
    self.name = name
    self.path = path
    self.unit = unit
    self.text = text
  }
}

extension ResultFile {
  /// Writes an array with its unit and meaning.
  static func write<Element: HDF5Element>(
    _ values: [Element], shape: [Int]? = nil, _ name: String, _ unit: String, _ text: String,
    to group: HDF5Group
  ) throws(HDF5Error) {
    try group.write(values, shape: shape, to: name)
    try describe(name, unit, text, in: group)
  }

  /// Writes the numbers of steps and the columns of a trace.
  static func writeColumns<Row>(
    _ trace: [Row], step: KeyPath<Row, Int>, _ columns: [TraceColumn<Row>], to group: HDF5Group
  ) throws(HDF5Error) {
    try write(
      trace.map { $0[keyPath: step] }, "step", "1", "number of the step, from 1", to: group)
    for column in columns {
      try write(
        trace.map { $0[keyPath: column.path] }, column.name, column.unit, column.text, to: group)
    }
  }

  /// Reads what ``writeColumns(_:step:_:to:)`` wrote.
  ///
  /// - Parameters:
  ///   - group: Where the columns are.
  ///   - columns: The columns.
  ///   - makeRow: Returns a row with zeros from the number of its step.
  /// - Returns: The rows.
  /// - Throws: `HDF5Error` where a column is missing or of another length.
  static func readColumns<Row>(
    _ group: HDF5Group, _ columns: [TraceColumn<Row>], makeRow: (Int) -> Row
  ) throws(HDF5Error) -> [Row] {
    var rows = try group.read(Int.self, "step").values.map(makeRow)
    for column in columns {
      let values = try group.read(Double.self, column.name).values
      guard values.count == rows.count else {
        throw HDF5Error(
          "read the trace", path: group.file.path, object: group.path,
          reason: "'\(column.name)' has \(values.count) rows and 'step' \(rows.count)",
          remedy: "The file may be damaged: use an older copy")
      }
      for index in rows.indices { rows[index][keyPath: column.path] = values[index] }
    }
    return rows
  }

  /// Whether a file is a result of a type, as far as can be told.
  static func isOf(_ type: String, _ path: String) -> Bool {
    guard HDF5File.isHDF5(path), let file = try? HDF5File(readingFrom: path) else { return false }
    return (try? file.root.attribute("type"))??.stringValue == type
  }

  /// Throws unless a file is of a type and of a version that is known.
  static func check(
    _ root: HDF5Group, type: String, version known: Int, action: String, origin: String
  ) throws(HDF5Error) {
    guard try root.attribute("type")?.stringValue == type else {
      throw HDF5Error(
        action, path: root.file.path, reason: "its attribute 'type' is not '\(type)'",
        remedy: "Give a file that '\(origin)' has written")
    }
    let version = try integer("version", in: root)
    guard version <= known else {
      throw HDF5Error(
        action, path: root.file.path,
        reason: "its layout has version \(version), and this program knows \(known)",
        remedy: "Use a newer qchem-nqs")
    }
  }
}
