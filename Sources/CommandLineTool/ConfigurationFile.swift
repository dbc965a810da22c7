internal import ArgumentParser
internal import Foundation
internal import TOMLKit

/// The options of a TOML file, under the names that they have on the command line.
///
/// The file becomes a command line that the same parser reads, so names, values and ranges are
/// declared once:
///
/// ```toml
/// ansatz = "retnet"
/// phase-hidden = [64, 64]
/// spin-flip = true
/// ```
struct ConfigurationFile: ParsableArguments {
  @OptionGroup var lattice: LatticeOptions
  @OptionGroup var settings: SettingsOptions
  @OptionGroup var run: RunOptions

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
    var arguments: [String] = []
    for key in table.keys.sorted() {
      guard optionNames.contains(key) else {
        throw ToolError("\(path): there is no option '\(key)'.\(Self.suggestion(for: key))")
      }
      guard let value = table[key], let words = words(of: key, value) else {
        throw ToolError(
          "\(path): the value of '\(key)' must be a number, a text, true, false or a list of "
            + "whole numbers.")
      }
      // One key at a time, so that a complaint is about this one.
      do {
        _ = try Self.parse(words)
      } catch {
        throw ToolError("\(path): \(Self.message(for: error))")
      }
      arguments += words
    }
    do {
      return try Self.parse(arguments)
    } catch {
      throw ToolError("\(path): \(Self.message(for: error))")
    }
  }

  /// The names that a file may use: all long options of the help text but `--help` itself.
  static let optionNames: Set<String> = {
    var names: Set<String> = []
    // An option's line is indented by two blanks, its explanation by more.
    for line in helpMessage(columns: 120).split(separator: "\n") where line.hasPrefix("  -") {
      let words = line.dropFirst(2).prefix { $0 != "<" }.split { " ,/".contains($0) }
      names.formUnion(words.prefix { $0.hasPrefix("-") }.map { String($0.trimmingPrefix("--")) })
    }
    return names.filter { $0.first != "-" && !$0.hasPrefix("no-") }.subtracting(["help"])
  }()

  /// Returns the command-line words of one key.
  private static func words(of key: String, _ value: any TOMLValueConvertible) -> [String]? {
    switch value.type {
    case .bool: value.bool.map { [$0 ? "--\(key)" : "--no-\(key)"] }
    case .int: value.int.map { ["--\(key)=\($0)"] }
    case .double: value.double.map { ["--\(key)=\($0)"] }
    case .string: value.string.map { ["--\(key)=\($0)"] }
    case .array:
      value.array.flatMap { array in
        let numbers = array.compactMap(\.int)
        return numbers.count == array.count
          ? ["--\(key)=" + numbers.map(String.init).joined(separator: ",")] : nil
      }
    default: nil
    }
  }

  /// Returns " Did you mean …?" with the nearest names, or nothing where none is near.
  static func suggestion(for key: String) -> String {
    let ranked = optionNames.map { (distance: editDistance(key, $0), name: $0) }
      .filter { $0.distance <= 2 + key.count / 4 }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(3)
    if ranked.isEmpty { return " See 'qchem-nqs solve --help' for the options." }
    return " Did you mean \(ranked.map { "'\($0.name)'" }.joined(separator: " or "))?"
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
