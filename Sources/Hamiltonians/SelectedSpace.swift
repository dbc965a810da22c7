internal import Configurations
internal import LinearAlgebra
internal import Parallelism

/// The growing variational space of a selected configuration interaction, with all of its rows.
struct SelectedSpace<Word: ConfigurationWord> {
  private var index = ConfigurationIndex<Word>()
  private var diagonal: [Double] = []
  // The rows of H: targets by number among all configurations seen, inside and outside.
  private var rowStarts = [0]
  private var rowTargets: [Int32] = []
  private var rowElements: [Double] = []
  private var reached = ConfigurationIndex<Word>()
  private var reachedDiagonal: [Double] = []
  /// The number inside the space of each configuration reached, or −1.
  private var inside: [Int32] = []
  private var vector: [Double] = []
  private var energy = 0.0

  var count: Int { index.count }

  mutating func insert(_ configuration: Configuration<Word>) { _ = index.insert(configuration) }

  /// Computes the rows of the configurations that joined last.
  @inline(__always)
  mutating func addRows(_ hamiltonian: any Hamiltonian<Word>, cutoff: Double) {
    let fresh = Array(index.configurations[diagonal.count...])
    let block = 64
    let blocks = (fresh.count + block - 1) / block
    var lists = [ConnectionList<Word>](repeating: .init(), count: blocks)
    var counts = [[Int]](repeating: [], count: blocks)
    lists.withUnsafeMutableBufferPointer { lists in
      counts.withUnsafeMutableBufferPointer { counts in
        nonisolated(unsafe) let lists = lists
        nonisolated(unsafe) let counts = counts
        parallelFor(blocks) { number in
          for row in number * block..<min((number + 1) * block, fresh.count) {
            hamiltonian.appendConnections(of: fresh[row], above: cutoff, to: &lists[number])
            counts[number].append(lists[number].count)
          }
        }
      }
    }
    for (number, list) in lists.enumerated() {
      for (target, element) in zip(list.configurations, list.elements) {
        rowTargets.append(Int32(truncatingIfNeeded: reached.insert(target)))
        rowElements.append(element)
      }
      let base = rowStarts[rowStarts.count - 1]
      for end in counts[number] { rowStarts.append(base + end) }
    }
    for x in fresh { diagonal.append(hamiltonian.diagonalElement(x)) }
    while inside.count < reached.count { inside.append(-1) }
    for (number, x) in index.configurations.enumerated() {
      if let place = reached.number(of: x) { inside[place] = Int32(truncatingIfNeeded: number) }
    }
    let known = reachedDiagonal.count
    let unseen = reached.count - known
    let unseenBlocks = (unseen + block - 1) / block
    reachedDiagonal.append(contentsOf: repeatElement(0, count: unseen))
    let configurations = reached.configurations
    reachedDiagonal.withUnsafeMutableBufferPointer { output in
      nonisolated(unsafe) let output = output
      parallelFor(unseenBlocks) { number in
        for place in number * block..<min((number + 1) * block, unseen) {
          output[known + place] = hamiltonian.diagonalElement(configurations[known + place])
        }
      }
    }
  }

  /// Finds the lowest eigenvector in the space; false where the iteration did not converge.
  @inline(__always)
  mutating func diagonalise() throws(LinearAlgebraError) -> Bool {
    let size = count
    var starts = [0]
    var columns: [Int32] = []
    var values: [Double] = []
    for row in 0..<size {
      for entry in rowStarts[row]..<rowStarts[row + 1] {
        let column = inside[Int(rowTargets[entry])]
        if column >= 0 {
          columns.append(column)
          values.append(rowElements[entry])
        }
      }
      starts.append(columns.count)
    }
    if size <= 150 {
      var dense = [Double](repeating: 0, count: size * size)
      for row in 0..<size {
        dense[row * size + row] = diagonal[row]
        for entry in starts[row]..<starts[row + 1] {
          dense[row * size + Int(columns[entry])] = values[entry]
        }
      }
      let (eigenvalues, vectors) = try LAPACK.eigenSymmetric(dense, n: size)
      energy = eigenvalues[0]
      vector = Array(vectors[0..<size])
      fixSign()
      return true
    }
    // The vector of the smaller space, and as guards unit vectors of the lowest diagonals and a vector
    // of noise: the lowest state may have a symmetry that all the others lack.
    var first = vector
    while first.count < size { first.append(0) }
    var noise = RandomSource(seed: 0x4E4F_4953)
    var guesses = [first, (0..<size).map { _ in noise.normal() }]
    let diagonal = diagonal
    for place in diagonal.indices.sorted(by: { (diagonal[$0], $0) < (diagonal[$1], $1) })
      .prefix(2)
    {
      var unit = [Double](repeating: 0, count: size)
      unit[place] = 1
      guesses.append(unit)
    }
    let found = try Davidson(roots: 1, tolerance: 1e-8, guardTolerance: 1e-3)
      .solve(diagonal: diagonal, starts: guesses) { x, y in
        for row in 0..<size {
          var sum = diagonal[row] * x[row]
          for entry in starts[row]..<starts[row + 1] {
            sum += values[entry] * x[Int(columns[entry])]
          }
          y[row] = sum
        }
      }
    energy = found.values[0]
    vector = found.vectors[0]
    fixSign()
    return found.isConverged
  }

  private mutating func fixSign() {
    var largest = 0
    for place in vector.indices where abs(vector[place]) > abs(vector[largest]) + 1e-8 {
      largest = place
    }
    if vector[largest] < 0 { for place in vector.indices { vector[place] = -vector[place] } }
  }

  /// The vector with each determinant's coefficient moved to its spin-flipped partner.
  private var flipped: [Double] {
    index.configurations.map { x in
      index.number(of: x.spinFlipped).map { vector[$0] } ?? 0
    }
  }

  var spinFlipParity: Double {
    var sum = 0.0
    for (first, second) in zip(vector, flipped) { sum += first * second }
    return sum
  }

  /// Makes the vector purely even or odd under spin flip where degeneracy has mixed the two.
  mutating func purifyParity() {
    let parity = spinFlipParity
    // Even by default: the larger part, and the even one of equals.
    let sign = parity < -1e-6 ? -1.0 : 1.0
    var norm = 0.0
    for (place, partner) in flipped.enumerated() {
      vector[place] += sign * partner
      norm += vector[place] * vector[place]
    }
    norm = norm.squareRoot()
    for place in vector.indices { vector[place] /= norm }
    fixSign()
  }

  /// Returns what the vector couples to outside the space, in the order first reached.
  @inline(__always)
  func perturbers(_ hamiltonian: any Hamiltonian<Word>) -> [Perturber<Word>] {
    var couplings = [Double](repeating: 0, count: reached.count)
    couplings.withUnsafeMutableBufferPointer { couplings in
      for row in 0..<count {
        let coefficient = vector[row]
        for entry in rowStarts[row]..<rowStarts[row + 1] {
          couplings[Int(rowTargets[entry])] += rowElements[entry] * coefficient
        }
      }
    }
    var list: [Perturber<Word>] = []
    for place in couplings.indices where inside[place] < 0 && couplings[place] != 0 {
      list.append(
        Perturber(
          configuration: reached.configurations[place], coupling: couplings[place],
          gap: reachedDiagonal[place] - energy))
    }
    return list
  }

  func result(
    _ perturbers: [Perturber<Word>], isConverged: Bool, parity: Double?
  ) -> SelectedCI<Word>.Result {
    .init(
      configurations: index.configurations, coefficients: vector, energy: energy,
      perturbers: perturbers.map(\.configuration), amplitudes: perturbers.map(\.amplitude),
      secondOrderEnergy: perturbers.reduce(0) { $0 + $1.energy }, spinFlipParity: parity,
      isConverged: isConverged)
  }
}
