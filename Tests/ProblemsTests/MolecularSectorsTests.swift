import Configurations
import ExactSolvers
import Hamiltonians
import Integrals
import Problems
import Testing

@Suite struct MolecularSectorsTests {
  /// A CI of 200 determinants takes both of these for states of odd spin.
  @Test(arguments: [
    ("hubbard_tri_4x2_u12_2a2b", -9.903994222399131, -9.808107146627592),
    ("hubbard_ring8_tp07_u12_3a3b", -7.058172155368678, -6.146788198282411),
  ])
  func frustratedClustersAreSinglets(_ name: String, _ even: Double, _ odd: Double) throws {
    let found = try #require(try compareSectors(reference(name)))
    #expect(found.comparison.isEstablished)
    #expect(found.chosen.spinFlipParity == 1 && found.established == found.chosen)
    #expect(found.comparison.best.twiceSpin == 0)
    // Bounds and estimates are on their sides of the exact levels.
    for (sector, exact) in zip(found.comparison.sectors, [even, odd]) {
      #expect(sector.energy > exact - 1e-8 && sector.lowerEstimate < exact + 1e-8)
    }
    #expect(found.comparison.upperBound > even - 1e-8)
  }

  struct Molecule: Sendable, CustomTestStringConvertible {
    var name: String
    var electrons: Int?
    /// Leaves out the irreps of the file, so that they are hidden symmetries.
    var hidesIrreps = false
    var testDescription: String { "\(name)\(hidesIrreps ? " without irreps" : "")" }
  }

  static let molecules: [Molecule] =
    [
      "n2_sto3g_r080", "n2_sto3g_r180", "n2_sto3g_r300", "c2_sto3g", "h2o_sto3g",
      "h8_chain_r36_sto6g",
    ]
    .map { Molecule(name: $0) } + [
      Molecule(name: "ch2_triplet_sto3g", electrons: 4), Molecule(name: "o2_sto3g", electrons: 8),
      Molecule(name: "n2_sto3g_r300", hidesIrreps: true),
      Molecule(name: "o2_sto3g", electrons: 8, hidesIrreps: true),
      Molecule(name: "c2_sto3g", hidesIrreps: true),
    ]

  /// The chosen sector has the exact ground state: irrep, parity and spin.
  @Test(arguments: molecules) func sectorIsThatOfFullCI(_ molecule: Molecule) throws {
    var integrals = try bundled(
      molecule.name, alpha: molecule.electrons, beta: molecule.electrons)
    let exact = try FullCI(integrals).solve(roots: 2)
    if molecule.hidesIrreps { integrals.orbitalIrreps = nil }
    let found = try #require(try compareSectors(integrals))
    let ground = exact.states[0]
    let spin = try #require(ground.spinSquared)
    #expect(found.comparison.isEstablished)
    if !molecule.hidesIrreps { #expect(found.chosen.irrep == ground.irrep) }
    let twice = Int(((1 + 4 * spin).squareRoot() - 1).rounded())
    #expect(found.chosen.spinFlipParity == (twice % 4 == 0 ? 1 : -1))
    #expect(found.comparison.best.twiceSpin == twice)
    #expect(found.comparison.upperBound > ground.energy - 1e-8)
    #expect(found.comparison.best.lowerEstimate < ground.energy + 1e-8)
    let margin = try #require(found.comparison.margin)
    #expect(margin > found.comparison.marginUncertainty)
  }

  /// Random frustrated clusters, with spaces so small that few are solved.
  @Test(arguments: 1...40) func randomClusters(_ seed: Int) throws {
    let electrons = 2 + seed % 3
    let sites = 6 + seed % 2
    let integrals = randomCluster(
      sites: sites, alpha: electrons, beta: electrons, repulsion: seed % 4 < 2 ? 4 : 12,
      seed: UInt64(seed))
    let exact = try FullCI(integrals).solve(roots: 3)
    let found = try #require(try compareSectors(integrals))
    #expect(found.comparison.upperBound > exact.energies[0] - 1e-8)
    #expect(found.comparison.best.lowerEstimate < exact.energies[0] + 1e-8)
    // The ground level's parities; those that are imposed are among them.
    let parities = try exact.states.filter { $0.energy < exact.energies[0] + 1e-6 }.map {
      let twice = Int(((1 + 4 * (try #require($0.spinSquared))).squareRoot() - 1).rounded())
      return twice % 4 == 0 ? 1 : -1
    }
    let imposed = found.established.spinFlipParity
    #expect(imposed == 0 || parities.contains(imposed))
    #expect(found.comparison.isEstablished)
  }

  /// Without room to decide, both sectors stay, nothing is imposed and the log says so.
  @Test func closeSectorsAreKept() throws {
    let integrals = try bundled("n2_sto3g_r300")
    let found = try #require(
      try compareSectors(integrals, settings: SectorComparison(elementBudget: 0)))
    #expect(!found.comparison.isEstablished)
    #expect(found.close.count > 1 && found.close[0] == found.chosen)
    #expect(found.established == MolecularSector(irrep: nil, spinFlipParity: 0))
    #expect(found.messages.count == 1)
    #expect(found.messages[0].hasPrefix("warning: symmetry not established: irrep "))
    #expect(found.messages[0].hasSuffix("; nothing is imposed"))
  }

  /// The components of a Π state have one energy: either is imposed, and neither counts as a rival.
  @Test func degenerateIrrepsAreNoRivals() throws {
    let integrals = try bundled("oh_sto3g")
    let found = try #require(try compareSectors(integrals))
    #expect(found.comparison.isEstablished)
    #expect([1, 2].contains(found.chosen.irrep))
    let energies = [1, 2].map { found.comparison.sectors[$0].energy }
    #expect(abs(energies[0] - energies[1]) < 1e-8)
  }

  @Test func emptySectorsAreLeftOut() throws {
    var integrals = try bundled("h2_sto3g")
    integrals.alphaCount = 1
    integrals.betaCount = 0
    let found = try #require(try compareSectors(integrals))
    #expect(found.candidates.count == 8)
    #expect(found.comparison.sectors.count { $0.configurationCount == 0 } == 6)
    #expect(found.comparison.isEstablished && found.chosen.irrep == 0)
    integrals.alphaCount = 2
    integrals.betaCount = 2
    let odd = MolecularSector(irrep: nil, spinFlipParity: -1)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    #expect(try MolecularSectors.compare([odd], of: hamiltonian, operation: hamiltonian) == nil)
  }

  @Test func repeats() throws {
    let integrals = try reference("hubbard_ring8_tp07_u12_3a3b")
    let first = try #require(try compareSectors(integrals))
    let second = try #require(try compareSectors(integrals))
    // To the last bit where nothing else runs: the threads of BLAS, which other tests set, are shared.
    #expect(first.chosen == second.chosen && first.close == second.close)
    #expect(first.comparison.elementCount == second.comparison.elementCount)
    for (one, other) in zip(first.comparison.sectors, second.comparison.sectors) {
      #expect(one.configurationCount == other.configurationCount)
      #expect(abs(one.energy - other.energy) < 1e-10)
    }
  }
}
