internal import Foundation

/// The ends, ticks and labels of an axis.
package struct AxisTicks: Sendable {
  /// A labelled tick.
  package struct Tick: Sendable, Hashable {
    /// Its place on the axis.
    package let value: Double
    /// Its label, or its factor of a power of ten.
    package let text: String
    /// The exponent of ten that follows the text; nil for none.
    package let exponent: Int?
  }

  /// The lower end.
  package let lower: Double
  /// The upper end.
  package let upper: Double
  package let scale: AxisScale
  /// Ticks with labels.
  package private(set) var major: [Tick] = []
  /// The places of ticks without.
  package private(set) var minor: [Double] = []
  /// The exponent of ten that all labels are multiplied by, written at the axis' end; 0 for none.
  package private(set) var commonExponent = 0

  /// Finds ticks.
  ///
  /// - Parameters:
  ///   - axis: The axis.
  ///   - values: What is drawn along it, not empty, finite, and positive on a logarithmic axis.
  ///   - target: About how many labels there is room for.
  package init(_ axis: Axis, values: [Double], target: Int) {
    scale = axis.scale
    if let range = axis.range {
      (lower, upper) = (range.lowerBound, range.upperBound)
    } else {
      (lower, upper) = Self.ends(of: values, scale: axis.scale)
    }
    switch scale {
    case .linear: placeLinear(target: target)
    case .logarithmic: placeLogarithmic(target: target)
    }
  }

  /// Where a number is on the axis, from 0 to 1 between its ends.
  package func place(_ value: Double) -> Double {
    switch scale {
    case .linear: (value - lower) / (upper - lower)
    case .logarithmic: log(value / lower) / log(upper / lower)
    }
  }

  /// The ends of the data with a margin of a twentieth.
  private static func ends(of values: [Double], scale: AxisScale) -> (Double, Double) {
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    if scale == .logarithmic {
      // Numbers that are all the same get a decade.
      let margin = most / least > 1 + 1e-9 ? pow(most / least, 0.05) : 10.0.squareRoot()
      return (max(least / margin, .leastNormalMagnitude), most * margin)
    }
    let size = max(abs(least), abs(most))
    // What differs by rounding only is one number.
    guard most - least > 1e-12 * size else {
      let margin = size > 0 ? 0.1 * size : 1
      return (least - margin, most + margin)
    }
    let margin = 0.05 * (most - least)
    return (least - margin, most + margin)
  }

  // MARK: - Linear

  /// Returns the step of 1, 2 or 5 times a power of ten that gives at most about `target` ticks.
  package static func step(of length: Double, target: Int) -> Double {
    let rough = length / Double(max(1, target))
    let power = pow(10, floor(log10(rough)))
    let factor = [1.0, 2, 5, 10].first { rough <= $0 * power * (1 + 1e-9) } ?? 10
    return factor * power
  }

  private mutating func placeLinear(target: Int) {
    let step = Self.step(of: upper - lower, target: target)
    let size = max(abs(lower), abs(upper))
    if size >= 1e5 || size < 1e-3 { commonExponent = Int(floor(log10(size))) }
    let unit = pow(10, Double(commonExponent))
    let decimals = max(0, -Int(floor(log10(step / unit) + 1e-9)))
    for number in multiples(of: step) {
      let text = Self.text(number * step / unit, decimals: decimals)
      major.append(Tick(value: number * step, text: text, exponent: nil))
    }
    let parts = step / pow(10, floor(log10(step) + 1e-9)) > 1.5 ? 4.0 : 5.0
    minor = multiples(of: step / parts).filter { $0.remainder(dividingBy: parts) != 0 }
      .map { $0 * step / parts }
  }

  /// The whole numbers whose multiples of a step lie on the axis.
  private func multiples(of step: Double) -> [Double] {
    let first = (lower / step - 1e-9).rounded(.up)
    let last = (upper / step + 1e-9).rounded(.down)
    return first > last ? [] : Array(stride(from: first, through: last, by: 1))
  }

  private static func text(_ value: Double, decimals: Int) -> String {
    let digits = String(format: "%.\(decimals)f", abs(value))
    let isZero = !digits.contains { ("1"..."9").contains($0) }
    return value < 0 && !isZero ? "−" + digits : digits
  }

  // MARK: - Logarithmic

  private mutating func placeLogarithmic(target: Int) {
    let decades = log10(upper / lower)
    let first = Int(floor(log10(lower) + 1e-9))
    let last = Int(ceil(log10(upper) - 1e-9))
    if decades < 0.7 {
      // Too short for powers of ten: even steps, which are unevenly placed.
      placeLinear(target: target)
      return
    }
    let factors: [Double] = decades < 1.3 ? [1, 2, 3, 5] : decades < 2.2 ? [1, 3] : [1]
    let every = max(1, Int((decades / Double(max(1, target))).rounded(.up)))
    for power in first...last {
      let unit = pow(10, Double(power))
      for factor in 1...9 {
        let value = Double(factor) * unit
        guard value >= lower * (1 - 1e-9), value <= upper * (1 + 1e-9) else { continue }
        if factors.contains(Double(factor)), power % every == 0 {
          major.append(Self.powerTick(value, factor: factor, power: power))
        } else if factor == 1 || every == 1 {
          minor.append(value)
        }
      }
    }
  }

  private static func powerTick(_ value: Double, factor: Int, power: Int) -> Tick {
    if (0...2).contains(power) {
      return Tick(value: value, text: text(value, decimals: 0), exponent: nil)
    }
    if (-2..<0).contains(power) {
      return Tick(value: value, text: text(value, decimals: -power), exponent: nil)
    }
    return Tick(value: value, text: factor == 1 ? "10" : "\(factor)·10", exponent: power)
  }
}
