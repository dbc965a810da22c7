public import Configurations

extension MolecularHamiltonian {
  /// Returns the determinant of lowest energy that a descent over replacements finds.
  ///
  /// From each start, the single or double replacement that lowers the diagonal element most is
  /// made until none does. Starts are the determinants of lowest summed orbital energy, for each
  /// way to share the irrep between α and β, in several sets of orbital energies: the core
  /// Hamiltonian's, those of the field of the lowest and of the best determinant so far, and the
  /// same disturbed at random. The result is a local minimum over doubles and the lowest of all
  /// starts; a proof that it is the lowest of all determinants it is not.
  ///
  /// - Parameters:
  ///   - irrep: The irrep of the determinant, in the labels of ``orbitalIrreps``, or nil for any.
  ///   - disturbedStarts: The number of random sets of orbital energies.
  /// - Returns: The determinant, or nil where the sector has none of this irrep.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func referenceDeterminant(
    irrep: UInt8? = nil, disturbedStarts: Int = 8
  ) -> Configuration<Word>? {
    if let irrep, Int(irrep) >= irrepCount { return nil }
    let n = orbitalCount
    let full: (Int) -> Word = { count in
      count == 0 ? 0 : ~0 >> Word(Word.bitWidth - count)
    }
    var best: (configuration: Configuration<Word>, energy: Double)?
    func descend(from start: Configuration<Word>) {
      let end = lowered(start)
      let energy = diagonalElement(end)
      // Lower by more than rounding, so that equal minima do not depend on it.
      if best.map({ energy < $0.energy - 1e-10 * energyScale }) ?? true { best = (end, energy) }
    }
    func descend(alphaEnergies: [Double], betaEnergies: [Double]) {
      let alphaStarts = lowestStrings(alphaCount, energies: alphaEnergies)
      let betaStarts = lowestStrings(betaCount, energies: betaEnergies)
      for (alphaIrrep, alpha) in alphaStarts.enumerated() {
        guard let alpha else { continue }
        for (betaIrrep, beta) in betaStarts.enumerated() {
          guard let beta else { continue }
          if let irrep, alphaIrrep ^ betaIrrep != Int(irrep) { continue }
          descend(from: Configuration(alpha: alpha, beta: beta))
        }
      }
    }

    let first = Configuration(alpha: full(alphaCount), beta: full(betaCount))
    if irrep == nil || self.irrep(of: first) == irrep { descend(from: first) }
    descend(
      alphaEnergies: (0..<n).map { tables.alpha.oneBody.base[$0] },
      betaEnergies: (0..<n).map { tables.beta.oneBody.base[$0] })
    let field = orbitalEnergies(in: first)
    descend(alphaEnergies: field.alpha, betaEnergies: field.beta)
    guard let found = best else { return nil }

    var random = RandomSource(seed: 0x5EED)
    let spread = orbitalEnergies(in: found.configuration)
    descend(alphaEnergies: spread.alpha, betaEnergies: spread.beta)
    for start in 0..<disturbedStarts {
      let energies = orbitalEnergies(in: best?.configuration ?? first)
      let amplitude = 0.2 * Double(1 + start % 4)
      descend(
        alphaEnergies: energies.alpha.map { $0 + amplitude * random.normal() },
        betaEnergies: energies.beta.map { $0 + amplitude * random.normal() })
    }
    return best?.configuration
  }

  /// The energy that an electron has, or would have, in each orbital in the field of the others.
  private func orbitalEnergies(
    in configuration: Configuration<Word>
  ) -> (alpha: [Double], beta: [Double]) {
    func energies(_ table: SpinTables, _ same: Word, _ other: Word) -> [Double] {
      (0..<orbitalCount).map { p in
        var energy = table.oneBody.base[p]
        for q in 0..<orbitalCount {
          if same >> Word(q) & 1 == 1 { energy += table.sameDiagonal.base[p * orbitalCount + q] }
          if other >> Word(q) & 1 == 1 { energy += table.mixedDiagonal.base[p * orbitalCount + q] }
        }
        return energy
      }
    }
    return (
      energies(tables.alpha, configuration.alpha, configuration.beta),
      energies(tables.beta, configuration.beta, configuration.alpha)
    )
  }

  /// Returns, for each irrep, the string of least summed orbital energy, by dynamic programming
  /// over orbitals; nil where no string has the irrep.
  private func lowestStrings(_ electrons: Int, energies: [Double]) -> [Word?] {
    let groups = irrepCount
    let width = electrons + 1
    var table = [(energy: Double, word: Word)?](repeating: nil, count: width * groups)
    table[0] = (0, 0)
    for p in 0..<orbitalCount {
      // Downwards in electrons, so that an orbital is used once.
      for count in stride(from: electrons, to: 0, by: -1) {
        for irrep in 0..<groups {
          guard let shorter = table[(count - 1) * groups + irrep] else { continue }
          let place = count * groups + (irrep ^ tables.irreps.base[p])
          let energy = shorter.energy + energies[p]
          if table[place].map({ energy < $0.energy }) ?? true {
            table[place] = (energy, shorter.word | 1 << Word(p))
          }
        }
      }
    }
    return (0..<groups).map { table[electrons * groups + $0]?.word }
  }

  /// Follows the steepest single or double replacement that keeps the irrep, until none lowers the
  /// diagonal element.
  private func lowered(_ start: Configuration<Word>) -> Configuration<Word> {
    let n = orbitalCount
    let irreps = tables.irreps.base
    typealias Move = (from: Int, to: Int, change: Double)
    var current = start
    while true {
      let energies = orbitalEnergies(in: current)
      func moves(_ word: Word, _ energies: [Double], _ table: SpinTables) -> [Move] {
        var list: [Move] = []
        for i in 0..<n where word >> Word(i) & 1 == 1 {
          for a in 0..<n where word >> Word(a) & 1 == 0 {
            let change = energies[a] - energies[i] - table.sameDiagonal.base[i * n + a]
            list.append((i, a, change))
          }
        }
        return list
      }
      let alphaMoves = moves(current.alpha, energies.alpha, tables.alpha)
      let betaMoves = moves(current.beta, energies.beta, tables.beta)
      var lowest = -1e-9 * energyScale
      var next = current
      func single(_ list: [Move], _ apply: (Move) -> Configuration<Word>) {
        for move in list where irreps[move.from] == irreps[move.to] && move.change < lowest {
          lowest = move.change
          next = apply(move)
        }
      }
      /// The least that a second move can add to a first beside its own change: of the four interactions
      /// each pair shares an orbital of the second.
      func bound(
        _ first: Move, _ g: UnsafeMutablePointer<Double>, other: Word
      ) -> Double {
        var leaving = Double.infinity
        var arriving = Double.infinity
        for q in 0..<n {
          let difference = g[first.from * n + q] - g[first.to * n + q]
          if other >> Word(q) & 1 == 1 {
            leaving = min(leaving, difference)
          } else {
            arriving = min(arriving, -difference)
          }
        }
        // Less by more than rounding.
        return leaving + arriving - 1e-6 * energyScale
      }
      func sameSpin(
        _ list: [Move], _ table: SpinTables, _ word: Word,
        _ apply: (Move, Move) -> Configuration<Word>
      ) {
        let g = table.sameDiagonal.base
        let least = list.reduce(Double.infinity) { min($0, $1.change) }
        for (place, first) in list.enumerated()
        where first.change + least + bound(first, g, other: word) < lowest {
          for second in list[(place + 1)...]
          where first.from != second.from && first.to != second.to
            && irreps[first.from] ^ irreps[first.to] == irreps[second.from] ^ irreps[second.to]
          {
            let change =
              first.change + second.change + g[first.from * n + second.from]
              + g[first.to * n + second.to] - g[first.from * n + second.to]
              - g[second.from * n + first.to]
            if change < lowest {
              lowest = change
              next = apply(first, second)
            }
          }
        }
      }
      func flipped(_ word: Word, _ move: Move) -> Word {
        word ^ (1 << Word(move.from)) ^ (1 << Word(move.to))
      }
      let start = current
      single(alphaMoves) { .init(alpha: flipped(start.alpha, $0), beta: start.beta) }
      single(betaMoves) { .init(alpha: start.alpha, beta: flipped(start.beta, $0)) }
      sameSpin(alphaMoves, tables.alpha, start.alpha) {
        .init(alpha: flipped(flipped(start.alpha, $0), $1), beta: start.beta)
      }
      sameSpin(betaMoves, tables.beta, start.beta) {
        .init(alpha: start.alpha, beta: flipped(flipped(start.beta, $0), $1))
      }
      let mixed = tables.alpha.mixedDiagonal.base
      let least = betaMoves.reduce(Double.infinity) { min($0, $1.change) }
      for first in alphaMoves
      where first.change + least + bound(first, mixed, other: start.beta) < lowest {
        let product = irreps[first.from] ^ irreps[first.to]
        for second in betaMoves where irreps[second.from] ^ irreps[second.to] == product {
          let change =
            first.change + second.change + mixed[first.from * n + second.from]
            + mixed[first.to * n + second.to] - mixed[first.from * n + second.to]
            - mixed[first.to * n + second.from]
          if change < lowest {
            lowest = change
            next = .init(
              alpha: flipped(start.alpha, first), beta: flipped(start.beta, second))
          }
        }
      }
      if next == current { return current }
      current = next
    }
  }
}
