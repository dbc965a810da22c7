package import Configurations
package import Hamiltonians
package import Parallelism

/// A pass over everything that a variational vector couples to.
///
/// For each determinant `y` outside the space it sums `V_y = Σ_x H_yx c_x` over the elements with
/// `|H_yx c_x| > ε` and adds up the Epstein–Nesbet energies `V_y²/(E − H_yy)`. Determinants belong to
/// ``unitCount`` units by their hash; a pass visits some units or all, and needs memory for those only.
///
/// Rounds of rows are worked on in two steps, both in parallel: blocks of rows write their contributions
/// sorted into bins, then each bin adds those of all blocks, in order, to its own table, which is small. So
/// no sum depends on the number of threads.
package struct PerturbationPass<Word: ConfigurationWord>: Sendable {
  let hamiltonian: MolecularHamiltonian<Word>
  let orbits: SpinFlipOrbits<Word>
  let representatives: [Configuration<Word>]
  /// The normalised coefficients of the representatives' states.
  let coefficients: [Double]
  let energy: Double
  /// The magnitude at or below which a contribution is left out, in hartree.
  let threshold: Double
  /// The most bytes of the contributions of one round.
  let roundBytes: Double
  let execution: Execution

  /// Creates a pass.
  ///
  /// - Parameters:
  ///   - hamiltonian: The molecule.
  ///   - representatives: The space, of partners under spin flip one.
  ///   - coefficients: The normalised coefficients of the representatives' states.
  ///   - energy: The energy of the vector, in hartree.
  ///   - spinFlipParity: +1, −1, or 0 where partners are not joined.
  ///   - threshold: The magnitude at or below which a contribution is left out, in hartree.
  ///   - roundBytes: The most bytes of the contributions of one round.
  ///   - execution: The threads to use.
  package init(
    _ hamiltonian: MolecularHamiltonian<Word>, _ representatives: [Configuration<Word>],
    coefficients: [Double], energy: Double, spinFlipParity: Int, threshold: Double,
    roundBytes: Double = 0x1p26, execution: Execution
  ) {
    self.hamiltonian = hamiltonian
    orbits = SpinFlipOrbits(parity: spinFlipParity)
    self.representatives = representatives
    self.coefficients = coefficients
    self.energy = energy
    self.threshold = threshold
    self.roundBytes = roundBytes
    self.execution = execution
  }

  /// The number of units.
  static var unitCount: Int { 4096 }
  private static var unitShift: UInt64 { 52 }

  /// What a pass found.
  struct Outcome {
    /// The second-order energy of each unit, `[unitCount]`; 0 of those not visited.
    var unitEnergies: [Double]
    /// The number of determinants outside, those of the visited units.
    var perturberCount: Int
    /// The perturbers of largest gain, best first.
    var best: [(gain: Double, configuration: Configuration<Word>)]
  }

  /// Returns a bound to the number of contributions of all units.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  func contributionBound() -> Double {
    let block = 1024
    let count = representatives.count
    return execution.sum((count + block - 1) / block) { index in
      var sum = 0
      for number in index * block..<min((index + 1) * block, count) {
        sum += hamiltonian.connectionBound(of: representatives[number])
      }
      return Double(sum)
    }
  }

  /// Returns the number of contributions of all units above the threshold.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  func contributionCount() -> Double {
    let block = 64
    let count = representatives.count
    return execution.sum((count + block - 1) / block) { index in
      let scratch = RowScratch<Word>(
        orbitalCount: hamiltonian.orbitalCount, irrepCount: hamiltonian.irrepCount)
      let row = RowBuffer<Word>()
      var sum = 0
      for number in index * block..<min((index + 1) * block, count) {
        sum += fill(number, row, scratch)
      }
      return Double(sum)
    }
  }

  /// Writes the connections of a representative that pass the threshold.
  @inline(__always)
  private func fill(
    _ number: Int, _ row: RowBuffer<Word>, _ scratch: RowScratch<Word>
  ) -> Int {
    let x = representatives[number]
    let coefficient = coefficients[number]
    if coefficient == 0 { return 0 }
    let amplitude = abs(coefficient) / Double(orbits.multiplicity(x)).squareRoot()
    row.reserve(hamiltonian.connectionBound(of: x) + 1)
    return hamiltonian.writeRow(
      of: x, above: threshold / amplitude, scratch: scratch, configurations: row.configurations,
      elements: row.elements)
  }

  /// Visits units.
  ///
  /// - Parameters:
  ///   - units: The units, ascending.
  ///   - wanted: The number of perturbers to name.
  ///   - smallestGain: The gain at or below which none is named.
  /// - Returns: The energies by unit and the best perturbers.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  func run(units: [Int], wanted: Int, smallestGain: Double) -> Outcome {
    let bins = min(512, units.count)
    var binOfUnit = [Int16](repeating: -1, count: Self.unitCount)
    for (place, unit) in units.enumerated() {
      binOfUnit[unit] = Int16(truncatingIfNeeded: place * bins / units.count)
    }
    let binOfUnits = binOfUnit
    let tables = (0..<bins).map { _ in PerturberTable<Word>() }
    for x in representatives {
      let bin = Int(binOfUnits[Int(truncatingIfNeeded: x.fingerprint &>> Self.unitShift)])
      if bin >= 0 { tables[bin].add(x, .nan) }
    }
    let rowBound = max(
      1, representatives.first.map { hamiltonian.connectionBound(of: $0) } ?? 1)
    let blockRows = max(1, 16_384 / rowBound)
    let share = Double(units.count) / Double(Self.unitCount)
    let entryBytes = Double(MemoryLayout<PerturberEntry<Word>>.stride)
    let roundRows = max(64.0, roundBytes / (entryBytes * Double(rowBound) * share))
    let roundBlocks = Int(min(1e9, roundRows / Double(blockRows))) + 1
    let count = representatives.count
    let blockCount = (count + blockRows - 1) / blockRows
    for first in stride(from: 0, to: blockCount, by: roundBlocks) {
      let last = min(first + roundBlocks, blockCount)
      let blocks = execution.map(last - first) { index in
        let start = (first + index) * blockRows
        return contributions(
          start..<min(start + blockRows, count), binOfUnits: binOfUnits, bins: bins)
      }
      execution.parallelFor(bins) { bin in
        let table = tables[bin]
        for block in blocks {
          for place in block.starts[bin]..<block.starts[bin + 1] {
            table.add(block.entries[place].configuration, block.entries[place].value)
          }
        }
      }
    }
    return evaluate(tables, wanted: wanted, smallestGain: smallestGain)
  }

  /// The contributions of some rows, sorted by bin.
  @inline(__always)
  private func contributions(
    _ rows: Range<Int>, binOfUnits: [Int16], bins: Int
  ) -> ContributionBlock<Word> {
    let scratch = RowScratch<Word>(
      orbitalCount: hamiltonian.orbitalCount, irrepCount: hamiltonian.irrepCount)
    let row = RowBuffer<Word>()
    let block = ContributionBlock<Word>(bins: bins)
    let half = 0.5.squareRoot()
    for number in rows {
      let count = fill(number, row, scratch)
      let x = representatives[number]
      let closed = coefficients[number] * Double(orbits.multiplicity(x)).squareRoot()
      let open = orbits.parity == 0 ? closed : closed * half
      let flipped = open * orbits.sign
      block.reserve(count)
      binOfUnits.withUnsafeBufferPointer { binOfUnits in
        for place in 0..<count {
          var y = row.configurations[place]
          var factor = open
          if orbits.isPartner(y) {
            y = y.spinFlipped
            factor = flipped
          } else if y.alpha == y.beta {
            factor = orbits.parity < 0 ? 0 : closed
          }
          let value = factor * row.elements[place]
          let unit = Int(truncatingIfNeeded: y.fingerprint &>> Self.unitShift)
          block.append(y, value, bin: binOfUnits[unit])
        }
      }
    }
    block.sort()
    return block
  }

  /// Turns sums of couplings into energies and finds the best.
  @inline(__always)
  private func evaluate(
    _ tables: [PerturberTable<Word>], wanted: Int, smallestGain: Double
  ) -> Outcome {
    let chunk = 256
    let diagonalSums = DiagonalSums(hamiltonian)
    let parts = execution.map(tables.count) { bin in
      let table = tables[bin]
      let count = table.compact()
      var part = BinEnergies()
      part.count = count
      withUnsafeTemporaryAllocation(of: Configuration<Word>.self, capacity: chunk) { determinants in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: chunk) { diagonal in
          guard let determinants = determinants.baseAddress, let diagonal = diagonal.baseAddress
          else { return }
          for start in stride(from: 0, to: count, by: chunk) {
            let length = min(chunk, count - start)
            for place in 0..<length {
              (determinants + place).initialize(to: table.entries[start + place].configuration)
            }
            diagonalSums.fill(determinants, count: length, into: diagonal)
            for place in 0..<length {
              let y = determinants[place]
              let members = orbits.multiplicity(y)
              let coupling = table.entries[start + place].value
              let each = members == 2 ? coupling * 0.5.squareRoot() : coupling
              let gap = diagonal[place] - energy
              part.add(
                Double(members) * SecondOrder.energy(coupling: each, gap: gap),
                unit: Int(truncatingIfNeeded: y.fingerprint &>> Self.unitShift))
              let gain = Double(members) * SecondOrder.gain(coupling: each, gap: gap)
              table.entries[start + place].value = gain
              part.note(gain)
            }
          }
        }
      }
      return part
    }
    var unitEnergies = [Double](repeating: 0, count: Self.unitCount)
    var histogram = [Int](repeating: 0, count: BinEnergies.bucketCount)
    var total = 0
    for part in parts {
      for (unit, energy) in part.unitEnergies { unitEnergies[unit] += energy }
      for bucket in histogram.indices { histogram[bucket] += part.histogram[bucket] }
      total += part.count
    }
    var bucket = histogram.count
    var above = 0
    while bucket > 0, above < wanted {
      bucket -= 1
      above += histogram[bucket]
    }
    let bound = bucket
    let lists = execution.map(tables.count) { bin in
      var list: [(gain: Double, configuration: Configuration<Word>)] = []
      if wanted == 0 { return list }
      for place in 0..<parts[bin].count {
        let entry = tables[bin].entries[place]
        if BinEnergies.bucket(of: entry.value) >= bound, entry.value > smallestGain {
          list.append((entry.value, entry.configuration))
        }
      }
      return list
    }
    var best = lists.flatMap { $0 }
    sortByGain(&best)
    return Outcome(
      unitEnergies: unitEnergies, perturberCount: total, best: Array(best.prefix(wanted)))
  }
}

/// Sorts perturbers by falling gain; equal gains by their strings.
@inline(__always)
func sortByGain<Word: ConfigurationWord>(
  _ list: inout [(gain: Double, configuration: Configuration<Word>)]
) {
  list.sort { first, second in
    if first.gain != second.gain { return first.gain > second.gain }
    let x = first.configuration
    let y = second.configuration
    return (x.alpha, x.beta) < (y.alpha, y.beta)
  }
}
