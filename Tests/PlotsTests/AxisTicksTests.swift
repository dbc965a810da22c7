import Plots
import Testing

@Suite("Ticks") struct AxisTicksTests {
  private func texts(_ ticks: AxisTicks) -> [String] {
    ticks.major.map { tick in tick.text + (tick.exponent.map { "^\($0)" } ?? "") }
  }

  @Test func stepsAreNice() {
    #expect(AxisTicks.step(of: 10, target: 5) == 2)
    #expect(AxisTicks.step(of: 10.1, target: 5) == 5)
    #expect(abs(AxisTicks.step(of: 0.0031, target: 5) - 0.001) < 1e-15)
    #expect(AxisTicks.step(of: 7000, target: 7) == 1000)
  }

  @Test func linearTicks() {
    let ticks = AxisTicks(Axis("x", range: -1...1), values: [0], target: 4)
    #expect(texts(ticks) == ["−1.0", "−0.5", "0.0", "0.5", "1.0"])
    #expect(ticks.place(-1) == 0 && ticks.place(1) == 1 && ticks.place(0) == 0.5)
    #expect(
      ticks.minor.allSatisfy { minor in !ticks.major.contains { abs($0.value - minor) < 1e-9 } })
    // Energies of a molecule: as many digits as differ.
    let energies = AxisTicks(Axis("E"), values: [-75.0125, -75.0101], target: 4)
    #expect(texts(energies) == ["−75.012", "−75.011", "−75.010"])
    #expect(energies.commonExponent == 0)
  }

  @Test func largeAndSmallNumbersShareAPower() {
    let large = AxisTicks(Axis("x", range: 0...3e6), values: [1], target: 3)
    #expect(texts(large) == ["0", "1", "2", "3"] && large.commonExponent == 6)
    let small = AxisTicks(Axis("x", range: 0...4e-5), values: [1], target: 4)
    #expect(texts(small) == ["0", "1", "2", "3", "4"] && small.commonExponent == -5)
  }

  @Test func logarithmicTicks() {
    let many = AxisTicks(
      Axis("x", scale: .logarithmic, range: 1e-6...1e3), values: [1], target: 12)
    #expect(
      texts(many) == ["10^-6", "10^-5", "10^-4", "10^-3", "0.01", "0.1", "1", "10", "100", "10^3"])
    #expect(many.minor.count == 9 * 8)
    let fewer = AxisTicks(
      Axis("x", scale: .logarithmic, range: 1e-8...1), values: [1], target: 4)
    #expect(texts(fewer) == ["10^-8", "10^-6", "10^-4", "0.01", "1"])
    let one = AxisTicks(
      Axis("x", scale: .logarithmic, range: 1e10...1.1e11), values: [1], target: 5)
    #expect(texts(one) == ["10^10", "2·10^10", "3·10^10", "5·10^10", "10^11"])
    #expect(abs(one.place(1e11) - 0.9603) < 1e-3)
    // Too short for powers of ten.
    let short = AxisTicks(
      Axis("x", scale: .logarithmic, range: 30...62), values: [40], target: 4)
    #expect(texts(short) == ["30", "40", "50", "60"])
    #expect(short.place(30) == 0 && abs(short.place(43.1277) - 0.5) < 1e-5)
  }

  @Test func equalNumbersHaveAnAxis() {
    for scale in [AxisScale.linear, .logarithmic] {
      for value in [1e-300, 2, 3e200] {
        let ticks = AxisTicks(Axis("x", scale: scale), values: [value, value], target: 5)
        #expect(ticks.lower < value && ticks.upper > value, "\(value)")
        #expect(abs(ticks.place(value) - 0.5) < 0.01)
        #expect(!ticks.major.isEmpty, "\(value)")
      }
    }
    let zero = AxisTicks(Axis("x"), values: [0], target: 5)
    #expect(zero.lower == -1 && zero.upper == 1)
  }
}
