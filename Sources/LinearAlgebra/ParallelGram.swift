public import Parallelism

/// Computes the lower triangle of `C ← A Aᵀ` in tiles, one tile a task.
///
/// Each tile is a product by a single BLAS thread, so the result does not depend on how many tasks
/// run at once. Faster than a threaded `ssyrk` where other work shares the cores, because no
/// thread waits for another inside the product.
///
/// - Parameters:
///   - a: `[n, k]`, dense.
///   - n: The number of rows of `A`.
///   - k: The number of columns of `A`.
///   - c: `[n, n]`; tiles on and below the diagonal are overwritten.
///   - execution: The threads to use.
public func parallelGram(
  of a: UnsafePointer<Float>, n: Int, k: Int, into c: UnsafeMutablePointer<Float>,
  execution: Execution
) {
  nonisolated(unsafe) let a = a
  nonisolated(unsafe) let c = c
  let tile = n > 2048 ? 384 : max(64, (n + 7) / 8)
  let tiles = (n + tile - 1) / tile
  // Rows of tiles from the last, so that the largest are started first.
  execution.parallelFor(tiles * (tiles + 1) / 2) { task in
    var row = tiles - 1
    var before = 0
    while task - before > row {
      before += row + 1
      row -= 1
    }
    let column = task - before
    let rows = min(tile, n - row * tile)
    let columns = min(tile, n - column * tile)
    let left = a + row * tile * k
    let right = a + column * tile * k
    let target = c + (row * tile * n + column * tile)
    BLAS.multiply(
      left, k, transposed: false, right, k, transposed: true, into: target, n, m: rows, n: columns,
      k: k)
  }
}
