/// A batch of a ``VisionTransformer``.
///
/// Activations are `[features, columns]`, see ``TokenGrid``. What acts on tokens goes panel by panel of columns, so
/// that hidden units stay in the cache; without derivatives nothing of a block is kept.
final class VisionBatch: SpinNetworkBatch {
  let capacity: Int
  private let network: VisionTransformer
  private let keepsDerivatives: Bool
  private var parameters: [Float]
  private var grid: TokenGrid
  /// The attention of each block.
  private let mixers: [PatchMixer]
  /// What each block keeps, or one for all of them.
  private let memory: [BlockMemory]
  private let head: VisionHeadBatch
  private let products: OuterProducts
  /// `[s, columns]`: the spins of each patch.
  private let spins: FloatBuffer
  /// The residual stream, `[d, columns]`.
  private let stream: FloatBuffer
  /// Its gradient, and two of its size.
  private let gradients: [FloatBuffer]
  private let wide: FloatBuffer

  private struct BlockMemory {
    let input: FloatBuffer
    let normalized: FloatBuffer
    let reciprocal: FloatBuffer
    let value: FloatBuffer
    let mixed: FloatBuffer
    let feedForwardInput: FloatBuffer
    let feedForwardNormalized: FloatBuffer
    let feedForwardReciprocal: FloatBuffer
    let preactivation: FloatBuffer
    let hidden: FloatBuffer
  }

  /// The columns of a panel: three vectors, as many as a product's tile has.
  private static let panel = 3 * laneCount

  init(_ network: VisionTransformer, capacity: Int, keepsDerivatives: Bool) {
    precondition(capacity > 0, "a workspace needs room for at least one configuration")
    let patches = network.patches
    let stride = TokenGrid(positions: patches.count, count: capacity).stride
    let (d, hidden) = (
      network.configuration.width, network.configuration.width * network.configuration.expansion
    )
    self.network = network
    self.capacity = capacity
    self.keepsDerivatives = keepsDerivatives
    parameters = Array(repeating: 0, count: network.layout.count)
    grid = TokenGrid(positions: patches.count, count: 0)
    mixers = network.blocks.map { _ in
      PatchMixer(patches, heads: network.configuration.heads, width: d)
    }
    let panelStride = Self.panel
    memory = (0..<(keepsDerivatives ? network.blocks.count : 1)).map { _ in
      let kept = keepsDerivatives ? stride : panelStride
      return BlockMemory(
        input: FloatBuffer(d * kept),
        normalized: FloatBuffer(keepsDerivatives ? d * stride : 0),
        reciprocal: FloatBuffer(keepsDerivatives ? stride : 0), value: FloatBuffer(d * stride),
        mixed: FloatBuffer(d * stride), feedForwardInput: FloatBuffer(d * kept),
        feedForwardNormalized: FloatBuffer(keepsDerivatives ? d * stride : 0),
        feedForwardReciprocal: FloatBuffer(keepsDerivatives ? stride : 0),
        preactivation: FloatBuffer(hidden * kept), hidden: FloatBuffer(hidden * kept))
    }
    head = VisionHeadBatch(network.head, capacity: capacity)
    products = OuterProducts(
      positions: keepsDerivatives ? patches.count : 0, widest: max(hidden, patches.size))
    spins = FloatBuffer(patches.size * stride)
    stream = FloatBuffer(d * stride)
    gradients = (0..<(keepsDerivatives ? 3 : 0)).map { _ in FloatBuffer(d * stride) }
    wide = FloatBuffer(keepsDerivatives ? hidden * stride : 0)
  }

  func setParameters(_ parameters: [Float]) {
    precondition(parameters.count == network.layout.count, "\(parameters.count) parameters")
    self.parameters = parameters
    for (block, mixer) in zip(network.blocks, mixers) {
      mixer.update(block, parameters: parameters)
    }
  }

  // MARK: - Forward

  func forward(
    spins source: UnsafePointer<Int8>, count: Int, logModulus: UnsafeMutablePointer<Double>,
    phase: UnsafeMutablePointer<Double>
  ) {
    precondition(count <= capacity, "a batch of \(count) exceeds the capacity \(capacity)")
    let patches = network.patches
    grid = TokenGrid(positions: patches.count, count: count)
    if count == 0 { return }
    parameters.withUnsafeBufferPointer { buffer in
      guard let parameters = buffer.baseAddress else { return }
      read(source)
      let x = stream.pointer
      network.embedding.forward(
        spins.pointer, x, parameters: parameters, columns: grid.columns, stride: grid.stride)
      for (number, block) in network.blocks.enumerated() {
        let memory = memory[keepsDerivatives ? number : 0]
        forEachPanel { first, columns in
          project(block, memory, parameters: parameters, first: first, columns: columns)
        }
        mixers[number].forward(memory.value.pointer, memory.mixed.pointer, grid: grid)
        forEachPanel { first, columns in
          block.output.forward(
            memory.mixed.pointer + first, x + first, accumulating: true, parameters: parameters,
            columns: columns, stride: grid.stride)
          feedForward(block, memory, parameters: parameters, first: first, columns: columns)
        }
      }
      sumTokens()
      head.forward(
        parameters: parameters, grid: TokenGrid(positions: 1, count: count),
        logModulus: logModulus, phase: phase)
    }
  }

  /// Writes the spins of each patch; padding columns have zeros.
  private func read(_ source: UnsafePointer<Int8>) {
    let sites = network.patches.sites
    let siteCount = network.siteCount
    for (t, patch) in sites.enumerated() {
      for (row, site) in patch.enumerated() {
        let target = spins.pointer + row * grid.stride + t * grid.lanes
        for b in 0..<grid.count { target[b] = Float(source[b * siteCount + site]) }
        for b in grid.count..<grid.lanes { target[b] = 0 }
      }
    }
  }

  private func forEachPanel(_ body: (_ first: Int, _ columns: Int) -> Void) {
    for first in Swift.stride(from: 0, to: grid.columns, by: Self.panel) {
      body(first, min(Self.panel, grid.columns - first))
    }
  }

  /// Where a panel's columns are in a buffer that may hold one panel only, and the distance of its rows.
  private func place(_ buffer: FloatBuffer, _ first: Int) -> (UnsafeMutablePointer<Float>, Int) {
    keepsDerivatives ? (buffer.pointer + first, grid.stride) : (buffer.pointer, Self.panel)
  }

  /// Computes the values of a panel.
  private func project(
    _ block: VisionBlock, _ memory: BlockMemory, parameters: UnsafePointer<Float>, first: Int,
    columns: Int
  ) {
    let (input, stride) = place(memory.input, first)
    normalize(
      block.norm, into: input, stride, kept: memory.normalized, memory.reciprocal,
      parameters: parameters, first: first, columns: columns)
    multiply(
      block.value, input, stride, into: memory.value.pointer + first, grid.stride, adding: false,
      parameters: parameters, columns: columns)
  }

  /// Adds the feed-forward network of a panel to the stream.
  private func feedForward(
    _ block: VisionBlock, _ memory: BlockMemory, parameters: UnsafePointer<Float>, first: Int,
    columns: Int
  ) {
    let (input, stride) = place(memory.feedForwardInput, first)
    let (before, _) = place(memory.preactivation, first)
    let (hidden, _) = place(memory.hidden, first)
    normalize(
      block.feedForwardNorm, into: input, stride, kept: memory.feedForwardNormalized,
      memory.feedForwardReciprocal, parameters: parameters, first: first, columns: columns)
    multiply(
      block.expansion, input, stride, into: before, stride, adding: false, parameters: parameters,
      columns: columns)
    for f in 0..<block.expansion.outputs {
      Activation.gelu.apply(before + f * stride, hidden + f * stride, count: columns)
    }
    multiply(
      block.contraction, hidden, stride, into: stream.pointer + first, grid.stride, adding: true,
      parameters: parameters, columns: columns)
  }

  /// Computes the layer norm of a panel of the stream, into rows of another distance.
  private func normalize(
    _ norm: LayerNorm, into target: UnsafeMutablePointer<Float>, _ stride: Int, kept: FloatBuffer,
    _ reciprocal: FloatBuffer, parameters: UnsafePointer<Float>, first: Int, columns: Int
  ) {
    let x = stream.pointer + first
    let (gamma, beta) = (parameters + norm.scale, parameters + norm.shift)
    for i in Swift.stride(from: 0, to: columns, by: laneCount) {
      let (mean, r) = columnMoments(x + i, rows: norm.width, stride: grid.stride)
      if keepsDerivatives { reciprocal.pointer.store(r, first + i) }
      for f in 0..<norm.width {
        let value = (x.lanes(f * grid.stride + i) - mean) * r
        if keepsDerivatives { kept.pointer.store(value, f * grid.stride + first + i) }
        target.store(value * gamma[f] + beta[f], f * stride + i)
      }
    }
  }

  /// Computes `y = W x + b`, or adds it, with rows of different distances.
  private func multiply(
    _ layer: LinearLayer, _ x: UnsafePointer<Float>, _ xStride: Int,
    into y: UnsafeMutablePointer<Float>, _ yStride: Int, adding: Bool,
    parameters: UnsafePointer<Float>, columns: Int
  ) {
    let bias = layer.bias.map { parameters + $0 }
    let start: ProductStart =
      bias.map { adding ? .contentAndBias($0) : .bias($0) } ?? (adding ? .content : .zero)
    multiplyColumns(
      parameters + layer.weight, rowStride: layer.inputs, columnStride: 1, x, xStride, into: y,
      yStride, m: layer.outputs, n: columns, k: layer.inputs, start: start)
  }

  private func sumTokens() {
    let total = TokenGrid(positions: 1, count: grid.count)
    for f in 0..<network.configuration.width {
      let row = stream.pointer + f * grid.stride
      for b in Swift.stride(from: 0, to: grid.lanes, by: laneCount) {
        var sum = Lanes.zero
        for t in 0..<grid.positions { sum += row.lanes(t * grid.lanes + b) }
        head.sum.pointer.store(sum, f * total.stride + b)
      }
    }
  }

  // MARK: - Derivatives

  func backward(
    modulusWeights: UnsafePointer<Float>, phaseWeights: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    differentiate(modulusWeights, phaseWeights, sink: .sum(gradient))
  }

  func jacobian(
    modulusWeights: UnsafePointer<Float>, phaseWeights: UnsafePointer<Float>,
    rows: UnsafeMutablePointer<Float>, rowStride: Int
  ) {
    precondition(rowStride >= network.layout.count, "rows \(rowStride) apart")
    differentiate(modulusWeights, phaseWeights, sink: .rows(rows, stride: rowStride))
  }

  private func differentiate(
    _ modulusWeights: UnsafePointer<Float>, _ phaseWeights: UnsafePointer<Float>,
    sink: GradientSink
  ) {
    precondition(keepsDerivatives, "the workspace was made without derivatives")
    if grid.count == 0 { return }
    parameters.withUnsafeBufferPointer { buffer in
      guard let parameters = buffer.baseAddress else { return }
      head.backward(
        modulusWeights: modulusWeights, phaseWeights: phaseWeights, parameters: parameters,
        sink: sink, grid: TokenGrid(positions: 1, count: grid.count))
      spreadGradient()
      for (number, block) in network.blocks.enumerated().reversed() {
        feedForwardGradient(block, memory[number], parameters: parameters, sink: sink)
        attentionGradient(
          block, memory[number], mixers[number], parameters: parameters, sink: sink)
      }
      network.embedding.parameterGradient(
        input: spins.pointer, outputGradient: gradients[0].pointer, sink: sink, grid: grid,
        products: products)
    }
  }

  /// Gives the gradient of the sum of tokens to every token; that of padding is zero.
  private func spreadGradient() {
    let total = TokenGrid(positions: 1, count: grid.count)
    for f in 0..<network.configuration.width {
      let row = gradients[0].pointer + f * grid.stride
      for b in Swift.stride(from: 0, to: grid.lanes, by: laneCount) {
        let value = head.sum.pointer.lanes(f * total.stride + b)
        for t in 0..<grid.positions { row.store(value, t * grid.lanes + b) }
      }
    }
  }

  private func feedForwardGradient(
    _ block: VisionBlock, _ memory: BlockMemory, parameters: UnsafePointer<Float>,
    sink: GradientSink
  ) {
    let (columns, stride) = (grid.columns, grid.stride)
    let (dx, dy, dh) = (gradients[0].pointer, gradients[1].pointer, wide.pointer)
    block.contraction.parameterGradient(
      input: memory.hidden.pointer, outputGradient: dx, sink: sink, grid: grid, products: products)
    block.contraction.inputGradient(
      dx, dh, parameters: parameters, columns: columns, stride: stride)
    for f in 0..<block.expansion.outputs {
      Activation.gelu.multiplyByDerivative(
        memory.preactivation.pointer + f * stride, dh + f * stride, count: columns)
    }
    block.expansion.parameterGradient(
      input: memory.feedForwardInput.pointer, outputGradient: dh, sink: sink, grid: grid,
      products: products)
    block.expansion.inputGradient(
      dh, dy, parameters: parameters, columns: columns, stride: stride)
    block.feedForwardNorm.backward(
      dy, normalized: memory.feedForwardNormalized.pointer,
      reciprocal: memory.feedForwardReciprocal.pointer, addingTo: dx, parameters: parameters,
      sink: sink, grid: grid)
  }

  private func attentionGradient(
    _ block: VisionBlock, _ memory: BlockMemory, _ mixer: PatchMixer,
    parameters: UnsafePointer<Float>, sink: GradientSink
  ) {
    let (columns, stride) = (grid.columns, grid.stride)
    let (dx, dy, dz) = (gradients[0].pointer, gradients[1].pointer, gradients[2].pointer)
    block.output.parameterGradient(
      input: memory.mixed.pointer, outputGradient: dx, sink: sink, grid: grid, products: products)
    block.output.inputGradient(dx, dy, parameters: parameters, columns: columns, stride: stride)
    mixer.weightGradient(block, values: memory.value.pointer, gradient: dy, sink: sink, grid: grid)
    mixer.backward(dy, into: dz, grid: grid)
    block.value.parameterGradient(
      input: memory.input.pointer, outputGradient: dz, sink: sink, grid: grid, products: products)
    block.value.inputGradient(dz, dy, parameters: parameters, columns: columns, stride: stride)
    block.norm.backward(
      dy, normalized: memory.normalized.pointer, reciprocal: memory.reciprocal.pointer,
      addingTo: dx, parameters: parameters, sink: sink, grid: grid)
  }
}
