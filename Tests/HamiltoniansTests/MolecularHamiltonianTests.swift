import Configurations
import Hamiltonians
import Integrals
import Testing

/// A small random system of each kind that the matrix elements tell apart.
struct RandomCase: CustomTestStringConvertible, Sendable {
  var orbitals: Int
  var alpha: Int
  var beta: Int
  var unrestricted = false
  var irreps: [UInt8]?

  var testDescription: String {
    "\(orbitals) orbitals, \(alpha)α \(beta)β" + (unrestricted ? ", unrestricted" : "")
      + (irreps == nil ? "" : ", irreps")
  }

  var integrals: MolecularIntegrals {
    randomIntegrals(
      orbitals: orbitals, alpha: alpha, beta: beta, unrestricted: unrestricted, irreps: irreps,
      seed: UInt64(orbitals * 100 + alpha * 10 + beta))
  }

  static let all: [RandomCase] = [
    .init(orbitals: 4, alpha: 2, beta: 2), .init(orbitals: 5, alpha: 3, beta: 2),
    .init(orbitals: 5, alpha: 1, beta: 4), .init(orbitals: 4, alpha: 2, beta: 0),
    .init(orbitals: 4, alpha: 0, beta: 3), .init(orbitals: 1, alpha: 1, beta: 1),
    .init(orbitals: 2, alpha: 0, beta: 0), .init(orbitals: 3, alpha: 3, beta: 3),
    .init(orbitals: 5, alpha: 3, beta: 2, unrestricted: true),
    .init(orbitals: 4, alpha: 2, beta: 2, unrestricted: true),
    .init(orbitals: 6, alpha: 3, beta: 3, irreps: [0, 1, 2, 3, 0, 1]),
    .init(orbitals: 5, alpha: 2, beta: 3, unrestricted: true, irreps: [0, 5, 5, 2, 7]),
  ]
}

@Suite struct MolecularHamiltonianTests {
  /// Sums of up to some hundred terms of order 1.
  let tolerance = 1e-11

  @Test(arguments: RandomCase.all)
  func elementsFollowOperatorAlgebra(_ system: RandomCase) {
    let integrals = system.integrals
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let oracle = OperatorAlgebra(integrals: integrals)
    let sector = allDeterminants(
      orbitals: system.orbitals, alpha: system.alpha, beta: system.beta)
    let diagonal = hamiltonian.diagonal(of: sector)
    for (place, y) in sector.enumerated() {
      let column = oracle.column(of: y)
      #expect(abs(diagonal[place] - (column[y] ?? 0)) < tolerance)
      var list = ConnectionList<UInt64>()
      hamiltonian.appendConnections(of: y, above: 0, to: &list)
      var row: [Configuration<UInt64>: Double] = [:]
      for (x, value) in zip(list.configurations, list.elements) {
        #expect(row[x] == nil && x != y && hamiltonian.contains(x))
        row[x] = value
      }
      for x in sector {
        let expected = column[x] ?? 0
        #expect(abs(hamiltonian.element(x, y) - expected) < tolerance)
        if x != y { #expect(abs((row[x] ?? 0) - expected) < tolerance) }
      }
    }
  }

  @Test(arguments: RandomCase.all)
  func isSymmetric(_ system: RandomCase) {
    let hamiltonian = MolecularHamiltonian<UInt64>(system.integrals)
    let sector = allDeterminants(
      orbitals: system.orbitals, alpha: system.alpha, beta: system.beta)
    for x in sector {
      for y in sector {
        #expect(abs(hamiltonian.element(x, y) - hamiltonian.element(y, x)) < tolerance)
      }
    }
  }

  @Test(arguments: RandomCase.all, [0, 1e-7, 0.05, 0.2, 0.5, 10])
  func cutoffKeepsExactlyTheLargerElements(_ system: RandomCase, _ cutoff: Double) {
    let hamiltonian = MolecularHamiltonian<UInt64>(system.integrals)
    let sector = allDeterminants(
      orbitals: system.orbitals, alpha: system.alpha, beta: system.beta)
    for x in sector {
      var all = ConnectionList<UInt64>()
      hamiltonian.appendConnections(of: x, above: 0, to: &all)
      var large = ConnectionList<UInt64>()
      hamiltonian.appendConnections(of: x, above: cutoff, to: &large)
      let expected = zip(all.configurations, all.elements).filter { abs($0.1) > cutoff }
      let found = Dictionary(
        uniqueKeysWithValues: zip(large.configurations, large.elements))
      #expect(found.count == expected.count)
      for (y, value) in expected { #expect(found[y] == value) }
    }
  }

  @Test(arguments: RandomCase.all)
  func widerWordsGiveTheSame(_ system: RandomCase) {
    let narrow = MolecularHamiltonian<UInt64>(system.integrals)
    let wide = MolecularHamiltonian<UInt128>(system.integrals)
    for x in allDeterminants(orbitals: system.orbitals, alpha: system.alpha, beta: system.beta) {
      func widened(_ x: Configuration<UInt64>) -> Configuration<UInt128> {
        .init(alpha: UInt128(x.alpha), beta: UInt128(x.beta))
      }
      var first = ConnectionList<UInt64>()
      narrow.appendConnections(of: x, above: 0.01, to: &first)
      var second = ConnectionList<UInt128>()
      wide.appendConnections(of: widened(x), above: 0.01, to: &second)
      #expect(first.configurations.map(widened) == second.configurations)
      #expect(first.elements == second.elements)
      #expect(narrow.diagonalElement(x) == wide.diagonalElement(widened(x)))
    }
  }

  /// Renumbering orbitals changes signs only by the order of the operators, so a system whose
  /// orbitals are spread over 70 places has the same elements up to one sign for each determinant;
  /// spreading keeps the order, so the signs agree as well.
  @Test func moreThanSixtyFourOrbitals() {
    let small = randomIntegrals(
      orbitals: 5, alpha: 2, beta: 3, unrestricted: true, seed: 5)
    let places = [0, 31, 63, 64, 69]
    let n = 70
    let pairs = MolecularIntegrals.pairCount(n)
    func spread(_ p: Int, _ q: Int) -> Int { MolecularIntegrals.pair(places[p], places[q]) }
    // Unused orbitals are decoupled: all of their integrals are zero.
    var wideA = [Double](repeating: 0, count: pairs)
    var wideB = wideA
    var aa = [Double](repeating: 0, count: MolecularIntegrals.pairCount(pairs))
    var bb = aa
    var ab = [Double](repeating: 0, count: pairs * pairs)
    let smallPairs = MolecularIntegrals.pairCount(5)
    for p in 0..<5 {
      for q in 0...p {
        let pq = MolecularIntegrals.pair(p, q)
        wideA[spread(p, q)] = small.oneBodyAlpha[pq]
        wideB[spread(p, q)] = small.oneBodyBeta?[pq] ?? 0
        for r in 0..<5 {
          for s in 0...r {
            let rs = MolecularIntegrals.pair(r, s)
            let place = MolecularIntegrals.pair(spread(p, q), spread(r, s))
            aa[place] = small.twoBodyAlphaAlpha[MolecularIntegrals.pair(pq, rs)]
            bb[place] = small.twoBodyBetaBeta?[MolecularIntegrals.pair(pq, rs)] ?? 0
            ab[spread(p, q) * pairs + spread(r, s)] =
              small.twoBodyAlphaBeta?[pq * smallPairs + rs] ?? 0
          }
        }
      }
    }
    let wide = MolecularHamiltonian<UInt128>(
      MolecularIntegrals(
        orbitalCount: n, alphaCount: 2, betaCount: 3, coreEnergy: small.coreEnergy,
        oneBodyAlpha: wideA, oneBodyBeta: wideB, twoBodyAlphaAlpha: aa, twoBodyBetaBeta: bb,
        twoBodyAlphaBeta: ab))
    func widened(_ word: UInt64) -> UInt128 {
      (0..<5).reduce(UInt128(0)) { $0 | UInt128(word >> $1 & 1) << UInt128(places[$1]) }
    }
    let narrow = MolecularHamiltonian<UInt64>(small)
    for x in allDeterminants(orbitals: 5, alpha: 2, beta: 3) as [Configuration<UInt64>] {
      let y = Configuration(alpha: widened(x.alpha), beta: widened(x.beta))
      #expect(abs(narrow.diagonalElement(x) - wide.diagonalElement(y)) < tolerance)
      var first = ConnectionList<UInt64>()
      narrow.appendConnections(of: x, above: 0, to: &first)
      var second = ConnectionList<UInt128>()
      wide.appendConnections(of: y, above: 0, to: &second)
      let found = Dictionary(uniqueKeysWithValues: zip(second.configurations, second.elements))
      for (target, value) in zip(first.configurations, first.elements) {
        let place = Configuration(alpha: widened(target.alpha), beta: widened(target.beta))
        #expect(abs((found[place] ?? 0) - value) < tolerance)
      }
    }
  }

  @Test(arguments: RandomCase.all)
  func batchHasTheRowsOfTheList(_ system: RandomCase) {
    let hamiltonian = MolecularHamiltonian<UInt64>(system.integrals)
    let sector = allDeterminants(
      orbitals: system.orbitals, alpha: system.alpha, beta: system.beta)
    var table = ConnectionTable<UInt64>()
    for cutoff in [0, 0.2, 0.01] {
      hamiltonian.connections(of: sector, above: cutoff, into: &table)
      #expect(table.rowCount == sector.count)
      for (row, x) in sector.enumerated() {
        var list = ConnectionList<UInt64>()
        hamiltonian.appendConnections(of: x, above: cutoff, to: &list)
        let range = table.rowStarts[row]..<table.rowStarts[row + 1]
        #expect(Array(table.configurations[range]) == list.configurations)
        #expect(Array(table.elements[range]) == list.elements)
      }
    }
    hamiltonian.connections(of: [], into: &table)
    #expect(table.rowCount == 0 && table.count == 0)
  }

  @Test(arguments: RandomCase.all)
  func sectorMeanIsTheMeanDiagonal(_ system: RandomCase) {
    let hamiltonian = MolecularHamiltonian<UInt64>(system.integrals)
    let diagonal = hamiltonian.diagonal(
      of: allDeterminants(orbitals: system.orbitals, alpha: system.alpha, beta: system.beta))
    let mean = diagonal.reduce(0, +) / Double(diagonal.count)
    #expect(abs(hamiltonian.sectorMean - mean) < tolerance)
  }

  @Test func connectionsKeepTheIrrep() {
    let integrals = randomIntegrals(
      orbitals: 6, alpha: 3, beta: 2, irreps: [0, 1, 2, 3, 0, 1], seed: 9)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    #expect(hamiltonian.irrepCount == 4)
    let x = Configuration<UInt64>(alpha: 0b001011, beta: 0b000011)
    #expect(hamiltonian.irrep(of: x) == 3)
    var list = ConnectionList<UInt64>()
    hamiltonian.appendConnections(of: x, above: 0, to: &list)
    for y in list.configurations { #expect(hamiltonian.irrep(of: y) == 3) }
  }
}
