internal import Configurations
internal import Hamiltonians
internal import Parallelism

/// Distinct configurations with the Hamiltonian's rows over them, kept from step to step within a
/// budget of memory.
///
/// Samples of neighbouring steps share most of their configurations, and a small sector is the
/// same at every step. Each configuration gets a number when it is first met; a row of `H` is
/// enumerated once and stored as numbers and elements, so that local energies become a sparse
/// product over a table of amplitudes.
///
/// Everything is expressed in representatives: an element to `y` is stored with the number of
/// `y`'s representative, and times the sign of `y`'s amplitude relative to it, so that
/// `Σ_k h_k ψ(r_k)/ψ(x)` is the off-diagonal part of the local energy.
///
/// Numbers are given in the order of first meeting, which depends on the samples only.
final class ConnectedRows<H: Hamiltonian> {
  typealias Word = H.Word

  /// The numbers of the configurations.
  private(set) var index = ConfigurationIndex<Word>()
  /// The diagonal elements by number.
  private(set) var diagonal: [Double] = []
  /// The number of configurations that share each representative, by number.
  private(set) var multiplicities: [Double] = []
  /// The bytes that the table may take, with the amplitudes of its configurations.
  let budget: Int

  private let hamiltonian: H
  private let space: ConfigurationSpace<Word>
  private let cutoff: Double
  private let execution: Execution
  /// Where each number's row is.
  private var places: [RowPlace] = []
  private var chunks: [RowChunk] = []
  private var elementCount = 0
  /// The number of connections of the longest row so far.
  private var longestRow = 0

  /// Creates an empty table.
  ///
  /// - Parameters:
  ///   - hamiltonian: The operator.
  ///   - space: The sector; rows leave out configurations outside it.
  ///   - cutoff: The magnitude at or below which an element is dropped.
  ///   - budget: The bytes that the table may take.
  ///   - execution: The threads to use.
  init(
    _ hamiltonian: H, space: ConfigurationSpace<Word>, cutoff: Double, budget: Int,
    execution: Execution
  ) {
    self.hamiltonian = hamiltonian
    self.space = space
    self.cutoff = cutoff
    self.budget = budget
    self.execution = execution
  }

  /// The number of configurations met.
  var count: Int { index.count }
  /// The configurations by number.
  var configurations: [Configuration<Word>] { index.configurations }

  /// The bytes that the table takes, with the amplitudes of its configurations.
  var bytes: Int {
    elementCount * Self.bytesOfElement + count * Self.bytesOfConfiguration
  }

  /// What a stored element takes: its number and its value.
  static var bytesOfElement: Int { 12 }

  /// What a configuration takes.
  static var bytesOfConfiguration: Int {
    // The configuration, its elements and its row's place in arrays that double when they grow; up to
    // four slots; amplitudes with half as much to spare; a mark. Then what comes and goes: the
    // list of what is evaluated or pulled, sorted.
    let word = MemoryLayout<Configuration<Word>>.stride
    return 2 * (word + 28) + 4 * 4 + 54 + 8 + 2 * word + 72
  }

  /// Forgets everything, which makes all numbers invalid.
  func forget() {
    index = ConfigurationIndex()
    diagonal = []
    multiplicities = []
    places = []
    chunks = []
    elementCount = 0
  }

  /// Forgets the rows of these numbers, which must be all that there are.
  func forgetRows(of numbers: [Int32]) {
    for number in numbers { places[Int(number)] = RowPlace() }
    chunks = []
    elementCount = 0
  }

  /// Returns the number of a representative, giving it one if it has none.
  func number(of configuration: Configuration<Word>) -> Int32 {
    let number = index.insert(configuration)
    describeNewConfigurations()
    return Int32(number)
  }

  /// Returns the number of a representative that has one.
  func knownNumber(of configuration: Configuration<Word>) -> Int32? {
    index.number(of: configuration).map { Int32($0) }
  }

  /// Finds what belongs to each configuration for those that have just got a number.
  private func describeNewConfigurations() {
    for number in diagonal.count..<index.count {
      let configuration = index.configurations[number]
      diagonal.append(hamiltonian.diagonalElement(configuration))
      multiplicities.append(Double(space.multiplicity(configuration)))
      places.append(RowPlace())
    }
  }

  // MARK: - Rows

  /// Makes sure that the rows of these numbers are there, in their order and as far as the budget
  /// goes.
  ///
  /// - Parameters:
  ///   - numbers: The numbers.
  ///   - known: Whether elements to configurations without a number are left out. Such rows are of
  ///     use to one call only: forget them.
  /// - Returns: How many of the first numbers have their rows, at least one where there are any.
  func enumerateRows(of numbers: ArraySlice<Int32>, amongKnown known: Bool = false) -> Int {
    let missing = numbers.indices.filter { places[Int(numbers[$0])].isEmpty }
    var end = numbers.endIndex
    // Configurations that all have numbers already leave room for some rows in any case.
    let limit = known ? max(budget, bytes + budget / 2) : budget
    forEachRow(of: missing.map { numbers[$0] }) { index, list, range in
      let place = missing[index]
      let cost = Self.bytesOfElement + (known ? 0 : Self.bytesOfConfiguration)
      if place > numbers.startIndex, bytes + range.count * cost > limit {
        end = place
        return false
      }
      store(list, range, as: numbers[place], amongKnown: known)
      return true
    }
    return end - numbers.startIndex
  }

  /// Finds rows, several at a time and in parallel, and hands them over in order.
  ///
  /// - Parameters:
  ///   - numbers: Whose rows.
  ///   - body: Is called with a place among the numbers and the row as part of a list, in
  ///     representatives; returns whether to go on.
  func forEachRow(
    of numbers: [Int32], _ body: (Int, ConnectionList<Word>, Range<Int>) -> Bool
  ) {
    var start = 0
    while start < numbers.count {
      // Lists take a part of the budget; the first row says how long they are.
      let perElement = 2 * (MemoryLayout<Configuration<Word>>.stride + 8)
      let room = longestRow == 0 ? 1 : max(1, budget / 16 / (perElement * longestRow))
      let group = min(2048, room, numbers.count - start)
      let blockSize = max(1, min(64, group / (4 * execution.threads)))
      let blocks = (group + blockSize - 1) / blockSize
      nonisolated(unsafe) let table = self
      let first = start
      let found = execution.map(blocks) { block in
        var list = ConnectionList<Word>()
        var ends: [Int] = []
        for index in block * blockSize..<min(group, (block + 1) * blockSize) {
          table.hamiltonian.appendConnections(
            of: table.configurations[Int(numbers[first + index])], above: table.cutoff, to: &list)
          list.canonicalize(from: ends.last ?? 0, in: table.space)
          ends.append(list.count)
        }
        return (list: list, ends: ends)
      }
      for block in found {
        var begin = 0
        for end in block.ends {
          longestRow = max(longestRow, end - begin)
          if !body(start, block.list, begin..<end) { return }
          begin = end
          start += 1
        }
      }
    }
  }

  private func store(
    _ list: ConnectionList<Word>, _ range: Range<Int>, as number: Int32,
    amongKnown known: Bool
  ) {
    let chunk = chunk(for: range.count)
    let start = chunk.count
    let (columns, elements) = (chunk.columns + start, chunk.elements + start)
    if known {
      chunk.count += index.find(list, range, numbers: columns, elements: elements)
    } else {
      index.insert(list, range, numbers: columns)
      list.elements.withUnsafeBufferPointer { source in
        for (place, index) in range.enumerated() { elements[place] = source[index] }
      }
      chunk.count += range.count
      describeNewConfigurations()
    }
    places[Int(number)] = RowPlace(
      chunk: Int32(chunks.count - 1), start: Int32(start), count: Int32(chunk.count - start))
    elementCount += chunk.count - start
  }

  /// Returns a chunk with room for so many elements.
  private func chunk(for count: Int) -> RowChunk {
    if let last = chunks.last, last.count + count <= last.capacity { return last }
    // Chunks rather than one array, which would be there twice while it grows.
    let chunk = RowChunk(capacity: max(count, min(1 << 20, max(1 << 12, elementCount / 8))))
    chunks.append(chunk)
    return chunk
  }

  /// Calls `body` with the columns and elements of a row that has been enumerated.
  @inline(__always)
  func withRow<Result>(
    _ number: Int32, _ body: (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    let place = places[Int(number)]
    precondition(!place.isEmpty, "row \(number) has not been enumerated")
    let chunk = chunks[Int(place.chunk)]
    return body(
      UnsafeBufferPointer(start: chunk.columns + Int(place.start), count: Int(place.count)),
      UnsafeBufferPointer(start: chunk.elements + Int(place.start), count: Int(place.count)))
  }
}

/// Where a row is stored.
private struct RowPlace {
  /// −1 where the row has not been enumerated.
  var chunk: Int32 = -1
  var start: Int32 = 0
  var count: Int32 = 0

  var isEmpty: Bool { chunk < 0 }
}

/// The numbers and elements of some rows, one after the other.
private final class RowChunk {
  let capacity: Int
  let columns: UnsafeMutablePointer<Int32>
  let elements: UnsafeMutablePointer<Double>
  /// The number of elements that are there.
  var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    columns = .allocate(capacity: capacity)
    elements = .allocate(capacity: capacity)
  }

  deinit {
    columns.deallocate()
    elements.deallocate()
  }
}
