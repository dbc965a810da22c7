import Configurations
import ExactSolvers
import Hamiltonians
import Testing

/// The agreement that is asked of exact energies, in units of the coupling.
private let energyTolerance = 1e-9

@Suite("Exact diagonalisation of lattices")
struct LatticeExactDiagonalizationTests {
  /// The lattice that the library builds for a reference, where it has one.
  private static let built: [(name: String, make: @Sendable () throws -> SpinHamiltonian<UInt64>)] =
    [
      ("heisenberg_chain_obc_n10", { try heisenberg(.chain, "10", .open) }),
      ("heisenberg_chain_obc_n16", { try heisenberg(.chain, "16", .open) }),
      ("heisenberg_chain_pbc_n4", { try heisenberg(.chain, "4") }),
      ("heisenberg_chain_pbc_n6", { try heisenberg(.chain, "6") }),
      ("heisenberg_chain_pbc_n8", { try heisenberg(.chain, "8") }),
      ("heisenberg_chain_pbc_n10", { try heisenberg(.chain, "10") }),
      ("heisenberg_chain_pbc_n12", { try heisenberg(.chain, "12") }),
      ("heisenberg_chain_pbc_n16", { try heisenberg(.chain, "16") }),
      ("heisenberg_chain_pbc_n20", { try heisenberg(.chain, "20") }),
      ("j1j2_square_4x4_j2_0p00", { try heisenberg(.square, "4x4") }),
      ("j1j2_square_4x4_j2_0p20", { try heisenberg(.square, "4x4", j2: 0.2) }),
      ("j1j2_square_4x4_j2_0p40", { try heisenberg(.square, "4x4", j2: 0.4) }),
      ("j1j2_square_4x4_j2_0p50", { try heisenberg(.square, "4x4", j2: 0.5) }),
      ("j1j2_square_4x4_j2_0p55", { try heisenberg(.square, "4x4", j2: 0.55) }),
      ("j1j2_square_4x4_j2_0p60", { try heisenberg(.square, "4x4", j2: 0.6) }),
      ("j1j2_square_4x4_j2_1p00", { try heisenberg(.square, "4x4", j2: 1) }),
      ("kagome_2x2_12sites_pbc", { try heisenberg(.kagome, "2x2") }),
      ("triangular_3x4_pbc", { try heisenberg(.triangular, "3x4") }),
      ("triangular_4x4_pbc", { try heisenberg(.triangular, "4x4") }),
      ("triangular_6x4_pbc", { try heisenberg(.triangular, "6x4") }),
      ("xxz_chain_pbc_n12_delta0p5", { try heisenberg(.chain, "12", anisotropy: 0.5) }),
      ("xxz_chain_pbc_n12_delta2p0", { try heisenberg(.chain, "12", anisotropy: 2) }),
      ("tfim_chain_pbc_n10_h0p5", { try ising(.chain, "10", field: 0.5) }),
      ("tfim_chain_pbc_n10_h1p0", { try ising(.chain, "10", field: 1) }),
      ("tfim_chain_pbc_n10_h1p5", { try ising(.chain, "10", field: 1.5) }),
      ("tfim_chain_pbc_n16_h0p5", { try ising(.chain, "16", field: 0.5) }),
      ("tfim_chain_pbc_n16_h1p0", { try ising(.chain, "16", field: 1) }),
      ("tfim_chain_pbc_n16_h1p5", { try ising(.chain, "16", field: 1.5) }),
      ("tfim_square_3x3_h3p044", { try ising(.square, "3x3", field: 3.044) }),
      ("tfim_square_4x4_h3p044", { try ising(.square, "4x4", field: 3.044) }),
    ]

  private static func heisenberg(
    _ cell: LatticeUnitCell, _ size: String, _ boundary: LatticeGeometry.Boundary = .periodic,
    j2: Double = 0, anisotropy: Double = 1
  ) throws -> SpinHamiltonian<UInt64> {
    try .heisenberg(
      on: LatticeGeometry(cell, size: size, boundary: boundary), j2: j2, anisotropy: anisotropy)
  }

  private static func ising(
    _ cell: LatticeUnitCell, _ size: String, field: Double
  ) throws -> SpinHamiltonian<UInt64> {
    try .ising(on: LatticeGeometry(cell, size: size), field: field)
  }

  @Test("Built lattices have exactly the reference's bonds")
  func bonds() throws {
    let references = try LatticeReference.all()
    #expect(Set(references.map(\.name)) == Set(Self.built.map(\.name)))
    var random = RandomSource(seed: 21)
    for (name, make) in Self.built {
      let expected = try LatticeReference.named(name).hamiltonian()
      let hamiltonian = try make()
      #expect(hamiltonian.siteCount == expected.siteCount)
      for _ in 0..<20 {
        let mask = (1 as UInt64) << UInt64(hamiltonian.siteCount) - 1
        let state = Configuration<UInt64>(alpha: random.next() & mask)
        let difference = hamiltonian.diagonalElement(state) - expected.diagonalElement(state)
        #expect(abs(difference) < 1e-12)
        #expect(row(hamiltonian, state) == row(expected, state), "\(name)")
      }
    }
  }

  @Test("Lowest levels of every reference lattice up to 20 sites")
  func levels() throws {
    for (name, make) in Self.built {
      let reference = try LatticeReference.named(name)
      if reference.sites > 20 { continue }
      let hamiltonian = try make()
      // Only multiplets of the total spin reach Sᶻ = 0, so anisotropic chains need the whole space.
      let sector = reference.anisotropy == 1 ? reference.sites / 2 : nil
      let exact = try LatticeExactDiagonalization(hamiltonian, upCount: sector)
      let result = try exact.solve(levels: reference.sites >= 16 ? 2 : 4)
      #expect(abs(result.energies[0] - reference.ground) < energyTolerance, "\(name)")
      // A level occurs in the sector at least once, and at most as often as in the whole space.
      var level = 0
      var copies = 0
      for energy in result.energies {
        if copies > 0, abs(energy - reference.levels[level].energy) > 1e-7 {
          level += 1
          copies = 0
        }
        try #require(level < reference.levels.count, "\(name)")
        #expect(abs(energy - reference.levels[level].energy) < energyTolerance, "\(name)")
        copies += 1
        #expect(copies <= reference.levels[level].degeneracy, "\(name)")
      }
    }
  }

  @Test("The whole space shows every copy of a degenerate level")
  func degeneracy() throws {
    for name in ["heisenberg_chain_pbc_n6", "heisenberg_chain_pbc_n10", "tfim_square_3x3_h3p044"] {
      let reference = try LatticeReference.named(name)
      let levels = reference.levels.prefix(4)
      let count = levels.reduce(0) { $0 + $1.degeneracy }
      let exact = try LatticeExactDiagonalization(reference.hamiltonian(), upCount: nil)
      let expected = levels.flatMap { [Double](repeating: $0.energy, count: $0.degeneracy) }
      let energies = try exact.solve(levels: count).energies
      for (energy, reference) in zip(energies, expected) {
        #expect(abs(energy - reference) < energyTolerance, "\(name)")
      }
    }
  }

  @Test("The transverse-field Ising chain at its critical point: E = −2 / sin(π / 2N)")
  func criticalChain() throws {
    for sites in [3, 5, 8, 12] {
      let chain = try LatticeGeometry(.chain, size: "\(sites)")
      let exact = try LatticeExactDiagonalization(.ising(on: chain, field: 1), upCount: nil)
      #expect(exact.dimension == 1 << sites)
      let expected = -2 / sine(Double.pi / Double(2 * sites))
      #expect(abs(try exact.solve().energies[0] - expected) < energyTolerance)
    }
  }

  @Test("The Majumdar–Ghosh chain has two singlet ground states of energy −3N/8")
  func majumdarGhosh() throws {
    let chain = try LatticeGeometry(.chain, size: "12")
    let exact = try LatticeExactDiagonalization(.heisenberg(on: chain, j2: 0.5), upCount: 6)
    let result = try exact.solve(levels: 3)
    #expect(abs(result.energies[0] + 4.5) < energyTolerance)
    #expect(abs(result.energies[1] + 4.5) < energyTolerance)
    #expect(result.energies[2] > -4.5 + 0.1)
    let spin = try #require(result.spinSquared)
    #expect(abs(spin[0]) < 1e-7)
    #expect(abs(spin[1]) < 1e-7)
  }

  @Test("⟨S²⟩ of the lowest singlet and triplet; the triplet is the ground state of Sᶻ = 1")
  func spin() throws {
    let reference = try LatticeReference.named("heisenberg_chain_pbc_n12")
    let balanced = try LatticeExactDiagonalization(reference.hamiltonian(), upCount: 6)
    let result = try balanced.solve(levels: 2)
    let spin = try #require(result.spinSquared)
    #expect(abs(spin[0]) < 1e-7)
    #expect(abs(spin[1] - 2) < 1e-7)
    let polarized = try LatticeExactDiagonalization(reference.hamiltonian(), upCount: 7)
    let triplet = try polarized.solve().energies[0]
    #expect(abs(triplet - result.energies[1]) < energyTolerance)
    let ising = try LatticeExactDiagonalization(
      LatticeReference.named("tfim_chain_pbc_n10_h1p0").hamiltonian(), upCount: nil)
    #expect(try ising.solve().spinSquared == nil)
  }

  @Test("Turning all spins over gives a state of spin S the sign (−1)^(N/2 − S)")
  func spinFlip() throws {
    for sites in [4, 6, 8, 10] {
      let chain = try LatticeGeometry(.chain, size: "\(sites)")
      let exact = try LatticeExactDiagonalization(.heisenberg(on: chain), upCount: sites / 2)
      let result = try exact.solve(levels: 2)
      for (spin, state) in zip(try #require(result.spinSquared), result.states) {
        let isTriplet = spin > 1
        let parity: Double = (sites / 2 - (isTriplet ? 1 : 0)) % 2 == 0 ? 1 : -1
        let mask = ((1 as UInt64) << UInt64(sites)) - 1
        for index in 0..<exact.dimension {
          let flipped = exact.basis.index(of: ~exact.basis.spins(at: index) & mask)
          #expect(abs(state[flipped] - parity * state[index]) < 1e-8)
        }
      }
    }
  }

  @Test("States are eigenvectors of the rows that the Hamiltonian lists")
  func eigenvectors() throws {
    for (name, upCount) in [
      ("xxz_chain_pbc_n12_delta0p5", 5), ("heisenberg_chain_pbc_n6", nil),
      ("tfim_square_3x3_h3p044", nil), ("kagome_2x2_12sites_pbc", 6),
    ] as [(String, Int?)] {
      let hamiltonian = try LatticeReference.named(name).hamiltonian()
      let exact = try LatticeExactDiagonalization(hamiltonian, upCount: upCount)
      let result = try exact.solve(levels: 3)
      for (energy, state) in zip(result.energies, result.states) {
        var squared = 0.0
        for index in 0..<exact.dimension {
          let spins = Configuration<UInt64>(alpha: exact.basis.spins(at: index))
          var sum = (hamiltonian.diagonalElement(spins) - energy) * state[index]
          for (other, element) in row(hamiltonian, spins) {
            sum += element * state[exact.basis.index(of: other)]
          }
          squared += sum * sum
        }
        #expect(squared.squareRoot() < 1e-7, "\(name)")
        #expect(abs(state.reduce(0) { $0 + $1 * $1 } - 1) < 1e-12)
      }
    }
  }

  @Test("The numbering of a sector is ascending, complete and inverted by its index")
  func basis() throws {
    for (sites, up) in [(1, 0), (1, 1), (2, 1), (7, 3), (8, 4), (11, 2), (9, 9), (5, nil)]
      as [(Int, Int?)]
    {
      let basis = try LatticeBasis(siteCount: sites, upCount: up)
      let expected = (0..<(1 as UInt64) << UInt64(sites)).filter {
        up == nil || $0.nonzeroBitCount == up
      }
      #expect(basis.dimension == expected.count)
      #expect((0..<basis.dimension).map(basis.spins(at:)) == expected)
      #expect(expected.map(basis.index(of:)) == Array(0..<basis.dimension))
    }
  }

  @Test("The smallest spaces: one site, one state, more levels than states")
  func smallSpaces() throws {
    let single = try SpinHamiltonian<UInt64>(siteCount: 1, couplings: [], field: [-0.7])
    let spin = try LatticeExactDiagonalization(single, upCount: nil).solve(levels: 5)
    #expect(spin.energies.count == 2)
    #expect(abs(spin.energies[0] + 0.7) < 1e-13 && abs(spin.energies[1] - 0.7) < 1e-13)
    let chain = try LatticeGeometry(.chain, size: "6", boundary: .open)
    let polarized = try LatticeExactDiagonalization(.heisenberg(on: chain), upCount: 6).solve()
    #expect(polarized.energies == [1.25])
    let pair = try LatticeGeometry(.chain, size: "2", boundary: .open)
    let levels = try LatticeExactDiagonalization(.heisenberg(on: pair), upCount: 1).solve(levels: 3)
    #expect(abs(levels.energies[0] + 0.75) < 1e-13 && abs(levels.energies[1] - 0.25) < 1e-13)
  }

  @Test("Results repeat, and depend on the memory limit only within the tolerance")
  func reproducibility() throws {
    let reference = try LatticeReference.named("j1j2_square_4x4_j2_0p50")
    let exact = try LatticeExactDiagonalization(reference.hamiltonian(), upCount: 8)
    let first = try exact.solve(levels: 3)
    let second = try exact.solve(levels: 3)
    #expect(first.energies == second.energies)
    #expect(first.states == second.states)
    let narrow = try exact.solve(levels: 3, memoryLimit: exact.memoryEstimate(levels: 3))
    for (energy, other) in zip(narrow.energies, first.energies) {
      #expect(abs(energy - other) < energyTolerance)
    }
  }

  @Test("Spaces that are too large, empty or not conserved are refused")
  func refusals() throws {
    let chain = try LatticeGeometry(.chain, size: "16")
    let exact = try LatticeExactDiagonalization(.heisenberg(on: chain), upCount: 8)
    expectError(.tooLarge) { _ = try exact.solve(memoryLimit: 1 << 20) }
    expectError(.invalidSector) {
      _ = try LatticeExactDiagonalization(.heisenberg(on: chain), upCount: 17)
    }
    expectError(.invalidSector) {
      _ = try LatticeExactDiagonalization(.ising(on: chain, field: 1), upCount: 8)
    }
    let large = try LatticeGeometry(.square, size: "7x7")
    expectError(.tooLarge) {
      _ = try LatticeExactDiagonalization(.heisenberg(on: large), upCount: 24)
    }
    let medium = try LatticeGeometry(.square, size: "6x6")
    expectError(.tooLarge) {
      _ = try LatticeExactDiagonalization(.heisenberg(on: medium), upCount: 18).solve()
    }
  }

  private func expectError(_ code: EigensolverError.Code, from body: () throws -> Void) {
    let error = #expect(throws: EigensolverError.self) { try body() }
    #expect(error?.code == code)
  }

  private func row(
    _ hamiltonian: SpinHamiltonian<UInt64>, _ state: Configuration<UInt64>
  ) -> [UInt64: Double] {
    var list = ConnectionList<UInt64>()
    hamiltonian.appendConnections(of: state, above: 0, to: &list)
    return Dictionary(
      zip(list.configurations.map(\.alpha), list.elements), uniquingKeysWith: { $0 + $1 })
  }

  /// The sine by its Taylor series, good to rounding for small arguments.
  private func sine(_ angle: Double) -> Double {
    var term = angle
    var sum = angle
    for order in stride(from: 2.0, to: 30, by: 2) {
      term *= -angle * angle / (order * (order + 1))
      sum += term
    }
    return sum
  }
}
