public import Configurations

/// A real symmetric operator given by its rows over configurations.
public protocol Hamiltonian<Word>: Sendable {
  associatedtype Word: ConfigurationWord

  /// Returns `⟨x|H|x⟩`, constants such as the core energy included.
  func diagonalElement(_ configuration: Configuration<Word>) -> Double

  /// Appends every `y ≠ x` with `|⟨y|H|x⟩| > cutoff`, each once, in a fixed order.
  ///
  /// - Parameters:
  ///   - configuration: The configuration `x`, inside the sector.
  ///   - cutoff: The magnitude at or below which an element is left out, in the
  ///     Hamiltonian's unit; at least 0.
  ///   - connections: The list that grows; what it holds already stays.
  func appendConnections(
    of configuration: Configuration<Word>, above cutoff: Double,
    to connections: inout ConnectionList<Word>)

  /// Returns `⟨x|H|y⟩` of any two configurations of the sector.
  ///
  /// Without an implementation of its own, it is looked for in the row of `y`.
  func element(_ x: Configuration<Word>, _ y: Configuration<Word>) -> Double
}

extension Hamiltonian {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func element(_ x: Configuration<Word>, _ y: Configuration<Word>) -> Double {
    if x == y { return diagonalElement(x) }
    var row = ConnectionList<Word>()
    appendConnections(of: y, above: 0, to: &row)
    return row.configurations.firstIndex(of: x).map { row.elements[$0] } ?? 0
  }
}

/// Configurations with the matrix elements that lead to them.
///
/// A reusable buffer: `removeAll` keeps the storage, so loops over many rows do not allocate.
public struct ConnectionList<Word: ConfigurationWord>: Sendable {
  /// The connected configurations.
  public private(set) var configurations: [Configuration<Word>] = []
  /// The matrix elements, in the order of ``configurations``.
  public private(set) var elements: [Double] = []

  /// Creates an empty list with room for `capacity` rows.
  public init(capacity: Int = 0) {
    configurations.reserveCapacity(capacity)
    elements.reserveCapacity(capacity)
  }

  /// The number of connections.
  public var count: Int { elements.count }

  /// Empties the list and keeps its storage.
  public mutating func removeAll() {
    configurations.removeAll(keepingCapacity: true)
    elements.removeAll(keepingCapacity: true)
  }

  /// Appends one connection.
  @inline(__always)
  public mutating func append(_ configuration: Configuration<Word>, _ element: Double) {
    configurations.append(configuration)
    elements.append(element)
  }

  /// Appends connections from two buffers of one length.
  @inline(__always)
  mutating func append(
    _ newConfigurations: UnsafeBufferPointer<Configuration<Word>>,
    _ newElements: UnsafeBufferPointer<Double>
  ) {
    configurations.append(contentsOf: newConfigurations)
    elements.append(contentsOf: newElements)
  }

  /// Lets `body` work on all connections through bare pointers and keeps the first of them, as many as it
  /// returns.
  @inline(__always)
  mutating func truncate(
    _ body: (UnsafeMutablePointer<Configuration<Word>>, UnsafeMutablePointer<Double>) -> Int
  ) {
    var kept = 0
    let count = count
    configurations.withUnsafeMutableBufferPointer { configurations in
      elements.withUnsafeMutableBufferPointer { elements in
        if let first = configurations.baseAddress, let second = elements.baseAddress {
          kept = body(first, second)
        }
      }
    }
    precondition(kept <= count, "\(kept) of \(count) connections")
    configurations.removeLast(count - kept)
    elements.removeLast(count - kept)
  }

  /// Appends up to `maximum` connections that `body` writes through bare pointers.
  ///
  /// - Parameters:
  ///   - maximum: The number of connections that there is room for.
  ///   - body: Writes from the pointers on and returns how many it wrote.
  @inline(__always)
  mutating func extend(
    atMost maximum: Int,
    _ body: (UnsafeMutablePointer<Configuration<Word>>, UnsafeMutablePointer<Double>) -> Int
  ) {
    if maximum <= 0 { return }
    let start = count
    configurations.append(
      contentsOf: repeatElement(Configuration(alpha: 0, beta: 0), count: maximum))
    elements.append(contentsOf: repeatElement(0, count: maximum))
    var written = 0
    configurations.withUnsafeMutableBufferPointer { configurations in
      elements.withUnsafeMutableBufferPointer { elements in
        if let first = configurations.baseAddress, let second = elements.baseAddress {
          written = body(first + start, second + start)
        }
      }
    }
    precondition(written <= maximum, "\(written) connections where \(maximum) fit")
    configurations.removeLast(maximum - written)
    elements.removeLast(maximum - written)
  }
}
