internal import ArgumentParser
internal import Configurations
internal import ExactSolvers
internal import Foundation
internal import HDF5Files
internal import Integrals
internal import Logging
internal import Parallelism
internal import Results
internal import Training

/// Where `exact` writes density matrices.
struct ExactOutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: """
      Write density matrices and observables of a molecule's lowest state to this HDF5 file; an earlier one is kept as \
      FILE.~1~.
      """)
  var output: String?

  @Flag(help: "Do not keep an earlier file of the output's name.")
  var overwrite = false

  func validate() throws {
    if overwrite && output == nil {
      throw ValidationError("--overwrite belongs to --output; add it, or leave --overwrite out.")
    }
  }
}

/// Density matrices and observables of an exact vector on their way to a file.
struct ExactOutput {
  let molecule: MoleculeInput
  let file: OutputFile
  /// The most memory to use, in bytes.
  let memory: Int
  let threads: Int
  let logger: Logger

  /// Checks the file, and that the matrices can be held.
  ///
  /// - Throws: ``ToolError`` where the file cannot be written or the memory is too small.
  init(
    _ path: String, _ options: ExactOutputOptions, of molecule: MoleculeInput, memory: Int,
    threads: Int, logger: Logger
  ) throws {
    let needed = Self.memoryEstimate(orbitals: molecule.integrals.orbitalCount, threads: threads)
    guard needed <= Double(memory) else {
      throw ToolError(
        "--output: the density matrices of \(molecule.integrals.orbitalCount) orbitals need about "
          + "\(ByteCount.text(needed)) of memory, more than the \(ByteCount.text(Double(memory))) that may be used; "
          + "raise --memory-limit where the machine has more, or leave --output out.")
    }
    file = try OutputFile(
      path, kind: .exactResult, input: molecule.path, overwrites: options.overwrite)
    self.molecule = molecule
    self.memory = memory
    self.threads = threads
    self.logger = logger
  }

  private static func memoryEstimate(orbitals: Int, threads: Int) -> Double {
    let n = Double(orbitals)
    // The matrices, four arrays of them, and the file in memory.
    return DensityMatrices.memoryEstimate(determinants: 0, orbitals: orbitals, threads: threads)
      + 64 * n * n * n * n
  }

  /// Computes the matrices of a vector and writes them.
  ///
  /// - Parameters:
  ///   - configurations: The determinants, partners under spin flip both.
  ///   - coefficients: Their coefficients, normalised.
  ///   - energy: The vector's energy, in hartree.
  ///   - method: How it was found.
  ///   - irrep: The irrep's number from 1.
  /// - Throws: ``ToolError`` where they cannot be computed or written.
  func write<Word: ConfigurationWord>(
    _ configurations: [Configuration<Word>], _ coefficients: [Double], energy: Double,
    method: String, irrep: Int?
  ) throws {
    let integrals = molecule.integrals
    let observables: StateObservables
    do {
      observables = try StateObservables(
        configurations, real: coefficients, irreps: integrals.orbitalIrreps,
        orbitals: integrals.orbitalCount, isUnrestricted: integrals.isUnrestricted,
        execution: Execution(threads: threads))
    } catch {
      throw ToolError("\(molecule.path): \(error).")
    }
    let record = ExactResultFile.Record(
      provenance: SolvePlan.makeProvenance(input: molecule.path), method: method,
      digest: Problem.molecule(integrals, irrep: .automatic).digest, energy: energy,
      densityEnergy: observables.density.energy(integrals), dimension: configurations.count,
      irrep: irrep, observables: observables)
    do {
      let earlier = try file.write(keepsEarlier: true) {
        try ExactResultFile.write(record, to: file.path)
      }
      if let earlier { logger.notice("the earlier \(file.path) is kept as \(earlier)") }
    } catch let error as HDF5Error {
      throw ToolError("the density matrices could not be written. \(error)")
    }
    logger.notice("density matrices and observables in \(file.path)")
  }
}
