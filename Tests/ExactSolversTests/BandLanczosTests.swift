import Configurations
import ExactSolvers
import Testing

@Suite("Band Lanczos")
struct BandLanczosTests {
  /// Solves for a diagonal matrix hidden behind a product of two reflections.
  private func solve(_ solver: BandLanczos, spectrum: [Double]) throws -> BandLanczos.Result {
    let dimension = spectrum.count
    var random = RandomSource(seed: 77)
    let mirrors = (0..<2).map { _ in
      let direction = (0..<dimension).map { _ in random.normal() }
      let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return direction.map { $0 / norm }
    }
    func reflect(_ vector: [Double], _ mirror: [Double]) -> [Double] {
      let product = zip(vector, mirror).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(vector, mirror).map { $0 - 2 * product * $1 }
    }
    return try solver.solve(dimension: dimension) { source, target in
      var vector = (0..<dimension).map { source[$0] }
      for mirror in mirrors { vector = reflect(vector, mirror) }
      vector = zip(vector, spectrum).map(*)
      for mirror in mirrors.reversed() { vector = reflect(vector, mirror) }
      for index in 0..<dimension { target[index] = vector[index] }
    }
  }

  @Test("Degenerate levels and tight clusters are found with all copies")
  func copies() throws {
    let lowest = [-5, -5, -5, -4.999_999_9, -3, -3, -2.5]
    let spectrum = lowest + (0..<993).map { -2 + 0.01 * Double($0) }
    for levels in [1, 2, 4, 6, 7] {
      let result = try solve(BandLanczos(levelCount: levels), spectrum: spectrum.shuffledByStride)
      for (value, expected) in zip(result.values, lowest) { #expect(abs(value - expected) < 1e-9) }
      #expect(result.values.count == levels)
    }
  }

  @Test("Vectors are orthonormal and the residuals are what is claimed")
  func vectors() throws {
    let spectrum = (0..<500).map { Double($0) * 0.01 - 3 }
    let result = try solve(BandLanczos(levelCount: 3), spectrum: spectrum)
    for first in 0..<3 {
      for second in 0...first {
        let product = zip(result.vectors[first], result.vectors[second]).reduce(0) {
          $0 + $1.0 * $1.1
        }
        #expect(abs(product - (first == second ? 1 : 0)) < 1e-10)
      }
      #expect(result.residuals[first] < 1e-8)
      #expect(abs(result.values[first] - spectrum[first]) < 1e-9)
    }
  }

  @Test("Small spaces, a multiple of the identity and an operator of low rank")
  func special() throws {
    for dimension in [1, 2, 3, 24, 25, 40] {
      let spectrum = (0..<dimension).map { Double($0) }
      let values = try solve(BandLanczos(levelCount: 3), spectrum: spectrum).values
      #expect(values.count == min(3, dimension))
      for (value, expected) in zip(values, spectrum) { #expect(abs(value - expected) < 1e-10) }
      let constant = try solve(
        BandLanczos(levelCount: 2), spectrum: [Double](repeating: 2, count: dimension))
      #expect(constant.values.allSatisfy { abs($0 - 2) < 1e-12 })
    }
    var spectrum = [Double](repeating: 0, count: 300)
    spectrum[100] = -1
    let result = try solve(BandLanczos(levelCount: 3), spectrum: spectrum)
    for (value, expected) in zip(result.values, [-1.0, 0, 0]) {
      #expect(abs(value - expected) < 1e-12)
    }
  }

  @Test("A number of products that is too small is reported")
  func notConverged() throws {
    var solver = BandLanczos(levelCount: 1)
    solver.maximumProducts = 30
    let error = #expect(throws: EigensolverError.self) {
      _ = try solve(solver, spectrum: (0..<5000).map { Double($0) })
    }
    #expect(error?.code == .notConverged)
  }
}

extension [Double] {
  /// The same numbers in another, fixed order.
  fileprivate var shuffledByStride: [Double] {
    let stride = 387
    return indices.map { self[($0 * stride) % count] }
  }
}
