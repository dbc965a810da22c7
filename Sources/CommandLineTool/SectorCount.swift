internal import Integrals

/// Numbers of determinants, by irrep.
enum SectorCount {
  /// Returns how many irreps the labels generate: a power of two.
  static func irrepCount(_ labels: [UInt8]?) -> Int {
    let all = (labels ?? []).reduce(0, |)
    return 1 << (UInt8.bitWidth - all.leadingZeroBitCount)
  }

  /// Returns the number of determinants of each irrep for the molecule's electrons.
  ///
  /// - Parameter integrals: The molecule.
  /// - Returns: One count for each irrep label; a single one without symmetry. Exact up to 2⁵³.
  static func dimensions(_ integrals: MolecularIntegrals) -> [Double] {
    let labels = integrals.orbitalIrreps ?? [UInt8](repeating: 0, count: integrals.orbitalCount)
    let alpha = strings(integrals.alphaCount, labels)
    let beta = strings(integrals.betaCount, labels)
    var result = [Double](repeating: 0, count: alpha.count)
    for (a, countA) in alpha.enumerated() {
      for (b, countB) in beta.enumerated() { result[a ^ b] += countA * countB }
    }
    return result
  }

  /// Returns, by irrep, the number of ways to put electrons of one spin into orbitals.
  private static func strings(_ electrons: Int, _ labels: [UInt8]) -> [Double] {
    let irreps = irrepCount(labels)
    var table = [[Double]](repeating: .init(repeating: 0, count: irreps), count: electrons + 1)
    table[0][0] = 1
    if electrons == 0 { return table[0] }
    for label in labels {
      for count in stride(from: electrons, to: 0, by: -1) {
        for irrep in 0..<irreps { table[count][irrep] += table[count - 1][irrep ^ Int(label)] }
      }
    }
    return table[electrons]
  }

  /// Returns how many determinants a determinant is connected to, symmetry not counted.
  static func connections(_ integrals: MolecularIntegrals) -> Double {
    let n = Double(integrals.orbitalCount)
    let a = Double(integrals.alphaCount)
    let b = Double(integrals.betaCount)
    func singles(_ k: Double) -> Double { k * (n - k) }
    func doubles(_ k: Double) -> Double { k * (k - 1) / 2 * (n - k) * (n - k - 1) / 2 }
    return singles(a) + singles(b) + doubles(a) + doubles(b) + singles(a) * singles(b)
  }
}
