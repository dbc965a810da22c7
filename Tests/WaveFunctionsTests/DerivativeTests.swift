import Configurations
import Foundation
import NeuralNetworks
import Testing
import WaveFunctions

@Suite struct DerivativeTests {
  @Test(arguments: WaveFunctionCase.all)
  func jacobianIsTheSlopeOfTheLogModulus(_ example: WaveFunctionCase) {
    let waveFunction = example.make()
    let all = Array(example.space.allRepresentatives().prefix(12))
    let rows = waveFunction.jacobian(all)
    var random = RandomSource(seed: 9)
    let center = waveFunction.amplitudeParameters
    // A random direction tests every parameter, single parameters test each by itself.
    var directions = (0..<4).map { _ in center.map { _ in Float(random.normal()) } }
    for _ in 0..<12 {
      var single = [Float](repeating: 0, count: center.count)
      single[Int(random.next() % UInt64(center.count))] = 1
      directions.append(single)
    }
    for direction in directions {
      let norm = direction.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      let step = 0.004 / norm
      func value(_ factor: Float) -> [Double] {
        waveFunction.amplitudeParameters = center.indices.map {
          center[$0] + factor * step * direction[$0]
        }
        return waveFunction.evaluate(all).logModulus
      }
      // Fourth-order central differences.
      let (m2, m1, p1, p2) = (value(-2), value(-1), value(1), value(2))
      waveFunction.amplitudeParameters = center
      for index in all.indices {
        let difference = 8 * (p1[index] - m1[index]) - (p2[index] - m2[index])
        let slope = difference / (12 * Double(step))
        let expected = direction.indices.reduce(0.0) {
          $0 + Double(direction[$1]) * Double(rows[index][$1])
        }
        #expect(abs(slope - expected) < 2e-4 * Double(norm) + 1e-3 * abs(expected))
      }
    }
  }

  @Test(arguments: WaveFunctionCase.all)
  func gradientIsTheWeightedSumOfRows(_ example: WaveFunctionCase) {
    let waveFunction = example.make()
    let all = example.space.allRepresentatives()
    var random = RandomSource(seed: 10)
    let weights = all.map { _ in Float(random.normal()) }
    let rows = waveFunction.jacobian(all)
    let gradient = waveFunction.amplitudeGradient(of: all, weights: weights)
    for column in gradient.indices {
      var sum = 0.0
      var scale = 0.05
      for row in all.indices {
        let term = Double(weights[row]) * Double(rows[row][column])
        sum += term
        scale += abs(term)
      }
      #expect(abs(Double(gradient[column]) - sum) < 2e-5 * scale)
    }
  }

  /// `Σ |ψ|² ∂a/∂θ = 0` because `Σ |ψ|² = 1` at all parameters.
  @Test(arguments: WaveFunctionCase.all)
  func meanDerivativeVanishes(_ example: WaveFunctionCase) {
    let waveFunction = example.make()
    let all = example.space.allRepresentatives()
    let logModulus = waveFunction.evaluate(all).logModulus
    let weights = all.indices.map {
      Float(Double(example.space.multiplicity(all[$0])) * exp(2 * logModulus[$0]))
    }
    let gradient = waveFunction.amplitudeGradient(of: all, weights: weights)
    #expect(gradient.allSatisfy { abs($0) < 1e-5 })
    #expect(waveFunction.jacobian(all).joined().contains { abs($0) > 1e-2 })
  }

  @Test func rowsMayLieApart() {
    let example = WaveFunctionCase.all[0]
    let waveFunction = example.make()
    let all = example.space.allRepresentatives()
    #expect(
      waveFunction.jacobian(all)
        == waveFunction.jacobian(all, stride: waveFunction.amplitudeParameters.count + 5))
  }
}
