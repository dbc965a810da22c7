internal import LinearAlgebra
internal import Parallelism

extension PerceptronWorkspace {
  /// Adds `J Jᵀ` of the kept batch to the lower triangle of a matrix, in Float64.
  ///
  /// With `Δ_l` the derivatives by pre-activations and `a_l` the layers' inputs, no Jacobian needs
  /// to be formed:
  ///
  /// ```
  /// K[b, c] = Σ_l (Δ_l[b] · Δ_l[c]) (a_{l−1}[b] · a_{l−1}[c] + 1) + a_L[b] · a_L[c] + x[b] · x[c] + 1
  /// ```
  ///
  /// Where outputs are chosen, the last terms are `a_L[b] · a_L[c] + 1` for equal choices, and else zero.
  /// Blocks of the matrix are done on all cores; products are formed in Float32.
  ///
  /// - Parameters:
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - matrix: `K`, `[B, B]`; the lower triangle is accumulated into. In blocks on the diagonal
  ///     elements above it are written, too.
  ///   - rowStride: The distance between rows, at least B.
  public func addGram(
    parameters: UnsafePointer<Float>, to matrix: UnsafeMutablePointer<Double>, rowStride: Int
  ) {
    addGramBlocks(parameters: parameters) { source, row, column, rows, columns in
      for i in 0..<rows {
        let target = matrix + (row + i) * rowStride + column
        let values = source + i * blockSide
        for j in 0..<columns { target[j] += Double(values[j]) }
      }
    }
  }

  /// Adds `J Jᵀ` of the kept batch to the lower triangle of a matrix, in Float32.
  ///
  /// - Parameters:
  ///   - parameters: `[P]`, as in the forward pass.
  ///   - matrix: `K`, `[B, B]`; the lower triangle is accumulated into. In blocks on the diagonal
  ///     elements above it are written, too.
  ///   - rowStride: The distance between rows, at least B.
  public func addGram(
    parameters: UnsafePointer<Float>, to matrix: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    addGramBlocks(parameters: parameters) { source, row, column, rows, columns in
      for i in 0..<rows {
        let target = matrix + (row + i) * rowStride + column
        let values = source + i * blockSide
        for j in 0..<columns { target[j] += values[j] }
      }
    }
  }

  /// Computes the blocks of the lower triangle and hands each to `add`.
  @inline(__always)
  private func addGramBlocks(
    parameters: UnsafePointer<Float>,
    add: (_ block: UnsafePointer<Float>, _ row: Int, _ column: Int, _ rows: Int, _ columns: Int) ->
      Void
  ) {
    computeDeltas(parameters: parameters)
    let side = (count + blockSide - 1) / blockSide
    let blocks = side * (side + 1) / 2
    let area = blockSide * blockSide
    if execution.communicator.isDistributed {
      addDistributed(blocks: blocks, add: add)
      return
    }
    // A task has scratch of its own and takes every `tasks`-th block.
    let tasks = min(blocks, 64)
    withoutActuallyEscaping(add) { add in
      nonisolated(unsafe) let add = add
      nonisolated(unsafe) let workspace = self
      workspace.execution.parallelFor(tasks) { task in
        let scratch = FloatBuffer(3 * area)
        for index in Swift.stride(from: task, to: blocks, by: tasks) {
          workspace.computeBlock(index, total: scratch.pointer, scratch: scratch.pointer + area)
          workspace.withPlace(of: index) { add(scratch.pointer, $0, $1, $2, $3) }
        }
      }
    }
  }

  /// The same with the blocks divided over processes, each of which computes its share and gets the others'.
  private func addDistributed(
    blocks: Int,
    add: (_ block: UnsafePointer<Float>, _ row: Int, _ column: Int, _ rows: Int, _ columns: Int) ->
      Void
  ) {
    let area = blockSide * blockSide
    let all = UnsafeMutablePointer<Float>.allocate(capacity: max(1, blocks * area))
    defer { all.deallocate() }
    let share = execution.share(of: blocks)
    let tasks = min(share.count, 64)
    nonisolated(unsafe) let target = all
    nonisolated(unsafe) let workspace = self
    execution.parallelFor(tasks) { task in
      let scratch = FloatBuffer(2 * area)
      for index in Swift.stride(from: share.lowerBound + task, to: share.upperBound, by: tasks) {
        workspace.computeBlock(index, total: target + index * area, scratch: scratch.pointer)
      }
    }
    execution.gather(all, items: blocks) { $0 * area }
    for index in 0..<blocks {
      withPlace(of: index) { add(all + index * area, $0, $1, $2, $3) }
    }
  }

  /// Calls `body` with the place and the size of a block of the lower triangle, which are numbered row by row.
  private func withPlace(
    of index: Int, _ body: (_ row: Int, _ column: Int, _ rows: Int, _ columns: Int) -> Void
  ) {
    var (i, before) = (0, 0)
    while index - before > i {
      before += i + 1
      i += 1
    }
    let (row, column) = (i * blockSide, (index - before) * blockSide)
    body(row, column, min(blockSide, count - row), min(blockSide, count - column))
  }

  /// Computes a block by its number; `scratch` has room for two.
  private func computeBlock(
    _ index: Int, total: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    withPlace(of: index) { row, column, rows, columns in
      computeBlock(
        row: row, column: column, rows: rows, columns: columns, total: total, left: scratch,
        right: scratch + blockSide * blockSide)
    }
  }

  /// Computes one block of `J Jᵀ` into `total`, rows `blockSide` apart.
  private func computeBlock(
    row: Int, column: Int, rows: Int, columns: Int, total: UnsafeMutablePointer<Float>,
    left: UnsafeMutablePointer<Float>, right: UnsafeMutablePointer<Float>
  ) {
    multiplyBlock(
      batch.pointer, network.features, row: row, column: column, rows: rows, columns: columns,
      into: right)
    let block = blockSide
    for i in 0..<rows {
      for j in Swift.stride(from: i * block, to: i * block + columns, by: laneCount) {
        total.store(network.configuration.choices == nil ? right.lanes(j) + 1 : Lanes.zero, j)
      }
    }
    for (index, layer) in network.hidden.enumerated() {
      let delta = deltas[index].pointer
      multiplyBlock(
        delta, layer.outputs, row: row, column: column, rows: rows, columns: columns, into: left)
      for i in 0..<rows {
        for j in Swift.stride(from: i * block, to: i * block + columns, by: laneCount) {
          total.store(total.lanes(j) + left.lanes(j) * (right.lanes(j) + 1), j)
        }
      }
      multiplyBlock(
        activations[index].pointer, layer.outputs, row: row, column: column, rows: rows,
        columns: columns, into: right)
    }
    if network.configuration.choices != nil {
      addChosen(
        row: row, column: column, rows: rows, columns: columns, products: right, to: total)
    } else if !network.hidden.isEmpty {
      for i in 0..<rows {
        for j in Swift.stride(from: i * block, to: i * block + columns, by: laneCount) {
          total.store(total.lanes(j) + right.lanes(j), j)
        }
      }
    }
  }

  /// Adds the output layer's part where outputs are chosen.
  private func addChosen(
    row: Int, column: Int, rows: Int, columns: Int, products: UnsafePointer<Float>,
    to total: UnsafeMutablePointer<Float>
  ) {
    let choices = batch.pointer + network.features * stride
    for i in 0..<rows {
      for j in 0..<columns where choices[row + i] == choices[column + j] {
        total[i * blockSide + j] += products[i * blockSide + j] + 1
      }
    }
  }

  /// Computes `C = Aᵀ A` between two ranges of the columns of `A`, `[k, B]`.
  private func multiplyBlock(
    _ a: UnsafePointer<Float>, _ k: Int, row: Int, column: Int, rows: Int, columns: Int,
    into c: UnsafeMutablePointer<Float>
  ) {
    multiplyColumns(
      a + row, rowStride: 1, columnStride: stride, a + column, stride, into: c, blockSide,
      m: rows, n: columns, k: k, start: .zero)
  }
}

/// The side of a block, so that three blocks stay in the second-level cache.
private let blockSide = 256
