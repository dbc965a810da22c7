import ExactSolvers
import Testing

@Suite struct EnergyExtrapolationTests {
  let second = [-0.04, -0.02, -0.01, -0.005]

  @Test func lineIsExact() throws {
    let variational = second.map { -10 - 1.1 * $0 }
    let found = try #require(
      EnergyExtrapolation(
        variational: variational, secondOrder: second, errors: [0, 0, 0, 0]))
    #expect(abs(found.energy + 10) < 1e-12)
    #expect(abs(try #require(found.quadraticEnergy) + 10) < 1e-10)
    // The distance from E + E2, and a tenth of E2.
    #expect(abs(found.error - 0.1 * 0.005) < 1e-9)
  }

  @Test func uncertaintyCoversCurvature() throws {
    let variational = second.map { -10 - 1.1 * $0 + 3 * $0 * $0 }
    let found = try #require(
      EnergyExtrapolation(
        variational: variational, secondOrder: second, errors: [0, 0, 0, 0]))
    #expect(abs(try #require(found.quadraticEnergy) + 10) < 1e-9)
    #expect(abs(found.energy + 10) <= found.error)
    let noisy = try #require(
      EnergyExtrapolation(
        variational: variational, secondOrder: second, errors: [0, 0, 0, 1e-3]))
    #expect(noisy.error > 1e-3)
  }

  @Test func noExtrapolationWithoutAFall() {
    let few = EnergyExtrapolation(
      variational: [-1, -1.1], secondOrder: [-0.2, -0.1], errors: [0, 0])
    #expect(abs((few?.energy ?? 0) + 1.2) < 1e-12 && few?.error == 0.1)
    #expect(
      EnergyExtrapolation(
        variational: [-1, -1.1, -1.2], secondOrder: [-0.1, -0.2, -0.05], errors: [0, 0, 0]) == nil)
  }
}
