internal import HDF5Files

/// Writes FCIDUMP files: unique integrals, zeros left out, each number with the digits that give
/// the same double back.
///
/// Unrestricted integrals are written in the six blocks of `IUHF=1`.
struct FCIDUMPWriter {
  private let replacement: FileReplacement
  private var buffer: [UInt8] = []
  /// Why writing has failed; what comes after is dropped.
  private var failure: HDF5Error?

  static func write(_ integrals: MolecularIntegrals, path: String) throws(IntegralsError) {
    do throws(HDF5Error) {
      var writer = FCIDUMPWriter(replacement: try FileReplacement(of: path))
      writer.write(integrals)
      writer.flush()
      if let failure = writer.failure { throw failure }
      try writer.replacement.commit()
    } catch {
      throw IntegralsError(error)
    }
  }

  private init(replacement: FileReplacement) { self.replacement = replacement }

  private mutating func write(_ integrals: MolecularIntegrals) {
    writeHeader(integrals)
    writeTwoBody(integrals.twoBodyAlphaAlpha, integrals.orbitalCount)
    if let oneBody = integrals.oneBodyBeta, let twoBody = integrals.twoBodyBetaBeta,
      let mixed = integrals.twoBodyAlphaBeta
    {
      writeSeparator()
      writeTwoBody(twoBody, integrals.orbitalCount)
      writeSeparator()
      writeMixedTwoBody(mixed, integrals.orbitalCount)
      writeSeparator()
      writeOneBody(integrals.oneBodyAlpha, integrals.orbitalCount)
      writeSeparator()
      writeOneBody(oneBody, integrals.orbitalCount)
      writeSeparator()
    } else {
      writeOneBody(integrals.oneBodyAlpha, integrals.orbitalCount)
    }
    entry(integrals.coreEnergy, 0, 0, 0, 0)
  }

  private mutating func writeHeader(_ integrals: MolecularIntegrals) {
    let spin = integrals.alphaCount - integrals.betaCount
    let labels =
      integrals.orbitalIrreps ?? Array(repeating: 0, count: integrals.orbitalCount)
    // No symmetry is 1 for all; a file with irreps but no target has 0, which means none.
    let state = integrals.orbitalIrreps == nil ? 1 : integrals.targetIrrep.map { Int($0) + 1 } ?? 0
    put(" &FCI NORB=\(integrals.orbitalCount),NELEC=\(integrals.electronCount),MS2=\(spin),\n")
    put("  ORBSYM=")
    for label in labels { put("\(label + 1),") }
    put("\n  ISYM=\(state),\n")
    if integrals.isUnrestricted { put("  IUHF=1,\n") }
    put(" &END\n")
  }

  private mutating func writeTwoBody(_ values: [Double], _ n: Int) {
    var index = 0
    for p in 1...n {
      for q in 1...p {
        for r in 1...p {
          for s in 1...(r == p ? q : r) {
            if values[index] != 0 { entry(values[index], p, q, r, s) }
            index += 1
          }
        }
      }
    }
  }

  private mutating func writeMixedTwoBody(_ values: [Double], _ n: Int) {
    var index = 0
    for p in 1...n {
      for q in 1...p {
        for r in 1...n {
          for s in 1...r {
            if values[index] != 0 { entry(values[index], p, q, r, s) }
            index += 1
          }
        }
      }
    }
  }

  private mutating func writeOneBody(_ values: [Double], _ n: Int) {
    var index = 0
    for p in 1...n {
      for q in 1...p {
        if values[index] != 0 { entry(values[index], p, q, 0, 0) }
        index += 1
      }
    }
  }

  private mutating func writeSeparator() { put(" 0 0 0 0 0\n") }

  private mutating func entry(_ value: Double, _ i: Int, _ j: Int, _ k: Int, _ l: Int) {
    put("\(value < 0 ? "" : " ")\(value) \(i) \(j) \(k) \(l)\n")
    if buffer.count >= 1 << 16 { flush() }
  }

  private mutating func put(_ text: String) { buffer.append(contentsOf: text.utf8) }

  private mutating func flush() {
    guard failure == nil else { return }
    do throws(HDF5Error) {
      try replacement.write(buffer)
    } catch {
      failure = error
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
