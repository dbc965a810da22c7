import Configurations
import Testing

@Suite struct SectorTests {
  private static let irreps: [UInt8] = [0, 3, 1, 0, 2, 1]
  private static let orders = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]]

  /// A sector of electrons and its definition.
  struct ElectronCase: Sendable, CustomTestStringConvertible {
    var alpha: Int
    var beta: Int
    var irrep: UInt8?
    var parity: Int
    var order: [Int]

    var testDescription: String {
      "\(alpha)α \(beta)β irrep \(irrep.map(String.init) ?? "any") parity \(parity) order \(order)"
    }

    func space<Word: ConfigurationWord>(_: Word.Type) -> ConfigurationSpace<Word> {
      ConfigurationSpace(
        alphaCount: alpha, betaCount: beta, orbitalIrreps: SectorTests.irreps, irrep: irrep,
        order: order, spinFlipParity: parity)
    }

    /// Whether a pair of bit strings is in the sector, straight from the definition.
    func isIn(alpha a: UInt64, beta b: UInt64) -> Bool {
      guard a.nonzeroBitCount == alpha, b.nonzeroBitCount == beta else { return false }
      guard let irrep else { return true }
      var product: UInt8 = 0
      for orbital in order {
        if a >> UInt64(orbital) & 1 == 1 { product ^= SectorTests.irreps[orbital] }
        if b >> UInt64(orbital) & 1 == 1 { product ^= SectorTests.irreps[orbital] }
      }
      return product == irrep
    }

    /// Whether the first unpaired token is 1.
    func isRepresentative(alpha a: UInt64, beta b: UInt64) -> Bool {
      if parity == 0 { return true }
      for orbital in order where (a ^ b) >> UInt64(orbital) & 1 == 1 {
        return a >> UInt64(orbital) & 1 == 1
      }
      return parity == 1
    }
  }

  static var electronCases: [ElectronCase] {
    var cases: [ElectronCase] = []
    for order in orders {
      for (alpha, beta) in [(3, 3), (4, 2), (1, 0), (0, 0), (6, 6), (6, 5)] {
        for irrep in [nil, 0, 2] as [UInt8?] {
          for parity in alpha == beta ? [0, 1, -1] : [0] {
            cases.append(
              ElectronCase(alpha: alpha, beta: beta, irrep: irrep, parity: parity, order: order))
          }
        }
      }
    }
    return cases
  }

  @Test(arguments: electronCases) func electronSectorIsThatOfBruteForce(_ sector: ElectronCase) {
    check(sector, UInt64.self)
    check(sector, UInt128.self)
  }

  private func check<Word: ConfigurationWord>(_ sector: ElectronCase, _: Word.Type) {
    let space = sector.space(Word.self)
    var expected = Set<Configuration<Word>>()
    var tokens = [UInt8](repeating: 0, count: 6)
    for alpha in UInt64(0)..<64 {
      for beta in UInt64(0)..<64 {
        let configuration = Configuration<Word>(alpha: Word(alpha), beta: Word(beta))
        let isMember =
          sector.isIn(alpha: alpha, beta: beta) && sector.isRepresentative(alpha: alpha, beta: beta)
        if isMember { expected.insert(configuration) }
        space.encode(configuration, into: &tokens)
        #expect(space.automaton.contains(tokens) == isMember)
        #expect(space.decode(tokens) == configuration)
        for position in 0..<6 {
          let orbital = UInt64(sector.order[position])
          #expect(
            tokens[position] == UInt8(alpha >> orbital & 1) | UInt8(beta >> orbital & 1) << 1)
        }
      }
    }
    let all = space.allRepresentatives()
    #expect(Set(all) == expected && all.count == expected.count)
    #expect(space.dimension == Double(expected.count))
    checkOrder(space, all)
    checkFlips(space, sector)
  }

  /// Strings come in lexicographic order.
  private func checkOrder<Word>(_ space: ConfigurationSpace<Word>, _ all: [Configuration<Word>]) {
    var previous: [UInt8]?
    var index = 0
    space.automaton.forEachString { pointer in
      let tokens = Array(UnsafeBufferPointer(start: pointer, count: space.positions))
      if let previous { #expect(previous.lexicographicallyPrecedes(tokens)) }
      previous = tokens
      #expect(space.decode(tokens) == all[index])
      index += 1
    }
    #expect(index == all.count)
  }

  private func checkFlips<Word>(_ space: ConfigurationSpace<Word>, _ sector: ElectronCase) {
    for alpha in UInt64(0)..<64 {
      for beta in UInt64(0)..<64 where sector.isIn(alpha: alpha, beta: beta) {
        let x = Configuration<Word>(alpha: Word(alpha), beta: Word(beta))
        if sector.parity == 0 {
          #expect(space.isRepresentative(x) && space.multiplicity(x) == 1)
          continue
        }
        let flip = space.flipped(x)
        #expect(flip == Configuration(alpha: x.beta, beta: x.alpha))
        #expect(space.multiplicity(x) == (flip == x ? 1 : 2))
        #expect(space.representative(x) == space.representative(flip))
        #expect(space.isRepresentative(space.representative(x)))
        if flip != x {
          #expect(space.isRepresentative(x) != space.isRepresentative(flip))
          #expect(space.isRepresentative(x) == sector.isRepresentative(alpha: alpha, beta: beta))
        }
      }
    }
  }

  @Test(arguments: orders) func evenAndOddStatesMakeUpTheSector(_ order: [Int]) {
    for irrep in [nil, 0, 1, 2, 3] as [UInt8?] {
      let dimensions = [0, 1, -1].map {
        ElectronCase(alpha: 3, beta: 3, irrep: irrep, parity: $0, order: order).space(UInt64.self)
          .dimension
      }
      #expect(dimensions[1] + dimensions[2] == dimensions[0])
      #expect(dimensions[0] > 0)
    }
  }

  @Test(arguments: [nil, 0, 3, 6] as [Int?], orders)
  func spinSectorIsThatOfBruteForce(_ upCount: Int?, _ order: [Int]) {
    for parity in upCount == nil || upCount == 3 ? [0, 1, -1] : [0] {
      let space = ConfigurationSpace<UInt64>(
        upCount: upCount, order: order, spinFlipParity: parity)
      var expected = Set<UInt64>()
      for word in UInt64(0)..<64 where upCount.map({ word.nonzeroBitCount == $0 }) ?? true {
        let x = Configuration(alpha: word)
        let isUp = word >> UInt64(order[0]) & 1 == 1
        #expect(space.isRepresentative(x) == (parity == 0 || isUp))
        #expect(space.multiplicity(x) == (parity == 0 ? 1 : 2))
        #expect(space.flipped(x) == Configuration(alpha: ~word & 63))
        #expect(space.representative(x).alpha == (parity == 0 || isUp ? word : ~word & 63))
        if parity == 0 || isUp { expected.insert(word) }
      }
      #expect(Set(space.allRepresentatives().map(\.alpha)) == expected)
      #expect(space.dimension == Double(expected.count))
    }
  }

  @Test func wordsAreUsedToTheirLastBit() {
    let narrow = ConfigurationSpace<UInt64>(
      alphaCount: 63, betaCount: 63, orbitalIrreps: nil, irrep: nil, order: Array(0..<64))
    #expect(narrow.dimension == 4096)
    let wide = ConfigurationSpace<UInt128>(
      alphaCount: 1, betaCount: 127, orbitalIrreps: nil, irrep: nil,
      order: Array((0..<128).reversed()))
    #expect(wide.dimension == 16384)
    let all = wide.allRepresentatives()
    #expect(Set(all).count == 16384)
    #expect(all.allSatisfy { $0.alpha.nonzeroBitCount == 1 && $0.beta.nonzeroBitCount == 127 })
    let spins = ConfigurationSpace<UInt128>(upCount: 127, order: Array(0..<128))
    #expect(spins.flipped(spins.allRepresentatives()[0]).alpha.nonzeroBitCount == 1)
  }

  @Test func digestsTellConfigurationsApart() {
    var digests = Set<UInt64>()
    for alpha in UInt128(0)..<64 {
      for beta in UInt128(0)..<64 {
        for shift in [0, 60, 122] as [UInt128] {
          digests.insert(Configuration(alpha: alpha << shift, beta: beta << shift).digest)
        }
      }
    }
    // The shifts have nothing in common but (0, 0).
    #expect(digests.count == 3 * 4095 + 1)
  }

  @Test func emptySectorsHaveDimensionZero() {
    let tooMany = ConfigurationSpace<UInt64>(
      alphaCount: 7, betaCount: 0, orbitalIrreps: nil, irrep: nil, order: Array(0..<6))
    #expect(tooMany.dimension == 0)
    #expect(tooMany.allRepresentatives().isEmpty)
    let noIrrep = ConfigurationSpace<UInt64>(
      alphaCount: 1, betaCount: 0, orbitalIrreps: [0, 1], irrep: 5, order: [0, 1])
    #expect(noIrrep.dimension == 0)
    #expect(!noIrrep.automaton.contains([1, 0]))
    // Closed shells have no odd state.
    let full = ConfigurationSpace<UInt64>(
      alphaCount: 2, betaCount: 2, orbitalIrreps: nil, irrep: nil, order: [0, 1],
      spinFlipParity: -1)
    #expect(full.dimension == 0)
  }

  @Test func deadTransitionsAreMarked() {
    let space = ConfigurationSpace<UInt64>(
      alphaCount: 2, betaCount: 1, orbitalIrreps: Self.irreps, irrep: 1, order: Array(0..<6))
    for position in 0..<6 {
      let states = space.automaton.completions[position].count
      for state in 0..<states where space.automaton.completions[position][state] > 0 {
        var sum = 0.0
        for token in 0..<4 {
          let next = space.automaton.next(position, Int32(state), token)
          if next >= 0 { sum += space.automaton.completions[position + 1][Int(next)] }
          if next >= 0 { #expect(space.automaton.completions[position + 1][Int(next)] > 0) }
        }
        #expect(sum == space.automaton.completions[position][state])
      }
    }
  }
}
