import Foundation
import LinearAlgebra
import Parallelism
import Testing

@Suite struct RowTilesTests {
  /// A matrix of few digits, so that plain loops in Float64 are exact.
  static func matrix(_ rows: Int, _ columns: Int) -> [Float] {
    (0..<rows * columns).map { Float(($0 * 7919 + $0 / columns * 31) % 17 - 8) / 4 }
  }

  struct Products: Sendable, Equatable {
    var sums: [Float] = []
    var product: [Float] = []
    var gram: [Float] = []
    var columnGram: [Float] = []
  }

  /// All products of a matrix of which the process holds its share.
  static func products(_ n: Int, _ k: Int, _ execution: Execution) -> Products {
    let tiles = RowTiles(rowCount: n, columnCount: k, execution: execution)
    let all = matrix(n, k)
    let share = tiles.share
    // One more, so that there is an address where the share is empty.
    let own = Array(all[share.lowerBound * k..<share.upperBound * k]) + [0]
    var result = Products()
    result.sums = tiles.columnSums(of: own, weights: (0..<n).map { Float($0 % 5 - 2) })
    result.product = tiles.product(of: own, with: (0..<k).map { Float($0 % 3 - 1) })
    result.gram = Array(repeating: 0, count: n * n)
    tiles.gram(of: own, into: &result.gram)
    for row in 0..<n {
      for column in row + 1..<max(n, row + 1) { result.gram[row * n + column] = 0 }
    }
    result.columnGram = Array(repeating: 0, count: k * k)
    tiles.gramOfColumns(of: own, into: &result.columnGram)
    for row in 0..<k {
      for column in row + 1..<max(k, row + 1) { result.columnGram[row * k + column] = 0 }
    }
    return result
  }

  /// Against plain loops, and the same bits for every number of processes and threads.
  @Test(arguments: [(1, 3), (70, 5), (600, 33), (1100, 20)])
  func productsDoNotDependOnProcesses(_ n: Int, _ k: Int) {
    let serial = Self.products(n, k, .serial)
    let a = Self.matrix(n, k).map(Double.init)
    for row in Swift.stride(from: 0, to: n, by: 37) {
      let product = (0..<k).reduce(0.0) { $0 + a[row * k + $1] * Double($1 % 3 - 1) }
      #expect(abs(Double(serial.product[row]) - product) < 1e-3)
      for column in Swift.stride(from: 0, through: row, by: 41) {
        let element = (0..<k).reduce(0.0) { $0 + a[row * k + $1] * a[column * k + $1] }
        #expect(abs(Double(serial.gram[row * n + column]) - element) < 1e-3)
      }
    }
    for row in 0..<k {
      let sum = (0..<n).reduce(0.0) { $0 + a[$1 * k + row] * Double($1 % 5 - 2) }
      #expect(abs(Double(serial.sums[row]) - sum) < 1e-3)
      for column in 0...row {
        let element = (0..<n).reduce(0.0) { $0 + a[$1 * k + row] * a[$1 * k + column] }
        #expect(abs(Double(serial.columnGram[row * k + column]) - element) < 1e-2)
      }
    }
    for (size, threads) in [(1, 3), (2, 1), (3, 2), (9, 1)] {
      let results = ThreadGroup.run(size) {
        Self.products(n, k, Execution(threads: threads, communicator: $0))
      }
      for result in results { #expect(result == serial) }
    }
  }
}
