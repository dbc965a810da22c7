import Foundation
import NeuralNetworks

/// A complex number, for the oracle's last layer.
struct ReferenceComplex {
  var re: Double
  var im: Double

  /// log cosh of it, by its definition.
  var logCosh: ReferenceComplex {
    let (c, s) = (cosh(re) * cos(im), sinh(re) * sin(im))
    return ReferenceComplex(re: 0.5 * log(c * c + s * s), im: atan2(s, c))
  }
}

/// Counts the multiply–adds of matrix products while loops do them.
final class MultiplyAddCounter {
  var count = 0
}

/// Parameters by name.
struct NamedParameters {
  let layout: ParameterLayout
  let values: [Double]
  var counter: MultiplyAddCounter?

  subscript(name: String) -> [Double] {
    guard let entry = layout.entries.first(where: { $0.name == name }) else {
      preconditionFailure("no parameters named \(name)")
    }
    return Array(values[entry.offset..<entry.offset + entry.count])
  }

  /// `W x + b`.
  func linear(_ name: String, _ x: [Double]) -> [Double] {
    let (weight, bias) = (self["\(name)/weight"], self["\(name)/bias"])
    return bias.indices.map { o in
      x.indices.reduce(bias[o]) {
        counter?.count += 1
        return $0 + weight[o * x.count + $1] * x[$1]
      }
    }
  }

  /// `γ x̂ + β`.
  func norm(_ name: String, _ x: [Double]) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let (scale, shift) = (self["\(name)/scale"], self["\(name)/shift"])
    return x.indices.map { (x[$0] - mean) / (variance + 1e-6).squareRoot() * scale[$0] + shift[$0] }
  }
}

/// A vision transformer in Float64 with plain loops: the oracle of the kernels.
func referenceLogAmplitude(
  _ network: VisionTransformer, spins: [Int8], parameters: [Double],
  counter: MultiplyAddCounter? = nil
) -> ReferenceComplex {
  let p = NamedParameters(layout: network.layout, values: parameters, counter: counter)
  let patches = network.patches
  let (n, heads) = (patches.count, network.configuration.heads)
  let headWidth = network.configuration.width / heads
  var x = patches.sites.map { p.linear("embedding", $0.map { Double(spins[$0]) }) }
  for layer in 0..<network.configuration.layers {
    let path = "layer\(layer)"
    let values = x.map {
      p.linear("\(path)/attention/value", p.norm("\(path)/attention/norm", $0))
    }
    let weights = p["\(path)/attention/weights"]
    let rates =
      network.configuration.decay ? p["\(path)/attention/log-decay"].map { exp($0) } : nil
    for i in 0..<n {
      var mixed = [Double](repeating: 0, count: values[0].count)
      for f in mixed.indices {
        let head = f / headWidth
        let kinds = (0..<n).map { patches.classes[i * n + $0] }
        var shares = [Double](repeating: 1, count: n)
        if let rates {
          let raw = kinds.map { exp(-rates[head] * Double(patches.distances[$0])) }
          shares = raw.map { $0 / raw.reduce(0, +) }
        }
        for j in 0..<n {
          counter?.count += 1
          mixed[f] += shares[j] * weights[head * patches.classCount + kinds[j]] * values[j][f]
        }
      }
      let added = p.linear("\(path)/attention/output", mixed)
      for f in added.indices { x[i][f] += added[f] }
    }
    for i in 0..<n {
      let hidden = p.linear("\(path)/feed-forward/in", p.norm("\(path)/feed-forward/norm", x[i]))
      let active = hidden.map {
        $0 / (1 + exp(-(8 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
      }
      let added = p.linear("\(path)/feed-forward/out", active)
      for f in added.indices { x[i][f] += added[f] }
    }
  }
  let sum = x[0].indices.map { f in x.reduce(0) { $0 + $1[f] } }
  let z = p.norm("head/norm", sum)
  let real = p.norm("head/real-norm", p.linear("head/real", z))
  let imaginary = p.norm("head/imaginary-norm", p.linear("head/imaginary", z))
  return zip(real, imaginary).reduce(ReferenceComplex(re: 0, im: 0)) { total, pair in
    let term = ReferenceComplex(re: pair.0, im: pair.1).logCosh
    return ReferenceComplex(re: total.re + term.re, im: total.im + term.im)
  }
}

/// A complex RBM in Float64 with plain loops.
func referenceLogAmplitude(
  _ network: ComplexRBM, spins: [Int8], parameters: [Double]
) -> ReferenceComplex {
  let p = NamedParameters(layout: network.layout, values: parameters)
  let s = spins.map { Double($0) }
  let re = p.linear("hidden/real", s)
  let im = p.linear("hidden/imaginary", s)
  var total = ReferenceComplex(re: 0, im: 0)
  for (site, spin) in s.enumerated() {
    total.re += p["visible/real"][site] * spin
    total.im += p["visible/imaginary"][site] * spin
  }
  for (x, y) in zip(re, im) {
    let term = ReferenceComplex(re: x, im: y).logCosh
    total.re += term.re
    total.im += term.im
  }
  return total
}
