internal import Configurations
internal import Hamiltonians
internal import Parallelism

/// A Hamiltonian between the configurations of a sample, as a sparse symmetric matrix.
///
/// ```
/// A_xr = √(m_x/m_r) Σ_{y in the orbit of r} sign(y) H_xy,  c_r = √m_r ψ(r)
/// ```
///
/// over normalised symmetric states, one for each representative.
struct SampleOperator: Sendable {
  /// `A_xx`, connections within an orbit included.
  private(set) var diagonal: [Double] = []
  private var starts: [Int] = [0]
  private var columns: [Int32] = []
  private var elements: [Double] = []

  init<H: Hamiltonian>(
    _ hamiltonian: H, on configurations: [Configuration<H.Word>],
    space: ConfigurationSpace<H.Word>, cutoff: Double, execution: Execution
  ) {
    var index = ConfigurationIndex<H.Word>(capacity: configurations.count)
    for x in configurations { _ = index.insert(x) }
    precondition(index.count == configurations.count, "configurations of a sample are distinct")
    let known = index
    let roots = configurations.map { Double(space.multiplicity($0)).squareRoot() }
    let block = 64
    let blocks = (configurations.count + block - 1) / block
    let parts = execution.map(blocks) { number in
      var part = Part()
      var list = ConnectionList<H.Word>()
      for row in number * block..<min(configurations.count, (number + 1) * block) {
        list.removeAll()
        hamiltonian.appendConnections(of: configurations[row], above: cutoff, to: &list)
        var diagonal = hamiltonian.diagonalElement(configurations[row])
        for place in 0..<list.count {
          let (representative, sign) = space.canonical(list.configurations[place])
          guard sign != 0, let column = known.number(of: representative) else { continue }
          let element = Double(sign) * list.elements[place]
          if column == row {
            diagonal += element
          } else {
            part.columns.append(Int32(column))
            part.elements.append(element * roots[row] / roots[column])
          }
        }
        part.ends.append(part.columns.count)
        part.diagonal.append(diagonal)
      }
      return part
    }
    for part in parts {
      let offset = columns.count
      diagonal += part.diagonal
      starts += part.ends.map { $0 + offset }
      columns += part.columns
      elements += part.elements
    }
  }

  private struct Part: Sendable {
    var diagonal: [Double] = []
    var ends: [Int] = []
    var columns: [Int32] = []
    var elements: [Double] = []
  }

  /// Computes `y ← A x`.
  func multiply(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ execution: Execution
  ) {
    nonisolated(unsafe) let x = x
    nonisolated(unsafe) let y = y
    let block = 256
    execution.parallelFor((diagonal.count + block - 1) / block) { number in
      columns.withUnsafeBufferPointer { columns in
        elements.withUnsafeBufferPointer { elements in
          for row in number * block..<min(diagonal.count, (number + 1) * block) {
            var sum = diagonal[row] * x[row]
            for place in starts[row]..<starts[row + 1] {
              sum += elements[place] * x[Int(columns[place])]
            }
            y[row] = sum
          }
        }
      }
    }
  }
}
