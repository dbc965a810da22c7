// Solves water in STO-3G, compares it with full CI and stores the result.
//
//     .build/release/SolveMolecule [FCIDUMP [RESULT]]

import QuantumChemistryNQS

let arguments = CommandLine.arguments
let input = arguments.count > 1 ? arguments[1] : "integrals/h2o_sto3g.fcidump"
let output = arguments.count > 2 ? arguments[2] : ".build/SolveMolecule.nqs.h5"

let integrals = try IntegralFile.read(path: input).integrals
let problem = Problem.molecule(integrals, irrep: .automatic)

let run = try makeTrainingRun(problem, settings: Settings())
try run.prepare { print($0) }
while !run.isFinished { _ = try run.step() }
run.settle()
let final = try run.evaluate()
print("energy \(final.energy) +/- \(final.error) Eh after \(run.trace.count) steps")

let exact = try FullCI(integrals).solve().energies[0]
print("full CI \(exact) Eh")
precondition(abs(final.energy - exact) < 1e-4, "more than 0.1 millihartree from full CI")

let provenance = RunRecord.Provenance(
  program: "SolveMolecule", version: "1", libraries: [], input: input)
let record = RunRecord(
  provenance: provenance, problem: problem, run: run, snapshot: run.snapshot(), final: final)
try ResultFile.write(record, to: output)
let stored = try ResultFile.read(output)
precondition(stored.final?.energy == final.energy, "the file holds another result")
