import Configurations
import Foundation
import Hamiltonians
import SpinDistributions

/// The logarithm of a sum of exponentials.
func logSum(_ values: [Double]) -> Double {
  let largest = values.reduce(-.infinity, max)
  return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
}

/// The oracle of the heat bath: one square block of a model, without any scaling or single precision.
struct ReferenceBlock {
  let model: ClassicalIsing
  let row: Int
  let column: Int
  let side: Int

  /// `H` of the bonds of the inside `[l, l]`, those to its border `[4 l]` among them, which is in the order
  /// top, right, bottom, left.
  func energy(_ spins: [Double], _ border: [Double]) -> Double {
    /// The spin of a place in the block's coordinates.
    func spin(_ r: Int, _ c: Int) -> Double {
      if r < 0 { return border[c] }
      if c >= side { return border[side + r] }
      if r >= side { return border[2 * side + c] }
      if c < 0 { return border[3 * side + r] }
      return spins[r * side + c]
    }
    func site(_ r: Int, _ c: Int) -> Int { model.site(row: row + r, column: column + c) }
    var energy = 0.0
    for a in -1..<side {
      for b in 0..<side {
        energy -= model.down(of: site(a, b)) * spin(a, b) * spin(a + 1, b)
        energy -= model.right(of: site(b, a)) * spin(b, a) * spin(b, a + 1)
      }
    }
    return energy
  }

  /// Spins from bits.
  static func spins(_ state: Int, _ count: Int) -> [Double] {
    (0..<count).map { state >> $0 & 1 == 1 ? 1 : -1 }
  }

  /// `−β H` of all states of the inside.
  func logWeights(_ border: [Double], beta: Double) -> [Double] {
    (0..<1 << (side * side)).map { -beta * energy(Self.spins($0, side * side), border) }
  }

  /// ln Z from row to row, by logarithms.
  func logPartition(_ border: [Double], beta: Double) -> Double {
    let states = 1 << side
    let rows = (0..<states).map { Self.spins($0, side) }
    func site(_ r: Int, _ c: Int) -> Int { model.site(row: row + r, column: column + c) }
    func between(_ r: Int, _ above: [Double], _ below: [Double]) -> Double {
      (0..<side).reduce(0) { $0 + beta * model.down(of: site(r - 1, $1)) * above[$1] * below[$1] }
    }
    func within(_ r: Int, _ spins: [Double]) -> Double {
      let line = [border[3 * side + r]] + spins + [border[side + r]]
      return (0...side).reduce(0) {
        $0 + beta * model.right(of: site(r, $1 - 1)) * line[$1] * line[$1 + 1]
      }
    }
    var logs = rows.map { between(0, Array(border[..<side]), $0) + within(0, $0) }
    for r in 1..<max(side, 1) {
      logs = rows.map { below in
        within(r, below) + logSum(rows.indices.map { logs[$0] + between(r, rows[$0], below) })
      }
    }
    return logSum(
      rows.indices.map { logs[$0] + between(side, rows[$0], Array(border[2 * side..<3 * side])) })
  }
}

/// A model with normal couplings of both signs.
func glass(length: Int, seed: UInt64) -> ClassicalIsing {
  var random = RandomSource(seed: seed)
  let bonds = (0..<2 * length * length).map { _ in random.normal() }
  return ClassicalIsing(
    length: length,
    couplings: .bonds(
      right: Array(bonds[..<(length * length)]), down: Array(bonds[(length * length)...])))
}

/// How many standard deviations a χ² variable lies above what is usual, after Wilson and Hilferty; cells
/// with an expected count below 5 are merged.
func chiSquaredDeviate(observed: [Double], expected: [Double]) -> Double {
  let rare = expected.indices.filter { expected[$0] < 5 }
  var cells = expected.indices.filter { expected[$0] >= 5 }.map { (observed[$0], expected[$0]) }
  cells.append(rare.reduce((0, 1e-9)) { ($0.0 + observed[$1], $0.1 + expected[$1]) })
  if cells[cells.count - 1].1 < 5, cells.count > 1 {
    let last = cells.removeLast()
    cells[cells.count - 1].0 += last.0
    cells[cells.count - 1].1 += last.1
  }
  let value = cells.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
  let degrees = Double(max(cells.count - 1, 1))
  let width = 2 / (9 * degrees)
  return (pow(value / degrees, 1.0 / 3) - (1 - width)) / width.squareRoot()
}
