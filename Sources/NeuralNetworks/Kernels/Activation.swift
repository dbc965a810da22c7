/// An elementwise nonlinearity.
public enum Activation: String, Codable, Sendable, Hashable, CaseIterable {
  /// `x σ(x)`, also called swish.
  case silu
  /// `x σ(√(8/π) (x + 0.044715 x³))`, the form with tanh of GELU.
  case gelu
  /// `tanh x`.
  case tanh
  /// `max(0, x)`, with derivative 0 at 0.
  case relu

  /// Computes `y = f(x)`, `count` a multiple of the lane count.
  func apply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, count: Int) {
    assert(count % laneCount == 0, "\(count) is no multiple of \(laneCount)")
    switch self {
    case .silu:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        let v = x.lanes(i)
        y.store(v / (1 + exponential(-v)), i)
      }
    case .gelu:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        let v = x.lanes(i)
        y.store(v / (1 + exponential(-geluArgument(v))), i)
      }
    case .tanh:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        y.store(hyperbolicTangent(x.lanes(i)), i)
      }
    case .relu:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        let v = x.lanes(i)
        y.store(v.replacing(with: 0, where: v .< 0), i)
      }
    }
  }

  /// Computes `g ← g f′(x)`, `count` a multiple of the lane count.
  func multiplyByDerivative(
    _ x: UnsafePointer<Float>, _ g: UnsafeMutablePointer<Float>, count: Int
  ) {
    assert(count % laneCount == 0, "\(count) is no multiple of \(laneCount)")
    switch self {
    case .silu:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        g.store(g.lanes(i) * siluDerivative(x.lanes(i)), i)
      }
    case .gelu:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        let v = x.lanes(i)
        let s = 1 / (1 + exponential(-geluArgument(v)))
        let slope = v * v * 0.214_070_95 + 1.595_769_1
        g.store(g.lanes(i) * (s + v * s * (1 - s) * slope), i)
      }
    case .tanh:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        let y = hyperbolicTangent(x.lanes(i))
        g.store(g.lanes(i) * (1 - y * y), i)
      }
    case .relu:
      for i in Swift.stride(from: 0, to: count, by: laneCount) {
        g.store(g.lanes(i).replacing(with: 0, where: x.lanes(i) .<= 0), i)
      }
    }
  }
}

/// Returns `√(8/π) (x + 0.044715 x³)`.
@inline(__always)
private func geluArgument(_ x: Lanes) -> Lanes {
  x * (x * x * 0.071_356_316 + 1.595_769_1)
}

/// Returns `tanh x` with an absolute error below 2e-7.
@inline(__always)
private func hyperbolicTangent(_ x: Lanes) -> Lanes { 1 - 2 / (1 + exponential(x * 2)) }

/// Returns the derivative of `x σ(x)`.
@inline(__always)
func siluDerivative(_ x: Lanes) -> Lanes {
  let s = logistic(x)
  return s + x * s * (1 - s)
}
