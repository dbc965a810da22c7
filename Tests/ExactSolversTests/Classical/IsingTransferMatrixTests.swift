import ExactSolvers
import Foundation
import Hamiltonians
import Parallelism
import Testing

@Suite struct IsingTransferMatrixTests {
  /// Relative; sums of up to 65,536 terms on both sides.
  static let tolerance = 1e-12

  private func solve(
    _ model: ClassicalIsing, _ beta: Double, threads: Int = 1
  ) throws -> IsingThermodynamics {
    try IsingTransferMatrix(model, execution: Execution(threads: threads))
      .thermodynamics(inverseTemperature: beta)
  }

  @Test(
    "Random couplings agree with all configurations",
    arguments: [(3, 0.0), (3, 0.05), (3, 0.7), (3, 6), (4, 0.3), (4, 1.1), (4, 4)])
  func agreesWithEnumeration(_ length: Int, _ beta: Double) throws {
    for seed in [1, 2] as [UInt64] {
      let model = randomTorus(length: length, seed: seed)
      let found = try solve(model, beta)
      let known = enumerated(model, beta: beta)
      #expect(
        deviation([
          (found.logPartitionFunction, known.logPartitionFunction),
          (found.entropy, known.entropy),
        ]) < Self.tolerance)
      // A symmetric distribution of energies has the mean 0.
      #expect(abs(found.energy - known.energy) < Self.tolerance)
      #expect(abs(found.specificHeat - known.specificHeat) < Self.tolerance)
    }
  }

  @Test("One coupling agrees with Kaufman", arguments: [3, 4, 7, 8])
  func agreesWithKaufman(_ length: Int) throws {
    for beta in [0.1, 0.42, 0.45, 1, 3] {
      let model = ClassicalIsing(length: length, couplings: .uniform(0.9))
      let found = try solve(model, beta)
      let known = try KaufmanIsing(model).thermodynamics(inverseTemperature: beta)
      let pairs = [
        (found.logPartitionFunction, known.logPartitionFunction),
        (found.freeEnergy, known.freeEnergy), (found.energy, known.energy),
        (found.specificHeat, known.specificHeat), (found.entropy, known.entropy),
      ]
      #expect(deviation(pairs) < Self.tolerance, "β \(beta): \(pairs)")
    }
  }

  @Test("A frustrated antiferromagnet of odd length")
  func frustratedAntiferromagnet() throws {
    let model = ClassicalIsing(length: 3, couplings: .uniform(-1))
    let found = try solve(model, 0.8)
    let known = enumerated(model, beta: 0.8)
    #expect(deviation([(found.logPartitionFunction, known.logPartitionFunction)]) < 1e-13)
    #expect(deviation([(found.specificHeat, known.specificHeat)]) < Self.tolerance)
  }

  @Test("The number of configurations of every energy of the 4 × 4 torus")
  func densityOfStates() throws {
    let known = try IsingReference.read().densityOfStates
    let model = ClassicalIsing(length: 4)
    var counts: [String: Int] = [:]
    for state in 0..<1 << 16 {
      let energy = model.energy(of: (0..<16).map { state >> $0 & 1 == 1 ? 1 : -1 })
      counts["\(Int(energy))", default: 0] += 1
    }
    #expect(counts == known)
    for beta in [0.2, 0.44, 0.9] {
      let sum = known.reduce(0.0) { $0 + Double($1.value) * exp(-beta * (Double($1.key) ?? .nan)) }
      let exact = try KaufmanIsing(model).thermodynamics(inverseTemperature: beta)
      #expect(deviation([(exact.logPartitionFunction, log(sum))]) < 1e-14)
      #expect(deviation([(try solve(model, beta).logPartitionFunction, log(sum))]) < 1e-14)
    }
  }

  @Test("The number of threads changes nothing")
  func threadsDoNotMatter() throws {
    let model = randomTorus(length: 6, seed: 3)
    #expect(try solve(model, 0.5) == solve(model, 0.5, threads: 3))
  }

  @Test("Long lattices and temperatures out of range are refused")
  func limits() throws {
    let long = ClassicalIsing(length: IsingTransferMatrix.lengthLimit + 1)
    let error = #expect(throws: IsingSolverError.self) { try IsingTransferMatrix(long) }
    #expect(error?.code == .tooLarge && error?.description.contains("13x13") == true)
    let model = randomTorus(length: 4, seed: 4)
    for beta in [-1, .nan, .infinity, 30] {
      let error = #expect(throws: IsingSolverError.self) { try solve(model, beta) }
      #expect(error?.code == .invalidTemperature)
    }
    let mixed = try #require(throws: IsingSolverError.self) { try KaufmanIsing(model) }
    #expect(mixed.code == .unsupportedCouplings)
  }
}
