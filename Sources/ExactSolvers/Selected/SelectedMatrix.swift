internal import Configurations
internal import Hamiltonians
internal import Parallelism

/// The Hamiltonian inside a variational space, as sparse rows within a budget of bytes.
///
/// Rows are stored from the first on, with elements in Float64, or in Float32 where otherwise not all would
/// fit (a rounding of some 1e-8 Eh in the energy); rows that do not fit even so are computed anew for each
/// product. What is stored is decided from a sample of rows, so it does not depend on the threads.
final class SelectedMatrix<Word: ConfigurationWord>: Sendable {
  /// The diagonal, `[N]`.
  let diagonal: [Double]
  /// The number of stored elements.
  let storedCount: Int
  private let finder: ConnectionFinder<Word>
  private let execution: Execution
  private let blocks: [MatrixBlock]
  private static var rowsOfBlock: Int { 64 }

  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  init(
    _ finder: ConnectionFinder<Word>, _ hamiltonian: MolecularHamiltonian<Word>, budget: Double,
    execution: Execution
  ) {
    self.finder = finder
    self.execution = execution
    let representatives = finder.representatives
    let size = representatives.count
    let rows = Self.rowsOfBlock
    let blockCount = (size + rows - 1) / rows
    let orbits = finder.orbits
    diagonal = execution.map(blockCount) { index in
      (index * rows..<min((index + 1) * rows, size)).map { number in
        let x = representatives[number]
        let own = hamiltonian.diagonalElement(x)
        return orbits.multiplicity(x) == 2
          ? own + orbits.sign * hamiltonian.element(x, x.spinFlipped) : own
      }
    }.flatMap { $0 }
    // A sample of rows says how many elements there are.
    let step = max(1, size / 512)
    let sampled = (size + step - 1) / step
    let length =
      execution.map((sampled + 15) / 16) { index in
        var row = ConnectionFinder<Word>.Row()
        var sum = 0.0
        for place in index * 16..<min((index + 1) * 16, sampled) {
          finder.find(place * step, &row)
          sum += Double(row.columns.count)
        }
        return sum
      }.reduce(0, +) / Double(max(1, sampled))
    let total = 1.1 * length * Double(size)
    let isDouble = 12 * total <= budget
    let share = isDouble ? 1 : min(1, budget / max(1, 8 * total))
    let stored = Int(share * Double(blockCount))
    blocks = execution.map(stored) { index in
      var row = ConnectionFinder<Word>.Row()
      let block = MatrixBlock(isDouble: isDouble)
      for number in index * rows..<min((index + 1) * rows, size) {
        finder.find(number, &row)
        block.append(row.columns, row.elements, diagonal: number)
      }
      block.finish()
      return block
    }
    storedCount = blocks.reduce(0) { $0 + $1.count }
  }

  /// Computes `y ← H x`.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  func multiply(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
    nonisolated(unsafe) let x = x
    nonisolated(unsafe) let y = y
    let size = diagonal.count
    let rows = Self.rowsOfBlock
    execution.parallelFor((size + rows - 1) / rows) { index in
      let first = index * rows
      let last = min(first + rows, size)
      if index < blocks.count {
        blocks[index].multiply(x, into: y + first)
        for row in first..<last { y[row] += diagonal[row] * x[row] }
        return
      }
      var row = ConnectionFinder<Word>.Row()
      for number in first..<last {
        finder.find(number, &row)
        var sum = diagonal[number] * x[number]
        for (place, column) in row.columns.enumerated() where Int(column) != number {
          sum += row.elements[place] * x[Int(column)]
        }
        y[number] = sum
      }
    }
  }
}

/// Some rows of a sparse matrix.
private final class MatrixBlock: @unchecked Sendable {
  // Unchecked: one thread fills a block, later ones only read it.
  private let isDouble: Bool
  private var starts = [0]
  private var columns: [Int32] = []
  private var doubles: [Double] = []
  private var floats: [Float] = []

  init(isDouble: Bool) { self.isDouble = isDouble }

  var count: Int { columns.count }

  /// Appends a row without its diagonal element.
  func append(_ columns: [Int32], _ elements: [Double], diagonal: Int) {
    for (place, column) in columns.enumerated() where Int(column) != diagonal {
      let element = elements[place]
      if element == 0 { continue }
      self.columns.append(column)
      if isDouble { doubles.append(element) } else { floats.append(Float(element)) }
    }
    starts.append(self.columns.count)
  }

  /// Gives back the room that growing left over.
  func finish() {
    columns = columns.withUnsafeBufferPointer { Array($0) }
    doubles = doubles.withUnsafeBufferPointer { Array($0) }
    floats = floats.withUnsafeBufferPointer { Array($0) }
  }

  func multiply(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
    columns.withUnsafeBufferPointer { columns in
      if isDouble {
        doubles.withUnsafeBufferPointer { Self.multiply(starts, columns, $0, x, into: y) }
      } else {
        floats.withUnsafeBufferPointer { Self.multiply(starts, columns, $0, x, into: y) }
      }
    }
  }

  @inline(__always)
  private static func multiply<Element: BinaryFloatingPoint>(
    _ starts: [Int], _ columns: UnsafeBufferPointer<Int32>,
    _ elements: UnsafeBufferPointer<Element>, _ x: UnsafePointer<Double>,
    into y: UnsafeMutablePointer<Double>
  ) {
    for row in 0..<starts.count - 1 {
      var even = 0.0
      var odd = 0.0
      var place = starts[row]
      let end = starts[row + 1]
      while place &+ 1 < end {
        even += Double(elements[place]) * x[Int(columns[place])]
        odd += Double(elements[place &+ 1]) * x[Int(columns[place &+ 1])]
        place &+= 2
      }
      if place < end { even += Double(elements[place]) * x[Int(columns[place])] }
      y[row] = even + odd
    }
  }
}
