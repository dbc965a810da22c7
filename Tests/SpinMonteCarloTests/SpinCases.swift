import Configurations
import Hamiltonians
import NeuralNetworks
import Parallelism
import SpinMonteCarlo

/// Small problems and states for the tests of this module.
enum SpinCases {
  static func chain(_ length: Int) throws -> SpinProblem {
    let geometry = try LatticeGeometry(.chain, extents: [length])
    return SpinProblem(
      geometry: geometry, terms: try .heisenberg(on: geometry, j1: 1, j2: 0.3), upCount: length / 2)
  }

  static func ising(_ length: Int) throws -> SpinProblem {
    let geometry = try LatticeGeometry(.chain, extents: [length])
    return SpinProblem(
      geometry: geometry, terms: try .ising(on: geometry, coupling: 1, field: 0.7), upCount: nil)
  }

  /// A small transformer with parameters of ordinary size.
  static func state(
    _ problem: SpinProblem, patch: Int = 2, seed: UInt64 = 1, threads: Int = 1
  ) throws -> SpinState {
    let network = VisionTransformer(
      VisionTransformerConfiguration(width: 8, heads: 2, layers: 1),
      patches: try SpinPatches(problem.geometry, side: patch, isInvariant: true))
    var random = RandomSource(seed: seed)
    let parameters = network.makeParameters(using: &random).map {
      $0 + 0.1 * Float(random.normal())
    }
    return SpinState(network, parameters: parameters, execution: Execution(threads: threads))
  }

  /// The weighted mean of numbers.
  static func mean(_ values: [Double], _ weights: [Double]) -> Double {
    var (sum, total) = (0.0, 0.0)
    for (value, weight) in zip(values, weights) {
      sum += weight * value
      total += weight
    }
    return sum / total
  }

  /// All configurations of a problem's sector, ±1, as bit strings and as spins.
  static func configurations(_ problem: SpinProblem) -> (words: [UInt64], spins: [Int8]) {
    let n = problem.siteCount
    let words = (0..<UInt64(1) << UInt64(n)).filter { word in
      problem.upCount.map { word.nonzeroBitCount == $0 } ?? true
    }
    return (words, words.flatMap { word in (0..<n).map { word >> UInt64($0) & 1 == 1 ? 1 : -1 } })
  }
}
