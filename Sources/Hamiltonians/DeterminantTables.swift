internal import Integrals
internal import LinearAlgebra

/// A read-only block of numbers that kernels read through a bare pointer.
///
/// A plain value without reference counts, so that kernels copy it for nothing; its memory lives
/// as long as the arena that made it.
struct Table<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  // Unchecked: written only before the owner is shared.
  let count: Int
  let base: UnsafeMutablePointer<Element>
}

/// The owner of tables' memory.
final class TableArena: @unchecked Sendable {
  // Unchecked: grows only before the owner is shared.
  private var blocks: [UnsafeMutableRawPointer] = []

  func table<Element>(count: Int, repeating value: Element) -> Table<Element> {
    let base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
    base.initialize(repeating: value, count: max(count, 1))
    blocks.append(UnsafeMutableRawPointer(base))
    return Table(count: count, base: base)
  }

  func table<Element>(_ values: [Element], filler: Element) -> Table<Element> {
    let table = table(count: values.count, repeating: filler)
    for (index, value) in values.enumerated() { table.base[index] = value }
    return table
  }

  deinit { for block in blocks { block.deallocate() } }
}

/// The row of `(p, q)`, `p < q`, in a packed strict lower triangle.
@inline(__always)
func strictPair(_ low: Int, _ high: Int) -> Int { high * (high - 1) / 2 + low }

/// What one electron of a given spin sees: the tables behind diagonals, singles and same-spin
/// doubles.
///
/// `n` orbitals, `m = n(n+1)/2` pairs, `k = n(n−1)/2` strict pairs; `σ` is this spin, `τ` the other.
struct SpinTables: Sendable {
  /// `h_pp`, `[n]`.
  let oneBody: Table<Double>
  /// `(pp|qq) − (pq|qp)` of σ with σ, `[n, n]`.
  let sameDiagonal: Table<Double>
  /// `(pp|qq)` of σ with τ, `[n, n]`.
  let mixedDiagonal: Table<Double>
  /// The number of pairs `p > q` that symmetry allows a single replacement to use, `s`.
  let singleCount: Int
  /// The place of a pair among the allowed ones, `[m]`, or −1.
  let singleIndex: Table<Int32>
  /// `h_pq` of the allowed pairs, `[s]`.
  let singleOneBody: Table<Double>
  /// `(pq|kk) − (pk|kq)` of σ with σ, `[n, s]`, row `k`.
  let singleSame: Table<Double>
  /// `(pq|kk)` of σ with τ, `[n, s]`, row `k`.
  let singleMixed: Table<Double>
  /// `(ia|jb) − (ib|ja)`, `[k, k]`, row `i < j`, column `a < b`.
  let antisymmetrised: Table<Double>
  /// The doubles `ij → ab` of each row, largest first.
  let doubles: HeatBathLists?

  init(
    _ arena: TableArena, n: Int, irreps: [Int], oneBody h: [Double],
    same: (Int, Int, Int, Int) -> Double,
    mixed: (Int, Int, Int, Int) -> Double, heatBathFloor: Double?
  ) {
    let pairs = MolecularIntegrals.pairCount(n)
    oneBody = arena.table(count: n, repeating: 0)
    sameDiagonal = arena.table(count: n * n, repeating: 0)
    mixedDiagonal = arena.table(count: n * n, repeating: 0)
    for p in 0..<n {
      oneBody.base[p] = h[MolecularIntegrals.pair(p, p)]
      for q in 0..<n {
        sameDiagonal.base[p * n + q] = same(p, p, q, q) - same(p, q, q, p)
        mixedDiagonal.base[p * n + q] = mixed(p, p, q, q)
      }
    }

    singleIndex = arena.table(count: pairs, repeating: -1)
    var allowed: [(p: Int, q: Int)] = []
    for p in 0..<n {
      for q in 0..<p where irreps[p] == irreps[q] {
        singleIndex.base[MolecularIntegrals.pair(p, q)] = Int32(allowed.count)
        allowed.append((p, q))
      }
    }
    let singles = allowed.count
    singleCount = singles
    singleOneBody = arena.table(count: singles, repeating: 0)
    singleSame = arena.table(count: n * singles, repeating: 0)
    singleMixed = arena.table(count: n * singles, repeating: 0)
    for (s, pair) in allowed.enumerated() {
      singleOneBody.base[s] = h[MolecularIntegrals.pair(pair.p, pair.q)]
      for k in 0..<n {
        singleSame.base[k * singles + s] =
          same(pair.p, pair.q, k, k) - same(pair.p, k, k, pair.q)
        singleMixed.base[k * singles + s] = mixed(pair.p, pair.q, k, k)
      }
    }

    let strict = n * (n - 1) / 2
    antisymmetrised = arena.table(count: strict * strict, repeating: 0)
    for j in 0..<n {
      for i in 0..<j {
        let row = antisymmetrised.base + strictPair(i, j) * strict
        for b in 0..<n {
          for a in 0..<b where irreps[i] ^ irreps[j] == irreps[a] ^ irreps[b] {
            row[strictPair(a, b)] = same(i, a, j, b) - same(i, b, j, a)
          }
        }
      }
    }
    if let heatBathFloor {
      let elements = antisymmetrised.base
      doubles = HeatBathLists(
        arena, rows: strict, floor: heatBathFloor,
        rowElements: { row, visit in
          var j = 1
          while strictPair(0, j + 1) <= row { j += 1 }
          let i = row - strictPair(0, j)
          for b in 0..<n where b != i && b != j {
            for a in 0..<b where a != i && a != j {
              visit(a, b, elements[row * strict + strictPair(a, b)])
            }
          }
        })
    } else {
      doubles = nil
    }
  }
}

/// For each pair of electrons that leave, the pairs of orbitals that they can go to, largest
/// matrix element first.
///
/// The lists of heat-bath CI (A. Holmes, N. Tubman, C. Umrigar, J. Chem. Theory Comput. 12, 3674
/// (2016)): with a cutoff, a loop over a list ends at the first element that is too small.
/// Elements at or below ``floor`` are left out, so that a list answers only cutoffs from there up.
struct HeatBathLists: Sendable {
  /// The magnitude at or below which elements are not listed.
  let floor: Double
  /// Where each row starts, `[rows + 1]`.
  let starts: Table<Int>
  private let rows: Int
  /// At `k · rows + row`, the number of entries above the cutoff `2^(k + lowestExponent)`.
  private let counts: Table<Int32>
  /// The elements, by row, of falling magnitude.
  let elements: Table<Double>
  /// The targets, `a` in the low and `b` in the high byte.
  let targets: Table<UInt16>

  init(
    _ arena: TableArena, rows: Int, floor: Double,
    rowElements: (_ row: Int, _ visit: (_ a: Int, _ b: Int, _ element: Double) -> Void) -> Void
  ) {
    self.floor = floor
    starts = arena.table(count: rows + 1, repeating: 0)
    var allElements: [Double] = []
    var allTargets: [UInt16] = []
    var list: [(element: Double, target: UInt16)] = []
    for row in 0..<rows {
      list.removeAll(keepingCapacity: true)
      rowElements(row) { a, b, element in
        if abs(element) > floor { list.append((element, UInt16(a) | UInt16(b) << 8)) }
      }
      list.sort {
        abs($0.element) != abs($1.element)
          ? abs($0.element) > abs($1.element) : $0.target < $1.target
      }
      for entry in list {
        allElements.append(entry.element)
        allTargets.append(entry.target)
      }
      starts.base[row + 1] = allElements.count
    }
    self.rows = rows
    counts = arena.table(count: max(rows, 1) * Self.exponentCount, repeating: 0)
    for place in 0..<Self.exponentCount {
      let cutoff = Double(
        sign: .plus, exponent: place + Self.lowestExponent, significand: 1)
      for row in 0..<rows {
        var end = starts.base[row]
        while end < starts.base[row + 1], place == 0 || abs(allElements[end]) > cutoff { end += 1 }
        counts.base[place * rows + row] = Int32(end - starts.base[row])
      }
    }
    elements = arena.table(allElements, filler: 0)
    targets = arena.table(allTargets, filler: 0)
  }

  private static let lowestExponent = -24
  private static let exponentCount = 32

  /// The numbers of entries of each row, `[rows]`, above a power of two not above the cutoff: at
  /// least, and rarely many more than, those above the cutoff.
  @inline(__always)
  func rowBounds(above cutoff: Double) -> UnsafePointer<Int32> {
    let exponent = cutoff > 0 ? Int(truncatingIfNeeded: cutoff.exponent) : Self.lowestExponent
    let place = min(max(exponent - Self.lowestExponent, 0), Self.exponentCount - 1)
    return UnsafePointer(counts.base + place * rows)
  }
}

/// Everything that the matrix elements of an electronic Hamiltonian are read from.
final class DeterminantTables: Sendable {
  let n: Int
  let coreEnergy: Double
  private let arena: TableArena
  /// The irrep of each orbital; all 0 where the integrals have none.
  let irreps: Table<Int>
  /// One more than the largest product of irreps, a power of two.
  let irrepCount: Int
  let alpha: SpinTables
  let beta: SpinTables
  /// `(ia|jb)` with `ia` α and `jb` β, `[m, m]`.
  let mixed: Table<Double>
  /// The α–β doubles of each row `i·n + j`, largest first.
  let mixedDoubles: HeatBathLists?

  /// What energies are measured by.
  let energyScale: Double
  /// The smallest magnitude that the heat-bath lists hold, in units of the scale.
  static let heatBathFloor = 1e-7
  /// The most orbitals for which lists are kept: they take up to `10 n⁴` bytes.
  static let heatBathOrbitals = 64

  init(_ integrals: MolecularIntegrals) {
    let n = integrals.orbitalCount
    let pairs = MolecularIntegrals.pairCount(n)
    let irreps = integrals.orbitalIrreps.map { $0.map(Int.init) } ?? .init(repeating: 0, count: n)
    precondition(irreps.count == n, "\(irreps.count) irreps for \(n) orbitals")
    self.n = n
    let arena = TableArena()
    self.arena = arena
    self.irreps = arena.table(irreps, filler: 0)
    coreEnergy = integrals.coreEnergy
    energyScale = integrals.energyScale
    var groups = 1
    while groups <= (irreps.max() ?? 0) { groups *= 2 }
    irrepCount = groups

    let mixed = arena.table(count: pairs * pairs, repeating: 0.0)
    integrals.twoBodyAlphaAlpha.withUnsafeBufferPointer { restricted in
      for row in 0..<pairs {
        for column in 0..<pairs {
          mixed.base[row * pairs + column] =
            integrals.twoBodyAlphaBeta?[row * pairs + column]
            ?? restricted[MolecularIntegrals.pair(row, column)]
        }
      }
    }
    self.mixed = mixed

    func reader(_ packed: [Double]) -> (Int, Int, Int, Int) -> Double {
      { p, q, r, s in
        packed[
          MolecularIntegrals.pair(
            MolecularIntegrals.pair(p, q), MolecularIntegrals.pair(r, s))]
      }
    }
    let mixedReader: (Int, Int, Int, Int) -> Double = { p, q, r, s in
      mixed.base[MolecularIntegrals.pair(p, q) * pairs + MolecularIntegrals.pair(r, s)]
    }
    let floor = n <= Self.heatBathOrbitals ? Self.heatBathFloor * energyScale : nil
    let alpha = SpinTables(
      arena, n: n, irreps: irreps, oneBody: integrals.oneBodyAlpha,
      same: reader(integrals.twoBodyAlphaAlpha), mixed: mixedReader, heatBathFloor: floor)
    self.alpha = alpha
    if let oneBody = integrals.oneBodyBeta, let same = integrals.twoBodyBetaBeta {
      beta = SpinTables(
        arena, n: n, irreps: irreps, oneBody: oneBody, same: reader(same),
        mixed: { p, q, r, s in mixedReader(r, s, p, q) }, heatBathFloor: floor)
    } else {
      beta = alpha
    }
    mixedDoubles = floor.map { floor in
      HeatBathLists(arena, rows: n * n, floor: floor) { row, visit in
        let i = row / max(n, 1)
        let j = row % max(n, 1)
        for a in 0..<n where a != i {
          for b in 0..<n where b != j && irreps[i] ^ irreps[a] == irreps[j] ^ irreps[b] {
            visit(a, b, mixedReader(i, a, j, b))
          }
        }
      }
    }
  }
}
