/// The values that a setting may have, and how they are written.
struct Domain<Value: Sendable>: Sendable {
  var shape: Setting.Shape
  /// Completes "must be …".
  var expected: String
  /// Returns the value of a text, given the number of orbitals or sites; nil where it is none.
  var read: @Sendable (_ text: String, _ positions: Int) -> Value?
  var write: @Sendable (Value) -> String
  var contains: @Sendable (Value) -> Bool = { _ in true }
}

extension Domain where Value: FixedWidthInteger {
  /// Whole numbers in a range.
  static func integer(_ range: ClosedRange<Value>) -> Domain {
    Domain(
      shape: .integer,
      expected: range.upperBound == Int.max
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)",
      read: { text, _ in Value(text) }, write: { "\($0)" }, contains: { range.contains($0) })
  }
}

extension Domain where Value == Int {
  /// Numbers of steps.
  static func steps(from least: Int) -> Domain { .integer(least...1_000_000_000) }
  /// Numbers of draws, which are kept as Float64: it has all whole numbers up to 2⁵³.
  static func draws(from least: Int) -> Domain { .integer(least...1 << 53) }
}

extension Domain where Value == Double {
  static let positive = number("a positive number") { $0 > 0 }
  static let notNegative = number("a number of at least 0") { $0 >= 0 }

  /// Finite numbers that pass a test.
  static func number(
    _ expected: String, _ contains: @escaping @Sendable (Double) -> Bool
  ) -> Domain {
    Domain(
      shape: .number, expected: expected, read: { text, _ in Double(text) }, write: { "\($0)" },
      contains: { $0.isFinite && contains($0) })
  }
}

extension Domain where Value == Bool {
  /// True or false.
  static let flag = Domain(
    shape: .flag, expected: "true or false", read: { text, _ in Bool(text) }, write: { "\($0)" })
}

extension Domain where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
  /// The names of an enumeration.
  static var choice: Domain {
    Domain(
      shape: .word, expected: list(Value.allCases.map(\.rawValue)),
      read: { text, _ in Value(rawValue: text) }, write: \.rawValue)
  }
}

extension Domain where Value == [Int] {
  /// Widths of layers.
  static let widths = Domain(
    shape: .integers, expected: "whole numbers from 1 to 65536 with commas between them",
    read: { text, _ in numbers(text) }, write: commaSeparated,
    contains: { $0.allSatisfy { (1...1 << 16).contains($0) } })

  /// Widths of layers, of which there is at least one.
  static let hiddenWidths: Domain = {
    var domain = widths
    domain.contains = { !$0.isEmpty && widths.contains($0) }
    return domain
  }()

  /// An order of all orbitals or sites, counted from 0 in the settings and from 1 by people.
  static let order = Domain(
    shape: .integers,
    expected: "forward, reverse, or each orbital (site) from 1 once with commas between them",
    read: { text, positions in
      switch text {
      case "forward": Array(0..<positions)
      case "reverse": Array((0..<positions).reversed())
      default: numbers(text)?.map { $0 &- 1 }
      }
    }, write: { commaSeparated($0.map { $0 &+ 1 }) },
    // That it is a permutation is checked where the number of positions is known.
    contains: { $0.allSatisfy { $0 >= 0 } })

  private static func numbers(_ text: String) -> [Int]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0.trimmingPrefix { $0 == " " }) }
    return numbers.count == parts.count ? numbers : nil
  }

  @Sendable private static func commaSeparated(_ numbers: [Int]) -> String {
    numbers.map(String.init).joined(separator: ",")
  }
}

/// Returns words as a sentence lists them: `a, b or c`.
func list(_ words: [String]) -> String {
  guard words.count > 1, let last = words.last else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
