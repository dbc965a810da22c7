internal import Configurations
internal import Hamiltonians

/// A Hamiltonian between the normalised states of a symmetric sector, one for each representative.
///
/// ```
/// |r⟩ = m_r^(−1/2) Σ_{x in the orbit of r} sign(x) |x⟩
/// ⟨s|H|r⟩ = √(m_r/m_s) Σ_{y in the orbit of s} sign(y) ⟨y|H|r_string⟩
/// ```
///
/// Its vectors have `c_r = √m_r ψ(r)`. Connections within an orbit belong to the diagonal.
struct SymmetrizedHamiltonian<Base: Hamiltonian>: Hamiltonian {
  typealias Word = Base.Word

  let base: Base
  let space: ConfigurationSpace<Word>

  func diagonalElement(_ configuration: Configuration<Word>) -> Double {
    var sum = base.diagonalElement(configuration)
    var connections = ConnectionList<Word>()
    base.appendConnections(of: configuration, above: 0, to: &connections)
    for (target, element) in zip(connections.configurations, connections.elements) {
      let (representative, sign) = space.canonical(target)
      if representative == configuration { sum += Double(sign) * element }
    }
    return sum
  }

  func appendConnections(
    of configuration: Configuration<Word>, above cutoff: Double,
    to connections: inout ConnectionList<Word>
  ) {
    var all = ConnectionList<Word>()
    base.appendConnections(of: configuration, above: 0, to: &all)
    var order: [Configuration<Word>] = []
    var sums: [Configuration<Word>: Double] = [:]
    for (target, element) in zip(all.configurations, all.elements) {
      let (representative, sign) = space.canonical(target)
      if sign == 0 || representative == configuration { continue }
      if sums[representative] == nil { order.append(representative) }
      sums[representative, default: 0] += Double(sign) * element
    }
    let size = Double(space.multiplicity(configuration))
    for target in order {
      let element =
        (size / Double(space.multiplicity(target))).squareRoot() * sums[target, default: 0]
      if abs(element) > cutoff { connections.append(target, element) }
    }
  }
}
