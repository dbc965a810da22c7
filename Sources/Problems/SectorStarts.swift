internal import Configurations
internal import Hamiltonians

/// Finds configurations from which the lowest states of a sector can be reached.
struct SectorStarts<H: Hamiltonian> {
  typealias Word = H.Word

  let space: ConfigurationSpace<Word>
  let hamiltonian: H
  /// What energies are measured by.
  let energyScale: Double

  /// The number of configurations of lowest diagonal element among the starts.
  private static var lowestCount: Int { 6 }
  /// The number of descents from random configurations: more where none can be listed.
  private static var descentCount: (listed: Int, other: Int) { (2, 10) }

  /// Returns the whole sector by rising diagonal element.
  func listed() -> [Configuration<Word>] {
    let all = space.allRepresentatives()
    return sorted(all)
  }

  /// Returns distinct starts: configurations of lowest diagonal element, and where descents from
  /// random ones end.
  ///
  /// - Parameters:
  ///   - listed: The whole sector by rising diagonal element; empty where it is too large.
  ///   - seeds: Configurations of low energy, of any sector.
  /// - Returns: The starts, best first.
  func configurations(
    listed: [Configuration<Word>], seeds: [Configuration<Word>]
  ) -> [Configuration<Word>] {
    let low = listed.isEmpty ? neighbours(of: seeds) : listed
    var starts = Array(low.prefix(Self.lowestCount))
    for start in random(
      listed.isEmpty ? Self.descentCount.other : Self.descentCount.listed)
    {
      let end = descend(from: start)
      if !starts.contains(end) { starts.append(end) }
    }
    return starts
  }

  /// Returns random configurations of the sector, each with the same probability.
  func random(_ count: Int) -> [Configuration<Word>] {
    var source = RandomSource(seed: 0x5345_4354)
    let automaton = space.automaton
    var tokens = [UInt8](repeating: 0, count: space.positions)
    return (0..<count).map { _ in
      var state: Int32 = 0
      for position in tokens.indices {
        var rest = source.uniform() * automaton.completions[position][Int(state)]
        var chosen: (token: Int, state: Int32)?
        for token in 0..<space.vocabulary {
          let next = automaton.next(position, state, token)
          if next < 0 { continue }
          chosen = (token, next)
          rest -= automaton.completions[position + 1][Int(next)]
          if rest < 0 { break }
        }
        if let chosen {
          tokens[position] = UInt8(chosen.token)
          state = chosen.state
        }
      }
      return tokens.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { space.decode($0) } ?? Configuration(alpha: 0)
      }
    }
  }

  /// Returns the configurations of lowest diagonal element around seeds, seeds included where they
  /// belong to the sector.
  ///
  /// Two rounds of connections: a closed shell is no member of an odd sector, but its singles are.
  private func neighbours(of seeds: [Configuration<Word>]) -> [Configuration<Word>] {
    var members: [Configuration<Word>] = []
    var known: Set<Configuration<Word>> = []
    var frontier = seeds
    for _ in 0..<2 {
      var found = frontier
      var row = ConnectionList<Word>()
      for configuration in frontier {
        hamiltonian.appendConnections(of: configuration, above: 0, to: &row)
      }
      found += row.configurations
      for configuration in found {
        guard let member = self.member(configuration), known.insert(member).inserted else {
          continue
        }
        members.append(member)
      }
      members = Array(sorted(members).prefix(4 * Self.lowestCount))
      frontier = Array(members.prefix(Self.lowestCount))
    }
    return members
  }

  /// Follows the connection of lowest diagonal element until none is lower.
  private func descend(from start: Configuration<Word>) -> Configuration<Word> {
    var current = start
    var energy = hamiltonian.diagonalElement(start)
    var row = ConnectionList<Word>()
    while true {
      row.removeAll()
      hamiltonian.appendConnections(of: current, above: 0, to: &row)
      var next = current
      for target in row.configurations {
        let value = hamiltonian.diagonalElement(target)
        // By more than rounding, so that equal ones do not depend on it.
        if value < energy - 1e-10 * max(energyScale, abs(energy)), let member = member(target) {
          (next, energy) = (member, value)
        }
      }
      if next == current { return current }
      current = next
    }
  }

  /// The representative of a configuration, or nil where it is not of the sector.
  private func member(_ configuration: Configuration<Word>) -> Configuration<Word>? {
    let (representative, sign) = space.canonical(configuration)
    if sign == 0 { return nil }
    var tokens = [UInt8](repeating: 0, count: space.positions)
    let isInside = tokens.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return false }
      space.encode(representative, into: base)
      return space.automaton.contains(base)
    }
    return isInside ? representative : nil
  }

  private func sorted(_ configurations: [Configuration<Word>]) -> [Configuration<Word>] {
    let energies = configurations.map { hamiltonian.diagonalElement($0) }
    let order = configurations.indices.sorted { (energies[$0], $0) < (energies[$1], $1) }
    return order.map { configurations[$0] }
  }
}
