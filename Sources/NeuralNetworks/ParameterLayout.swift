public import Configurations

/// How the initial values of one parameter array are drawn.
public enum ParameterInitializer: Sendable, Hashable {
  /// Every element has one value.
  case constant(Float)
  /// Independent normal numbers with mean 0.
  case normal(standardDeviation: Float)
  /// Independent numbers, uniform between minus and plus a bound.
  case uniform(bound: Float)
}

/// The names, shapes and places of the arrays that make up one flat parameter buffer.
///
/// Declared once for each network, and used for initial values, views, HDF5 names and tests.
public struct ParameterLayout: Sendable, Hashable {
  /// One named array.
  public struct Entry: Sendable, Hashable {
    /// The array's name, unique in the layout, with `/` between parts: `layer0/attention/query`.
    public let name: String
    /// The array's shape, row-major.
    public let shape: [Int]
    /// The first element's place in the flat buffer.
    public let offset: Int
    /// How its initial values are drawn.
    public let initializer: ParameterInitializer

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
  }

  /// The arrays, in the order of their offsets.
  public private(set) var entries: [Entry] = []
  /// The number of parameters, P.
  public private(set) var count = 0

  /// Creates an empty layout.
  public init() {}

  /// Appends an array and returns its offset.
  @discardableResult
  public mutating func append(
    _ name: String, shape: [Int], initializer: ParameterInitializer
  ) -> Int {
    precondition(!entries.contains { $0.name == name }, "two parameter arrays named \(name)")
    let entry = Entry(name: name, shape: shape, offset: count, initializer: initializer)
    entries.append(entry)
    count += entry.count
    return entry.offset
  }

  /// Returns initial values for the whole buffer, `[P]`.
  public func makeParameters(using random: inout RandomSource) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for entry in entries {
      switch entry.initializer {
      case .constant(let value):
        values.append(contentsOf: repeatElement(value, count: entry.count))
      case .normal(let deviation):
        for _ in 0..<entry.count { values.append(Float(random.normal()) * deviation) }
      case .uniform(let bound):
        for _ in 0..<entry.count { values.append((2 * Float(random.uniform()) - 1) * bound) }
      }
    }
    return values
  }
}
