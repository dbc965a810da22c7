internal import Configurations
internal import Hamiltonians
internal import Integrals
internal import Logging
internal import Training

/// A molecule from an integral file, or Hubbard's model, as the commands use it.
struct MoleculeInput {
  /// The file's path, "standard input", or the model's name.
  let path: String
  let integrals: MolecularIntegrals
  /// The file's format in words.
  let formatDescription: String
  /// What its reader had to assume.
  let warnings: [String]

  /// The most spatial orbitals that a configuration holds.
  static let orbitalLimit = 128

  /// Reads a file and passes on what its reader had to assume.
  ///
  /// - Parameters:
  ///   - path: The file, or `-` for the standard input.
  ///   - logger: Receives the reader's warnings.
  /// - Returns: The molecule.
  /// - Throws: ``ToolError`` with the place, what was expected and what to do.
  static func read(_ path: String, logger: Logger) throws -> MoleculeInput {
    let file: IntegralFile
    do {
      file = try IntegralFile.read(path: path)
    } catch {
      throw ToolError("\(error)")
    }
    let path = IntegralFile.name(ofPath: path)
    for warning in file.warnings { logger.warning("\(path): \(warning)") }
    let count = file.integrals.orbitalCount
    guard count <= orbitalLimit else {
      throw ToolError(
        "\(path) has \(count) orbitals, and at most \(orbitalLimit) are supported; "
          + "freeze core orbitals or choose an active space.")
    }
    return MoleculeInput(
      path: path, integrals: file.integrals, formatDescription: file.formatDescription,
      warnings: file.warnings)
  }

  /// The irreps that the orbitals' labels generate, as a count: 1 without symmetry, or 2, 4, 8.
  var irrepCount: Int { SectorCount.irrepCount(integrals.orbitalIrreps) }

  /// Returns the label of an irrep given by number, checked.
  ///
  /// - Parameter number: The number, from 1 for the totally symmetric irrep.
  /// - Returns: The label, from 0.
  /// - Throws: ``ToolError`` where there is no such irrep, or no determinant of it.
  func label(ofIrrep number: Int) throws -> UInt8 {
    guard integrals.orbitalIrreps != nil || number == 1 else {
      throw ToolError(
        "--irrep \(number): \(path) has no orbital symmetries (ORBSYM) that its integrals obey; "
          + "leave --irrep out.")
    }
    guard (1...irrepCount).contains(number) else {
      throw ToolError(
        "--irrep \(number): the orbitals of \(path) have the irreps 1 to \(irrepCount).")
    }
    let dimensions = SectorCount.dimensions(integrals)
    guard dimensions[number - 1] > 0 else {
      let others = dimensions.indices.filter { dimensions[$0] > 0 }.map { String($0 + 1) }
      throw ToolError(
        "--irrep \(number): no determinant of \(integrals.alphaCount) α and "
          + "\(integrals.betaCount) β electrons in \(path) has this irrep; choose among "
          + "\(others.joined(separator: ", ")).")
    }
    return UInt8(number - 1)
  }

  /// Returns the problem that a run is to solve.
  ///
  /// Without a choice the state's irrep is the file's ISYM. But 1 is also what programs write that
  /// do not know it, so for open shells (2Sz ≠ 0) it is dropped where the reference determinant has
  /// another irrep, and the run finds the irrep by itself.
  ///
  /// - Parameters:
  ///   - choice: The irrep that the user asks for, if any.
  ///   - logger: Receives what was decided where it is not what the file says.
  /// - Returns: The problem.
  /// - Throws: ``ToolError`` where the irrep has no determinants.
  func makeProblem(_ choice: IrrepOption?, logger: Logger) throws -> Problem {
    switch choice {
    case .any: return .molecule(integrals, irrep: .any)
    case .number(let number):
      let label = try label(ofIrrep: number)
      return .molecule(integrals, irrep: integrals.orbitalIrreps == nil ? .any : .label(label))
    case .text(let name):
      return .molecule(
        integrals, irrep: .label(try label(ofIrrepNamed: name, logger: logger)))
    case nil: break
    }
    guard let target = integrals.targetIrrep, integrals.orbitalIrreps != nil else {
      return .molecule(integrals, irrep: .automatic)
    }
    guard Int(target) < irrepCount, SectorCount.dimensions(integrals)[Int(target)] > 0 else {
      throw ToolError(
        "\(path): ISYM=\(target + 1), but no determinant has this irrep; "
          + "correct ISYM or give --irrep (1 to \(irrepCount), or any).")
    }
    var trusted = integrals
    if target == 0, integrals.alphaCount != integrals.betaCount {
      let found = reference(irrep: nil).irrep
      if found != 0 {
        trusted.targetIrrep = nil
        logger.notice(
          """
          ISYM=1 is not followed, for the reference determinant of this open shell has irrep \
          \(found + 1); --irrep 1 would follow it
          """)
      }
    }
    return .molecule(trusted, irrep: .automatic)
  }

  /// Returns the energy and irrep of the lowest determinant that a descent finds.
  func reference(irrep: UInt8?) -> (energy: Double, irrep: UInt8) {
    integrals.orbitalCount <= 64
      ? reference(irrep: irrep, UInt64.self) : reference(irrep: irrep, UInt128.self)
  }

  private func reference<Word: ConfigurationWord>(
    irrep: UInt8?, _: Word.Type
  ) -> (energy: Double, irrep: UInt8) {
    let hamiltonian = MolecularHamiltonian<Word>(integrals)
    guard let determinant = hamiltonian.referenceDeterminant(irrep: irrep) else { return (0, 0) }
    return (hamiltonian.diagonalElement(determinant), hamiltonian.irrep(of: determinant))
  }
}
