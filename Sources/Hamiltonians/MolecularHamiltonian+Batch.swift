public import Configurations
internal import LinearAlgebra
public import Parallelism

extension MolecularHamiltonian {
  /// Fills a table with the connections of each determinant of a batch, in parallel.
  ///
  /// The rows are those of ``appendConnections(of:above:to:)`` and do not depend on the number of
  /// threads.
  ///
  /// - Parameters:
  ///   - configurations: The determinants, inside the sector.
  ///   - cutoff: The magnitude, in hartree, at or below which an element is left out.
  ///   - table: The result, overwritten; its storage is used again.
  ///   - execution: The threads to use.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func connections(
    of configurations: [Configuration<Word>], above cutoff: Double = 0,
    into table: inout ConnectionTable<Word>, execution: Execution = Execution()
  ) {
    let rows = configurations.count
    let block = 32
    let blocks = (rows + block - 1) / block
    // One spare place for the last, rejected element of a row.
    let bounds = configurations.map { connectionBound(of: $0) + 1 }
    table.fill(bounds: bounds) { starts, targets, elements, counts in
      nonisolated(unsafe) let starts = starts
      nonisolated(unsafe) let targets = targets
      nonisolated(unsafe) let elements = elements
      nonisolated(unsafe) let counts = counts
      execution.parallelFor(blocks) { index in
        let scratch = RowScratch<Word>(orbitalCount: orbitalCount, irrepCount: irrepCount)
        for row in index * block..<min((index + 1) * block, rows) {
          counts[row] = writeRow(
            of: configurations[row], above: cutoff, scratch: scratch,
            configurations: targets + starts[row], elements: elements + starts[row])
        }
      }
    }
  }

  /// Returns the connections of each determinant of a batch, computed in parallel.
  public func connections(
    of configurations: [Configuration<Word>], above cutoff: Double = 0,
    execution: Execution = Execution()
  ) -> ConnectionTable<Word> {
    var table = ConnectionTable<Word>()
    connections(of: configurations, above: cutoff, into: &table, execution: execution)
    return table
  }
}
