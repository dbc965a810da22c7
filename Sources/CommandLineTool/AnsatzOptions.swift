internal import ArgumentParser
internal import Training

/// The network's shape.
struct AnsatzOptions: ParsableArguments {
  @Option(help: "The network of the modulus. (default: transformer)")
  var ansatz: AnsatzKind?

  @Option(help: "The width of a token's vector, a multiple of --heads. (default: by size)")
  var width: Int?

  @Option(help: "The number of heads. (default: by size)")
  var heads: Int?

  @Option(help: "The number of blocks. (default: by size)")
  var layers: Int?

  @Option(help: "The width of the feed-forward layers. (default: by size)")
  var feedForward: Int?

  @Option(
    help: ArgumentHelp(
      "The widths of the phase network's hidden layers, such as 64,64. (default: by size)",
      valueName: "widths"))
  var phaseHidden: NumberList?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Impose spin-flip symmetry, where 2Sz = 0. (default: where its eigenvalue is established)"
  )
  var spinFlip: Bool?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Impose the symmetries of a lattice. (default: where their eigenvalues are established)")
  var latticeSymmetry: Bool?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: """
      Read the eigenvalues of a frustrated lattice's symmetries off an exact diagonalisation. \
      (default: no, its sectors are compared)
      """)
  var exactLatticeSymmetry: Bool?

  @Option(
    help: ArgumentHelp(
      "The order of sampling: reverse, forward, or all orbitals (sites) from 1, such as 4,3,1,2."
        + " (default: reverse for molecules, forward for lattices)",
      valueName: "order"))
  var order: SamplingOrder?

  func validate() throws {
    let limit = 1 << 16
    try require("width", width, "from 1 to \(limit)") { $0 >= 1 && $0 <= limit }
    try require("heads", heads, "from 1 to \(limit)") { $0 >= 1 && $0 <= limit }
    try require("layers", layers, "from 1 to 1000") { $0 >= 1 && $0 <= 1000 }
    try require("feed-forward", feedForward, "from 1 to \(limit)") { $0 >= 1 && $0 <= limit }
    try require("phase-hidden", phaseHidden, "widths from 1 to \(limit)") {
      $0.numbers.allSatisfy { $0 >= 1 && $0 <= limit }
    }
    if let width, let heads, width % heads != 0 {
      throw ValidationError(
        "--width must be a multiple of --heads, but \(width) is not of \(heads).")
    }
  }

  func apply(to settings: inout AnsatzSettings, positions: Int) throws {
    assign(ansatz, to: &settings.kind)
    assign(width, to: &settings.width)
    assign(heads, to: &settings.heads)
    assign(layers, to: &settings.layers)
    assign(feedForward, to: &settings.feedForward)
    assign(phaseHidden?.numbers, to: &settings.phaseHidden)
    assign(spinFlip, to: &settings.spinFlipSymmetry)
    assign(latticeSymmetry, to: &settings.latticeSymmetry)
    assign(exactLatticeSymmetry, to: &settings.exactLatticeSymmetry)
    assign(try order?.permutation(of: positions), to: &settings.order)
  }
}

/// Whole numbers separated by commas.
struct NumberList: ExpressibleByArgument, CustomStringConvertible {
  let numbers: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0.trimmingPrefix { $0 == " " }) }
    if numbers.count != parts.count { return nil }
    self.numbers = numbers
  }

  var description: String { numbers.map(String.init).joined(separator: ",") }
}

/// The order in which orbitals or sites are sampled.
enum SamplingOrder: ExpressibleByArgument {
  case forward
  case reverse
  case explicit([Int])

  init?(argument: String) {
    switch argument {
    case "forward": self = .forward
    case "reverse": self = .reverse
    default:
      guard let list = NumberList(argument: argument) else { return nil }
      self = .explicit(list.numbers)
    }
  }

  /// Returns the permutation, 0-based.
  func permutation(of count: Int) throws -> [Int] {
    switch self {
    case .forward: return Array(0..<count)
    case .reverse: return Array((0..<count).reversed())
    case .explicit(let numbers):
      guard numbers.sorted() == Array(1..<(count + 1)) else {
        throw ToolError(
          "--order must name each of 1 to \(count) once; it names \(numbers.count) numbers, "
            + "\(Set(numbers).intersection(1..<(count + 1)).count) of them such.")
      }
      return numbers.map { $0 - 1 }
    }
  }
}
