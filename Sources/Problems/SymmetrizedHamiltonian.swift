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
    let sum = base.diagonalElement(configuration)
    if space.symmetries.isEmpty {
      let partner = space.flipped(configuration)
      if space.spinFlipParity == 0 || partner == configuration { return sum }
      return sum + Double(space.spinFlipParity) * base.element(partner, configuration)
    }
    return sum + elementWithinOrbit(of: configuration)
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
    connections.appendFolded(
      of: configuration, size: space.multiplicity(configuration),
      orbits: space.orbits(of: all.configurations), elements: all.elements, above: cutoff)
  }
}

extension SymmetrizedHamiltonian {
  /// The sum of the connections from a representative to the members of its own orbit.
  @inline(never)
  private func elementWithinOrbit(of configuration: Configuration<Base.Word>) -> Double {
    var connections = ConnectionList<Base.Word>()
    base.appendConnections(of: configuration, above: 0, to: &connections)
    let orbits = space.orbits(of: connections.configurations)
    var sum = 0.0
    for (orbit, element) in zip(orbits, connections.elements)
    where orbit.representative == configuration {
      sum += Double(orbit.sign) * element
    }
    return sum
  }
}
