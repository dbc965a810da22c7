package import Configurations
package import Hamiltonians
package import Parallelism

/// A Hamiltonian between the configurations of a sample, as a sparse symmetric matrix.
///
/// ```
/// A_xr = √(m_x/m_r) Σ_{y in the orbit of r} sign(y) H_xy,  c_r = √m_r ψ(r)
/// ```
///
/// over normalised symmetric states, one for each representative. Rows are stored as far as a budget of
/// memory goes and found again at each product beyond it; products do not depend on the budget.
package struct SampleOperator<H: Hamiltonian>: Sendable {
  /// `A_xx`, connections within an orbit included.
  package private(set) var diagonal: [Double] = []
  private let hamiltonian: H
  private let space: ConfigurationSpace<H.Word>
  private let cutoff: Double
  private let index: ConfigurationIndex<H.Word>
  /// `√m`.
  private let roots: [Double]
  /// The first rows, in blocks of ``blockSize``; the others have not found room.
  private var stored: [Rows] = []

  /// Creates the matrix.
  ///
  /// - Parameters:
  ///   - hamiltonian: The operator.
  ///   - configurations: Distinct representatives.
  ///   - space: Their sector.
  ///   - cutoff: The magnitude at or below which an element is dropped.
  ///   - budget: The bytes that rows may take.
  ///   - execution: The threads to use.
  package init(
    _ hamiltonian: H, on configurations: [Configuration<H.Word>],
    space: ConfigurationSpace<H.Word>, cutoff: Double, budget: Int, execution: Execution
  ) {
    var index = ConfigurationIndex<H.Word>(capacity: configurations.count)
    for x in configurations { _ = index.insert(x) }
    precondition(index.count == configurations.count, "configurations of a sample are distinct")
    self.hamiltonian = hamiltonian
    self.space = space
    self.cutoff = cutoff
    self.index = index
    roots = configurations.map { Double(space.multiplicity($0)).squareRoot() }
    diagonal = Array(repeating: 0, count: configurations.count)
    var left = budget
    var isFull = false
    // A few blocks at a time, so that little is found that has no room.
    let group = 8 * execution.threads
    for first in stride(from: 0, to: blocks, by: group) {
      let matrix = self
      let found = execution.map(min(group, blocks - first)) { matrix.rows(of: first + $0) }
      for (offset, rows) in found.enumerated() {
        let start = (first + offset) * Self.blockSize
        for (row, value) in rows.diagonal.enumerated() { diagonal[start + row] = value }
        left -= rows.bytes
        isFull = isFull || left < 0
        if !isFull { stored.append(rows) }
      }
    }
  }

  /// The number of rows that are found together.
  private static var blockSize: Int { 64 }
  private var blocks: Int { (diagonal.count + Self.blockSize - 1) / Self.blockSize }
  /// The number of rows that are kept.
  package var storedRows: Int { min(diagonal.count, stored.count * Self.blockSize) }

  /// Some rows, one after the other.
  private struct Rows: Sendable {
    var diagonal: [Double] = []
    var ends: [Int32] = []
    var columns: [Int32] = []
    var elements: [Double] = []

    var bytes: Int { 12 * columns.capacity + 12 * blockSize }
  }

  private func rows(of block: Int) -> Rows {
    var rows = Rows()
    var list = ConnectionList<H.Word>()
    let configurations = index.configurations
    var columns: [Int32] = []
    var elements: [Double] = []
    for row in block * Self.blockSize..<min(configurations.count, (block + 1) * Self.blockSize) {
      list.removeAll()
      hamiltonian.appendConnections(of: configurations[row], above: cutoff, to: &list)
      list.canonicalize(from: 0, in: space)
      var diagonal = hamiltonian.diagonalElement(configurations[row])
      if columns.count < list.count {
        columns = Array(repeating: 0, count: 2 * list.count)
        elements = Array(repeating: 0, count: 2 * list.count)
      }
      let count = index.find(list, 0..<list.count, numbers: &columns, elements: &elements)
      for place in 0..<count {
        let column = Int(columns[place])
        if column == row {
          diagonal += elements[place]
        } else {
          rows.columns.append(columns[place])
          rows.elements.append(elements[place] * roots[row] / roots[column])
        }
      }
      rows.ends.append(Int32(rows.columns.count))
      rows.diagonal.append(diagonal)
    }
    // Arrays double when they grow; what is kept takes what it needs.
    rows.columns = rows.columns.withUnsafeBufferPointer { Array($0) }
    rows.elements = rows.elements.withUnsafeBufferPointer { Array($0) }
    return rows
  }

  /// Computes `y ← A x`.
  package func multiply(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ execution: Execution
  ) {
    nonisolated(unsafe) let x = x
    nonisolated(unsafe) let y = y
    execution.parallelFor(blocks) { block in
      let rows = block < stored.count ? stored[block] : rows(of: block)
      var begin = 0
      for (offset, end) in rows.ends.enumerated() {
        let row = block * Self.blockSize + offset
        var sum = rows.diagonal[offset] * x[row]
        rows.columns.withUnsafeBufferPointer { columns in
          rows.elements.withUnsafeBufferPointer { elements in
            for place in begin..<Int(end) { sum += elements[place] * x[Int(columns[place])] }
          }
        }
        y[row] = sum
        begin = Int(end)
      }
    }
  }
}
