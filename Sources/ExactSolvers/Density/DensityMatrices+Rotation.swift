internal import LinearAlgebra

extension DensityMatrices {
  /// Returns the matrices over other orbitals.
  ///
  /// Of matrices over `φ'_q = Σ_p φ_p U_pq` these are the matrices over `φ`: `γ_pq = Σ_rs U_pr γ'_rs U_qs`, likewise all
  /// four indices of two-particle ones. Energies with the integrals over the same orbitals do not change.
  ///
  /// - Parameter rotation: `U`, `[n, n]`, row-major: rows are orbitals of the result, columns those of this value.
  /// - Returns: The matrices over the rows' orbitals.
  /// - Precondition: α and β share their orbitals, and the rotation is orthogonal.
  /// - Complexity: O(n⁵) for n orbitals.
  public func overRows(of rotation: [Double]) -> DensityMatrices {
    let n = orbitalCount
    precondition(rotation.count == n * n, "a rotation of other orbitals")
    func one(_ matrix: [Double]) -> [Double] {
      Self.cycled(Self.cycled(matrix, rotation, n, rest: n), rotation, n, rest: n)
    }
    func two(_ block: SpinBlock) -> [Double] {
      (0..<4).reduce(twoParticle(block)) { elements, _ in
        Self.cycled(elements, rotation, n, rest: n * n * n)
      }
    }
    return DensityMatrices(
      orbitalCount: n, alphaCount: alphaCount, betaCount: betaCount, alpha: one(alpha),
      beta: one(beta), alphaAlpha: two(.alphaAlpha), betaBeta: two(.betaBeta),
      alphaBeta: two(.alphaBeta))
  }

  /// `Σ_a U_pa X_a·` with the index p last: after as many turns as there are indices they are in order again.
  private static func cycled(
    _ elements: [Double], _ rotation: [Double], _ n: Int, rest: Int
  ) -> [Double] {
    var result = [Double](repeating: 0, count: elements.count)
    elements.withUnsafeBufferPointer { elements in
      rotation.withUnsafeBufferPointer { rotation in
        result.withUnsafeMutableBufferPointer { result in
          guard let elements = elements.baseAddress, let rotation = rotation.baseAddress,
            let result = result.baseAddress
          else { return }
          BLAS.multiply(
            elements, rest, transposed: true, rotation, n, transposed: true, into: result, n,
            m: rest, n: n, k: n)
        }
      }
    }
    return result
  }
}

extension StateObservables {
  /// Returns the observables with matrices and natural orbitals over the rows' orbitals of a rotation.
  ///
  /// Occupations and `⟨S²⟩` do not change. Entropies stay those of the orbitals of the configurations: they
  /// do not follow from these matrices.
  ///
  /// - Parameter rotation: `U`, `[n, n]`, row-major: columns are the present orbitals.
  /// - Returns: The observables.
  /// - Precondition: α and β share their orbitals.
  public func overRows(of rotation: [Double]) -> StateObservables {
    let n = density.orbitalCount
    let turned = natural.map { natural in
      var orbitals = [Double](repeating: 0, count: n * n)
      for p in 0..<n {
        for k in 0..<n {
          let factor = rotation[p * n + k]
          for q in 0..<n { orbitals[p * n + q] += factor * natural.orbitals[k * n + q] }
        }
      }
      return DensityMatrices.NaturalOccupations(
        occupations: natural.occupations, orbitals: orbitals)
    }
    return StateObservables(
      density: density.overRows(of: rotation), natural: turned, entropies: entropies)
  }
}
