internal import Foundation

/// A number with its first two derivatives by one variable: forward differentiation to second order.
///
/// Derivatives are carried by the chain rule through every operation, so they are as accurate as
/// the values; no differences are taken.
struct SecondOrderJet: Sendable, Hashable {
  /// f.
  var value: Double
  /// df/dx.
  var first = 0.0
  /// d²f/dx².
  var second = 0.0

  /// A constant, or a number with given derivatives.
  init(_ value: Double, _ first: Double = 0, _ second: Double = 0) {
    self.value = value
    self.first = first
    self.second = second
  }

  /// Returns `f(self)` from `f` and its derivatives at the value.
  func composed(_ f: Double, _ slope: Double, _ curvature: Double) -> SecondOrderJet {
    SecondOrderJet(f, slope * first, slope * second + curvature * first * first)
  }

  var reciprocal: SecondOrderJet {
    let inverse = 1 / value
    return composed(inverse, -inverse * inverse, 2 * inverse * inverse * inverse)
  }

  /// √, of a positive number.
  var squareRoot: SecondOrderJet {
    let root = value.squareRoot()
    return composed(root, 0.5 / root, -0.25 / (root * value))
  }

  var exponential: SecondOrderJet {
    let power = exp(value)
    return composed(power, power, power)
  }

  var logarithm: SecondOrderJet {
    let inverse = 1 / value
    return composed(log(value), inverse, -inverse * inverse)
  }

  /// ln(1 + self), accurate where it is small.
  var logarithmOfOnePlus: SecondOrderJet {
    let inverse = 1 / (1 + value)
    return composed(log1p(value), inverse, -inverse * inverse)
  }

  /// Returns a power with an exponent of at least 2.
  func power(_ exponent: Int) -> SecondOrderJet {
    let n = Double(exponent)
    return composed(
      pow(value, n), n * pow(value, n - 1), n * (n - 1) * pow(value, n - 2))
  }

  static prefix func - (x: SecondOrderJet) -> SecondOrderJet {
    SecondOrderJet(-x.value, -x.first, -x.second)
  }

  static func + (x: SecondOrderJet, y: SecondOrderJet) -> SecondOrderJet {
    SecondOrderJet(x.value + y.value, x.first + y.first, x.second + y.second)
  }

  static func - (x: SecondOrderJet, y: SecondOrderJet) -> SecondOrderJet { x + -y }

  static func * (x: SecondOrderJet, y: SecondOrderJet) -> SecondOrderJet {
    SecondOrderJet(
      x.value * y.value, x.first * y.value + x.value * y.first,
      x.second * y.value + 2 * x.first * y.first + x.value * y.second)
  }

  static func / (x: SecondOrderJet, y: SecondOrderJet) -> SecondOrderJet { x * y.reciprocal }

  static func * (x: Double, y: SecondOrderJet) -> SecondOrderJet {
    SecondOrderJet(x * y.value, x * y.first, x * y.second)
  }

  static func + (x: SecondOrderJet, y: Double) -> SecondOrderJet {
    SecondOrderJet(x.value + y, x.first, x.second)
  }
}
