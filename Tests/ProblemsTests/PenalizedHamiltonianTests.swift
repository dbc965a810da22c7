import Configurations
import Hamiltonians
import Integrals
import LinearAlgebra
import Problems
import Testing

@Suite struct PenalizedHamiltonianTests {
  private static let integrals = randomCluster(
    sites: 5, alpha: 3, beta: 2, repulsion: 4, seed: 7)

  private static var space: [Configuration<UInt64>] {
    ConfigurationSpace<UInt64>(
      alphaCount: 3, betaCount: 2, orbitalIrreps: nil, irrep: nil, order: Array(0..<5)
    ).allRepresentatives()
  }

  /// The sum of the dense matrices, element by element, from rows and from pairs.
  @Test func isTheSumOfItsParts() throws {
    let base = MolecularHamiltonian<UInt64>(Self.integrals)
    let sum = PenalizedHamiltonian(
      base: base, observable: SpinSquared<UInt64>(), weight: 0.3, target: 0.75)
    let space = Self.space
    let matrix = denseMatrix(sum, over: space)
    let first = denseMatrix(base, over: space)
    let second = denseMatrix(SpinSquared<UInt64>(), over: space)
    for row in space.indices {
      for column in space.indices {
        let place = row * space.count + column
        let shift = row == column ? -0.3 * 0.75 : 0
        let expected = first[place] + 0.3 * second[place] + shift
        #expect(abs(matrix[place] - expected) < 1e-12)
        #expect(abs(sum.element(space[row], space[column]) - expected) < 1e-12)
      }
    }
  }

  /// No configuration twice, and none at or below the cutoff.
  @Test func rowsKeepTheirPromises() {
    let sum = PenalizedHamiltonian(
      base: MolecularHamiltonian<UInt64>(Self.integrals), observable: SpinSquared<UInt64>(),
      weight: 0.3, target: 0.75)
    for x in Self.space {
      var row = ConnectionList<UInt64>()
      sum.appendConnections(of: x, above: 0.5, to: &row)
      #expect(Set(row.configurations).count == row.count)
      #expect(row.elements.allSatisfy { abs($0) > 0.5 })
      var all = ConnectionList<UInt64>()
      sum.appendConnections(of: x, above: 0, to: &all)
      #expect(all.elements.count { abs($0) > 0.5 } == row.count)
    }
  }

  /// States of the target's spin keep their energies, and those of the next go up by `3 λ`.
  @Test func shiftsStatesByTheirSpin() throws {
    let base = MolecularHamiltonian<UInt64>(Self.integrals)
    let space = Self.space
    let weight = 50.0
    let plain = try LAPACK.eigenSymmetric(denseMatrix(base, over: space), n: space.count)
    let sum = PenalizedHamiltonian(
      base: base, observable: SpinSquared<UInt64>(), weight: weight, target: 0.75)
    let shifted = try LAPACK.eigenSymmetric(denseMatrix(sum, over: space), n: space.count)
    // Five electrons in five orbitals: 75 doublets, 24 quartets and one sextet of Sz = ½.
    let rest = shifted.values.count { $0 < plain.values[space.count - 1] + 1 }
    #expect(rest == 75)
    let raised = shifted.values.sorted().map { energy in
      energy > plain.values[space.count - 1] + 1
        ? (energy > plain.values[0] + 5 * weight ? energy - 8 * weight : energy - 3 * weight)
        : energy
    }
    for (first, second) in zip(raised.sorted(), plain.values) {
      #expect(abs(first - second) < 1e-8)
    }
    let without = try LAPACK.eigenSymmetric(
      denseMatrix(sum.unpenalized, over: space), n: space.count)
    for (first, second) in zip(without.values, plain.values) {
      #expect(abs(first - second) < 1e-10)
    }
  }
}
