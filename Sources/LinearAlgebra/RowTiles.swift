public import Parallelism

/// The rows of a matrix `A`, `[n, k]`, in tiles that are divided over processes.
///
/// Each process holds the rows of its ``share``, one after the other, and every product comes to all. What is
/// computed in one piece is a tile or a pair of tiles, and sums over rows are sums over tiles in their order: the
/// tiles follow from `n` alone, so results do not depend on how many threads or processes there are.
///
/// Memory of a process: its rows, one tile of another's, and the product.
public struct RowTiles: Sendable {
  /// n.
  public let rowCount: Int
  /// k.
  public let columnCount: Int
  private let execution: Execution
  private let tile: Int
  private let tiles: Int

  /// Divides rows.
  ///
  /// - Parameters:
  ///   - rowCount: n.
  ///   - columnCount: k.
  ///   - execution: The threads and processes.
  public init(rowCount: Int, columnCount: Int, execution: Execution) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.execution = execution
    // Whole blocks of derivatives, which are computed 64 at a time.
    tile = rowCount > 2048 ? 384 : max(64, ((rowCount + 7) / 8 + 63) / 64 * 64)
    tiles = (rowCount + tile - 1) / tile
  }

  /// The rows that this process holds.
  public var share: Range<Int> {
    let own = execution.share(of: tiles)
    return place(own.lowerBound)..<place(own.upperBound)
  }

  /// Where a tile begins, among all rows.
  private func place(_ tile: Int) -> Int { min(rowCount, tile * self.tile) }

  private func rows(of tile: Int) -> Range<Int> { place(tile)..<place(tile + 1) }

  // MARK: - Vectors

  /// Returns `Aᵀ x`, `[k]`.
  ///
  /// - Parameters:
  ///   - a: This process's rows.
  ///   - x: `[n]`.
  /// - Returns: The sums over all rows, on every process.
  public func columnSums(of a: UnsafePointer<Float>, weights x: [Float]) -> [Float] {
    precondition(x.count == rowCount, "\(x.count) weights of \(rowCount) rows")
    let own = execution.share(of: tiles)
    let width = columnCount
    var sums = [Float](repeating: 0, count: width)
    let partial = UnsafeMutablePointer<Float>.allocate(capacity: max(1, tiles * width))
    defer { partial.deallocate() }
    nonisolated(unsafe) let (a, target) = (a, partial)
    let first = share.lowerBound
    execution.parallelFor(own.count) { offset in
      let rows = rows(of: own.lowerBound + offset)
      x.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        BLAS.multiply(
          a + (rows.lowerBound - first) * width, width, rows: rows.count, columns: width,
          transposed: true, vector: x + rows.lowerBound,
          into: target + (own.lowerBound + offset) * width)
      }
    }
    execution.gather(partial, items: tiles) { $0 * width }
    for tile in 0..<tiles {
      for column in 0..<width { sums[column] += partial[tile * width + column] }
    }
    return sums
  }

  /// Returns `A x`, `[n]`.
  ///
  /// - Parameters:
  ///   - a: This process's rows.
  ///   - x: `[k]`.
  /// - Returns: The product of all rows, on every process.
  public func product(of a: UnsafePointer<Float>, with x: [Float]) -> [Float] {
    precondition(x.count == columnCount, "\(x.count) numbers for \(columnCount) columns")
    let own = execution.share(of: tiles)
    let first = share.lowerBound
    return [Float](unsafeUninitializedCapacity: rowCount) { buffer, count in
      count = rowCount
      guard let base = buffer.baseAddress else { return }
      nonisolated(unsafe) let (a, target) = (a, base)
      execution.parallelFor(own.count) { offset in
        let rows = rows(of: own.lowerBound + offset)
        BLAS.multiply(
          a + (rows.lowerBound - first) * columnCount, columnCount, rows: rows.count,
          columns: columnCount, vector: x, into: target + rows.lowerBound)
      }
      execution.gather(base, items: tiles, place: place)
    }
  }

  // MARK: - Gram matrices

  /// Computes the lower triangle of `C ← A Aᵀ`, a pair of tiles at a time.
  ///
  /// Each pair is a product by a single BLAS thread. Faster than a threaded `ssyrk` where other work shares the
  /// cores, because no thread waits for another inside the product. Where there are processes, each tile in turn
  /// visits all of them.
  ///
  /// - Parameters:
  ///   - a: This process's rows.
  ///   - c: `[n, n]`; tiles on and below the diagonal are overwritten, on every process.
  public func gram(of a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>) {
    let own = execution.share(of: tiles)
    let base = share.lowerBound
    func tileRows(_ tile: Int) -> UnsafePointer<Float> {
      a + (place(tile) - base) * columnCount
    }
    var products: [Product] = []
    // Rows of tiles from the last, so that the largest are started first.
    for row in own.reversed() {
      for column in own where column <= row {
        products.append(
          Product(
            row: row, column: column, left: tileRows(row), right: tileRows(column)))
      }
    }
    multiply(products, into: c)
    let communicator = execution.communicator
    if !communicator.isDistributed { return }

    let owners = owners
    let guest = UnsafeMutablePointer<Float>.allocate(capacity: max(1, tile * columnCount))
    defer { guest.deallocate() }
    for visitor in 0..<tiles {
      let isOwn = own.contains(visitor)
      // The owner's own rows are read only.
      let rows = isOwn ? UnsafeMutablePointer(mutating: tileRows(visitor)) : guest
      communicator.broadcast(
        UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(start: rows, count: self.rows(of: visitor).count * columnCount)
        ), from: owners[visitor])
      if isOwn { continue }
      products = []
      for host in own {
        let (row, column) = (max(host, visitor), min(host, visitor))
        guard worker(row, column, owners) == communicator.rank else { continue }
        products.append(
          Product(
            row: row, column: column, left: row == visitor ? UnsafePointer(guest) : tileRows(row),
            right: column == visitor ? UnsafePointer(guest) : tileRows(column)))
      }
      multiply(products, into: c)
    }
    exchange(c, owners: owners)
  }

  /// Computes the lower triangle of `C ← Aᵀ A`.
  ///
  /// - Parameters:
  ///   - a: This process's rows.
  ///   - c: `[k, k]`, overwritten on every process.
  public func gramOfColumns(of a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>) {
    let own = execution.share(of: tiles)
    let area = columnCount * columnCount
    let base = share.lowerBound
    let isDistributed = execution.communicator.isDistributed
    // All of this process's at once, for the others to do theirs at the same time; alone, one after the other.
    let held = isDistributed ? max(1, own.count) : 1
    let partial = UnsafeMutablePointer<Float>.allocate(capacity: max(1, held * area))
    let guest = UnsafeMutablePointer<Float>.allocate(capacity: isDistributed ? max(1, area) : 1)
    defer {
      partial.deallocate()
      guest.deallocate()
    }
    func compute(_ tile: Int, _ target: UnsafeMutablePointer<Float>) {
      let rows = rows(of: tile)
      BLAS.gramOfColumns(
        of: a + (rows.lowerBound - base) * columnCount, columnCount, into: target, columnCount,
        n: columnCount, k: rows.count)
    }
    func add(_ source: UnsafePointer<Float>) {
      for row in 0..<columnCount {
        for index in row * columnCount...row * columnCount + row { c[index] += source[index] }
      }
    }
    c.update(repeating: 0, count: area)
    partial.update(repeating: 0, count: held * area)
    if !isDistributed {
      for tile in 0..<tiles {
        compute(tile, partial)
        add(partial)
      }
      return
    }
    for (offset, tile) in own.enumerated() { compute(tile, partial + offset * area) }
    let owners = owners
    for tile in 0..<tiles {
      let source = own.contains(tile) ? partial + (tile - own.lowerBound) * area : guest
      execution.communicator.broadcast(
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: source, count: area)),
        from: owners[tile])
      add(source)
    }
  }

  /// A product of two tiles.
  private struct Product {
    var row: Int
    var column: Int
    var left: UnsafePointer<Float>
    var right: UnsafePointer<Float>
  }

  private func multiply(_ products: [Product], into c: UnsafeMutablePointer<Float>) {
    nonisolated(unsafe) let products = products
    nonisolated(unsafe) let c = c
    execution.parallelFor(products.count) { index in
      let product = products[index]
      let (rows, columns) = (self.rows(of: product.row), self.rows(of: product.column))
      BLAS.multiply(
        product.left, columnCount, transposed: false, product.right, columnCount, transposed: true,
        into: c + (rows.lowerBound * rowCount + columns.lowerBound), rowCount, m: rows.count,
        n: columns.count, k: columnCount)
    }
  }

  // MARK: - Processes

  /// The process of each tile.
  private var owners: [Int] {
    (0..<execution.communicator.size).flatMap { rank in
      execution.share(of: tiles, rank: rank).map { _ in rank }
    }
  }

  /// Who computes a pair: one of the two owners, by turns.
  private func worker(_ row: Int, _ column: Int, _ owners: [Int]) -> Int {
    owners[(row + column) % 2 == 0 ? row : column]
  }

  /// Gives all processes the pairs that each has computed.
  private func exchange(_ c: UnsafeMutablePointer<Float>, owners: [Int]) {
    var pairs: [[(row: Int, column: Int)]] = Array(
      repeating: [], count: execution.communicator.size)
    var sizes = Array(repeating: 0, count: pairs.count)
    for row in 0..<tiles {
      for column in 0...row {
        let worker = worker(row, column, owners)
        pairs[worker].append((row, column))
        sizes[worker] += rows(of: row).count * rows(of: column).count
      }
    }
    let total = sizes.reduce(0, +)
    let packed = UnsafeMutablePointer<Float>.allocate(capacity: max(1, total))
    defer { packed.deallocate() }
    func forEachLine(
      of rank: Int, _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
    ) {
      var place = packed + sizes[..<rank].reduce(0, +)
      for (row, column) in pairs[rank] {
        let columns = rows(of: column)
        for line in rows(of: row) {
          body(place, c + (line * rowCount + columns.lowerBound), columns.count)
          place += columns.count
        }
      }
    }
    let rank = execution.communicator.rank
    forEachLine(of: rank) { $0.update(from: $1, count: $2) }
    execution.communicator.gather(
      UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: packed, count: total)),
      counts: sizes.map { $0 * MemoryLayout<Float>.stride })
    for other in pairs.indices where other != rank {
      forEachLine(of: other) { $1.update(from: $0, count: $2) }
    }
  }
}
