import Testing
import Training

/// The stop criterion on traces made by hand.
@Suite struct ConvergenceTests {
  private func rows(
    _ energies: [Double], error: Double = 0, residual: Double = 1e-6, temperature: Double = 0
  ) -> [TraceRow] {
    energies.enumerated().map { index, energy in
      TraceRow(
        step: index + 1, energy: energy, error: error, variance: 0, temperature: temperature,
        entropy: 0, distinctSamples: 1, gradientNorm: 0, seconds: 0, residual: residual)
    }
  }

  private func obstacles(_ trace: [TraceRow], shift: Double? = 1e-4) -> [String] {
    let criterion = Convergence(
      window: 5, minimumSteps: 0, energyTolerance: 1e-5, residualTolerance: 1e-4, frozenShift: 0.1)
    return criterion.obstacles(trace, shift: shift).map { obstacle in
      switch obstacle {
      case .tooFewSteps: "steps"
      case .temperature: "temperature"
      case .change: "change"
      case .residual: "residual"
      case .frozen: "frozen"
      }
    }
  }

  @Test func restNearAnEigenstateIsConvergence() {
    let still = [Double](repeating: -1, count: 15)
    #expect(obstacles(rows(still)) == [])
    #expect(obstacles(rows(Array(still.prefix(14)))) == ["steps"])
    #expect(obstacles(rows(still, temperature: 0.01)) == ["temperature"])
    // At rest, but not in an eigenstate: the case of a run that its regularisation has stopped.
    #expect(obstacles(rows(still, residual: 1e-3)) == ["residual"])
    #expect(obstacles(rows(still, residual: 1e-3), shift: 10) == ["residual", "frozen"])
    #expect(obstacles(rows(still, residual: .nan)) == ["residual"])
  }

  @Test func changesAreSeenWhereTheyExceedTheNoise() {
    let falling = (0..<15).map { -1 - 1e-4 * Double($0) }
    #expect(obstacles(rows(falling)) == ["change"])
    #expect(obstacles(rows(falling.map { -2 - $0 })) == ["change"])
    // Within the noise of the means nothing can be said of a change.
    #expect(obstacles(rows(falling, error: 1e-2)) == [])
    // A fall of less than the tolerance in a window that does not slow down.
    let slow = (0..<15).map { -1 - 1.9e-6 * Double($0) }
    #expect(obstacles(rows(slow)) == ["change"])
  }
}
