internal import ArgumentParser
internal import Foundation

/// An amount of memory such as `8G`, `500MB` or `1000000`.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
  let bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let text = argument.uppercased()
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let powers = ["": 0, "B": 0, "K": 10, "M": 20, "G": 30, "T": 40]
    var unit = String(text.dropFirst(digits.count)).trimmingCharacters(in: .whitespaces)
    if unit.count > 1, unit.hasSuffix("IB") {
      unit.removeLast(2)
    } else if unit.count > 1, unit.hasSuffix("B") {
      unit.removeLast()
    }
    guard let value = Double(digits), value > 0, let power = powers[unit],
      let bytes = Int(exactly: (value * Double(1 << power)).rounded())
    else { return nil }
    self.bytes = bytes
  }

  var description: String { Self.text(Double(bytes)) }

  /// Returns an amount in the largest unit that gives a number of at least 1.
  static func text(_ bytes: Double) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = bytes
    var unit = 0
    while value >= 1024 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return value < 10_000 ? String(format: "%.3g \(units[unit])", value) : "far too much"
  }
}
