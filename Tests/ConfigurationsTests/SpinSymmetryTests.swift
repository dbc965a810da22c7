import Configurations
import Testing

@Suite struct SpinSymmetryTests {
  /// The symmetries of a ring of sites, with eigenvalues of one step, of the reflection and of the flip.
  static func ring(
    _ sites: Int, translation: Int = 1, reflection: Int? = nil, flip: Int? = nil
  ) -> [SpinSymmetry] {
    var group: [SpinSymmetry] = []
    for distance in 0..<sites {
      for isReflected in reflection == nil ? [false] : [false, true] {
        for flips in flip == nil ? [false] : [false, true] {
          let permutation = (0..<sites).map {
            ((isReflected ? -$0 : $0) + distance + sites) % sites
          }
          var character = distance % 2 == 0 ? 1 : translation
          if isReflected { character *= reflection ?? 1 }
          if flips { character *= flip ?? 1 }
          group.append(
            SpinSymmetry(permutation: permutation, flipsSpins: flips, character: character))
        }
      }
    }
    return group
  }

  struct Case: Sendable {
    var sites: Int
    var upCount: Int?
    var order: [Int]
    var symmetries: [SpinSymmetry]
  }

  static let cases: [Case] = [
    Case(sites: 6, upCount: 3, order: Array(0..<6), symmetries: ring(6)),
    Case(
      sites: 6, upCount: 3, order: [2, 0, 5, 1, 4, 3],
      symmetries: ring(6, translation: -1, reflection: 1, flip: -1)),
    Case(
      sites: 8, upCount: 4, order: Array((0..<8).reversed()),
      symmetries: ring(8, translation: -1, reflection: -1, flip: 1)),
    Case(sites: 7, upCount: 2, order: Array(0..<7), symmetries: ring(7, reflection: -1)),
    Case(sites: 9, upCount: nil, order: Array(0..<9), symmetries: ring(9, flip: -1)),
    Case(
      sites: 10, upCount: nil, order: Array(0..<10), symmetries: ring(10, translation: -1, flip: 1)
    ),
    Case(
      sites: 5, upCount: 2, order: Array(0..<5),
      symmetries: [SpinSymmetry(permutation: Array(0..<5))]),
  ]

  /// Orbits, signs and multiplicities against their definitions.
  @Test(arguments: cases.indices) func orbitsAreThoseOfTheGroup(_ index: Int) {
    let example = Self.cases[index]
    let space = ConfigurationSpace<UInt64>(
      upCount: example.upCount, order: example.order, symmetries: example.symmetries)
    let strings = (UInt64(0)..<(1 << UInt64(example.sites))).filter { word in
      example.upCount.map { word.nonzeroBitCount == $0 } ?? true
    }
    func tokens(_ x: Configuration<UInt64>) -> [UInt8] {
      var tokens = [UInt8](repeating: 0, count: example.sites)
      space.encode(x, into: &tokens)
      return tokens
    }
    var expected: Set<Configuration<UInt64>> = []
    var states = 0.0
    for x in strings.map({ Configuration(alpha: $0) }) {
      let orbit = Set(example.symmetries.map { $0.apply(to: x) })
      let last = orbit.max { tokens($0).lexicographicallyPrecedes(tokens($1)) }
      let vanishes = example.symmetries.contains { $0.apply(to: x) == x && $0.character == -1 }
      let (representative, sign) = space.canonical(x)
      #expect(representative == last)
      #expect(space.isRepresentative(x) == (x == last))
      #expect(space.multiplicity(x) == orbit.count)
      if vanishes {
        #expect(sign == 0)
      } else {
        let mover = example.symmetries.first { $0.apply(to: representative) == x }
        #expect(sign == mover?.character)
        expected.insert(representative)
        states += 1 / Double(orbit.count)
      }
    }
    let all = space.allRepresentatives()
    #expect(Set(all) == expected && all.count == expected.count)
    #expect(space.dimension == Double(expected.count))
    #expect(abs(states - space.dimension) < 1e-9)
    #expect(all.allSatisfy { space.automaton.contains(tokens($0)) })
    let sorted = all.map(tokens)
    #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
  }

  /// The dimension is the trace of the projector, `1/G Σ_g χ_g tr g`.
  @Test func dimensionsOfAllRealMomentaOfARing() {
    // 12 sites, 6 up: necklaces by Burnside's lemma, 80 of them; 924 strings in all.
    let even = ConfigurationSpace<UInt64>(
      upCount: 6, order: Array(0..<12), symmetries: Self.ring(12))
    #expect(even.dimension == 80)
    let odd = ConfigurationSpace<UInt64>(
      upCount: 6, order: Array(0..<12), symmetries: Self.ring(12, translation: -1))
    var trace = 0
    for distance in 0..<12 {
      let symmetry = SpinSymmetry(permutation: (0..<12).map { ($0 + distance) % 12 })
      let fixed = (UInt64(0)..<4096).count {
        $0.nonzeroBitCount == 6 && symmetry.apply(to: Configuration(alpha: $0)).alpha == $0
      }
      trace += (distance % 2 == 0 ? 1 : -1) * fixed
    }
    #expect(odd.dimension == Double(trace / 12))
  }

  @Test func wideWordsHaveOrbitsToo() {
    let symmetries = Self.ring(70, reflection: 1)
    let space = ConfigurationSpace<UInt128>(
      upCount: 2, order: Array(0..<70), symmetries: symmetries)
    // Two spins up on a ring: one orbit for each distance.
    #expect(space.dimension == 35)
    let x = Configuration<UInt128>(alpha: 1 << 69 | 1 << 3)
    #expect(space.multiplicity(x) == 70)
    #expect(space.canonical(x).representative == Configuration(alpha: 1 | 1 << 4))
  }

  @Test func groupsAreToldFromOthers() {
    #expect(SpinSymmetry.isGroup(Self.ring(6, translation: -1, reflection: 1, flip: -1)))
    #expect(!SpinSymmetry.isGroup([]))
    #expect(!SpinSymmetry.isGroup(Array(Self.ring(6).dropLast())))
    #expect(!SpinSymmetry.isGroup(Array(Self.ring(6).dropFirst())))
    #expect(!SpinSymmetry.isGroup(Self.ring(6) + Self.ring(6)))
    // Seven steps lead back to the start: their eigenvalue cannot be −1.
    #expect(!SpinSymmetry.isGroup(Self.ring(7, translation: -1)))
    var wrong = Self.ring(6)
    wrong[2].character = -1
    #expect(!SpinSymmetry.isGroup(wrong))
  }

  /// An automaton from a list of strings has those strings and no others, in few states.
  @Test func automatonOfAList() {
    var random = RandomSource(seed: 3)
    for count in [1, 7, 60, 243] {
      let numbers = Array(Array(0..<243).shuffled(using: &random).prefix(count)).sorted()
      let lists = numbers.map { number in [81, 27, 9, 3, 1].map { UInt8(number / $0 % 3) } }
      let automaton = SectorAutomaton(positions: 5, vocabulary: 3, strings: lists.flatMap { $0 })
      #expect(automaton.dimension == Double(count))
      var found: [[UInt8]] = []
      automaton.forEachString { found.append(Array(UnsafeBufferPointer(start: $0, count: 5))) }
      #expect(found == lists)
      for number in 0..<243 {
        let tokens = [81, 27, 9, 3, 1].map { UInt8(number / $0 % 3) }
        #expect(automaton.contains(tokens) == numbers.contains(number))
      }
      if count == 243 { #expect(automaton.transitions.allSatisfy { $0.count == 3 }) }
    }
    let empty = SectorAutomaton(positions: 2, vocabulary: 2, strings: [])
    #expect(empty.dimension == 0 && !empty.contains([0, 0]))
  }
}
