import Configurations
import Foundation
import Hamiltonians
import Integrals

/// Random integrals with the symmetries that real orbitals give, and none by accident.
func randomIntegrals(
  orbitals n: Int, alpha: Int, beta: Int, unrestricted: Bool = false, irreps: [UInt8]? = nil,
  seed: UInt64
) -> MolecularIntegrals {
  var random = RandomSource(seed: seed)
  let pairs = MolecularIntegrals.pairCount(n)
  var pairIrreps: [UInt8] = []
  for p in 0..<n {
    for q in 0...p { pairIrreps.append(irreps.map { $0[p] ^ $0[q] } ?? 0) }
  }
  func oneBody() -> [Double] {
    pairIrreps.map { $0 == 0 ? random.normal() : 0 }
  }
  func packed() -> [Double] {
    var values: [Double] = []
    for row in 0..<pairs {
      for column in 0...row {
        values.append(pairIrreps[row] == pairIrreps[column] ? 0.3 * random.normal() : 0)
      }
    }
    return values
  }
  func square() -> [Double] {
    var values: [Double] = []
    for row in 0..<pairs {
      for column in 0..<pairs {
        values.append(pairIrreps[row] == pairIrreps[column] ? 0.3 * random.normal() : 0)
      }
    }
    return values
  }
  return MolecularIntegrals(
    orbitalCount: n, alphaCount: alpha, betaCount: beta, coreEnergy: random.normal(),
    oneBodyAlpha: oneBody(), oneBodyBeta: unrestricted ? oneBody() : nil,
    twoBodyAlphaAlpha: packed(), twoBodyBetaBeta: unrestricted ? packed() : nil,
    twoBodyAlphaBeta: unrestricted ? square() : nil, orbitalIrreps: irreps)
}

/// Every determinant with the given electrons, in a fixed order.
func allDeterminants<Word: ConfigurationWord>(
  orbitals n: Int, alpha: Int, beta: Int, as _: Word.Type = UInt64.self
) -> [Configuration<Word>] {
  func strings(_ electrons: Int) -> [Word] {
    (0..<(1 << n)).filter { $0.nonzeroBitCount == electrons }.map { Word($0) }
  }
  let betaStrings = strings(beta)
  return strings(alpha).flatMap { alpha in
    betaStrings.map { Configuration(alpha: alpha, beta: $0) }
  }
}

/// `H |x⟩` by creation and annihilation operators, one at a time, straight from the definition of
/// `MolecularIntegrals`: the oracle of every matrix element.
struct OperatorAlgebra {
  let integrals: MolecularIntegrals

  /// Spin orbital `p` is α orbital `p`, spin orbital `n + p` is β orbital `p`.
  private typealias State = (occupied: [Bool], sign: Double)

  private static func annihilate(_ spinOrbital: Int, _ state: State) -> State? {
    guard state.occupied[spinOrbital] else { return nil }
    var result = state
    result.occupied[spinOrbital] = false
    for earlier in 0..<spinOrbital where state.occupied[earlier] { result.sign = -result.sign }
    return result
  }

  private static func create(_ spinOrbital: Int, _ state: State) -> State? {
    guard !state.occupied[spinOrbital] else { return nil }
    var result = state
    result.occupied[spinOrbital] = true
    for earlier in 0..<spinOrbital where state.occupied[earlier] { result.sign = -result.sign }
    return result
  }

  func oneBody(_ p: Int, _ q: Int, beta: Bool) -> Double {
    let values = beta ? integrals.oneBodyBeta ?? integrals.oneBodyAlpha : integrals.oneBodyAlpha
    return values[MolecularIntegrals.pair(p, q)]
  }

  func twoBody(_ p: Int, _ q: Int, _ r: Int, _ s: Int, beta: (Bool, Bool)) -> Double {
    let first = MolecularIntegrals.pair(p, q)
    let second = MolecularIntegrals.pair(r, s)
    let pairs = MolecularIntegrals.pairCount(integrals.orbitalCount)
    let packed = MolecularIntegrals.pair(first, second)
    switch beta {
    case (false, false): return integrals.twoBodyAlphaAlpha[packed]
    case (true, true):
      return (integrals.twoBodyBetaBeta ?? integrals.twoBodyAlphaAlpha)[packed]
    case (false, true):
      return integrals.twoBodyAlphaBeta?[first * pairs + second]
        ?? integrals.twoBodyAlphaAlpha[packed]
    case (true, false):
      return integrals.twoBodyAlphaBeta?[second * pairs + first]
        ?? integrals.twoBodyAlphaAlpha[packed]
    }
  }

  /// Returns the column of `x` as a dictionary over determinants.
  func column(of x: Configuration<UInt64>) -> [Configuration<UInt64>: Double] {
    let n = integrals.orbitalCount
    let start: State = (
      (0..<2 * n).map { $0 < n ? x.alpha >> $0 & 1 == 1 : x.beta >> ($0 - n) & 1 == 1 }, 1
    )
    var result = [x: integrals.coreEnergy]
    func add(_ state: State, _ value: Double) {
      var y = Configuration<UInt64>(alpha: 0, beta: 0)
      for p in 0..<n {
        if state.occupied[p] { y.alpha |= 1 << UInt64(p) }
        if state.occupied[n + p] { y.beta |= 1 << UInt64(p) }
      }
      result[y, default: 0] += state.sign * value
    }
    for q in 0..<2 * n {
      guard let removed = Self.annihilate(q, start) else { continue }
      for p in 0..<2 * n where (p < n) == (q < n) {
        if let state = Self.create(p, removed) {
          add(state, oneBody(p % n, q % n, beta: q >= n))
        }
      }
      for s in 0..<2 * n {
        guard let both = Self.annihilate(s, removed) else { continue }
        for r in 0..<2 * n where (r < n) == (s < n) {
          guard let first = Self.create(r, both) else { continue }
          for p in 0..<2 * n where (p < n) == (q < n) {
            if let state = Self.create(p, first) {
              add(state, 0.5 * twoBody(p % n, q % n, r % n, s % n, beta: (q >= n, s >= n)))
            }
          }
        }
      }
    }
    return result
  }
}
