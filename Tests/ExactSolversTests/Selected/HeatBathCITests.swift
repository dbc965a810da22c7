import Configurations
import ExactSolvers
import Hamiltonians
import Integrals
import LinearAlgebra
import Parallelism
import Testing

/// One system for the oracles of selected CI.
struct SelectedCase: Sendable, CustomTestStringConvertible {
  let name: String
  let parity: Int
  var testDescription: String { "\(name), parity \(parity)" }

  /// Closed and open shells, irreps or none, unrestricted orbitals, a lattice.
  static let all = [
    SelectedCase(name: "n2_sto3g", parity: 1), SelectedCase(name: "n2_sto3g", parity: 0),
    SelectedCase(name: "h6_chain_r18_sto6g", parity: 1),
    SelectedCase(name: "h4_square_sto3g", parity: 1),
    SelectedCase(name: "h8_chain_r18_sto6g", parity: -1),
    SelectedCase(name: "ch2_triplet_sto3g", parity: 0), SelectedCase(name: "oh_sto3g", parity: 0),
    SelectedCase(name: "oh_uhf_sto3g", parity: 0),
    SelectedCase(name: "hubbard_1d_l6_u4", parity: 0),
  ]

  func hamiltonian() throws -> MolecularHamiltonian<UInt64> {
    MolecularHamiltonian(try MoleculeReference.integrals(name))
  }

  /// A start with an amplitude in the sector.
  func start(_ hamiltonian: MolecularHamiltonian<UInt64>) throws -> Configuration<UInt64> {
    let reference = try #require(hamiltonian.referenceDeterminant())
    if parity >= 0 { return reference }
    // One electron up, the irrep kept: odd states have no closed shells.
    var row = ConnectionList<UInt64>()
    hamiltonian.appendConnections(of: reference, above: 0, to: &row)
    return try #require(row.configurations.first { $0.alpha != $0.beta })
  }
}

/// Every determinant that a selection's vector stands for, with its coefficient.
func expanded(
  _ configurations: [Configuration<UInt64>], _ coefficients: [Double], parity: Int
) -> [(configuration: Configuration<UInt64>, coefficient: Double)] {
  zip(configurations, coefficients).flatMap { x, coefficient in
    parity == 0 || x.alpha == x.beta
      ? [(x, coefficient)]
      : [
        (x, coefficient * 0.5.squareRoot()),
        (x.spinFlipped, Double(parity) * coefficient * 0.5.squareRoot()),
      ]
  }
}

/// Second order by loops over whole rows and a dictionary.
func bruteForceSecondOrder(
  _ hamiltonian: MolecularHamiltonian<UInt64>,
  _ vector: [(configuration: Configuration<UInt64>, coefficient: Double)], energy: Double
) -> Double {
  let inside = Set(vector.map(\.configuration))
  var couplings: [Configuration<UInt64>: Double] = [:]
  for (x, coefficient) in vector {
    var row = ConnectionList<UInt64>()
    hamiltonian.appendConnections(of: x, above: 0, to: &row)
    for (y, element) in zip(row.configurations, row.elements) where !inside.contains(y) {
      couplings[y, default: 0] += element * coefficient
    }
  }
  var sum = 0.0
  for y in couplings.keys.sorted(by: { ($0.alpha, $0.beta) < ($1.alpha, $1.beta) }) {
    let coupling = couplings[y] ?? 0
    // What symmetry forbids is rounding here, which a lower determinant would turn into an energy.
    if abs(coupling) < 1e-12 { continue }
    let gap = hamiltonian.diagonalElement(y) - energy
    sum +=
      gap > abs(coupling)
      ? -coupling * coupling / gap
      : (gap - (gap * gap + 4 * coupling * coupling).squareRoot()) / 2
  }
  return sum
}

@Suite struct HeatBathCITests {
  /// The energy of a vector with a residual of 5e-6 is better than this.
  let tolerance = 1e-9

  @Test(arguments: SelectedCase.all)
  func spaceAndSecondOrderAgreeWithOracles(_ system: SelectedCase) throws {
    let hamiltonian = try system.hamiltonian()
    let result = try HeatBathCI(size: 60, threshold: 0).solve(
      hamiltonian, from: [system.start(hamiltonian)], spinFlipParity: system.parity)
    let vector = expanded(result.configurations, result.coefficients, parity: system.parity)
    let last = try #require(result.stages.last)
    #expect(last.dimension == vector.count)
    #expect(abs(vector.reduce(0) { $0 + $1.coefficient * $1.coefficient } - 1) < 1e-12)
    // Every element of the space: H c = E c by the rules of Slater and Condon.
    var energy = 0.0
    for (x, coefficient) in vector {
      let image = vector.reduce(0) {
        $0 + hamiltonian.element(x, $1.configuration) * $1.coefficient
      }
      energy += coefficient * image
      #expect(abs(image - last.energy * coefficient) < 1e-5)
    }
    #expect(abs(energy - last.energy) < tolerance)
    // No lower state of the parity in the space.
    let size = vector.count
    var dense = [Double](repeating: 0, count: size * size)
    for (row, x) in vector.enumerated() {
      for (column, y) in vector.enumerated() {
        dense[row * size + column] = hamiltonian.element(x.configuration, y.configuration)
      }
    }
    let (values, _) = try LAPACK.eigenSymmetric(dense, n: size)
    #expect(last.energy > values[0] - tolerance)
    if system.parity >= 0 { #expect(last.energy < values[0] + tolerance) }
    let second = bruteForceSecondOrder(hamiltonian, vector, energy: last.energy)
    #expect(abs(second - last.secondOrderEnergy) < 1e-9 * max(1, abs(second)))
    #expect(last.secondOrderError == 0)
    #expect(zip(result.stages, result.stages.dropFirst()).allSatisfy { $1.energy <= $0.energy })
  }

  @Test(arguments: SelectedCase.all)
  func wholeSpaceIsFullCI(_ system: SelectedCase) throws {
    let hamiltonian = try system.hamiltonian()
    let integrals = try MoleculeReference.integrals(system.name)
    let start = try system.start(hamiltonian)
    let irrep = integrals.orbitalIrreps == nil ? nil : hamiltonian.irrep(of: start)
    let exact = try FullCI(integrals).solve(roots: 4, irrep: irrep)
    let result = try HeatBathCI(size: 20_000).solve(
      hamiltonian, from: [start], spinFlipParity: system.parity)
    let last = try #require(result.stages.last)
    // Odd under spin flip: the lowest triplet.
    let state = try #require(
      system.parity < 0
        ? exact.states.first { abs(($0.spinSquared ?? 0) - 2) < 1e-4 } : exact.states.first)
    #expect(abs(last.energy - state.energy) < tolerance)
    #expect(abs(last.secondOrderEnergy) < 1e-9)
    let extrapolation = try #require(result.extrapolation)
    #expect(abs(extrapolation.energy - state.energy) <= extrapolation.error)
    #expect((result.spinSquared == nil) == integrals.isUnrestricted)
    if let spin = result.spinSquared, let expected = state.spinSquared {
      #expect(abs(spin - expected) < 1e-5)
    }
  }

  @Test func threadsAndWordsDoNotMatter() throws {
    let integrals = try MoleculeReference.integrals("n2_sto3g_r300")
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let start = try #require(hamiltonian.referenceDeterminant())
    func stages(_ threads: Int) throws -> [HeatBathCI.Stage] {
      try HeatBathCI(size: 500, execution: Execution(threads: threads)).solve(
        hamiltonian, from: [start], spinFlipParity: 1
      ).stages
    }
    let one = try stages(1)
    #expect(try stages(2) == one)
    #expect(try stages(5) == one)
    let wide = MolecularHamiltonian<UInt128>(integrals)
    let other = try HeatBathCI(size: 500).solve(
      wide, from: [try #require(wide.referenceDeterminant())], spinFlipParity: 1
    ).stages
    #expect(other.map(\.dimension) == one.map(\.dimension))
    for (first, second) in zip(one, other) {
      #expect(abs(first.energy - second.energy) < tolerance)
      #expect(abs(first.secondOrderEnergy - second.secondOrderEnergy) < tolerance)
    }
  }

  /// Rows that do not fit are stored in Float32 or computed anew.
  @Test func littleMemoryChangesRoundingOnly() throws {
    let hamiltonian = MolecularHamiltonian<UInt64>(
      try MoleculeReference.integrals("h8_chain_r18_sto6g"))
    let start = try #require(hamiltonian.referenceDeterminant())
    let finder = [true, false].map { stored in
      Result {
        try HeatBathCI(
          size: 3000, memoryLimit: stored ? 8 << 30 : 22 << 20
        ).solve(hamiltonian, from: [start], spinFlipParity: 0)
      }
    }
    let large = try finder[0].get()
    let small = try finder[1].get()
    #expect(abs((large.stages.last?.energy ?? 0) - (small.stages.last?.energy ?? 1)) < 1e-7)
  }

  @Test func startsAreRankedByTheirWeights() throws {
    let hamiltonian = MolecularHamiltonian<UInt64>(try MoleculeReference.integrals("n2_sto3g"))
    let start = try #require(hamiltonian.referenceDeterminant())
    let whole = try HeatBathCI(size: 200).solve(hamiltonian, from: [start])
    let best = try HeatBathCI(size: 20).solve(
      hamiltonian, from: whole.configurations.reversed(),
      weights: whole.coefficients.reversed().map { $0 * $0 })
    #expect(best.stages.count == 1 && best.configurations.count == 20)
    let kept = Set(best.configurations)
    let order = whole.coefficients.indices.sorted {
      abs(whole.coefficients[$0]) > abs(whole.coefficients[$1])
    }
    #expect(order.prefix(18).allSatisfy { kept.contains(whole.configurations[$0]) })
  }

  @Test func thresholdEndsTheGrowth() throws {
    let hamiltonian = MolecularHamiltonian<UInt64>(try MoleculeReference.integrals("n2_sto3g"))
    let start = try #require(hamiltonian.referenceDeterminant())
    let loose = try HeatBathCI(size: 10_000, selectionThreshold: 1e-3).solve(
      hamiltonian, from: [start], spinFlipParity: 1)
    let tight = try HeatBathCI(size: 10_000, selectionThreshold: 1e-4).solve(
      hamiltonian, from: [start], spinFlipParity: 1)
    let few = try #require(loose.stages.last)
    let many = try #require(tight.stages.last)
    #expect(few.dimension < many.dimension && many.dimension < 1800)
    #expect(few.energy > many.energy)
    #expect(abs(few.energy + few.secondOrderEnergy - many.energy) < 1e-4)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let hamiltonian = MolecularHamiltonian<UInt64>(try MoleculeReference.integrals("oh_uhf_sto3g"))
    let start = try #require(hamiltonian.referenceDeterminant())
    let large = try #require(throws: EigensolverError.self) {
      _ = try HeatBathCI(size: 1_000_000, memoryLimit: 100 << 20).solve(hamiltonian, from: [start])
    }
    #expect(large.code == .tooLarge && large.description.contains("1000000 determinants"))
    let parity = try #require(throws: EigensolverError.self) {
      _ = try HeatBathCI(size: 10).solve(hamiltonian, from: [start], spinFlipParity: 1)
    }
    #expect(parity.code == .invalidSector)
  }
}
