internal import Foundation
internal import HDF5Files
internal import Logging
internal import Results
internal import Training

/// A result file with a trained state, for commands that go on from it without training.
struct StateInput {
  /// The run.
  let record: RunRecord

  /// Reads a result file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - input: An integral file that has to be the state's; nil for none.
  ///   - command: The command, for messages.
  ///   - logger: Receives what the input's reader assumes.
  /// - Throws: ``ToolError`` where the file is no result, has no state, or is of another problem.
  init(reading path: String, input: String?, command: String, logger: Logger) throws {
    for (isOne, kind) in [
      (ClassicalResultFile.isOne(path), "classical spins"),
      (SpinResultFile.isOne(path), "Markov chains"),
    ] where isOne {
      throw ToolError(
        "\(path) is a result of \(kind), and '\(command)' takes those of autoregressive networks.")
    }
    do { record = try ResultFile.read(path) } catch { throw ToolError("\(error)") }
    guard record.snapshot.isPrepared, !record.snapshot.parameters.isEmpty else {
      throw ToolError(
        "\(path) has no state yet: its run was stopped before the first step. Go on by: qchem-nqs solve --resume "
          + "\(path)")
    }
    guard let input else { return }
    let molecule = try MoleculeInput.read(input, logger: logger)
    guard
      Problem.molecule(molecule.integrals, irrep: .automatic).digest == record.problem.givenDigest
    else {
      throw ToolError(
        "\(input) is not the problem of \(path), which is of \(record.problemName); leave it out, the result has its "
          + "own integrals.")
    }
  }
}
