internal import Configurations
internal import LinearAlgebra
internal import Parallelism

/// The growing variational space of a selected configuration interaction, with all of its rows.
///
/// It follows the lowest states, one unless more are asked for.
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
  /// The number of states that ``diagonalise()`` finds.
  let roots: Int
  private let tolerance: Double
  private let energyScale: Double
  private let execution: Execution
  /// The vectors of the states, lowest first.
  private(set) var vectors: [[Double]] = []
  private(set) var energies: [Double] = []

  /// Creates an empty space.
  ///
  /// - Parameters:
  ///   - roots: The number of states.
  ///   - tolerance: The residual norm of a state, in units of the scale.
  ///   - energyScale: What energies are measured by.
  ///   - execution: The threads to use.
  init(roots: Int = 1, tolerance: Double = 1e-8, energyScale: Double, execution: Execution) {
    self.execution = execution
    self.roots = roots
    self.tolerance = tolerance
    self.energyScale = energyScale
  }

  var count: Int { index.count }
  var configurations: [Configuration<Word>] { index.configurations }
  /// The number of stored elements, diagonal ones left out.
  var elementCount: Int { rowElements.count }

  func number(of configuration: Configuration<Word>) -> Int? {
    index.number(of: configuration)
  }

  mutating func insert(_ configuration: Configuration<Word>) { _ = index.insert(configuration) }

  /// Whether a configuration is in the space or connected to it.
  func reaches(_ configuration: Configuration<Word>) -> Bool {
    reached.number(of: configuration) != nil || index.number(of: configuration) != nil
  }

  /// Computes the rows of the configurations that joined last.
  @inline(__always)
  mutating func addRows(_ hamiltonian: any Hamiltonian<Word>, cutoff: Double) {
    let fresh = Array(index.configurations[diagonal.count...])
    let block = 64
    let blocks = (fresh.count + block - 1) / block
    let found = execution.map(blocks) { number in
      var list = ConnectionList<Word>()
      var ends: [Int] = []
      for row in number * block..<min((number + 1) * block, fresh.count) {
        hamiltonian.appendConnections(of: fresh[row], above: cutoff, to: &list)
        ends.append(list.count)
      }
      return (list: list, ends: ends)
    }
    for (list, ends) in found {
      for (target, element) in zip(list.configurations, list.elements) {
        rowTargets.append(Int32(truncatingIfNeeded: reached.insert(target)))
        rowElements.append(element)
      }
      let base = rowStarts[rowStarts.count - 1]
      for end in ends { rowStarts.append(base + end) }
    }
    for x in fresh { diagonal.append(hamiltonian.diagonalElement(x)) }
    while inside.count < reached.count { inside.append(-1) }
    for (number, x) in index.configurations.enumerated() {
      if let place = reached.number(of: x) { inside[place] = Int32(truncatingIfNeeded: number) }
    }
    let known = reachedDiagonal.count
    let configurations = reached.configurations
    let unseen = configurations.count - known
    let parts = execution.map((unseen + block - 1) / block) { number in
      (known + number * block..<min(known + (number + 1) * block, configurations.count)).map {
        hamiltonian.diagonalElement(configurations[$0])
      }
    }
    reachedDiagonal += parts.joined()
  }

  /// Finds the lowest eigenvectors in the space; false where the iteration did not converge.
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
      energies = Array(eigenvalues.prefix(roots))
      self.vectors = energies.indices.map { Array(vectors[$0 * size..<($0 + 1) * size]) }
      fixSigns()
      return true
    }
    // The vectors of the smaller space, and as guards unit vectors of the lowest diagonals and a vector
    // of noise: the lowest state may have a symmetry that all the others lack.
    var guesses = vectors.map { $0 + [Double](repeating: 0, count: size - $0.count) }
    if guesses.isEmpty { guesses = [[Double](repeating: 0, count: size)] }
    var noise = RandomSource(seed: 0x4E4F_4953)
    guesses.append((0..<size).map { _ in noise.normal() })
    let diagonal = diagonal
    for place in diagonal.indices.sorted(by: { (diagonal[$0], $0) < (diagonal[$1], $1) })
      .prefix(2)
    {
      var unit = [Double](repeating: 0, count: size)
      unit[place] = 1
      guesses.append(unit)
    }
    let found = try Davidson(
      roots: roots, tolerance: tolerance * energyScale, guardTolerance: 1e-3 * energyScale,
      smallestGap: 1e-4 * energyScale
    ).solve(diagonal: diagonal, starts: guesses) { x, y in
      for row in 0..<size {
        var sum = diagonal[row] * x[row]
        for entry in starts[row]..<starts[row + 1] {
          sum += values[entry] * x[Int(columns[entry])]
        }
        y[row] = sum
      }
    }
    energies = found.values
    vectors = found.vectors
    fixSigns()
    return found.isConverged
  }

  /// Makes the largest coefficient of each vector positive.
  private mutating func fixSigns() {
    for (number, vector) in vectors.enumerated() {
      var largest = 0
      for place in vector.indices where abs(vector[place]) > abs(vector[largest]) + 1e-8 {
        largest = place
      }
      if vector[largest] < 0 { vectors[number] = vector.map { -$0 } }
    }
  }

  /// The lowest vector with each determinant's coefficient moved to its spin-flipped partner.
  private var flipped: [Double] {
    index.configurations.map { x in
      index.number(of: x.spinFlipped).map { vectors[0][$0] } ?? 0
    }
  }

  var spinFlipParity: Double {
    var sum = 0.0
    for (first, second) in zip(vectors[0], flipped) { sum += first * second }
    return sum
  }

  /// Makes the lowest vector purely even or odd under spin flip where degeneracy has mixed the two.
  mutating func purifyParity() {
    let parity = spinFlipParity
    // Even by default: the larger part, and the even one of equals.
    let sign = parity < -1e-6 ? -1.0 : 1.0
    var vector = vectors[0]
    var norm = 0.0
    for (place, partner) in flipped.enumerated() {
      vector[place] += sign * partner
      norm += vector[place] * vector[place]
    }
    norm = norm.squareRoot()
    vectors[0] = vector.map { $0 / norm }
    fixSigns()
  }

  /// Returns what a state's vector couples to outside the space, in the order first reached.
  @inline(__always)
  func perturbers(of state: Int = 0) -> [Perturber<Word>] {
    let vector = vectors[state]
    let energy = energies[state]
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
      configurations: index.configurations, coefficients: vectors[0], energy: energies[0],
      perturbers: perturbers.map(\.configuration), amplitudes: perturbers.map(\.amplitude),
      secondOrderEnergy: perturbers.reduce(0) { $0 + $1.energy }, spinFlipParity: parity,
      isConverged: isConverged)
  }
}
