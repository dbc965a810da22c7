import Optimization
import Testing

@Suite struct AnnealingTests {
  @Test func linearScheduleFallsOnAStraightLine() {
    let schedule = TemperatureSchedule.linear(initial: 0.4, warmUp: 5, steps: 10)
    for step in 0...5 { #expect(schedule.temperature(at: step) == 0.4) }
    #expect(abs(schedule.temperature(at: 10) - 0.2) < 1e-15)
    #expect(abs(schedule.temperature(at: 14) - 0.04) < 1e-15)
    #expect(schedule.temperature(at: 15) == 0)
    #expect(schedule.temperature(at: 1000) == 0)
  }

  @Test func exponentialScheduleFallsByFiveDecadesThenToZero() {
    let schedule = TemperatureSchedule.exponential(initial: 2, warmUp: 3, steps: 50)
    #expect(schedule.temperature(at: 0) == 2)
    #expect(schedule.temperature(at: 3) == 2)
    for step in 0..<50 {
      // A decade every ten steps.
      let logarithm = (0..<step).reduce(2.0) { value, _ in value * 0.794_328_234_724_281_5 }
      #expect(abs(schedule.temperature(at: 3 + step) - logarithm) < 1e-12)
    }
    #expect(schedule.temperature(at: 53) == 0)
  }

  @Test func noAnnealingAndNoStepsAreCold() {
    #expect(TemperatureSchedule.none.temperature(at: 0) == 0)
    #expect(TemperatureSchedule.linear(initial: 1, warmUp: 0, steps: 0).temperature(at: 1) == 0)
  }
}
