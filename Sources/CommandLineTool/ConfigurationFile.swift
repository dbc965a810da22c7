internal import ArgumentParser
internal import Foundation
internal import TOMLKit
internal import Training

/// The options of a TOML file, under the names that they have on the command line.
///
/// ```toml
/// ansatz = "retnet"
/// phase-hidden = [64, 64]
/// spin-flip = true
/// ```
///
/// Settings go to ``Setting``; what else the file has becomes a command line that the options' own
/// parser reads, so that names, values and ranges are declared once.
struct ConfigurationFile {
  var lattice = LatticeOptions()
  var classical = ClassicalOptions()
  var spins = SpinOptions()
  var settings: [GivenSetting] = []
  var run = RunOptions()

  /// Reads a TOML file.
  ///
  /// - Parameter path: The file.
  /// - Returns: Its options.
  /// - Throws: ``ToolError`` with the file, the key and what is allowed.
  static func read(_ path: String) throws -> ConfigurationFile {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ToolError("cannot read the configuration file \(path).")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ToolError("\(path) is not UTF-8 text; --config takes a TOML file.")
    }
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw ToolError(
        "\(path), line \(error.source.begin.line): \(error.description). Expected lines such as "
          + "'steps = 100' or 'ansatz = \"retnet\"'.")
    }
    var file = ConfigurationFile()
    var words: [String] = []
    for key in table.keys.sorted() {
      guard let value = table[key], let shape = shapes[key] else {
        throw ToolError("\(path): there is no option '\(key)'.\(suggestion(for: key))")
      }
      guard let text = shape.text(of: value) else {
        let expected = Setting.named(key)?.expected ?? shape.description
        throw ToolError(
          "\(path): '\(key)' must be \(expected), written like \(shape.example(key)); it is "
            + "\(value.debugDescription).")
      }
      if let setting = Setting.named(key) {
        let given = GivenSetting(setting: setting, text: text, file: path)
        do { try given.check() } catch {
          throw ToolError("\(path): \(withQuotes(error.message)).")
        }
        file.settings.append(given)
      } else {
        let option = shape == .flag ? "--\(text == "true" ? "" : "no-")\(key)" : "--\(key)=\(text)"
        // One key at a time, so that a complaint is about this one.
        do { _ = try Rest.parse([option]) } catch {
          throw ToolError("\(path): \(Rest.message(for: error))")
        }
        words.append(option)
      }
    }
    let rest = try Rest.parse(words)
    (file.lattice, file.classical, file.run) = (rest.lattice, rest.classical, rest.run)
    file.spins = rest.spins
    return file
  }

  /// What a file may hold beside settings.
  private struct Rest: ParsableArguments {
    @OptionGroup var lattice: LatticeOptions
    @OptionGroup var classical: ClassicalOptions
    @OptionGroup var spins: SpinOptions
    @OptionGroup var run: RunOptions
  }

  /// The keys that a file may use, and what their values look like.
  private static let shapes: [String: Setting.Shape] = {
    var shapes = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.name, $0.shape) })
    let others =
      declaredOptions(of: LatticeOptions()) + declaredOptions(of: ClassicalOptions())
      + declaredOptions(of: SpinOptions()) + declaredOptions(of: RunOptions())
    for (name, option) in others {
      shapes[name] =
        switch option {
        case is Option<Int?>: .integer
        case is Option<Double?>: .number
        case is Flag<Bool?>: .flag
        default: .word
        }
    }
    return shapes
  }()

  /// Whether a file may use a key.
  static func isKey(_ name: String) -> Bool { shapes[name] != nil }

  /// Returns " Did you mean …?" with the nearest names, or nothing where none is near.
  static func suggestion(for key: String) -> String {
    let ranked = shapes.keys.map { (distance: editDistance(key, $0), name: $0) }
      .filter { $0.distance <= 2 + key.count / 4 }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(3)
    if ranked.isEmpty { return " See 'qchem-nqs solve --help' for the options." }
    return " Did you mean \(ranked.map { "'\($0.name)'" }.joined(separator: " or "))?"
  }
}

extension Setting.Shape {
  /// Returns a TOML value as the text of an option, or nil where it does not have this shape.
  fileprivate func text(of value: any TOMLValueConvertible) -> String? {
    switch (self, value.type) {
    case (.flag, .bool): value.bool.map { "\($0)" }
    case (.integer, .int), (.number, .int), (.word, .int), (.integers, .int):
      value.int.map { "\($0)" }
    // 1e3 is no integer in TOML, and the setting says so.
    case (.number, .double), (.integer, .double): value.double.map { "\($0)" }
    case (.word, .string), (.integers, .string): value.string
    case (.integers, .array):
      value.array.flatMap { array in
        let numbers = array.compactMap(\.int)
        return numbers.count == array.count
          ? numbers.map(String.init).joined(separator: ",") : nil
      }
    default: nil
    }
  }

  fileprivate var description: String {
    switch self {
    case .integer: "a whole number"
    case .number: "a number"
    case .word: "a text"
    case .flag: "true or false"
    case .integers: "whole numbers"
    }
  }

  /// How a key of this shape is written.
  fileprivate func example(_ key: String) -> String {
    switch self {
    case .integer: "\(key) = 100"
    case .number: "\(key) = 0.5"
    case .word: "\(key) = \"…\""
    case .flag: "\(key) = true"
    case .integers: "\(key) = [64, 64]"
    }
  }
}

/// Returns the number of insertions, deletions and replacements between two words (Levenshtein).
func editDistance(_ first: String, _ second: String) -> Int {
  let target = Array(second)
  var row = Array(0...target.count)
  for (i, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in 0..<target.count {
      let replaced = diagonal + (character == target[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[target.count]
}
