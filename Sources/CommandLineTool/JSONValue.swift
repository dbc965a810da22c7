internal import Foundation

/// A JSON value that keeps the order of its keys and prints absent values as null.
enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// One key with its value.
  struct Member: Equatable {
    let key: String
    let value: JSONValue
  }

  /// Makes an object from pairs.
  static func object(_ pairs: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(pairs.map { Member(key: $0.key, value: $0.value) })
  }

  /// Makes a number, or null where there is none.
  static func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }

  /// Makes an integer, or null where there is none.
  static func integer(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }

  /// Makes a string, or null where there is none.
  static func string(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

  /// The text, indented by two blanks a level; arrays of plain values on one line.
  func text(indent: String = "") -> String {
    let inner = indent + "  "
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    // JSON has no infinities; the shortest text that reads back as the same number otherwise.
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .string(let value): return Self.quoted(value)
    case .array(let values):
      if values.allSatisfy({ $0.isPlain }) {
        return "[" + values.map { $0.text() }.joined(separator: ", ") + "]"
      }
      let rows = values.map { inner + $0.text(indent: inner) }
      return "[\n" + rows.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let rows = members.map { "\(inner)\(Self.quoted($0.key)): \($0.value.text(indent: inner))" }
      return "{\n" + rows.joined(separator: ",\n") + "\n\(indent)}"
    }
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20: result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
