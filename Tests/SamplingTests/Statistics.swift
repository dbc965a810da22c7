import Foundation

/// Returns the probability that a χ² variable of `degrees` degrees of freedom exceeds `value`.
///
/// The regularised incomplete gamma function Q(k/2, χ²/2) by its series and its continued fraction
/// (NIST DLMF 8.7.1 and 8.9.2).
func chiSquaredTail(_ value: Double, degrees: Int) -> Double {
  let a = Double(degrees) / 2
  let x = value / 2
  if x <= 0 { return 1 }
  let prefactor = exp(-x + a * log(x) - lgamma(a))
  if x < a + 1 {
    var term = 1 / a
    var sum = term
    var n = a
    while abs(term) > 1e-16 * abs(sum) {
      n += 1
      term *= x / n
      sum += term
    }
    return max(0, 1 - sum * prefactor)
  }
  // Lentz's algorithm.
  var b = x + 1 - a
  var c = 1e300
  var d = 1 / b
  var h = d
  for i in 1..<10_000 {
    let an = -Double(i) * (Double(i) - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    h *= d * c
    if abs(d * c - 1) < 1e-15 { break }
  }
  return prefactor * h
}

/// Returns the p-value of observed counts under expected ones.
///
/// Cells with an expected count below 5 are merged.
func chiSquaredTest(observed: [Double], expected: [Double]) -> Double {
  var cells: [(observed: Double, expected: Double)] = []
  var rest = (observed: 0.0, expected: 0.0)
  for index in observed.indices {
    if expected[index] >= 5 {
      cells.append((observed[index], expected[index]))
    } else {
      rest.observed += observed[index]
      rest.expected += expected[index]
    }
  }
  if rest.expected > 0 {
    if rest.expected >= 5 || cells.isEmpty {
      cells.append(rest)
    } else {
      cells[cells.count - 1].observed += rest.observed
      cells[cells.count - 1].expected += rest.expected
    }
  }
  let value = cells.reduce(0) {
    $0 + ($1.observed - $1.expected) * ($1.observed - $1.expected) / $1.expected
  }
  return chiSquaredTail(value, degrees: cells.count - 1)
}

/// Returns the p-value of independent p-values: Fisher's −2 Σ log p is χ² with 2k degrees.
func combined(_ values: [Double]) -> Double {
  chiSquaredTail(
    -2 * values.reduce(0) { $0 + log(max($1, 1e-300)) }, degrees: 2 * values.count)
}
