/// Finds the irrep labels that integrals obey among the ways in which programs number them.
struct OrbitalSymmetry {
  /// Labels whose products are XOR, or nil where the orbitals have no usable symmetry.
  var irreps: [UInt8]?
  /// The irrep of the wanted state, or nil where the file doesn't say it in known labels.
  var targetIrrep: UInt8?
  /// Whose numbers the labels are; nil where the integrals obey those of both.
  var numbering: IrrepNumbering?

  /// Integrals above this must be totally symmetric, in hartree.
  static let threshold = 1e-8

  /// Interprets ORBSYM and ISYM as written.
  ///
  /// Molpro numbers the irreps of D2h and its subgroups 1…8 such that `label − 1` multiplies by
  /// XOR. PySCF writes its own labels from 0, XOR as they are, and for linear groups larger ones
  /// whose last digit is that of the D2h subgroup. The numbering that the integrals obey is used;
  /// a label that they don't obey would make a solver leave out determinants.
  init(
    symmetries: [Int], stateSymmetry: Int?, integrals: MolecularIntegrals,
    warnings: inout [String]
  ) {
    // All alike, 0 (off) or 1 in practice, means no symmetry.
    guard let first = symmetries.first, symmetries.contains(where: { $0 != first }) else { return }
    var candidates: [(labels: [UInt8], isMolpro: Bool)] = []
    if symmetries.allSatisfy({ (1...8).contains($0) }) {
      candidates.append((symmetries.map { UInt8($0 - 1) }, true))
    }
    if symmetries.allSatisfy({ (0...7).contains($0) }) {
      candidates.append((symmetries.map { UInt8($0) }, false))
    } else if symmetries.allSatisfy({ $0 >= 0 && $0 % 10 < 8 && $0 < 1000 }) {
      candidates.append((symmetries.map { UInt8($0 % 10) }, false))
    }
    guard !candidates.isEmpty else {
      warnings.append(
        "ORBSYM is ignored: its entries are neither Molpro's labels 1…8 nor PySCF's from 0.")
      return
    }
    let obeyed = candidates.filter { Self.firstViolation(of: $0.labels, in: integrals) == nil }
    if let (labels, isMolpro) = obeyed.first {
      if labels.allSatisfy({ $0 == labels[0] }) { return }
      irreps = labels
      if obeyed.count == 1 { numbering = isMolpro ? .molpro : .pyscf }
      if isMolpro, let stateSymmetry, (1...8).contains(stateSymmetry) {
        targetIrrep = UInt8(stateSymmetry - 1)
      }
      return
    }
    let violation = Self.firstViolation(of: candidates[0].labels, in: integrals) ?? ""
    warnings.append(
      "ORBSYM is ignored: the integrals break that symmetry, first \(violation).")
  }

  /// Returns the first integral that is not totally symmetric, in words, or nil if all are.
  static func firstViolation(of labels: [UInt8], in integrals: MolecularIntegrals) -> String? {
    let n = integrals.orbitalCount
    var products: [UInt8] = []
    var pairs: [(Int, Int)] = []
    for p in 0..<n {
      for q in 0...p {
        products.append(labels[p] ^ labels[q])
        pairs.append((p + 1, q + 1))
      }
    }
    func oneBody(_ values: [Double]) -> String? {
      for (pair, value) in values.enumerated() where products[pair] != 0 && abs(value) > threshold {
        return "h(\(pairs[pair].0),\(pairs[pair].1)) = \(value)"
      }
      return nil
    }
    func text(_ bra: Int, _ ket: Int, _ value: Double) -> String {
      "(\(pairs[bra].0) \(pairs[bra].1)|\(pairs[ket].0) \(pairs[ket].1)) = \(value)"
    }
    func packed(_ values: [Double]) -> String? {
      values.withUnsafeBufferPointer { values in
        var index = 0
        for bra in products.indices {
          for ket in 0...bra {
            if products[bra] != products[ket], abs(values[index]) > threshold {
              return text(bra, ket, values[index])
            }
            index += 1
          }
        }
        return nil
      }
    }
    func square(_ values: [Double]) -> String? {
      for bra in products.indices {
        for ket in products.indices where products[bra] != products[ket] {
          let value = values[bra * products.count + ket]
          if abs(value) > threshold { return text(bra, ket, value) }
        }
      }
      return nil
    }
    return oneBody(integrals.oneBodyAlpha) ?? integrals.oneBodyBeta.flatMap(oneBody)
      ?? packed(integrals.twoBodyAlphaAlpha) ?? integrals.twoBodyBetaBeta.flatMap(packed)
      ?? integrals.twoBodyAlphaBeta.flatMap(square)
  }
}
