internal import Foundation
public import Hamiltonians
public import Parallelism

/// A small classical Ising model with any couplings on the torus, solved exactly.
///
/// For each configuration of the first row the weights of all configurations of the last one are
/// found site by site, by one sparse factor of the transfer matrix for each bond to the next row, and
/// the torus is closed at the end: `O(L² 4^L)` operations. First and second derivatives by β are
/// carried along with the weights.
///
/// ### Accuracy
///
/// Some ten roundings in `ln Z` and the energy. The weight `exp(β Σ|J_ij|)` of a state that satisfies
/// all bonds is taken out, so that entropy and specific heat of low temperatures are sums of small
/// terms where nothing is frustrated. In general the entropy is accurate relative to β times the mean
/// energy of broken bonds, the specific heat relative to its square.
///
/// Results do not depend on the number of threads.
public struct IsingTransferMatrix: Sendable {
  /// The longest lattice that is accepted, 13: some twenty seconds on one thread.
  public static let lengthLimit = 13

  private let model: ClassicalIsing
  private let execution: Execution

  /// Prepares the solution of a model.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - execution: The threads to use.
  /// - Throws: ``IsingSolverError`` where the lattice is too long.
  public init(
    _ model: ClassicalIsing, execution: Execution = Execution()
  ) throws(IsingSolverError) {
    guard model.length <= Self.lengthLimit else {
      throw IsingSolverError(
        .tooLarge,
        "the transfer matrix of \(model.length) sites a row is too large; lattices of up to "
          + "\(Self.lengthLimit)x\(Self.lengthLimit) are solved with couplings that differ or that "
          + "frustrate the torus")
    }
    self.model = model
    self.execution = execution
  }

  /// Returns the equilibrium at a temperature.
  ///
  /// - Parameter beta: β, at least 0, and so that `6 β L max|J| ≤ 650`: weights of lower temperatures
  ///   leave the range of a Double.
  /// - Returns: ln Z with its derivatives.
  /// - Throws: ``IsingSolverError`` where β is not in this range.
  public func thermodynamics(
    inverseTemperature beta: Double
  ) throws(IsingSolverError) -> IsingThermodynamics {
    try IsingSolverError.check(inverseTemperature: beta)
    let largest = model.largestCoupling
    let limit = 650 / Double(6 * model.length)
    guard beta * largest <= limit else {
      throw IsingSolverError(
        .invalidTemperature,
        "β times the largest coupling is \(beta * largest), and the transfer matrix of "
          + "\(model.length) sites a row holds up to \(limit); choose a higher temperature")
    }
    let rows = (0..<model.length).map { TransferRow(model, row: $0, inverseTemperature: beta) }
    // A flip of all spins changes nothing: the last spin of the first row is held up.
    let parts = execution.map(1 << (model.length - 1)) { first in
      Self.trace(rows, first: first)
    }
    let scale = parts.reduce(-Double.infinity) { max($0, $1.logScale) }
    let sum = parts.reduce(SecondOrderJet(0)) { $0 + exp($1.logScale - scale) * $1.weight }
    let ground = (0..<model.siteCount).reduce(0.0) {
      $0 - abs(model.right(of: $1)) - abs(model.down(of: $1))
    }
    return IsingThermodynamics(
      siteCount: model.siteCount, inverseTemperature: beta, groundEnergy: ground,
      excess: (2 * sum).logarithm + scale)
  }

  /// Returns the sum over all configurations with a given first row.
  private static func trace(
    _ rows: [TransferRow], first: Int
  ) -> (logScale: Double, weight: SecondOrderJet) {
    var weights = RowWeights(count: 1 << rows.count, only: first)
    var logScale = 0.0
    for (r, row) in rows.enumerated() {
      weights.multiply(alongRow: row)
      for column in row.down.indices { weights.advance(column, row.down[column]) }
      if r + 1 < rows.count { logScale += weights.rescale() }
    }
    return (logScale, weights[first])
  }
}

/// The bonds that start in one row of the lattice, as weights.
///
/// A bond that is satisfied has the weight 1; one that is not, `exp(−2β|J|)`.
private struct TransferRow: Sendable {
  /// A bond to the next row.
  struct Bond: Sendable {
    /// Whether equal spins satisfy it.
    let isFerromagnetic: Bool
    /// 2|J|, the energy of breaking it.
    let energy: Double
    /// `exp(−2β|J|)`.
    let weight: Double
  }

  /// `[L]`.
  let down: [Bond]
  /// `[2^L]`: the energy of the broken bonds within the row.
  let energies: [Double]
  /// `[2^L]`: its Boltzmann factor.
  let weights: [Double]

  init(_ model: ClassicalIsing, row: Int, inverseTemperature beta: Double) {
    let length = model.length
    down = (0..<length).map { column in
      let coupling = model.down(of: model.site(row: row, column: column))
      let energy = 2 * abs(coupling)
      return Bond(
        isFerromagnetic: coupling >= 0, energy: energy, weight: exp(-beta * energy))
    }
    energies = (0..<1 << length).map { state in
      (0..<length).reduce(0.0) { energy, column in
        let coupling = model.right(of: model.site(row: row, column: column))
        let isEqual = (state >> column ^ state >> ((column + 1) % length)) & 1 == 0
        return isEqual == (coupling >= 0) ? energy : energy + 2 * abs(coupling)
      }
    }
    weights = energies.map { exp(-beta * $0) }
  }
}

/// Weights of the `2^L` configurations of a row, with derivatives by β.
private struct RowWeights {
  private var values: [Double]
  private var firsts: [Double]
  private var seconds: [Double]

  /// Gives one configuration the weight 1 and all others none.
  init(count: Int, only state: Int) {
    values = Array(repeating: 0, count: count)
    firsts = values
    seconds = values
    values[state] = 1
  }

  subscript(state: Int) -> SecondOrderJet {
    SecondOrderJet(values[state], firsts[state], seconds[state])
  }

  /// Applies the bonds within the row.
  mutating func multiply(alongRow row: TransferRow) {
    for state in values.indices {
      let (w, e) = (row.weights[state], row.energies[state])
      seconds[state] = w * (seconds[state] - e * (2 * firsts[state] - e * values[state]))
      firsts[state] = w * (firsts[state] - e * values[state])
      values[state] *= w
    }
  }

  /// Goes on from the spin of a column to the spin below it.
  mutating func advance(_ column: Int, _ bond: TransferRow.Bond) {
    let (w, e) = (bond.weight, bond.energy)
    // Of a ferromagnetic bond, the broken one of an up spin comes from a down spin.
    let stride = 1 << column
    let (kept, turned) = bond.isFerromagnetic ? (0, stride) : (stride, 0)
    values.withUnsafeMutableBufferPointer { a in
      firsts.withUnsafeMutableBufferPointer { b in
        seconds.withUnsafeMutableBufferPointer { c in
          for block in Swift.stride(from: 0, to: a.count, by: 2 * stride) {
            for low in block..<block + stride {
              let (i, j) = (low + kept, low + turned)
              // x satisfies the bond below a down spin, y below an up spin.
              let (x, y) = (a[i], a[j])
              let (dx, dy) = (b[i], b[j])
              let (ddx, ddy) = (c[i], c[j])
              let up = low + stride
              a[low] = x + w * y
              a[up] = y + w * x
              b[low] = dx + w * (dy - e * y)
              b[up] = dy + w * (dx - e * x)
              c[low] = ddx + w * (ddy - e * (2 * dy - e * y))
              c[up] = ddy + w * (ddx - e * (2 * dx - e * x))
            }
          }
        }
      }
    }
  }

  /// Divides by the largest weight and returns its logarithm.
  mutating func rescale() -> Double {
    let largest = values.reduce(0, max)
    let factor = 1 / largest
    for state in values.indices {
      values[state] *= factor
      firsts[state] *= factor
      seconds[state] *= factor
    }
    return log(largest)
  }
}
