import Configurations
import Foundation
import ExactSolvers
import Hamiltonians
import Integrals
import LinearAlgebra
import Problems
import Testing

@Suite struct Probe {
  @Test func probe() throws {
    BLAS.setThreadCount(1)
    let names = ProcessInfo.processInfo.environment["PROBE"] ?? "h2o_sto3g"
    for name in names.split(separator: ",") {
      let integrals = try IntegralFile.read(path: "/work/shared/integrals/\(name).fcidump").integrals
      let start = ContinuousClock.now
      let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
      let parities = integrals.alphaCount == integrals.betaCount && !integrals.isUnrestricted ? [1, -1] : [0]
      let irreps: [UInt8?] = integrals.orbitalIrreps == nil ? [nil] : (0..<hamiltonian.irrepCount).map { UInt8($0) }
      let made = ContinuousClock.now
      let found = try MolecularSectors.compare(irreps.flatMap { i in parities.map { MolecularSector(irrep: i, spinFlipParity: $0) } }, of: hamiltonian, operation: hamiltonian)?.sectors
      let end = ContinuousClock.now
      print("==", name, "tables", made - start, "comparison", end - made, "elements", found?.comparison.elementCount ?? 0)
      for s in found?.comparison.sectors ?? [] { print("   ", s, "lower", s.lowerEstimate, "dim", s.dimension) }
      print("   ", found?.messages ?? [])
    }
  }
}
