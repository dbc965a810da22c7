import Configurations
import Estimators
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import LinearAlgebra
import Parallelism
import Sampling
import Testing
import WaveFunctions

/// The Hamiltonian on a sample as the metric of steps, against dense matrices.
@Suite struct EnergyCurvatureTests {
  /// A random complex state on the whole sector of four electrons.
  private struct Case {
    let integrals: MolecularIntegrals
    let hamiltonian: MolecularHamiltonian<UInt64>
    let sample: Sample<UInt64>
    let energies: LocalEnergies
    let denominators: [Double]
    let curvature: EnergyCurvature<MolecularHamiltonian<UInt64>>
    let temperature = 0.125

    init(spinFlipParity: Int, spread: Float = 1, keepsGradient: Bool = false) throws {
      integrals = try bundled("h4_square_sto3g")
      hamiltonian = MolecularHamiltonian<UInt64>(integrals)
      let space = ConfigurationSpace<UInt64>(
        alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil,
        order: Array(0..<integrals.orbitalCount), spinFlipParity: spinFlipParity)
      var random = RandomSource(seed: 5)
      let waveFunction = TableWaveFunction(space: space, spread: spread, random: &random)
      sample = WholeSectorSampler(of: waveFunction).sample(random: random)
      let estimator = LocalEnergyEstimator(
        hamiltonian, waveFunction: waveFunction, options: EstimatorOptions(),
        execution: Execution(threads: 2))
      let energies = estimator.compute(sample, mode: .full, random: RandomSource(seed: 0))
      self.energies = energies
      let energy = energies.energy
      let temperature = self.temperature
      denominators = energies.diagonal.map { max($0 - energy, 0.3) + temperature }
      curvature = try estimator.curvature(
        of: sample, energies: energies, denominators: denominators, temperature: temperature,
        scale: 1, keepsGradient: keepsGradient)
    }

    /// The level of the metric, by its definition.
    var level: Double {
      curvature.lowest - max(0.05, 0.01 + 3 * (energies.energy - curvature.lowest))
    }

    /// `H + c`, dense, for a sector without symmetry.
    func dense(plus constant: Double) -> [[Double]] {
      let places = Dictionary(
        uniqueKeysWithValues: sample.configurations.enumerated().map { ($1, $0) })
      return sample.configurations.enumerated().map { row, x in
        var line = [Double](repeating: 0, count: places.count)
        var list = ConnectionList<UInt64>()
        hamiltonian.appendConnections(of: x, above: 0, to: &list)
        for index in 0..<list.count {
          if let place = places[list.configurations[index]] { line[place] += list.elements[index] }
        }
        line[row] += hamiltonian.diagonalElement(x) + constant
        return line
      }
    }
  }

  private func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The state itself has the curvature `E − τ + T`, also where orbits of the exchange of spins are summed.
  @Test(arguments: [0, 1, -1]) func curvatureOfTheStateIsItsEnergy(parity: Int) throws {
    let example = try Case(spinFlipParity: parity)
    let count = example.sample.weights.count
    var x = [Double](repeating: 0, count: 2 * count)
    for index in 0..<count {
      x[index] = (example.sample.weights[index] * example.denominators[index]).squareRoot()
    }
    var y = x
    example.curvature.multiply(x, &y)
    let exact = try FullCI(example.integrals).solve(roots: 20)
    let lowest = try #require(
      exact.states.first { state in
        parity == 0 || (abs((state.spinSquared ?? 0) - 2) < 1e-3) == (parity < 0)
      }
    ).energy
    #expect(abs(example.curvature.lowest - lowest) < 1e-5)
    #expect(
      abs(dot(x, y) - (example.energies.energy - example.level + example.temperature)) < 1e-9)
    // A phase common to all is no change of the state, and costs the same.
    let turned = Array(x[count...]) + Array(x[..<count])
    example.curvature.multiply(turned, &y)
    #expect(
      abs(dot(turned, y) - (example.energies.energy - example.level + example.temperature)) < 1e-9)
  }

  /// Products with `D^(−1/2) U† (H − τ + T) U D^(−1/2)` as complex numbers.
  @Test func productsAreThoseOfTheDenseMatrix() throws {
    let example = try Case(spinFlipParity: 0)
    let count = example.sample.weights.count
    var random = RandomSource(seed: 9)
    let x = (0..<2 * count).map { _ in random.normal() }
    var y = [Double](repeating: 0, count: 2 * count)
    example.curvature.multiply(x, &y)
    let dense = example.dense(plus: example.temperature - example.level)
    for row in 0..<count {
      var (real, imaginary) = (0.0, 0.0)
      for column in 0..<count {
        let turn = example.energies.phase[column] - example.energies.phase[row]
        let element =
          dense[row][column]
          / (example.denominators[row] * example.denominators[column]).squareRoot()
        real += element * (cos(turn) * x[column] - sin(turn) * x[count + column])
        imaginary += element * (sin(turn) * x[column] + cos(turn) * x[count + column])
      }
      #expect(abs(y[row] - real) < 1e-10 && abs(y[count + row] - imaginary) < 1e-10)
    }
  }

  /// The change is that of inverse iteration: `ψ + χ ∝ (H − τ + T)⁻¹ ψ` on a whole sector at T = 0.
  @Test func changeIsInverseIteration() throws {
    let example = try Case(spinFlipParity: 0)
    let count = example.sample.weights.count
    let energy = example.energies.energy
    // `T` stands in the matrix only.
    let constant =
      example.temperature - example.curvature.lowest + 0.01
      + 3 * (energy - example.curvature.lowest)
    let change = example.curvature.change(
      real: example.energies.real.map { $0 - energy }, imaginary: example.energies.imaginary)
    let moduli = example.sample.weights.map { $0.squareRoot() }
    var state: [[Double]] = [[], []]
    for index in 0..<count {
      let (u, v) = (1 + change.real[index], change.imaginary[index])
      let phase = example.energies.phase[index]
      state[0].append(moduli[index] * (u * cos(phase) - v * sin(phase)))
      state[1].append(moduli[index] * (u * sin(phase) + v * cos(phase)))
    }
    // `(H + c)(ψ + χ) = (E + c) ψ` before ψ + χ was scaled to overlap 1.
    let dense = example.dense(plus: constant)
    let images = state.map { part in dense.map { dot($0, part) } }
    var factor = 0.0
    for index in 0..<count {
      let phase = example.energies.phase[index]
      factor +=
        moduli[index] * (images[0][index] * cos(phase) + images[1][index] * sin(phase))
    }
    for index in 0..<count {
      let phase = example.energies.phase[index]
      #expect(abs(images[0][index] - factor * moduli[index] * cos(phase)) < 5e-3)
      #expect(abs(images[1][index] - factor * moduli[index] * sin(phase)) < 5e-3)
    }
    let overlap = (0..<count).reduce(0.0) {
      $0 + example.sample.weights[$1] * (1 + change.real[$1])
    }
    let turn = (0..<count).reduce(0.0) {
      $0 + example.sample.weights[$1] * change.imaginary[$1]
    }
    #expect(abs(overlap - 1) < 1e-10 && abs(turn) < 1e-10)
    #expect(change.real.contains { abs($0) > 0.05 })
  }

  /// Where the gradient is to be kept, the metric turns a small change back into `−w (E_loc − E)`.
  @Test(arguments: [0, 1]) func smallChangesKeepTheGradient(parity: Int) throws {
    let example = try Case(spinFlipParity: parity, keepsGradient: true)
    let weights = example.sample.weights
    let small = 1e-4
    let real = example.energies.real.map { small * ($0 - example.energies.energy) }
    let imaginary = example.energies.imaginary.map { small * $0 }
    let change = example.curvature.change(real: real, imaginary: imaginary)
    let scales = zip(weights, example.denominators).map { ($0 * $1).squareRoot() }
    let x = zip(scales + scales, change.real + change.imaginary).map { $0 * $1 }
    var y = x
    example.curvature.multiply(x, &y)
    for (part, wanted) in [real, imaginary].enumerated() {
      let pulled = scales.indices.map { scales[$0] * y[part * scales.count + $0] }
      // Derivatives are centred.
      let total = pulled.reduce(0, +)
      for index in weights.indices {
        #expect(
          abs(pulled[index] - weights[index] * total + weights[index] * wanted[index])
            < 5e-3 * small)
      }
    }
    #expect(zip(weights, real).contains { abs($0 * $1) > 0.05 * small })
  }
}
