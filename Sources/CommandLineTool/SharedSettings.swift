internal import Training

/// The settings of other problems that a problem has as well, under the same names.
enum SharedSettings {
  /// Sets the values that were given.
  ///
  /// - Parameters:
  ///   - given: The settings that were given.
  ///   - owner: What the settings belong to, for messages: `lattice` classical-ising.
  ///   - set: Sets one value by its name; false where there is no such setting.
  /// - Returns: Warnings about settings of a file that have no effect.
  /// - Throws: ``ToolError`` where a setting on the command line has no effect, or a value does not fit.
  static func apply(
    _ given: [GivenSetting], of owner: String,
    set: (_ name: String, _ text: String) throws(ToolError) -> Bool
  ) throws(ToolError) -> [String] {
    var warnings: [String] = []
    for item in given {
      if try set(item.setting.name, item.text) { continue }
      let complaint = "`\(item.setting.name)` has no effect with \(owner)"
      guard let file = item.file else { throw ToolError(item.asTyped(complaint) + ".") }
      if !item.isDefault { warnings.append("\(file): \(withQuotes(complaint))") }
    }
    return warnings
  }

  /// Throws where an option was given that cannot change when a run goes on; a file may have what it likes.
  ///
  /// - Parameters:
  ///   - options: The names of options that never can.
  ///   - settings: The settings that were given.
  ///   - changeable: The names of those that can change.
  /// - Throws: ``ToolError`` with the first one.
  static func refuseChanges(
    _ options: [String], _ settings: [GivenSetting], except changeable: [String]
  ) throws(ToolError) {
    let fixed = settings.filter { $0.file == nil && !changeable.contains($0.setting.name) }
    if let name = options.first ?? fixed.first?.setting.name {
      throw ToolError("--\(name) cannot change on --resume; start a new run without it.")
    }
  }

  /// Returns a value from its text.
  static func number<Value>(
    _ name: String, _ text: String, _ make: (String) -> Value?
  ) throws(ToolError) -> Value {
    guard let value = make(text) else { throw ToolError("--\(name) cannot be '\(text)'.") }
    return value
  }

  /// Returns one of some named values from its text.
  static func choice<Value>(
    _ name: String, _ text: String, _ type: Value.Type, of owner: String
  ) throws(ToolError) -> Value
  where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    guard let value = Value(rawValue: text) else {
      let names = Value.allCases.map(\.rawValue).joined(separator: " or ")
      throw ToolError("--\(name) of \(owner) must be \(names), not '\(text)'.")
    }
    return value
  }
}
