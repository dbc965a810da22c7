internal import Foundation

/// The attention of one block of a ``VisionTransformer``: `y_i = Σ_j p_ij α_(j−i) v_j`, head by head.
final class PatchMixer {
  private let patches: SpinPatches
  private let heads: Int
  private let headWidth: Int
  /// α, γ and p of the present parameters.
  private var weights: [Float] = []
  private var rates: [Float] = []
  private var shares: [Float] = []
  /// `p α`, `[h, n, n]`.
  private let matrices: FloatBuffer
  /// A gradient of one head's matrix for sixteen configurations, `[n, n]` vectors.
  private let scratch: FloatBuffer

  init(_ patches: SpinPatches, heads: Int, width: Int) {
    let pairs = patches.count * patches.count
    self.patches = patches
    self.heads = heads
    headWidth = width / heads
    matrices = FloatBuffer(heads * pairs)
    scratch = FloatBuffer(patches.classCount * laneCount)
    shares = Array(repeating: 1, count: heads * pairs)
  }

  /// Takes the parameters of a block.
  func update(_ block: VisionBlock, parameters: [Float]) {
    let (n, classes) = (patches.count, patches.classCount)
    weights = Array(parameters[block.weights..<block.weights + heads * classes])
    if let decay = block.decay { rates = parameters[decay..<decay + heads].map { exp($0) } }
    for head in 0..<heads {
      for row in 0..<n {
        let place = (head * n + row) * n
        if block.decay != nil {
          var total: Float = 0
          for column in 0..<n {
            let distance = patches.distances[patches.classes[row * n + column]]
            shares[place + column] = exp(-rates[head] * distance)
            total += shares[place + column]
          }
          for column in 0..<n { shares[place + column] /= total }
        }
        for column in 0..<n {
          matrices.pointer[place + column] =
            shares[place + column] * weights[head * classes + patches.classes[row * n + column]]
        }
      }
    }
  }

  /// Computes `y`, `[d, columns]`, from `v`.
  func forward(
    _ values: UnsafePointer<Float>, _ mixed: UnsafeMutablePointer<Float>, grid: TokenGrid
  ) {
    apply(values, mixed, rowStride: patches.count, columnStride: 1, grid: grid)
  }

  /// Computes the gradient of `v` from that of `y`.
  func backward(
    _ gradient: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>, grid: TokenGrid
  ) {
    apply(gradient, values, rowStride: 1, columnStride: patches.count, grid: grid)
  }

  /// Multiplies the positions of each feature, `[n, lanes]`, by its head's matrix.
  private func apply(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, rowStride: Int,
    columnStride: Int, grid: TokenGrid
  ) {
    let n = patches.count
    for feature in 0..<heads * headWidth {
      let matrix = matrices.pointer + feature / headWidth * n * n
      multiplyColumns(
        matrix, rowStride: rowStride, columnStride: columnStride, x + feature * grid.stride,
        grid.lanes, into: y + feature * grid.stride, grid.lanes, m: n, n: grid.lanes, k: n,
        start: .zero)
    }
  }

  /// Gives the gradients of α and ln γ to the sink.
  ///
  /// With `G_c = Σ_(ij in c) p_ij Σ_f ∂y_fi v_fj`: `∂α_c = G_c`, and for the decay
  /// `∂ln γ = γ Σ_ij p_ij α_c (d̄_i − d_c) Σ_f ∂y_fi v_fj`, d̄ the mean distance of a row.
  func weightGradient(
    _ block: VisionBlock, values: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    sink: GradientSink, grid: TokenGrid
  ) {
    let (n, classes) = (patches.count, patches.classCount)
    for head in 0..<heads {
      let rows = head * headWidth * grid.stride
      let share = Array(shares[head * n * n..<(head + 1) * n * n])
      for first in Swift.stride(from: 0, to: grid.lanes, by: laneCount) {
        scratch.pointer.update(repeating: 0, count: classes * laneCount)
        var rate = Lanes.zero
        for i in 0..<n {
          var mean: Float = 0
          for j in 0..<n {
            mean += share[i * n + j] * patches.distances[patches.classes[i * n + j]]
          }
          for j in 0..<n {
            let kind = patches.classes[i * n + j]
            var dot = Lanes.zero
            var (g, v) = (
              gradient + rows + i * grid.lanes + first, values + rows + j * grid.lanes + first
            )
            for _ in 0..<headWidth {
              dot += g.lanes(0) * v.lanes(0)
              g += grid.stride
              v += grid.stride
            }
            dot *= share[i * n + j]
            scratch.pointer.store(scratch.pointer.lanes(kind * laneCount) + dot, kind * laneCount)
            rate += dot * (weights[head * classes + kind] * (mean - patches.distances[kind]))
          }
        }
        let used = min(laneCount, grid.count - first)
        for kind in 0..<classes {
          add(
            scratch.pointer.lanes(kind * laneCount), at: block.weights + head * classes + kind,
            first: first, used: used, sink: sink)
        }
        if let decay = block.decay {
          add(rate * rates[head], at: decay + head, first: first, used: used, sink: sink)
        }
      }
    }
  }

  private func add(_ values: Lanes, at place: Int, first: Int, used: Int, sink: GradientSink) {
    switch sink {
    case .sum(let gradient):
      // Padding has no gradient.
      gradient[place] += laneSum(values)
    case .rows(let rows, let stride):
      for lane in 0..<used { rows[(first + lane) * stride + place] = values[lane] }
    }
  }
}
