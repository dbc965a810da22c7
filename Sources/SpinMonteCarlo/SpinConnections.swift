internal import Configurations
internal import Hamiltonians

/// The rows of a Hamiltonian of spins, for configurations as arrays of ±1.
///
/// Pairs that occur more than once are one bond here.
struct SpinConnections: Sendable {
  /// A pair with a matrix element between `↑↓` and `↓↑`.
  struct Exchange: Sendable, Hashable {
    let first: Int
    let second: Int
    let element: Double
  }

  /// The number of sites.
  let siteCount: Int
  /// The couplings of `σᶻσᶻ`.
  let diagonal: [(first: Int, second: Int, coupling: Double)]
  /// The coefficients of σᶻ, by site; empty for none.
  let fields: [(site: Int, coefficient: Double)]
  /// Pairs that exchange.
  let exchanges: [Exchange]
  /// Sites that flip, with their elements.
  let flips: [(site: Int, element: Double)]

  init(_ terms: SpinTerms) {
    let pairs = PairCouplings(terms).sums.sorted { $0.key < $1.key }
    siteCount = terms.siteCount
    diagonal = pairs.filter { $0.value.x != 0 }.map {
      ($0.key.first, $0.key.second, $0.value.x)
    }
    fields = terms.longitudinalField.enumerated().filter { $0.element != 0 }.map {
      ($0.offset, $0.element)
    }
    exchanges = pairs.filter { $0.value.y != 0 }.map {
      Exchange(first: $0.key.first, second: $0.key.second, element: $0.value.y)
    }
    flips = terms.field.enumerated().filter { $0.element != 0 }.map { ($0.offset, $0.element) }
  }

  /// The diagonal element of a configuration, `[N]`.
  func diagonalElement(_ spins: UnsafePointer<Int8>) -> Double {
    var energy = 0.0
    for bond in diagonal {
      energy += spins[bond.first] == spins[bond.second] ? bond.coupling : -bond.coupling
    }
    for field in fields { energy += Double(spins[field.site]) * field.coefficient }
    return energy
  }

  /// The number of connections of a configuration, `[N]`.
  func count(_ spins: UnsafePointer<Int8>) -> Int {
    var count = flips.count
    for exchange in exchanges where spins[exchange.first] != spins[exchange.second] { count += 1 }
    return count
  }

  /// Returns one of the moves to connected configurations, all equally likely; nil where there is none.
  func randomMove(_ spins: UnsafePointer<Int8>, _ random: inout RandomSource) -> SpinMove? {
    let count = count(spins)
    if count == 0 { return nil }
    var place = Int(random.next() % UInt64(count))
    if place < flips.count { return .flip(flips[place].site) }
    place -= flips.count
    for exchange in exchanges where spins[exchange.first] != spins[exchange.second] {
      if place == 0 { return .exchange(exchange.first, exchange.second) }
      place -= 1
    }
    return nil
  }
}

/// What turns one configuration into another.
enum SpinMove: Sendable {
  /// Two spins change places.
  case exchange(Int, Int)
  /// One spin turns.
  case flip(Int)

  /// Applies the move, or takes it back.
  @inline(__always)
  func apply(to spins: UnsafeMutablePointer<Int8>) {
    switch self {
    case .exchange(let first, let second):
      let spin = spins[first]
      spins[first] = spins[second]
      spins[second] = spin
    case .flip(let site): spins[site] = -spins[site]
    }
  }
}
