/// Adam with decoupled weight decay.
///
/// D. Kingma, J. Ba, arXiv:1412.6980; I. Loshchilov, F. Hutter, arXiv:1711.05101. β₂ is 0.999 and
/// ε is 1e-8.
public struct Adam: Sendable {
  /// The first moments, `[P]`.
  public var first: [Float]
  /// The second moments, `[P]`.
  public var second: [Float]
  /// The number of steps so far.
  public var stepCount = 0

  /// Creates the optimiser of P parameters.
  public init(parameterCount: Int) {
    first = Array(repeating: 0, count: parameterCount)
    second = first
  }

  /// Moves parameters against a gradient.
  ///
  /// - Parameters:
  ///   - parameters: `[P]`, changed in place.
  ///   - gradient: `[P]`.
  ///   - learningRate: η.
  ///   - firstDecay: β₁.
  ///   - weightDecay: The decoupled decay, in units of η.
  public mutating func update(
    _ parameters: inout [Float], gradient: [Float], learningRate: Double, firstDecay: Double,
    weightDecay: Double
  ) {
    precondition(gradient.count == first.count && parameters.count == first.count)
    stepCount += 1
    let secondDecay: Float = 0.999
    let firstDecay = Float(firstDecay)
    let firstCorrection = 1 - power(firstDecay, stepCount)
    let secondCorrection = 1 - power(secondDecay, stepCount)
    let rate = Float(learningRate)
    let decay = Float(learningRate * weightDecay)
    for index in parameters.indices {
      first[index] = firstDecay * first[index] + (1 - firstDecay) * gradient[index]
      second[index] =
        secondDecay * second[index] + (1 - secondDecay) * gradient[index] * gradient[index]
      let scale = (second[index] / secondCorrection).squareRoot() + 1e-8
      parameters[index] -=
        rate * (first[index] / firstCorrection) / scale + decay * parameters[index]
    }
  }

  private func power(_ base: Float, _ exponent: Int) -> Float {
    var result: Float = 1
    var factor = base
    var remaining = exponent
    while remaining > 0 {
      if remaining & 1 == 1 { result *= factor }
      factor *= factor
      remaining >>= 1
    }
    return result
  }
}
