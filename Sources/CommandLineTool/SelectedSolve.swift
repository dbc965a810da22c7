internal import Configurations
internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Logging
internal import Parallelism
internal import Problems

/// `qchem-nqs exact --selected`.
struct SelectedSolve {
  let molecule: MoleculeInput
  let options: SelectedOptions
  /// The irrep's label; nil for any.
  let irrep: UInt8?
  /// The most memory to use, in bytes.
  let memory: Int
  let threads: Int
  let logger: Logger
  /// Where density matrices go; nil for nowhere.
  let output: ExactOutput?

  /// The second-order energy, in hartree, below which a space without a given size grows no more.
  private static let sufficient = 1e-5

  private var integrals: MolecularIntegrals { molecule.integrals }

  /// The number of determinants that is asked for or affordable.
  private var size: Int {
    if let size = options.selectedSize { return size }
    let dimension = SectorCount.dimensions(integrals).reduce(0, +)
    let affordable = HeatBathCI.defaultSize(
      connections: SectorCount.connections(integrals) / Double(molecule.irrepCount),
      orbitals: integrals.orbitalCount, memoryLimit: UInt64(memory))
    return Int(min(dimension, Double(affordable)))
  }

  /// Solves.
  ///
  /// - Returns: What is printed.
  /// - Throws: ``ToolError`` where the memory is too small or the calculation fails.
  func run() throws -> SelectedReport {
    let needed = HeatBathCI.memoryEstimate(size: size, orbitals: integrals.orbitalCount)
    guard needed <= 0.9 * Double(memory) else {
      throw ToolError(
        "--selected-size: \(size) determinants need about \(ByteCount.text(needed / 0.9)) of memory, "
          + "more than the \(ByteCount.text(Double(memory))) that may be used; choose fewer, or raise "
          + "--memory-limit where the machine has more.")
    }
    return integrals.orbitalCount <= 64 ? try solve(UInt64.self) : try solve(UInt128.self)
  }

  /// What to warn of where a vector has no single spin.
  private func spinWarning(_ spinSquared: Double) -> String? {
    guard
      HeatBathCI.mixesSpins(
        spinSquared, twiceProjection: integrals.alphaCount - integrals.betaCount)
    else { return nil }
    return
      "the vector mixes spins (<S^2> \(fixed(spinSquared, 4))): the lowest state has one spin, for which the error "
      + "bar is widened; a larger --selected-size separates them"
  }

  /// Whether a result lies above an upper bound by more than its error bar.
  private static func lies<Word>(_ result: HeatBathCI.Result<Word>, above bound: Double) -> Bool {
    let last = result.stages[result.stages.count - 1]
    let lowest =
      result.extrapolation.map { $0.energy - $0.error } ?? last.energy + last.secondOrderEnergy
    return lowest > bound + 1e-7
  }

  private func solve<Word: ConfigurationWord>(_: Word.Type) throws -> SelectedReport {
    let hamiltonian = MolecularHamiltonian<Word>(integrals)
    let execution = Execution(threads: threads)
    BLAS.setThreadCount(1)
    let irreps: [UInt8?] =
      integrals.orbitalIrreps == nil
      ? [nil] : irrep.map { [$0] } ?? (0..<hamiltonian.irrepCount).map { UInt8($0) }
    let isFlippable =
      integrals.alphaCount == integrals.betaCount && !integrals.isUnrestricted
      && integrals.electronCount > 0
    let candidates = irreps.flatMap { irrep in
      (isFlippable ? [1, -1] : [0]).map { MolecularSector(irrep: irrep, spinFlipParity: $0) }
    }
    do {
      guard
        let (sectors, leading) = try MolecularSectors.compare(
          candidates, of: hamiltonian, operation: hamiltonian,
          settings: SectorComparison(energyScale: hamiltonian.energyScale, execution: execution)),
        !leading.isEmpty
      else { throw ToolError("\(molecule.path): no determinant has the electrons and the irrep.") }
      var warnings = molecule.warnings
      if let warning = sectors.warning {
        warnings.append(warning.replacingOccurrences(of: "warning: ", with: ""))
        logger.warning("\(warnings[warnings.count - 1])")
      } else {
        for message in sectors.messages { logger.notice("\(message)") }
      }
      let parity = sectors.established.spinFlipParity
      var calculation = HeatBathCI(
        size: size, selectionThreshold: options.selectionThreshold ?? 0,
        threshold: options.threshold ?? HeatBathCI.defaultThreshold,
        targetError: options.targetError ?? HeatBathCI.defaultTargetError,
        memoryLimit: UInt64(memory), seed: options.seed ?? 0, execution: execution)
      if options.selectedSize == nil { calculation.sufficientSecondOrder = Self.sufficient }
      let label = integrals.orbitalIrreps == nil ? nil : hamiltonian.irrep(of: leading[0])
      var starts = leading
      var solved = hamiltonian
      var rounds = 0
      // The lowest state lies above none of these.
      var bound = sectors.comparison.upperBound
      // Density matrices are those of the file's orbitals.
      if options.naturalOrbitals, output == nil {
        let rotated = try calculation.naturalOrbitals(
          of: integrals, from: leading, spinFlipParity: parity)
        rounds = rotated.rounds
        bound = min(bound, rotated.energies.min() ?? bound)
        if rounds > 0 {
          solved = MolecularHamiltonian<Word>(rotated.integrals)
          starts = solved.referenceDeterminant(irrep: label).map { [$0] } ?? leading
          logger.notice(
            "natural orbitals of \(rounds) small CIs, the last of \(rotated.energies[rounds]) Eh")
        }
      }
      func solve(
        _ hamiltonian: MolecularHamiltonian<Word>, _ starts: [Configuration<Word>]
      ) throws(EigensolverError) -> HeatBathCI.Result<Word> {
        try calculation.solve(hamiltonian, from: starts, spinFlipParity: parity) { stage in
          logger.info(
            "\(stage.dimension) determinants: \(stage.energy) Eh, second order \(stage.secondOrderEnergy) Eh"
          )
        }
      }
      var result = try solve(solved, starts)
      if rounds > 0, Self.lies(result, above: bound) {
        // One determinant in other orbitals may lead to a state of another symmetry.
        logger.notice("the natural orbitals led to a higher state: solving in the file's orbitals")
        rounds = 0
        result = try solve(hamiltonian, leading)
      }
      if Self.lies(result, above: bound) {
        result.extrapolation = nil
        warnings.append(
          "the result lies above \(bound) Eh, which a smaller CI reached: it is not the lowest state; give "
            + "--irrep or a larger --selected-size")
        logger.warning("\(warnings[warnings.count - 1])")
      }
      if let spin = result.spinSquared, let text = spinWarning(spin) {
        warnings.append(text)
        logger.warning("\(text)")
      }
      if let output {
        let vector = result.expanded()
        try output.write(
          vector.configurations, vector.coefficients,
          energy: result.stages[result.stages.count - 1].energy, method: "selected CI",
          irrep: label.map { Int($0) + 1 })
      }
      let sector = MolecularSector(
        irrep: label, spinFlipParity: parity)
      return SelectedReport(
        problem: molecule.path, sector: sector, stages: result.stages,
        extrapolation: result.extrapolation, spinSquared: result.spinSquared,
        isWhole: result.isWhole, naturalOrbitalRounds: rounds, seed: options.seed ?? 0,
        threads: threads, warnings: warnings)
    } catch let error as EigensolverError {
      throw ToolError("\(molecule.path): \(error).")
    } catch let error as LinearAlgebraError {
      throw ToolError("\(molecule.path): the comparison of symmetries failed: \(error).")
    }
  }
}
