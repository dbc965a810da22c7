import Foundation
import Optimization
import Testing

@Suite struct AnnealingTests {
  private func schedule(
    _ shape: TemperatureSchedule.Shape, hold: Int = 3, steps: Int = 70, each: Int = 1
  ) -> TemperatureSchedule {
    TemperatureSchedule(shape, initial: 2, hold: hold, steps: steps, stepsPerTemperature: each)
  }

  /// `T/T₀` at the beginning, and after a tenth, a half and nine tenths of the steps.
  static let values: [(TemperatureSchedule.Shape, [Double])] = [
    (.none, [0, 0, 0, 0]),
    (.constant, [1, 1, 1, 1]),
    (.cutoff, [1, 1, 1, 1]),
    (.linear, [1, 0.9, 0.5, 0.1]),
    (.quadratic, [1, 0.81, 0.25, 0.01]),
    (.cubic, [1, 0.729, 0.125, 0.001]),
    (.quartic, [1, 0.6561, 0.0625, 0.0001]),
    (.quintic, [1, 0.59049, 0.03125, 0.00001]),
    (
      .exponential,
      [1, 0.316_227_766_016_837_9, 0.003_162_277_660_168_379, 3.162_277_660_168_379e-5]
    ),
    (.cosine, [1, 0.975_528_258_147_576_8, 0.5, 0.024_471_741_852_423_2]),
    (.tent, [0, 0.095_491_502_812_526_3, 1, 0.095_491_502_812_526_3]),
    (.trapezoid, [0, 0.233_333_333_333_333_3, 1, 0.35]),
  ]

  @Test(arguments: values.indices) func schedulesHaveTheirValues(_ which: Int) {
    let (shape, expected) = Self.values[which]
    let schedule = schedule(shape)
    for (place, step) in [3, 10, 38, 66].enumerated() {
      #expect(
        abs(schedule.temperature(at: step) - 2 * expected[place]) < 1e-12, "\(shape) at \(step)")
    }
  }

  /// The first temperature is held before, and nothing is left after.
  @Test(arguments: TemperatureSchedule.Shape.allCases)
  func endsAreHeldAndCold(_ shape: TemperatureSchedule.Shape) {
    let schedule = schedule(shape)
    for step in 0...3 { #expect(schedule.temperature(at: step) == schedule.temperature(at: 3)) }
    for step in [73, 74, 100_000] {
      #expect(schedule.temperature(at: step) == (shape == .constant ? 2 : 0))
    }
    let isCold = shape == .none
    #expect((schedule.temperature(at: 72) > 0) == !isCold)
    #expect((0..<73).allSatisfy { (0...2).contains(schedule.temperature(at: $0)) })
    // A schedule of no steps is over at once.
    #expect(
      self.schedule(shape, hold: 0, steps: 0).temperature(at: 0) == (shape == .constant ? 2 : 0))
  }

  /// Several steps at each temperature: those of the first of them.
  @Test(arguments: TemperatureSchedule.Shape.allCases)
  func temperaturesLastAsLongAsAskedFor(_ shape: TemperatureSchedule.Shape) {
    let (fine, coarse) = (schedule(shape), schedule(shape, each: 8))
    for step in 0..<73 {
      #expect(coarse.temperature(at: step) == fine.temperature(at: 3 + max(0, step - 3) / 8 * 8))
    }
    #expect(coarse.temperature(at: 73) == fine.temperature(at: 73))
  }

  @Test func exponentialScheduleFallsByFiveDecades() {
    let schedule = TemperatureSchedule(.exponential, initial: 2, hold: 3, steps: 50)
    for step in 0..<50 {
      // A decade every ten steps.
      let expected = (0..<step).reduce(2.0) { value, _ in value * 0.794_328_234_724_281_5 }
      #expect(abs(schedule.temperature(at: 3 + step) - expected) < 1e-12)
    }
  }
}
