import Foundation
import Testing

/// The repository's text, as the tests of its structure read it.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The modules' folders, C libraries among them.
  static func modules() throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("Sources").path
    ).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The Swift files under a folder.
  static func swiftFiles(under folder: String) throws -> [(path: String, text: String)] {
    let base = root.appendingPathComponent(folder)
    guard let files = FileManager.default.enumerator(atPath: base.path) else { return [] }
    let paths = files.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
    return try paths.sorted().map { (folder + "/" + $0, try text(folder + "/" + $0)) }
  }

  /// The modules of this repository that each of them imports.
  static func imports() throws -> [String: Set<String>] {
    let modules = Set(try modules())
    var graph: [String: Set<String>] = [:]
    for module in modules {
      var found: Set<String> = []
      for file in try swiftFiles(under: "Sources/" + module) {
        for line in file.text.split(separator: "\n") {
          let words = line.split(separator: " ")
          guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
            words[..<place].allSatisfy(isImportModifier)
          else { continue }
          let name = String(words[place + 1].prefix { $0 != "." })
          if modules.contains(name) { found.insert(name) }
        }
      }
      graph[module] = found
    }
    return graph
  }

  private static func isImportModifier(_ word: Substring) -> Bool {
    word.hasPrefix("@") || ["public", "package", "internal", "private"].contains(word)
  }

  /// The dependencies on this repository's modules that the manifest declares.
  static func declaredDependencies() throws -> [String: Set<String>] {
    let modules = Set(try modules())
    let manifest = try text("Package.swift")
    var graph: [String: Set<String>] = [:]
    let libraries = manifest.matches(of: #/library\(\s*"([^"]+)",\s*\[([^\]]*)\]/#).map {
      (String($0.1), String($0.2))
    }
    let executables = manifest.matches(
      of: #/executableTarget\(\s*name: "([^"]+)",\s*dependencies: \[([^\]]*)\]/#
    ).map { (String($0.1), String($0.2)) }
    for (name, list) in libraries + executables where modules.contains(name) {
      let quoted = list.matches(of: #/"([^"]+)"/#).map { String($0.1) }
      graph[name] = Set(quoted).intersection(modules)
    }
    return graph
  }
}

/// The rows of a Markdown table, as cells.
func tableRows(after heading: String, in text: String) -> [[String]] {
  guard let start = text.range(of: heading + "\n") else { return [] }
  var rows: [[String]] = []
  for line in text[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false) {
    if line.hasPrefix("|") {
      rows.append(
        line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) })
    } else if !rows.isEmpty {
      break
    }
  }
  // Without the head and the rule below it.
  return Array(rows.dropFirst(2))
}

/// The names in backquotes.
func quotedNames(_ cell: String) -> [String] {
  cell.matches(of: #/`([^`]+)`/#).map { String($0.1) }
}
