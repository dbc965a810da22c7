internal import Configurations
internal import Hamiltonians
internal import Parallelism

/// Distinct configurations with the Hamiltonian's rows over them, kept from step to step.
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

  /// The configurations by number.
  private(set) var configurations: [Configuration<Word>] = []
  /// The diagonal elements by number.
  private(set) var diagonal: [Double] = []

  /// The number of configurations that share each representative, by number.
  private(set) var multiplicities: [Double] = []

  private let hamiltonian: H
  private let space: ConfigurationSpace<Word>
  private let cutoff: Double
  private let entryLimit: Int
  private let execution: Execution
  private var slots: [Int32] = Array(repeating: -1, count: 1 << 12)
  /// Where each number's row starts in `columns`; −1 where the row has not been enumerated.
  private var rowStart: [Int] = []
  private var rowCount: [Int32] = []
  private var columns: [Int32] = []
  private var elements: [Double] = []

  /// Creates an empty table.
  ///
  /// - Parameters:
  ///   - hamiltonian: The operator.
  ///   - space: The sector; rows leave out configurations outside it.
  ///   - cutoff: The magnitude at or below which an element is dropped.
  ///   - entryLimit: The number of stored elements above which ``trim()`` forgets everything.
  ///   - execution: The threads to use.
  init(
    _ hamiltonian: H, space: ConfigurationSpace<Word>, cutoff: Double,
    entryLimit: Int = 60_000_000, execution: Execution
  ) {
    self.hamiltonian = hamiltonian
    self.space = space
    self.cutoff = cutoff
    self.entryLimit = entryLimit
    self.execution = execution
  }

  /// The number of configurations met.
  var count: Int { configurations.count }

  /// Forgets everything if the table has outgrown its limit.
  ///
  /// To be called between steps: it makes all numbers invalid.
  func trim() {
    if elements.count <= entryLimit { return }
    configurations = []
    diagonal = []
    multiplicities = []
    rowStart = []
    rowCount = []
    columns = []
    elements = []
    slots = Array(repeating: -1, count: 1 << 12)
  }

  /// Returns the number of a representative, giving it one if it has none.
  func number(of configuration: Configuration<Word>) -> Int32 {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: configuration.digest) & mask
    while slots[slot] >= 0 {
      if configurations[Int(slots[slot])] == configuration { return slots[slot] }
      slot = (slot + 1) & mask
    }
    let number = Int32(configurations.count)
    slots[slot] = number
    configurations.append(configuration)
    diagonal.append(hamiltonian.diagonalElement(configuration))
    multiplicities.append(Double(space.multiplicity(configuration)))
    rowStart.append(-1)
    rowCount.append(0)
    if 2 * configurations.count > slots.count { rehash() }
    return number
  }

  /// Returns the number of a representative that has one.
  func knownNumber(of configuration: Configuration<Word>) -> Int32? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: configuration.digest) & mask
    while slots[slot] >= 0 {
      if configurations[Int(slots[slot])] == configuration { return slots[slot] }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func rehash() {
    var larger = [Int32](repeating: -1, count: slots.count * 4)
    let mask = larger.count - 1
    for (number, configuration) in configurations.enumerated() {
      var slot = Int(truncatingIfNeeded: configuration.digest) & mask
      while larger[slot] >= 0 { slot = (slot + 1) & mask }
      larger[slot] = Int32(number)
    }
    slots = larger
  }

  /// Makes sure that the rows of these numbers are there.
  func enumerateRows(of numbers: [Int32]) {
    let missing = numbers.filter { rowStart[Int($0)] < 0 }
    let blockSize = 64
    // Rows of a group are found in parallel and numbered one after the other in their order.
    let groupSize = blockSize * 32
    for start in stride(from: 0, to: missing.count, by: groupSize) {
      let group = Array(missing[start..<min(missing.count, start + groupSize)])
      let blocks = (group.count + blockSize - 1) / blockSize
      var found = [ConnectionList<Word>](repeating: ConnectionList(), count: blocks)
      var ends = [[Int]](repeating: [], count: blocks)
      found.withUnsafeMutableBufferPointer { foundBuffer in
        ends.withUnsafeMutableBufferPointer { endsBuffer in
          nonisolated(unsafe) let found = foundBuffer
          nonisolated(unsafe) let ends = endsBuffer
          nonisolated(unsafe) let table = self
          execution.parallelFor(blocks) { block in
            for index in block * blockSize..<min(group.count, (block + 1) * blockSize) {
              table.hamiltonian.appendConnections(
                of: table.configurations[Int(group[index])], above: table.cutoff, to: &found[block])
              ends[block].append(found[block].count)
            }
          }
        }
      }
      for block in 0..<blocks {
        var begin = 0
        for (offset, end) in ends[block].enumerated() {
          store(found[block], begin..<end, as: group[block * blockSize + offset])
          begin = end
        }
      }
    }
  }

  private func store(_ list: ConnectionList<Word>, _ range: Range<Int>, as number: Int32) {
    let start = columns.count
    for index in range {
      let configuration = list.configurations[index]
      let (representative, sign) = space.canonical(configuration)
      if sign == 0 { continue }
      columns.append(self.number(of: representative))
      elements.append(Double(sign) * list.elements[index])
    }
    rowStart[Int(number)] = start
    rowCount[Int(number)] = Int32(columns.count - start)
  }

  /// Calls `body` with the columns and elements of a row that has been enumerated.
  @inline(__always)
  func withRow<Result>(
    _ number: Int32, _ body: (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Double>) -> Result
  ) -> Result {
    let start = rowStart[Int(number)]
    precondition(start >= 0, "row \(number) has not been enumerated")
    let range = start..<start + Int(rowCount[Int(number)])
    return columns.withUnsafeBufferPointer { columns in
      elements.withUnsafeBufferPointer { elements in
        body(
          UnsafeBufferPointer(rebasing: columns[range]),
          UnsafeBufferPointer(rebasing: elements[range]))
      }
    }
  }
}
