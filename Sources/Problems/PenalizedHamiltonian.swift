public import Configurations
public import Hamiltonians

/// A Hamiltonian with a penalty on another operator that it commutes with: `H + λ (O − o)`.
///
/// With `O = Ŝ²` and `o = S(S + 1)` states of total spin S keep their energies, and those of higher
/// spin go up by `λ` times the difference. The penalty is linear: lower spins would go down, so S must
/// be the lowest spin of the sector, as |Sz| is, or 1 among the odd states of 2Sz = 0.
public struct PenalizedHamiltonian<Base: Hamiltonian, Observable: Hamiltonian<Base.Word>>: Sendable
{
  /// The operator whose eigenvalues are wanted.
  public let base: Base
  /// The operator that is held to a value.
  public let observable: Observable
  /// λ, in the unit of the base.
  public let weight: Double
  /// The value `o`.
  public let target: Double

  /// Creates the sum.
  ///
  /// - Parameters:
  ///   - base: The operator whose eigenvalues are wanted.
  ///   - observable: The operator that is held to a value.
  ///   - weight: λ, in the unit of the base; 0 leaves the base as it is.
  ///   - target: The value.
  public init(base: Base, observable: Observable, weight: Double, target: Double) {
    self.base = base
    self.observable = observable
    self.weight = weight
    self.target = target
  }

  /// The same without the penalty.
  public var unpenalized: PenalizedHamiltonian {
    PenalizedHamiltonian(base: base, observable: observable, weight: 0, target: target)
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PenalizedHamiltonian: Hamiltonian {
  public typealias Word = Base.Word

  @_specialize(where Base == MolecularHamiltonian<UInt64>, Observable == SpinSquared<UInt64>)
  @_specialize(where Base == MolecularHamiltonian<UInt128>, Observable == SpinSquared<UInt128>)
  public func diagonalElement(_ configuration: Configuration<Word>) -> Double {
    let energy = base.diagonalElement(configuration)
    if weight == 0 { return energy }
    return energy + weight * (observable.diagonalElement(configuration) - target)
  }

  @_specialize(where Base == MolecularHamiltonian<UInt64>, Observable == SpinSquared<UInt64>)
  @_specialize(where Base == MolecularHamiltonian<UInt128>, Observable == SpinSquared<UInt128>)
  public func appendConnections(
    of configuration: Configuration<Word>, above cutoff: Double,
    to connections: inout ConnectionList<Word>
  ) {
    var penalties = ConnectionList<Word>()
    if weight != 0 { observable.appendConnections(of: configuration, above: 0, to: &penalties) }
    if penalties.count == 0 {
      base.appendConnections(of: configuration, above: cutoff, to: &connections)
      return
    }
    // Penalties connect far fewer configurations than the base: those wait for their sums.
    var shared = ConfigurationIndex<Word>(capacity: penalties.count)
    for target in penalties.configurations { _ = shared.insert(target) }
    var row = ConnectionList<Word>()
    base.appendConnections(of: configuration, above: cutoff, to: &row)
    for (target, element) in zip(row.configurations, row.elements)
    where shared.number(of: target) == nil {
      connections.append(target, element)
    }
    for (target, element) in zip(penalties.configurations, penalties.elements) {
      let sum = base.element(target, configuration) + weight * element
      if abs(sum) > cutoff { connections.append(target, sum) }
    }
  }

  @_specialize(where Base == MolecularHamiltonian<UInt64>, Observable == SpinSquared<UInt64>)
  @_specialize(where Base == MolecularHamiltonian<UInt128>, Observable == SpinSquared<UInt128>)
  public func element(_ x: Configuration<Word>, _ y: Configuration<Word>) -> Double {
    if x == y { return diagonalElement(x) }
    let element = base.element(x, y)
    return weight == 0 ? element : element + weight * observable.element(x, y)
  }
}
