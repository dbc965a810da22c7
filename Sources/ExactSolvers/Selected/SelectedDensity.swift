internal import Configurations

/// The one-particle density matrices of a selected CI's vector.
struct SelectedDensity {
  /// `⟨a†_pα a_qα⟩`, `[n, n]`.
  private(set) var alpha: [Double]
  /// `⟨a†_pβ a_qβ⟩`, `[n, n]`.
  private(set) var beta: [Double]
  private let n: Int

  /// Sums up the matrices over the single replacements inside the space.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  init<Word: ConfigurationWord>(
    _ configurations: [Configuration<Word>], _ coefficients: [Double], orbitals: Int,
    _ orbits: SpinFlipOrbits<Word>
  ) {
    n = orbitals
    alpha = [Double](repeating: 0, count: orbitals * orbitals)
    beta = alpha
    let numbers = DeterminantNumbers(configurations)
    for (number, x) in configurations.enumerated() {
      let own = coefficients[number] / Double(orbits.multiplicity(x)).squareRoot()
      let weight = own * Double(orbits.multiplicity(x))
      add(x, isAlpha: true, own, weight, coefficients, numbers, orbits)
      add(x, isAlpha: false, own, weight, coefficients, numbers, orbits)
    }
    if orbits.parity != 0 {
      // Of partners one was visited: its α is the other's β.
      for place in alpha.indices {
        alpha[place] = (alpha[place] + beta[place]) / 2
        beta[place] = alpha[place]
      }
    }
  }

  /// Adds `m Σ_y c_y c_x` over the `y` that one spin's replacements of `x` reach.
  @inline(__always)
  private mutating func add<Word: ConfigurationWord>(
    _ x: Configuration<Word>, isAlpha: Bool, _ own: Double, _ weight: Double,
    _ coefficients: [Double], _ numbers: DeterminantNumbers<Word>, _ orbits: SpinFlipOrbits<Word>
  ) {
    let word = isAlpha ? x.alpha : x.beta
    for i in 0..<n where word >> Word(i) & 1 == 1 {
      if isAlpha { alpha[i * n + i] += weight * own } else { beta[i * n + i] += weight * own }
      for a in 0..<n where word >> Word(a) & 1 == 0 {
        let moved = word ^ (1 &<< Word(i)) ^ (1 &<< Word(a))
        let y = Configuration(alpha: isAlpha ? moved : x.alpha, beta: isAlpha ? x.beta : moved)
        let representative = orbits.representative(y)
        let found = numbers.number(of: representative)
        if found < 0 { continue }
        let other = coefficients[found] / Double(orbits.multiplicity(representative)).squareRoot()
        // One factor −1 for each electron that is passed.
        let low = min(i, a) + 1
        let between = word >> Word(low) & ((1 &<< Word(max(i, a) - low)) &- 1)
        let sign = (between.nonzeroBitCount & 1 == 0 ? 1.0 : -1.0)
        let value = weight * other * sign * (orbits.isPartner(y) ? orbits.sign : 1)
        if isAlpha { alpha[a * n + i] += value } else { beta[a * n + i] += value }
      }
    }
  }
}
