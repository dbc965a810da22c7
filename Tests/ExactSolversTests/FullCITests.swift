import Configurations
import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import Testing

/// The exact levels of a molecule, from `Reference/molecules/levels.json`.
struct MoleculeReference: Codable, Sendable {
  struct Level: Codable, Sendable {
    var energy: Double
    var spinSquared: Double?
    var irrep: UInt8?
  }

  var dimension: Int
  var levels: [Level]

  static func all() throws -> [String: MoleculeReference] {
    try JSONDecoder().decode(
      [String: MoleculeReference].self, from: Data(contentsOf: url("levels.json")))
  }

  static func url(_ name: String) throws -> URL {
    let folder = try #require(Bundle.module.resourceURL)
    return folder.appending(path: "Reference/molecules/\(name)")
  }

  static func integrals(_ name: String) throws -> MolecularIntegrals {
    try IntegralFile.read(path: url("\(name).fcidump").path).integrals
  }
}

@Suite struct FullCITests {
  /// Both solvers converge to 1e-10 or better.
  let tolerance = 1e-9

  @Test(arguments: try MoleculeReference.all().keys.sorted())
  func levelsAgreeWithReferences(_ name: String) throws {
    let reference = try #require(try MoleculeReference.all()[name])
    let integrals = try MoleculeReference.integrals(name)
    let solver = try FullCI(integrals)
    #expect(solver.dimension() == Double(reference.dimension))
    let result = try solver.solve(roots: reference.levels.count)
    #expect(result.dimension == reference.dimension)
    #expect(result.states.count == reference.levels.count)
    for (state, level) in zip(result.states, reference.levels) {
      #expect(abs(state.energy - level.energy) < tolerance)
      if let expected = level.spinSquared, let found = state.spinSquared {
        #expect(abs(found - expected) < 2e-6)
      }
      if let irrep = level.irrep { #expect((state.irrep ?? 0) == irrep) }
      #expect((state.spinSquared == nil) == integrals.isUnrestricted)
    }
  }

  @Test(arguments: ["h2o_sto3g", "n2_sto3g", "o2_sto3g"])
  func irrepsAddUpToTheWhole(_ name: String) throws {
    let integrals = try MoleculeReference.integrals(name)
    let solver = try FullCI(integrals)
    #expect((0..<UInt8(8)).reduce(0) { $0 + solver.dimension(irrep: $1) } == solver.dimension())
    let whole = try solver.solve(roots: 3)
    var merged: [Double] = []
    for irrep in 0..<UInt8(8) where solver.dimension(irrep: irrep) > 0 {
      let part = try solver.solve(roots: 3, irrep: irrep)
      #expect(part.states.allSatisfy { $0.irrep == irrep })
      merged += part.energies
    }
    for (first, second) in zip(whole.energies, merged.sorted()) {
      #expect(abs(first - second) < tolerance)
    }
    // Without labels the same states come from one large space.
    var unlabelled = integrals
    unlabelled.orbitalIrreps = nil
    unlabelled.targetIrrep = nil
    let plain = try FullCI(unlabelled).solve(roots: 3)
    for (first, second) in zip(whole.energies, plain.energies) {
      #expect(abs(first - second) < tolerance)
    }
    #expect(plain.states.allSatisfy { $0.irrep == nil })
  }

  /// Past the dense limit, unrestricted, with more β than α electrons and two irreps.
  @Test func iterationAgreesWithRows() throws {
    var random = RandomSource(seed: 77)
    let n = 8
    let irreps: [UInt8] = [0, 1, 0, 1, 1, 0, 0, 1]
    let pairs = MolecularIntegrals.pairCount(n)
    var pairIrreps: [UInt8] = []
    for p in 0..<n { for q in 0...p { pairIrreps.append(irreps[p] ^ irreps[q]) } }
    let oneBody: () -> [Double] = { pairIrreps.map { $0 == 0 ? random.normal() : 0 } }
    let packed: () -> [Double] = {
      (0..<pairs).flatMap { row in
        (0...row).map { pairIrreps[row] == pairIrreps[$0] ? 0.1 * random.normal() : 0 }
      }
    }
    let square = (0..<pairs * pairs).map {
      pairIrreps[$0 / pairs] == pairIrreps[$0 % pairs] ? 0.1 * random.normal() : 0
    }
    let integrals = MolecularIntegrals(
      orbitalCount: n, alphaCount: 2, betaCount: 4, coreEnergy: 3, oneBodyAlpha: oneBody(),
      oneBodyBeta: oneBody(), twoBodyAlphaAlpha: packed(), twoBodyBetaBeta: packed(),
      twoBodyAlphaBeta: square, orbitalIrreps: irreps)
    let result = try FullCI(integrals).solve(roots: 2, keepsVectors: true)
    #expect(result.iterations > 0 && result.dimension == 28 * 70)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    for (state, wavefunction) in zip(result.states, result.wavefunctions) {
      let vector = Dictionary(
        uniqueKeysWithValues: zip(wavefunction.configurations, wavefunction.coefficients))
      var residual = 0.0
      var norm = 0.0
      for (x, coefficient) in vector {
        var list = ConnectionList<UInt64>()
        hamiltonian.appendConnections(of: x, above: 0, to: &list)
        var product = (hamiltonian.diagonalElement(x) - state.energy) * coefficient
        for (y, element) in zip(list.configurations, list.elements) {
          product += element * (vector[y] ?? .nan)
        }
        residual += product * product
        norm += coefficient * coefficient
      }
      #expect(abs(norm - 1) < 1e-12)
      #expect(residual.squareRoot() < 1e-7)
    }
  }

  @Test func wavefunctionsHaveTheirSpin() throws {
    let result = try FullCI(try MoleculeReference.integrals("n2_sto3g"))
      .solve(roots: 3, keepsVectors: true)
    let operation = SpinSquared<UInt64>()
    for (state, wavefunction) in zip(result.states, result.wavefunctions) {
      let vector = Dictionary(
        uniqueKeysWithValues: zip(wavefunction.configurations, wavefunction.coefficients))
      var sum = 0.0
      for (x, coefficient) in vector {
        sum += coefficient * coefficient * operation.diagonalElement(x)
        var list = ConnectionList<UInt64>()
        operation.appendConnections(of: x, above: 0, to: &list)
        for (y, element) in zip(list.configurations, list.elements) {
          sum += coefficient * element * (vector[y] ?? 0)
        }
      }
      #expect(abs(sum - (try #require(state.spinSquared))) < 1e-9)
    }
  }

  @Test func emptyAndFullShells() throws {
    var integrals = try MoleculeReference.integrals("h4_rect_sto3g")
    let hamiltonian = { MolecularHamiltonian<UInt64>($0) }
    for (alpha, beta) in [(0, 0), (4, 4), (4, 0), (0, 4)] {
      integrals.alphaCount = alpha
      integrals.betaCount = beta
      let result = try FullCI(integrals).solve(roots: 2)
      let full: (Int) -> UInt64 = { (1 << UInt64($0)) - 1 }
      let expected = hamiltonian(integrals).diagonalElement(
        Configuration(alpha: full(alpha), beta: full(beta)))
      #expect(result.dimension == 1 && result.states.count == 1)
      #expect(abs(result.energies[0] - expected) < 1e-11)
    }
    // One electron: the lowest eigenvalue of the core Hamiltonian, either spin.
    integrals.alphaCount = 1
    integrals.betaCount = 0
    let first = try FullCI(integrals).solve()
    integrals.alphaCount = 0
    integrals.betaCount = 1
    let second = try FullCI(integrals).solve()
    #expect(abs(first.energies[0] - second.energies[0]) < 1e-11)
    #expect(abs((first.states[0].spinSquared ?? 0) - 0.75) < 1e-11)
    #expect(abs((second.states[0].spinSquared ?? 0) - 0.75) < 1e-11)
  }

  @Test func refusesWhatIsTooLarge() throws {
    let solver = try FullCI(try MoleculeReference.integrals("n2_sto3g"))
    let error = #expect(throws: EigensolverError.self) {
      try solver.solve(memoryLimit: 1 << 20)
    }
    #expect(error?.code == .tooLarge && error?.allowedBytes == 1 << 20)
    #expect(error?.neededBytes ?? 0 > 1 << 20)
    #expect(error?.description.contains("1.0 MiB") ?? false)
    let missing = #expect(throws: EigensolverError.self) { try solver.solve(irrep: 9) }
    #expect(missing?.code == .invalidSector)
  }
}
