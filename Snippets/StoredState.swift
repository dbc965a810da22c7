// log psi of a stored state, for configurations of one's own choice.
//
//     .build/release/StoredState [RESULT]

import QuantumChemistryNQS

/// Stores a short run, where no file is given.
func makeResult() throws -> String {
  let path = ".build/StoredState.nqs.h5"
  let integrals = try IntegralFile.read(path: "integrals/h2o_sto3g.fcidump").integrals
  let problem = Problem.molecule(integrals, irrep: .automatic)
  let run = try makeTrainingRun(problem, settings: Settings())
  try run.prepare { _ in }
  while !run.isFinished { _ = try run.step() }
  let record = RunRecord(
    provenance: .init(program: "StoredState", version: "1", libraries: [], input: nil),
    problem: problem, run: run, snapshot: run.snapshot(), final: try run.evaluate())
  try ResultFile.write(record, to: path)
  return path
}

let path = try CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : makeResult()

// snippet.show
let state = try TrainedState(readingFrom: path)
let configurations = [
  Configuration<UInt64>(alpha: 0b001_1111, beta: 0b001_1111),
  Configuration<UInt64>(alpha: 0b010_1111, beta: 0b010_1111),
  Configuration<UInt64>(alpha: 0b000_1111, beta: 0b001_1111),
]
let (logModulus, phase) = state.logAmplitudes(of: configurations)
// snippet.end

for (x, value) in zip(configurations, zip(logModulus, phase)) {
  print(x, value.0, value.1)
}
let irrep = state.sector.irrep.map(String.init) ?? "any"
print("irrep \(irrep), parity under spin flip \(state.sector.spinFlipParity)")
precondition(logModulus[0] > -0.05, "the reference determinant has nearly all of the weight")
precondition(logModulus[1].isFinite, "a double excitation has an amplitude")
precondition(logModulus[2] == -.infinity, "nine electrons are outside the sector")
