internal import Foundation

/// SVG, element by element.
struct SVGText {
  private(set) var lines: [String] = []

  /// Appends a line.
  mutating func add(_ line: String) { lines.append(line) }

  /// Appends an element without content.
  mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>) {
    element(name, attributes.map { ($0.key, $0.value) })
  }

  /// Appends an element without content.
  mutating func element(_ name: String, _ attributes: [(String, String)]) {
    add("<\(name)\(Self.list(attributes))/>")
  }

  /// Appends text.
  ///
  /// - Parameters:
  ///   - text: The text; what XML would take for markup is escaped.
  ///   - exponent: A raised number after it.
  ///   - isMarked: Whether `^{…}` raises what is in it, and `_{…}` lowers it.
  ///   - size: The font's size in points.
  ///   - attributes: Place, anchor and the like.
  mutating func text(
    _ text: String, exponent: Int? = nil, isMarked: Bool = false, size: Double,
    _ attributes: KeyValuePairs<String, String>
  ) {
    var content = isMarked ? Self.marked(text, size: size) : Self.escaped(text)
    if let exponent {
      let sign = exponent < 0 ? "−" : ""
      content +=
        "<tspan dy=\"\(Self.number(-0.38 * size))\" font-size=\"\(Self.number(0.75 * size))\">"
        + "\(sign)\(exponent.magnitude)</tspan>"
    }
    let list = Self.list(attributes.map { ($0.key, $0.value) })
    // Or blanks at the ends of raised parts would be lost.
    let keeps = isMarked ? " xml:space=\"preserve\"" : ""
    add("<text\(list)\(keeps) font-size=\"\(Self.number(size))\">\(content)</text>")
  }

  /// Returns text with raised and lowered parts.
  private static func marked(_ text: String, size: Double) -> String {
    var result = ""
    var end = text.startIndex
    // How far the line is below where it began.
    var offset = 0.0
    for match in text.matches(of: #/([\^_])\{([^}]*)\}/#) {
      result += span(String(text[end..<match.range.lowerBound]), shift: -offset, size: nil)
      if end < match.range.lowerBound { offset = 0 }
      let place = match.1 == "^" ? -0.38 * size : 0.22 * size
      result += span(String(match.2), shift: place - offset, size: 0.75 * size)
      (offset, end) = (place, match.range.upperBound)
    }
    return result + span(String(text[end...]), shift: -offset, size: nil)
  }

  private static func span(_ text: String, shift: Double, size: Double?) -> String {
    if text.isEmpty { return "" }
    if shift == 0 && size == nil { return escaped(text) }
    let font = size.map { " font-size=\"\(number($0))\"" } ?? ""
    return "<tspan dy=\"\(number(shift))\"\(font)>\(escaped(text))</tspan>"
  }

  private static func list(_ attributes: [(String, String)]) -> String {
    attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
  }

  /// Returns a length with two decimals, and without a minus sign before zero.
  static func number(_ value: Double) -> String {
    var text = String(format: "%.2f", value)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  /// Returns text that XML takes literally; characters that it cannot hold are left out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += " "
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: break
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Returns about how wide text is, in points, in the widest of the usual fonts, DejaVu Sans.
  static func width(_ text: String, size: Double) -> Double {
    let units = text.unicodeScalars.reduce(0.0) { sum, scalar in
      switch scalar {
      case "i", "j", "l", "I", "|", ".", ",", ":", ";", "'", "·": sum + 0.33
      case "f", "t", "r", " ", "(", ")", "/", "-": sum + 0.4
      case "m", "M", "w", "W": sum + 0.98
      case "A"..."Z": sum + 0.71
      case "−": sum + 0.84
      default: sum + 0.64
      }
    }
    return units * size
  }
}
