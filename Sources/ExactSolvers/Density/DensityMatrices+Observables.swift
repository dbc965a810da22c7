internal import LinearAlgebra

extension DensityMatrices {
  /// Natural orbitals with their occupations.
  public struct NaturalOccupations: Sendable, Hashable, Codable {
    /// The occupations, falling.
    public var occupations: [Double]
    /// The orbitals as columns over the original ones, `[n, n]`; each one's largest element is positive.
    public var orbitals: [Double]

    /// Puts stored parts together.
    package init(occupations: [Double], orbitals: [Double]) {
      self.occupations = occupations
      self.orbitals = orbitals
    }
  }

  /// Returns the eigenvalues and eigenvectors of the spin-summed one-particle matrix.
  ///
  /// - Parameter irreps: The irrep of each orbital, which natural orbitals then keep; nil for none.
  /// - Returns: The occupations, between 0 and 2, and the orbitals.
  /// - Throws: ``EigensolverError`` where LAPACK fails.
  /// - Precondition: There is an irrep for each orbital.
  public func naturalOccupations(
    irreps: [UInt8]? = nil
  ) throws(EigensolverError) -> NaturalOccupations {
    let n = orbitalCount
    let irreps = irreps ?? .init(repeating: 0, count: n)
    precondition(irreps.count == n, "\(irreps.count) irreps of \(n) orbitals")
    let density = oneParticle
    var found: [(occupation: Double, orbital: [Double])] = []
    for irrep in Set(irreps).sorted() {
      let members = (0..<n).filter { irreps[$0] == irrep }
      let block = members.flatMap { p in members.map { density[p * n + $0] } }
      let solution: (values: [Double], vectors: [Double])
      do throws(LinearAlgebraError) {
        solution = try LAPACK.eigenSymmetric(block, n: members.count)
      } catch {
        throw EigensolverError(.numericalFailure, error.description)
      }
      for (place, value) in solution.values.enumerated() {
        var orbital = [Double](repeating: 0, count: n)
        for (row, p) in members.enumerated() {
          orbital[p] = solution.vectors[place * members.count + row]
        }
        let largest = orbital.indices.reduce(0) {
          abs(orbital[$1]) > abs(orbital[$0]) + 1e-10 ? $1 : $0
        }
        if orbital[largest] < 0 { orbital = orbital.map { -$0 } }
        found.append((value, orbital))
      }
    }
    let order = found.indices.sorted {
      (found[$1].occupation, $0) < (found[$0].occupation, $1)
    }
    var orbitals = [Double](repeating: 0, count: n * n)
    for (column, place) in order.enumerated() {
      for p in 0..<n { orbitals[p * n + column] = found[place].orbital[p] }
    }
    return NaturalOccupations(occupations: order.map { found[$0].occupation }, orbitals: orbitals)
  }

  /// `⟨S²⟩`, where α and β share their orbitals.
  ///
  /// `S_z (S_z + 1) + N_β − Σ_pq ⟨a†_qα a†_pβ a_qβ a_pα⟩`.
  public var spinSquared: Double {
    let n = orbitalCount
    let projection = Double(alphaCount - betaCount) / 2
    var sum = projection * (projection + 1) + Double(betaCount)
    for p in 0..<n {
      for q in 0..<n { sum -= pairsMixed[(q * n + p) * n * n + p * n + q] }
    }
    return sum
  }

  /// `⟨S_i·S_j⟩` between orbitals, `[n, n]`, where α and β share them; the sum over all is ``spinSquared``.
  public var spinCorrelations: [Double] {
    let n = orbitalCount
    var correlations = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n {
        if i == j {
          let both = element(.alphaBeta, created: (i, i), annihilated: (i, i))
          correlations[i * n + i] = 0.75 * (alpha[i * n + i] + beta[i * n + i] - 2 * both)
          continue
        }
        let parallel = SpinBlock.allCases.filter { $0 != .alphaBeta }.reduce(0) {
          $0 + element($1, created: (i, j), annihilated: (i, j))
        }
        let opposite =
          element(.alphaBeta, created: (i, j), annihilated: (i, j))
          + element(.alphaBeta, created: (j, i), annihilated: (j, i))
        let exchange =
          element(.alphaBeta, created: (i, j), annihilated: (j, i))
          + element(.alphaBeta, created: (j, i), annihilated: (i, j))
        correlations[i * n + j] = 0.25 * (parallel - opposite) - 0.5 * exchange
      }
    }
    return correlations
  }
}
