/// All positions of a masked perceptron at once, with derivatives.
///
/// Activations are `[rows, columns]`, one column for each string.
final class MaskedBatch: NetworkBatch {
  private let layout: MaskedLayout
  private let capacity: Int
  private var grid = TokenGrid(positions: 1, count: 0)
  /// Inputs, then what each hidden layer gives: `[width, columns]`.
  private let activations: [FloatBuffer]
  /// What each layer computes before its nonlinearity, the logits last: `[width, columns]`.
  private let sums: [FloatBuffer]
  /// The gradients of ``sums``.
  private let deltas: [FloatBuffer]
  /// Sixteen strings' rows of one block's gradients, and of what it reads.
  private let gradientRows: FloatBuffer
  private let inputRows: FloatBuffer

  init(layout: MaskedLayout, capacity: Int) {
    precondition(capacity > 0, "a workspace needs room for at least one string")
    self.layout = layout
    self.capacity = capacity
    let stride = TokenGrid(positions: 1, count: capacity).stride
    let widths = [layout.inputs] + layout.layers.map(\.width)
    activations = widths.dropLast().map { FloatBuffer($0 * stride) }
    sums = widths.dropFirst().map { FloatBuffer($0 * stride) }
    deltas = widths.dropFirst().map { FloatBuffer($0 * stride) }
    let widest = widths.reduce(0, max)
    gradientRows = FloatBuffer(laneCount * widest)
    inputRows = FloatBuffer(laneCount * widest)
  }

  func forward(
    tokens: UnsafePointer<UInt8>, count: Int, parameters: UnsafePointer<Float>,
    logits: UnsafeMutablePointer<Float>
  ) {
    precondition(count <= capacity, "a batch of \(count) strings exceeds the capacity \(capacity)")
    grid = TokenGrid(positions: 1, count: count)
    if count == 0 { return }
    let (stride, columns) = (grid.stride, grid.columns)
    // Padding strings have zeros for inputs.
    activations[0].pointer.update(repeating: 0, count: layout.inputs * stride)
    for b in 0..<count {
      for t in 0..<layout.positions {
        layout.encode(
          tokens[b * layout.positions + t], stride: stride,
          into: activations[0].pointer + t * layout.bits * stride + b)
      }
    }
    for (index, layer) in layout.layers.enumerated() {
      for case let block? in layer.blocks {
        block.forward(
          activations[index].pointer + block.inputs.lowerBound * stride,
          sums[index].pointer + block.rows.lowerBound * stride, parameters: parameters,
          columns: columns, stride: stride)
      }
      if index + 1 == layout.layers.count { break }
      for row in 0..<layer.width {
        layout.activation.apply(
          sums[index].pointer + row * stride, activations[index + 1].pointer + row * stride,
          count: columns)
      }
    }
    let outputs = layout.positions * layout.vocabulary
    for row in 0..<outputs {
      let source = sums[layout.layers.count - 1].pointer + row * stride
      for b in 0..<count { logits[b * outputs + row] = source[b] }
    }
  }

  func backward(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    differentiate(logitGradients: logitGradients, parameters: parameters, sink: .sum(gradient))
  }

  func jacobian(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    rows: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    let count = layout.parameters.count
    precondition(rowStride >= count, "rows \(rowStride) apart do not hold \(count) parameters")
    // Weights that are masked out have no derivative.
    for b in 0..<grid.count { (rows + b * rowStride).update(repeating: 0, count: count) }
    differentiate(
      logitGradients: logitGradients, parameters: parameters, sink: .rows(rows, stride: rowStride))
  }

  private func differentiate(
    logitGradients: UnsafePointer<Float>, parameters: UnsafePointer<Float>, sink: GradientSink
  ) {
    if grid.count == 0 { return }
    let (stride, columns) = (grid.stride, grid.columns)
    let last = layout.layers.count - 1
    let outputs = layout.positions * layout.vocabulary
    for row in 0..<outputs {
      let target = deltas[last].pointer + row * stride
      for b in 0..<grid.count { target[b] = logitGradients[b * outputs + row] }
      for b in grid.count..<grid.lanes { target[b] = 0 }
    }
    for index in layout.layers.indices.reversed() {
      let below = index > 0 ? deltas[index - 1].pointer : nil
      below?.update(repeating: 0, count: layout.layers[max(index - 1, 0)].width * stride)
      for case let block? in layout.layers[index].blocks {
        let g = deltas[index].pointer + block.rows.lowerBound * stride
        parameterGradient(
          block, of: g, input: activations[index].pointer + block.inputs.lowerBound * stride,
          sink: sink)
        guard let below else { continue }
        multiplyColumns(
          parameters + block.weight, rowStride: 1, columnStride: block.rowStride, g, stride,
          into: below + block.inputs.lowerBound * stride, stride, m: block.inputs.count,
          n: columns, k: block.rows.count, start: .content)
      }
      guard let below else { return }
      for row in 0..<layout.layers[index - 1].width {
        layout.activation.multiplyByDerivative(
          sums[index - 1].pointer + row * stride, below + row * stride, count: columns)
      }
    }
  }

  /// Gives `dW = g xᵀ` and `db = Σ g` of one block to the sink.
  private func parameterGradient(
    _ block: MaskedBlock, of g: UnsafePointer<Float>, input x: UnsafePointer<Float>,
    sink: GradientSink
  ) {
    reduceColumns(g, features: block.rows.count, offset: block.bias, sink: sink, grid: grid)
    let (m, k) = (block.rows.count, block.inputs.count)
    if k == 0 { return }
    switch sink {
    case .sum(let gradient):
      accumulateOuterProducts(
        g, m: m, x, k: k, stride: grid.stride, n: grid.columns, into: gradient + block.weight,
        rowStride: block.rowStride)
    case .rows(let rows, let rowStride):
      for first in Swift.stride(from: 0, to: grid.count, by: laneCount) {
        transposeToRows(
          g + first, stride: grid.stride, features: m, into: gradientRows.pointer, stride: m)
        transposeToRows(
          x + first, stride: grid.stride, features: k, into: inputRows.pointer, stride: k)
        for lane in 0..<min(laneCount, grid.count - first) {
          writeOuterProduct(
            gradientRows.pointer + lane * m, m, inputRows.pointer + lane * k, k,
            into: rows + (first + lane) * rowStride + block.weight, rowStride: block.rowStride)
        }
      }
    }
  }
}

/// Writes `C[o, i] = g[o] x[i]`, rows `rowStride` apart.
private func writeOuterProduct(
  _ g: UnsafePointer<Float>, _ m: Int, _ x: UnsafePointer<Float>, _ k: Int,
  into c: UnsafeMutablePointer<Float>, rowStride: Int
) {
  let whole = k / laneCount * laneCount
  for o in 0..<m {
    let row = c + o * rowStride
    for i in stride(from: 0, to: whole, by: laneCount) { row.store(x.lanes(i) * g[o], i) }
    for i in whole..<k { row[i] = x[i] * g[o] }
  }
}
