internal import ArgumentParser
internal import NeuralNetworks

/// The sizes of the networks to compare.
struct DecoderSizeOptions: ParsableArguments {
  static let standardWidth = 32

  @Option(parsing: .unconditional, help: "The width C of a token's vector. (default: 32)")
  var width: Int?

  @Option(parsing: .unconditional, help: "The number of heads H, a divisor of the width.")
  var heads = 4

  @Option(parsing: .unconditional, help: "The number of layers L.")
  var layers = 2

  @Option(parsing: .unconditional, help: "The width F of the feed-forward layers.")
  var feedForward = 64

  @Option(
    parsing: .unconditional, help: "The number of tokens V; 4 for orbitals, 2 for spins.")
  var vocabulary = 4

  @Option(
    parsing: .unconditional,
    help: "The chunk length of the RetNet's training. (default: the one with the fewest operations)"
  )
  var chunk: Int?

  func validate() throws {
    let most = 1 << 16
    for (name, value) in [
      ("width", width), ("heads", heads), ("layers", layers), ("feed-forward", feedForward),
    ] {
      try require(name, value, "from 1 to \(most)") { (1...most).contains($0) }
    }
    try require("vocabulary", vocabulary, "from 2 to 255") { (2...255).contains($0) }
    try require("chunk", chunk, "at least 1") { $0 >= 1 }
  }

  /// Throws unless both networks can have a width with the number of heads.
  func check(width: Int) throws {
    guard width % heads == 0 else {
      throw ValidationError(
        "the width must be a multiple of --heads, but \(width) is not of \(heads).")
    }
    guard width / heads % 2 == 0 else {
      throw ValidationError(
        "the width (\(width)) over --heads (\(heads)) must be even for a RetNet, whose rotation pairs "
          + "channels.")
    }
  }

  /// Returns the sizes at a number of positions.
  func cost(positions: Int) -> DecoderCost {
    DecoderCost(
      positions: positions, vocabulary: vocabulary, width: width ?? Self.standardWidth,
      heads: heads,
      layers: layers, feedForward: feedForward)
  }
}

/// What is measured and where it goes.
struct CostMeasurementOptions: ParsableArguments {
  @Flag(help: "Time both networks, on one thread.")
  var measure = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The numbers of positions. (default: 16,32,64,128,256,512,1024)", valueName: "list"))
  var positionsList: SizeList?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The widths. (default: 16,32,64)", valueName: "list"))
  var widths: SizeList?

  @Option(
    parsing: .unconditional,
    help: "The number of strings that are sampled side by side. (default: 48)")
  var nodes: Int?

  @Option(
    parsing: .unconditional,
    help: "How often each time is taken; medians count. (default: 5)")
  var repetitions: Int?

  @Option(parsing: .unconditional, help: "The seed of parameters and strings. (default: 1)")
  var seed: Int?

  @Option(
    help: ArgumentHelp(
      """
      The most memory to use; fewer strings are sampled at once where it is short. (default: 2G)
      """,
      valueName: "bytes"))
  var memoryLimit: ByteCount?

  @Option(name: .shortAndLong, help: "A file for the rows, tab-separated.")
  var output: String?

  @Flag(help: "Do not keep an earlier measurement of the output's name.")
  var overwrite = false

  /// The options that have an effect only on a measurement, as far as they were given.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("positions-list", positionsList != nil), ("widths", widths != nil), ("nodes", nodes != nil),
      ("repetitions", repetitions != nil), ("seed", seed != nil),
      ("memory-limit", memoryLimit != nil), ("output", output != nil), ("overwrite", overwrite),
    ]
    return all.filter(\.1).map(\.0)
  }

  /// The widths to measure.
  var chosenWidths: [Int] { widths?.values ?? [16, 32, 64] }

  func validate() throws {
    try require("positions-list", positionsList, "numbers from 2 to 65536") {
      $0.values.allSatisfy { (2...1 << 16).contains($0) }
    }
    try require("widths", widths, "numbers from 1 to 4096") {
      $0.values.allSatisfy { (1...4096).contains($0) }
    }
    try require("nodes", nodes, "from 1 to 65536") { (1...1 << 16).contains($0) }
    try require("repetitions", repetitions, "from 1 to 1000") { (1...1000).contains($0) }
    try require("seed", seed, "a whole number from 0") { $0 >= 0 }
    try require("memory-limit", memoryLimit, "at least 64M") { $0.bytes >= 64 << 20 }
  }

  /// Returns the measurement that is asked for.
  func plan(sizes: DecoderSizeOptions) -> CostMeasurement {
    CostMeasurement(
      sizes: sizes.cost(positions: 1),
      positions: positionsList?.values ?? [16, 32, 64, 128, 256, 512, 1024],
      widths: chosenWidths, nodes: nodes ?? 48, repetitions: repetitions ?? 5,
      seed: UInt64(seed ?? 1),
      memoryLimit: memoryLimit?.bytes ?? 2 << 30)
  }
}

/// A list of numbers such as `16,32,64`, sorted and without repetitions.
struct SizeList: ExpressibleByArgument, Equatable, CustomStringConvertible {
  let values: [Int]

  init(_ values: [Int]) { self.values = Set(values).sorted() }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, !numbers.isEmpty else { return nil }
    self.init(numbers)
  }

  var description: String { values.map { String($0) }.joined(separator: ",") }
}
