import ExactSolvers
import Foundation
import Hamiltonians
import Testing

@Suite struct KaufmanIsingTests {
  /// The accuracy asked of every quantity, relative; the file has 16 digits.
  static let tolerance = 1e-12
  static let criticalBeta = 0.5 * log(1 + 2.0.squareRoot())

  private func solve(
    _ length: Int, _ beta: Double, coupling: Double = 1
  ) throws -> IsingThermodynamics {
    try KaufmanIsing(ClassicalIsing(length: length, couplings: .uniform(coupling)))
      .thermodynamics(inverseTemperature: beta)
  }

  private func number(_ text: String) throws -> Double { try #require(Double(text)) }

  @Test("All numbers of the reference, at all lengths and temperatures")
  func agreesWithReference() throws {
    var count = 0
    for (length, entries) in try IsingReference.read().table {
      for entry in entries.values {
        let exact = try solve(try #require(Int(length)), number(entry.beta))
        let pairs = [
          (exact.logPartitionFunction, try number(try #require(entry.logPartitionFunction))),
          (exact.freeEnergy, try number(entry.freeEnergy)),
          (exact.energy, try number(entry.energy)),
          (exact.specificHeat, try number(entry.specificHeat)),
          (exact.entropy, try number(entry.entropy)),
        ]
        for (index, pair) in pairs.enumerated() {
          #expect(
            deviation([pair]) < Self.tolerance, "L \(length), β \(entry.beta), \(index): \(pair)")
        }
        count += 1
      }
    }
    #expect(count == 84)
  }

  /// Finite lattices differ from infinite ones by exp(−L/ξ), and below the critical temperature by
  /// the two ground states.
  @Test("Away from the critical point a long torus is an infinite one")
  func agreesWithInfiniteVolume() throws {
    var count = 0
    for (key, entry) in try IsingReference.read().infiniteVolume {
      let beta = try number(entry.beta)
      guard abs(beta - Self.criticalBeta) > 0.1 else { continue }
      for length in [512, 4096] {
        let exact = try solve(length, beta)
        let doubling =
          beta > Self.criticalBeta ? log(2) / (Double(length) * Double(length)) : 0
        let pairs = [
          (exact.freeEnergy + doubling / beta, try number(entry.freeEnergy)),
          (exact.energy, try number(entry.energy)),
          (exact.specificHeat, try number(entry.specificHeat)),
          (exact.entropy - doubling, try number(entry.entropy)),
        ]
        #expect(deviation(pairs) < Self.tolerance, "L \(length), β \(key): \(pairs)")
        count += 1
      }
    }
    #expect(count == 16)
  }

  /// The formula as it is printed, good for small lattices and no derivatives.
  private func printed(_ length: Int, _ k: Double, signed: Bool) -> Double {
    var products = [1.0, 1.0, 1.0, 1.0]
    for l in 0..<2 * length {
      let angle = Double.pi * Double(l) / Double(length)
      var gamma = acosh(cosh(2 * k) / tanh(2 * k) - cos(angle))
      if l == 0 { gamma = signed ? 2 * k + log(tanh(k)) : abs(2 * k + log(tanh(k))) }
      let side = l % 2 == 1 ? 0 : 2
      products[side] *= 2 * cosh(Double(length) * gamma / 2)
      products[side + 1] *= 2 * sinh(Double(length) * gamma / 2)
    }
    let factor = Double(length * length) / 2 * log(2 * sinh(2 * k))
    return factor + log(products.reduce(0, +) / 2)
  }

  @Test("γ_0 has a sign above the critical temperature", arguments: [3, 4, 6])
  func signMatters(_ length: Int) throws {
    for beta in [0.35, 0.42, 0.438, 0.45] {
      let exact = try solve(length, beta).logPartitionFunction
      #expect(abs(printed(length, beta, signed: true) / exact - 1) < 1e-12)
      if beta < Self.criticalBeta {
        // The error of an unsigned one, which is largest near the critical point, but for zero there.
        #expect(abs(printed(length, beta, signed: false) - exact) > 1e-4)
      }
    }
  }

  @Test("All numbers are smooth through the critical point")
  func isSmooth() throws {
    // The two forms on both sides of it, a rounding apart.
    for length in [4, 64, 512] {
      let (below, above) = (
        try solve(length, Self.criticalBeta * (1 - 1e-15)),
        try solve(length, Self.criticalBeta * (1 + 1e-15))
      )
      let pairs = [
        (below.logPartitionFunction, above.logPartitionFunction), (below.energy, above.energy),
        (below.specificHeat, above.specificHeat), (below.entropy, above.entropy),
      ]
      #expect(deviation(pairs) < Self.tolerance, "\(length): \(pairs)")
    }
  }

  /// The free energy per site of low temperatures in powers of q = exp(−2β):
  /// q⁴ + 2 q⁶ + 9/2 q⁸ + 12 q¹⁰ + …, from counting islands of turned spins.
  @Test("Low temperatures lose no digits", arguments: [2.5, 4, 8])
  func lowTemperaturesAreAccurate(_ beta: Double) throws {
    let length = 32
    var (heat, entropy) = (0.0, log(2) / Double(length * length))
    for (power, count) in [(4, 1), (6, 2), (8, 4.5), (10, 12), (12, 112.0 / 3)]
      as [(Double, Double)]
    {
      let exponent = 2 * power * beta
      heat += count * exponent * exponent * exp(-exponent)
      entropy += count * (1 + exponent) * exp(-exponent)
    }
    let exact = try solve(length, beta)
    #expect(deviation([(exact.specificHeat, heat)]) < 1e-10)
    #expect(deviation([(exact.entropy, entropy)]) < Self.tolerance)
  }

  @Test("An antiferromagnet of even length is a ferromagnet, of odd length refused")
  func antiferromagnets() throws {
    let one = try solve(16, 0.88, coupling: 0.5)
    let other = try solve(16, 0.88, coupling: -0.5)
    #expect(one == other)
    #expect(deviation([(one.energy * 2, try solve(16, 0.44).energy)]) < Self.tolerance)
    #expect(deviation([(one.specificHeat, try solve(16, 0.44).specificHeat)]) < Self.tolerance)
    let error = #expect(throws: IsingSolverError.self) { try solve(5, 0.4, coupling: -1) }
    #expect(error?.code == .unsupportedCouplings && error?.description.contains("odd") == true)
  }

  @Test("Infinite temperature, no coupling, and temperatures that are none")
  func extremes() throws {
    for exact in [try solve(5, 0), try solve(4, 0.7, coupling: 0)] {
      #expect(abs(exact.logPartitionFunction / Double(exact.siteCount) - log(2)) < 1e-15)
      #expect(exact.energy == 0 && exact.specificHeat == 0)
      #expect(abs(exact.entropy - log(2)) < 1e-15)
    }
    #expect(try solve(5, 0).freeEnergy == -.infinity)
    let frozen = try solve(8, 1e6)
    #expect(frozen.energy == -2 && frozen.specificHeat == 0)
    #expect(abs(frozen.entropy - log(2) / 64) < 1e-16)
    for beta in [-0.1, .nan, .infinity, 1e200] {
      let error = #expect(throws: IsingSolverError.self) { try solve(4, beta) }
      #expect(error?.code == .invalidTemperature)
    }
  }
}
