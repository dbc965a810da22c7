/// Layer normalisation over features, `y = γ x̂ + β`, `x̂ = (x − mean) / √(variance + ε)`.
///
/// J. Ba, J. Kiros, G. Hinton, [arXiv:1607.06450](https://arxiv.org/abs/1607.06450).
struct LayerNorm: Sendable, Hashable {
  let width: Int
  /// The place of `γ`, `[width]`.
  let scale: Int
  /// The place of `β`, `[width]`.
  let shift: Int

  /// Computes `y`, and keeps `x̂` and the reciprocal deviation where asked.
  ///
  /// - Parameters:
  ///   - x: `[width, columns]`.
  ///   - y: `[width, columns]`.
  ///   - normalized: `x̂`, `[width, columns]`, or nil.
  ///   - reciprocal: `1 / √(variance + ε)`, `[columns]`, or nil.
  ///   - parameters: `[P]`.
  ///   - columns: The number of columns, a multiple of the lane count.
  ///   - stride: The distance between rows.
  func forward(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    normalized: UnsafeMutablePointer<Float>? = nil, reciprocal: UnsafeMutablePointer<Float>? = nil,
    parameters: UnsafePointer<Float>, columns: Int, stride: Int
  ) {
    assert(columns % laneCount == 0 && columns <= stride, "\(columns) columns of \(stride)")
    assert((normalized == nil) == (reciprocal == nil), "both are kept, or none")
    let gamma = parameters + scale
    let beta = parameters + shift
    for i in Swift.stride(from: 0, to: columns, by: laneCount) {
      let (mean, r) = columnMoments(x + i, rows: width, stride: stride)
      if let normalized, let reciprocal {
        reciprocal.store(r, i)
        for f in 0..<width {
          let value = (x.lanes(f * stride + i) - mean) * r
          normalized.store(value, f * stride + i)
          y.store(value * gamma[f] + beta[f], f * stride + i)
        }
      } else {
        for f in 0..<width {
          let value = (x.lanes(f * stride + i) - mean) * r
          y.store(value * gamma[f] + beta[f], f * stride + i)
        }
      }
    }
  }

  /// Adds the input's gradient to `dx` and gives those of `γ` and `β` to the sink.
  ///
  /// - Parameters:
  ///   - dy: The output's gradient, `[width, columns]`.
  ///   - normalized: `x̂` of the forward pass.
  ///   - reciprocal: The reciprocal deviation of the forward pass.
  ///   - dx: `[width, columns]`, accumulated into.
  ///   - parameters: `[P]`.
  ///   - sink: Where the parameters' gradients go.
  ///   - grid: The columns.
  func backward(
    _ dy: UnsafePointer<Float>, normalized: UnsafePointer<Float>,
    reciprocal: UnsafePointer<Float>, addingTo dx: UnsafeMutablePointer<Float>,
    parameters: UnsafePointer<Float>, sink: GradientSink, grid: TokenGrid
  ) {
    reduceColumns(
      dy, multiplier: normalized, features: width, offset: scale, sink: sink, grid: grid)
    reduceColumns(dy, features: width, offset: shift, sink: sink, grid: grid)
    let gamma = parameters + scale
    let stride = grid.stride
    let share = 1 / Float(width)
    for i in Swift.stride(from: 0, to: grid.columns, by: laneCount) {
      var mean = Lanes.zero
      var projection = Lanes.zero
      for f in 0..<width {
        let g = dy.lanes(f * stride + i) * gamma[f]
        mean += g
        projection += g * normalized.lanes(f * stride + i)
      }
      mean *= share
      projection *= share
      let r = reciprocal.lanes(i)
      for f in 0..<width {
        let g = dy.lanes(f * stride + i) * gamma[f]
        let change = (g - mean - normalized.lanes(f * stride + i) * projection) * r
        dx.store(dx.lanes(f * stride + i) + change, f * stride + i)
      }
    }
  }
}

/// What is added to the variances of layer norms.
let normalizationEpsilon: Float = 1e-6

/// Returns the mean and the reciprocal deviation of sixteen columns.
@inline(__always)
func columnMoments(
  _ x: UnsafePointer<Float>, rows: Int, stride: Int, epsilon: Float = normalizationEpsilon
) -> (mean: Lanes, reciprocal: Lanes) {
  var mean = Lanes.zero
  for f in 0..<rows { mean += x.lanes(f * stride) }
  mean /= Float(rows)
  var variance = Lanes.zero
  for f in 0..<rows {
    let deviation = x.lanes(f * stride) - mean
    variance += deviation * deviation
  }
  return (mean, reciprocalSquareRoot(variance / Float(rows) + epsilon))
}

extension ParameterLayout {
  /// Appends the scale and shift of a layer norm.
  mutating func appendNorm(_ name: String, width: Int) -> LayerNorm {
    LayerNorm(
      width: width,
      scale: append("\(name)/scale", shape: [width], initializer: .constant(1)),
      shift: append("\(name)/shift", shape: [width], initializer: .constant(0)))
  }
}
