internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra
internal import Parallelism

/// A spin Hamiltonian as a matrix-free operator on the vectors of a basis.
///
/// Rows are gathered, `y[r] = H_rr x[r] + Σ_c H_rc x[c]`: each is written by one thread, so the
/// result does not depend on how many there are.
struct LatticeOperator {
  private struct Exchange: Sendable {
    var distance: UInt64
    var mask: UInt64
    var element: Double
  }

  private struct Flip: Sendable {
    var mask: UInt64
    var element: Double
  }

  private let basis: LatticeBasis
  private let exchanges: [Exchange]
  private let flips: [Flip]
  private let diagonal: [Double]
  /// Ranges of blocks (high halves) of about equal numbers of rows.
  private let tasks: [Range<Int>]
  private let execution: Execution

  /// Creates the operator; the Hamiltonian must not lead out of the basis.
  init(
    _ hamiltonian: SpinHamiltonian<UInt64>, on basis: LatticeBasis, execution: Execution
  ) {
    precondition(hamiltonian.siteCount == basis.siteCount, "the lattices differ")
    precondition(
      basis.upCount == nil || hamiltonian.conservesMagnetization, "the field leaves the sector")
    self.basis = basis
    self.execution = execution
    exchanges = hamiltonian.bondGroups.filter { $0.exchange != 0 }.map {
      Exchange(distance: UInt64($0.distance), mask: $0.mask, element: $0.exchange)
    }
    flips = hamiltonian.fieldGroups.map { Flip(mask: $0.mask, element: $0.coefficient) }
    let blocks = basis.blockOffsets.count - 1
    let target = max(256, basis.dimension / 256)
    var tasks: [Range<Int>] = []
    var start = 0
    for block in 1...blocks
    where block == blocks || basis.blockOffsets[block] - basis.blockOffsets[start] >= target {
      tasks.append(start..<block)
      start = block
    }
    self.tasks = tasks
    diagonal = [Double](unsafeUninitializedCapacity: basis.dimension) { buffer, initialized in
      nonisolated(unsafe) let target = buffer
      let lowBits = UInt64(basis.lowBits)
      Self.forEachBlock(of: basis, tasks, execution) { high, first, lows in
        for place in 0..<lows.count {
          target[first + place] = hamiltonian.diagonalElement(
            Configuration(alpha: high << lowBits | lows[place]))
        }
      }
      initialized = basis.dimension
    }
  }

  /// Computes `y ← H x`.
  func apply(_ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    nonisolated(unsafe) let x = x
    nonisolated(unsafe) let y = y
    let lowBits = UInt64(basis.lowBits)
    let lowMask = ((1 as UInt64) << lowBits) - 1
    let sector = basis.upCount != nil
    diagonal.withUnsafeBufferPointer { diagonal in
      basis.lowRanks.withUnsafeBufferPointer { lowRanks in
        basis.blockOffsets.withUnsafeBufferPointer { offsets in
          exchanges.withUnsafeBufferPointer { exchanges in
            flips.withUnsafeBufferPointer { flips in
              nonisolated(unsafe) let tables = (diagonal, lowRanks, offsets, exchanges, flips)
              Self.forEachBlock(of: basis, tasks, execution) { high, first, lows in
                let (diagonal, lowRanks, offsets, exchanges, flips) = tables
                for place in 0..<lows.count {
                  let row = first + place
                  let spins = high &<< lowBits | lows[place]
                  var sum = diagonal[row] * x[row]
                  for exchange in exchanges {
                    var partners = 0.0
                    let pair = (1 as UInt64) | (1 &<< exchange.distance)
                    var antiparallel =
                      (spins ^ (spins &>> exchange.distance)) & exchange.mask
                    while antiparallel != 0 {
                      let other = spins ^ (pair &<< UInt64(antiparallel.trailingZeroBitCount))
                      let column =
                        sector
                        ? offsets[Int(truncatingIfNeeded: other &>> lowBits)]
                          &+ Int(lowRanks[Int(truncatingIfNeeded: other & lowMask)])
                        : Int(truncatingIfNeeded: other)
                      partners += x[column]
                      antiparallel &= antiparallel &- 1
                    }
                    sum += exchange.element * partners
                  }
                  for flip in flips {
                    var partners = 0.0
                    var sites = flip.mask
                    while sites != 0 {
                      let site = sites & (0 &- sites)
                      partners += x[Int(truncatingIfNeeded: spins ^ site)]
                      sites ^= site
                    }
                    sum += flip.element * partners
                  }
                  y[row] = sum
                }
              }
            }
          }
        }
      }
    }
  }

  /// Returns `⟨x|H|x⟩` of a vector of norm 1.
  func expectation(_ vector: [Double]) -> Double {
    var product = [Double](repeating: 0, count: vector.count)
    vector.withUnsafeBufferPointer { vector in
      product.withUnsafeMutableBufferPointer { product in
        guard let source = vector.baseAddress, let target = product.baseAddress else { return }
        apply(source, target)
      }
    }
    return zip(vector, product).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Calls `body(high half, first row, low halves)` for each block that has rows, in parallel.
  @inline(__always)
  private static func forEachBlock(
    of basis: LatticeBasis, _ tasks: [Range<Int>], _ execution: Execution,
    _ body: @Sendable (UInt64, Int, UnsafeBufferPointer<UInt64>) -> Void
  ) {
    let allLows = basis.upCount == nil ? Array(0..<UInt64(1 << basis.lowBits)) : []
    execution.parallelFor(tasks.count) { task in
      for block in tasks[task] {
        let first = basis.blockOffsets[block]
        if basis.blockOffsets[block + 1] == first { continue }
        let high = UInt64(block)
        let lows = basis.upCount.map { basis.lowStates[$0 - high.nonzeroBitCount] } ?? allLows
        lows.withUnsafeBufferPointer { body(high, first, $0) }
      }
    }
  }
}
