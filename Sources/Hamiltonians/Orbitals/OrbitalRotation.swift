public import Integrals
internal import LinearAlgebra

/// A change of orbitals, `φ'_q = Σ_p φ_p U_pq`.
///
/// A unitary rotation leaves the exact energies as they are, but not the number of determinants that a
/// selected CI needs, nor how well a network learns the amplitudes.
public struct OrbitalRotation: Sendable, Hashable {
  /// The matrix `U` of α, `[n, n]`, row-major and orthogonal: rows are old orbitals, columns new ones.
  public let alpha: [Double]
  /// That of β; of restricted integrals the same.
  public let beta: [Double]

  /// Creates a rotation of its matrices.
  ///
  /// - Parameters:
  ///   - alpha: `U` of α, `[n, n]`.
  ///   - beta: `U` of β; nil for that of α.
  /// - Precondition: Both are of the same size, and orthogonal.
  public init(alpha: [Double], beta: [Double]? = nil) {
    precondition(beta == nil || beta?.count == alpha.count, "rotations of different sizes")
    self.alpha = alpha
    self.beta = beta ?? alpha
  }

  /// Creates the rotation that changes nothing.
  ///
  /// - Parameter n: The number of orbitals.
  public init(identity n: Int) {
    var unit = [Double](repeating: 0, count: n * n)
    for p in 0..<n { unit[p * n + p] = 1 }
    self.init(alpha: unit)
  }

  /// Returns this rotation with another one after it: `U V`.
  ///
  /// - Parameter next: The rotation `V` of the orbitals that this one makes.
  /// - Returns: The product.
  /// - Precondition: Both are of the same size.
  public func followed(by next: OrbitalRotation) -> OrbitalRotation {
    precondition(next.alpha.count == alpha.count, "rotations of different sizes")
    let n = Int(Double(alpha.count).squareRoot().rounded())
    func product(_ a: [Double], _ b: [Double]) -> [Double] {
      var result = [Double](repeating: 0, count: n * n)
      for p in 0..<n {
        for k in 0..<n {
          let factor = a[p * n + k]
          for q in 0..<n { result[p * n + q] += factor * b[k * n + q] }
        }
      }
      return result
    }
    return OrbitalRotation(alpha: product(alpha, next.alpha), beta: product(beta, next.beta))
  }

  /// Returns the integrals in the rotated orbitals.
  ///
  /// - Parameter integrals: The integrals; rotated orbitals keep the irreps of their numbers.
  /// - Returns: The rotated ones.
  /// - Precondition: There are as many orbitals.
  /// - Complexity: O(n⁵) products of matrices for n orbitals, O(n⁴) memory.
  public func rotated(_ integrals: MolecularIntegrals) -> MolecularIntegrals {
    let n = integrals.orbitalCount
    precondition(alpha.count == n * n, "a rotation of other orbitals")
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
