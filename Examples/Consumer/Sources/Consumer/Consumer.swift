import QuantumChemistryNQS

/// Solves the molecule of an FCIDUMP and prints its energy.
@main
struct Consumer {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      print("usage: Consumer FCIDUMP")
      return
    }
    let integrals = try IntegralFile.read(path: CommandLine.arguments[1]).integrals
    let run = try makeTrainingRun(
      .molecule(integrals, irrep: .automatic), settings: Settings())
    try run.prepare { _ in }
    while !run.isFinished { _ = try run.step() }
    print("ENERGY", try run.evaluate().energy)
  }
}
