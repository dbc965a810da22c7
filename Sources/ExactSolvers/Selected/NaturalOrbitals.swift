internal import Hamiltonians
internal import LinearAlgebra

/// The natural orbitals of a density matrix, irrep by irrep.
struct NaturalOrbitals {
  /// Occupations between which orbitals are partly filled.
  private static let partlyFilled = 0.05..<1.95
  /// The spin density from which a state counts as one of localised spins.
  private static let localisedSpin = 0.3

  /// Returns the rotation to the natural orbitals of a density, largest occupation first in each irrep.
  ///
  /// Where a state has localised spins of both signs, those of the partly filled orbitals are turned to the
  /// eigenvectors of the spin density, to which a tenth of the density is added for those without spin: the
  /// occupations of such orbitals are all near 1 and do not say which orbitals belong together.
  ///
  /// - Parameters:
  ///   - density: The density matrices.
  ///   - irreps: The irrep of each orbital.
  ///   - isUnrestricted: Whether α and β have their own orbitals.
  /// - Returns: The rotation.
  /// - Throws: ``LinearAlgebra/LinearAlgebraError`` where LAPACK fails.
  static func rotation(
    _ density: SelectedDensity, irreps: [UInt8], isUnrestricted: Bool
  ) throws(LinearAlgebraError) -> OrbitalRotation {
    if isUnrestricted {
      return OrbitalRotation(
        alpha: try eigenvectors(density.alpha, irreps), beta: try eigenvectors(density.beta, irreps)
      )
    }
    let n = irreps.count
    let total = zip(density.alpha, density.beta).map { $0 + $1 }
    let spin = zip(density.alpha, density.beta).map { $0 - $1 }
    var rotation = try eigenvectors(total, irreps)
    let occupations = (0..<n).map { expectation(total, rotation, $0, $0) }
    var turned = rotation
    var lowest = 0.0
    var highest = 0.0
    for irrep in Set(irreps).sorted() {
      let members = (0..<n).filter { irreps[$0] == irrep && partlyFilled.contains(occupations[$0]) }
      let count = members.count
      if count == 0 { continue }
      var block: [Double] = []
      var mixed: [Double] = []
      for p in members {
        for q in members {
          block.append(expectation(spin, rotation, p, q))
          mixed.append(
            -expectation(spin, rotation, p, q) - (p == q ? 0.1 * occupations[p] : 0))
        }
      }
      let (values, _) = try LAPACK.eigenSymmetric(block, n: count)
      lowest = min(lowest, values[0])
      highest = max(highest, values[count - 1])
      let (_, vectors) = try LAPACK.eigenSymmetric(mixed, n: count)
      for (column, q) in members.enumerated() {
        for p in 0..<n {
          turned[p * n + q] = members.enumerated().reduce(0) {
            $0 + rotation[p * n + $1.element] * vectors[column * count + $1.offset]
          }
        }
      }
    }
    if lowest < -localisedSpin, highest > localisedSpin { rotation = turned }
    return OrbitalRotation(alpha: rotation, beta: rotation)
  }

  /// `u_pᵀ M u_q` of two columns of a rotation.
  private static func expectation(
    _ matrix: [Double], _ rotation: [Double], _ p: Int, _ q: Int
  ) -> Double {
    let n = Int(Double(matrix.count).squareRoot().rounded())
    var sum = 0.0
    for row in 0..<n {
      for column in 0..<n {
        sum += rotation[row * n + p] * matrix[row * n + column] * rotation[column * n + q]
      }
    }
    return sum
  }

  /// The eigenvectors of a symmetric matrix within each irrep, largest eigenvalue first.
  private static func eigenvectors(
    _ matrix: [Double], _ irreps: [UInt8]
  ) throws(LinearAlgebraError) -> [Double] {
    let n = irreps.count
    var rotation = [Double](repeating: 0, count: n * n)
    for irrep in Set(irreps).sorted() {
      let members = (0..<n).filter { irreps[$0] == irrep }
      var block: [Double] = []
      for p in members {
        for q in members { block.append(-(matrix[p * n + q] + matrix[q * n + p]) / 2) }
      }
      let (_, vectors) = try LAPACK.eigenSymmetric(block, n: members.count)
      for (column, q) in members.enumerated() {
        for (row, p) in members.enumerated() {
          rotation[p * n + q] = vectors[column * members.count + row]
        }
      }
    }
    return rotation
  }
}
