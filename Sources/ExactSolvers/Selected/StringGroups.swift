internal import Configurations
internal import Parallelism

/// The determinants of a space by the string of one spin, with the single replacements between strings.
///
/// Two connected determinants share their α string, share their β string, or differ by one replacement in
/// each; so the connections of a determinant are found in the groups of its own strings and of their single
/// replacements (as in J. Li et al., J. Chem. Phys. 149, 214110 (2018)).
final class StringGroups<Word: ConfigurationWord>: @unchecked Sendable {
  // Unchecked: written by its initialiser only.
  /// The strings, ascending.
  let strings: [Word]
  /// Where each string's group starts, `[strings + 1]`.
  let starts: [Int]
  /// The strings of the other spin, group by group.
  let others: UnsafeMutablePointer<Word>
  /// The number of the representative of each.
  let numbers: UnsafeMutablePointer<Int32>
  /// The irrep of each string.
  let irreps: [UInt8]
  /// At `string · (irreps + 1) + irrep`, where the single replacements of an irrep start.
  let singleStarts: [Int32]
  /// The strings that differ by one replacement, by string and irrep.
  let singles: [Int32]
  let irrepCount: Int
  private let places: [Word: Int]

  /// Groups determinants.
  ///
  /// - Parameters:
  ///   - determinants: The determinants, `[N]`, the grouping string first; each once.
  ///   - numbers: The numbers of their representatives, `[N]`.
  ///   - orbitalsOfIrreps: The orbitals of each irrep.
  ///   - execution: The threads to use.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  init(
    _ determinants: [(string: Word, other: Word)], numbers: [Int32], orbitalsOfIrreps: [Word],
    execution: Execution
  ) {
    let strings = Set(determinants.map(\.string)).sorted()
    let places = Dictionary(uniqueKeysWithValues: strings.enumerated().map { ($1, $0) })
    self.strings = strings
    self.places = places
    var starts = [Int](repeating: 0, count: strings.count + 1)
    let owners = determinants.map { places[$0.string] ?? 0 }
    for owner in owners { starts[owner + 1] += 1 }
    for place in strings.indices { starts[place + 1] += starts[place] }
    self.starts = starts
    others = .allocate(capacity: max(1, determinants.count))
    self.numbers = .allocate(capacity: max(1, determinants.count))
    var next = starts
    for (place, owner) in owners.enumerated() {
      (others + next[owner]).initialize(to: determinants[place].other)
      (self.numbers + next[owner]).initialize(to: numbers[place])
      next[owner] += 1
    }
    let groups = orbitalsOfIrreps.count
    irrepCount = groups
    let all = orbitalsOfIrreps.reduce(0) { $0 | $1 }
    let irreps = strings.map { string in
      UInt8(
        (0..<groups).reduce(0) {
          (string & orbitalsOfIrreps[$1]).nonzeroBitCount & 1 == 1 ? $0 ^ $1 : $0
        })
    }
    self.irreps = irreps
    let block = 256
    let found = execution.map((strings.count + block - 1) / block) { index in
      var list: [Int32] = []
      var counts: [Int32] = []
      var own: [(irrep: UInt8, place: Int32)] = []
      for place in index * block..<min((index + 1) * block, strings.count) {
        let string = strings[place]
        own.removeAll(keepingCapacity: true)
        var holes = string
        while holes != 0 {
          let hole = holes & (0 &- holes)
          holes ^= hole
          var particles = all & ~string
          while particles != 0 {
            let particle = particles & (0 &- particles)
            particles ^= particle
            if let target = places[string ^ hole ^ particle] {
              own.append((irreps[target], Int32(truncatingIfNeeded: target)))
            }
          }
        }
        own.sort { ($0.irrep, $0.place) < ($1.irrep, $1.place) }
        for irrep in 0..<groups {
          counts.append(Int32(truncatingIfNeeded: own.count { Int($0.irrep) == irrep }))
        }
        list += own.map(\.place)
      }
      return (list: list, counts: counts)
    }
    var singles: [Int32] = []
    var singleStarts: [Int32] = []
    for part in found {
      var end = Int32(truncatingIfNeeded: singles.count)
      for place in 0..<part.counts.count / groups {
        singleStarts.append(end)
        for irrep in 0..<groups {
          end += part.counts[place * groups + irrep]
          singleStarts.append(end)
        }
      }
      singles += part.list
    }
    self.singles = singles
    self.singleStarts = singleStarts
  }

  deinit {
    others.deallocate()
    numbers.deallocate()
  }

  /// The place of a string, which some determinant has.
  func place(of string: Word) -> Int { places[string] ?? 0 }

  /// The bytes of a space's groups.
  static func bytes(determinants: Int) -> Double {
    Double(determinants) * Double(MemoryLayout<Word>.stride * 3 + 16)
  }
}
