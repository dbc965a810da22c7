import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import LinearAlgebra
import Problems

/// The root of the repository.
private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// Reads a bundled file, for other electrons if asked.
func bundled(_ name: String, alpha: Int? = nil, beta: Int? = nil) throws -> MolecularIntegrals {
  let path = root.appendingPathComponent("integrals/\(name).fcidump").path
  var integrals = try IntegralFile.read(path: path).integrals
  integrals.alphaCount = alpha ?? integrals.alphaCount
  integrals.betaCount = beta ?? integrals.betaCount
  return integrals
}

/// Reads a file of this folder's `Reference`.
func reference(_ name: String) throws -> MolecularIntegrals {
  let path = root.appendingPathComponent("Tests/ProblemsTests/Reference/\(name).fcidump").path
  return try IntegralFile.read(path: path).integrals
}

/// A Hubbard model on a random graph with hopping of random strength and sign.
func randomCluster(
  sites: Int, alpha: Int, beta: Int, repulsion: Double, seed: UInt64
) -> MolecularIntegrals {
  var random = RandomSource(seed: seed)
  let pairs = MolecularIntegrals.pairCount(sites)
  var hopping = [Double](repeating: 0, count: pairs)
  for first in 0..<sites {
    for second in 0..<first where random.uniform() < 0.6 || second == first - 1 {
      hopping[MolecularIntegrals.pair(first, second)] = random.uniform() < 0.7 ? -1 : 0.6
    }
  }
  var interaction = [Double](repeating: 0, count: MolecularIntegrals.pairCount(pairs))
  for site in 0..<sites {
    let pair = MolecularIntegrals.pair(site, site)
    interaction[MolecularIntegrals.pair(pair, pair)] = repulsion
  }
  return MolecularIntegrals(
    orbitalCount: sites, alphaCount: alpha, betaCount: beta, coreEnergy: 0, oneBodyAlpha: hopping,
    twoBodyAlphaAlpha: interaction)
}

/// Compares all irreps, and both parities where there are any.
func compareSectors(
  _ integrals: MolecularIntegrals, settings: SectorComparison = SectorComparison()
) throws -> MolecularSectors? {
  let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
  let parities = integrals.alphaCount == integrals.betaCount ? [1, -1] : [0]
  let irreps: [UInt8?] =
    integrals.orbitalIrreps == nil ? [nil] : (0..<hamiltonian.irrepCount).map { UInt8($0) }
  let candidates = irreps.flatMap { irrep in
    parities.map { MolecularSector(irrep: irrep, spinFlipParity: $0) }
  }
  return try MolecularSectors.compare(
    candidates, of: hamiltonian, operation: hamiltonian, settings: settings)?.sectors
}

/// The matrix of an operator over configurations, from its rows and its diagonal.
func denseMatrix<H: Hamiltonian>(_ operation: H, over space: [Configuration<H.Word>]) -> [Double] {
  var number: [Configuration<H.Word>: Int] = [:]
  for (index, x) in space.enumerated() { number[x] = index }
  var matrix = [Double](repeating: 0, count: space.count * space.count)
  for (column, x) in space.enumerated() {
    matrix[column * space.count + column] = operation.diagonalElement(x)
    var row = ConnectionList<H.Word>()
    operation.appendConnections(of: x, above: 0, to: &row)
    for (y, element) in zip(row.configurations, row.elements) {
      if let place = number[y] { matrix[place * space.count + column] += element }
    }
  }
  return matrix
}
