internal import LinearAlgebra
package import Parallelism

/// The derivatives of the configurations of a step, a block of them at a time: `[2 M, P]` where it does not fit.
///
/// Rows are computed anew for each pair of blocks, which costs little beside chains and local energies. The order of
/// rows is that of blocks: those of log|ψ| of a block's configurations, then those of arg ψ.
package struct DerivativeBlocks {
  /// M.
  let count: Int
  /// P.
  let width: Int
  /// The configurations of a block.
  let block: Int
  /// Writes the derivatives of some configurations: of log|ψ|, then of arg ψ.
  let derivatives: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  let execution: Execution

  package init(
    count: Int, width: Int, block: Int, execution: Execution,
    derivatives: @escaping (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    self.count = count
    self.width = width
    self.block = block
    self.derivatives = derivatives
    self.execution = execution
  }

  /// The blocks.
  var ranges: [Range<Int>] {
    stride(from: 0, to: count, by: block).map { $0..<min(count, $0 + block) }
  }

  /// Returns values of log|ψ| and of arg ψ in the order of rows.
  func ordered<Value>(_ real: [Value], _ imaginary: [Value]) -> [Value] {
    ranges.flatMap { Array(real[$0]) + Array(imaginary[$0]) }
  }

  /// The rows of a step, centred and scaled: what ``DerivativeBlocks`` gives with the weights of configurations.
  final class Rows {
    private let blocks: DerivativeBlocks
    private let roots: [Float]
    /// What columns are multiplied with; empty for 1.
    private let columns: [Float]
    /// The weighted means of the derivatives of log|ψ| and arg ψ, `[P]` each.
    private let means: [[Float]]
    /// Two blocks; pairs of them are used at once.
    private var rooms: [UnsafeMutableBufferPointer<Float>]
    /// The block in each room.
    private var held: [Int?] = [nil, nil]

    init(_ blocks: DerivativeBlocks, weights: [Double], columns: [Float]) {
      self.blocks = blocks
      self.columns = columns
      roots = weights.map { Float($0.squareRoot()) }
      let (width, ranges) = (blocks.width, blocks.ranges)
      let size = 2 * (ranges.first?.count ?? 0) * width
      rooms = (0..<(ranges.count > 1 ? 2 : 1)).map { _ in
        let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
        room.initialize(repeating: 0)
        return room
      }
      var sums = [[Double]](repeating: Array(repeating: 0, count: width), count: 2)
      if let room = rooms[0].baseAddress {
        for range in ranges {
          blocks.derivatives(range, room)
          for half in 0..<2 {
            RowCentring.addMeans(
              of: room + half * range.count * width, weights: Array(weights[range]),
              to: &sums[half], blocks.execution)
          }
        }
      }
      means = sums.map { $0.map(Float.init) }
    }

    deinit { for room in rooms { room.deallocate() } }

    /// Calls a body with the rows of a block, `[2 b, P]`.
    ///
    /// - Parameters:
    ///   - index: The block.
    ///   - room: Which of the two rooms to compute it in.
    ///   - body: The body.
    func withBlock(
      _ index: Int, room: Int = 0,
      _ body: (_ rows: UnsafeMutablePointer<Float>, _ count: Int) -> Void
    ) {
      let range = blocks.ranges[index]
      guard let base = rooms[room].baseAddress else { return }
      if held[room] != index {
        blocks.derivatives(range, base)
        for half in 0..<2 {
          RowCentring.centre(
            base + half * range.count * blocks.width, roots: Array(roots[range]),
            mean: means[half], columns: columns, blocks.execution)
        }
        held[room] = index
      }
      body(base, 2 * range.count)
    }

    /// Returns `X Xᵀ`, the lower triangle of `[2 M, 2 M]`.
    func makeKernel() -> [Float] {
      let size = 2 * blocks.count
      var kernel = [Float](repeating: 0, count: size * size)
      let ranges = blocks.ranges
      kernel.withUnsafeMutableBufferPointer { kernel in
        guard let kernel = kernel.baseAddress else { return }
        for i in ranges.indices {
          withBlock(i) { left, rows in
            for j in 0...i {
              let target = kernel + 2 * ranges[i].lowerBound * size + 2 * ranges[j].lowerBound
              if i == j {
                blocks.multiply(left, rows, left, rows, into: target, size)
              } else {
                withBlock(j, room: 1) { right, columns in
                  blocks.multiply(left, rows, right, columns, into: target, size)
                }
              }
            }
          }
        }
      }
      return kernel
    }

    /// Returns `X δ`.
    func push(_ step: [Float]) -> [Double] {
      var result: [Double] = []
      for index in blocks.ranges.indices {
        withBlock(index) { rows, count in
          var image = [Float](repeating: 0, count: count)
          BLAS.multiply(
            rows, blocks.width, rows: count, columns: blocks.width, vector: step, into: &image)
          result += image.map(Double.init)
        }
      }
      return result
    }

    /// Returns `Xᵀ v` for several v.
    func pull(_ vectors: [[Double]]) -> [[Float]] {
      var results = vectors.map { _ in [Float](repeating: 0, count: blocks.width) }
      var first = 0
      for index in blocks.ranges.indices {
        withBlock(index) { rows, count in
          for place in vectors.indices {
            BLAS.multiply(
              rows, blocks.width, rows: count, columns: blocks.width, transposed: true,
              vector: vectors[place][first..<first + count].map(Float.init),
              into: &results[place], beta: 1)
          }
          first += count
        }
      }
      return results
    }
  }

  /// Computes `C ← A Bᵀ` in tiles, each by one BLAS thread.
  private func multiply(
    _ a: UnsafePointer<Float>, _ m: Int, _ b: UnsafePointer<Float>, _ n: Int,
    into c: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    nonisolated(unsafe) let (a, b, c) = (a, b, c)
    let (tile, width) = (256, width)
    let (rows, columns) = ((m + tile - 1) / tile, (n + tile - 1) / tile)
    execution.parallelFor(rows * columns) { task in
      let row = task / columns * tile
      let column = task % columns * tile
      let left = a + row * width
      let right = b + column * width
      let target = c + (row * stride + column)
      BLAS.multiply(
        left, width, transposed: false, right, width, transposed: true, into: target, stride,
        m: min(tile, m - row),
        n: min(tile, n - column), k: width)
    }
  }
}
