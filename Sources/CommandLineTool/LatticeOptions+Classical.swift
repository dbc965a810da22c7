internal import Hamiltonians

extension LatticeOptions {
  /// Returns the classical model that the options say, or nil where they say another one or none.
  ///
  /// - Returns: The model with its temperature; couplings are read from their file.
  /// - Throws: ``ToolError`` where an option is missing, out of range or not one of the model's, or
  ///   where the file is at fault.
  func makeClassicalProblem() throws -> ClassicalProblem? {
    guard lattice == .classicalIsing else { return nil }
    try checkOptions(of: .classicalIsing)
    if let geometry, geometry != "square" {
      throw ToolError(
        "--geometry \(geometry): classical-ising is on the square lattice; leave --geometry out.")
    }
    if let boundary, boundary != .periodic {
      throw ToolError(
        "--boundary \(boundary.rawValue): classical-ising is on a torus, which has periodic boundaries; leave "
          + "--boundary out.")
    }
    guard let beta else {
      throw ToolError("--lattice classical-ising needs --beta, the inverse temperature.")
    }
    guard beta.isFinite, beta >= 0 else {
      throw ToolError("--beta must be a finite number, at least 0, not \(beta).")
    }
    let length = try makeTorusLength()
    guard let couplings else {
      return ClassicalProblem(
        ClassicalIsing(length: length, couplings: .uniform(j ?? 1)), beta: beta)
    }
    guard length <= ClassicalProblem.longestLatticeOfFile else {
      let limit = ClassicalProblem.longestLatticeOfFile
      throw ToolError(
        "--size \(length): lattices with --couplings have at most \(limit)x\(limit) sites.")
    }
    do {
      let model = try EdgeListFile.read(path: couplings, length: length)
      return ClassicalProblem(model, beta: beta, couplings: couplings)
    } catch {
      throw ToolError("--couplings \(error).")
    }
  }

  /// Returns L of a size such as `128` or `128x128`.
  private func makeTorusLength() throws -> Int {
    guard let size else {
      throw ToolError("--lattice classical-ising needs --size, such as --size 128.")
    }
    let parts = size.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    let extents = parts.compactMap { Int($0) }
    guard extents.count == parts.count, let length = extents.first, extents.count <= 2 else {
      throw ToolError(
        "--size \(size): expected the length of a torus, such as 128 or, which is the same, 128x128."
      )
    }
    guard extents.allSatisfy({ $0 == length }) else {
      throw ToolError(
        "--size \(size): the torus of classical-ising is square; give one length, such as "
          + "\(length)x\(length).")
    }
    guard length >= 3 else {
      throw ToolError(
        "--size \(size): the length of a torus must be at least 3; below, two bonds would join the "
          + "same sites.")
    }
    guard length <= ClassicalProblem.longestLattice else {
      throw ToolError(
        "--size \(size): the length must be at most \(ClassicalProblem.longestLattice).")
    }
    return length
  }
}
