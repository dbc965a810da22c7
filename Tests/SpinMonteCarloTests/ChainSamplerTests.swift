import Configurations
import Foundation
import Hamiltonians
import NeuralNetworks
import SpinMonteCarlo
import Testing

/// Markov chains and local energies against sums over whole sectors.
struct ChainSamplerTests {
  /// Draws of chains have the frequencies |ψ|²: χ² of configurations far enough apart.
  @Test(arguments: [true, false])
  func chainsSampleTheSquareOfTheState(_ conserves: Bool) throws {
    let problem = try conserves ? SpinCases.chain(8) : SpinCases.ising(6)
    let state = try SpinCases.state(problem, seed: 4)
    let (words, spins) = SpinCases.configurations(problem)
    let logModulus = state.logAmplitudes(of: spins).logModulus
    let largest = logModulus.max() ?? 0
    let weights = logModulus.map { exp(2 * ($0 - largest)) }
    let total = weights.reduce(0, +)
    let places = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0) })
    let n = problem.siteCount
    var statistics: [Double] = []
    var freedom = 0
    for seed in 1...4 as ClosedRange<UInt64> {
      let sampler = ChainSampler(problem, chains: 100, seed: seed)
      sampler.refresh(state)
      sampler.advance(state, proposals: 400)
      var counts = [Int](repeating: 0, count: words.count)
      let rounds = 40
      for _ in 0..<rounds {
        sampler.advance(state, proposals: 60)
        for chain in 0..<100 {
          var word: UInt64 = 0
          for site in 0..<n where sampler.spins[chain * n + site] == 1 { word |= 1 << UInt64(site) }
          counts[try #require(places[word])] += 1
        }
      }
      let draws = Double(100 * rounds)
      // Rare configurations are one class.
      var (chi, classes, rareExpected, rareCount) = (0.0, 0, 0.0, 0.0)
      for (index, count) in counts.enumerated() {
        let expected = draws * weights[index] / total
        if expected < 8 {
          rareExpected += expected
          rareCount += Double(count)
          continue
        }
        chi += (Double(count) - expected) * (Double(count) - expected) / expected
        classes += 1
      }
      if rareExpected > 8 {
        chi += (rareCount - rareExpected) * (rareCount - rareExpected) / rareExpected
        classes += 1
      }
      #expect(classes > 5)
      statistics.append(chi)
      freedom += classes - 1
    }
    // The sum of four has mean k and variance 2 k.
    let sum = statistics.reduce(0, +)
    let deviation = (sum - Double(freedom)) / (2 * Double(freedom)).squareRoot()
    #expect(abs(deviation) < 3.5, "χ² = \(sum) with \(freedom) degrees of freedom")
  }

  @Test(arguments: [true, false])
  func localEnergiesAreThoseOfTheHamiltonian(_ conserves: Bool) throws {
    let problem = try conserves ? SpinCases.chain(8) : SpinCases.ising(6)
    let state = try SpinCases.state(problem, seed: 2, threads: 2)
    let hamiltonian = try SpinHamiltonian<UInt64>(problem.terms)
    let (words, spins) = SpinCases.configurations(problem)
    let (logModulus, phase) = state.logAmplitudes(of: spins)
    let evaluated = state.evaluations
    let local = SpinLocalEnergyEstimator(problem.terms).compute(
      SpinDraw(spins: spins, logModulus: logModulus, phase: phase), state: state)
    let evaluations = state.evaluations - evaluated
    let places = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0) })
    var connected = 0
    for (index, word) in words.enumerated() {
      let configuration = Configuration(alpha: word)
      var list = ConnectionList<UInt64>()
      hamiltonian.appendConnections(of: configuration, above: 0, to: &list)
      var (re, im) = (hamiltonian.diagonalElement(configuration), 0.0)
      for row in 0..<list.count {
        let other = try #require(places[list.configurations[row].alpha])
        let size = list.elements[row] * exp(logModulus[other] - logModulus[index])
        re += size * cos(phase[other] - phase[index])
        im += size * sin(phase[other] - phase[index])
      }
      connected += list.count
      #expect(abs(local.real[index] - re) < 1e-4 * max(1, abs(re)))
      #expect(abs(local.imaginary[index] - im) < 1e-4 * max(1, abs(re)))
    }
    #expect(evaluations == connected)
  }

  @Test func resultsDoNotDependOnThreads() throws {
    let problem = try SpinCases.chain(8)
    let runs = try [1, 2].map { threads in
      let state = try SpinCases.state(problem, threads: threads)
      let sampler = ChainSampler(problem, chains: 130, seed: 3)
      sampler.refresh(state)
      sampler.advance(state, proposals: 30)
      return (sampler.spins, sampler.logModulus)
    }
    #expect(runs[0].0 == runs[1].0)
    #expect(runs[0].1 == runs[1].1)
  }

  @Test func chainsStayInTheirSector() throws {
    let problem = try SpinCases.chain(8)
    let state = try SpinCases.state(problem)
    let sampler = ChainSampler(problem, chains: 20, seed: 3)
    sampler.refresh(state)
    let acceptance = sampler.advance(state, proposals: 50)
    #expect(acceptance > 0.01 && acceptance < 1)
    for chain in 0..<20 {
      #expect(sampler.spins[chain * 8..<(chain + 1) * 8].reduce(0) { $0 + Int($1) } == 0)
    }
  }

  /// Blurred configurations with their weights give the energy of |ψ|², nodes and all.
  @Test(arguments: [true, false])
  func blurredSamplesAreUnbiased(_ conserves: Bool) throws {
    let problem = try conserves ? SpinCases.chain(8) : SpinCases.ising(6)
    let state = try SpinCases.state(problem, seed: 5)
    let (_, spins) = SpinCases.configurations(problem)
    let (logModulus, phase) = state.logAmplitudes(of: spins)
    let estimator = SpinLocalEnergyEstimator(problem.terms)
    let local = estimator.compute(
      SpinDraw(spins: spins, logModulus: logModulus, phase: phase), state: state)
    let largest = logModulus.max() ?? 0
    let squares = logModulus.map { exp(2 * ($0 - largest)) }
    let exact = SpinCases.mean(local.real, squares)
    // The same from chains, for several blurs.
    let sampler = ChainSampler(problem, chains: 400, seed: 2)
    sampler.refresh(state)
    sampler.advance(state, proposals: 400)
    for blur in [0.1, 0.6] {
      var (sum, squares, moved) = (0.0, 0.0, 0)
      let rounds = 30
      for _ in 0..<rounds {
        sampler.advance(state, proposals: 30)
        let draw = sampler.draw(state, blur: blur)
        for chain in 0..<400 where draw.logModulus[chain] != sampler.logModulus[chain] {
          moved += 1
        }
        let mean = estimator.compute(draw, state: state, blur: blur).mean
        sum += mean
        squares += mean * mean
      }
      let n = Double(rounds)
      let error = ((squares / n - sum / n * (sum / n)) / (n - 1)).squareRoot()
      #expect(abs(sum / n - exact) < 4 * error, "\(sum / n) ± \(error), exact \(exact)")
      #expect(error < 0.05)
      #expect(abs(Double(moved) / (400 * n) - blur) < 0.03)
    }
  }
}
