// Solves the Heisenberg model on a 4 x 4 lattice with its symmetries imposed.

import QuantumChemistryNQS

let geometry = try LatticeGeometry(.square, size: "4x4")
let model = LatticeModel(
  geometry: geometry, interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1))

let run = try makeTrainingRun(.lattice(model), settings: Settings())
try run.prepare { print($0) }
while !run.isFinished { _ = try run.step() }
run.settle()
let final = try run.evaluate()
print("\(Int(run.sectorDimension)) representatives, energy per site \(final.energy / 16) J")

// Exact diagonalisation of all 12,870 strings with as many spins up as down.
let exact = try LatticeExactDiagonalization(
  model.makeHamiltonian(UInt64.self), upCount: model.upCount
).solve(levels: 1).energies[0]
precondition(run.sectorDimension < 12870, "no symmetry was imposed")
precondition(abs(final.energy - exact) < 1e-5 * abs(exact), "not the ground state")
