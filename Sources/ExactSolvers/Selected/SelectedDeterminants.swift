internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra
internal import Parallelism

/// A growing set of determinants, of partners under spin flip one.
struct SelectedDeterminants<Word: ConfigurationWord> {
  let orbits: SpinFlipOrbits<Word>
  /// The representatives in the order in which they joined.
  private(set) var representatives: [Configuration<Word>] = []
  /// The number of determinants that they stand for.
  private(set) var dimension = 0
  private var members: Set<Configuration<Word>> = []

  init(_ orbits: SpinFlipOrbits<Word>) { self.orbits = orbits }

  /// Puts a determinant with its partner in, unless it is in already or has no amplitude.
  mutating func insert(_ configuration: Configuration<Word>) {
    let representative = orbits.representative(configuration)
    guard !orbits.vanishes(representative), members.insert(representative).inserted else { return }
    representatives.append(representative)
    dimension += orbits.multiplicity(representative)
  }
}

extension HeatBathCI {
  /// The lowest state in a space.
  struct LowestState {
    var energy: Double
    /// The coefficients, normalised, the largest positive.
    var vector: [Double]
    var residual: Double
  }

  /// The largest space that is diagonalised densely.
  private static var denseDimension: Int { 200 }
  /// The largest space in which a vector of noise is followed too: the lowest state may have a symmetry that
  /// the vector so far lacks.
  private static var guardedDimension: Int { 4000 }

  /// Finds the lowest state in a space.
  func lowest<Word: ConfigurationWord>(
    _ space: SelectedDeterminants<Word>, _ numbers: DeterminantNumbers<Word>,
    _ hamiltonian: MolecularHamiltonian<Word>, previous: [Double], budget: Double
  ) throws(EigensolverError) -> LowestState {
    let finder = ConnectionFinder(
      space.representatives, numbers, space.orbits, hamiltonian, execution: execution)
    let matrix = SelectedMatrix(finder, hamiltonian, budget: budget, execution: execution)
    let count = space.representatives.count
    let found: Davidson.Result
    do throws(LinearAlgebraError) {
      if count <= Self.denseDimension { return try dense(matrix, count) }
      var starts = [previous + [Double](repeating: 0, count: count - previous.count)]
      if count <= Self.guardedDimension {
        var noise = RandomSource(seed: 0x4E4F_4953)
        starts.append((0..<count).map { _ in noise.normal() })
      }
      let scale = hamiltonian.energyScale
      found = try Davidson(
        roots: 1, tolerance: 5e-6 * scale, guardTolerance: 1e-2 * scale,
        smallestGap: 1e-4 * scale
      ).solve(diagonal: matrix.diagonal, starts: starts) { x, y in
        matrix.multiply(x, into: y)
      }
    } catch {
      throw EigensolverError(.numericalFailure, error.description)
    }
    guard found.isConverged else {
      throw EigensolverError(
        .notConverged,
        "the selected CI of \(space.dimension) determinants stopped after \(found.iterations) "
          + "iterations with a residual of \(found.residuals[0]) hartree; choose another size")
    }
    return LowestState(
      energy: found.values[0], vector: found.vectors[0], residual: found.residuals[0])
  }

  private func dense<Word: ConfigurationWord>(
    _ matrix: SelectedMatrix<Word>, _ count: Int
  ) throws(LinearAlgebraError) -> LowestState {
    var elements = [Double](repeating: 0, count: count * count)
    var unit = [Double](repeating: 0, count: count)
    for column in 0..<count {
      unit[column] = 1
      elements.withUnsafeMutableBufferPointer { elements in
        unit.withUnsafeBufferPointer { unit in
          if let elements = elements.baseAddress, let unit = unit.baseAddress {
            matrix.multiply(unit, into: elements + column * count)
          }
        }
      }
      unit[column] = 0
    }
    let (values, vectors) = try LAPACK.eigenSymmetric(elements, n: count)
    var vector = Array(vectors[0..<count])
    var largest = 0
    for place in vector.indices where abs(vector[place]) > abs(vector[largest]) + 1e-10 {
      largest = place
    }
    if vector[largest] < 0 { vector = vector.map { -$0 } }
    return LowestState(energy: values[0], vector: vector, residual: 0)
  }

  /// Returns `⟨S²⟩` of a vector; what leads out of the space does not count.
  func spinSquared<Word: ConfigurationWord>(
    _ operation: SpinSquared<Word>, _ space: SelectedDeterminants<Word>,
    _ numbers: DeterminantNumbers<Word>, _ vector: [Double]
  ) -> Double {
    let representatives = space.representatives
    let orbits = space.orbits
    let block = 256
    return execution.sum((representatives.count + block - 1) / block) { index in
      var row = ConnectionList<Word>()
      var sum = 0.0
      for number in index * block..<min((index + 1) * block, representatives.count) {
        let x = representatives[number]
        let own = Double(orbits.multiplicity(x)).squareRoot()
        row.removeAll()
        operation.appendConnections(of: x, above: 0, to: &row)
        var image = operation.diagonalElement(x) * vector[number]
        for (y, element) in zip(row.configurations, row.elements) {
          let representative = orbits.representative(y)
          let found = numbers.number(of: representative)
          if found < 0 { continue }
          let factor = own / Double(orbits.multiplicity(representative)).squareRoot()
          image += (orbits.isPartner(y) ? orbits.sign : 1) * factor * element * vector[found]
        }
        sum += vector[number] * image
      }
      return sum
    }
  }
}
