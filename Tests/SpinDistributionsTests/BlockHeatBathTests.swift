import Configurations
import Foundation
import Hamiltonians
import SpinDistributions
import Testing

@Suite struct BlockHeatBathTests {
  static let models = [
    ClassicalIsing(length: 16), ClassicalIsing(length: 16, couplings: .uniform(-0.8)),
    glass(length: 16, seed: 3),
  ]

  /// `[4 l, 32]`: random borders, and where `frustrates` some that set the block's sides against
  /// each other.
  private func borders(_ side: Int, count: Int, frustrates: Bool = true) -> [Float] {
    var random = RandomSource(seed: 17)
    var borders = [Float](repeating: 0, count: 4 * side * 32)
    for index in 0..<4 * side {
      for column in 0..<count {
        var spin: Float = random.next() % 2 == 0 ? 1 : -1
        let (edge, k) = (index / side, index % side)
        if frustrates {
          if column == 0 { spin = 1 }
          if column == 1 { spin = edge < 2 ? 1 : -1 }
          if column == 2 { spin = edge % 2 == 0 ? 1 : -1 }
          // One row against all that follow.
          if column == 3 { spin = edge == 0 || edge % 2 == 1 && k == 0 ? 1 : -1 }
          if column == 4 { spin = edge == 2 || edge % 2 == 1 && k == side - 1 ? 1 : -1 }
        }
        borders[index * 32 + column] = spin
      }
    }
    return borders
  }

  private func column(_ borders: [Float], _ column: Int) -> [Double] {
    (0..<borders.count / 32).map { Double(borders[$0 * 32 + column]) }
  }

  @Test func oraclesAgree() {
    let block = ReferenceBlock(model: glass(length: 16, seed: 3), row: 14, column: 5, side: 3)
    let borders = borders(3, count: 21)
    for index in 0..<21 {
      let border = column(borders, index)
      let enumerated = logSum(block.logWeights(border, beta: 0.7))
      #expect(abs(enumerated - block.logPartition(border, beta: 0.7)) < 1e-10)
    }
  }

  @Test(arguments: [1, 3, 7], models.indices)
  func partitionFunctionsMatchReference(_ side: Int, _ model: Int) {
    let block = ReferenceBlock(model: Self.models[model], row: 13, column: 5, side: side)
    let borders = borders(side, count: 21)
    let heatBath = BlockHeatBath(side: side)
    for beta in [0, 0.44, 1.4, 3, 10] where Self.isPossible(beta, side, model) {
      let weights = BlockHeatBath.Weights(
        BlockCouplings(block.model, row: 13, column: 5, side: side), beta: beta)
      var logs = [Double](repeating: 2, count: 21)
      heatBath.addLogPartition(borders, stride: 32, count: 21, weights: weights, to: &logs)
      // Those of seven by seven take their time.
      for index in Swift.stride(from: 0, to: 21, by: side == 7 && index(of: beta) > 0 ? 3 : 1) {
        let expected = 2 + block.logPartition(column(borders, index), beta: beta)
        #expect(abs(logs[index] - expected) < 2e-5, "β = \(beta), border \(index)")
      }
    }
  }

  /// The glass at β = 10 is beyond blocks of side 7.
  private static func isPossible(_ beta: Double, _ side: Int, _ model: Int) -> Bool {
    beta * models[model].largestCoupling <= BlockHeatBath.largestReducedCoupling(side: side)
  }

  /// The coldest bonds that are accepted.
  @Test(arguments: [1, 3, 7]) func coldestBlocksAreExactToo(_ side: Int) {
    let beta = BlockHeatBath.largestReducedCoupling(side: side)
    let block = ReferenceBlock(model: Self.models[0], row: 1, column: 1, side: side)
    let borders = borders(side, count: 21)
    let weights = BlockHeatBath.Weights(
      BlockCouplings(block.model, row: 1, column: 1, side: side), beta: beta)
    var logs = [Double](repeating: 0, count: 21)
    BlockHeatBath(side: side).addLogPartition(
      borders, stride: 32, count: 21, weights: weights, to: &logs)
    for index in Swift.stride(from: 0, to: 21, by: side == 7 ? 2 : 1) {
      let expected = block.logPartition(column(borders, index), beta: beta)
      #expect(abs(logs[index] - expected) < 1e-9 * (1 + abs(expected)), "border \(index)")
    }
  }

  private func index(of beta: Double) -> Int { beta > 0 && beta < 2 ? 1 : 0 }

  @Test func drawingAlsoFindsPartitionFunctionsAndDependsOnTheSeedOnly() {
    let couplings = BlockCouplings(glass(length: 16, seed: 3), row: 1, column: 1, side: 3)
    let weights = BlockHeatBath.Weights(couplings, beta: 0.5)
    let borders = borders(3, count: 21)
    let heatBath = BlockHeatBath(side: 3)
    var expected = [Double](repeating: 1, count: 21)
    heatBath.addLogPartition(borders, stride: 32, count: 21, weights: weights, to: &expected)
    let drawn = [UInt64(5), 5, 6].map { seed in
      var random = RandomSource(seed: seed)
      var spins = [Float](repeating: .nan, count: 9 * 32)
      var logs = [Double](repeating: 1, count: 21)
      heatBath.draw(
        borders, stride: 32, count: 21, weights: weights, random: &random, spins: &spins,
        logPartition: &logs)
      #expect(logs == expected)
      return (0..<9).flatMap { row in (0..<21).map { spins[row * 32 + $0] } }
    }
    #expect(drawn[0].allSatisfy { abs($0) == 1 })
    #expect(drawn[0] == drawn[1])
    #expect(drawn[0] != drawn[2])
  }

  @Test(arguments: [(1, 0.6), (3, 0.0), (3, 0.5), (3, 2.0), (3, 10.0)])
  func drawsFollowTheExactDistribution(_ side: Int, _ beta: Double) {
    let block = ReferenceBlock(model: glass(length: 16, seed: 8), row: 15, column: 15, side: side)
    let weights = BlockHeatBath.Weights(
      BlockCouplings(block.model, row: 15, column: 15, side: side), beta: beta)
    let borders = borders(side, count: 32, frustrates: false)
    // The same border in all columns.
    let border = column(borders, 9)
    let columns = 2048
    let same = border.flatMap { Array(repeating: Float($0), count: columns) }
    let heatBath = BlockHeatBath(side: side)
    var random = RandomSource(seed: 2)
    var observed = [Double](repeating: 0, count: 1 << (side * side))
    for _ in 0..<64 {
      var spins = [Float](repeating: 0, count: side * side * columns)
      var logs = [Double](repeating: 0, count: columns)
      heatBath.draw(
        same, stride: columns, count: columns, weights: weights, random: &random, spins: &spins,
        logPartition: &logs)
      for index in 0..<columns {
        let state = (0..<side * side).reduce(0) {
          $0 | (spins[$1 * columns + index] > 0 ? 1 << $1 : 0)
        }
        observed[state] += 1
      }
    }
    let logs = block.logWeights(border, beta: beta)
    let total = logSum(logs)
    let expected = logs.map { 64 * Double(columns) * exp($0 - total) }
    #expect(abs(chiSquaredDeviate(observed: observed, expected: expected)) < 4)
  }

  /// `∂ ln Z/∂(β J)` of a bond is the mean product of its spins.
  @Test(arguments: [0.35, 2.5]) func drawsHaveTheCorrelationsOfTheModel(_ beta: Double) throws {
    let (side, columns) = (7, 8192)
    let model = glass(length: 16, seed: 4)
    guard case .bonds(let right, let down) = model.couplings else { return }
    let borders = borders(side, count: 32, frustrates: false)
    let border = column(borders, 4)
    let same = border.flatMap { Array(repeating: Float($0), count: columns) }
    var random = RandomSource(seed: 2)
    var spins = [Float](repeating: 0, count: side * side * columns)
    var logs = [Double](repeating: 0, count: columns)
    BlockHeatBath(side: side).draw(
      same, stride: columns, count: columns,
      weights: BlockHeatBath.Weights(
        BlockCouplings(model, row: 6, column: 12, side: side), beta: beta),
      random: &random, spins: &spins, logPartition: &logs)
    func spin(_ r: Int, _ c: Int, _ index: Int) -> Double {
      if r < 0 { return border[c] }
      if c >= side { return border[side + r] }
      if r >= side { return border[2 * side + c] }
      if c < 0 { return border[3 * side + r] }
      return Double(spins[(r * side + c) * columns + index])
    }
    let bonds: [(row: Int, column: Int, isRight: Bool)] = [
      (-1, 2, false), (6, 6, false), (2, -1, true), (4, 6, true), (0, 0, true), (3, 3, true),
      (3, 3, false), (1, 5, true), (5, 1, false), (5, 5, true),
    ]
    for bond in bonds {
      let site = model.site(row: 6 + bond.row, column: 12 + bond.column)
      let logs = [1e-4, -1e-4].map { step in
        var (right, down) = (right, down)
        if bond.isRight { right[site] += step / beta } else { down[site] += step / beta }
        let model = ClassicalIsing(length: 16, couplings: .bonds(right: right, down: down))
        return ReferenceBlock(model: model, row: 6, column: 12, side: side)
          .logPartition(border, beta: beta)
      }
      let expected = (logs[0] - logs[1]) / 2e-4
      let mean =
        (0..<columns).reduce(0) { sum, index in
          let other = (bond.row + (bond.isRight ? 0 : 1), bond.column + (bond.isRight ? 1 : 0))
          return sum + spin(bond.row, bond.column, index) * spin(other.0, other.1, index)
        } / Double(columns)
      let error = ((1 - expected * expected) / Double(columns)).squareRoot()
      #expect(abs(mean - expected) < 4 * error + 1e-4, "\(bond)")
    }
  }
}
