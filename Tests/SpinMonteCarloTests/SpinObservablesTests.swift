import Configurations
import Foundation
import Hamiltonians
import NeuralNetworks
import SpinMonteCarlo
import Testing

/// Correlations of spins against dense sums over the whole sector, and the extrapolation to zero variance.
struct SpinObservablesTests {
  /// ⟨S_i·S_j⟩ by applying the operator to the vector of all amplitudes.
  private func dense(
    _ words: [UInt64], _ psi: [(re: Double, im: Double)], _ i: Int, _ j: Int
  ) -> Double {
    if i == j { return 0.75 }
    let places = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0) })
    var (sum, norm) = (0.0, 0.0)
    for (index, word) in words.enumerated() {
      let amplitude = psi[index]
      norm += amplitude.re * amplitude.re + amplitude.im * amplitude.im
      let isEqual = word >> UInt64(i) & 1 == word >> UInt64(j) & 1
      sum += (isEqual ? 0.25 : -0.25) * (amplitude.re * amplitude.re + amplitude.im * amplitude.im)
      if isEqual { continue }
      guard let other = places[word ^ (1 << UInt64(i)) ^ (1 << UInt64(j))] else { continue }
      sum += 0.5 * (psi[other].re * amplitude.re + psi[other].im * amplitude.im)
    }
    return sum / norm
  }

  @Test(arguments: [true, false])
  func correlationsAreThoseOfTheVector(_ conserves: Bool) throws {
    let problem = try conserves ? SpinCases.chain(8) : SpinCases.ising(6)
    let n = problem.siteCount
    let state = try SpinCases.state(problem, seed: 4)
    let (words, spins) = SpinCases.configurations(problem)
    let (logModulus, phase) = state.logAmplitudes(of: spins)
    let psi = zip(logModulus, phase).map { (re: exp($0) * cos($1), im: exp($0) * sin($1)) }
    let norm = psi.reduce(0) { $0 + $1.re * $1.re + $1.im * $1.im }
    // All configurations with their weights: no noise.
    let found = ObservableEstimator(problem).estimate(
      SpinDraw(spins: spins, logModulus: logModulus, phase: phase),
      weights: psi.map { ($0.re * $0.re + $0.im * $0.im) / norm }, state: state)
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n { for j in 0..<n { matrix[i * n + j] = dense(words, psi, i, j) } }
    // Pairs of a class are averaged over shifts: by distance on these chains.
    for (pair, value) in zip(found.pairs, found.correlations) {
      let distance = (pair.second - pair.first + n) % n
      let mean = (0..<n).reduce(0) { $0 + matrix[$1 * n + ($1 + distance) % n] } / Double(n)
      #expect(abs(value.value - mean) < 1e-4, "\(pair)")
    }
    #expect(abs(found.totalSpinSquared.value - matrix.reduce(0, +)) < 1e-3)
    for (momentum, value) in zip(found.momenta, found.structureFactor) {
      var sum = 0.0
      for i in 0..<n {
        for j in 0..<n {
          sum += cos(2 * .pi * Double(momentum[0] * (i - j)) / Double(n)) * matrix[i * n + j]
        }
      }
      #expect(abs(value.value - sum / Double(n)) < 1e-3)
    }
    let staggered = (0..<n * n).reduce(0.0) {
      $0 + (($1 / n + $1 % n) % 2 == 0 ? 1 : -1) * matrix[$1] / Double(n * n)
    }
    #expect(abs((found.staggeredMagnetization?.value ?? 0) - staggered) < 1e-4)
    #expect((found.transverseMagnetization == nil) == conserves)
    // Dimers by products of spins over all configurations.
    for (pair, value) in zip(found.dimerPairs, found.dimers) {
      func z(_ word: UInt64, _ site: Int) -> Double { word >> UInt64(site) & 1 == 1 ? 0.5 : -0.5 }
      let distance = (pair.second.first - pair.first.first + n) % n
      var mean = 0.0
      for shift in 0..<n {
        var (both, a, b) = (0.0, 0.0, 0.0)
        for (index, word) in words.enumerated() {
          let weight = (psi[index].re * psi[index].re + psi[index].im * psi[index].im) / norm
          let first = z(word, shift) * z(word, (shift + 1) % n)
          let second = z(word, (shift + distance) % n) * z(word, (shift + distance + 1) % n)
          both += weight * first * second
          a += weight * first
          b += weight * second
        }
        mean += (both - a * b) / Double(n)
      }
      #expect(abs(value.value - mean) < 1e-4, "\(pair)")
    }
  }

  /// A trained state has the spin and correlations of the ground state, within its errors.
  @Test func aTrainedStateIsASinglet() throws {
    let geometry = try LatticeGeometry(.chain, extents: [8])
    let problem = SpinProblem(
      geometry: geometry, terms: try .heisenberg(on: geometry), upCount: 4)
    var settings = SpinRunTests.small
    settings.patch = 2
    settings.steps = 150
    let run = try SpinRun(problem, settings: settings)
    while !run.isFinished { try run.step() }
    let result = try run.evaluate()
    let observables = try #require(result.observables)
    let spin = observables.totalSpinSquared
    #expect(abs(spin.value) < max(0.02, 4 * spin.error), "\(spin)")
    // N ⟨S_0·S_1⟩ is the energy.
    let neighbour = try #require(
      zip(observables.pairs, observables.correlations).first { $0.0.second - $0.0.first == 1 }?.1)
    let energy = 8 * neighbour.value
    #expect(abs(energy - result.energy) < 4 * (8 * neighbour.error + result.energyError))
    #expect(!result.warnings.contains { $0.contains("SPIN") })
    settings.observables = false
    #expect(try SpinRun(problem, settings: settings).evaluate().observables == nil)
  }

  /// Points on a line give it back with an error that covers noise; without a range there is no line.
  @Test func extrapolationsCoverTheIntercept() throws {
    var covered = 0
    for seed in 1...200 {
      var random = RandomSource(seed: UInt64(seed))
      let rows = (0..<400).map { index -> SpinRow in
        let variance = 4 * exp(-Double(index) / 130) * (1 + 0.02 * random.normal())
        return SpinRow(
          step: index + 1, energy: -10 + 0.3 * variance + 0.05 * random.normal(), error: 0.05,
          variance: variance, acceptance: 0.5, gradientNorm: 0, change: 0, evaluations: 0,
          seconds: 0)
      }
      let line = try #require(VarianceExtrapolation(rows))
      #expect(abs(line.slope - 0.3) < 0.05)
      if abs(line.energy + 10) < line.error { covered += 1 }
    }
    // The error is the larger of two, so that 68 % are the least: 200 draws vary by 3 %.
    #expect(covered > 125, "\(covered)")
    let flat = (0..<100).map {
      SpinRow(
        step: $0, energy: -1, error: 0.1, variance: 1, acceptance: 1, gradientNorm: 0, change: 0,
        evaluations: 0, seconds: 0)
    }
    #expect(VarianceExtrapolation(flat) == nil)
    #expect(VarianceExtrapolation(flat.prefix(10)) == nil)
  }
}
