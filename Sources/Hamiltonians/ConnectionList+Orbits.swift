package import Configurations

extension ConnectionList {
  /// Replaces the connections from a place on by their representatives, with the sign of the amplitude
  /// relative to theirs in the element; those without an amplitude are dropped.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package mutating func canonicalize(from start: Int, in space: ConfigurationSpace<Word>) {
    let count = count
    withUnsafeTemporaryAllocation(of: Int8.self, capacity: max(1, count - start)) { signs in
      guard let signs = signs.baseAddress else { return }
      truncate { configurations, elements in
        space.canonicalize(
          UnsafeMutableBufferPointer(start: configurations + start, count: count - start),
          signs: signs)
        var end = start
        for index in start..<count where signs[index - start] != 0 {
          configurations[end] = configurations[index]
          elements[end] = Double(signs[index - start]) * elements[index]
          end += 1
        }
        return end
      }
    }
  }

  /// Appends the connections of a representative to others, each once.
  ///
  /// - Parameters:
  ///   - configuration: The representative `r`.
  ///   - size: The number of configurations that it stands for, `m_r`.
  ///   - orbits: Where each connection of `r` leads: the representative `s` of its target, the sign of the
  ///     target's amplitude relative to its, and `m_s`.
  ///   - elements: The matrix elements of the connections.
  ///   - cutoff: The magnitude at or below which a sum `√(m_r/m_s) Σ sign · element` is left out.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package mutating func appendFolded(
    of configuration: Configuration<Word>, size: Int,
    orbits: [(representative: Configuration<Word>, sign: Int, size: Int)], elements: [Double],
    above cutoff: Double
  ) {
    var targets = ConfigurationIndex<Word>(capacity: orbits.count)
    var sums: [Double] = []
    var sizes: [Int] = []
    sums.reserveCapacity(orbits.count)
    sizes.reserveCapacity(orbits.count)
    for (orbit, element) in zip(orbits, elements) {
      if orbit.sign == 0 || orbit.representative == configuration { continue }
      let number = targets.insert(orbit.representative)
      if number == sums.count {
        sums.append(0)
        sizes.append(orbit.size)
      }
      sums[number] += Double(orbit.sign) * element
    }
    for (number, target) in targets.configurations.enumerated() {
      let element = (Double(size) / Double(sizes[number])).squareRoot() * sums[number]
      if abs(element) > cutoff { append(target, element) }
    }
  }
}
