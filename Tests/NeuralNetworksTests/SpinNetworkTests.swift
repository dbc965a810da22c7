import Configurations
import Foundation
import NeuralNetworks
import Testing

/// Networks of complex amplitudes against plain loops in Float64, and their derivatives against differences.
struct SpinNetworkTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let network: any SpinNetwork
    let reference: @Sendable ([Int8], [Double]) -> ReferenceComplex

    func parameters(_ seed: UInt64) -> [Float] {
      var random = RandomSource(seed: seed)
      return network.makeParameters(using: &random).map { $0 + 0.1 * Float(random.normal()) }
    }

    func spins(_ count: Int, _ seed: UInt64) -> [Int8] {
      var random = RandomSource(seed: seed)
      return (0..<count * network.siteCount).map { _ in random.next() % 2 == 0 ? 1 : -1 }
    }

    func forward(_ spins: [Int8], _ parameters: [Float], keeps: Bool) -> [ReferenceComplex] {
      let count = spins.count / network.siteCount
      let batch = network.makeBatch(capacity: count, keepsDerivatives: keeps)
      batch.setParameters(parameters)
      var re = [Double](repeating: .nan, count: count)
      var im = re
      batch.forward(spins: spins, count: count, logModulus: &re, phase: &im)
      return zip(re, im).map { ReferenceComplex(re: $0, im: $1) }
    }
  }

  /// A torus of `l × l` patches of `b × b` sites.
  static func torus(_ l: Int, _ b: Int, invariant: Bool = true) -> SpinPatches {
    let side = l * b
    let sites = (0..<l * l).map { patch in
      (0..<b * b).map { (patch / l * b + $0 / b) * side + patch % l * b + $0 % b }
    }
    func shift(_ i: Int, _ j: Int) -> (Int, Int) {
      ((j / l - i / l + l) % l, (j % l - i % l + l) % l)
    }
    func distance(_ y: Int, _ x: Int) -> Float {
      let (dy, dx) = (min(y, l - y), min(x, l - x))
      return Float(dy * dy + dx * dx).squareRoot()
    }
    let pairs = (0..<l * l).flatMap { i in (0..<l * l).map { (i, $0) } }
    return SpinPatches(
      sites: sites,
      classes: pairs.enumerated().map { place, pair in
        let (y, x) = shift(pair.0, pair.1)
        return invariant ? y * l + x : place
      },
      distances: invariant
        ? (0..<l * l).map { distance($0 / l, $0 % l) }
        : pairs.map { distance(shift($0.0, $0.1).0, shift($0.0, $0.1).1) })
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    func add(_ name: String, _ patches: SpinPatches, _ shape: VisionTransformerConfiguration) {
      let network = VisionTransformer(shape, patches: patches)
      cases.append(
        Case(testDescription: name, network: network) {
          referenceLogAmplitude(network, spins: $0, parameters: $1)
        })
    }
    add("vit", torus(3, 2), .init(width: 12, heads: 3, layers: 2))
    add("vit without decay", torus(2, 1), .init(width: 8, heads: 2, layers: 1, decay: false))
    add(
      "vit, every pair by itself", torus(2, 2, invariant: false),
      .init(width: 10, heads: 5, layers: 3, expansion: 2))
    let rbm = ComplexRBM(siteCount: 7, density: 3)
    cases.append(
      Case(testDescription: "rbm", network: rbm) {
        referenceLogAmplitude(rbm, spins: $0, parameters: $1)
      })
    return cases
  }()

  @Test(arguments: cases)
  func amplitudesAreThoseOfPlainLoops(_ item: Case) {
    let count = 21
    let parameters = item.parameters(1)
    let spins = item.spins(count, 2)
    let n = item.network.siteCount
    let kept = item.forward(spins, parameters, keeps: true)
    let plain = item.forward(spins, parameters, keeps: false)
    for b in 0..<count {
      let expected = item.reference(
        Array(spins[b * n..<(b + 1) * n]), parameters.map(Double.init))
      #expect(abs(kept[b].re - expected.re) < 2e-5, "\(kept[b]) \(expected)")
      let angle = remainder(kept[b].im - expected.im, 2 * .pi)
      #expect(abs(angle) < 2e-5, "\(kept[b]) \(expected)")
      #expect(plain[b].re == kept[b].re && plain[b].im == kept[b].im)
    }
  }

  @Test(arguments: cases)
  func derivativesAreThoseOfDifferences(_ item: Case) {
    let count = 3
    let parameters = item.parameters(3)
    let spins = item.spins(count, 4)
    let (n, p) = (item.network.siteCount, item.network.parameterCount)
    let batch = item.network.makeBatch(capacity: 19, keepsDerivatives: true)
    batch.setParameters(parameters)
    var values = [Double](repeating: 0, count: 2 * count)
    values.withUnsafeMutableBufferPointer {
      guard let base = $0.baseAddress else { return }
      batch.forward(spins: spins, count: count, logModulus: base, phase: base + count)
    }
    let (u, v): ([Float], [Float]) = ([0.7, -1.1, 0.4], [-0.3, 0.9, 1.3])
    var rows = [Float](repeating: .nan, count: count * p)
    batch.jacobian(modulusWeights: u, phaseWeights: v, rows: &rows, rowStride: p)
    // A second pass after the first one sees the same forward pass.
    var gradient = [Float](repeating: 0, count: p)
    batch.backward(modulusWeights: u, phaseWeights: v, gradient: &gradient)
    var worst = 0.0
    let steps = stride(from: 0, to: p, by: max(1, p / 150))
    for place in steps {
      var sum = 0.0
      for b in 0..<count {
        let configuration = Array(spins[b * n..<(b + 1) * n])
        let h = 1e-5
        var shifted = parameters.map(Double.init)
        shifted[place] += h
        let above = item.reference(configuration, shifted)
        shifted[place] -= 2 * h
        let below = item.reference(configuration, shifted)
        let phase = remainder(above.im - below.im, 2 * .pi)
        let expected =
          (Double(u[b]) * (above.re - below.re) + Double(v[b]) * phase) / (2 * h)
        worst = max(worst, abs(Double(rows[b * p + place]) - expected) / max(1, abs(expected)))
        sum += expected
      }
      worst = max(worst, abs(Double(gradient[place]) - sum) / max(1, abs(sum)))
    }
    #expect(worst < 2e-4, "\(worst)")
  }

  /// The parameter counts that the authors' tutorial prints for 25 patches of 2 × 2 spins.
  @Test func parameterCounts() {
    let patches = Self.torus(5, 2)
    func count(_ width: Int, _ heads: Int, _ layers: Int) -> Int {
      VisionTransformer(
        .init(width: width, heads: heads, layers: layers, decay: false), patches: patches
      ).parameterCount
    }
    #expect(count(60, 10, 4) == 155_620)
    #expect(count(72, 12, 8) == 434_760)
    let withDecay = VisionTransformer(.init(width: 60, heads: 10, layers: 4), patches: patches)
    #expect(withDecay.parameterCount == 155_660)
  }

  /// The formula of the operations, against loops that count; biases, norms and activations are not in it.
  @Test(arguments: [
    (3, 2, 12, 3, 2, 4), (2, 1, 8, 2, 1, 4), (2, 4, 10, 5, 3, 2), (4, 2, 6, 1, 5, 1),
  ])
  func multiplyAddsAreCounted(
    _ side: Int, _ patch: Int, _ width: Int, _ heads: Int, _ layers: Int, _ expansion: Int
  ) {
    let network = VisionTransformer(
      .init(width: width, heads: heads, layers: layers, expansion: expansion),
      patches: Self.torus(side, patch))
    let counter = MultiplyAddCounter()
    let parameters = [Double](repeating: 0.1, count: network.parameterCount)
    let spins = [Int8](repeating: 1, count: network.siteCount)
    _ = referenceLogAmplitude(network, spins: spins, parameters: parameters, counter: counter)
    #expect(network.multiplyAdds == Double(counter.count))
  }

  /// Attention by displacement does not see where a pattern lies.
  @Test func shiftsByPatchesLeaveAmplitudes() throws {
    let item = try #require(Self.cases.first)
    let side = 6
    let spins = item.spins(1, 5)
    let shifted = (0..<side * side).map { site in
      spins[(site / side + 2) % side * side + (site % side + 4) % side]
    }
    let parameters = item.parameters(6)
    let values = item.forward(spins + shifted, parameters, keeps: false)
    #expect(abs(values[0].re - values[1].re) < 1e-5)
    #expect(abs(values[0].im - values[1].im) < 1e-5)
  }
}
