public import Configurations

/// The operator S² of the total spin over determinants of orbitals that α and β share.
///
/// ```
/// S² = S₋S₊ + S_z(S_z + 1),   S₋S₊ = N_β − Σ_pq a†_pα a_qα a†_qβ a_pβ
/// ```
///
/// The diagonal is `S_z(S_z + 1)` plus the number of β electrons that are alone in their orbital;
/// the connections swap the spins of an α and a β electron that each are alone. Elements are
/// pure numbers (ħ = 1), ±1 off the diagonal.
public struct SpinSquared<Word: ConfigurationWord>: Sendable {
  /// Creates the operator.
  public init() {}
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SpinSquared: Hamiltonian {
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func diagonalElement(_ configuration: Configuration<Word>) -> Double {
    let difference =
      configuration.alpha.nonzeroBitCount - configuration.beta.nonzeroBitCount
    let projection = Double(difference) / 2
    let open = (configuration.beta & ~configuration.alpha).nonzeroBitCount
    return projection * (projection + 1) + Double(open)
  }

  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public func appendConnections(
    of configuration: Configuration<Word>, above cutoff: Double,
    to connections: inout ConnectionList<Word>
  ) {
    if cutoff >= 1 { return }
    var alphas = configuration.alpha & ~configuration.beta
    let openBetas = configuration.beta & ~configuration.alpha
    while alphas != 0 {
      let p = alphas.trailingZeroBitCount
      alphas &= alphas &- 1
      var betas = openBetas
      while betas != 0 {
        let q = betas.trailingZeroBitCount
        betas &= betas &- 1
        let swap = ((1 as Word) &<< Word(p)) | ((1 as Word) &<< Word(q))
        let sign =
          singleSign(configuration.alpha, p, q) * singleSign(configuration.beta, q, p)
        connections.append(
          Configuration(alpha: configuration.alpha ^ swap, beta: configuration.beta ^ swap), -sign)
      }
    }
  }
}

extension MolecularHamiltonian {
  /// The operator S², or nil where α and β have different orbitals, whose overlaps the integrals
  /// do not tell.
  public var spinSquared: SpinSquared<Word>? { isUnrestricted ? nil : SpinSquared() }
}
