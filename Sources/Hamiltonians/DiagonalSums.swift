package import Configurations

/// Diagonal elements of many determinants, by tables over groups of orbitals.
///
/// `⟨x|H|x⟩` is a sum over pairs of electrons. With the orbitals in groups of five, it is a sum over pairs of
/// groups of tables of `32 × 32` numbers, one for each occupation of both: `2k² + k` look-ups for `k` groups
/// in place of one for each pair of electrons. The result is that of
/// ``MolecularHamiltonian/diagonalElement(_:)`` up to rounding.
package final class DiagonalSums<Word: ConfigurationWord>: @unchecked Sendable {
  // Unchecked: written by its initialiser only.
  private let hamiltonian: MolecularHamiltonian<Word>
  private let groups: Int
  private let usesTables: Bool
  /// Of one group, `[k, 32]`: orbital energies and pairs inside it.
  private let alphaOwn: UnsafeMutablePointer<Double>
  private let betaOwn: UnsafeMutablePointer<Double>
  /// Of two groups, `[k, k, 32, 32]`.
  private let alphaPairs: UnsafeMutablePointer<Double>
  private let betaPairs: UnsafeMutablePointer<Double>
  private let mixed: UnsafeMutablePointer<Double>

  private static var bits: Int { 5 }

  /// Makes the tables, where they are of use.
  package init(_ hamiltonian: MolecularHamiltonian<Word>) {
    self.hamiltonian = hamiltonian
    let n = hamiltonian.orbitalCount
    let a = hamiltonian.alphaCount
    let b = hamiltonian.betaCount
    let k = (n + Self.bits - 1) / Self.bits
    groups = k
    let direct = (a * (a + 1) + b * (b + 1)) / 2 + a * b
    usesTables = 2 * (2 * k * k + k) < 3 * direct
    let room = usesTables ? k * k * 1024 : 1
    let own = usesTables ? k * 32 : 1
    alphaOwn = .allocate(capacity: own)
    betaOwn = .allocate(capacity: own)
    alphaPairs = .allocate(capacity: room)
    betaPairs = .allocate(capacity: room)
    mixed = .allocate(capacity: room)
    alphaOwn.initialize(repeating: 0, count: own)
    betaOwn.initialize(repeating: 0, count: own)
    alphaPairs.initialize(repeating: 0, count: room)
    betaPairs.initialize(repeating: 0, count: room)
    mixed.initialize(repeating: 0, count: room)
    if usesTables { fill(n) }
  }

  deinit {
    for table in [alphaOwn, betaOwn, alphaPairs, betaPairs, mixed] { table.deallocate() }
  }

  private func fill(_ n: Int) {
    let tables = hamiltonian.tables
    let k = groups
    func orbitals(_ group: Int, _ word: Int) -> [Int] {
      (0..<Self.bits).filter { word >> $0 & 1 == 1 }.map { group * Self.bits + $0 }
        .filter { $0 < n }
    }
    for first in 0..<k {
      for word in 0..<32 {
        let own = orbitals(first, word)
        for (place, p) in own.enumerated() {
          alphaOwn[first * 32 + word] += tables.alpha.oneBody.base[p]
          betaOwn[first * 32 + word] += tables.beta.oneBody.base[p]
          for q in own[..<place] {
            alphaOwn[first * 32 + word] += tables.alpha.sameDiagonal.base[p * n + q]
            betaOwn[first * 32 + word] += tables.beta.sameDiagonal.base[p * n + q]
          }
        }
        for second in 0..<k {
          let base = ((first * k + second) * 32 + word) * 32
          for other in 0..<32 {
            for q in orbitals(second, other) {
              for p in own {
                alphaPairs[base + other] += tables.alpha.sameDiagonal.base[p * n + q]
                betaPairs[base + other] += tables.beta.sameDiagonal.base[p * n + q]
                mixed[base + other] += tables.alpha.mixedDiagonal.base[p * n + q]
              }
            }
          }
        }
      }
    }
  }

  /// Writes `⟨x|H|x⟩` of determinants, in hartree.
  ///
  /// - Parameters:
  ///   - configurations: The determinants, `[count]`.
  ///   - count: How many there are.
  ///   - elements: Where to write the elements, `[count]`.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func fill(
    _ configurations: UnsafePointer<Configuration<Word>>, count: Int,
    into elements: UnsafeMutablePointer<Double>
  ) {
    if !usesTables {
      for place in 0..<count {
        elements[place] = hamiltonian.diagonalElement(configurations[place])
      }
      return
    }
    let core = hamiltonian.coreEnergy
    for place in 0..<count {
      elements[place] = core + sum(configurations[place])
    }
  }

  @inline(__always)
  private func sum(_ x: Configuration<Word>) -> Double {
    let k = groups
    var energy = 0.0
    for first in 0..<k {
      let shift = Word(truncatingIfNeeded: first &* Self.bits)
      let a = Int(truncatingIfNeeded: x.alpha &>> shift) & 31
      let b = Int(truncatingIfNeeded: x.beta &>> shift) & 31
      energy += alphaOwn[first &* 32 &+ a] + betaOwn[first &* 32 &+ b]
      for second in 0..<k {
        let shift = Word(truncatingIfNeeded: second &* Self.bits)
        let base = (first &* k &+ second) &* 1024
        let otherBeta = Int(truncatingIfNeeded: x.beta &>> shift) & 31
        energy += mixed[base &+ a &* 32 &+ otherBeta]
        if second < first {
          let otherAlpha = Int(truncatingIfNeeded: x.alpha &>> shift) & 31
          energy += alphaPairs[base &+ a &* 32 &+ otherAlpha]
          energy += betaPairs[base &+ b &* 32 &+ otherBeta]
        }
      }
    }
    return energy
  }
}
