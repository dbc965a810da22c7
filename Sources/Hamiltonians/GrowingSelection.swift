package import Configurations
package import LinearAlgebra
package import Parallelism

/// A selected configuration interaction that follows several states and grows when asked.
///
/// Where ``SelectedCI`` makes one good vector, this one is to find out which state is lowest: those
/// that may still be get the configurations that they need, and a part of the space that the others do
/// not reach can be put in by hand. Several states matter where the operator has symmetries that
/// nobody told: the lowest vector of a small space selects for its own symmetry only.
package struct GrowingSelection<Word: ConfigurationWord>: Sendable {
  /// One of the states.
  package struct State: Sendable {
    /// The variational energy; of the lowest state an upper bound.
    package var energy: Double
    /// The second-order Epstein–Nesbet correction, as in ``SelectedCI/Result``.
    package var secondOrderEnergy: Double
  }

  /// The states, lowest variational energy first.
  package private(set) var states: [State] = []
  /// Whether every diagonalisation converged.
  package private(set) var isConverged = true
  private var space: SelectedSpace<Word>
  private let hamiltonian: any Hamiltonian<Word>
  private let cutoff: Double
  private let energyScale: Double

  /// Creates an empty space.
  ///
  /// - Parameters:
  ///   - hamiltonian: The operator.
  ///   - cutoff: The magnitude at or below which matrix elements are left out, in units of the scale.
  ///   - energyScale: What energies are measured by.
  ///   - roots: The number of states, fewer in a space that has no more.
  ///   - tolerance: The residual norm of a state in units of the scale; its energy is off by about the
  ///     square over the gap.
  ///   - execution: The threads to use.
  package init(
    _ hamiltonian: any Hamiltonian<Word>, cutoff: Double, energyScale: Double, roots: Int = 4,
    tolerance: Double = 1e-5, execution: Execution
  ) {
    self.hamiltonian = hamiltonian
    space = SelectedSpace(
      roots: roots, tolerance: tolerance, energyScale: energyScale, execution: execution)
    self.cutoff = cutoff * energyScale
    self.energyScale = energyScale
  }

  /// The number of configurations.
  package var count: Int { space.count }
  /// The configurations, in the order in which they joined.
  package var configurations: [Configuration<Word>] { space.configurations }
  /// The number of matrix elements of all rows, which time and memory follow.
  package var elementCount: Int { space.elementCount }

  /// Whether a configuration is in the space or connected to it.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func reaches(_ configuration: Configuration<Word>) -> Bool {
    space.reaches(configuration)
  }

  /// Whether any configuration of another space is in this one or connected to it.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func reaches(anyOf other: GrowingSelection) -> Bool {
    other.space.configurations.contains { space.reaches($0) }
  }

  /// Puts configurations in and finds the states anew.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package mutating func insert(
    _ configurations: [Configuration<Word>]
  ) throws(LinearAlgebraError) {
    for configuration in configurations { space.insert(configuration) }
    space.addRows(hamiltonian, cutoff: cutoff)
    isConverged = try space.diagonalise() && isConverged
    states = space.energies.indices.map { root in
      State(
        energy: space.energies[root],
        secondOrderEnergy: space.perturbers(of: root).reduce(0) { $0 + $1.energy })
    }
  }

  /// Returns the outside configurations of largest gain for any of some states.
  ///
  /// - Parameters:
  ///   - count: The most configurations.
  ///   - roots: The states whose gains count.
  /// - Returns: The configurations, best first; none where nothing outside is coupled.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func best(_ count: Int, for roots: [Int]) -> [Configuration<Word>] {
    var number = ConfigurationIndex<Word>()
    var gains: [Double] = []
    for root in roots {
      for perturber in space.perturbers(of: root) where perturber.gain > 1e-14 * energyScale {
        let place = number.insert(perturber.configuration)
        if place == gains.count {
          gains.append(perturber.gain)
        } else {
          gains[place] = max(gains[place], perturber.gain)
        }
      }
    }
    var candidates = zip(gains, number.configurations).map { (gain: $0, configuration: $1) }
    keepLargest(count, of: &candidates)
    return candidates.prefix(count).map(\.configuration)
  }

  /// Returns the expectation value of an operator in a state; where it leads out of the space, nothing is
  /// counted.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func expectation(of observable: any Hamiltonian<Word>, in state: Int) -> Double {
    let vector = space.vectors[state]
    var row = ConnectionList<Word>()
    var sum = 0.0
    for (x, coefficient) in zip(space.configurations, vector) where coefficient != 0 {
      row.removeAll()
      observable.appendConnections(of: x, above: 0, to: &row)
      var image = observable.diagonalElement(x) * coefficient
      for (y, element) in zip(row.configurations, row.elements) {
        if let place = space.number(of: y) { image += element * vector[place] }
      }
      sum += coefficient * image
    }
    return sum
  }

  /// Returns the configurations of largest weight in a state with their coefficients, heaviest first.
  package func leading(
    _ count: Int, of state: Int
  ) -> (configurations: [Configuration<Word>], coefficients: [Double]) {
    let vector = space.vectors[state]
    let order = vector.indices.sorted {
      abs(vector[$0]) == abs(vector[$1]) ? $0 < $1 : abs(vector[$0]) > abs(vector[$1])
    }.prefix(count)
    return (order.map { space.configurations[$0] }, order.map { vector[$0] })
  }
}
