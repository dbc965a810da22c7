import Configurations
import Foundation
import HDF5Files
import Hamiltonians
import Integrals
import Results
import Training

/// A run of a few steps, evaluated and stored in a file that is deleted with it.
final class StoredRun {
  let problem: Problem
  let record: RunRecord
  let path: String

  init(
    _ problem: Problem, steps: Int = 6, isFinal: Bool = true,
    _ change: (inout Settings) -> Void = { _ in }
  ) throws {
    var settings = Settings()
    settings.ansatz.width = 8
    settings.ansatz.heads = 2
    settings.ansatz.layers = 1
    settings.ansatz.feedForward = 12
    settings.ansatz.phaseHidden = [16]
    settings.convergence.steps = steps
    settings.evaluation.leading = 1000
    // BLAS has one number of threads for the whole process, and large steps of one run raise it.
    settings.sampling.maximumSamples = 400
    settings.threads = 2
    change(&settings)
    let run = try makeTrainingRun(problem, settings: settings)
    try run.prepare { _ in }
    while !run.isFinished { _ = try run.step() }
    self.problem = problem
    var final = isFinal ? try run.evaluate() : nil
    if isFinal, var result = final {
      run.addSelectedInteraction(to: &result) { _ in }
      final = result
    }
    record = RunRecord(
      provenance: .init(program: "ResultsTests", version: "1", libraries: ["none"], input: nil),
      problem: problem, run: run, snapshot: run.snapshot(),
      final: final)
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("qchem-nqs-\(UUID().uuidString).nqs.h5").path
    try ResultFile.write(record, to: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Water in STO-3G.
  static func water(
    irrep: IrrepChoice = .automatic, _ change: (inout Settings) -> Void = { _ in }
  ) throws -> StoredRun {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("integrals/h2o_sto3g.fcidump").path
    return try StoredRun(
      .molecule(try IntegralFile.read(path: path).integrals, irrep: irrep), change)
  }

  /// The Heisenberg model on 4 × 4 sites.
  static func square(_ change: (inout Settings) -> Void = { _ in }) throws -> StoredRun {
    try StoredRun(
      .lattice(
        LatticeModel(
          geometry: try LatticeGeometry(.square, size: "4x4"),
          interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1))), change)
  }

  /// The rows of `/samples`, as any reader of the file sees them.
  func samples() throws -> (
    configurations: [Configuration<UInt128>], logModulus: [Double], phase: [Double]
  ) {
    let group = try HDF5File(readingFrom: path).root.group("samples")
    func words(_ name: String) throws -> [UInt128] {
      let values = try group.read(UInt64.self, name).values
      return stride(from: 0, to: values.count, by: 2).map {
        UInt128(values[$0]) | UInt128(values[$0 + 1]) << 64
      }
    }
    return (
      zip(try words("alpha"), try words("beta")).map { Configuration(alpha: $0, beta: $1) },
      try group.read(Double.self, "log_modulus").values,
      try group.read(Double.self, "phase").values
    )
  }
}
