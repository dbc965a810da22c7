internal import Configurations
internal import Parallelism

/// Which electrons are taken out of a state.
enum Holes {
  case alpha
  case beta
  case twoAlpha
  case twoBeta
  case alphaBeta

  /// The number of ways, of which each is a column: orbitals `p`, pairs `p > q` in the order
  /// `p (p − 1)/2 + q`, or pairs `p n + q` with `p` of α and `q` of β.
  func columns(orbitals n: Int) -> Int {
    switch self {
    case .alpha, .beta: n
    case .twoAlpha, .twoBeta: n * (n - 1) / 2
    case .alphaBeta: n * n
    }
  }

  /// The number of ways for some electrons.
  func ways(_ alphaCount: Int, _ betaCount: Int) -> Int {
    switch self {
    case .alpha: alphaCount
    case .beta: betaCount
    case .twoAlpha: alphaCount * (alphaCount - 1) / 2
    case .twoBeta: betaCount * (betaCount - 1) / 2
    case .alphaBeta: alphaCount * betaCount
    }
  }
}

/// The states that are left when electrons are taken out of a vector of determinants, and their overlaps.
///
/// A density matrix is the overlap matrix of such states, `Γ_IJ = ⟨A_I ψ|A_J ψ⟩` with `A_I` one annihilation
/// operator, or a product of two. Written over the determinants `K` of the remaining electrons, `A_I ψ = Σ_K v_K,I |K⟩`,
/// it is `Γ = Σ_K v_K v_Kᵀ`, where `v_K` has few elements: no pair of determinants is searched for. The `K` are
/// worked on in parts by their hash, which are added in a fixed order.
struct HoleStates<Word: ConfigurationWord> {
  private let configurations: [Configuration<Word>]
  private let coefficients: [Double]
  private let n: Int
  private let execution: Execution

  /// The number of elements `v_K,I` of a part, unless the matrix is so large that adding it up takes longer.
  static var partSize: Int { 1 << 18 }

  init(
    _ configurations: [Configuration<Word>], _ coefficients: [Double], orbitals: Int,
    execution: Execution
  ) {
    self.configurations = configurations
    self.coefficients = coefficients
    n = orbitals
    self.execution = execution
  }

  /// Returns `Γ`, `[columns, columns]`.
  func overlaps(_ holes: Holes) -> [Double] {
    let columns = holes.columns(orbitals: n)
    var total = [Double](repeating: 0, count: columns * columns)
    guard let first = configurations.first else { return total }
    let ways = holes.ways(first.alpha.nonzeroBitCount, first.beta.nonzeroBitCount)
    let size = max(Self.partSize, columns * columns / 4)
    let parts = max(1, (ways * configurations.count + size - 1) / size)
    for start in stride(from: 0, to: parts, by: execution.threads) {
      let sums = execution.map(min(execution.threads, parts - start)) {
        part(start + $0, of: parts, holes, columns)
      }
      for sum in sums {
        for place in total.indices { total[place] += sum[place] }
      }
    }
    // The lower triangle was summed.
    for row in 0..<columns {
      for column in 0..<row { total[column * columns + row] = total[row * columns + column] }
    }
    return total
  }

  /// Sums over the `K` of one part, into the lower triangle.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  private func part(_ part: Int, of parts: Int, _ holes: Holes, _ columns: Int) -> [Double] {
    var keys: [Configuration<Word>] = []
    var places: [Int32] = []
    var values: [Double] = []
    for (number, x) in configurations.enumerated() {
      let value = coefficients[number]
      forEachWay(of: x, holes) { key, column, isOdd in
        let hash = key.fingerprint &>> 40
        guard Int(truncatingIfNeeded: (hash &* UInt64(parts)) &>> 24) == part else { return }
        keys.append(key)
        places.append(Int32(truncatingIfNeeded: column))
        values.append(isOdd ? -value : value)
      }
    }
    let (groups, count) = Self.group(keys)
    // Elements by group, in the order in which they were found.
    var starts = [Int](repeating: 0, count: count + 1)
    for group in groups { starts[Int(group) + 1] += 1 }
    for group in 0..<count { starts[group + 1] += starts[group] }
    var next = starts
    var sortedPlaces = places
    var sortedValues = values
    for (element, group) in groups.enumerated() {
      let place = next[Int(group)]
      next[Int(group)] = place + 1
      sortedPlaces[place] = places[element]
      sortedValues[place] = values[element]
    }
    var sum = [Double](repeating: 0, count: columns * columns)
    sum.withUnsafeMutableBufferPointer { sum in
      for group in 0..<count {
        for row in starts[group]..<starts[group + 1] {
          let i = Int(sortedPlaces[row])
          let value = sortedValues[row]
          for column in starts[group]...row {
            let j = Int(sortedPlaces[column])
            sum[max(i, j) &* columns &+ min(i, j)] += value * sortedValues[column]
          }
        }
      }
    }
    return sum
  }

  /// Numbers equal keys alike, from 0 in the order of their first place.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  private static func group(_ keys: [Configuration<Word>]) -> (numbers: [Int32], count: Int) {
    var size = 64
    while size < 2 * keys.count { size *= 2 }
    var slots = [Int32](repeating: -1, count: size)
    var firsts: [Int32] = []
    var numbers = [Int32](repeating: 0, count: keys.count)
    for (place, key) in keys.enumerated() {
      var slot = Int(truncatingIfNeeded: key.fingerprint) & (size - 1)
      while true {
        let number = slots[slot]
        if number < 0 {
          slots[slot] = Int32(truncatingIfNeeded: firsts.count)
          numbers[place] = slots[slot]
          firsts.append(Int32(truncatingIfNeeded: place))
          break
        }
        if keys[Int(firsts[Int(number)])] == key {
          numbers[place] = number
          break
        }
        slot = (slot + 1) & (size - 1)
      }
    }
    return (numbers, firsts.count)
  }

  /// Takes electrons out of a determinant in every way.
  ///
  /// Signs that all determinants of a sector share are left out.
  @inline(__always)
  private func forEachWay(
    of x: Configuration<Word>, _ holes: Holes, _ body: (Configuration<Word>, Int, Bool) -> Void
  ) {
    switch holes {
    case .alpha:
      forEachBit(x.alpha) { p, bit, isOdd in
        body(Configuration(alpha: x.alpha ^ bit, beta: x.beta), p, isOdd)
      }
    case .beta:
      forEachBit(x.beta) { p, bit, isOdd in
        body(Configuration(alpha: x.alpha, beta: x.beta ^ bit), p, isOdd)
      }
    case .twoAlpha:
      forEachPair(x.alpha) { column, bits, isOdd in
        body(Configuration(alpha: x.alpha ^ bits, beta: x.beta), column, isOdd)
      }
    case .twoBeta:
      forEachPair(x.beta) { column, bits, isOdd in
        body(Configuration(alpha: x.alpha, beta: x.beta ^ bits), column, isOdd)
      }
    case .alphaBeta:
      forEachBit(x.alpha) { p, first, isFirstOdd in
        forEachBit(x.beta) { q, second, isSecondOdd in
          body(
            Configuration(alpha: x.alpha ^ first, beta: x.beta ^ second), p &* n &+ q,
            isFirstOdd != isSecondOdd)
        }
      }
    }
  }

  /// Calls with each set bit, and whether the number of set bits below is odd.
  @inline(__always)
  private func forEachBit(_ word: Word, _ body: (Int, Word, Bool) -> Void) {
    var left = word
    var isOdd = false
    while left != 0 {
      let p = left.trailingZeroBitCount
      body(p, 1 &<< Word(truncatingIfNeeded: p), isOdd)
      left &= left &- 1
      isOdd.toggle()
    }
  }

  /// Calls with each pair of set bits `p > q`, and whether `a_p a_q` gives a sign.
  @inline(__always)
  private func forEachPair(_ word: Word, _ body: (Int, Word, Bool) -> Void) {
    forEachBit(word) { p, first, isFirstOdd in
      forEachBit(word & (first &- 1)) { q, second, isSecondOdd in
        // The electron in q is gone when the one in p goes.
        body(p &* (p &- 1) / 2 &+ q, first | second, isFirstOdd == isSecondOdd)
      }
    }
  }
}
