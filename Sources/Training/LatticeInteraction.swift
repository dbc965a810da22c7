internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra

/// The lowest levels of a lattice in a small space of whole orbits, which tell the eigenvalues of
/// symmetries in the ground state.
///
/// A selected configuration interaction finds the most important strings; their orbits are the
/// space. Levels that are close may lie the other way round in the whole sector, so only
/// eigenvalues that all of them share are certain.
struct LatticeInteraction<Word: ConfigurationWord> {
  /// The most strings in the space.
  static var maximumStrings: Int { 4000 }
  /// The number of levels that are found.
  static var levels: Int { 4 }
  /// The distance from the lowest level, relative to the largest matrix element, below which the
  /// order of levels is not taken for certain.
  static var uncertainty: Double { 0.1 }

  private let numbers: [Configuration<Word>: Int]
  private let configurations: [Configuration<Word>]
  /// The vectors of the levels that may be the ground state.
  private let vectors: [[Double]]

  /// Finds the levels.
  ///
  /// - Parameters:
  ///   - operations: The group.
  ///   - lowest: Where the selection starts.
  ///   - hamiltonian: The operator; its group is `operations`.
  /// - Throws: ``TrainingError`` where LAPACK fails.
  init(
    _ operations: [SpinSymmetry], _ lowest: [Configuration<Word>],
    _ hamiltonian: SpinHamiltonian<Word>
  ) throws(TrainingError) {
    do throws(LinearAlgebraError) {
      let selected = try SelectedCI<Word>(maximumConfigurations: Self.maximumStrings / 4)
        .run(from: lowest, hamiltonian)
      configurations = Self.orbits(of: selected, operations)
      var numbers: [Configuration<Word>: Int] = [:]
      for (number, x) in configurations.enumerated() { numbers[x] = number }
      self.numbers = numbers
      vectors = try Self.levels(configurations, numbers, hamiltonian)
    } catch {
      throw TrainingError(.notFinite, "the start's configuration interaction failed: \(error)")
    }
  }

  /// Returns the operations that have the same eigenvalue, +1 or −1, in all levels that may be the
  /// ground state.
  func withEigenvalues(_ operations: [SpinSymmetry]) -> [SpinSymmetry] {
    operations.compactMap { operation in
      let images = configurations.map { numbers[operation.apply(to: $0)] }
      var eigenvalues: Set<Int> = []
      for vector in vectors {
        var overlap = 0.0
        for (number, image) in images.enumerated() {
          if let image { overlap += vector[number] * vector[image] }
        }
        guard abs(abs(overlap) - 1) < 1e-4 else { return nil }
        eigenvalues.insert(overlap > 0 ? 1 : -1)
      }
      guard let character = eigenvalues.first, eigenvalues.count == 1 else { return nil }
      return SpinSymmetry(
        permutation: operation.permutation, flipsSpins: operation.flipsSpins, character: character)
    }
  }

  /// Returns the orbits of the most important strings, as many as there is room for.
  private static func orbits(
    of selected: SelectedCI<Word>.Result, _ operations: [SpinSymmetry]
  ) -> [Configuration<Word>] {
    let order = selected.coefficients.indices.sorted {
      let sizes = (abs(selected.coefficients[$0]), abs(selected.coefficients[$1]))
      return sizes.0 == sizes.1 ? $0 < $1 : sizes.0 > sizes.1
    }
    var members: [Configuration<Word>] = []
    var seen: Set<Configuration<Word>> = []
    for index in order where !seen.contains(selected.configurations[index]) {
      var orbit: [Configuration<Word>] = []
      for operation in operations {
        let image = operation.apply(to: selected.configurations[index])
        if seen.insert(image).inserted { orbit.append(image) }
      }
      if !members.isEmpty && members.count + orbit.count > maximumStrings { break }
      members += orbit
    }
    return members
  }

  /// Returns the vectors of the lowest level and of those close to it.
  private static func levels(
    _ configurations: [Configuration<Word>], _ numbers: [Configuration<Word>: Int],
    _ hamiltonian: SpinHamiltonian<Word>
  ) throws(LinearAlgebraError) -> [[Double]] {
    var starts = [0]
    var columns: [Int] = []
    var elements: [Double] = []
    var largest = 0.0
    var connections = ConnectionList<Word>()
    for x in configurations {
      connections.removeAll()
      hamiltonian.appendConnections(of: x, above: 0, to: &connections)
      for (y, element) in zip(connections.configurations, connections.elements) {
        largest = max(largest, abs(element))
        guard let column = numbers[y] else { continue }
        columns.append(column)
        elements.append(element)
      }
      starts.append(columns.count)
    }
    let diagonal = configurations.map { hamiltonian.diagonalElement($0) }
    // Noise has a part in every level, whatever its symmetry.
    var random = RandomSource(seed: 0x4C45_5645)
    let guesses = (0..<Self.levels + 2).map { _ in
      diagonal.map { random.normal() / (1 + $0 - (diagonal.min() ?? 0)) }
    }
    let found = try Davidson(roots: Self.levels, tolerance: 1e-6).solve(
      diagonal: diagonal, starts: guesses
    ) { x, y in
      for row in diagonal.indices {
        var sum = diagonal[row] * x[row]
        for entry in starts[row]..<starts[row + 1] { sum += elements[entry] * x[columns[entry]] }
        y[row] = sum
      }
    }
    return zip(found.values, found.vectors).filter {
      $0.0 <= found.values[0] + uncertainty * largest
    }.map(\.1)
  }
}
