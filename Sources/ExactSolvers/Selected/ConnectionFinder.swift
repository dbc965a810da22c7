internal import Configurations
internal import Hamiltonians
internal import Parallelism

/// Finds the rows of a Hamiltonian inside a variational space.
final class ConnectionFinder<Word: ConfigurationWord>: Sendable {
  let representatives: [Configuration<Word>]
  let orbits: SpinFlipOrbits<Word>
  private let hamiltonian: MolecularHamiltonian<Word>
  private let numbers: DeterminantNumbers<Word>
  private let alpha: StringGroups<Word>
  private let beta: StringGroups<Word>

  /// One row under construction; reused, so that rows allocate nothing.
  struct Row {
    var configurations: [Configuration<Word>] = []
    var columns: [Int32] = []
    var elements: [Double] = []
  }

  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  init(
    _ representatives: [Configuration<Word>], _ numbers: DeterminantNumbers<Word>,
    _ orbits: SpinFlipOrbits<Word>, _ hamiltonian: MolecularHamiltonian<Word>,
    execution: Execution
  ) {
    self.representatives = representatives
    self.numbers = numbers
    self.orbits = orbits
    self.hamiltonian = hamiltonian
    var determinants: [(string: Word, other: Word)] = []
    var owners: [Int32] = []
    for (number, x) in representatives.enumerated() {
      determinants.append((x.alpha, x.beta))
      owners.append(Int32(truncatingIfNeeded: number))
      if orbits.multiplicity(x) == 2 {
        determinants.append((x.beta, x.alpha))
        owners.append(Int32(truncatingIfNeeded: number))
      }
    }
    let masks = hamiltonian.orbitalsOfIrreps
    alpha = StringGroups(
      determinants, numbers: owners, orbitalsOfIrreps: masks, execution: execution)
    // With both of a pair listed, a group by β is the same as one by α.
    beta =
      orbits.parity != 0
      ? alpha
      : StringGroups(
        determinants.map { ($0.other, $0.string) }, numbers: owners, orbitalsOfIrreps: masks,
        execution: execution)
  }

  /// Finds row `r` without its diagonal: `⟨r|H|s⟩` of every `s` that is connected; an `s` may come
  /// twice, once for each of its determinants.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  func find(_ number: Int, _ row: inout Row) {
    row.configurations.removeAll(keepingCapacity: true)
    row.columns.removeAll(keepingCapacity: true)
    let x = representatives[number]
    let a = alpha.place(of: x.alpha)
    let b = beta.place(of: x.beta)
    for place in alpha.starts[a]..<alpha.starts[a + 1] {
      let other = alpha.others[place]
      let distance = (other ^ x.beta).nonzeroBitCount
      if distance == 2 || distance == 4 {
        row.configurations.append(Configuration(alpha: x.alpha, beta: other))
        row.columns.append(alpha.numbers[place])
      }
    }
    for place in beta.starts[b]..<beta.starts[b + 1] {
      let other = beta.others[place]
      let distance = (other ^ x.alpha).nonzeroBitCount
      if distance == 2 || distance == 4 {
        row.configurations.append(Configuration(alpha: other, beta: x.beta))
        row.columns.append(beta.numbers[place])
      }
    }
    let groups = alpha.irrepCount
    let irrep = Int(alpha.irreps[a] ^ beta.irreps[b])
    let betaBase = b * (groups + 1)
    for alphaIrrep in 0..<groups {
      let first = Int(alpha.singleStarts[a * (groups + 1) + alphaIrrep])
      let last = Int(alpha.singleStarts[a * (groups + 1) + alphaIrrep + 1])
      let low = Int(beta.singleStarts[betaBase + (alphaIrrep ^ irrep)])
      let high = Int(beta.singleStarts[betaBase + (alphaIrrep ^ irrep) + 1])
      if low == high { continue }
      for single in first..<last {
        let string = Int(alpha.singles[single])
        let word = alpha.strings[string]
        let start = alpha.starts[string]
        let end = alpha.starts[string + 1]
        // Walking through a group costs less for each entry than looking up.
        if end - start <= 4 * (high - low) {
          for place in start..<end where (alpha.others[place] ^ x.beta).nonzeroBitCount == 2 {
            row.configurations.append(Configuration(alpha: word, beta: alpha.others[place]))
            row.columns.append(alpha.numbers[place])
          }
        } else {
          for place in low..<high {
            let y = Configuration(alpha: word, beta: beta.strings[Int(beta.singles[place])])
            let found = numbers.number(of: orbits.representative(y))
            if found >= 0 {
              row.configurations.append(y)
              row.columns.append(Int32(truncatingIfNeeded: found))
            }
          }
        }
      }
    }
    evaluate(x, &row)
  }

  @inline(__always)
  private func evaluate(_ x: Configuration<Word>, _ row: inout Row) {
    let count = row.columns.count
    if row.elements.count < count {
      row.elements = [Double](repeating: 0, count: 2 * count)
    }
    let own = Double(orbits.multiplicity(x)).squareRoot()
    let sign = orbits.sign
    row.configurations.withUnsafeBufferPointer { configurations in
      row.elements.withUnsafeMutableBufferPointer { elements in
        guard let configurations = configurations.baseAddress,
          let elements = elements.baseAddress
        else { return }
        hamiltonian.elements(of: x, configurations, count: count, into: elements)
        if orbits.parity == 0 { return }
        for place in 0..<count {
          let y = configurations[place]
          let factor = y.alpha == y.beta ? own : own * 0.5.squareRoot()
          elements[place] *= orbits.isPartner(y) ? sign * factor : factor
        }
      }
    }
  }
}
