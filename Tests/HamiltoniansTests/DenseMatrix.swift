import Configurations
import Hamiltonians
import LinearAlgebra

/// Returns the matrix of an operator over configurations, from its diagonal and its rows.
func denseMatrix(
  _ hamiltonian: any Hamiltonian<UInt64>, over sector: [Configuration<UInt64>]
) -> [Double] {
  let size = sector.count
  let places = Dictionary(uniqueKeysWithValues: sector.enumerated().map { ($1, $0) })
  var matrix = [Double](repeating: 0, count: size * size)
  for (column, x) in sector.enumerated() {
    matrix[column * size + column] = hamiltonian.diagonalElement(x)
    var list = ConnectionList<UInt64>()
    hamiltonian.appendConnections(of: x, above: 0, to: &list)
    for (y, value) in zip(list.configurations, list.elements) {
      // A connection out of the sector would be an error: leave a mark that no test passes with.
      guard let row = places[y] else { return .init(repeating: .nan, count: size * size) }
      matrix[row * size + column] += value
    }
  }
  return matrix
}
