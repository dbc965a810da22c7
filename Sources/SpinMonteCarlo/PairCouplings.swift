internal import Hamiltonians

/// The couplings of a model by pairs of sites; pairs that occur more than once are added up.
struct PairCouplings: Sendable {
  /// Two sites, the lower one first.
  struct Pair: Hashable, Comparable, Sendable {
    let first: Int
    let second: Int

    init(_ a: Int, _ b: Int) { (first, second) = (min(a, b), max(a, b)) }

    static func < (a: Pair, b: Pair) -> Bool { (a.first, a.second) < (b.first, b.second) }
  }

  /// The coefficients of σᶻσᶻ and of the exchange.
  let sums: [Pair: SIMD2<Double>]
  private let fields: [[Double]]

  init(_ terms: SpinTerms) {
    var sums: [Pair: SIMD2<Double>] = [:]
    for coupling in terms.couplings {
      sums[Pair(coupling.first, coupling.second), default: .zero] +=
        SIMD2(coupling.parallel, coupling.exchange)
    }
    self.sums = sums
    fields = [terms.field, terms.longitudinalField]
  }

  /// Whether a map of sites is a permutation that leaves all couplings and fields as they are.
  func isSymmetry(_ permutation: [Int]) -> Bool {
    if Set(permutation).count != permutation.count { return false }
    for (pair, sum) in sums {
      guard let image = sums[Pair(permutation[pair.first], permutation[pair.second])],
        abs(image.x - sum.x) < 1e-12, abs(image.y - sum.y) < 1e-12
      else { return false }
    }
    return fields.allSatisfy { field in
      field.indices.allSatisfy { abs(field[permutation[$0]] - field[$0]) < 1e-12 }
    }
  }
}
