import Configurations
import ExactSolvers
import Hamiltonians
import Integrals

/// Slater–Condon matrix elements, and full configuration interaction, which is made of them.
let matrixElementTopic = Topic(name: "elements") {
  var cases: [Case] = []
  for name in ["n2_sto3g", "h2s_sto3g", "licl_sto3g", "h2o_631g"] {
    guard let molecule = Molecule(name) else { continue }
    cases += rowCases(molecule)
  }
  for name in ["n2_sto3g", "h12_chain_r18_sto6g"] {
    guard let molecule = Molecule(name) else { continue }
    cases += exactCases(molecule)
  }
  return cases
}

private func rowCases(_ molecule: Molecule) -> [Case] {
  let hamiltonian = molecule.hamiltonian
  let determinants = molecule.determinants(500)
  let count = Double(hamiltonian.connections(of: determinants).count)
  let few = Array(determinants.prefix(20))
  let all = molecule.space.allRepresentatives()
  let fewCount = Double(hamiltonian.connections(of: few).count)
  return [
    Case(name: "\(molecule.name): rows, one thread", units: count, unit: "elements") {
      var list = ConnectionList<UInt64>()
      return {
        for determinant in determinants {
          list.removeAll()
          hamiltonian.appendConnections(of: determinant, above: 0, to: &list)
        }
      }
    },
    Case(name: "\(molecule.name): rows, \(coreCount) threads", units: count, unit: "elements") {
      var table = ConnectionTable<UInt64>()
      return { hamiltonian.connections(of: determinants, into: &table) }
    },
    Case(
      name: "\(molecule.name): naive, every pair with the sector", units: fewCount,
      unit: "elements"
    ) {
      var sum = 0.0
      return {
        for x in few { for y in all { sum += hamiltonian.element(x, y) } }
        sink = sum
      }
    },
  ]
}

private func exactCases(_ molecule: Molecule) -> [Case] {
  do throws(EigensolverError) {
    let solver = try FullCI(molecule.integrals)
    let irrep = molecule.integrals.targetIrrep
    let result = try solver.solve(irrep: irrep)
    let products = Double(result.iterations)
    return [
      Case(
        name: "\(molecule.name): full CI, \(result.dimension) determinants, "
          + "\(result.iterations) iterations",
        units: Double(result.dimension) * products, unit: "rows"
      ) {
        { sink = (try? solver.solve(irrep: irrep).energies[0]) ?? 0 }
      }
    ]
  } catch {
    print("left out: \(error)")
    return []
  }
}

/// Takes results that would otherwise be optimised away.
nonisolated(unsafe) var sink = 0.0
