import Configurations
import LinearAlgebra

/// Single-precision products in the shapes of the networks: `[m, k] · [k, n]`, and per-layer
/// gradients `[m, n] · [n, k]`.
let matrixProductTopic = Topic(name: "products") {
  var random = RandomSource(seed: 1)
  func matrix(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
  var cases: [Case] = []
  for (m, n, k) in [
    (96, 640, 32), (32, 640, 32), (128, 640, 32), (32, 640, 128), (64, 1024, 64), (64, 1024, 20),
    (256, 256, 64), (1024, 1024, 1024),
  ] {
    let flops = 2 * Double(m * n * k)
    cases.append(
      Case(name: "sgemm m=\(m) n=\(n) k=\(k)", units: 1, unit: "", flops: flops) {
        let (a, b, c) = (matrix(m * k), matrix(k * n), buffer(m * n))
        return { BLAS.multiply(a, k, b, n, into: c, n, m: m, n: n, k: k) }
      })
  }
  return cases
}
