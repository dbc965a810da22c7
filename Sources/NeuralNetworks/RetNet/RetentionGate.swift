/// Group norm by heads, without parameters, times the swish gate: `z = ô ⊙ silu(g)`.
///
/// - Parameters:
///   - o: `[C, columns]`; replaced by `ô`, zero mean and unit variance in each head.
///   - g: `[C, columns]`.
///   - z: `[C, columns]`, overwritten; may be `o`, if `ô` is not needed.
///   - reciprocal: The reciprocal deviation of each head, `[H, columns]`, or nil.
///   - shape: The sizes.
///   - epsilon: What is added to the variances.
///   - columns: The number of columns, a multiple of the lane count.
///   - stride: The distance between rows.
func normalizeAndGate(
  _ o: UnsafeMutablePointer<Float>, gate g: UnsafePointer<Float>,
  into z: UnsafeMutablePointer<Float>, reciprocal: UnsafeMutablePointer<Float>? = nil,
  shape: DecoderShape, epsilon: Float, columns: Int, stride: Int
) {
  for head in 0..<shape.heads {
    let base = head * shape.headWidth * stride
    for i in Swift.stride(from: 0, to: columns, by: laneCount) {
      let (mean, r) = columnMoments(
        o + base + i, rows: shape.headWidth, stride: stride, epsilon: epsilon)
      reciprocal?.store(r, head * stride + i)
      for d in 0..<shape.headWidth {
        let place = base + d * stride + i
        let value = (o.lanes(place) - mean) * r
        let gate = g.lanes(place)
        o.store(value, place)
        z.store(value * (gate * logistic(gate)), place)
      }
    }
  }
}

/// Computes the gradients of ``normalizeAndGate(_:gate:into:reciprocal:shape:epsilon:columns:stride:)``.
///
/// - Parameters:
///   - dz: The gradient of `z`, `[C, columns]`; replaced by that of `o`.
///   - o: `ô`.
///   - g: `[C, columns]`.
///   - dg: The gradient of `g`, overwritten.
///   - reciprocal: The reciprocal deviation of each head, `[H, columns]`.
///   - shape: The sizes.
///   - columns: The number of columns, a multiple of the lane count.
///   - stride: The distance between rows.
func normalizeAndGateGradient(
  _ dz: UnsafeMutablePointer<Float>, normalized o: UnsafePointer<Float>,
  gate g: UnsafePointer<Float>, gateGradient dg: UnsafeMutablePointer<Float>,
  reciprocal: UnsafePointer<Float>, shape: DecoderShape, columns: Int, stride: Int
) {
  let share = 1 / Float(shape.headWidth)
  for head in 0..<shape.heads {
    let base = head * shape.headWidth * stride
    for i in Swift.stride(from: 0, to: columns, by: laneCount) {
      var mean = Lanes.zero
      var projection = Lanes.zero
      for d in 0..<shape.headWidth {
        let place = base + d * stride + i
        let (gate, value, gradient) = (g.lanes(place), o.lanes(place), dz.lanes(place))
        let sigma = logistic(gate)
        dg.store(gradient * value * (sigma + gate * sigma * (1 - sigma)), place)
        let inner = gradient * (gate * sigma)
        dz.store(inner, place)
        mean += inner
        projection += inner * value
      }
      mean *= share
      projection *= share
      let r = reciprocal.lanes(head * stride + i)
      for d in 0..<shape.headWidth {
        let place = base + d * stride + i
        dz.store((dz.lanes(place) - mean - o.lanes(place) * projection) * r, place)
      }
    }
  }
}
