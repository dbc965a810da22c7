public import LinearAlgebra
public import Parallelism

/// The Fisher matrix of a ``ConditionalNetwork`` in Kronecker factors, row by row.
///
/// Scores of different outputs do not correlate, since each is a derivative of a conditional probability
/// whose mean is zero whatever came before; so the Fisher matrix of the output layer has a block for each
/// row, `E[g_j² a aᵀ]` over the row's own inputs. It is taken as `E[g_j²] E[a aᵀ]`, and the same for hidden
/// units, which is the method of J. Martens, R. Grosse, arXiv:1503.05671, with the covariance of outputs
/// taken diagonal. All rows need the leading blocks of one matrix, and one Cholesky factor serves them all.
///
/// Averages are exponential ones over steps: they are sharper than what one sample says about
/// as many parameters.
public final class ConditionalCurvature {
  private let network: ConditionalNetwork
  private let execution: Execution
  /// `E[u uᵀ]` of (1, inputs), and of what outputs see: (1, hidden units), inputs among them where direct.
  private var first: [Float]
  private var second: [Float]
  /// `E[(∂ log q/∂z)²]`, of outputs and of slopes.
  private var hiddenSquares: [Float]
  private var outputSquares: [Float]
  private var slopeSquares: [Float]
  private var weight: Float = 0
  /// The places of features in ``second``: of hidden units, and of inputs where direct.
  private let activationPlaces: [Int]
  private let inputPlaces: [Int]
  private let secondSize: Int

  /// Begins without any sample.
  public init(network: ConditionalNetwork, execution: Execution) {
    self.network = network
    self.execution = execution
    let shape = network.shape
    var activations: [Int] = []
    var inputs: [Int] = []
    var next = 1
    if shape.direct {
      inputs += (0..<shape.border).map { next + $0 }
      next += shape.border
    }
    activations += (0..<shape.borderHidden).map { next + $0 }
    next += shape.borderHidden
    for spin in 0..<shape.spins {
      activations += (0..<shape.hiddenPerSpin).map { next + $0 }
      next += shape.hiddenPerSpin
      // The last spin is seen by no output.
      if shape.direct && spin + 1 < shape.spins {
        inputs.append(next)
        next += 1
      }
    }
    activationPlaces = activations
    inputPlaces = inputs
    secondSize = next
    let firstSize = shape.inputs + 1
    first = Array(repeating: 0, count: firstSize * firstSize)
    second = Array(repeating: 0, count: next * next)
    hiddenSquares = Array(repeating: 0, count: shape.hidden)
    slopeSquares = hiddenSquares
    outputSquares = Array(repeating: 0, count: shape.spins)
  }

  // MARK: - Averages

  /// What one batch says.
  private struct Moments {
    var first: [Float]
    var second: [Float]
    var hidden: [Float]
    var output: [Float]
    var slope: [Float]
  }

  /// Takes a sample into the averages.
  ///
  /// - Parameters:
  ///   - batches: The sample, with scores.
  ///   - decay: What the averages keep of themselves, in [0, 1).
  public func update(_ batches: [ConditionalBatch], decay: Float) {
    nonisolated(unsafe) let batches = batches
    nonisolated(unsafe) let owner = self
    let parts = execution.map(batches.count) { owner.moments(of: batches[$0]) }
    let share = (1 - decay) / Float(batches.reduce(0) { $0 + $1.count })
    func add(_ path: KeyPath<Moments, [Float]>, _ average: inout [Float]) {
      for index in average.indices { average[index] *= decay }
      for part in parts {
        let values = part[keyPath: path]
        for index in average.indices { average[index] += share * values[index] }
      }
    }
    add(\.first, &first)
    add(\.second, &second)
    add(\.hidden, &hiddenSquares)
    add(\.output, &outputSquares)
    add(\.slope, &slopeSquares)
    weight = decay * weight + 1 - decay
  }

  private func moments(of batch: ConditionalBatch) -> Moments {
    let shape = network.shape
    let (columns, stride) = (batch.count, batch.stride)
    let firstSize = shape.inputs + 1
    return batch.withFactors { factors in
      // Inputs may be more than hidden units, where given spins have none.
      let features = FloatBuffer(max(firstSize, secondSize) * stride)
      func copy(_ source: UnsafePointer<Float>, _ rows: Int, _ place: (Int) -> Int) {
        for row in 0..<rows {
          (features.pointer + place(row) * stride).update(
            from: source + row * stride, count: columns)
        }
      }
      features.pointer.update(repeating: 1, count: columns)
      var first = [Float](repeating: 0, count: firstSize * firstSize)
      copy(factors.inputs, shape.inputs) { $0 + 1 }
      BLAS.gram(of: features.pointer, stride, into: &first, firstSize, n: firstSize, k: columns)
      copy(factors.activations, shape.hidden) { self.activationPlaces[$0] }
      if shape.direct { copy(factors.inputs, shape.inputs - 1) { self.inputPlaces[$0] } }
      var second = [Float](repeating: 0, count: secondSize * secondSize)
      BLAS.gram(of: features.pointer, stride, into: &second, secondSize, n: secondSize, k: columns)
      func squares(_ source: UnsafePointer<Float>, _ rows: Int) -> [Float] {
        (0..<rows).map { row in
          var sum: Float = 0
          for column in 0..<columns {
            let value = source[row * stride + column]
            sum += value * value
          }
          return sum
        }
      }
      let slopes = (0..<shape.hidden).map { row in
        let slope = factors.slopes[row]
        if slope == 0 { return Float(0) }
        var sum: Float = 0
        for column in 0..<columns {
          let z = factors.sums[row * stride + column]
          let value = z < 0 ? factors.sumScores[row * stride + column] * z / slope : 0
          sum += value * value
        }
        return sum
      }
      return Moments(
        first: first, second: second, hidden: squares(factors.sumScores, shape.hidden),
        output: squares(factors.logitScores, shape.spins), slope: slopes)
    }
  }

  // MARK: - Preconditioning

  /// Returns `F⁻¹ g`, damped.
  ///
  /// - Parameters:
  ///   - gradient: `g`, `[P]`.
  ///   - damping: What is added to the diagonal of a covariance, relative to its mean; the same share of
  ///     the mean is added to each row's own factor, and at least 0.01 of it to those of slopes.
  /// - Returns: `[P]`.
  /// - Throws: ``LinearAlgebraError`` where numbers are not finite.
  public func inverse(
    times gradient: [Float], damping: Float
  ) throws(LinearAlgebraError) -> [Float] {
    precondition(weight > 0, "no sample yet")
    let shape = network.shape
    var result = gradient
    let n = shape.inputs + 1
    // Hidden layer: the bias, then the row's inputs.
    let hiddenRows = try solve(first, n, damping, rows: shape.hidden) { row, line in
      line[0] = gradient[network.firstBias + row]
      let offset = network.firstWeight + network.first.offsets[row]
      for column in 0..<network.first.widths[row] { line[1 + column] = gradient[offset + column] }
    } width: {
      network.first.widths[$0] + 1
    }
    let hiddenScales = inverses(hiddenSquares, damping)
    for row in 0..<shape.hidden {
      let scale = hiddenScales[row]
      let line = row * n
      result[network.firstBias + row] = scale * hiddenRows[line]
      let offset = network.firstWeight + network.first.offsets[row]
      for column in 0..<network.first.widths[row] {
        result[offset + column] = scale * hiddenRows[line + 1 + column]
      }
    }
    let slopeScales = inverses(slopeSquares, max(damping, 1e-2))
    for row in 0..<shape.hidden {
      result[network.slope + row] = slopeScales[row] * gradient[network.slope + row]
    }
    // Output layer.
    let outputs = try solve(second, secondSize, damping, rows: shape.spins) { row, line in
      line[0] = gradient[network.secondBias + row]
      let offset = network.secondWeight + network.second.offsets[row]
      for column in 0..<network.second.widths[row] {
        line[activationPlaces[column]] = gradient[offset + column]
      }
      guard let direct = network.direct else { return }
      for column in 0..<direct.widths[row] {
        line[inputPlaces[column]] = gradient[network.directWeight + direct.offsets[row] + column]
      }
    } width: {
      activationPlaces[network.second.widths[$0] - 1] + 1
    }
    let outputScales = inverses(outputSquares, damping)
    for row in 0..<shape.spins {
      let scale = outputScales[row]
      let line = row * secondSize
      result[network.secondBias + row] = scale * outputs[line]
      let offset = network.secondWeight + network.second.offsets[row]
      for column in 0..<network.second.widths[row] {
        result[offset + column] = scale * outputs[line + activationPlaces[column]]
      }
      guard let direct = network.direct else { continue }
      for column in 0..<direct.widths[row] {
        result[network.directWeight + direct.offsets[row] + column] =
          scale * outputs[line + inputPlaces[column]]
      }
    }
    return result
  }

  /// The inverses of squares, damped by their mean.
  private func inverses(_ squares: [Float], _ damping: Float) -> [Float] {
    let mean = squares.reduce(0, +) / Float(squares.count)
    // Where nothing depends on a row yet, as on hidden units before outputs listen to them, it stays.
    return squares.map { mean > 0 ? weight / ($0 + damping * mean) : 0 }
  }

  /// Solves `x C_w = g` for each row, with the leading w × w block of a covariance.
  private func solve(
    _ covariance: [Float], _ n: Int, _ damping: Float, rows: Int,
    fill: (_ row: Int, _ line: UnsafeMutablePointer<Float>) -> Void, width: (Int) -> Int
  ) throws(LinearAlgebraError) -> [Float] {
    var factor = covariance
    var trace: Float = 0
    for index in 0..<n { trace += covariance[index * (n + 1)] }
    let ridge = damping * trace / Float(n)
    for index in factor.indices { factor[index] /= weight }
    for index in 0..<n { factor[index * (n + 1)] += ridge / weight }
    try LAPACK.factorise(&factor, n: n)
    var sides = [Float](repeating: 0, count: rows * n)
    sides.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for row in 0..<rows { fill(row, base + row * n) }
      // x L Lᵀ = g for the leading block: forward, cut, backward.
      BLAS.solveTriangular(factor, transposed: true, base, m: rows, n: n)
      for row in 0..<rows {
        for column in width(row)..<n { base[row * n + column] = 0 }
      }
      BLAS.solveTriangular(factor, transposed: false, base, m: rows, n: n)
    }
    return sides
  }
}
