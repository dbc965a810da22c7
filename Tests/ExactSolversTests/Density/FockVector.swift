import Configurations

/// A vector over determinants, on which creation and annihilation operators act one at a time: the oracle of density
/// matrices.
struct FockVector {
  /// Coefficients by determinant.
  var coefficients: [Configuration<UInt64>: Double]

  /// Applies `a_p`, or `a†_p` where it creates, of a spin.
  func applying(_ p: Int, beta: Bool, creates: Bool) -> FockVector {
    var result: [Configuration<UInt64>: Double] = [:]
    let bit: UInt64 = 1 << UInt64(p)
    for (x, value) in coefficients {
      let word = beta ? x.beta : x.alpha
      if (word & bit != 0) == creates { continue }
      // All α operators stand before all β, lowest orbital first.
      let passed =
        (word & (bit - 1)).nonzeroBitCount + (beta ? x.alpha.nonzeroBitCount : 0)
      var y = x
      if beta { y.beta ^= bit } else { y.alpha ^= bit }
      result[y, default: 0] += passed % 2 == 0 ? value : -value
    }
    return FockVector(coefficients: result)
  }

  func overlap(_ other: FockVector) -> Double {
    coefficients.reduce(0) { $0 + $1.value * (other.coefficients[$1.key] ?? 0) }
  }

  /// `⟨a†_pσ a_qσ⟩`.
  func oneParticle(_ p: Int, _ q: Int, beta: Bool) -> Double {
    overlap(applying(q, beta: beta, creates: false).applying(p, beta: beta, creates: true))
  }

  /// `⟨a†_pσ a†_rσ' a_sσ' a_qσ⟩`.
  func twoParticle(_ p: Int, _ q: Int, _ r: Int, _ s: Int, beta: (Bool, Bool)) -> Double {
    overlap(
      applying(q, beta: beta.0, creates: false).applying(s, beta: beta.1, creates: false)
        .applying(r, beta: beta.1, creates: true).applying(p, beta: beta.0, creates: true))
  }

  /// The density matrix of some spin orbitals, by moving their operators before all others: `[2^k, 2^k]`.
  ///
  /// - Parameters:
  ///   - chosen: Spin orbitals, `p` of α and `n + p` of β.
  ///   - n: The number of spatial orbitals.
  /// - Returns: The matrix; bit `k` of a state is the occupation of the `k`-th chosen.
  func reduced(to chosen: [Int], orbitals n: Int) -> [Double] {
    let size = 1 << chosen.count
    var byRest: [[Int]: [Double]] = [:]
    for (x, value) in coefficients {
      let occupied = (0..<2 * n).filter {
        $0 < n ? x.alpha >> UInt64($0) & 1 == 1 : x.beta >> UInt64($0 - n) & 1 == 1
      }
      let rest = occupied.filter { !chosen.contains($0) }
      // The sign of the permutation that brings the chosen to the front, in their order.
      let target = chosen.filter { occupied.contains($0) } + rest
      var inversions = 0
      for first in target.indices {
        for second in first..<target.count where target[second] < target[first] { inversions += 1 }
      }
      var state = 0
      for (bit, orbital) in chosen.enumerated() where occupied.contains(orbital) {
        state |= 1 << bit
      }
      byRest[rest, default: .init(repeating: 0, count: size)][state] +=
        inversions % 2 == 0 ? value : -value
    }
    var matrix = [Double](repeating: 0, count: size * size)
    for vector in byRest.values {
      for row in 0..<size {
        for column in 0..<size { matrix[row * size + column] += vector[row] * vector[column] }
      }
    }
    return matrix
  }
}
