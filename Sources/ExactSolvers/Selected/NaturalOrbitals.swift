package import Configurations
internal import Hamiltonians
package import LinearAlgebra

extension HeatBathCI.Result {
  /// Returns the one-particle density matrices `⟨a†_pσ a_qσ⟩` of the last vector, `[n, n]`.
  ///
  /// - Parameters:
  ///   - orbitals: The number of orbitals, n.
  ///   - spinFlipParity: The parity that the vector was found with.
  /// - Returns: The matrices of α and of β.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func densities(
    orbitals n: Int, spinFlipParity: Int
  ) -> (alpha: [Double], beta: [Double]) {
    let orbits = SpinFlipOrbits<Word>(parity: spinFlipParity)
    let numbers = DeterminantNumbers(configurations)
    var alpha = [Double](repeating: 0, count: n * n)
    var beta = alpha
    let all: Word = n == Word.bitWidth ? ~0 : (1 &<< Word(n)) &- 1
    func amplitude(_ y: Configuration<Word>) -> Double {
      let representative = orbits.representative(y)
      let found = numbers.number(of: representative)
      if found < 0 { return 0 }
      let value =
        coefficients[found] / Double(orbits.multiplicity(representative)).squareRoot()
      return orbits.isPartner(y) ? orbits.sign * value : value
    }
    for (number, x) in configurations.enumerated() {
      // Of partners one: its α is the other's β.
      let weight = Double(orbits.multiplicity(x)).squareRoot() * coefficients[number]
      for isAlpha in [true, false] {
        let word = isAlpha ? x.alpha : x.beta
        var holes = word
        while holes != 0 {
          let i = holes.trailingZeroBitCount
          holes &= holes &- 1
          let own = weight * coefficients[number] / Double(orbits.multiplicity(x)).squareRoot()
          if isAlpha { alpha[i * n + i] += own } else { beta[i * n + i] += own }
          var particles = all & ~word
          while particles != 0 {
            let a = particles.trailingZeroBitCount
            particles &= particles &- 1
            let moved = word ^ (1 &<< Word(i)) ^ (1 &<< Word(a))
            let y =
              isAlpha
              ? Configuration(alpha: moved, beta: x.beta)
              : Configuration(alpha: x.alpha, beta: moved)
            let other = amplitude(y)
            if other == 0 { continue }
            let value = weight * other * replacementSign(word, i, a)
            if isAlpha { alpha[a * n + i] += value } else { beta[a * n + i] += value }
          }
        }
      }
    }
    if spinFlipParity != 0 {
      for place in alpha.indices {
        let mean = (alpha[place] + beta[place]) / 2
        alpha[place] = mean
        beta[place] = mean
      }
    }
    return (alpha, beta)
  }
}

/// The eigenvectors of a density matrix within each irrep, each given the number of the orbital that it
/// resembles most by rank of occupation.
package func naturalRotation(
  _ density: [Double], irreps: [UInt8], orbitals n: Int
) throws(LinearAlgebraError) -> [Double] {
  var rotation = [Double](repeating: 0, count: n * n)
  for irrep in Set(irreps).sorted() {
    let members = (0..<n).filter { irreps[$0] == irrep }
    let count = members.count
    var block = [Double](repeating: 0, count: count * count)
    for (row, p) in members.enumerated() {
      for (column, q) in members.enumerated() {
        // Negative, so that the largest occupation comes first.
        block[row * count + column] = -(density[p * n + q] + density[q * n + p]) / 2
      }
    }
    let (_, vectors) = try LAPACK.eigenSymmetric(block, n: count)
    for (column, q) in members.enumerated() {
      for (row, p) in members.enumerated() {
        rotation[p * n + q] = vectors[column * count + row]
      }
    }
  }
  return rotation
}

/// The sign of moving an electron: one factor −1 for each electron that it passes.
private func replacementSign<Word: ConfigurationWord>(_ word: Word, _ i: Int, _ a: Int) -> Double {
  let low = min(i, a)
  let high = max(i, a)
  let between = word >> Word(low + 1) & ((1 &<< Word(high - low - 1)) &- 1)
  return between.nonzeroBitCount & 1 == 0 ? 1 : -1
}
