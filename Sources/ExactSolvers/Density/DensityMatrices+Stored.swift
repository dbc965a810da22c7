extension DensityMatrices {
  /// Puts stored arrays together.
  ///
  /// - Parameters:
  ///   - n: The number of spatial orbitals.
  ///   - alphaCount: The number of α electrons.
  ///   - betaCount: The number of β electrons.
  ///   - alpha: `γα`, `[n, n]`.
  ///   - beta: `γβ`, `[n, n]`.
  ///   - alphaAlpha: `Γαα`, `[n, n, n, n]`, as ``twoParticle(_:)`` returns it.
  ///   - betaBeta: `Γββ`.
  ///   - alphaBeta: `Γαβ`.
  /// - Precondition: The arrays have these shapes.
  package init(
    orbitalCount n: Int, alphaCount: Int, betaCount: Int, alpha: [Double], beta: [Double],
    alphaAlpha: [Double], betaBeta: [Double], alphaBeta: [Double]
  ) {
    let pairs = n * n
    precondition(
      alpha.count == pairs && beta.count == pairs, "one-particle arrays of \(n) orbitals")
    for array in [alphaAlpha, betaBeta, alphaBeta] {
      precondition(array.count == pairs * pairs, "two-particle arrays of \(n) orbitals")
    }
    orbitalCount = n
    self.alphaCount = alphaCount
    self.betaCount = betaCount
    self.alpha = alpha
    self.beta = beta
    func packed(_ elements: [Double]) -> [Double] {
      var values: [Double] = []
      values.reserveCapacity(n * (n - 1) / 2 * (n * (n - 1) / 2))
      for p in 0..<n {
        for q in 0..<p {
          for r in 0..<n {
            for s in 0..<r { values.append(elements[((p * n + r) * n + q) * n + s]) }
          }
        }
      }
      return values
    }
    pairsAlpha = packed(alphaAlpha)
    pairsBeta = packed(betaBeta)
    var mixed = alphaBeta
    for p in 0..<n {
      for q in 0..<n {
        for r in 0..<n {
          for s in 0..<n {
            mixed[(p * n + q) * pairs + r * n + s] = alphaBeta[((p * n + r) * n + q) * n + s]
          }
        }
      }
    }
    pairsMixed = mixed
  }
}
