public import Configurations

/// Room for one batch of a ``ConditionalNetwork``: drawing, log-probabilities and their derivatives.
///
/// Everything is `[features, columns]`, one column for each row of the batch and `stride` floats from one
/// feature to the next. Spins are ±1. Drawing costs what one evaluation costs: a hidden unit is computed
/// once, when the spins that it sees are known.
public final class ConditionalBatch {
  /// The network.
  public let network: ConditionalNetwork
  /// The largest number of columns.
  public let capacity: Int
  /// The distance between features, in floats.
  public private(set) var stride: Int
  /// The number of columns in use.
  public private(set) var count = 0

  private var parameters: [Float] = []
  private let firstPanels: FloatBuffer
  private let secondPanels: FloatBuffer
  private let directPanels: FloatBuffer
  /// Spins, `[b + n, columns]`, the given ones first.
  private let inputs: FloatBuffer
  /// What hidden units compute before and after their nonlinearity, `[hidden, columns]`.
  let sums: FloatBuffer
  let activations: FloatBuffer
  /// Logits `[n, columns]`; ``score`` puts their derivatives of log q in their place.
  let logits: FloatBuffer
  /// The derivatives of log q by ``sums``, and by the slopes; made when first asked for.
  private(set) lazy var sumScores = FloatBuffer(network.shape.hidden * wholeStride)
  private lazy var firstGradient = FloatBuffer(network.first.panelCount)
  private lazy var secondGradient = FloatBuffer(network.second.panelCount)
  private lazy var directGradient = FloatBuffer(network.direct?.panelCount ?? 0)
  private lazy var weighted = FloatBuffer(max(network.shape.spins, 1) * wholeStride)
  private let wholeStride: Int
  /// Whether ``logits`` holds derivatives.
  private var hasScores = false

  /// Makes room.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - capacity: The largest number of columns.
  public init(network: ConditionalNetwork, capacity: Int) {
    precondition(capacity > 0, "room for at least one column")
    self.network = network
    self.capacity = capacity
    let shape = network.shape
    wholeStride = TokenGrid(positions: 1, count: capacity).stride
    stride = wholeStride
    firstPanels = FloatBuffer(network.first.panelCount)
    secondPanels = FloatBuffer(network.second.panelCount)
    directPanels = FloatBuffer(network.direct?.panelCount ?? 0)
    inputs = FloatBuffer(shape.inputs * wholeStride)
    sums = FloatBuffer(shape.hidden * wholeStride)
    activations = FloatBuffer(shape.hidden * wholeStride)
    logits = FloatBuffer(shape.spins * wholeStride)
  }

  /// The bytes of a workspace, those for derivatives among them.
  public static func bytes(_ network: ConditionalNetwork, capacity: Int) -> Int {
    let stride = TokenGrid(positions: 1, count: capacity).stride
    let shape = network.shape
    let panels =
      network.first.panelCount + network.second.panelCount + (network.direct?.panelCount ?? 0)
    return 4 * (stride * (shape.inputs + 3 * shape.hidden + 2 * shape.spins) + 2 * panels)
  }

  /// Takes parameters, `[P]`.
  public func setParameters(_ values: [Float]) {
    precondition(values.count == network.parameterCount, "\(values.count) parameters")
    parameters = values
    values.withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { return }
      network.first.expand(base + network.firstWeight, into: firstPanels.pointer)
      network.second.expand(base + network.secondWeight, into: secondPanels.pointer)
      network.direct?.expand(base + network.directWeight, into: directPanels.pointer)
    }
  }

  /// Says how many columns the next batch has.
  public func begin(count: Int) {
    precondition(count > 0 && count <= capacity, "\(count) columns, room for \(capacity)")
    self.count = count
    stride = TokenGrid(positions: 1, count: count).stride
    hasScores = false
  }

  /// The given spins, `[b, columns]`, to be written before drawing.
  public var border: UnsafeMutablePointer<Float> { inputs.pointer }
  /// The spins that are drawn, `[n, columns]`; to be written where they are known.
  public var spins: UnsafeMutablePointer<Float> {
    inputs.pointer + network.shape.border * stride
  }

  /// Draws the spins.
  ///
  /// - Parameters:
  ///   - random: The generator.
  ///   - logProbabilities: `[columns]`, to which log q is added.
  public func draw(random: inout RandomSource, addingTo logProbabilities: inout [Double]) {
    evaluate(random: &random, draws: true, logProbabilities: &logProbabilities)
  }

  /// Evaluates log q of spins that are known.
  ///
  /// - Parameter logProbabilities: `[columns]`, to which log q is added.
  public func evaluate(addingTo logProbabilities: inout [Double]) {
    var random = RandomSource(seed: 0)
    evaluate(random: &random, draws: false, logProbabilities: &logProbabilities)
  }

  // MARK: - Forward

  private func evaluate(
    random: inout RandomSource, draws: Bool, logProbabilities: inout [Double]
  ) {
    precondition(logProbabilities.count == count, "\(logProbabilities.count) for \(count) columns")
    let shape = network.shape
    let columns = paddedToLanes(count)
    hasScores = false
    if count < columns { clearPadding(columns) }
    let uniforms = FloatBuffer(columns)
    let sum = FloatBuffer(columns)
    parameters.withUnsafeBufferPointer { buffer in
      guard let parameters = buffer.baseAddress else { return }
      for panel in network.borderPanels {
        hidden(panel, inputs: shape.border, parameters, columns)
        activate(panel.rows, parameters, columns)
      }
      for (index, output) in network.second.panels.enumerated() {
        let panel = network.spinPanels[index]
        hidden(panel, inputs: panel.common, parameters, columns)
        outputs(index, parameters, columns)
        sum.pointer.update(repeating: 0, count: columns)
        for j in output.rows {
          finish(j, in: output, panel, index, parameters, columns)
          if draws {
            for column in 0..<count {
              uniforms.pointer[column] = Float(Int64(bitPattern: random.next())) * 0x1p-64
            }
          }
          settle(j, draws ? uniforms.pointer : nil, sum.pointer, columns)
        }
        for column in 0..<count { logProbabilities[column] += Double(sum.pointer[column]) }
      }
    }
  }

  /// Columns that fill a vector have spins of zero, and so scores; drawn ones have some, which nobody reads.
  private func clearPadding(_ columns: Int) {
    for feature in 0..<network.shape.inputs {
      for column in count..<columns { inputs.pointer[feature * stride + column] = 0 }
    }
  }

  /// What hidden units get from their first inputs and their bias.
  private func hidden(
    _ panel: StaircaseMatrix.Panel, inputs k: Int, _ parameters: UnsafePointer<Float>,
    _ columns: Int
  ) {
    multiplyColumns(
      firstPanels.pointer + panel.offset, rowStride: panel.width, columnStride: 1, inputs.pointer,
      stride, into: sums.pointer + panel.rows.lowerBound * stride, stride, m: panel.rows.count,
      n: columns, k: k, start: .bias(parameters + network.firstBias + panel.rows.lowerBound))
  }

  /// What a panel's outputs get from everything before the panel, and their bias.
  private func outputs(_ index: Int, _ parameters: UnsafePointer<Float>, _ columns: Int) {
    let panel = network.second.panels[index]
    let target = logits.pointer + panel.rows.lowerBound * stride
    multiplyColumns(
      secondPanels.pointer + panel.offset, rowStride: panel.width, columnStride: 1,
      activations.pointer, stride, into: target, stride, m: panel.rows.count, n: columns,
      k: panel.common - network.shape.hiddenPerSpin,
      start: .bias(parameters + network.secondBias + panel.rows.lowerBound))
    guard let direct = network.direct?.panels[index], direct.common > 0 else { return }
    multiplyColumns(
      directPanels.pointer + direct.offset, rowStride: direct.width, columnStride: 1,
      inputs.pointer, stride, into: target, stride, m: panel.rows.count, n: columns,
      k: direct.common, start: .content)
  }

  /// Applies the nonlinearity to hidden units.
  private func activate(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>, _ columns: Int) {
    for row in rows {
      let slope = parameters[network.slope + row]
      let source = sums.pointer + row * stride
      let target = activations.pointer + row * stride
      for column in Swift.stride(from: 0, to: columns, by: laneCount) {
        let z = source.lanes(column)
        target.store(z.replacing(with: z * slope, where: z .< 0), column)
      }
    }
  }

  /// Adds to spin j's hidden units and logit what comes from its own panel.
  private func finish(
    _ j: Int, in output: StaircaseMatrix.Panel, _ panel: StaircaseMatrix.Panel, _ index: Int,
    _ parameters: UnsafePointer<Float>, _ columns: Int
  ) {
    let shape = network.shape
    let (k, start) = (shape.hiddenPerSpin, output.rows.lowerBound)
    let before = j - start
    let unit = shape.borderHidden + k * j
    let fresh = inputs.pointer + (shape.border + start) * stride
    if before > 0 {
      multiplyColumns(
        firstPanels.pointer + panel.offset + (unit - panel.rows.lowerBound) * panel.width
          + panel.common, rowStride: panel.width, columnStride: 1, fresh, stride,
        into: sums.pointer + unit * stride, stride, m: k, n: columns, k: before, start: .content)
    }
    activate(unit..<unit + k, parameters, columns)
    let known = output.common - k
    multiplyColumns(
      secondPanels.pointer + output.offset + before * output.width + known, rowStride: output.width,
      columnStride: 1, activations.pointer + known * stride, stride,
      into: logits.pointer + j * stride, stride, m: 1, n: columns, k: k * (before + 1),
      start: .content)
    if let direct = network.direct?.panels[index], before > 0 {
      multiplyColumns(
        directPanels.pointer + direct.offset + before * direct.width + direct.common,
        rowStride: direct.width, columnStride: 1, fresh, stride, into: logits.pointer + j * stride,
        stride, m: 1, n: columns, k: before, start: .content)
    }
  }

  /// Draws spin j where there are random numbers, and adds its log-probability.
  ///
  /// A number u in [−½, ½] stands for |u| in [0, 1] where positive, else for 1 − |u|, so that improbable
  /// spins of either sign are compared with small numbers of full precision: multiples of 2⁻²⁴ would draw
  /// some with 2⁻²⁴ however small q is.
  private func settle(
    _ j: Int, _ uniforms: UnsafeMutablePointer<Float>?, _ sum: UnsafeMutablePointer<Float>,
    _ columns: Int
  ) {
    let logit = logits.pointer + j * stride
    let spin = inputs.pointer + (network.shape.border + j) * stride
    for column in Swift.stride(from: 0, to: columns, by: laneCount) {
      let o = logit.lanes(column)
      if let uniforms {
        let u = uniforms.lanes(column)
        let isTurned = u .< 0
        let size = u.replacing(with: -u, where: isTurned)
        let up = (size .< logistic(o.replacing(with: -o, where: isTurned))) .^ isTurned
        spin.store(Lanes(repeating: -1).replacing(with: 1, where: up), column)
      }
      // ln σ(t) = min(t, 0) − ln(1 + exp(−|t|))
      let t = o * spin.lanes(column)
      let negative = t.replacing(with: 0, where: t .> 0)
      let magnitude = t.replacing(with: -t, where: t .< 0)
      sum.store(
        sum.lanes(column) + negative - naturalLogarithm(exponential(-magnitude) + 1), column)
    }
  }

  // MARK: - Derivatives

  /// What scores are made of, each `[features, columns]`.
  struct Factors {
    let inputs: UnsafePointer<Float>
    let sums: UnsafePointer<Float>
    let activations: UnsafePointer<Float>
    let sumScores: UnsafePointer<Float>
    let logitScores: UnsafePointer<Float>
    let slopes: UnsafePointer<Float>
  }

  /// Calls `body` with the factors of a batch with scores.
  func withFactors<Result>(_ body: (Factors) -> Result) -> Result {
    precondition(hasScores, "a batch without scores")
    return parameters.withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { preconditionFailure("no parameters were set") }
      return body(
        Factors(
          inputs: inputs.pointer, sums: sums.pointer, activations: activations.pointer,
          sumScores: sumScores.pointer, logitScores: logits.pointer, slopes: base + network.slope))
    }
  }

  /// Turns logits into the derivatives of log q by them, and finds those by the hidden units' sums.
  ///
  /// After that the batch has scores, which ``pull(_:into:)`` and ``ConditionalScores`` use, and no logits.
  /// Nothing is done where it has them already.
  public func score() {
    if hasScores { return }
    hasScores = true
    let shape = network.shape
    let columns = paddedToLanes(count)
    for j in 0..<shape.spins {
      let logit = logits.pointer + j * stride
      let spin = inputs.pointer + (shape.border + j) * stride
      for column in Swift.stride(from: 0, to: columns, by: laneCount) {
        // (1 + s)/2 − σ(o); nothing for columns that only fill a vector, where s = 0.
        let s = spin.lanes(column)
        logit.store(s * logistic(-s * logit.lanes(column)), column)
      }
    }
    propagate(logits.pointer, columns)
  }

  /// `∂ log q/∂z`, from the derivatives by logits.
  private func propagate(_ g: UnsafePointer<Float>, _ columns: Int) {
    let shape = network.shape
    let target = sumScores.pointer
    target.update(repeating: 0, count: shape.hidden * stride)
    for panel in network.second.panels {
      multiplyColumns(
        secondPanels.pointer + panel.offset, rowStride: 1, columnStride: panel.width,
        g + panel.rows.lowerBound * stride, stride, into: target, stride, m: panel.width,
        n: columns, k: panel.rows.count, start: .content)
    }
    parameters.withUnsafeBufferPointer { buffer in
      for row in 0..<shape.hidden {
        let slope = buffer[network.slope + row]
        let z = sums.pointer + row * stride
        let line = target + row * stride
        for column in Swift.stride(from: 0, to: columns, by: laneCount) {
          let g = line.lanes(column)
          line.store(g.replacing(with: g * slope, where: z.lanes(column) .< 0), column)
        }
      }
    }
  }

  /// Adds `Σ_b v_b ∂ log q(x_b)/∂θ` of a batch with scores.
  ///
  /// - Parameters:
  ///   - weights: `v`, `[columns]`.
  ///   - gradient: `[P]`, accumulated into.
  public func pull(_ weights: [Float], into gradient: inout [Float]) {
    precondition(weights.count == count, "\(weights.count) weights for \(count) columns")
    precondition(hasScores, "a batch without scores")
    let shape = network.shape
    let columns = paddedToLanes(count)
    let padded = FloatBuffer(columns)
    for column in 0..<count { padded.pointer[column] = weights[column] }
    gradient.withUnsafeMutableBufferPointer { buffer in
      guard let gradient = buffer.baseAddress else { return }
      let scaled = weighted.pointer
      for panel in network.second.panels {
        weigh(logits.pointer, panel.rows, padded.pointer, columns)
        sumRows(
          scaled, panel.rows.count, columns,
          gradient + network.secondBias + panel.rows.lowerBound)
        let target = secondGradient.pointer + panel.offset
        target.update(repeating: 0, count: panel.rows.count * panel.width)
        accumulateOuterProducts(
          scaled, m: panel.rows.count, activations.pointer, k: panel.width, stride: stride,
          n: columns, into: target)
      }
      network.second.addPacked(secondGradient.pointer, to: gradient + network.secondWeight)
      if let direct = network.direct {
        for panel in direct.panels {
          weigh(logits.pointer, panel.rows, padded.pointer, columns)
          let target = directGradient.pointer + panel.offset
          target.update(repeating: 0, count: panel.rows.count * panel.width)
          accumulateOuterProducts(
            scaled, m: panel.rows.count, inputs.pointer, k: min(panel.width, shape.inputs),
            stride: stride, n: columns, into: target, rowStride: panel.width)
        }
        direct.addPacked(directGradient.pointer, to: gradient + network.directWeight)
      }
      let rowsAtOnce = shape.spins
      for panel in network.first.panels {
        let target = firstGradient.pointer + panel.offset
        target.update(repeating: 0, count: panel.rows.count * panel.width)
        for start in Swift.stride(
          from: panel.rows.lowerBound, to: panel.rows.upperBound, by: rowsAtOnce)
        {
          let rows = start..<min(start + rowsAtOnce, panel.rows.upperBound)
          weigh(sumScores.pointer, rows, padded.pointer, columns)
          sumRows(scaled, rows.count, columns, gradient + network.firstBias + rows.lowerBound)
          accumulateOuterProducts(
            scaled, m: rows.count, inputs.pointer, k: min(panel.width, shape.inputs),
            stride: stride, n: columns,
            into: target + (start - panel.rows.lowerBound) * panel.width, rowStride: panel.width)
          sumSlopes(rows, columns, gradient + network.slope)
        }
      }
      network.first.addPacked(firstGradient.pointer, to: gradient + network.firstWeight)
    }
  }

  /// Returns `Σ_p δ_p ∂ log q(x_b)/∂θ_p` of a batch with scores.
  ///
  /// - Parameter direction: `δ`, `[P]`.
  /// - Returns: `[columns]`.
  public func push(_ direction: [Float]) -> [Float] {
    precondition(direction.count == network.parameterCount, "\(direction.count) numbers to push")
    let shape = network.shape
    let columns = paddedToLanes(count)
    let images = FloatBuffer(max(shape.spins, 64 * shape.hiddenPerSpin) * stride)
    let result = FloatBuffer(columns)
    /// Adds `Σ_r g_r (Σ_i δ_ri x_i + bias_r)` of one panel.
    func add(
      _ panel: StaircaseMatrix.Panel, _ weights: UnsafePointer<Float>,
      _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>, _ scores: UnsafePointer<Float>
    ) {
      multiplyColumns(
        weights + panel.offset, rowStride: panel.width, columnStride: 1, x, stride,
        into: images.pointer, stride, m: panel.rows.count, n: columns, k: panel.width,
        start: bias.map { .bias($0 + panel.rows.lowerBound) } ?? .zero)
      for (index, row) in panel.rows.enumerated() {
        for column in Swift.stride(from: 0, to: columns, by: laneCount) {
          let g = scores.lanes(row * stride + column)
          result.pointer.store(
            result.pointer.lanes(column) + g * images.pointer.lanes(index * stride + column),
            column)
        }
      }
    }
    withFactors { factors in
      direction.withUnsafeBufferPointer { buffer in
        guard let delta = buffer.baseAddress else { return }
        network.first.expand(delta + network.firstWeight, into: firstGradient.pointer)
        for panel in network.first.panels {
          add(
            panel, firstGradient.pointer, delta + network.firstBias, factors.inputs,
            factors.sumScores)
        }
        network.second.expand(delta + network.secondWeight, into: secondGradient.pointer)
        for panel in network.second.panels {
          add(
            panel, secondGradient.pointer, delta + network.secondBias, factors.activations,
            factors.logitScores)
        }
        if let direct = network.direct {
          direct.expand(delta + network.directWeight, into: directGradient.pointer)
          for panel in direct.panels {
            add(panel, directGradient.pointer, nil, factors.inputs, factors.logitScores)
          }
        }
        for row in 0..<shape.hidden {
          let slope = factors.slopes[row]
          if slope == 0 { continue }
          let factor = delta[network.slope + row] / slope
          for column in Swift.stride(from: 0, to: columns, by: laneCount) {
            let z = factors.sums.lanes(row * stride + column)
            let g = factors.sumScores.lanes(row * stride + column)
            let part = (g * z * factor).replacing(with: 0, where: z .>= 0)
            result.pointer.store(result.pointer.lanes(column) + part, column)
          }
        }
      }
    }
    return (0..<count).map { result.pointer[$0] }
  }

  /// Writes rows times the columns' weights to ``weighted``, from its first row.
  private func weigh(
    _ source: UnsafePointer<Float>, _ rows: Range<Int>, _ weights: UnsafePointer<Float>,
    _ columns: Int
  ) {
    for (index, row) in rows.enumerated() {
      for column in Swift.stride(from: 0, to: columns, by: laneCount) {
        weighted.pointer.store(
          source.lanes(row * stride + column) * weights.lanes(column), index * stride + column)
      }
    }
  }

  private func sumRows(
    _ source: UnsafePointer<Float>, _ rows: Int, _ columns: Int,
    _ target: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      var sum = Lanes.zero
      for column in Swift.stride(from: 0, to: columns, by: laneCount) {
        sum += source.lanes(row * stride + column)
      }
      target[row] += laneSum(sum)
    }
  }

  /// The slopes' part, from the weighted scores of sums in ``weighted``.
  private func sumSlopes(
    _ rows: Range<Int>, _ columns: Int, _ gradient: UnsafeMutablePointer<Float>
  ) {
    parameters.withUnsafeBufferPointer { buffer in
      for (index, row) in rows.enumerated() {
        let slope = buffer[network.slope + row]
        var sum = Lanes.zero
        for column in Swift.stride(from: 0, to: columns, by: laneCount) {
          let z = sums.pointer.lanes(row * stride + column)
          let g = weighted.pointer.lanes(index * stride + column)
          sum += (g * z).replacing(with: 0, where: z .>= 0)
        }
        // Scores of sums have the slope in them where z < 0.
        gradient[row] += slope == 0 ? 0 : laneSum(sum) / slope
      }
    }
  }
}
