internal import LinearAlgebra

/// An order in which strongly coupled things are neighbours.
enum FiedlerOrder {
  /// Returns the order of the Fiedler vector: that of the second eigenvector of `L_ij = δ_ij Σ_k w_ik − w_ij`.
  ///
  /// The vector minimises `Σ w_ij (x_i − x_j)²` over normalised vectors without a constant part.
  ///
  /// - Parameters:
  ///   - count: The number of things.
  ///   - coupling: The coupling `w ≥ 0` of two of them, symmetric.
  /// - Returns: A permutation; that of the input where nothing couples or LAPACK fails.
  static func order(_ count: Int, coupling: (Int, Int) -> Double) -> [Int] {
    let given = Array(0..<count)
    if count < 3 { return given }
    var laplacian = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0..<i {
        let weight = abs(coupling(i, j))
        laplacian[i * count + j] = -weight
        laplacian[j * count + i] = -weight
        laplacian[i * count + i] += weight
        laplacian[j * count + j] += weight
      }
    }
    guard let (_, vectors) = try? LAPACK.eigenSymmetric(laplacian, n: count) else { return given }
    var places = Array(vectors[count..<2 * count])
    // Of the two directions that in which the first thing comes early.
    if places[0] > 0 { places = places.map { -$0 } }
    // Rounded, so that equal places do not depend on their last digits.
    places = places.map { ($0 * 1e8).rounded() }
    return given.sorted { (places[$0], $0) < (places[$1], $1) }
  }
}
