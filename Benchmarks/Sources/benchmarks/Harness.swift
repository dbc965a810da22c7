import Foundation

/// A set of timings about one subject; a topic has a file of its own.
struct Topic: Sendable {
  /// The word by which the command line picks it.
  let name: String
  /// Lists the cases.
  let cases: @Sendable () -> [Case]
}

/// One kernel at one size.
struct Case {
  /// What is timed, with its sizes.
  let name: String
  /// How many units one run does.
  let units: Double
  /// What a unit is: `elements`, `strings`.
  let unit: String
  /// Floating-point operations of one run, or 0 where they say nothing.
  var flops: Double = 0
  /// Allocates what a run needs and returns the run.
  let prepare: () -> () -> Void
}

/// Times cases and prints a table.
enum Harness {
  /// Returns the median and least seconds of one run, of seven samples of at least 20 ms each, or
  /// three where a run takes more than a second.
  static func measure(_ run: () -> Void) -> (median: Double, least: Double) {
    func seconds(_ repetitions: Int) -> Double {
      let start = DispatchTime.now().uptimeNanoseconds
      for _ in 0..<repetitions { run() }
      return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    }
    let isLong = seconds(1) > 1
    var repetitions = 1
    while !isLong && seconds(repetitions) < 0.02 { repetitions *= 2 }
    let count = isLong ? 3 : 7
    let samples = (0..<count).map { _ in seconds(repetitions) / Double(repetitions) }.sorted()
    return (samples[count / 2], samples[0])
  }

  /// Times the cases of the topics whose names contain `filter` and prints a row for each.
  ///
  /// Rates are those of the median; where the machine is shared, the least time says more.
  static func run(_ topics: [Topic], filter: String) {
    for topic in topics {
      print("\n## \(topic.name)\n")
      print("| case | median | least | rate | Gflop/s |\n| --- | --- | --- | --- | --- |")
      for item in topic.cases() where filter.isEmpty || item.name.contains(filter) {
        let (seconds, least) = measure(item.prepare())
        let rate = "\(scaled(item.units / seconds))\(item.unit)/s"
        let flops = item.flops > 0 ? String(format: "%.1f", item.flops / seconds * 1e-9) : ""
        print("| \(item.name) | \(scaled(seconds))s | \(scaled(least))s | \(rate) | \(flops) |")
        fflush(nil)
      }
    }
  }

  /// Returns a number with three digits and a metric prefix.
  private static func scaled(_ value: Double) -> String {
    let prefixes: [(Double, String)] = [
      (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"),
    ]
    let (factor, prefix) = prefixes.first { value >= $0.0 } ?? (1, "")
    return String(format: "%.3g ", value / factor) + prefix
  }
}
