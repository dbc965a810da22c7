public import Configurations
public import Hamiltonians

/// A Hamiltonian between the normalised states of a symmetric sector, one for each representative.
///
/// ```
/// |r⟩ = m_r^(−1/2) Σ_{x in the orbit of r} sign(x) |x⟩
/// ⟨s|H|r⟩ = √(m_r/m_s) Σ_{y in the orbit of s} sign(y) ⟨y|H|r_string⟩
/// ```
///
/// Its vectors have `c_r = √m_r ψ(r)`. Connections within an orbit belong to the diagonal.
///
/// The base must commute with the symmetries of the space: with the exchange of α and β for electrons
/// of a parity, with the operations of the group for spins.
public struct SymmetrizedHamiltonian<Base: Hamiltonian>: Sendable {
  /// The operator between configurations.
  public let base: Base
  /// The sector.
  public let space: ConfigurationSpace<Base.Word>

  /// Creates the operator of a sector.
  public init(base: Base, space: ConfigurationSpace<Base.Word>) {
    self.base = base
    self.space = space
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SymmetrizedHamiltonian: Hamiltonian {
  public typealias Word = Base.Word

  @_specialize(where Base == MolecularHamiltonian<UInt64>)
  @_specialize(where Base == MolecularHamiltonian<UInt128>)
  @_specialize(where Base == SpinHamiltonian<UInt64>)
  @_specialize(where Base == SpinHamiltonian<UInt128>)
  public func diagonalElement(_ configuration: Configuration<Word>) -> Double {
    var sum = base.diagonalElement(configuration)
    if space.symmetries.isEmpty {
      let partner = space.flipped(configuration)
      if space.spinFlipParity == 0 || partner == configuration { return sum }
      return sum + Double(space.spinFlipParity) * base.element(partner, configuration)
    }
    var connections = ConnectionList<Word>()
    base.appendConnections(of: configuration, above: 0, to: &connections)
    for (target, element) in zip(connections.configurations, connections.elements) {
      let (representative, sign) = space.canonical(target)
      if representative == configuration { sum += Double(sign) * element }
    }
    return sum
  }

  @_specialize(where Base == MolecularHamiltonian<UInt64>)
  @_specialize(where Base == MolecularHamiltonian<UInt128>)
  @_specialize(where Base == SpinHamiltonian<UInt64>)
  @_specialize(where Base == SpinHamiltonian<UInt128>)
  public func appendConnections(
    of configuration: Configuration<Word>, above cutoff: Double,
    to connections: inout ConnectionList<Word>
  ) {
    var all = ConnectionList<Word>()
    base.appendConnections(of: configuration, above: 0, to: &all)
    var targets = ConfigurationIndex<Word>(capacity: all.count)
    var sums: [Double] = []
    sums.reserveCapacity(all.count)
    for (target, element) in zip(all.configurations, all.elements) {
      let (representative, sign) = space.canonical(target)
      if sign == 0 || representative == configuration { continue }
      let number = targets.insert(representative)
      if number == sums.count { sums.append(0) }
      sums[number] += Double(sign) * element
    }
    let size = Double(space.multiplicity(configuration))
    for (target, sum) in zip(targets.configurations, sums) {
      let element = (size / Double(space.multiplicity(target))).squareRoot() * sum
      if abs(element) > cutoff { connections.append(target, element) }
    }
  }
}
