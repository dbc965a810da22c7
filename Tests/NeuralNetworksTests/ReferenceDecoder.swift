import Foundation
import NeuralNetworks

/// A decoder in Float64, written with plain loops over one string: the oracle of the kernels.
///
/// Parameters are found by name, so the places of arrays are tested, too.
struct ReferenceDecoder {
  enum Mixer {
    case attention
    case retention
  }

  let layout: ParameterLayout
  let mixer: Mixer
  let positions: Int
  let vocabulary: Int
  let width: Int
  let heads: Int
  let layers: Int
  let activation: Activation
  var groupNormEpsilon = 0.1

  /// Returns the logits `[T, V]` of one string.
  func logits(_ string: [UInt8], _ parameters: [Double]) -> [Double] {
    func array(_ name: String) -> ArraySlice<Double> {
      guard let entry = layout.entries.first(where: { $0.name == name }) else {
        preconditionFailure("no parameters named \(name)")
      }
      let slice = parameters[entry.offset..<entry.offset + entry.count]
      return ArraySlice(Array(slice))
    }
    func has(_ name: String) -> Bool { layout.entries.contains { $0.name == name } }
    func linear(_ name: String, _ x: [Double]) -> [Double] {
      let weight = array("\(name)/weight")
      let bias = array("\(name)/bias")
      return bias.indices.map { o in
        bias[o] + x.indices.reduce(0) { $0 + weight[o * x.count + $1] * x[$1] }
      }
    }
    func normalize(_ x: [Double], epsilon: Double = 1e-6) -> [Double] {
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
      return x.map { ($0 - mean) / (variance + epsilon).squareRoot() }
    }
    func norm(_ name: String, _ x: [Double]) -> [Double] {
      let (scale, shift) = (array("\(name)/scale"), array("\(name)/shift"))
      return zip(normalize(x), zip(scale, shift)).map { $0 * $1.0 + $1.1 }
    }

    let token = array("embedding/token")
    let place = array("embedding/position")
    var x = (0..<positions).map { t in
      let row = t == 0 ? vocabulary : Int(string[t - 1])
      return (0..<width).map { token[row * width + $0] + place[t * width + $0] }
    }
    for layer in 0..<layers {
      let name = mixer == .attention ? "attention" : "retention"
      let path = "layer\(layer)/\(name)"
      let y = x.map { norm("\(path)/norm", $0) }
      var q = y.map { linear("\(path)/query", $0) }
      var k = y.map { linear("\(path)/key", $0) }
      let v = y.map { linear("\(path)/value", $0) }
      if mixer == .retention {
        q = q.enumerated().map { rotate($1, $0) }
        k = k.enumerated().map { rotate($1, $0) }
      }
      var mixed =
        mixer == .attention ? attention(q, k, v) : retention(q, k, v)
      if mixer == .retention {
        let depth = width / heads
        for t in 0..<positions {
          let gate = linear("\(path)/gate", y[t])
          for h in 0..<heads {
            let part = normalize(
              Array(mixed[t][h * depth..<(h + 1) * depth]), epsilon: groupNormEpsilon)
            for d in 0..<depth {
              let g = gate[h * depth + d]
              mixed[t][h * depth + d] = part[d] * g / (1 + exp(-g))
            }
          }
        }
      }
      for t in 0..<positions {
        x[t] = zip(x[t], linear("\(path)/output", mixed[t])).map(+)
        let hidden = linear(
          "layer\(layer)/feedforward/expansion", norm("layer\(layer)/feedforward/norm", x[t]))
        let change = linear(
          "layer\(layer)/feedforward/contraction", hidden.map(activation.reference))
        x[t] = zip(x[t], change).map(+)
      }
    }
    let weight = array("head/weight")
    let bias = array("head/bias")
    var result: [Double] = []
    for t in 0..<positions {
      let y = has("head/norm/scale") ? norm("head/norm", x[t]) : x[t]
      for v in 0..<vocabulary {
        let shift = bias[bias.count == vocabulary ? v : t * vocabulary + v]
        result.append(shift + (0..<width).reduce(0) { $0 + weight[v * width + $1] * y[$1] })
      }
    }
    return result
  }

  private func dot(_ a: [Double], _ b: [Double], _ head: Int) -> Double {
    let depth = width / heads
    return (head * depth..<(head + 1) * depth).reduce(0) { $0 + a[$1] * b[$1] }
  }

  private func attention(_ q: [[Double]], _ k: [[Double]], _ v: [[Double]]) -> [[Double]] {
    let depth = width / heads
    return (0..<positions).map { t in
      (0..<width).map { c in
        let scores = (0...t).map { exp(dot(q[t], k[$0], c / depth) / Double(depth).squareRoot()) }
        return (0...t).reduce(0) { $0 + scores[$1] * v[$1][c] } / scores.reduce(0, +)
      }
    }
  }

  /// Rotates the pair `(2j, 2j + 1)` of each head by `t · 10000^(−j / (D/2 − 1))`.
  private func rotate(_ x: [Double], _ t: Int) -> [Double] {
    let depth = width / heads
    var y = x
    for c in stride(from: 0, to: width, by: 2) {
      let j = c % depth / 2
      let fraction = depth / 2 > 1 ? Double(j) / Double(depth / 2 - 1) : 0
      let angle = Double(t) * pow(10_000, -fraction)
      y[c] = x[c] * cos(angle) - x[c + 1] * sin(angle)
      y[c + 1] = x[c + 1] * cos(angle) + x[c] * sin(angle)
    }
    return y
  }

  private func retention(_ q: [[Double]], _ k: [[Double]], _ v: [[Double]]) -> [[Double]] {
    let depth = width / heads
    return (0..<positions).map { t in
      (0..<width).map { c in
        let h = c / depth
        let fraction = heads > 1 ? Double(h) / Double(heads - 1) : 0
        let gamma = 1 - exp(log(1 / 32) + fraction * (log(1 / 512) - log(1 / 32)))
        return (0...t).reduce(0) { sum, s in
          sum + pow(gamma, Double(t - s)) * dot(q[t], k[s], h) / Double(depth).squareRoot()
            * v[s][c]
        }
      }
    }
  }
}
