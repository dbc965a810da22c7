internal import Logging
internal import Training

/// What a command works on: a molecule or Hubbard model, or spins on a lattice.
enum ProblemInput {
  case molecule(MoleculeInput)
  case lattice(LatticeModel)

  /// Reads a file, or makes the quantum model that options say.
  ///
  /// - Parameters:
  ///   - path: The integral file, `-` for the standard input, or nil.
  ///   - options: The options of lattices.
  ///   - logger: Receives the reader's warnings.
  /// - Returns: The input, or nil where there is none.
  /// - Throws: ``ToolError`` where both are given or one is at fault.
  static func read(
    _ path: String?, _ options: LatticeOptions, logger: Logger
  ) throws -> ProblemInput? {
    let spins = try options.makeModel().map { ProblemInput.lattice($0) }
    let model = try spins ?? options.makeHubbardModel().map { .molecule($0) }
    guard let path else { return model }
    if model != nil { throw ToolError("give an integral file or --lattice, not both.") }
    return .molecule(try .read(path, logger: logger))
  }
}
