public import Configurations

/// The connections of many configurations, row after row.
///
/// A reusable buffer: filling it again keeps the storage.
public struct ConnectionTable<Word: ConfigurationWord>: Sendable {
  /// Where each row starts among the connections, `[rows + 1]`.
  public private(set) var rowStarts: [Int] = [0]
  // Longer than the table where a larger one was here before.
  private var configurationStorage: [Configuration<Word>] = []
  private var elementStorage: [Double] = []

  /// Creates an empty table.
  public init() {}

  /// The number of rows.
  public var rowCount: Int { rowStarts.count - 1 }

  /// The number of connections of all rows.
  public var count: Int { rowStarts[rowStarts.count - 1] }

  /// The connected configurations of all rows.
  public var configurations: ArraySlice<Configuration<Word>> { configurationStorage[0..<count] }

  /// The matrix elements, in the order of ``configurations``.
  public var elements: ArraySlice<Double> { elementStorage[0..<count] }

  /// Calls `body` with the table as bare buffers: row starts, configurations and elements.
  @inlinable
  public func withUnsafeRows<Result>(
    _ body: (
      UnsafeBufferPointer<Int>, UnsafeBufferPointer<Configuration<Word>>,
      UnsafeBufferPointer<Double>
    ) -> Result
  ) -> Result {
    rowStarts.withUnsafeBufferPointer { starts in
      configurations.withUnsafeBufferPointer { configurations in
        elements.withUnsafeBufferPointer { elements in body(starts, configurations, elements) }
      }
    }
  }

  /// Overwrites the table with rows of known largest size.
  ///
  /// - Parameters:
  ///   - bounds: The largest number of connections of each row, `[rows]`.
  ///   - fill: Writes all rows, each from its place in the list of starts on, and stores the
  ///     number it wrote in the last buffer, `[rows]`.
  mutating func fill(
    bounds: [Int],
    _ fill: (
      _ starts: UnsafePointer<Int>, _ configurations: UnsafeMutablePointer<Configuration<Word>>,
      _ elements: UnsafeMutablePointer<Double>, _ counts: UnsafeMutablePointer<Int>
    ) -> Void
  ) {
    var starts: [Int] = [0]
    starts.reserveCapacity(bounds.count + 1)
    for bound in bounds { starts.append(starts[starts.count - 1] + bound) }
    let capacity = starts[bounds.count]
    if configurationStorage.count < capacity {
      // Fresh storage rather than growth: the old contents need not be copied.
      configurationStorage = .init(
        unsafeUninitializedCapacity: capacity, initializingWith: { $1 = capacity })
      elementStorage = .init(
        unsafeUninitializedCapacity: capacity, initializingWith: { $1 = capacity })
    }
    var counts = [Int](repeating: 0, count: bounds.count)
    configurationStorage.withUnsafeMutableBufferPointer { configurations in
      elementStorage.withUnsafeMutableBufferPointer { elements in
        counts.withUnsafeMutableBufferPointer { counts in
          guard let configurations = configurations.baseAddress,
            let elements = elements.baseAddress, let counts = counts.baseAddress
          else { return }
          fill(starts, configurations, elements, counts)
          var end = 0
          for row in bounds.indices {
            if starts[row] != end {
              (configurations + end).update(from: configurations + starts[row], count: counts[row])
              (elements + end).update(from: elements + starts[row], count: counts[row])
            }
            end += counts[row]
          }
        }
      }
    }
    rowStarts.removeAll(keepingCapacity: true)
    rowStarts.append(0)
    for count in counts { rowStarts.append(rowStarts[rowStarts.count - 1] + count) }
  }
}
