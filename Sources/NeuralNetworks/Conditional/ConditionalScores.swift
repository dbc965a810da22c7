internal import LinearAlgebra

/// The scores `∂ log q(x_b)/∂θ` of some columns, copied from batches: products among them.
///
/// The factors of each layer are kept, sixteen columns side by side, never the `[M, P]` scores.
/// `S Sᵀ` then takes `O(M² (inputs + hidden))` operations, since a masked layer's part is
///
/// ```
/// Σ_r g_r(x) g_r(y) (1 + Σ_{i < width(r)} a_i(x) a_i(y))
/// ```
///
/// and the inner sums of one row go on from those of the row before.
public final class ConditionalScores {
  /// M.
  public let count: Int
  private let shape: ConditionalShape
  private let blocks: Int
  private let inputs: FloatBuffer
  private let hiddenScores: FloatBuffer
  private let slopeScores: FloatBuffer
  private let activations: FloatBuffer
  private let outputScores: FloatBuffer

  /// Makes room for M columns of a network.
  public init(network: ConditionalNetwork, count: Int) {
    self.count = count
    shape = network.shape
    blocks = (count + laneCount - 1) / laneCount
    let columns = blocks * laneCount
    inputs = FloatBuffer(shape.inputs * columns)
    hiddenScores = FloatBuffer(shape.hidden * columns)
    slopeScores = FloatBuffer(shape.hidden * columns)
    activations = FloatBuffer(shape.hidden * columns)
    outputScores = FloatBuffer(shape.spins * columns)
  }

  /// The bytes that M columns take.
  public static func bytes(_ network: ConditionalNetwork, count: Int) -> Int {
    4 * paddedToLanes(count)
      * (network.shape.inputs + 3 * network.shape.hidden + network.shape.spins)
  }

  /// Copies the columns of a batch with scores.
  ///
  /// - Parameters:
  ///   - batch: The batch.
  ///   - offset: The place of its first column here, a multiple of 16 unless this is the last batch.
  public func take(_ batch: ConditionalBatch, at offset: Int) {
    precondition(offset % laneCount == 0 && offset + batch.count <= count, "no room at \(offset)")
    batch.withFactors { factors in
      for first in Swift.stride(from: 0, to: batch.count, by: laneCount) {
        let block = (offset + first) / laneCount
        let isWhole = first + laneCount <= batch.count
        let kept = isWhole ? laneCount : batch.count - first
        func copy(_ source: UnsafePointer<Float>, _ rows: Int, _ target: FloatBuffer) {
          let line = target.pointer + block * rows * laneCount
          for row in 0..<rows {
            var value = source.lanes(row * batch.stride + first)
            for lane in kept..<laneCount { value[lane] = 0 }
            line.store(value, row * laneCount)
          }
        }
        copy(factors.inputs, shape.inputs, inputs)
        copy(factors.sumScores, shape.hidden, hiddenScores)
        copy(factors.activations, shape.hidden, activations)
        copy(factors.logitScores, shape.spins, outputScores)
        let line = slopeScores.pointer + block * shape.hidden * laneCount
        for row in 0..<shape.hidden {
          let z = factors.sums.lanes(row * batch.stride + first)
          let g = hiddenScores.pointer.lanes((block * shape.hidden + row) * laneCount)
          let slope = factors.slopes[row]
          let value = slope == 0 ? .zero : (g * z / slope).replacing(with: 0, where: z .>= 0)
          line.store(value, row * laneCount)
        }
      }
    }
  }

  /// Writes the lower triangle of `S Sᵀ`, in blocks of sixteen rows and columns.
  ///
  /// - Parameters:
  ///   - rowBlock: Which sixteen rows.
  ///   - matrix: `[M, stride]`; elements above the diagonal may be overwritten.
  ///   - stride: The distance between rows, at least M rounded up to 16.
  public func gram(rowBlock: Int, into matrix: UnsafeMutablePointer<Float>, stride: Int) {
    precondition(stride >= blocks * laneCount, "rows of \(stride) floats overlap")
    for half in 0..<2 {
      let first = rowBlock * laneCount + 8 * half
      if first >= count { return }
      for column in 0...rowBlock {
        tile(rowBlock, half, column, matrix + first * stride + column * laneCount, stride, first)
      }
    }
  }

  /// The number of blocks of rows.
  public var rowBlocks: Int { blocks }

  /// Eight rows and sixteen columns of `S Sᵀ`.
  private func tile(
    _ rowBlock: Int, _ half: Int, _ columnBlock: Int, _ target: UnsafeMutablePointer<Float>,
    _ stride: Int, _ first: Int
  ) {
    let (b, n, k, hb) = (shape.border, shape.spins, shape.hiddenPerSpin, shape.borderHidden)
    var result = Tile()
    // One for the bias, then the inner products of inputs, and of what hidden units give.
    var seen = Tile(repeating: 1)
    var heard = Tile(repeating: shape.direct ? 0 : 1)
    let lane = 8 * half
    func rows(_ buffer: FloatBuffer, _ count: Int) -> UnsafePointer<Float> {
      UnsafePointer(buffer.pointer + rowBlock * count * laneCount + lane)
    }
    func columns(_ buffer: FloatBuffer, _ count: Int) -> UnsafePointer<Float> {
      UnsafePointer(buffer.pointer + columnBlock * count * laneCount)
    }
    let (xr, xc) = (rows(inputs, shape.inputs), columns(inputs, shape.inputs))
    let (hr, hc) = (rows(hiddenScores, shape.hidden), columns(hiddenScores, shape.hidden))
    let (sr, sc) = (rows(slopeScores, shape.hidden), columns(slopeScores, shape.hidden))
    let (ar, ac) = (rows(activations, shape.hidden), columns(activations, shape.hidden))
    let (or, oc) = (rows(outputScores, n), columns(outputScores, n))
    for i in 0..<b { seen.add(xr, xc, i) }
    for unit in 0..<hb {
      result.add(hr, hc, unit, times: seen)
      result.add(sr, sc, unit)
      heard.add(ar, ac, unit)
    }
    for j in 0..<n {
      for unit in hb + k * j..<hb + k * (j + 1) {
        result.add(hr, hc, unit, times: seen)
        result.add(sr, sc, unit)
        heard.add(ar, ac, unit)
      }
      result.add(or, oc, j, times: heard)
      // The bias is counted with the direct inputs there.
      if shape.direct { result.add(or, oc, j, times: seen) }
      seen.add(xr, xc, b + j)
    }
    result.store(target, stride, rows: min(8, count - first))
  }

  /// Eight vectors.
  private struct Tile {
    var r0, r1, r2, r3, r4, r5, r6, r7: Lanes

    @inline(__always)
    init(repeating value: Float = 0) {
      let v = Lanes(repeating: value)
      (r0, r1, r2, r3, r4, r5, r6, r7) = (v, v, v, v, v, v, v, v)
    }

    /// Adds the outer product of feature `i` of eight rows and sixteen columns.
    @inline(__always)
    mutating func add(_ rows: UnsafePointer<Float>, _ columns: UnsafePointer<Float>, _ i: Int) {
      let c = columns.lanes(i * laneCount)
      let r = rows + i * laneCount
      r0 += c * r[0]
      r1 += c * r[1]
      r2 += c * r[2]
      r3 += c * r[3]
      r4 += c * r[4]
      r5 += c * r[5]
      r6 += c * r[6]
      r7 += c * r[7]
    }

    /// The same, each element times that of another tile.
    @inline(__always)
    mutating func add(
      _ rows: UnsafePointer<Float>, _ columns: UnsafePointer<Float>, _ i: Int, times other: Tile
    ) {
      let c = columns.lanes(i * laneCount)
      let r = rows + i * laneCount
      r0 += c * r[0] * other.r0
      r1 += c * r[1] * other.r1
      r2 += c * r[2] * other.r2
      r3 += c * r[3] * other.r3
      r4 += c * r[4] * other.r4
      r5 += c * r[5] * other.r5
      r6 += c * r[6] * other.r6
      r7 += c * r[7] * other.r7
    }

    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, _ stride: Int, rows: Int) {
      let all = [r0, r1, r2, r3, r4, r5, r6, r7]
      for row in 0..<rows { target.store(all[row], row * stride) }
    }
  }
}
