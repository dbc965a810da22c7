internal import Integrals
internal import LinearAlgebra

/// Integrals in other orbitals, `φ'_q = Σ_p φ_p U_pq`.
///
/// A unitary rotation leaves the exact energies as they are, but not the number of determinants that a
/// selected CI needs.
struct OrbitalRotation {
  /// The matrix `U` of α, `[n, n]`, orthogonal.
  let alpha: [Double]
  /// That of β; of restricted integrals the same.
  let beta: [Double]

  /// Returns the integrals in the rotated orbitals.
  ///
  /// - Parameter integrals: The integrals; rotated orbitals keep the irreps of their numbers.
  /// - Returns: The rotated ones.
  func rotated(_ integrals: MolecularIntegrals) -> MolecularIntegrals {
    let n = integrals.orbitalCount
    var result = integrals
    result.oneBodyAlpha = Self.oneBody(integrals.oneBodyAlpha, alpha, n)
    result.twoBodyAlphaAlpha = Self.packed(integrals.twoBodyAlphaAlpha, alpha, n)
    if let oneBody = integrals.oneBodyBeta, let same = integrals.twoBodyBetaBeta,
      let mixed = integrals.twoBodyAlphaBeta
    {
      result.oneBodyBeta = Self.oneBody(oneBody, beta, n)
      result.twoBodyBetaBeta = Self.packed(same, beta, n)
      result.twoBodyAlphaBeta = Self.pairs(mixed, left: alpha, right: beta, n)
    }
    return result
  }

  /// `Uᵀ h U`, packed.
  private static func oneBody(_ packed: [Double], _ rotation: [Double], _ n: Int) -> [Double] {
    var square = [Double](repeating: 0, count: n * n)
    for p in 0..<n {
      for q in 0..<n { square[p * n + q] = packed[MolecularIntegrals.pair(p, q)] }
    }
    return packedSquare(transformed(square, rotation, n), n)
  }

  private static func packedSquare(_ square: [Double], _ n: Int) -> [Double] {
    var packed = [Double](repeating: 0, count: MolecularIntegrals.pairCount(n))
    for p in 0..<n {
      for q in 0...p {
        packed[MolecularIntegrals.pair(p, q)] = (square[p * n + q] + square[q * n + p]) / 2
      }
    }
    return packed
  }

  /// `Uᵀ M U` of one square matrix.
  private static func transformed(
    _ matrix: [Double], _ rotation: [Double], _ n: Int
  ) -> [Double] {
    var half = [Double](repeating: 0, count: n * n)
    var whole = half
    matrix.withUnsafeBufferPointer { matrix in
      rotation.withUnsafeBufferPointer { rotation in
        half.withUnsafeMutableBufferPointer { half in
          whole.withUnsafeMutableBufferPointer { whole in
            guard let matrix = matrix.baseAddress, let rotation = rotation.baseAddress,
              let half = half.baseAddress, let whole = whole.baseAddress
            else { return }
            BLAS.multiply(matrix, n, rotation, n, into: half, n, m: n, n: n, k: n)
            BLAS.multiply(
              rotation, n, transposed: true, half, n, into: whole, n, m: n, n: n, k: n)
          }
        }
      }
    }
    return whole
  }

  private static func packed(
    _ integrals: [Double], _ rotation: [Double], _ n: Int
  ) -> [Double] {
    let pairs = MolecularIntegrals.pairCount(n)
    var square = [Double](repeating: 0, count: pairs * pairs)
    for row in 0..<pairs {
      for column in 0..<pairs {
        square[row * pairs + column] = integrals[MolecularIntegrals.pair(row, column)]
      }
    }
    return packedSquare(Self.pairs(square, left: rotation, right: rotation, n), pairs)
  }

  /// `(pq|rs)` over pairs, `[m, m]`, the first pair rotated by `left` and the second by `right`.
  private static func pairs(
    _ integrals: [Double], left: [Double], right: [Double], _ n: Int
  ) -> [Double] {
    func rowsRotated(_ matrix: [Double], _ rotation: [Double]) -> [Double] {
      // Each row, unpacked, rotated, packed, and written as a column.
      let m = MolecularIntegrals.pairCount(n)
      var result = [Double](repeating: 0, count: m * m)
      for row in 0..<m {
        let rotated = oneBody(Array(matrix[row * m..<(row + 1) * m]), rotation, n)
        for column in 0..<m { result[column * m + row] = rotated[column] }
      }
      return result
    }
    return rowsRotated(rowsRotated(integrals, right), left)
  }
}
