import Configurations
import Hamiltonians
import LinearAlgebra
import Testing

@Suite struct SelectedCITests {
  @Test(arguments: RandomCase.all.filter { $0.irreps == nil })
  func wholeSpaceIsExact(_ system: RandomCase) throws {
    let hamiltonian = MolecularHamiltonian<UInt64>(system.integrals)
    let sector: [Configuration<UInt64>] = allDeterminants(
      orbitals: system.orbitals, alpha: system.alpha, beta: system.beta)
    let exact = try LAPACK.eigenSymmetric(
      denseMatrix(hamiltonian, over: sector), n: sector.count)
    let start = try #require(hamiltonian.referenceDeterminant())
    let result = try SelectedCI(maximumConfigurations: 10_000).run(from: [start], hamiltonian)
    #expect(result.isConverged)
    #expect(abs(result.energy - exact.values[0]) < 1e-10)
    #expect(abs(result.secondOrderEnergy) < 1e-10)
    let norm = result.coefficients.reduce(0) { $0 + $1 * $1 }
    #expect(abs(norm - 1) < 1e-12)
  }

  /// Large enough for the iteration instead of the dense matrix.
  @Test func iterationAgreesWithTheDenseMatrix() throws {
    let integrals = randomIntegrals(orbitals: 6, alpha: 3, beta: 3, seed: 21)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let sector: [Configuration<UInt64>] = allDeterminants(orbitals: 6, alpha: 3, beta: 3)
    let exact = try LAPACK.eigenSymmetric(
      denseMatrix(hamiltonian, over: sector), n: sector.count)
    let start = try #require(hamiltonian.referenceDeterminant())
    let result = try SelectedCI(maximumConfigurations: 400).run(from: [start], hamiltonian)
    #expect(result.configurations.count == 400 && result.isConverged)
    #expect(abs(result.energy - exact.values[0]) < 1e-10)
  }

  @Test func amplitudesFollowTheirDefinition() throws {
    let integrals = randomIntegrals(orbitals: 6, alpha: 3, beta: 2, seed: 4)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let start = try #require(hamiltonian.referenceDeterminant())
    let result = try SelectedCI(maximumConfigurations: 40).run(from: [start], hamiltonian)
    #expect(result.configurations.count == 40)
    #expect(result.configurations[0] == start)
    let inside = Set(result.configurations)
    var couplings: [Configuration<UInt64>: Double] = [:]
    var energy = 0.0
    for (x, coefficient) in zip(result.configurations, result.coefficients) {
      for (y, other) in zip(result.configurations, result.coefficients) {
        energy += coefficient * other * hamiltonian.element(x, y)
      }
      var list = ConnectionList<UInt64>()
      hamiltonian.appendConnections(of: x, above: 0, to: &list)
      for (y, element) in zip(list.configurations, list.elements) where !inside.contains(y) {
        couplings[y, default: 0] += element * coefficient
      }
    }
    #expect(abs(energy - result.energy) < 1e-10)
    #expect(couplings.count == result.perturbers.count)
    var correction = 0.0
    for (y, amplitude) in zip(result.perturbers, result.amplitudes) {
      let coupling = try #require(couplings[y])
      let gap = hamiltonian.diagonalElement(y) - energy
      if gap > abs(coupling) {
        #expect(abs(amplitude + coupling / gap) < 1e-9)
        correction -= coupling * coupling / gap
      } else {
        // Lower eigenvalue of [[0, V], [V, Δ]] and its amplitude ratio.
        let lower = (gap - (gap * gap + 4 * coupling * coupling).squareRoot()) / 2
        #expect(abs(amplitude - lower / coupling) < 1e-9)
        correction += lower
      }
    }
    #expect(abs(result.secondOrderEnergy - correction) < 1e-9)
    // A larger space is lower, and no space is below the whole.
    let larger = try SelectedCI(maximumConfigurations: 100).run(from: [start], hamiltonian)
    #expect(larger.energy < result.energy)
  }

  @Test func partnersJoinTogether() throws {
    let integrals = randomIntegrals(orbitals: 6, alpha: 3, beta: 3, seed: 8)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    // An open-shell start: degenerate with its partner and not coupled to it.
    let start = Configuration<UInt64>(alpha: 0b001011, beta: 0b110001)
    for maximum in [2, 3, 30, 400] {
      let result = try SelectedCI(maximumConfigurations: maximum, keepsSpinFlips: true)
        .run(from: [start], hamiltonian)
      let inside = Set(result.configurations)
      #expect(result.configurations.allSatisfy { inside.contains($0.spinFlipped) })
      #expect(inside.count <= maximum && inside.count == result.configurations.count)
      let parity = try #require(result.spinFlipParity)
      #expect(abs(abs(parity) - 1) < 1e-9)
    }
    let closed = try SelectedCI(maximumConfigurations: 20).run(from: [start], hamiltonian)
    #expect(closed.spinFlipParity == nil)
  }

  /// Two rings that do not touch: the one of high diagonal elements has the lowest state, and no start
  /// vector but noise has a part of it.
  private struct Rings: Hamiltonian {
    let length: UInt64
    /// The diagonal and the hopping of the second ring; the first has 0 and 0.5.
    let second: (diagonal: Double, hopping: Double)

    func diagonalElement(_ x: Configuration<UInt64>) -> Double {
      (x.beta == 0 ? 0 : second.diagonal) + 1e-4 * Double(x.alpha)
    }

    func appendConnections(
      of x: Configuration<UInt64>, above cutoff: Double, to list: inout ConnectionList<UInt64>
    ) {
      for step in [1, length - 1] {
        list.append(
          Configuration(alpha: (x.alpha + step) % length, beta: x.beta),
          x.beta == 0 ? -0.5 : -second.hopping)
      }
    }
  }

  @Test(arguments: [100, 400] as [UInt64], [1.0, 0.56])
  func lowestStateOfAnotherSymmetryIsFound(_ length: UInt64, _ hopping: Double) throws {
    let rings = Rings(length: length, second: (0.1, hopping))
    let all = [0, 1].flatMap { ring in
      (0..<length).map { Configuration<UInt64>(alpha: $0, beta: ring) }
    }
    let exact = try LAPACK.eigenSymmetric(denseMatrix(rings, over: all), n: all.count)
    let result = try SelectedCI(maximumConfigurations: all.count).run(from: all, rings)
    // States of a ring are dense: the iteration may stop in sight of the lowest.
    #expect(abs(result.energy - exact.values[0]) < 1e-4)
    let weight = zip(result.configurations, result.coefficients).reduce(0) {
      $1.0.beta == 1 ? $0 + $1.1 * $1.1 : $0
    }
    #expect(weight > 1 - 1e-4)
  }

  @Test func repeats() throws {
    let integrals = randomIntegrals(orbitals: 7, alpha: 3, beta: 3, seed: 2)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let start = try #require(hamiltonian.referenceDeterminant())
    let selection = SelectedCI<UInt64>(maximumConfigurations: 200)
    let first = try selection.run(from: [start], hamiltonian)
    let second = try selection.run(from: [start], hamiltonian)
    #expect(first.configurations == second.configurations)
    #expect(first.coefficients == second.coefficients)
    #expect(first.amplitudes == second.amplitudes)
  }
}
