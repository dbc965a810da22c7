/// The quantum numbers of a sector as a finite automaton over tokens.
///
/// A configuration is read token by token; the state after `t` tokens is all that the quantum
/// numbers remember of them, such as (Nα, Nβ, irrep so far). A prefix is *alive* if some completion
/// lies in the sector. The automaton keeps alive states only, found by a forward sweep over what
/// can be reached and a backward sweep over what can be completed, so a transition is either to an
/// alive state or dead, and a sampler that follows it never leaves the sector.
///
/// One mechanism serves every quantum number whose label can be accumulated along the string:
/// electron numbers, magnetisation, abelian irreps, and the choice of one representative of each
/// pair of spin-flipped strings.
public struct SectorAutomaton: Sendable {
  /// The number of positions, T.
  public let positions: Int
  /// The number of tokens, V.
  public let vocabulary: Int
  /// `transitions[t][state * V + token]`: the state after the token, or −1 where that is dead.
  public let transitions: [[Int32]]
  /// `completions[t][state]`: the number of strings that complete a prefix in `state` at `t`.
  ///
  /// A Float64, exact up to 2⁵³ and to rounding beyond.
  public let completions: [[Double]]

  /// The number of strings in the sector, zero for an empty one.
  public var dimension: Double { completions[0].first ?? 0 }

  /// Builds the automaton of the strings that `advance` and `accepts` let through.
  ///
  /// - Parameters:
  ///   - positions: T.
  ///   - vocabulary: V.
  ///   - initial: The label of the empty prefix.
  ///   - advance: Gives the label after a token at a position, or nil where the token is not
  ///     allowed there.
  ///   - accepts: Says whether a full string with this label is in the sector.
  /// - Complexity: O(T · states · V).
  public init<Label: Hashable>(
    positions: Int, vocabulary: Int, initial: Label,
    advance: (_ position: Int, _ label: Label, _ token: Int) -> Label?,
    accepts: (Label) -> Bool
  ) {
    precondition(positions > 0 && vocabulary > 1, "a string needs positions and tokens")
    var levels: [[Label]] = [[initial]]
    var reached: [[Int32]] = []
    for position in 0..<positions {
      var indices: [Label: Int32] = [:]
      var labels: [Label] = []
      var row = [Int32](repeating: -1, count: levels[position].count * vocabulary)
      for (state, label) in levels[position].enumerated() {
        for token in 0..<vocabulary {
          guard let next = advance(position, label, token) else { continue }
          let known = indices[next]
          let index = known ?? Int32(labels.count)
          if known == nil {
            indices[next] = index
            labels.append(next)
          }
          row[state * vocabulary + token] = index
        }
      }
      reached.append(row)
      levels.append(labels)
    }

    var counts = levels.map { [Double](repeating: 0, count: $0.count) }
    for (state, label) in levels[positions].enumerated() where accepts(label) {
      counts[positions][state] = 1
    }
    for position in stride(from: positions - 1, through: 0, by: -1) {
      for state in levels[position].indices {
        for token in 0..<vocabulary {
          let next = Int(reached[position][state * vocabulary + token])
          if next < 0 { continue }
          if counts[position + 1][next] == 0 {
            reached[position][state * vocabulary + token] = -1
          } else {
            counts[position][state] += counts[position + 1][next]
          }
        }
      }
    }
    self.positions = positions
    self.vocabulary = vocabulary
    transitions = reached
    completions = counts
  }

  /// Builds the smallest automaton of a list of strings.
  ///
  /// For sectors that no label accumulated along the string describes, such as the representatives
  /// of the orbits of a lattice's symmetries.
  ///
  /// - Parameters:
  ///   - positions: T.
  ///   - vocabulary: V.
  ///   - strings: The tokens of distinct strings in lexicographic order, `[B, T]`.
  /// - Complexity: O(B T).
  public init(positions: Int, vocabulary: Int, strings: [UInt8]) {
    precondition(positions > 0 && vocabulary > 1, "a string needs positions and tokens")
    precondition(strings.count % positions == 0, "the last string is not complete")
    let count = strings.count / positions
    // The tree of prefixes: a node at level t for each distinct prefix of t tokens.
    var children: [[Int32]] = []
    var nodes = [Int32](repeating: 0, count: count)
    var nodeCount = 1
    for position in 0..<positions {
      var row = [Int32](repeating: -1, count: nodeCount * vocabulary)
      nodeCount = 0
      for string in 0..<count {
        let slot =
          Int(nodes[string]) * vocabulary + Int(strings[string * positions + position])
        if row[slot] < 0 {
          row[slot] = Int32(nodeCount)
          nodeCount += 1
        }
        precondition(Int(row[slot]) == nodeCount - 1, "the strings are not in order")
        nodes[string] = row[slot]
      }
      children.append(row)
    }
    precondition(nodeCount == count || count == 0, "a string occurs twice")

    // From the end backwards, prefixes with the same completions become one state.
    var states = [Int32](repeating: 0, count: nodeCount)
    var counts: [[Double]] = [[count == 0 ? 0 : 1]]
    var merged: [[Int32]] = []
    for position in stride(from: positions - 1, through: 0, by: -1) {
      let row = children[position].map { $0 < 0 ? -1 : states[Int($0)] }
      var numbers: [ArraySlice<Int32>: Int32] = [:]
      var transitions: [Int32] = []
      var completions: [Double] = []
      states = stride(from: 0, to: row.count, by: vocabulary).map { start in
        let signature = row[start..<start + vocabulary]
        if let known = numbers[signature] { return known }
        let number = Int32(numbers.count)
        numbers[signature] = number
        transitions += signature
        completions.append(
          signature.reduce(0) { $1 < 0 ? $0 : $0 + counts[counts.count - 1][Int($1)] })
        return number
      }
      merged.append(transitions)
      counts.append(completions)
    }
    self.positions = positions
    self.vocabulary = vocabulary
    transitions = merged.reversed()
    completions = counts.reversed()
  }

  /// Returns the state after a token, or −1 where that prefix is dead.
  @inlinable
  public func next(_ position: Int, _ state: Int32, _ token: Int) -> Int32 {
    transitions[position][Int(state) * vocabulary + token]
  }

  /// Returns whether a string of T tokens lies in the sector.
  public func contains(_ tokens: UnsafePointer<UInt8>) -> Bool {
    if dimension == 0 { return false }
    var state: Int32 = 0
    for position in 0..<positions {
      state = next(position, state, Int(tokens[position]))
      if state < 0 { return false }
    }
    return true
  }

  /// Calls `body` with each string of the sector, in lexicographic order.
  public func forEachString(_ body: (UnsafePointer<UInt8>) -> Void) {
    if dimension == 0 { return }
    var tokens = [UInt8](repeating: 0, count: positions)
    var states = [Int32](repeating: 0, count: positions + 1)
    // Depth-first without recursion: `candidate` is the next token to try at `position`.
    var position = 0
    var candidate = 0
    while true {
      if position == positions {
        tokens.withUnsafeBufferPointer { if let base = $0.baseAddress { body(base) } }
      } else if candidate < vocabulary {
        let state = next(position, states[position], candidate)
        if state >= 0 {
          tokens[position] = UInt8(candidate)
          position += 1
          states[position] = state
          candidate = 0
        } else {
          candidate += 1
        }
        continue
      }
      if position == 0 { return }
      position -= 1
      candidate = Int(tokens[position]) + 1
    }
  }
}
