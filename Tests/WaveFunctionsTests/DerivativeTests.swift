import Configurations
import Foundation
import NeuralNetworks
import Testing
import WaveFunctions

/// Derivatives of every wave function, both networks' blocks and the table's.
@Suite struct DerivativeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var block: Int
    var make: @Sendable () -> any WaveFunction<UInt64>
  }

  static let cases: [Case] =
    WaveFunctionCase.all.flatMap { example in
      (0..<2).map { block in
        Case(
          testDescription: "\(example.testDescription), block \(block)", block: block,
          make: { example.make() })
      }
    }
    + tables.flatMap { space in
      (0..<2).map { block in
        Case(
          testDescription: "table of \(Int(space.dimension)), block \(block)", block: block,
          make: {
            var random = RandomSource(seed: 4)
            return TableWaveFunction(space: space, spread: 0.4, random: &random)
          })
      }
    }

  static let tables: [ConfigurationSpace<UInt64>] = [
    ConfigurationSpace(
      alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil, order: [4, 3, 2, 1, 0],
      spinFlipParity: -1),
    ConfigurationSpace(
      upCount: 4, order: Array(0..<8), symmetries: ring(8, translation: -1, flip: 1)),
  ]

  /// The part of `log ψ` that a block acts on.
  private func value(
    _ waveFunction: any WaveFunction<UInt64>, _ batch: [Configuration<UInt64>], block: Int
  ) -> [Double] {
    let (logModulus, phase) = waveFunction.logAmplitudes(of: batch)
    return waveFunction.blocks[block].part == .phase ? phase : logModulus
  }

  @Test(arguments: cases) func rowsAreTheSlopes(_ example: Case) {
    let waveFunction = example.make()
    let all = Array(waveFunction.space.allRepresentatives().prefix(12))
    let rows = waveFunction.jacobian(all, block: example.block)
    let range = waveFunction.blocks[example.block].range
    var random = RandomSource(seed: 9)
    let center = waveFunction.parameters
    // A random direction tests every parameter, single parameters test each by itself.
    var directions = (0..<4).map { _ in range.map { _ in Float(random.normal()) } }
    for _ in 0..<12 {
      var single = [Float](repeating: 0, count: range.count)
      single[Int(random.next() % UInt64(range.count))] = 1
      directions.append(single)
    }
    for direction in directions {
      let norm = direction.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      let step = 0.004 / norm
      func value(_ factor: Float) -> [Double] {
        waveFunction.parameters = center
        for index in direction.indices {
          waveFunction.parameters[range.lowerBound + index] += factor * step * direction[index]
        }
        return self.value(waveFunction, all, block: example.block)
      }
      // Fourth-order central differences.
      let (m2, m1, p1, p2) = (value(-2), value(-1), value(1), value(2))
      waveFunction.parameters = center
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

  /// Pushes, pulls and Gram matrices are those of the rows.
  @Test(arguments: cases) func productsAreThoseOfTheRows(_ example: Case) {
    let waveFunction = example.make()
    let all = waveFunction.space.allRepresentatives()
    let rows = waveFunction.jacobian(all, block: example.block)
    let derivatives = waveFunction.derivatives(of: all, block: example.block)
    #expect(derivatives.rowCount == all.count)
    #expect(derivatives.parameterCount == waveFunction.blocks[example.block].range.count)
    var random = RandomSource(seed: 10)

    let weights = all.map { _ in Float(random.normal()) }
    var gradient = [Float](repeating: 1.5, count: derivatives.parameterCount)
    derivatives.pull(weights, into: &gradient)
    for column in gradient.indices {
      var sum = 1.5
      var scale = 0.05
      for row in all.indices {
        let term = Double(weights[row]) * Double(rows[row][column])
        sum += term
        scale += abs(term)
      }
      #expect(abs(Double(gradient[column]) - sum) < 2e-5 * scale)
    }

    let direction = gradient.indices.map { _ in Float(random.normal()) }
    let image = derivatives.push(direction)
    var kernel = [Float](repeating: 0.25, count: all.count * all.count)
    derivatives.gram(into: &kernel, stride: all.count)
    for row in all.indices {
      func product(_ other: [Float]) -> (sum: Double, scale: Double) {
        other.indices.reduce((0, 0.05)) {
          let term = Double(rows[row][$1]) * Double(other[$1])
          return ($0.0 + term, $0.1 + abs(term))
        }
      }
      let pushed = product(direction)
      #expect(abs(Double(image[row]) - pushed.sum) < 2e-5 * pushed.scale)
      for column in 0...row {
        let (sum, scale) = product(rows[column])
        #expect(abs(Double(kernel[row * all.count + column]) - 0.25 - sum) < 2e-5 * scale)
      }
    }
  }

  /// `Σ |ψ|² ∂a/∂θ = 0` because `Σ |ψ|² = 1` at all parameters.
  @Test(arguments: cases.filter { $0.block == 0 }) func meanDerivativeVanishes(_ example: Case) {
    let waveFunction = example.make()
    let space = waveFunction.space
    let all = space.allRepresentatives()
    let logModulus = waveFunction.logAmplitudes(of: all).logModulus
    let weights = all.indices.map {
      Float(Double(space.multiplicity(all[$0])) * exp(2 * logModulus[$0]))
    }
    let gradient = waveFunction.gradient(of: all, weights: weights)
    #expect(gradient.allSatisfy { abs($0) < 1e-5 })
    #expect(waveFunction.jacobian(all).joined().contains { abs($0) > 1e-2 })
  }

  @Test(arguments: cases) func rowsMayLieApartAndComeInParts(_ example: Case) {
    let waveFunction = example.make()
    let all = waveFunction.space.allRepresentatives()
    let rows = waveFunction.jacobian(all, block: example.block)
    let width = waveFunction.blocks[example.block].range.count
    #expect(rows == waveFunction.jacobian(all, block: example.block, stride: width + 5))
    let last = all.count - 1
    var part = [Float](repeating: 7, count: width)
    waveFunction.derivatives(of: all, block: example.block)
      .rows(last..<all.count, into: &part, stride: width)
    for column in 0..<width { #expect(abs(part[column] - rows[last][column]) < 1e-5) }
  }
}
