import NeuralNetworks
import Testing

/// Counts operations one by one, by walking the loops of the kernels.
private struct LoopCounter {
  let cost: DecoderCost
  var linear = 0
  var mixing = 0
  var exponentials = 0

  init(_ cost: DecoderCost) { self.cost = cost }

  /// A product with a matrix: forward, and the gradients of weights and input where asked.
  private mutating func product(_ outputs: Int, _ inputs: Int, times: Int = 1) {
    for _ in 0..<times { for _ in 0..<outputs { for _ in 0..<inputs { linear += 1 } } }
  }

  /// One position's way through the layers without mixing.
  mutating func column(gated: Bool, trains: Bool) {
    let (c, f, v) = (cost.width, cost.feedForward, cost.vocabulary)
    let times = trains ? 3 : 1
    product(c, v + 1, times: trains ? 2 : 1)
    for _ in 0..<cost.layers {
      for _ in 0..<(gated ? 4 : 3) { product(c, c, times: times) }
      product(c, c, times: times)
      product(f, c, times: times)
      product(c, f, times: times)
      exponentials += (trains ? 2 : 1) * (f + (gated ? c : 0))
    }
    product(v, c, times: times)
  }

  /// Two positions of all layers and heads, as often as there are products over them.
  mutating func pair(products: Int, exponentials: Int) {
    for _ in 0..<cost.layers {
      for _ in 0..<cost.heads {
        for _ in 0..<products { for _ in 0..<cost.headWidth { mixing += 1 } }
        self.exponentials += exponentials
      }
    }
  }

  /// All elements of the states of all layers and heads.
  mutating func state(products: Int) {
    for _ in 0..<cost.layers {
      for _ in 0..<cost.heads {
        for _ in 0..<products {
          for _ in 0..<cost.headWidth { for _ in 0..<cost.headWidth { mixing += 1 } }
        }
      }
    }
  }

  mutating func attention(prefix: Int, masked: Bool, trains: Bool) {
    for t in 0..<prefix {
      column(gated: false, trains: trains)
      for s in 0..<prefix where masked || s <= t {
        pair(products: trains ? 7 : 2, exponentials: trains ? 2 : 1)
      }
    }
  }

  mutating func chunks(of length: Int, trains: Bool) {
    var start = 0
    while start < cost.positions {
      let end = min(start + length, cost.positions)
      for t in start..<end {
        column(gated: true, trains: trains)
        for _ in start...t { pair(products: trains ? 7 : 2, exponentials: 0) }
        // q S; backwards ∂q from S and ∂S from q.
        if start > 0 { state(products: trains ? 3 : 1) }
        // kᵀ v into S; backwards ∂k and ∂v from ∂S.
        if end < cost.positions { state(products: trains ? 3 : 1) }
      }
      if start > 0, end < cost.positions { state(products: trains ? 2 : 1) }
      start = end
    }
  }

  var count: OperationCount {
    OperationCount(
      linear: Double(linear), mixing: Double(mixing), exponentials: Double(exponentials))
  }

  static func count(_ form: DecoderForm, _ cost: DecoderCost, trains: Bool) -> OperationCount {
    var counter = LoopCounter(cost)
    switch form {
    case .attention, .cachedAttention:
      counter.attention(prefix: cost.positions, masked: false, trains: trains)
    case .maskedAttention:
      counter.attention(prefix: cost.positions, masked: true, trains: trains)
    case .uncachedAttention:
      for prefix in 1...cost.positions {
        counter.attention(prefix: prefix, masked: true, trains: false)
      }
    case .parallelRetention: counter.chunks(of: cost.positions, trains: trains)
    case .chunkwiseRetention(let length): counter.chunks(of: length, trains: trains)
    case .recurrentRetention:
      for _ in 0..<cost.positions {
        counter.column(gated: true, trains: false)
        counter.state(products: 2)
      }
    }
    return counter.count
  }
}

private func cost(
  _ positions: Int, _ width: Int, _ heads: Int, layers: Int = 2, feedForward: Int = 6,
  vocabulary: Int = 3
) -> DecoderCost {
  DecoderCost(
    positions: positions, vocabulary: vocabulary, width: width, heads: heads, layers: layers,
    feedForward: feedForward)
}

private let small = [
  cost(1, 4, 1), cost(2, 8, 2), cost(7, 8, 2, layers: 1), cost(13, 12, 3, feedForward: 5),
  cost(16, 8, 4, vocabulary: 4),
]

@Suite struct CostTests {
  @Test(arguments: small)
  func countsAreThoseOfLoops(_ cost: DecoderCost) {
    var forms: [DecoderForm] = [
      .attention, .maskedAttention, .cachedAttention, .uncachedAttention, .parallelRetention,
      .recurrentRetention,
    ]
    forms += [1, 2, 3, 5, cost.positions, cost.positions + 1].map { .chunkwiseRetention($0) }
    for form in forms {
      #expect(cost.operations(form) == LoopCounter.count(form, cost, trains: false), "\(form)")
      switch form {
      case .cachedAttention, .uncachedAttention, .recurrentRetention: break
      default:
        let expected = LoopCounter.count(form, cost, trains: true)
        #expect(cost.trainingOperations(form) == expected, "\(form)")
      }
    }
  }

  /// Every position meets every weight of a network once.
  @Test(arguments: small)
  func linearCountIsTheNumberOfWeights(_ cost: DecoderCost) {
    func weights(_ network: any AutoregressiveNetwork) -> Double {
      network.layout.entries.reduce(0) { sum, entry in
        let isWeight = entry.name.hasSuffix("/weight") || entry.name == "embedding/token"
        return sum + (isWeight ? Double(entry.count) : 0)
      }
    }
    let t = Double(cost.positions)
    let transformer = TransformerNetwork(
      configuration: TransformerConfiguration(
        width: cost.width, heads: cost.heads, layers: cost.layers, feedForward: cost.feedForward),
      positions: cost.positions, vocabulary: cost.vocabulary)
    #expect(cost.operations(.attention).linear == t * weights(transformer))
    let retNet = RetNetNetwork(
      configuration: RetNetConfiguration(
        width: cost.width, heads: cost.heads, layers: cost.layers, feedForward: cost.feedForward),
      positions: cost.positions, vocabulary: cost.vocabulary)
    #expect(cost.operations(.recurrentRetention).linear == t * weights(retNet))
  }

  private static let sizes = [
    cost(1, 4, 1), cost(1, 16, 4, feedForward: 64), cost(1, 32, 4, feedForward: 512),
    cost(1, 32, 16, feedForward: 64), cost(1, 64, 2, layers: 4, feedForward: 64),
    cost(1, 30, 5, layers: 1, feedForward: 1, vocabulary: 2),
  ]

  @Test(arguments: sizes)
  func samplingThresholdsAreWhereCountsCross(_ cost: DecoderCost) {
    func isCheaper(than form: DecoderForm, _ positions: Int) -> Bool {
      var other = cost
      other.positions = positions
      return other.operations(.recurrentRetention).multiplyAdds
        < other.operations(form).multiplyAdds
    }
    let thresholds: [(DecoderForm, Double)] = [
      (.cachedAttention, cost.cachedThreshold), (.attention, cost.cachedThreshold),
      (.maskedAttention, cost.maskedThreshold), (.uncachedAttention, cost.uncachedThreshold),
    ]
    for (form, threshold) in thresholds {
      for positions in 1...4 * cost.width where Double(positions) != threshold {
        #expect(
          isCheaper(than: form, positions) == (Double(positions) > threshold),
          "\(form), T = \(positions), threshold \(threshold)")
      }
    }
    #expect(cost.uncachedThreshold > 0 && cost.uncachedThreshold < 3)
    let ratio = cost.maskedThreshold / Double(cost.width)
    #expect(abs(ratio - (0.5 + 1 / Double(cost.heads))) < 1e-12)
  }

  @Test(arguments: sizes)
  func trainingThresholdIsWhereCountsCross(_ cost: DecoderCost) {
    func gain(_ positions: Int) -> Double {
      var other = cost
      other.positions = positions
      return other.trainingOperations(.attention).multiplyAdds
        - other.trainingOperations(.chunkwiseRetention(other.bestChunk)).multiplyAdds
    }
    let threshold = cost.trainingThreshold
    for positions in threshold...threshold + 100 { #expect(gain(positions) > 0) }
    #expect(threshold == 1 || gain(threshold - 1) <= 0)
    let estimate = Double(6 * cost.width + 12 * cost.headWidth) / 7
    #expect(abs(Double(threshold) - estimate) < 2 * Double(cost.headWidth).squareRoot() + 8)
  }

  /// The parallel form never costs less than a transformer's causal half.
  @Test(arguments: sizes)
  func parallelFormIsNeverCheaper(_ cost: DecoderCost) {
    for positions in [1, 10, 1000, 100_000] {
      var other = cost
      other.positions = positions
      #expect(
        other.trainingOperations(.parallelRetention).multiplyAdds
          > other.trainingOperations(.attention).multiplyAdds)
    }
  }

  @Test(arguments: sizes, [1, 3, 20, 100, 333])
  func bestChunkIsTheBestOfAll(_ cost: DecoderCost, _ positions: Int) {
    var cost = cost
    cost.positions = positions
    let counts = (1...positions).map {
      cost.trainingOperations(.chunkwiseRetention($0)).multiplyAdds
    }
    #expect(
      cost.trainingOperations(.chunkwiseRetention(cost.bestChunk)).multiplyAdds == counts.min())
  }

  @Test func longStringsHaveTheEstimatedBestChunk() {
    for depth in [4, 16, 64, 256] {
      let chunk = cost(100_000, 4 * depth, 4).bestChunk
      let estimate = 2 * (Double(depth) / 7).squareRoot()
      #expect(abs(Double(chunk) - estimate) <= 1)
    }
  }

  @Test func memoriesAreEqualAtHalfTheHeadWidth() {
    for (width, heads) in [(32, 4), (64, 4), (64, 8), (24, 3)] {
      let cost = cost(width / (2 * heads), width, heads)
      #expect(Double(cost.positions) == cost.memoryThreshold)
      #expect(
        cost.samplingMemory(.cachedAttention) == cost.samplingMemory(.recurrentRetention))
      // L layers of C × D, or of T keys and T values.
      #expect(cost.samplingMemory(.recurrentRetention) == Double(2 * width * width / heads))
    }
    #expect(cost(9, 8, 2).samplingMemory(.uncachedAttention) == 0)
  }

  /// C = 32, H = 4: the numbers that the documentation gives.
  @Test func documentedNumbers() {
    let cost = DecoderCost(
      positions: 118, vocabulary: 4, width: 32, heads: 4, layers: 1, feedForward: 512)
    #expect(cost.maskedThreshold == 24 && cost.cachedThreshold == 47)
    // Per layer and without the ends: 37 k and 5 · 32² + 2 · 32 · 512 + 2 · 32 · 8 a position.
    let ends = 32.0 * 9 * 118
    let transformer = cost.operations(.cachedAttention).multiplyAdds - ends
    #expect(transformer == 118 * 36_864 + 32 * 118 * 119)
    #expect(cost.operations(.recurrentRetention).multiplyAdds - ends == 118 * 38_400)
  }
}
